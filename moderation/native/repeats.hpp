// What stands more than once on a page.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "keyed.hpp"
#include "sheet.hpp"

namespace moderation {

// Texts by what they say.
struct Hash {
    std::size_t operator()(View text) const { return keyed_hash(text.data(), text.data() + text.size()); }
};

// How often a text stands on a page: its folded text, and where each pair of characters stands in it.
class Repeats {
public:
    // The vectors are kept from page to page.
    Repeats(std::vector<std::uint32_t>& heads, std::vector<std::uint32_t>& next) : heads_(heads), next_(next) {}

    bool ready() const { return !page_.empty(); }
    void prepare(const Sheet& sheet);

    // How often it stands there, apart from each other.
    std::uint32_t count(View text) const;

private:
    static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
    // Code points that are searched.
    static constexpr std::size_t searched = 1'000'000;

    std::size_t pair_at(char32_t one, char32_t two) const {
        return (one * 0x9e3779b1u ^ two * 0x85ebca6bu) >> 7 & (heads_.size() - 1);
    }

    Text page_;
    std::vector<std::uint32_t>& heads_;
    std::vector<std::uint32_t>& next_;
};

// Texts with a number each, at first 0; nothing is copied.
class Quotes {
public:
    // For at most so many texts.
    void reset(std::size_t texts) {
        std::size_t size = 16;
        while (size < 2 * texts) size *= 2;
        slots_.assign(size, {});
    }

    std::uint32_t& times(View text) {
        std::size_t at = Hash()(text) & (slots_.size() - 1);
        while (!slots_[at].text.empty() && slots_[at].text != text) at = (at + 1) & (slots_.size() - 1);
        slots_[at].text = text;
        return slots_[at].times;
    }

private:
    struct Slot {
        View text;
        std::uint32_t times = 0;
    };
    std::vector<Slot> slots_;
};

}  // namespace moderation
