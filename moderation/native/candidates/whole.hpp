// What all words of a page say of it, wherever they stand: a linear model over TF-IDF, with the page as one text.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "words/page_text.hpp"

namespace moderation {

// How often words stand on a page, and where a model of pages has them; kept from page to page, so that nothing has
// to be cleared or looked up again.
struct PageCounts {
    struct Count {
        static constexpr std::int32_t unasked = -2, absent = -1;
        std::uint64_t page = 0;  // on which the word was seen last
        std::uint32_t times = 0;
        std::int32_t slot = unasked;  // of the model
    };
    std::vector<Count> of;  // by code
    std::uint64_t page = 0;
    std::weak_ptr<const Lexicon> lexicon;  // whose codes these are; one that is dropped is not kept for them
    const void* model = nullptr;           // whose slots these are
};

// A span of the folded text of a block.
struct BlockSpan {
    std::uint32_t block;
    Span folded;
};

// The words of a page by code, in the order in which they are met, and how often each is; what stands for any number
// or address is none.
// Those that touch what is `apart`, in the order of the page, do not count.
std::vector<std::pair<std::uint32_t, std::uint32_t>> words_of_page(const PageText& page_text, PageCounts& counts,
                                                                   const std::vector<BlockSpan>& apart = {});

// Terms by the hash of a word.
class Whole {
public:
    Whole() = default;
    Whole(const std::uint32_t* keys, const float* idf, const float* weights, std::size_t size, double bias);

    static std::uint32_t key(View word);

    bool empty() const { return size_ == 0; }
    // The log-odds that a page is spam or holds much of it: (1 + ln times)·idf of its terms, with a norm of 1.
    double score(const PageText& page_text, PageCounts& counts, const std::vector<BlockSpan>& apart = {}) const;

private:
    struct Slot {
        std::uint32_t key = 0;
        float idf = 0.0f, weight = 0.0f;  // an idf of 0: free
    };
    std::size_t slot(std::uint32_t key) const { return (key * 0x9e3779b1u) >> shift_; }
    std::int32_t find(View word) const;

    std::vector<Slot> slots_ = std::vector<Slot>(2);
    int shift_ = 31;
    std::size_t size_ = 0;
    double bias_ = 0.0;
};

}  // namespace moderation
