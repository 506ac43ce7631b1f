// What the three targets share: bytes as a text, and promises.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "text/text.hpp"

// Ends the process where a promise does not hold, in every build.
#define PROMISE(holds)                                                                       \
    do {                                                                                     \
        if (!(holds)) {                                                                      \
            std::fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #holds); \
            std::abort();                                                                    \
        }                                                                                    \
    } while (false)

namespace moderation::fuzzing {

// Bytes as UTF-8. Halves of surrogate pairs are taken as they are, as they come in from JSON; another byte that does
// not fit stands for itself. So there is a text for any bytes, and each code point can be had.
inline Text text_of(const std::uint8_t* data, std::size_t size) {
    Text out;
    for (std::size_t at = 0; at < size;) {
        const std::uint8_t first = data[at];
        const std::size_t more = first >= 0xf0 && first < 0xf5   ? 3
                                 : first >= 0xe0 && first < 0xf0 ? 2
                                 : first >= 0xc2 && first < 0xe0 ? 1
                                                                 : 0;
        std::uint32_t c = more ? first & (0x3fu >> more) : first;
        bool is_whole = at + more < size;
        for (std::size_t next = 1; is_whole && next <= more; ++next) {
            is_whole = (data[at + next] & 0xc0) == 0x80;
            c = c << 6 | (data[at + next] & 0x3f);
        }
        is_whole = is_whole && c < 0x110000;
        out.push_back(is_whole ? c : first);
        at += is_whole ? more + 1 : 1;
    }
    return out;
}

// The code points in the narrowest of the widths that CPython has, from `widest` down, and those in a buffer of their
// own size, so that what reads behind them is seen.
template <class Unit>
std::vector<Unit> narrowed(View text) {
    return std::vector<Unit>(text.begin(), text.end());
}

inline int least_width(View text) {
    char32_t all = 0;
    for (const char32_t c : text) all |= c;
    return all < 0x100 ? 1 : all < 0x10000 ? 2 : 4;
}

// Calls `run` with the text as a source of a width.
template <class Run>
auto with_source(View text, int width, Run&& run) {
    const auto size = static_cast<std::uint32_t>(text.size());
    switch (width) {
        case 1: {
            const auto units = narrowed<std::uint8_t>(text);
            return run(Source{units.data(), 1, size});
        }
        case 2: {
            const auto units = narrowed<std::uint16_t>(text);
            return run(Source{units.data(), 2, size});
        }
        default: {
            const auto units = narrowed<std::uint32_t>(text);
            return run(Source{units.data(), 4, size});
        }
    }
}

// Promises of pieces: in order, the first at the beginning of the text, and all from inside of the source.
inline void check_pieces(const Piece* first, const Piece* last, std::size_t text_size, std::size_t source_size) {
    if (first == last) return;
    PROMISE(first->start == 0);
    for (const Piece* each = first; each < last; ++each) {
        const std::size_t end = each + 1 < last ? each[1].start : text_size;
        PROMISE(each->start <= end);
        PROMISE(each->origin + (each->width ? each->width : end - each->start) <= source_size);
    }
}

}  // namespace moderation::fuzzing
