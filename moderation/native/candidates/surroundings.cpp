#include "candidates/surroundings.hpp"

#include <cmath>
#include <string_view>

namespace moderation {

namespace {

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_open(char32_t c) {
    return c == '(' || c == U'（';
}
bool is_close(char32_t c) {
    return c == ')' || c == U'）';
}

// A character, a bracket, one to six letters with or without tones, a bracket.
std::uint32_t count_glosses(View text, const Characters& characters) {
    std::uint32_t found = 0;
    for (std::size_t at = 1; at + 2 < text.size(); ++at) {
        if (!is_open(text[at]) || text[at - 1] < 0x3400 || text[at - 1] > 0x9fff) continue;
        std::size_t end = at + 1;
        while (end < text.size() && end - at <= 6 && characters.gloss.count(text[end])) ++end;
        found += end > at + 1 && end < text.size() && is_close(text[end]);
    }
    return found;
}

}  // namespace

std::vector<std::uint32_t> heads_by_path(const Outline& outline) {
    std::vector<std::uint32_t> times(outline.names.size(), 0);
    for (const Block& block : outline.blocks) {
        const std::string& path = outline.names[block.path];
        if (block.place == Place::meta || ends_with(path, "head/title") || path == "title") ++times[block.path];
    }
    return times;
}

Surroundings look_around(const Outline& outline, const std::vector<std::uint8_t>& taken, const Characters& characters) {
    Surroundings found;
    double coded = 0.0;
    std::uint32_t size = 0;
    for (std::uint32_t number = 0; number < outline.blocks.size(); ++number) {
        const Block& block = outline.blocks[number];
        if (number < taken.size() && taken[number]) continue;
        const View text = outline.of(block);
        const Scripts scripts = characters.scripts(text);
        found.scripts.traditional += scripts.traditional;
        found.scripts.simplified += scripts.simplified;
        found.glosses += count_glosses(text, characters);
        // Of two whole numbers the even one, as Python rounds.
        if (block.coded > 0) coded += std::nearbyint(block.coded * static_cast<double>(text.size()));
        size += static_cast<std::uint32_t>(text.size());
    }
    found.coded = coded / (size ? size : 1);
    const std::vector<std::uint32_t> times = heads_by_path(outline);
    for (std::uint32_t name = 0; name < times.size(); ++name)
        if (times[name] > 1) found.doubled.push_back(name);
    return found;
}

}  // namespace moderation
