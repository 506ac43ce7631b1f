// Hashing of what a page names: keyed, so that no page can be made whose names all fall into one slot.
#pragma once

#include <cstdint>
#include <random>

#include "text/hashing.hpp"

namespace moderation {

// Drawn anew in each process; nothing that comes out depends on it.
inline std::uint64_t hash_key() {
    static const std::uint64_t key = [] {
        std::random_device source;
        return static_cast<std::uint64_t>(source()) << 32 | source();
    }();
    return key;
}

// Of a sequence of numbers below 2³². Equal ones are to be compared: a collision costs time and nothing else.
template <class Unit>
std::uint64_t keyed_hash(const Unit* at, const Unit* end, std::uint64_t first = 0) {
    std::uint64_t hash = hash_key() ^ first;
    for (; at < end; ++at) {
        hash = (hash ^ static_cast<std::uint32_t>(*at)) * 0x9fb21c651e98df25ull;
        hash ^= hash >> 32;
    }
    return mixed(hash);
}

}  // namespace moderation
