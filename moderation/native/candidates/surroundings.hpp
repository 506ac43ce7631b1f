// What the page around the candidates is like, counted once a page for the signals of stages/signals.py.
#pragma once

#include <cstdint>
#include <vector>

#include "html/outline.hpp"
#include "text/characters.hpp"

namespace moderation {

struct Surroundings {
    Scripts scripts;
    std::uint32_t glosses = 0;           // Pinyin in brackets behind a character
    double coded = 0.0;                  // share of characters written as references
    std::vector<std::uint32_t> doubled;  // paths of titles and meta tags that stand there twice, in names
};

// Whether a reader sees a block on the page itself: not hidden, not in its head, not an attribute.
inline bool is_shown(const Block& block) {
    return !block.hidden && block.place != Place::title && block.place != Place::meta && !block.attribute;
}

// The characters that a reader sees on the page itself; of a text with fewer than the second there is no page around.
inline std::size_t shown_characters(const Outline& outline) {
    std::size_t size = 0;
    for (const Block& block : outline.blocks)
        if (is_shown(block)) size += block.text_end - block.text;
    return size;
}
constexpr std::size_t min_shown = 100;

// `taken`: by block, whether it holds a candidate and is left out.
Surroundings look_around(const Outline& outline, const std::vector<std::uint8_t>& taken, const Characters& characters);

// By name of the outline: how often a title or meta tag with this path stands there.
std::vector<std::uint32_t> heads_by_path(const Outline& outline);

}  // namespace moderation
