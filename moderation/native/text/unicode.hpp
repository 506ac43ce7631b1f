// What Unicode says of a code point. The interpreter's own tables answer (python/unicode.cpp), so that Python and the
// engine never differ.
#pragma once

namespace moderation::unicode {

bool is_alnum(char32_t c);
bool is_decimal(char32_t c);
bool is_digit(char32_t c);
bool is_space(char32_t c);

}  // namespace moderation::unicode
