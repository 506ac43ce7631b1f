// A page as one string -> its blocks, in source order.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "entities.hpp"
#include "limits.hpp"
#include "outline.hpp"

namespace moderation {

// What reading markup leaves to the interpreter. The functions are asked for rare things only: characters beyond ASCII
// where Python's classes decide.
struct Helpers {
    // The names of character references: the items of `html.entities.html5`.
    Entities entities;
    // `hiding_style` of stages/_style.py, for a style with characters whose case or class is Python's to say.
    std::function<std::string(View)> hiding_style;
    // `str.isalnum` of one character.
    std::function<bool(char32_t)> is_alphanumeric;
    // `unicodedata.decimal` of a character, or -1.
    std::function<int(char32_t)> decimal;
};

// The blocks and marks of markup, as far as the budget goes. Between the texts of two blocks stands a line break that belongs to neither.
Outline read_markup(const Source& source, Helpers& helpers, Budget& budget);

// The blocks of plain text: its lines.
Outline read_text(const Source& source, Budget& budget);

}  // namespace moderation
