// Folded text -> segments: what stands between two separators, ready to be cut. Defined by `tokens.split`.
#pragma once

#include <cstdint>
#include <vector>

#include "characters.hpp"

namespace moderation {

// A segment of a text, offsets counted in that text.
struct Span {
    std::uint32_t start, end;
};

// A stretch of a segment: cut by jieba's dictionary, or a word of its own (an address, a word of another script).
struct Part {
    enum Kind : std::uint8_t { cut, lone, address };
    std::uint32_t start, end;
    std::uint32_t segment;  // counted from the first one of the text
    Kind kind;
};

// Whether something in a text may be an address, which `tokens.split` has to find.
bool may_hold_address(const Characters& characters, View text);

// Appends the segments of a text without addresses and their parts.
void split(const Characters& characters, View text, std::vector<Span>& segments, std::vector<Part>& parts);

// Appends a segment of a text that was found elsewhere, and its parts; `segments` holds those of this text only.
void add_segment(const Characters& characters, View text, Span segment, bool is_address, std::vector<Span>& segments,
                 std::vector<Part>& parts);

// Appends the parts of one segment.
void split_by_script(const Characters& characters, View text, Span segment, std::uint32_t number,
                     std::vector<Part>& parts);

}  // namespace moderation
