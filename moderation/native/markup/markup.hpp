// A page as one string -> its blocks, in source order.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "limits.hpp"
#include "markup/entities.hpp"
#include "markup/outline.hpp"

namespace moderation {

// What reading markup leaves to the interpreter. The functions are asked for rare things only: characters beyond ASCII
// where Python's classes decide.
struct Helpers {
    // The names of character references: the items of `html.entities.html5`.
    Entities entities;
    // `str.isalnum` of one character.
    std::function<bool(char32_t)> is_alphanumeric;
};

// The blocks and marks of markup, as far as the budget goes. Between the texts of two blocks stands a line break that
// belongs to neither. `title_end`: where a title without an element ends that stands in front of the page, or 0.
Outline read_markup(const Source& source, Helpers& helpers, Budget& budget, std::uint32_t title_end = 0);

// The blocks of plain text: its lines.
Outline read_text(const Source& source, Budget& budget);

}  // namespace moderation
