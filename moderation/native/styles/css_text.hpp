// How CSS is written: names, strings, escapes, brackets (https://www.w3.org/TR/css-syntax-3/).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "html/scan.hpp"
#include "text/text.hpp"

namespace moderation::css {

// Rules inside of rules, and brackets of a selector inside of brackets; deeper ones are passed over.
constexpr int deepest = 8;

constexpr bool is_space(char32_t c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
inline bool is_name(char32_t c) {
    return scan::is(c, scan::letter | scan::digit) || c == '-' || c == '_' || c >= 0x80;
}

// Text without the white space around it.
View stripped(View text);
std::string_view trimmed(std::string_view text);

// UTF-8 in lower case.
std::string narrow(View text);
Text lowered(Text text);

// Behind the string whose quote stands at `at`; a line break ends a bad one.
std::size_t behind_string(View text, std::size_t at);

// The first of `signs` from `at` on that stands outside of strings and brackets, or the end.
std::size_t find_outside(View text, std::size_t at, View signs);

// Behind the block whose brace stands at `at`.
std::size_t behind_block(View text, std::size_t at);

// The identifier at `at`, which is moved behind it; empty if there is none.
Text read_name(View text, std::size_t& at);

Text unescaped(View text);
Text without_comments(View text);

}  // namespace moderation::css
