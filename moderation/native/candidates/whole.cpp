#include "candidates/whole.hpp"

#include <algorithm>
#include <cmath>

#include "text/hashing.hpp"

namespace moderation {

std::vector<std::pair<std::uint32_t, std::uint32_t>> words_of_page(const PageText& page_text, PageCounts& counts,
                                                                   const std::vector<BlockSpan>& apart) {
    // What a page of many words took is given back.
    constexpr std::size_t kept = limits::lexicon / sizeof(Lexicon::Entry);
    const bool is_other =
        counts.lexicon.owner_before(page_text.lexicon) || page_text.lexicon.owner_before(counts.lexicon);
    if (is_other || counts.of.size() > std::max(kept, page_text.lexicon->size())) counts.of = {};
    counts.lexicon = page_text.lexicon;
    if (counts.of.size() < page_text.lexicon->size()) counts.of.resize(page_text.lexicon->size());
    ++counts.page;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> words;
    auto next = apart.begin();
    for (std::uint32_t number = 0; number < page_text.blocks.size(); ++number) {
        const BlockText& block_text = page_text.blocks[number];
        for (std::uint32_t at = block_text.word; at < block_text.word_end; ++at) {
            const Word& word = page_text.words[at];
            while (next != apart.end() &&
                   (next->block < number || (next->block == number && next->folded.end <= word.start)))
                ++next;
            if (next != apart.end() && next->block == number && next->folded.start < word.end) continue;
            if (word.code <= Lexicon::lengthy) continue;
            PageCounts::Count& count = counts.of[word.code];
            if (count.page != counts.page) {
                count.page = counts.page;
                count.times = 0;
                words.emplace_back(word.code, 0);
            }
            ++count.times;
        }
    }
    for (auto& [code, times] : words) times = counts.of[code].times;
    return words;
}

Whole::Whole(const std::uint32_t* keys, const float* idf, const float* weights, std::size_t size, double bias)
    : size_(size), bias_(bias) {
    std::size_t slots = 2;
    while (slots < 2 * size + 2) {
        slots *= 2;
        --shift_;
    }
    slots_.assign(slots, {});
    for (std::size_t row = 0; row < size; ++row) {
        if (!(idf[row] > 0.0f)) continue;
        std::size_t at = slot(keys[row]);
        while (slots_[at].idf != 0.0f) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = {keys[row], idf[row], weights[row]};
    }
}

std::uint32_t Whole::key(View word) {
    std::uint64_t hash = 0x9e3779b97f4a7c15ull;
    for (const char32_t c : word) hash = mixed(hash ^ c) * 0x9fb21c651e98df25ull;
    return static_cast<std::uint32_t>(mixed(hash) >> 32);
}

std::int32_t Whole::find(View word) const {
    const std::uint32_t wanted = key(word);
    for (std::size_t at = slot(wanted); slots_[at].idf != 0.0f; at = (at + 1) & (slots_.size() - 1))
        if (slots_[at].key == wanted) return static_cast<std::int32_t>(at);
    return PageCounts::Count::absent;
}

double Whole::score(const PageText& page_text, PageCounts& counts, const std::vector<BlockSpan>& apart) const {
    if (counts.model != this) counts.of = {};
    counts.model = this;
    double sum = 0.0, energy = 0.0;
    // In the order of the page, so that the sum is the same whatever was read before.
    for (const auto& [code, times] : words_of_page(page_text, counts, apart)) {
        std::int32_t& at = counts.of[code].slot;
        if (at == PageCounts::Count::unasked) at = find(page_text.lexicon->name(code));
        if (at == PageCounts::Count::absent) continue;
        const Slot& term = slots_[static_cast<std::size_t>(at)];
        const double value = (1.0 + std::log(static_cast<double>(times))) * static_cast<double>(term.idf);
        sum += value * static_cast<double>(term.weight);
        energy += value * value;
    }
    return bias_ + (energy > 0.0 ? sum / std::sqrt(energy) : 0.0);
}

}  // namespace moderation
