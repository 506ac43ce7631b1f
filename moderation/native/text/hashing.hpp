// Hashing for tables with open addressing.
#pragma once

#include <cstdint>
#include <vector>

#include "text/text.hpp"

namespace moderation {

// Spreads the bits of a key (the finalizer of SplitMix64, G. Steele et al., OOPSLA 2014).
inline std::uint64_t mixed(std::uint64_t key) {
    key ^= key >> 30;
    key *= 0xbf58476d1ce4e5b9ull;
    key ^= key >> 27;
    key *= 0x94d049bb133111ebull;
    return key ^ key >> 31;
}

// Of a text; equal texts are compared, so that a collision costs time and nothing else.
inline std::uint64_t hashed(View text) {
    std::uint64_t hash = 0x9e3779b97f4a7c15ull ^ text.size();
    for (const char32_t c : text) hash = (hash ^ c) * 0x9fb21c651e98df25ull;
    return mixed(hash);
}

// Which keys a table surely does not hold: small enough to stay in a near cache, where the table itself does not, and
// most of what a page asks for is in no table.
class Filter {
public:
    // For so many keys: at most one in eight of other keys passes.
    void reset(std::size_t keys) {
        std::size_t bits = 1 << 10;
        while (bits < 8 * keys) bits *= 2;
        words_.assign(bits / 64, 0);
    }
    void add(std::uint64_t hash) { words_[word(hash)] |= bit(hash); }
    bool may_hold(std::uint64_t hash) const { return (words_[word(hash)] & bit(hash)) != 0; }

private:
    std::size_t word(std::uint64_t hash) const { return (hash >> 38) & (words_.size() - 1); }
    static std::uint64_t bit(std::uint64_t hash) { return std::uint64_t{1} << (hash >> 32 & 63); }

    std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>(1, 0);
};

}  // namespace moderation
