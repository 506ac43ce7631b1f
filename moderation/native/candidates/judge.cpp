#include "candidates/judge.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "candidates/surroundings.hpp"
#include "text/hashing.hpp"

namespace moderation {

namespace {

// Characters that are read of a candidate's own text, at either end, and of what stands around it.
constexpr std::uint32_t own_first = 160, own_last = 48, around = 24, near = 4;
// Characters of the longest n-gram of a candidate's own text, and of the text around it.
constexpr std::uint32_t own_gram = 4, around_gram = 3;
// Signs of the longest n-gram of a text's shape.
constexpr std::size_t shape_gram = 4;
// Characters around a candidate that tell whether it stands in text or in code; those of a block whose sentences count.
constexpr std::uint32_t window = 32, told = 400;
// Evidence of a word, as part of the log-odds of a text, from which it is strong.
constexpr double strong_word = 0.6;
// The page as a whole says no more than this.
constexpr double whole_most = 4.0;
// Words of the title, and of the rest of the page.
constexpr std::size_t title_words = 32, topic_words = 20;
// What a fact by its place is worth beside the fact itself, and how finely its value is read.
constexpr float placed_value = 0.4f;
constexpr double placed_steps = 4.0;
// `c` of the norms, by kind.
constexpr std::array<double, 9> floors{0.0, 4.0, 24.0, 12.0, 12.0, 6.0, 10.0, 12.0, 0.0};
constexpr std::array<double, 9> scales{1.0, 2.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0};

std::uint64_t seed_of(int kind) {
    return 0x9e3779b97f4a7c15ull * static_cast<std::uint64_t>(kind + 1);
}
std::uint64_t step(std::uint64_t hash, char32_t c) {
    hash = (hash ^ c) * 0x9fb21c651e98df25ull;
    return hash ^ hash >> 32;
}
std::uint32_t key_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(mixed(hash) >> 32);
}

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
    Kind(std::vector<Feature>& out, From from, std::size_t most) : out_(out), from_(from), first_(out.size()) {
        met().begin(most);
    }
    ~Kind() {
        const auto kind = static_cast<std::size_t>(from_);
        const double count = static_cast<double>(out_.size() - first_);
        const auto value = static_cast<float>(scales[kind] / std::sqrt(count + floors[kind]));
        for (std::size_t at = first_; at < out_.size(); ++at) out_[at].value = value;
    }
    Kind(const Kind&) = delete;
    Kind& operator=(const Kind&) = delete;

    void say(std::uint64_t hash, std::uint32_t start, std::uint32_t end) {
        const std::uint32_t key = key_of(hash);
        if (met().is_new(key)) out_.push_back({key, 1.0f, from_, start, end});
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
    static Met& met() {
        thread_local Met met;
        return met;
    }

    std::vector<Feature>& out_;
    From from_;
    std::size_t first_;
};

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
    const auto joins = [](char32_t c) {
        return is_ascii_alnum(c) || c == '.' || c == '/' || c == '@' || c == '-' || c == '_' || c == '=' || c == '%';
    };
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
        double worth;
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
        return one.worth != two.worth ? one.worth > two.worth
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
        const double worth = page_text_.evidence[at] / result_.norm;
        best = std::max(best, worth);
        against += std::max(0.0, -worth);
        if (worth >= strong_word) strong.push_back(page_text_.words[at].code);
    }
    std::sort(strong.begin(), strong.end());
    const auto different = static_cast<double>(std::unique(strong.begin(), strong.end()) - strong.begin());
    say(54, std::log1p(different) / 2.0);
    say(55, std::min(3.0, best) / 2.0);
    say(56, std::log1p(against) / 2.0);
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
    const std::uint64_t seed = seed_of(static_cast<int>(From::shape));
    const std::uint64_t digits = step(seed, '0'), letters = step(seed, 'a');
    const auto is_digit = [](char32_t c) { return c >= '0' && c <= '9'; };
    const auto is_letter = [](char32_t c) { return c >= 'a' && c <= 'z'; };
    signs_.clear();
    bool has_runs = false, has_letters = false;
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
            has_letters = true;
        } else {
            itself = step(itself, text[at++]);
            signs_.push_back({itself, itself, start, at, false});
        }
        has_runs |= signs_.back().is_run;
    }
    if (!has_runs) return;
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
    if (has_letters) grams(&Sign::kind);
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
