// What the scripts of a page write into it, and whether they send some visitors elsewhere. Nothing is run: what is made
// of literals is read, the rest is not known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "html/entities.hpp"
#include "html/outline.hpp"
#include "html/values.hpp"
#include "scripts/constants.hpp"

namespace moderation {

// A text that a script writes. `how` names what it is written by, as the end of a path has it.
struct Writing {
    const char* how;
    Place place;
    Value value;
};

// Where a script stands: in front of all text that a page shows, in its head or first in its body; in between; behind
// its end tag.
enum class Standing : std::uint8_t { front, inside, behind };

// Reads the scripts of one page, which share a budget.
class Writings {
public:
    explicit Writings(const Entities& entities) : entities_(entities) {}

    // What a script writes, in the order of the source and apart from each other; what it does beside is added to
    // `marks`. The script begins at `base` in the page.
    std::vector<Writing> read(View script, std::uint32_t base, Standing standing, std::vector<Mark>& marks);

    // Whether a script was too long to be read to its end.
    bool is_unread() const { return is_unread_; }

private:
    const Entities& entities_;
    javascript::Budget budget_{std::size_t{1} << 22, std::size_t{1} << 21};
    std::size_t marked_ = 0;
    bool is_unread_ = false;
};

}  // namespace moderation
