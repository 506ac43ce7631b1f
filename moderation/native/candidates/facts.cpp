// The facts of a candidate: what it is, where it stands, what stands around it.
#include <algorithm>
#include <array>
#include <cmath>

#include "candidates/judge.hpp"
#include "candidates/surroundings.hpp"

namespace moderation {

namespace {

using features::key_of;
using features::own_first;
using features::seed_of;
using features::step;

// Characters around a candidate that tell whether it stands in text or in code; those of a block whose sentences count.
constexpr std::uint32_t window = 32, told = 400;
// Evidence of a word, as part of the log-odds of a text, from which it is strong.
constexpr double strong_word = 0.6;
// The page as a whole says no more than this.
constexpr double whole_most = 4.0;
// What a fact by its place is worth beside the fact itself, and how finely its value is read.
constexpr float placed_value = 0.4f;
constexpr double placed_steps = 4.0;

// The facts by name, in the order of their numbers.
constexpr const char* names[] = {
    "text:words",        "text:length",        "text:segments",      "text:part-of-block", "text:whole-block",
    "text:latin",        "text:digits",        "page:copies",        "page:candidates",    "page:size",
    "place:title",       "place:meta",         "place:heading",      "place:head",         "place:body",
    "place:links",       "place:footer",       "place:hidden",       "place:attribute",    "place:first-line",
    "place:no-page",     "begins:block",       "begins:line",        "begins:joint",       "begins:clause",
    "begins:inside",     "ends:block",         "ends:line",          "ends:joint",         "ends:clause",
    "ends:inside",       "name:known",         "name:common",        "name:code",          "name:glued",
    "name:strong",       "name:in-front",      "name:unknown",       "name:slot",          "name:in-title",
    "name:in-prose",     "name:copies",        "title:none",         "name:common-bare",   "name:common-glued",
    "page:shares-words", "page:foreign-words", "around:code",        "around:latin",       "around:no-chinese",
    "text:in-address",   "text:distinct",      "block:size",         "block:sentences",    "text:strong-words",
    "text:best-word",    "text:against",       "title:shares-words", "page:as-a-whole",
};
constexpr std::size_t count_of_names = sizeof names / sizeof names[0];

std::uint32_t fact_key(std::size_t number) {
    return key_of(step(seed_of(0), static_cast<char32_t>(number)));
}

// What a script writes is text of the page, and an attribute in that only what runs the script sees it.
Place place_of(const Block& block) {
    return block.place == Place::script ? Place::body : block.place;
}

// What stands at an end of a candidate, in the order of the facts "begins:…" and "ends:…": the block's edge, another
// line, a joint of titles, another clause, or the text goes on.
std::size_t end_as(View between, bool is_edge) {
    if (is_edge) return 0;
    const std::uint8_t joint = joint_of(between);
    if (joint & Segment::line) return 1;
    if (joint & Segment::title) return 2;
    return joint & Segment::prose || !between.empty() ? 3 : 4;
}

// Characters between a candidate and the next word that are looked at.
constexpr std::uint32_t widest_joint = 4;

bool is_of_word(char32_t c) {
    return is_ascii_alnum(c) || c >= 0x3400;
}

std::size_t begins_as(View text, Span own) {
    std::uint32_t left = own.start;
    while (left && own.start - left < widest_joint && !is_of_word(text[left - 1])) --left;
    return end_as(text.substr(left, own.start - left), left == 0);
}

std::size_t ends_as(View text, Span own) {
    std::uint32_t right = own.end;
    while (right < text.size() && right - own.end < widest_joint && !is_of_word(text[right])) ++right;
    return end_as(text.substr(own.end, right - own.end), right == text.size());
}

// What a text is written in: code has signs that prose has not.
struct Mixture {
    double signs = 0, latin = 0, all = 0;
    bool is_chinese = false;

    void count(View text, std::uint32_t begin, std::uint32_t end) {
        for (std::uint32_t at = begin; at < end; ++at) {
            const char32_t c = text[at];
            ++all;
            if (is_ascii_alnum(c)) {
                ++latin;
            } else if (is_of_code(c)) {
                ++signs;
            } else if (c >= 0x3400) {
                is_chinese = true;
            }
        }
    }

private:
    static bool is_of_code(char32_t c) {
        return c > ' ' && c < 127 && c != ',' && c != '-' && c != '.' && c != ':' && c != '!' && c != '?';
    }
};

// At how many of its ends a candidate runs on as an address or a name in code does.
double joined_ends(View text, Span own) {
    const auto joins = [](char32_t c) { return is_ascii_alnum(c) || View(U"./@-_=%").find(c) != View::npos; };
    double joined = 0;
    if (own.start && is_ascii_alnum(text[own.start]) && joins(text[own.start - 1])) ++joined;
    if (own.end + 1 < text.size() && own.end && is_ascii_alnum(text[own.end - 1]) && joins(text[own.end]) &&
        is_ascii_alnum(text[own.end + 1]))
        ++joined;
    return joined;
}

// Ends of sentences and quotations around a candidate and in what is read of it, up to `own_end`.
double sentences_around(View text, Span own, std::uint32_t own_end) {
    double sentences = 0;
    const std::uint32_t to = std::min(static_cast<std::uint32_t>(text.size()), own.end + told);
    for (std::uint32_t at = own.start > told ? own.start - told : 0; at < to; ++at) {
        if (at == own.start) at = std::max(at, own_end);
        if (at >= to) break;
        const char32_t c = text[at];
        sentences += c == 0x3002 || c == 0xff01 || c == 0xff1f || c == 0xff1b || c == 0x201c || c == 0x300c;
    }
    return sentences;
}

}  // namespace

const char* Evidence::fact(std::uint32_t number) {
    return names[number];
}

std::vector<std::uint32_t> Evidence::fact_keys() {
    std::vector<std::uint32_t> keys;
    for (std::size_t number = 0; number < count_of_names; ++number) keys.push_back(fact_key(number));
    return keys;
}

// What the facts say of a candidate that stands where this one does: a line of links is as good as any in a menu, a
// name in prose is not what it is in a title. One linear model says so with weights for each value in each place.
void Evidence::placed(std::uint32_t where, std::vector<Feature>& out) {
    const std::uint64_t seed = seed_of(static_cast<int>(From::placed)) ^ mixed(where);
    const std::size_t facts = out.size();
    for (std::size_t at = 0; at < facts; ++at) {
        const Feature fact = out[at];
        const auto value = static_cast<std::int32_t>(std::lround(static_cast<double>(fact.value) * placed_steps));
        if (!value) continue;
        const std::uint64_t hash = step(step(seed, static_cast<char32_t>(fact.start)), static_cast<char32_t>(value));
        out.push_back({key_of(hash), placed_value, From::placed, fact.start, fact.start});
    }
}

bool Evidence::is_alone() const {
    return shown_ < min_shown;
}

// How long its text is, what it is written in, and how much there is of it on the page.
template <class Say>
void Evidence::text_facts(const Candidate& candidate, View text, Say&& say) const {
    const BlockText& block_text = page_text_.blocks[candidate.block];
    const Span own = candidate.folded;
    const double size = own.end - own.start, whole = std::max<double>(1.0, text.size());
    say(0, std::clamp(candidate.logit, -8.0, 16.0) / 4.0);
    say(1, std::log1p(size) / 2.0);
    const std::uint32_t segments = candidate.run.last > candidate.run.first
                                       ? page_text_.words[block_text.word + candidate.run.last - 1].segment -
                                             page_text_.words[block_text.word + candidate.run.first].segment + 1
                                       : 1;
    say(2, std::log(static_cast<double>(segments)) / 2.0);
    say(3, 1.0 - size / whole);
    say(4, size >= whole - 1 ? 1.0 : 0.0);
    double latin = 0, digits = 0;
    for (std::uint32_t at = own.start; at < own.end; ++at) {
        latin += text[at] >= 'a' && text[at] <= 'z';
        digits += text[at] >= '0' && text[at] <= '9';
    }
    say(5, latin / std::max(1.0, size));
    say(6, digits / std::max(1.0, size));
    say(7, std::log(static_cast<double>(std::max(1u, candidate.copies))) / 2.0);
    say(8, std::log1p(static_cast<double>(result_.candidates.size())) / 3.0);
    say(9, std::log1p(static_cast<double>(shown_)) / 8.0);
}

// Where on the page it stands.
template <class Say>
void Evidence::place_facts(const Candidate& candidate, Say&& say) const {
    const Block& block = outline_.blocks[candidate.block];
    say(10 + static_cast<std::size_t>(place_of(block)));
    say(17, block.hidden ? 1.0 : 0.0);
    say(18, block.attribute ? 1.0 : 0.0);
    say(19, candidate.block == first_ && !is_alone() ? 1.0 : 0.0);
    say(20, is_alone() ? 1.0 : 0.0);
}

// How a name is put together, and whether it stands where names of pages do.
template <class Say>
void Evidence::name_facts(const Candidate& candidate, View text, Say&& say) const {
    const Brand& name = candidate.name;
    const Place place = outline_.blocks[candidate.block].place;
    const double size = candidate.folded.end - candidate.folded.start;
    const bool is_bare_common = name.common && !name.sure;
    say(31, std::min<int>(name.sure, 2));
    say(32, std::min<int>(name.common, 2));
    say(33, std::min<int>(name.codes, 2));
    say(34, std::min<int>(name.glued, 4) / 2.0);
    say(35, std::min<int>(name.strong, 2));
    say(36, name.front ? 1.0 : 0.0);
    say(37, name.sure + name.common ? 0.0 : 1.0);
    say(38, name.slots / 2.0);
    say(39, place == Place::title || place == Place::meta ? 1.0 : 0.0);
    say(40, size < 0.5 * std::max<double>(1.0, text.size()) ? 1.0 : 0.0);
    say(41, std::log(static_cast<double>(std::max(1u, candidate.copies))) / 2.0);
    say(43, is_bare_common && !name.codes && !name.glued && !name.front ? 1.0 : 0.0);
    say(44, is_bare_common && (name.codes || name.glued) ? 1.0 : 0.0);
}

// How many of its words there are, and how many of these the rest of the page and the title use.
Evidence::Vocabulary Evidence::vocabulary(const Candidate& candidate) const {
    const BlockText& block_text = page_text_.blocks[candidate.block];
    const std::uint32_t last = std::min(candidate.run.last, candidate.run.first + own_first);
    Vocabulary found;
    for (std::uint32_t at = block_text.word + candidate.run.first; at < block_text.word + last; ++at) {
        const Word& word = page_text_.words[at];
        if (word.end - word.start < 2 || (*page_text_.lexicon)[word.code].common) continue;
        ++found.own;
        found.shared += around_.count(word.code);
        found.titled += titled_words_.count(word.code);
    }
    return found;
}

// The order in which facts are said is that in which they are added up.
void Evidence::facts(const Candidate& candidate, std::vector<Feature>& out) const {
    static const std::vector<std::uint32_t> keys = fact_keys();
    const View text = page_text_.folded(page_text_.blocks[candidate.block]);
    const auto say = [&](std::size_t number, double value = 1.0) {
        const auto told = static_cast<std::uint32_t>(number);
        if (value != 0.0) out.push_back({keys[number], static_cast<float>(value), From::fact, told, told});
    };
    text_facts(candidate, text, say);
    place_facts(candidate, say);
    say(21 + begins_as(text, candidate.folded));
    say(26 + ends_as(text, candidate.folded));
    if (candidate.is_name) name_facts(candidate, text, say);
    say(42, title_ < 0 ? 1.0 : 0.0);
    const Vocabulary words = vocabulary(candidate);
    // A page of a few words tells nothing.
    if (words.own && shown_ >= 200) {
        say(45, static_cast<double>(words.shared) / static_cast<double>(words.own));
        say(46, words.shared ? 0.0 : 1.0);
    }
    surroundings(candidate, text, say);
    strength(candidate, say);
    if (words.own && candidate.block != title_ && title_ >= 0)
        say(57, static_cast<double>(words.titled) / static_cast<double>(words.own));
    // Only what speaks for spam: that a page is honest says nothing of what is planted in it.
    if (result_.whole) say(58, std::clamp(*result_.whole, 0.0, whole_most));
    const auto place = static_cast<std::uint32_t>(place_of(outline_.blocks[candidate.block]));
    placed(place * 4 + (candidate.is_name ? 2 : 0) + (is_alone() ? 1 : 0), out);
}

// Whether it stands in text or in code, in an address, in prose.
template <class Say>
void Evidence::surroundings(const Candidate& candidate, View text, Say&& say) const {
    const Span own = candidate.folded;
    const auto size = static_cast<std::uint32_t>(text.size());
    const std::uint32_t first = own.start > window ? own.start - window : 0;
    const std::uint32_t own_end = std::min(own.end, own.start + own_first), last = std::min(size, own.end + window);
    Mixture mixture;
    mixture.count(text, first, own_end);
    mixture.count(text, own.end, last);
    say(47, mixture.signs / std::max(1.0, mixture.all));
    say(48, mixture.latin / std::max(1.0, mixture.all));
    say(49, mixture.is_chinese ? 0.0 : 1.0);
    say(50, joined_ends(text, own));
    std::array<char32_t, own_first> seen{};
    const std::uint32_t read = own_end - own.start;
    std::copy_n(text.begin() + own.start, read, seen.begin());
    std::sort(seen.begin(), seen.begin() + read);
    say(51, static_cast<double>(std::unique(seen.begin(), seen.begin() + read) - seen.begin()) / std::max(1u, read));
    say(52, std::log1p(static_cast<double>(size)) / 4.0);
    say(53, std::log1p(sentences_around(text, own, own_end)) / 2.0);
}

// How its evidence is spread over its words.
template <class Say>
void Evidence::strength(const Candidate& candidate, Say&& say) const {
    const BlockText& block_text = page_text_.blocks[candidate.block];
    const std::uint32_t last = std::min(candidate.run.last, candidate.run.first + own_first);
    double best = 0, against = 0;
    std::vector<std::uint32_t> strong;
    for (std::uint32_t at = block_text.word + candidate.run.first; at < block_text.word + last; ++at) {
        const double part = page_text_.evidence[at] / result_.norm;
        best = std::max(best, part);
        against += std::max(0.0, -part);
        if (part >= strong_word) strong.push_back(page_text_.words[at].code);
    }
    std::sort(strong.begin(), strong.end());
    const auto different = static_cast<double>(std::unique(strong.begin(), strong.end()) - strong.begin());
    say(54, std::log1p(different) / 2.0);
    say(55, std::min(3.0, best) / 2.0);
    say(56, std::log1p(against) / 2.0);
}

}  // namespace moderation
