#include "candidates/ends.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "text/hashing.hpp"
#include "text/unicode.hpp"

namespace moderation {

namespace {

// Words by which an end may move in and out, at most.
constexpr std::uint32_t inwards = 8, outwards = 6;
// Evidence is read in steps between these.
constexpr std::array<double, 11> bounds{-12.0, -6.0, -3.0, -1.0, -0.2, 0.2, 1.0, 3.0, 6.0, 12.0, 20.0};
// Characters of what stands between two words that are looked at.
constexpr std::size_t between = 64;

std::uint32_t bin_of(double value) {
    return static_cast<std::uint32_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
}

// What stands between two words.
enum class Joint : std::uint8_t {
    block,
    glued,
    inner,
    line,
    blank,
    title,
    title_blank,
    comma,
    stop,
    opening,
    closing,
    colon,
    other
};

// By the first sign of what stands there; without one of these it is another one.
struct Signs {
    View of;
    Joint joint;
};
constexpr std::array<Signs, 6> signs{{{U"-_|—–", Joint::title},
                                      {U",，、;；", Joint::comma},
                                      {U".。!?！？", Joint::stop},
                                      {U"([{（【《「『“\"'<", Joint::opening},
                                      {U")]}）】》」』”>", Joint::closing},
                                      {U":：", Joint::colon}}};

Joint joint_of_text(View text) {
    text = text.substr(0, between);
    if (text.find(U'\n') != View::npos) return Joint::line;
    std::size_t at = 0;
    while (at < text.size() && unicode::is_space(text[at])) ++at;
    if (at == text.size()) return Joint::blank;
    for (const Signs& each : signs) {
        if (each.of.find(text[at]) == View::npos) continue;
        const bool has_blank = at > 0 || unicode::is_space(text.back());
        return each.joint == Joint::title && has_blank ? Joint::title_blank : each.joint;
    }
    return Joint::other;
}

// Kinds of what an end may be moved over: nothing, a blank, a joint of titles, a clause, a bracket, a line.
std::uint32_t class_of(Joint joint) {
    switch (joint) {
        case Joint::glued:
        case Joint::inner:
        case Joint::block: return 0;
        case Joint::blank: return 1;
        case Joint::title:
        case Joint::title_blank: return 2;
        case Joint::comma:
        case Joint::stop:
        case Joint::colon: return 3;
        case Joint::opening:
        case Joint::closing: return 4;
        case Joint::line: return 5;
        default: return 6;
    }
}

// What a word is made of, and how many characters of it.
enum class Made : std::uint8_t { nothing, han, letters, digits, code, kana, other };

std::uint32_t make_of(View word) {
    if (word.empty()) return 0;
    const auto all = [&](auto&& is_one) { return std::all_of(word.begin(), word.end(), is_one); };
    const auto is_letter = [](char32_t c) { return c >= 'a' && c <= 'z'; };
    const auto is_digit = [](char32_t c) { return c >= '0' && c <= '9'; };
    const char32_t first = word[0];
    const Made made = all(is_letter)                                                 ? Made::letters
                      : all(is_digit)                                                ? Made::digits
                      : all([&](char32_t c) { return is_letter(c) || is_digit(c); }) ? Made::code
                      : first >= U'\u3400' && first <= U'\u9fff'                     ? Made::han
                      : first >= U'\u3040' && first <= U'\u30ff'                     ? Made::kana
                                                                                     : Made::other;
    return static_cast<std::uint32_t>(made) * 8 + static_cast<std::uint32_t>(std::min<std::size_t>(word.size(), 4));
}

// The words of a block that are read to judge where a run may begin or end, which is before word `at`.
Run reach(const BlockText& block_text, std::uint32_t at) {
    constexpr std::uint32_t margin = inwards + 2;
    return {at > margin ? at - margin : 0, std::min(block_text.word_end - block_text.word, at + margin)};
}

std::uint64_t pair_of(std::uint32_t before, std::uint32_t behind) {
    return static_cast<std::uint64_t>(before) << 32 | behind;
}

// How much of what is counted first is what is counted second: none, a third, two thirds, less than all, all; all of
// one says nothing.
std::uint64_t share_of(std::uint32_t whole, std::uint32_t part) {
    if (part == 0 || whole == 0) return 0;
    if (whole == 1) return 1;
    if (part >= whole) return 5;
    return 3 * part <= whole ? 2 : 3 * part <= 2 * whole ? 3 : 4;
}

std::uint64_t often(std::uint32_t times) {
    return times < 3 ? times : times < 6 ? 3 : 4;
}

// A word near a gap.
struct Near {
    std::uint64_t word = 0;
    std::uint32_t evidence = 63, made = 0, times = 0;
};

// What stands around the one end of a candidate.
class Around {
public:
    Around(const Outline& outline, const PageText& page_text, const Repeats& repeats, const Candidate& candidate,
           Side side)
        : page_text_(page_text),
          repeats_(repeats),
          block_text_(page_text.blocks[candidate.block]),
          text_(page_text.folded(block_text_)),
          side_(side),
          is_name_(candidate.is_name),
          run_(candidate.run) {
        const Block& block = outline.blocks[candidate.block];
        place_ = static_cast<std::uint32_t>(block.place) * 2 + (block.hidden != 0);
    }

    std::vector<Gap> gaps() const {
        const std::uint32_t words = block_text_.word_end - block_text_.word;
        const std::uint32_t original = side_ == Side::end ? run_.last : run_.first;
        const auto back = [&](std::uint32_t by) { return original > by ? original - by : 0; };
        std::uint32_t low = back(side_ == Side::end ? inwards : outwards);
        std::uint32_t high = std::min(words, original + (side_ == Side::end ? outwards : inwards));
        if (side_ == Side::end)
            low = std::max(low, run_.first + 1);
        else
            high = std::min(high, run_.last - 1);
        std::vector<Gap> out;
        for (std::uint32_t at = low; at <= high; ++at) out.push_back({at, keys(at, original)});
        return out;
    }

private:
    Near near(std::int64_t word) const {
        if (word < 0 || word >= block_text_.word_end - block_text_.word) return {};
        const std::size_t at = block_text_.word + static_cast<std::size_t>(word);
        const std::uint32_t code = page_text_.words[at].code;
        const View name = page_text_.lexicon->name(code);
        return {hashed(name), bin_of(page_text_.evidence[at]), make_of(name), repeats_.times(code)};
    }

    Joint joint(std::uint32_t at) const {
        if (at == 0 || at == block_text_.word_end - block_text_.word) return Joint::block;
        const Word &before = page_text_.words[block_text_.word + at - 1],
                   &behind = page_text_.words[block_text_.word + at];
        if (before.segment == behind.segment) return before.end == behind.start ? Joint::glued : Joint::inner;
        return joint_of_text(text_.substr(before.end, behind.start - before.end));
    }

    // How often the two words at a gap stand one behind the other.
    std::uint32_t together(std::uint32_t at) const {
        if (at == 0 || at == block_text_.word_end - block_text_.word) return 0;
        return repeats_.times(page_text_.words[block_text_.word + at - 1].code,
                              page_text_.words[block_text_.word + at].code);
    }

    std::vector<std::uint32_t> keys(std::uint32_t at, std::uint32_t original) const {
        const bool is_end = side_ == Side::end;
        const auto gap = static_cast<std::int64_t>(at);
        // Beyond where the candidate ends by so many words; below zero: within it.
        const std::int64_t beyond = is_end ? gap - original : static_cast<std::int64_t>(original) - gap;
        // What the end would be moved over: words, and what stands between them.
        const std::uint32_t low = std::min(at, original), high = std::max(at, original);
        double passed = 0.0;
        std::uint64_t over = 0;
        for (std::uint32_t word = low; word < high; ++word) {
            passed += page_text_.evidence[block_text_.word + word];
            over |= std::uint64_t{1} << class_of(joint(word == low ? original : word));
        }
        const auto sign = static_cast<std::uint64_t>(beyond == 0 ? 0 : beyond > 0 ? 1 : 2);
        const auto j = static_cast<std::uint64_t>(joint(at));
        const Near in = near(is_end ? gap - 1 : gap), out = near(is_end ? gap : gap - 1);
        const Near in2 = near(is_end ? gap - 2 : gap + 1), out2 = near(is_end ? gap + 1 : gap - 2);
        const std::uint64_t name = is_name_;
        const std::uint32_t both = together(at);

        std::vector<std::uint32_t> found;
        found.reserve(64);
        std::uint64_t kind = static_cast<std::uint64_t>(side_) << 32;
        const auto say = [&](std::uint64_t one, std::uint64_t two = 0, std::uint64_t three = 0) {
            const std::uint64_t hash = mixed(mixed(mixed(++kind) ^ one) ^ (two << 8 | three));
            found.push_back(static_cast<std::uint32_t>(hash >> 32));
        };
        say(static_cast<std::uint64_t>(std::clamp<std::int64_t>(beyond, -6, 6) + 6));
        say(j);
        say(j, sign);
        for (const Near* each : {&in, &out}) {
            say(each->word);
            say(each->word, sign);
            say(each->word, j, 1);
            say(each->word, name, 2);
            say(each->evidence);
            say(each->evidence, sign);
            say(each->evidence, j, 1);
            say(each->evidence, name, 2);
            say(each->made);
            say(each->made, sign);
            say(each->made, j, 1);
        }
        for (const Near* each : {&in2, &out2}) {
            say(each->word);
            say(each->evidence);
            say(each->evidence, j);
            say(each->made);
        }
        say(mixed(in.word) + out.word);
        say(in.evidence, out.evidence);
        say(in.made, out.made);
        say(in.word, out.made);
        say(in.made, out.evidence);
        say(out.evidence, j, sign);
        say(out.evidence, j, 4 + name);
        say(bin_of(passed), sign);
        say(bin_of(passed), sign, j);
        say(bin_of(beyond ? passed / static_cast<double>(std::abs(beyond)) : 0.0), sign);
        say(over, sign, name);
        say(over, j, sign);
        say(over, bin_of(passed), sign);
        say(over, in.evidence, sign);
        say(place_, over, sign);
        say(place_, j);
        say(name, sign);
        say(name, j);
        say(name, j, sign);
        say(name, static_cast<std::uint64_t>(std::clamp<std::int64_t>(beyond, -6, 6) + 6));
        say(out.made, sign, 4 + name);
        say(out.evidence, sign, 4 + name);
        const std::uint64_t of_in = share_of(in.times, both), of_out = share_of(out.times, both);
        say(often(both), j);
        say(of_in, j);
        say(of_out, j);
        say(of_in, of_out);
        say(of_in, of_out, sign);
        say(often(out.times), out.evidence);
        say(of_in, often(in.times), sign);
        return found;
    }

    const PageText& page_text_;
    const Repeats& repeats_;
    const BlockText& block_text_;
    const View text_;
    const Side side_;
    const bool is_name_;
    const Run run_;
    std::uint32_t place_;
};

}  // namespace

Repeats::Repeats(const PageText& page_text, const std::vector<Candidate>& candidates, const Rest& rest) {
    for (const Candidate& each : candidates) {
        if (each.judged <= 0.0) continue;
        const BlockText& block_text = page_text.blocks[each.block];
        for (const Run near : {reach(block_text, each.run.first), reach(block_text, each.run.last)}) {
            for (std::uint32_t word = block_text.word + near.first; word < block_text.word + near.last; ++word) {
                const std::uint32_t code = page_text.words[word].code;
                if (code >= words_.size()) words_.resize(code + 1, is_far);
                words_[code] = 0;
                if (word > block_text.word + near.first)
                    pairs_.push_back({pair_of(page_text.words[word - 1].code, code), 0});
            }
        }
    }
    std::sort(pairs_.begin(), pairs_.end());
    pairs_.erase(std::unique(pairs_.begin(), pairs_.end()), pairs_.end());
    if (words_.empty()) return;
    is_outside_.resize(words_.size(), 0);
    for (const BlockText& block_text : page_text.blocks) {
        bool is_near = false;
        for (std::uint32_t word = block_text.word; word < block_text.word_end; ++word) {
            const std::uint32_t code = page_text.words[word].code;
            const bool was_near = is_near;
            is_near = code < words_.size() && words_[code] != is_far;
            if (!is_near) continue;
            ++words_[code];
            is_outside_[code] |= rest.mask[word];
            if (!was_near) continue;
            const auto pair = find(pair_of(page_text.words[word - 1].code, code));
            if (pair != pairs_.size()) ++pairs_[pair].second;
        }
    }
}

std::size_t Repeats::find(std::uint64_t pair) const {
    const auto found = std::lower_bound(pairs_.begin(), pairs_.end(), std::pair{pair, std::uint32_t{0}});
    return found != pairs_.end() && found->first == pair ? static_cast<std::size_t>(found - pairs_.begin())
                                                         : pairs_.size();
}

std::uint32_t Repeats::times(std::uint32_t word) const {
    return word < words_.size() && words_[word] != is_far ? words_[word] : 0;
}

std::uint32_t Repeats::times(std::uint32_t before, std::uint32_t behind) const {
    const std::size_t found = find(pair_of(before, behind));
    return found == pairs_.size() ? 0 : pairs_[found].second;
}

std::vector<Gap> gaps(const Outline& outline, const PageText& page_text, const Repeats& repeats,
                      const Candidate& candidate, Side side) {
    return Around(outline, page_text, repeats, candidate, side).gaps();
}

std::pair<std::uint32_t, double> Ends::best(const std::vector<Gap>& gaps, std::uint32_t original) const {
    std::vector<double> totals;
    for (const Gap& each : gaps) {
        double total = 0.0;
        for (const std::uint32_t key : each.keys) total += weights_.of(key);
        totals.push_back(total);
    }
    std::size_t chosen = 0;
    for (std::size_t at = 1; at < gaps.size(); ++at)
        if (totals[at] > totals[chosen] || (totals[at] == totals[chosen] && gaps[at].at == original)) chosen = at;
    double all = 0.0;
    for (const double total : totals) all += std::exp(total - totals[chosen]);
    return {gaps[chosen].at, 1.0 / all};
}

Settled Ends::settled(const Outline& outline, const PageText& page_text, const Repeats& repeats,
                      const Candidate& candidate) const {
    if (!size_) return {candidate.folded, 1.0};
    const Run run = candidate.run;
    const auto [first, is_first] = this->best(gaps(outline, page_text, repeats, candidate, Side::begin), run.first);
    const auto [last, is_last] = this->best(gaps(outline, page_text, repeats, candidate, Side::end), run.last);
    // Each end was found without the other.
    if (first >= last) return {candidate.folded, 0.0};
    const double certainty = is_first * is_last;
    const BlockText& block_text = page_text.blocks[candidate.block];
    Run best{first, last};
    const Place place = outline.blocks[candidate.block].place;
    if (place == Place::title || place == Place::heading)
        best = within_joints(
            words_of(page_text, block_text), page_text.evidence.data() + block_text.word,
            [&](std::uint32_t at) { return repeats.is_outside(page_text.words[block_text.word + at].code); },
            place == Place::title ? Segment::title : Segment::line, best);
    if (best == run) return {candidate.folded, certainty};
    const View text = page_text.folded(block_text);
    const Word* const words = page_text.words.data() + block_text.word;
    const Span own{words[best.first].start, words[best.last - 1].end};
    const std::int64_t before = best.first ? static_cast<std::int64_t>(words[best.first - 1].end) : -1;
    const std::int64_t behind =
        best.last < block_text.word_end - block_text.word ? static_cast<std::int64_t>(words[best.last].start) : -1;
    const Span whole = span_of(text, own, before, behind);
    // An end that was not moved stays where it is, which may be within a word.
    return {{best.first == run.first ? candidate.folded.start : whole.start,
             best.last == run.last ? candidate.folded.end : whole.end},
            certainty};
}

}  // namespace moderation
