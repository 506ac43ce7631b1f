#include "candidates/rest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace moderation {

namespace {

// A word of the run that the rest of the page uses counts against it by this much for each unit of IDF above common.
constexpr double familiar = 6.0, common = 4.0, rare = 11.0;
// A segment of this many characters that stands elsewhere on the page, word for word, counts against it by this much.
constexpr std::uint32_t quote = 4;
constexpr double quoted = 80.0;

}  // namespace

Surrounded::Surrounded(const PageText& page_text, const std::vector<BlockRun>& runs, WordCounts& counts)
    : page_text_(page_text), counts_(counts) {
    rest.mask.assign(page_text_.words.size(), 1);
    rest.taken.assign(page_text_.blocks.size(), 0);
    // What a page of many words took is given back.
    constexpr std::size_t kept = limits::lexicon / sizeof(Lexicon::Entry);
    if (counts_.of.size() > std::max(kept, page_text_.lexicon->size())) counts_.of = {};
    if (counts_.of.size() < page_text_.lexicon->size()) counts_.of.resize(page_text_.lexicon->size());
    ++counts_.page;
    quotes_.reset(
        static_cast<std::size_t>(std::count_if(page_text_.segments.begin(), page_text_.segments.end(),
                                               [](const Segment& each) { return each.end - each.start >= quote; })));
    std::vector<std::uint32_t> codes;
    std::size_t next = 0;
    constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    for (std::uint32_t number = 0; number < page_text_.blocks.size(); ++number) {
        const BlockText& block_text = page_text_.blocks[number];
        // A stretch is what stands between two runs or ends of blocks; each word of it counts once.
        ++counts_.stretch;
        std::uint32_t segment = none, quoted_segment = none;
        std::uint32_t* times_quoted = nullptr;
        for (std::uint32_t at = block_text.word; at < block_text.word_end; ++at) {
            if (next < runs.size() && runs[next].block == number && at == block_text.word + runs[next].run.first) {
                const std::uint32_t last = block_text.word + runs[next].run.last;
                std::fill(rest.mask.begin() + at, rest.mask.begin() + last, std::uint8_t{0});
                rest.taken[number] = 1;
                at = last - 1;
                ++next;
                ++counts_.stretch;
                segment = none;
                continue;
            }
            const Word& word = page_text_.words[at];
            WordCounts::Count& count = counts_.of[word.code];
            if (count.stretch != counts_.stretch) {
                if (count.page != counts_.page) {
                    count.times = 0;
                    codes.push_back(word.code);
                }
                count.stretch = counts_.stretch;
                count.page = counts_.page;
                ++count.times;
            }
            if (word.segment != segment) {
                segment = word.segment;
                const View text = text_of(block_text, segment);
                // A short segment is a word that two texts share by chance.
                if (segment != quoted_segment) {
                    // A segment with many names in it is looked up once, not once for each of them.
                    quoted_segment = segment;
                    times_quoted = text.size() >= quote ? &quotes_.times(text) : nullptr;
                }
                if (times_quoted) ++*times_quoted;
            }
        }
    }
    rest.counts.reserve(codes.size());
    for (const std::uint32_t code : codes) rest.counts.emplace_back(code, counts_.of[code].times);
}

void Surrounded::weigh(const BlockRun& of, const Words& words, Run bounds, std::vector<double>& values) {
    const BlockText& block_text = page_text_.blocks[of.block];
    const Run run = of.run;
    const double* evidence = page_text_.evidence.data() + block_text.word;
    if (values.size() < words.words) values.resize(words.words);
    const std::uint32_t low = words.segment_of(bounds.first), high = words.segment_of(bounds.last - 1);
    std::copy(evidence + words.first(low), evidence + words.first(high + 1), values.begin() + words.first(low));
    for (std::uint32_t at = bounds.first; at < bounds.last; ++at) {
        const std::uint32_t code = page_text_.words[block_text.word + at].code;
        const Lexicon::Entry& entry = (*page_text_.lexicon)[code];
        // What stands outside the run is part of the rest itself, once.
        const std::uint32_t own = at >= run.first && at < run.last ? 0 : 1;
        if (entry.common || times(code) <= own) continue;
        const double rarity = std::isinf(entry.rarity) ? rare : entry.rarity;
        values[at] -= familiar * std::max(0.0, rarity - common);
    }
    for (std::uint32_t segment = low; segment <= high; ++segment) {
        const std::uint32_t first = words.first(segment);
        const View text = text_of(block_text, block_text.segment + segment);
        if (text.size() < quote) continue;
        const std::uint32_t own = first >= run.first && first < run.last ? 0 : 1;
        if (quotes_.times(text) > own) values[first] -= quoted;
    }
}

View Surrounded::text_of(const BlockText& block_text, std::uint32_t segment) const {
    const std::uint32_t first = page_text_.segments[segment].word, last = page_text_.word_end(segment);
    const std::uint32_t start = page_text_.words[first].start;
    return page_text_.folded(block_text).substr(start, page_text_.words[last - 1].end - start);
}

}  // namespace moderation
