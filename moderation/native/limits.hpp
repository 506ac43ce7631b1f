// What one page may take of the engine: the limits that those who hand pages over notice. What they mean to them
// stands in docs/security.md, and a test holds the two together; others stand where they are kept.
#pragma once

#include <cstddef>
#include <cstdint>

namespace moderation {

namespace limits {

// Code points of a block: what is longer goes on in the next one, from a place where the text allows it on.
constexpr std::uint32_t block = 1 << 16;
// Within so many of its last code points the end of a long block is looked for.
constexpr std::uint32_t block_end = 1 << 10;
// Code points of an element's name that a path tells.
constexpr std::size_t element_name = 40;
// Names of elements, beyond those that the reader knows, that one page tells apart.
constexpr std::size_t element_names = 1 << 14;
// Elements that stand in each other.
constexpr std::size_t depth = 1 << 18;
// Code points of a word; which word it is that is longer says nothing, and is not remembered.
constexpr std::size_t word = 64;
// Bytes of the words that are remembered from page to page, beside the words of the page that is read.
constexpr std::size_t lexicon = 24 << 20;
// Tokens of a script: what stands behind them in it is not read.
constexpr std::size_t script_tokens = 1 << 20;
// Code points of a script or sheet inside of a drawing that is written with references, sections or elements in it.
constexpr std::size_t pieced_code = 1 << 20;
// Pages inside of pages.
constexpr int frames = 3;
// Steps of each of three stages: to take a page apart, to read its words, to find and judge candidates. A step takes
// less than a microsecond and about 50 bytes.
constexpr std::uint64_t steps = 3'000'000;
// A word is a step, so is a segment, a part of one, and so are these many pieces. What takes more: a stretch of text
// with what is kept of it; a path that is new; a word that no dictionary knows; a run or a name that is looked at, and
// one that is judged.
constexpr std::uint64_t pieces = 4, item = 16, path = 24, segment = 1, part = 1, new_word = 10, look = 10,
                        candidate = 200;

}  // namespace limits

// The steps of one page, counted as it is read. Nothing is timed, so that a page has the same verdict everywhere.
class Budget {
public:
    explicit Budget(std::uint64_t steps) : steps_(steps) {}

    // Takes some steps; false, from then on always, where they are more than are left.
    bool spend(std::uint64_t steps) {
        used_ += steps;
        return used_ <= steps_;
    }
    std::uint64_t used() const { return used_; }
    std::uint64_t steps() const { return steps_; }

private:
    std::uint64_t steps_, used_ = 0;
};

// Thrown inside the reader of markup where the budget is spent.
struct Spent {};

}  // namespace moderation
