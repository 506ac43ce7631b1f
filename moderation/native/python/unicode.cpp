#include "text/unicode.hpp"

#include <Python.h>

namespace moderation::unicode {

// Called without Python's lock: the interpreter looks these up in constant tables, and touches no object.

bool is_alnum(char32_t c) {
    return Py_UNICODE_ISALNUM(c) != 0;
}
bool is_decimal(char32_t c) {
    return Py_UNICODE_ISDECIMAL(c) != 0;
}
bool is_digit(char32_t c) {
    return Py_UNICODE_ISDIGIT(c) != 0;
}
bool is_space(char32_t c) {
    return Py_UNICODE_ISSPACE(c) != 0;
}

}  // namespace moderation::unicode
