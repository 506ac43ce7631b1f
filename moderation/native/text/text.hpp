// Code points as the interpreter keeps them, read without a copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace moderation {

using Text = std::u32string;
using View = std::u32string_view;

// A string of code points of one, two or four bytes each (PEP 393), as CPython lays it out.
struct Source {
    const void* data;
    int kind;            // bytes of a code point: 1, 2 or 4
    std::uint32_t size;  // code points
};

// A half-open stretch of a text or a source.
struct Span {
    std::uint32_t start, end;
};

// A stretch of a text and where it comes from; `start` counts in that text. `width` = 0: it runs
// one to one with the source; otherwise each of its code points stands for [origin, origin + width).
struct Piece {
    std::uint32_t start, origin, width;
};

// Calls `visit` with the code points as a pointer of their own width, so that every loop is compiled for each of the
// three.
template <class Visit>
auto with_code_points(const Source& source, Visit&& visit) {
    switch (source.kind) {
        case 1: return visit(static_cast<const std::uint8_t*>(source.data));
        case 2: return visit(static_cast<const std::uint16_t*>(source.data));
        default: return visit(static_cast<const std::uint32_t*>(source.data));
    }
}

}  // namespace moderation
