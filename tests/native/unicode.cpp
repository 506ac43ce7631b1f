// Unicode's answers for the tests, in the place of python/unicode.cpp: ASCII; letters of Latin, Greek, Cyrillic, Thai,
// Kana, Hangul and Han; digits of ASCII, full-width ones and "²"; white space as Python has it. All else is none.
#include "text/unicode.hpp"

#include "html/scan.hpp"

namespace moderation::unicode {

namespace {

struct Range {
    char32_t first, last;
};

constexpr Range letters[] = {
    {'A', 'Z'},       {'a', 'z'},       {0xaa, 0xaa},     {0xb5, 0xb5},       {0xba, 0xba},       {0xc0, 0xd6},
    {0xd8, 0xf6},     {0xf8, 0x2c1},    {0x391, 0x3a1},   {0x3a3, 0x3ff},     {0x400, 0x481},     {0x48a, 0x52f},
    {0xe01, 0xe30},   {0xe32, 0xe33},   {0xe40, 0xe46},   {0x1e00, 0x1eff},   {0x3005, 0x3007},   {0x3041, 0x3096},
    {0x309d, 0x309f}, {0x30a1, 0x30fa}, {0x30fc, 0x30ff}, {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xac00, 0xd7a3},
    {0xf900, 0xfa6d}, {0xff21, 0xff3a}, {0xff41, 0xff5a}, {0x20000, 0x2a6df}, {0x2a700, 0x2ebe0}, {0x30000, 0x323af},
};

}  // namespace

bool is_decimal(char32_t c) {
    return (c >= '0' && c <= '9') || (c >= 0xff10 && c <= 0xff19);
}
bool is_digit(char32_t c) {
    return is_decimal(c) || c == 0xb2;
}
bool is_alnum(char32_t c) {
    for (const Range& each : letters)
        if (c >= each.first && c <= each.last) return true;
    return is_digit(c);
}
bool is_space(char32_t c) {
    return scan::is_space(c);
}

}  // namespace moderation::unicode
