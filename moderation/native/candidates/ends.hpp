// Where a planted text begins and ends. The search finds a run by what its words are worth, which says little of the
// words at its two ends: a genuine word glued to a name, a planted one that everybody uses. Here each place between two
// words near an end is judged by what stands on both of its sides, and the best one is the end.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "candidates/search.hpp"
#include "candidates/weights.hpp"
#include "html/outline.hpp"

namespace moderation {

enum class Side : std::uint8_t { begin, end };

// A place before word `at` of a block, and the keys of what is read there.
struct Gap {
    std::uint32_t at;
    std::vector<std::uint32_t> keys;
};

// How often the words near the ends of a page's candidates stand on the page, alone and one behind the other: a name
// that was put everywhere is followed by another word each time.
class Repeats {
public:
    // Of the candidates that are more likely spam than not by the judge.
    Repeats(const PageText& page_text, const std::vector<Candidate>& candidates, const Rest& rest);

    // 0 of what is near no end.
    std::uint32_t times(std::uint32_t word) const;
    std::uint32_t times(std::uint32_t before, std::uint32_t behind) const;
    // Whether a word that is near an end stands outside of the runs as well.
    bool is_outside(std::uint32_t word) const { return word < is_outside_.size() && is_outside_[word]; }

private:
    static constexpr std::uint32_t is_far = ~std::uint32_t{0};

    // Its number among the pairs, or how many there are.
    std::size_t find(std::uint64_t pair) const;

    // What a page names is not hashed: it could be made so that all of it falls into one slot.
    std::vector<std::uint8_t> is_outside_;                        // by code
    std::vector<std::uint32_t> words_;                            // by code: how often, or that it is near no end
    std::vector<std::pair<std::uint64_t, std::uint32_t>> pairs_;  // in order
};

// Where a candidate may begin or end: near where it does, at least one word being left of it.
std::vector<Gap> gaps(const Outline& outline, const PageText& page_text, const Repeats& repeats,
                      const Candidate& candidate, Side side);

// A stretch of the folded text of a block, and the probability that it begins and ends there.
struct Settled {
    Span folded;
    double certainty;
};

// A linear model of gaps; without weights it moves no end, and is as certain as can be.
class Ends {
public:
    Ends() = default;
    Ends(const std::uint32_t* keys, const float* weights, std::size_t size)
        : weights_(keys, weights, size), size_(size) {}

    // The candidate from its best beginning to its best end.
    Settled settled(const Outline& outline, const PageText& page_text, const Repeats& repeats,
                    const Candidate& candidate) const;

private:
    // The gap with the most log-odds, of equals the original one, and its share of the probability of all of them.
    std::pair<std::uint32_t, double> best(const std::vector<Gap>& gaps, std::uint32_t original) const;

    Weights weights_;
    std::size_t size_ = 0;
};

}  // namespace moderation
