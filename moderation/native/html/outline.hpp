// A page taken apart: what the `blocks` stage hands over. The words are those of data.py.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "text/text.hpp"

namespace moderation {

enum class Place : std::uint8_t { title, meta, heading, head, body, links, footer, script };

// Half-open ranges: `text` in Outline::text, `piece` in Outline::pieces, `start` and `end` in the source.
struct Block {
    std::uint32_t text, text_end;
    std::uint32_t piece, piece_end;
    std::uint32_t start, end;
    std::uint32_t path;    // in Outline::names
    std::uint32_t hidden;  // in Outline::names; 0, the empty one: it is shown
    double coded;          // share of code points written as references, three digits
    Place place;
    bool attribute;  // the value of an attribute or a script's string: "[" stands in its path
};

struct Mark {
    std::string code;
    std::uint32_t start, end;
    std::string detail;
};

struct Outline {
    Text text;  // of all blocks, one behind the other
    std::vector<Piece> pieces;
    std::vector<Block> blocks;
    std::vector<Mark> marks;
    std::vector<std::string> names{""};  // UTF-8; each once
    static constexpr std::uint32_t read_to_end = ~std::uint32_t{0};
    std::uint32_t unread = read_to_end;  // where in the source reading ended before its end

    // Says that no more blocks than these were gone through.
    void stop(std::size_t count) {
        if (count < blocks.size()) unread = std::min(unread, blocks[count].start);
    }

    // Keeps the first blocks.
    void keep(std::size_t count) {
        stop(count);
        if (count < blocks.size()) blocks.resize(count);
    }

    View of(const Block& block) const { return View(text).substr(block.text, block.text_end - block.text); }
};

}  // namespace moderation
