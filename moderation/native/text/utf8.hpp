// Reading UTF-8 that is known to be sound: files whose digest or origin was checked.
#pragma once

#include <string>
#include <string_view>

#include "text/text.hpp"

namespace moderation {

// The code point at `at`, which is moved behind it; a damaged sequence gives U+FFFD and moves one byte.
inline char32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    const int more = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    if (more < 0 || at + static_cast<std::size_t>(more) >= text.size()) {
        ++at;
        return 0xfffd;
    }
    char32_t c = more == 0 ? lead : lead & (0x3f >> more);
    for (int i = 1; i <= more; ++i) c = c << 6 | (byte(at + static_cast<std::size_t>(i)) & 0x3f);
    at += static_cast<std::size_t>(more) + 1;
    return c;
}

// Appends a code point; halves of surrogate pairs are written like others.
inline void append_utf8(char32_t c, std::string& out) {
    if (c < 0x80) {
        out.push_back(static_cast<char>(c));
        return;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out.push_back(static_cast<char>((0xff00 >> (more + 1) & 0xff) | c >> 6 * more));
    for (int at = more; at-- > 0;) out.push_back(static_cast<char>(0x80 | (c >> 6 * at & 0x3f)));
}

// The code points of a text, written over `out`.
inline const Text& from_utf8(std::string_view text, Text& out) {
    out.clear();
    for (std::size_t at = 0; at < text.size();) out.push_back(next_code_point(text, at));
    return out;
}

}  // namespace moderation
