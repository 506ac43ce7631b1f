// What the judge reads of a candidate, as keys: a hash of what is read and of what it is read from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "text/hashing.hpp"
#include "text/text.hpp"

namespace moderation {

// What a feature is read from. Features of one kind share one norm: each is worth 1/√(n + c) where there are n of them.
// `placed`: a fact once more, by its value and by where the candidate stands.
enum class From : std::uint8_t { fact, word, own, before, behind, title, page, shape, placed };

struct Feature {
    std::uint32_t key;  // a hash of what is read, and of the kind
    float value;
    From from;
    // What it is read from: a span in the folded text of the block; the number of a fact; a word of the title or page.
    std::uint32_t start, end;
};

namespace features {

// Characters that are read of a candidate's own text from its beginning; words that are.
constexpr std::uint32_t own_first = 160;

inline std::uint64_t seed_of(int kind) {
    return 0x9e3779b97f4a7c15ull * static_cast<std::uint64_t>(kind + 1);
}
inline std::uint64_t step(std::uint64_t hash, char32_t c) {
    hash = (hash ^ c) * 0x9fb21c651e98df25ull;
    return hash ^ hash >> 32;
}
inline std::uint32_t key_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(mixed(hash) >> 32);
}

// The keys of one kind of features that were met, without clearing between two.
class Met {
public:
    void begin(std::size_t most) {
        std::size_t size = slots_.size();
        while (size < 2 * most) size *= 2;
        if (size != slots_.size()) slots_.assign(size, {});
        ++round_;
    }
    // Whether a key is met for the first time.
    bool is_new(std::uint32_t key) {
        for (std::size_t at = key & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            if (slots_[at].round != round_) {
                slots_[at] = {key, round_};
                return true;
            }
            if (slots_[at].key == key) return false;
        }
    }

private:
    struct Slot {
        std::uint32_t key = 0;
        std::uint64_t round = 0;
    };
    std::vector<Slot> slots_ = std::vector<Slot>(1024);
    std::uint64_t round_ = 0;
};

// The features of one kind: each key once, all with one norm.
class Kind {
public:
    // At most so many are said.
    Kind(std::vector<Feature>& out, From from, std::size_t most)
        : out_(out), met_(met()), from_(from), first_(out.size()) {
        met_.begin(most);
    }
    ~Kind();
    Kind(const Kind&) = delete;
    Kind& operator=(const Kind&) = delete;

    void say(std::uint64_t hash, std::uint32_t start, std::uint32_t end) {
        const std::uint32_t key = key_of(hash);
        if (met_.is_new(key)) out_.push_back({key, 1.0f, from_, start, end});
    }

    // The n-grams of `size` characters and fewer within [first, last) of a text that begin in it.
    void grams(View text, std::uint32_t first, std::uint32_t last, std::uint32_t size) {
        const std::uint64_t seed = seed_of(static_cast<int>(from_));
        for (std::uint32_t at = first; at < last; ++at) {
            std::uint64_t hash = seed;
            for (std::uint32_t end = at; end < std::min(last, at + size); ++end) {
                hash = step(hash, text[end]);
                say(hash, at, end + 1);
            }
        }
    }

private:
    // Pages are looked at one by one in a thread; what is kept here is no more than room.
    static Met& met();

    std::vector<Feature>& out_;
    Met& met_;
    From from_;
    std::size_t first_;
};

}  // namespace features

}  // namespace moderation
