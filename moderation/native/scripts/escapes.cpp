#include "scripts/escapes.hpp"

#include <algorithm>

#include "html/scan.hpp"

namespace moderation::javascript {

namespace {

bool is_high(std::uint32_t c) {
    return (c & 0xfffffc00) == 0xd800;
}
bool is_low(std::uint32_t c) {
    return (c & 0xfffffc00) == 0xdc00;
}

// The number of `digits` hexadecimal digits at `at`, or -1.
std::int32_t hexadecimal(View text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return -1;
    std::int32_t number = 0;
    for (std::size_t end = at + digits; at < end; ++at) {
        const char32_t c = text[at];
        if (!scan::is(c, scan::hexadecimal)) return -1;
        number = number * 16 + static_cast<std::int32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return number;
}

// "\x41" and "\u4e00" with the backslash at `at`.
char32_t read_hexadecimal(View text, std::size_t& at, std::size_t digits) {
    const std::int32_t number = hexadecimal(text, at + 2, digits);
    if (number < 0) return ++at, U'\\';
    at += 2 + digits;
    return static_cast<char32_t>(number);
}

// "\u{1f600}" with the backslash at `at`.
char32_t read_code_point(View text, std::size_t& at) {
    const std::size_t first = at + 3;
    std::size_t end = first;
    std::uint32_t number = 0;
    for (; end < text.size() && end < first + 8 && scan::is(text[end], scan::hexadecimal); ++end) {
        number = number * 16 + static_cast<std::uint32_t>(hexadecimal(text, end, 1));
    }
    if (end == first || end == text.size() || text[end] != '}' || number >= no_character) return ++at, U'\\';
    at = end + 1;
    return number;
}

// "\101", its first digit at `at`.
char32_t read_octal(View text, std::size_t& at) {
    std::uint32_t number = 0;
    for (int digits = 0; digits < 3 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++digits) {
        const std::uint32_t longer = number * 8 + (text[at] - '0');
        if (longer > 0377) break;
        number = longer;
        ++at;
    }
    return number;
}

// A byte written "%41", or a unit written "%u4e00" where these are read; `size` is that of what is written. -1 if
// none is.
std::int32_t percent_at(View text, std::size_t at, bool is_unescape, std::size_t& size) {
    size = 1;
    if (at >= text.size() || text[at] != '%') return -1;
    const bool is_long = is_unescape && at + 1 < text.size() && (text[at + 1] | 0x20) == 'u';
    const std::size_t mark = is_long ? 2 : 1, digits = is_long ? 4 : 2;
    size = mark + digits;
    return hexadecimal(text, at + mark, digits);
}

// Of the first byte of a character in UTF-8, how many follow.
int bytes_behind(std::int32_t first) {
    return first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
}

// Adds `more` bytes written from `at` on to a character; comes back with where they end, or 0 if they are none of it.
std::size_t read_more_bytes(View text, std::size_t at, int more, std::uint32_t& whole) {
    std::size_t size = 0;
    for (int each = 0; each < more; ++each, at += 3) {
        const std::int32_t next = percent_at(text, at, false, size);
        if (next < 0 || (next & 0xc0) != 0x80) return 0;
        whole = whole << 6 | (static_cast<std::uint32_t>(next) & 0x3f);
    }
    return at;
}

int base64_digit(char32_t c) {
    if (c >= 'A' && c <= 'Z') return static_cast<int>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<int>(c - 'a' + 26);
    if (c >= '0' && c <= '9') return static_cast<int>(c - '0' + 52);
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

}  // namespace

char32_t read_escape(View text, std::size_t& at) {
    const char32_t c = at + 1 < text.size() ? text[at + 1] : U'\0';
    if (c == 'x') return read_hexadecimal(text, at, 2);
    if (c == 'u') {
        const bool is_braced = at + 2 < text.size() && text[at + 2] == '{';
        return is_braced ? read_code_point(text, at) : read_hexadecimal(text, at, 4);
    }
    ++at;
    if (c >= '0' && c <= '7') return read_octal(text, at);
    ++at;
    switch (c) {
        case 'n': return U'\n';
        case 'r': return U'\r';
        case 't': return U'\t';
        case 'b': return U'\b';
        case 'v': return U'\v';
        case 'f': return U'\f';
        case '\r': at += at < text.size() && text[at] == '\n'; return no_character;
        case '\n':
        case 0x2028:
        case 0x2029: return no_character;
        default: return c;
    }
}

void join_halves(Traced& traced) {
    const auto is_half = [](char32_t c) { return c >= 0xd800 && c < 0xe000; };
    if (std::none_of(traced.text.begin(), traced.text.end(), is_half)) return;
    std::size_t to = 0;
    for (std::size_t at = 0; at < traced.text.size(); ++at, ++to) {
        char32_t c = traced.text[at];
        Origin origin = traced.origins[at];
        if (is_high(c) && at + 1 < traced.text.size() && is_low(traced.text[at + 1])) {
            c = 0x10000 + ((c - 0xd800) << 10) + (traced.text[at + 1] - 0xdc00);
            origin.end = std::max(origin.end, traced.origins[++at].end);
        } else if (is_half(c)) {
            c = U'\ufffd';
        }
        traced.text[to] = c;
        traced.origins[to] = origin;
    }
    traced.text.resize(to);
    traced.origins.resize(to);
}

void join_bytes(Traced& traced) {
    const auto is_byte = [](char32_t c) { return c < 0x100; };
    const auto is_high = [](char32_t c) { return c >= 0x80; };
    if (!std::all_of(traced.text.begin(), traced.text.end(), is_byte)) return;
    if (std::none_of(traced.text.begin(), traced.text.end(), is_high)) return;
    Traced joined;
    for (std::size_t at = 0; at < traced.text.size();) {
        const char32_t c = traced.text[at];
        const int more = c < 0x80 ? 0 : c < 0xc2 ? -1 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : -1;
        if (more < 0 || at + static_cast<std::size_t>(more) >= traced.text.size()) return;
        char32_t whole = more ? c & (0x3f >> more) : c;
        Origin origin = traced.origins[at++];
        for (int each = 0; each < more; ++each, ++at) {
            if ((traced.text[at] & 0xc0) != 0x80) return;
            whole = whole << 6 | (traced.text[at] & 0x3f);
            origin.start = std::min(origin.start, traced.origins[at].start);
            origin.end = std::max(origin.end, traced.origins[at].end);
        }
        joined.add(whole, origin);
    }
    traced = std::move(joined);
}

Traced from_percents(const Traced& coded, bool is_unescape) {
    Traced found;
    const View text = coded.text;
    std::size_t size = 1;
    for (std::size_t at = 0; at < text.size();) {
        const std::int32_t c = percent_at(text, at, is_unescape, size);
        if (c < 0) {
            found.add(text[at], coded.origins[at]);
            ++at;
            continue;
        }
        const Origin last = coded.origins[at + size - 1];
        Origin origin{coded.origins[at].start, last.end};
        if (last.start < origin.start) origin = coded.part(at, size).hull();
        at += size;
        const int more = is_unescape ? 0 : bytes_behind(c);
        std::uint32_t whole = more ? static_cast<std::uint32_t>(c) & (0x3f >> more) : static_cast<std::uint32_t>(c);
        const std::size_t end = more ? read_more_bytes(text, at, more, whole) : 0;
        if (end) {
            origin.end = std::max(origin.end, coded.origins[end - 1].end);
            at = end;
        } else if (!is_unescape && c >= 0x80) {
            whole = 0xfffd;
        }
        found.add(whole, origin);
    }
    join_halves(found);
    return found;
}

Traced from_base64(const Traced& coded) {
    Traced found;
    const Origin place = coded.hull();
    std::uint32_t bits = 0;
    int size = 0;
    for (const char32_t c : coded.text) {
        const int number = base64_digit(c);
        if (number < 0) continue;
        bits = bits << 6 | static_cast<std::uint32_t>(number);
        size += 6;
        if (size < 8) continue;
        size -= 8;
        found.add(bits >> size & 0xff, place);
    }
    return found;
}

}  // namespace moderation::javascript
