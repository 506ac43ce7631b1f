// Markup that a script writes: what a reader sees of it, and where it leads.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "html/entities.hpp"
#include "scripts/constants.hpp"

namespace moderation::javascript {

// How a script reaches another site: visitors are sent there, or it loads a script or frame from there, or shows links
// that lead there.
enum class Reach : std::uint8_t { sent, loaded, shown };

// The host of an address that has one, in lower case; empty if it has none or only a part of it is known.
std::string host_of(View address);

// Adds a host to those that are known, as far as there is room.
void add_host(std::vector<std::string>& hosts, const std::string& host);

// What a reader sees of markup that a script writes, the scripts in it, and the hosts it leads to.
struct WrittenMarkup {
    Traced text;
    std::vector<Traced> scripts;
    std::array<std::vector<std::string>, 3> led;  // by Reach
    std::vector<std::string>& of(Reach reach) { return led[static_cast<std::size_t>(reach)]; }
};

WrittenMarkup read_markup(const Entities& entities, const Traced& source);

}  // namespace moderation::javascript
