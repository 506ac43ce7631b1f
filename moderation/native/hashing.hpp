// Hashing for tables with open addressing.
#pragma once

#include <cstdint>

#include "text.hpp"

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

}  // namespace moderation
