#include "candidates/judge.hpp"

#include <algorithm>

#include "candidates/surroundings.hpp"

namespace moderation {

namespace {

using features::key_of;
using features::Kind;
using features::own_first;
using features::seed_of;
using features::step;

// Characters that are read of a candidate's own text at its end, and of what stands around it.
constexpr std::uint32_t own_last = 48, around = 24, near = 4;
// Characters of the longest n-gram of a candidate's own text, and of the text around it.
constexpr std::uint32_t own_gram = 4, around_gram = 3;
// Signs of the longest n-gram of a text's shape.
constexpr std::size_t shape_gram = 4;
// Words of the title, and of the rest of the page.
constexpr std::size_t title_words = 32, topic_words = 20;

}  // namespace

double Judge::score(const std::vector<Feature>& features) const {
    double total = bias;
    for (const Feature& each : features) total += weight(each.key) * static_cast<double>(each.value);
    return total;
}

Evidence::Evidence(const Outline& outline, const PageText& page_text, const SearchResult& result)
    : outline_(outline), page_text_(page_text), result_(result), shown_(shown_characters(outline)) {
    for (std::uint32_t number = 0; number < outline.blocks.size(); ++number) {
        const Block& block = outline.blocks[number];
        if (block.place == Place::title && title_ < 0) title_ = number;
        if (is_shown(block) && first_ < 0) first_ = number;
    }
    for (const auto& [code, times] : result.rest.counts) around_.insert(code);
    if (title_ >= 0) {
        const BlockText& title = page_text.blocks[static_cast<std::size_t>(title_)];
        for (std::uint32_t at = title.word; at < title.word_end; ++at)
            if (page_text.words[at].end - page_text.words[at].start > 1) {
                titled_.push_back(at);
                titled_words_.insert(page_text.words[at].code);
            }
    }
    page_words();
}

// The words that stand outside of the candidates, the oftener and the rarer the better.
void Evidence::page_words() {
    struct Told {
        double rank;
        std::uint32_t code;
    };
    constexpr double rarest = 11.0;
    std::vector<Told> told;
    for (const auto& [code, times] : result_.rest.counts) {
        const Lexicon::Entry& entry = (*page_text_.lexicon)[code];
        if (entry.common || times < 2) continue;
        const View name = page_text_.lexicon->name(code);
        if (name.size() < 2 || name[0] < 128) continue;
        told.push_back({std::min(8.0, static_cast<double>(times)) * std::min(rarest, entry.rarity), code});
    }
    // Codes count in the order in which words were met, on this page and others: of equals the name decides.
    const auto before = [&](const Told& one, const Told& two) {
        return one.rank != two.rank ? one.rank > two.rank
                                    : page_text_.lexicon->name(one.code) < page_text_.lexicon->name(two.code);
    };
    const std::size_t kept = std::min(told.size(), topic_words);
    std::partial_sort(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(kept), told.end(), before);
    for (std::size_t at = 0; at < kept; ++at) {
        topic_.push_back(told[at].code);
        topic_hashes_.push_back(hash_of(From::page, told[at].code));
    }
}

// What a word of the title or of the page is read as.
std::uint64_t Evidence::hash_of(From from, std::uint32_t code) const {
    std::uint64_t hash = seed_of(static_cast<int>(from));
    for (const char32_t c : page_text_.lexicon->name(code)) hash = step(hash, c);
    return hash;
}

void Evidence::words(const Candidate& candidate, std::vector<Feature>& out) const {
    const BlockText& block_text = page_text_.blocks[candidate.block];
    const std::uint64_t seed = seed_of(static_cast<int>(From::word));
    const std::uint32_t last = std::min(candidate.run.last, candidate.run.first + own_first);
    Kind kind(out, From::word, own_first);
    for (std::uint32_t at = block_text.word + candidate.run.first; at < block_text.word + last; ++at) {
        const Word& word = page_text_.words[at];
        // A name need not begin or end where a word does.
        if (word.start < candidate.folded.start || word.end > candidate.folded.end) continue;
        std::uint64_t hash = seed;
        for (const char32_t c : page_text_.lexicon->name(word.code)) hash = step(hash, c);
        kind.say(hash, word.start, word.end);
    }
}

// How a text is put together: n-grams in which a run of digits is one sign, whatever they are, and a run of letters is
// itself, or one sign as well. So a code that nobody has seen looks like those that were.
void Evidence::shape(View text, Span own, std::vector<Feature>& out) {
    read_signs(text, own);
    const auto is_run = [](const Sign& sign) { return sign.is_run; };
    // A run of letters is of a kind that is not itself; "a" alone would say the same twice.
    const auto is_of_letters = [](const Sign& sign) { return sign.is_run && sign.itself != sign.kind; };
    if (std::none_of(signs_.begin(), signs_.end(), is_run)) return;
    const std::uint64_t seed = seed_of(static_cast<int>(From::shape));
    Kind kind(out, From::shape, 2 * shape_gram * signs_.size());
    const auto grams = [&](std::uint64_t Sign::* read) {
        for (std::size_t at = 0; at < signs_.size(); ++at) {
            std::uint64_t hash = seed;
            bool is_told = false;
            for (std::size_t end = at; end < std::min(signs_.size(), at + shape_gram); ++end) {
                hash = mixed(hash ^ signs_[end].*read) * 0x9fb21c651e98df25ull;
                is_told |= signs_[end].is_run;
                if (is_told && end > at) kind.say(hash, signs_[at].start, signs_[end].end);
            }
        }
    };
    grams(&Sign::itself);
    if (std::any_of(signs_.begin(), signs_.end(), is_of_letters)) grams(&Sign::kind);
}

void Evidence::read_signs(View text, Span own) {
    const std::uint64_t seed = seed_of(static_cast<int>(From::shape));
    const std::uint64_t digits = step(seed, '0'), letters = step(seed, 'a');
    const auto is_digit = [](char32_t c) { return c >= '0' && c <= '9'; };
    const auto is_letter = [](char32_t c) { return c >= 'a' && c <= 'z'; };
    signs_.clear();
    const std::uint32_t last = std::min(own.end, own.start + own_first);
    for (std::uint32_t at = own.start; at < last;) {
        const std::uint32_t start = at;
        std::uint64_t itself = seed;
        if (is_digit(text[at])) {
            while (at < last && is_digit(text[at])) ++at;
            signs_.push_back({digits, digits, start, at, true});
        } else if (is_letter(text[at])) {
            while (at < last && is_letter(text[at])) itself = step(itself, text[at++]);
            signs_.push_back({itself, letters, start, at, true});
        } else {
            itself = step(itself, text[at++]);
            signs_.push_back({itself, itself, start, at, false});
        }
    }
}

void Evidence::of(const Candidate& candidate, std::vector<Feature>& out) {
    out.clear();
    facts(candidate, out);
    const BlockText& block_text = page_text_.blocks[candidate.block];
    const View text = page_text_.folded(block_text);
    const Span own = candidate.folded;
    words(candidate, out);
    {
        Kind kind(out, From::own, own_gram * (own_first + own_last));
        if (own.end - own.start <= own_first + own_last) {
            kind.grams(text, own.start, own.end, own_gram);
        } else {
            kind.grams(text, own.start, own.start + own_first, own_gram);
            kind.grams(text, own.end - own_last, own.end, own_gram);
        }
    }
    shape(text, own, out);
    // What stands next to it counts by itself: read from there outwards.
    const auto close = [&](Kind& kind, From from, std::uint32_t begin, int direction, std::uint32_t most) {
        std::uint64_t hash = seed_of(16 + static_cast<int>(from));
        for (std::uint32_t at = 0; at < most; ++at) {
            const std::uint32_t index = direction > 0 ? begin + at : begin - 1 - at;
            hash = step(hash, text[index]);
            if (direction > 0)
                kind.say(hash, begin, index + 1);
            else
                kind.say(hash, index, begin);
        }
    };
    {
        Kind kind(out, From::before, around_gram * around + near);
        kind.grams(text, own.start > around ? own.start - around : 0, own.start, around_gram);
        close(kind, From::before, own.start, -1, std::min(near, own.start));
    }
    {
        const auto size = static_cast<std::uint32_t>(text.size());
        Kind kind(out, From::behind, around_gram * around + near);
        kind.grams(text, own.end, std::min(size, own.end + around), around_gram);
        close(kind, From::behind, own.end, 1, std::min(near, size - own.end));
    }
    std::vector<std::uint32_t> codes;
    for (auto at = titled_.begin(); at != titled_.end() && codes.size() < title_words;) {
        const Word& word = page_text_.words[*at];
        if (candidate.block == title_ && word.start < own.end && word.end > own.start) {
            // Its own words are left out, all at once: a title may be as long as a page.
            at = std::partition_point(at, titled_.end(),
                                      [&](std::uint32_t each) { return page_text_.words[each].start < own.end; });
        } else {
            codes.push_back(word.code);
            ++at;
        }
    }
    {
        Kind kind(out, From::title, codes.size() + 1);
        for (const std::uint32_t code : codes) kind.say(hash_of(From::title, code), code, code);
    }
    Kind kind(out, From::page, topic_.size() + 1);
    for (std::size_t at = 0; at < topic_.size(); ++at) kind.say(topic_hashes_[at], topic_[at], topic_[at]);
}

}  // namespace moderation
