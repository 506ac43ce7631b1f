// The page without its runs: what its words and segments say of a run's being planted.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "candidates/runs.hpp"
#include "text/keyed.hpp"

namespace moderation {

// A run of one block; `run` counts words of the block.
struct BlockRun {
    std::uint32_t block;
    Run run;
    double score = 0.0;  // log-odds of its text
};

// How often each word stands outside of the runs, by code; kept from page to page, so that nothing has to be cleared.
struct WordCounts {
    struct Count {
        std::uint64_t stretch = 0, page = 0;  // in which the word was seen last
        std::uint32_t times = 0;
    };
    std::vector<Count> of;
    std::uint64_t stretch = 0, page = 0;
};

// Texts with a number each, at first 0; nothing is copied.
class Quotes {
public:
    // For at most so many texts, none of them empty.
    void reset(std::size_t texts) {
        std::size_t size = 16;
        while (size < 2 * texts) size *= 2;
        slots_.assign(size, {});
    }

    std::uint32_t& times(View text) {
        std::size_t at = keyed_hash(text.data(), text.data() + text.size()) & (slots_.size() - 1);
        while (slots_[at].size && View(slots_[at].text, slots_[at].size) != text) at = (at + 1) & (slots_.size() - 1);
        slots_[at].text = text.data();
        slots_[at].size = static_cast<std::uint32_t>(text.size());
        return slots_[at].times;
    }

private:
    struct Slot {
        const char32_t* text = nullptr;
        std::uint32_t size = 0;
        std::uint32_t times = 0;
    };
    std::vector<Slot> slots_;
};

struct Rest {
    std::vector<std::uint8_t> mask;   // whether each word of the page stands outside of the runs
    std::vector<std::uint8_t> taken;  // whether each block holds a run
    // Words by code, with how often each stands there, once for each stretch between two runs.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> counts;
};

class Surrounded {
public:
    // `runs` in the order of the page, apart from each other.
    Surrounded(const PageText& page_text, const std::vector<BlockRun>& runs, WordCounts& counts);

    // How often a word stands outside of the runs.
    std::uint32_t times(std::uint32_t code) const {
        const WordCounts::Count& count = counts_.of[code];
        return count.page == counts_.page ? count.times : 0;
    }

    // What each word of a line says, by word of the block; what is not within the segments of `bounds` is not written.
    //
    // A word says its evidence, less what the rest of the page says against its being planted: a word that the rest
    // uses as well is genuine the more likely, the rarer it is in general; a whole segment that stands elsewhere on the
    // page nearly always is.
    void weigh(const BlockRun& of, const Words& words, Run bounds, std::vector<double>& values);

    Rest rest;

private:
    View text_of(const BlockText& block_text, std::uint32_t segment) const;

    const PageText& page_text_;
    WordCounts& counts_;
    Quotes quotes_;
};

}  // namespace moderation
