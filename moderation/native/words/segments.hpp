// Folded text -> segments: what stands between two separators, ready to be cut. A test holds it to one regular
// expression.
#pragma once

#include <cstdint>
#include <vector>

#include "text/characters.hpp"

namespace moderation {

// A stretch of a segment: cut by jieba's dictionary, or a word of its own (an address, a word of another script).
struct Part {
    enum Kind : std::uint8_t { cut, lone, address };
    std::uint32_t start, end;
    std::uint32_t segment;  // counted from the first one of the text
    Kind kind;
};

// Appends the segments of a folded text and their parts, in linear time.
void split(const Characters& characters, View text, std::vector<Span>& segments, std::vector<Part>& parts);

}  // namespace moderation
