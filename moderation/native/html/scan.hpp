// What reading markup asks of code points, whatever their width; the loops that most of a page runs through.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "limits.hpp"
#include "text/text.hpp"

namespace moderation {

// A stretch of a source.
template <class Unit>
struct Slice {
    const Unit* at;
    const Unit* end;

    bool empty() const { return at == end; }
};

namespace scan {

// Classes of the ASCII characters, as the WHATWG tokenizer tells them apart; beyond ASCII there is none.
enum Class : std::uint8_t {
    blank = 1,
    letter = 2,
    digit = 4,
    ends_tag_name = 8,
    ends_attribute_name = 16,
    ends_unquoted = 32,
    hexadecimal = 64,
    name_start = 128,  // of the attributes the reader looks at
};

struct Classes {
    std::uint8_t of[256] = {};

    constexpr Classes() {
        for (const char c : {' ', '\t', '\n', '\r', '\f'}) {
            of[static_cast<int>(c)] = blank | ends_tag_name | ends_attribute_name | ends_unquoted;
        }
        for (int c = 'a'; c <= 'z'; ++c) of[c] = of[c - 32] = letter;
        for (int c = '0'; c <= '9'; ++c) of[c] = digit | hexadecimal;
        for (int c = 'a'; c <= 'f'; ++c) of[c] = of[c - 32] = letter | hexadecimal;
        for (const char c : {'i', 'c', 's', 'h', 'w', 'n', 'p', 'a', 't', 'b', 'e', 'f', 'm', 'o', 'v', 'l'}) {
            of[static_cast<int>(c)] |= name_start;
            of[c - 32] |= name_start;
        }
        of[int{'/'}] = ends_tag_name | ends_attribute_name;
        of[int{'>'}] = ends_tag_name | ends_attribute_name | ends_unquoted;
        of[int{'='}] = ends_attribute_name;
    }
};

inline constexpr Classes classes;

template <class Unit>
inline bool is(Unit c, std::uint8_t any) {
    if constexpr (sizeof(Unit) == 1) {
        return classes.of[c] & any;
    } else {
        return c < 256 && classes.of[c] & any;
    }
}

template <class Unit>
inline Unit lower(Unit c) {
    return c >= 'A' && c <= 'Z' ? static_cast<Unit>(c | 0x20) : c;
}

template <class Unit>
using Vector [[gnu::vector_size(16)]] = Unit;

// The first byte of a mask that is set, or 16. The first lane has the lowest address on the machines that wheels are
// built for.
template <class Mask>
inline int first_byte(const Mask& mask) {
#ifdef __SSE2__
    using Bytes [[gnu::vector_size(16)]] = char;
    Bytes bytes;
    std::memcpy(&bytes, &mask, 16);
    const int bits = __builtin_ia32_pmovmskb128(bytes);
    return bits ? __builtin_ctz(static_cast<unsigned>(bits)) : 16;
#else
    std::uint64_t halves[2];
    std::memcpy(halves, &mask, 16);
    return halves[0] ? __builtin_ctzll(halves[0]) / 8 : halves[1] ? 8 + __builtin_ctzll(halves[1]) / 8 : 16;
#endif
}

template <class Mask>
inline bool any(const Mask& mask) {
    return first_byte(mask) < 16;
}

// The first lane of a mask that is set, or the number of lanes.
template <class Unit, class Mask>
inline std::ptrdiff_t first_lane(const Mask& mask) {
    return first_byte(mask) / static_cast<int>(sizeof(Unit));
}

template <class Unit>
inline Vector<Unit> load(const Unit* at) {
    Vector<Unit> loaded;
    std::memcpy(&loaded, at, 16);
    return loaded;
}

// The first of `one` and `two` in [at, end), or `end`.
template <class Unit>
inline const Unit* find_either(const Unit* at, const Unit* end, Unit one, Unit two) {
    constexpr std::ptrdiff_t lanes = 16 / sizeof(Unit);
    for (; end - at >= lanes; at += lanes) {
        const Vector<Unit> units = load(at);
        const std::ptrdiff_t lane = first_lane<Unit>((units == one) | (units == two));
        if (lane < lanes) return at + lane;
    }
    while (at < end && *at != one && *at != two) ++at;
    return at;
}

template <class Unit>
inline const Unit* find(const Unit* at, const Unit* end, Unit one) {
    if constexpr (sizeof(Unit) == 1) {
        const void* found = at < end ? std::memchr(at, one, static_cast<std::size_t>(end - at)) : nullptr;
        return found ? static_cast<const Unit*>(found) : end;
    } else {
        return find_either(at, end, one, one);
    }
}

// The first place where `one` and `two` stand side by side, or `end`. Two letters that seldom do make the look-out for
// a word cheap.
template <class Unit>
inline const Unit* find_pair(const Unit* at, const Unit* end, Unit one, Unit two) {
    constexpr std::ptrdiff_t lanes = 16 / sizeof(Unit);
    for (; end - at > lanes; at += lanes) {
        const std::ptrdiff_t lane = first_lane<Unit>((load(at) == one) & (load(at + 1) == two));
        if (lane < lanes) return at + lane;
    }
    for (; end - at > 1; ++at) {
        if (at[0] == one && at[1] == two) return at;
    }
    return end;
}

// Copies code points up to the first control or blank, or `end`, and comes back with where that is; `to` is moved
// along. Behind what is copied, up to `spare` more are written.
constexpr std::size_t spare = 8;

template <class Unit>
inline const Unit* copy_word(const Unit* at, const Unit* end, char32_t*& to) {
    if constexpr (sizeof(Unit) == 2) {
        using Half [[gnu::vector_size(8)]] = std::uint16_t;
        using Wide [[gnu::vector_size(16)]] = char32_t;
        for (; end - at >= 8; at += 8, to += 8) {
            const Vector<Unit> units = load(at);
            Half halves[2];
            std::memcpy(halves, &units, 16);
            const Wide wide[2] = {__builtin_convertvector(halves[0], Wide), __builtin_convertvector(halves[1], Wide)};
            std::memcpy(to, wide, 32);
            const std::ptrdiff_t lane = first_lane<Unit>(units <= ' ');
            if (lane < 8) {
                to += lane;
                return at + lane;
            }
        }
    }
    while (at < end && *at > ' ') *to++ = *at++;
    return at;
}

// How much of a text makes one block of at most `most`: all of it, or up to a place near the limit where it parts best.
template <class Unit>
inline std::uint32_t part_size(const Unit* at, const Unit* end, std::uint32_t most = limits::block) {
    if (static_cast<std::size_t>(end - at) <= most) return static_cast<std::uint32_t>(end - at);
    const std::uint32_t least = most > limits::block_end ? most - limits::block_end : 0;
    std::uint32_t blank_end = 0;
    for (std::uint32_t size = most; size > least; --size) {
        const auto c = static_cast<char32_t>(at[size - 1]);
        if (c == '\n' || c == 0x3002 || c == 0xff01 || c == 0xff1f) return size;
        if (!blank_end && (c == ' ' || c == '\t' || c == 0xff0c || c == ',')) blank_end = size;
    }
    return blank_end ? blank_end : most;
}

// Whether `word` stands at `at`.
template <class Unit>
inline bool starts_with(const Unit* at, const Unit* end, std::string_view word) {
    if (static_cast<std::size_t>(end - at) < word.size()) return false;
    for (const char c : word) {
        if (*at++ != static_cast<Unit>(c)) return false;
    }
    return true;
}

// The same for a word in lower case, whatever the case of the ASCII letters at `at`.
template <class Unit>
inline bool starts_with_folded(const Unit* at, const Unit* end, std::string_view word) {
    if (static_cast<std::size_t>(end - at) < word.size()) return false;
    for (const char c : word) {
        if (lower(*at++) != static_cast<Unit>(c)) return false;
    }
    return true;
}

// White space as `str.isspace` and `\s` of the re module have it.
inline bool is_space(std::uint32_t c) {
    if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

template <class Unit>
inline const Unit* skip_space(const Unit* at, const Unit* end) {
    while (at < end && is_space(*at)) ++at;
    return at;
}

template <class Unit>
inline void strip(const Unit*& at, const Unit*& end) {
    at = skip_space(at, end);
    while (end > at && is_space(end[-1])) --end;
}

inline View strip(View text) {
    const char32_t* at = text.data();
    const char32_t* end = at + text.size();
    strip(at, end);
    return {at, static_cast<std::size_t>(end - at)};
}

}  // namespace scan

}  // namespace moderation
