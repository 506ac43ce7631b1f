// Values of declarations: words, numbers, lengths, functions. All is lower case, as `css::Declaration` has it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace moderation::css {

using Words = std::string_view;

bool starts_with(Words text, Words prefix);
// Whether a word is one of those in a list with blanks between them.
bool is_among(Words word, Words words);
// Whether a value is one of those that every property takes.
bool is_global(Words value);

// The parts of a value between white space, or between `sign`, outside of brackets.
std::vector<Words> parts_of(Words value, char sign = ' ');

struct Length {
    double number;
    Words unit;
};

std::optional<Length> number(Words value);
// `em` and `whole` are what "1em" and "100%" stand for, in pixels.
std::optional<double> pixels(const Length& length, double em, double whole);
// A length in pixels, or what a sum of lengths is.
std::optional<double> length(Words value, double em = 16, double whole = 1280);
// A share: a number or a percentage.
std::optional<double> share(Words value);

// The arguments of the function `name` in a value, if it stands there.
std::optional<std::vector<Words>> arguments(Words value, Words name);

// The four sides of a shorthand: top, right, bottom, left; empty where there are none.
std::array<Words, 4> sides(Words value);

}  // namespace moderation::css
