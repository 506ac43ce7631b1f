// A page as one string -> its blocks, in source order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "html/entities.hpp"
#include "html/outline.hpp"
#include "limits.hpp"

namespace moderation {

// What reading markup asks for.
struct Helpers {
    // The names of character references: the items of `html.entities.html5`.
    Entities entities;
};

// The blocks and marks of markup, as far as the budget goes. Between the texts of two blocks stands a line break that
// belongs to neither. `title_end`: where a title without an element ends that stands in front of the page, or 0.
Outline read_markup(const Source& source, Helpers& helpers, Budget& budget, std::uint32_t title_end = 0);

// The blocks of plain text: its lines; those in front of `title_end` are its title.
Outline read_text(const Source& source, Budget& budget, std::uint32_t title_end = 0);

}  // namespace moderation
