#include "candidates/brands.hpp"

#include <algorithm>
#include <stdexcept>

#include "text/characters.hpp"
#include "text/utf8.hpp"

namespace moderation {

namespace {

// Characters of a code, of a name in all, and around one in which the words of a slot are looked for.
constexpr std::size_t shortest_code = 3, longest_code = 16, longest_name = 60, behind_name = 14, before_name = 8;
// Words that may stand in a slot and are counted.
constexpr std::uint8_t most_slots = 4;
// Characters of an unknown name in front of two glued words.
constexpr std::size_t shortest_unknown = 2, longest_unknown = 4;

bool is_letter(char32_t c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char32_t c) {
    return c >= '0' && c <= '9';
}
bool is_han(char32_t c) {
    return c >= 0x3400 && c <= 0x9fff;
}
// What joins parts of one name: 开云·(中国)官网.
bool is_joint(char32_t c) {
    return c == U'·' || c == U'•' || c == '(' || c == ')' || c == U'（' || c == U'）';
}

// A year in front of what is counted by years.
bool is_year(View text, std::size_t start, std::size_t end) {
    if (end - start != 4 || end >= text.size()) return false;
    const bool dated = (text[start] == '1' && text[start + 1] == '9') || (text[start] == '2' && text[start + 1] == '0');
    constexpr View counted = U"年届级学屆級學-/.";
    return dated && counted.find(text[end]) != View::npos;
}

// Whether a year follows: a number that is glued to one ends in front of it (集团22882022-2023学年).
bool begins_year(View text, std::size_t at) {
    return at + 4 < text.size() && is_digit(text[at + 2]) && is_digit(text[at + 3]) && is_year(text, at, at + 4);
}

// Whether characters of one kind go on at an end of a stretch: then it is a part of another word or number.
template <class Is>
bool runs_on(View text, std::size_t at, std::size_t end, Is&& is) {
    return (is(text[at]) && at && is(text[at - 1])) || (is(text[end - 1]) && end < text.size() && is(text[end]));
}

// Letters with a number, as names of betting shops are (tyc8722, bq937) and few words (mp3, h5).
bool is_letters_with_number(View code) {
    return std::count_if(code.begin(), code.end(), is_letter) >= 2 &&
           std::count_if(code.begin(), code.end(), is_digit) >= 3;
}

}  // namespace

Brands::Brands(std::string_view lines, const std::vector<std::string>& labels) {
    const std::pair<std::string_view, Kind> kinds[] = {{"sure", sure},     {"common", common}, {"behind", behind},
                                                       {"strong", strong}, {"front", front},   {"slot", slot},
                                                       {"idle", idle}};
    Text scratch;
    while (!lines.empty()) {
        const std::size_t stop = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, stop);
        lines.remove_prefix(std::min(stop + 1, lines.size()));
        if (line.empty()) continue;
        const std::size_t one = line.find('\t');
        const std::size_t two = one == line.npos ? one : line.find('\t', one + 1);
        if (two == line.npos) throw std::invalid_argument("a name's line needs kind, label and text");
        const auto* kind = std::find_if(std::begin(kinds), std::end(kinds),
                                        [&](const auto& each) { return each.first == line.substr(0, one); });
        if (kind == std::end(kinds)) throw std::invalid_argument("a name's line has an unknown kind");
        const auto label = std::find(labels.begin(), labels.end(), line.substr(one + 1, two - one - 1));
        const Text& text = from_utf8(line.substr(two + 1), scratch);
        if (kind->second == idle) {
            idle_.push_back(text);
            continue;
        }
        if (text.size() < 2) throw std::invalid_argument("a name has two characters at least");
        entries_.push_back(
            {text, kind->second, label == labels.end() ? -1 : static_cast<std::int32_t>(label - labels.begin())});
    }
    std::sort(idle_.begin(), idle_.end());
    for (std::uint32_t at = 0; at < entries_.size(); ++at) {
        const char32_t one = entries_[at].text[0], two = entries_[at].text[1];
        by_start_[bucket(one, two)].push_back(at);
        const std::uint32_t bit = (one * 0x9e3779b1u ^ two * 0x85ebca6bu) >> 16;
        begins_[bit >> 6] |= std::uint64_t{1} << (bit & 63);
    }
    for (std::vector<std::uint32_t>& each : by_start_)
        std::stable_sort(each.begin(), each.end(), [&](std::uint32_t left, std::uint32_t right) {
            return entries_[left].text.size() > entries_[right].text.size();
        });
}

// A letter and a digit are a name only where nothing but known words touches them: a checksum, a colour or an address
// in references holds any of them.
bool Brands::stands_apart(View text, std::size_t at, std::size_t end) const {
    if (end - at > 2 || !std::all_of(text.begin() + at, text.begin() + end, is_ascii_alnum)) return true;
    if (at && (is_ascii_alnum(text[at - 1]) || text[at - 1] == '%')) return false;
    return end >= text.size() || !is_ascii_alnum(text[end]) || begins_known(text, end);
}

// Whether an entry's text stands there, whatever stands around it.
bool Brands::begins_known(View text, std::size_t at) const {
    if (at + 1 >= text.size() || !may_begin(text[at], text[at + 1])) return false;
    const std::vector<std::uint32_t>& some = by_start_[bucket(text[at], text[at + 1])];
    return std::any_of(some.begin(), some.end(), [&](std::uint32_t number) {
        const Text& each = entries_[number].text;
        return text.compare(at, each.size(), each) == 0;
    });
}

// The longest entry that begins there; letters stand apart from other letters.
const Brands::Entry* Brands::longest(View text, std::size_t at, bool is_slot) const {
    if (at + 1 >= text.size() || !may_begin(text[at], text[at + 1])) return nullptr;
    for (const std::uint32_t number : by_start_[bucket(text[at], text[at + 1])]) {
        const Entry& entry = entries_[number];
        if ((entry.kind == slot) != is_slot || text.compare(at, entry.text.size(), entry.text) != 0) continue;
        const std::size_t end = at + entry.text.size();
        const View until = begins_year(text, end) ? text.substr(0, end) : text;
        if (runs_on(text, at, end, is_letter) || runs_on(until, at, end, is_digit)) continue;
        if (!stands_apart(text, at, end)) continue;
        return &entry;
    }
    return nullptr;
}

void Brands::parts(View text, std::vector<Part>& out) const {
    for (std::size_t at = 0; at < text.size();) {
        if (const Entry* entry = longest(text, at, false)) {
            out.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + entry->text.size()),
                           entry->kind, entry->label});
            at += entry->text.size();
        } else if (is_ascii_alnum(text[at])) {
            // Letters and digits up to where a known name or a year begins.
            std::size_t end = at + 1;
            while (end < text.size() && is_ascii_alnum(text[end]) && !longest(text, end, false) &&
                   !(end - at > 1 && begins_year(text, end)))
                ++end;
            if (end - at <= longest_code)
                out.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end), code, -1});
            at = end;
        } else if (is_joint(text[at])) {
            out.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 1), joint, -1});
            ++at;
        } else {
            ++at;
        }
    }
}

std::uint8_t Brands::slots(View text, Span span) const {
    std::uint8_t found = 0;
    const std::size_t first = span.start > before_name ? span.start - before_name : 0;
    const std::size_t last = std::min(text.size(), span.end + behind_name);
    for (std::size_t at = first; at < last && found < most_slots;) {
        if (at >= span.start && at < span.end) {
            at = span.end;
            continue;
        }
        const Entry* entry = longest(text, at, true);
        if (entry && (at >= span.end || at + entry->text.size() <= span.start)) {
            ++found;
            at += entry->text.size();
        } else {
            ++at;
        }
    }
    return found;
}

// Of parts that stand without a gap those that make a name, and what makes them one.
struct Brands::Chain {
    View text;
    const Part* first;
    const Part* last;
    bool is_mixed = false;    // by letters with a number, and a glued word
    bool is_unknown = false;  // by two glued words, or one strong one: the name is what stands before them
    bool is_coded = false;    // by one glued word: that takes a code in front of the unknown name

    static bool is_known(const Part& part) { return part.kind == sure || part.kind == common; }
    static bool is_code(const Part& part) { return part.kind == code; }
    static bool is_strong(const Part& part) { return part.kind == strong; }
    static bool is_glued(const Part& part) { return part.kind == behind || part.kind == strong; }
    static bool may_begin(const Part& part) { return is_known(part) || is_code(part) || part.kind == front; }

    View written(const Part& part) const { return text.substr(part.start, part.end - part.start); }
    bool is_bracket(const Part& part, View bracket) const {
        return part.kind == joint && bracket.find(text[part.start]) != View::npos;
    }
    // What closes nothing, what only goes in front of a name, and a year are no end of one.
    bool may_end(const Part& part) const {
        return part.kind != joint && part.kind != front && !(is_code(part) && is_year(text, part.start, part.end));
    }

    bool find_begin();
    bool find_end();
    Brand counted() const;
};

// Whether the parts make a name; it begins with the first of them.
bool Brands::Chain::find_begin() {
    const Part* const all = first;
    first = std::find_if(first, last, may_begin);
    if (std::any_of(first, last, is_known)) return true;
    is_mixed = std::any_of(first, last,
                           [&](const Part& part) { return is_code(part) && is_letters_with_number(written(part)); }) &&
               std::any_of(first, last, is_glued);
    if (is_mixed || (std::any_of(first, last, is_code) && std::any_of(first, last, is_strong))) return true;
    // Two glued words make a name of what stands before them.
    first = std::find_if(all, last, is_glued);
    const auto count = std::count_if(first, last, is_glued);
    is_unknown = count > 1 || (count == 1 && is_strong(*first));
    is_coded = !is_unknown && count == 1;
    return is_unknown || is_coded;
}

// Leaves out what is no end of a name; false if nothing is left.
bool Brands::Chain::find_end() {
    // Of a longer chain the beginning: nobody hides a name by what is glued to it.
    while (last - first > 1 && last[-1].end - first->start > longest_name) --last;
    // Looked for once: a chain may have as many brackets as a page has characters.
    const Part* const open = std::find_if(first, last, [&](const Part& part) { return is_bracket(part, U"(（"); });
    while (last > first && !may_end(last[-1])) {
        if (is_bracket(last[-1], U")）") && open < last - 1) break;
        --last;
    }
    return first < last;
}

Brand Brands::Chain::counted() const {
    Brand made;
    made.span = {first->start, last[-1].end};
    for (const Part* part = first; part < last; ++part) {
        made.sure += part->kind == sure;
        made.common += part->kind == common;
        made.codes += part->kind == code;
        made.glued += is_glued(*part);
        made.strong += part->kind == strong;
        made.front += part->kind == front;
        if (made.label < 0) made.label = part->label;
    }
    return made;
}

// Takes in the unknown name in front of glued words, and a code in front of that; false if there is none.
bool Brands::take_unknown(View text, const std::vector<Span>& words, Brand& made) const {
    // The nearest word that makes it long enough, of Han characters throughout.
    std::size_t start = made.span.start;
    bool has_own = false;
    auto word = std::lower_bound(words.begin(), words.end(), start,
                                 [](const Span& each, std::size_t at) { return each.start < at; });
    while (word != words.begin() && made.span.start - start < shortest_unknown) {
        --word;
        if (word->end != start || !std::all_of(text.begin() + word->start, text.begin() + word->end, is_han))
            return false;
        start = word->start;
        has_own |= !is_idle(text.substr(word->start, word->end - word->start));
    }
    const std::size_t size = made.span.start - start;
    if (!has_own || size < shortest_unknown || size > longest_unknown) return false;
    std::size_t front = start;
    while (front && start - front < longest_code && is_ascii_alnum(text[front - 1])) --front;
    if (start - front >= shortest_code && !is_year(text, front, start)) {
        start = front;
        ++made.codes;
    }
    made.span.start = static_cast<std::uint32_t>(start);
    return true;
}

bool Brands::name(View text, const std::vector<Span>& words, const Part* first, const Part* last, Brand& made) const {
    Chain chain{text, first, last};
    if (!chain.find_begin() || !chain.find_end()) return false;
    made = chain.counted();
    const bool is_unknown = chain.is_unknown || chain.is_coded;
    if (is_unknown && !take_unknown(text, words, made)) return false;
    if (chain.is_coded && !made.codes) return false;
    made.slots = slots(text, made.span);
    if (made.sure || is_unknown) return true;
    if (made.common) return made.codes || made.glued || made.front || made.slots;
    return made.codes && (made.strong || (chain.is_mixed && made.glued));
}

void Brands::find(View text, const std::vector<Span>& words, std::vector<Brand>& out) const {
    std::vector<Part> found;
    parts(text, found);
    for (std::size_t first = 0; first < found.size();) {
        std::size_t last = first + 1;
        while (last < found.size() && found[last].start == found[last - 1].end) ++last;
        Brand made;
        if (name(text, words, found.data() + first, found.data() + last, made)) out.push_back(made);
        first = last;
    }
}

}  // namespace moderation
