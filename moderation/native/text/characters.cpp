#include "text/characters.hpp"
#include "text/unicode.hpp"

namespace moderation {

namespace {

// Letters of scripts that put blanks between words.
bool is_blanked(char32_t c) {
    return is_ascii_alnum(c) || (c >= 0xdf && c <= 0x52f) || (c >= 0x900 && c <= 0xe7f) || (c >= 0xac00 && c <= 0xd7a3);
}

}  // namespace

bool is_picture(char32_t c) {
    return (c >= 0x2190 && c <= 0x23ff) || (c >= 0x2500 && c <= 0x27bf) || (c >= 0x2900 && c <= 0x297f) ||
           (c >= 0x2b00 && c <= 0x2bff) || c == 0x3013 || (c >= 0x1f000 && c <= 0x1faff);
}

std::uint32_t Characters::plain(char32_t c) {
    std::uint32_t is = c;
    const bool is_han = c == 0x3005 || c == 0x3007 || (c >= 0x3400 && c <= 0x9fff);
    // A bar that stands between titles.
    const bool is_bar = c == U'丨';
    if (unicode::is_alnum(c) && !is_bar) is |= word;
    if (is & word && !unicode::is_decimal(c) && !(c >= 'a' && c <= 'z') && !is_han) is |= other;
    if (is_blanked(c)) is |= blanked;
    if (is_han && !is_bar) is |= han;
    if (is_picture(c)) is |= filler;
    return is;
}

std::uint32_t Characters::beyond(char32_t character) {
    if (is_picture(character)) return filler | (unicode::is_alnum(character) ? word | other : 0);
    if (character > 0x10ffff) return 0;
    const bool is_han = character >= 0x20000 && character <= 0x323af;
    if (!unicode::is_alnum(character)) return is_han ? std::uint32_t{han} : 0;
    if (is_han) return word | han;
    return unicode::is_decimal(character) ? std::uint32_t{word} : word | other;
}

Text Characters::pinyin(View word) const {
    // Letters of a latin word beyond which it is no Pinyin.
    constexpr std::size_t longest_word = 30;
    Text found;
    if (word.size() > longest_word) return found;
    std::string letters(word.begin(), word.end());
    for (std::size_t at = 0; at < letters.size();) {
        std::size_t size = std::min(longest_syllable, letters.size() - at);
        for (; size; --size) {
            const auto known = syllables.find(letters.substr(at, size));
            if (known != syllables.end()) {
                found.push_back(known->second);
                break;
            }
        }
        if (!size) return {};
        at += size;
    }
    return found;
}

namespace {

using C = Characters;

// One in so many characters of a run is misread, or the run is not: the RARELY of stages/_repair.py.
constexpr std::size_t per_misread = 20;

bool is_latin(char32_t c) {
    return c >= 'a' && c <= 'z';
}

// Whether a run of letters holds look-alikes that are meant to be read as latin ones.
bool has_look_alikes(const Characters& characters, View folded) {
    bool alike = false, latin = false, sign = false;
    std::size_t size = 0;
    const auto reads = [&] { return size > 1 && (alike || sign) && (latin || sign); };
    for (const char32_t c : folded) {
        const std::uint32_t is = characters.of(c);
        if (is_latin(c) || is & (C::alike | C::sign)) {
            alike |= (is & C::alike) != 0;
            sign |= (is & C::sign) != 0;
            latin |= is_latin(c);
            ++size;
        } else {
            if (reads()) return true;
            alike = latin = sign = false;
            size = 0;
        }
    }
    return reads();
}

// Whether a bracket may hold a gloss, one syllable of at most six letters.
bool is_gloss(View folded, std::size_t at) {
    std::size_t end = at + 1;
    while (end < folded.size() && end - at <= 6 && is_latin(folded[end])) ++end;
    return end > at + 1 && end < folded.size() && folded[end] == ')';
}

// Takes the fillers out between characters that they join; `pieces` say where the text comes from, none: one to one.
void join(const Characters& characters, Text& out, std::size_t begin, std::vector<Piece>& pieces,
          std::size_t first_piece) {
    const Text folded = out.substr(begin);
    std::vector<Piece> old(pieces.begin() + static_cast<std::ptrdiff_t>(first_piece), pieces.end());
    if (old.empty()) old.push_back({0, 0, 0});
    std::size_t size = 0, number = 0;
    const auto keep = [&](std::size_t at) {
        while (number + 1 < old.size() && old[number + 1].start <= at) ++number;
        const auto origin = static_cast<std::uint32_t>(old[number].origin + at - old[number].start);
        const Piece* last = pieces.size() > first_piece ? &pieces.back() : nullptr;
        if (!last || last->origin + size - last->start != origin)
            pieces.push_back({static_cast<std::uint32_t>(size), origin, 0});
        out[begin + size++] = folded[at];
    };
    bool changed = false;
    std::vector<Piece> before(pieces.begin() + static_cast<std::ptrdiff_t>(first_piece), pieces.end());
    pieces.resize(first_piece);
    for (std::size_t at = 0; at < folded.size();) {
        const std::size_t end = joined(characters, folded, at);
        if (end == at) {
            keep(at++);
            continue;
        }
        changed = true;
        for (; at < end; ++at)
            if (characters.table[folded[at]] & C::han) keep(at);
    }
    out.resize(begin + size);
    if (!changed) {
        pieces.resize(first_piece);
        pieces.insert(pieces.end(), before.begin(), before.end());
    }
}

// Whether two characters stand side by side that are the halves of one.
bool has_halves(const Characters& characters, View folded) {
    for (std::size_t at = 0; at + 1 < folded.size(); ++at) {
        if (characters.table[folded[at]] & C::split_first &&
            characters.splits.count(static_cast<std::uint32_t>(folded[at] << 16 | folded[at + 1])))
            return true;
    }
    return false;
}

// What stands between Han characters: signs that the table alone does not fold, or fillers that are to be joined.
enum class Between { nothing, fillers, unfolded };

Between between_han(const Characters& characters, View folded) {
    bool has_fillers = false;
    for (std::size_t at = 1; at + 1 < folded.size(); ++at) {
        const char32_t c = folded[at];
        const std::uint32_t before = characters.table[folded[at - 1]], behind = characters.table[folded[at + 1]];
        if (c == '(' && before & C::han && is_gloss(folded, at)) return Between::unfolded;
        // Stars inside a word.
        if (c == '*' && before & C::han && (folded[at + 1] == '*' || behind & C::han)) return Between::unfolded;
        has_fillers |= before & C::filler && behind & C::filler && characters.table[c] & C::han;
    }
    return has_fillers ? Between::fillers : Between::nothing;
}

// Whether a character is dropped, or takes more than a table.
bool is_uneven(const Characters& characters, char32_t c) {
    return c < 0x10000 && characters.table[c] & C::uneven;
}

// Neighbours that may be two halves of a character, or that no table folds alone.
struct Neighbours {
    bool are_halves = false, are_refused = false;

    void add(std::uint32_t is) {
        are_halves |= (one_ & C::split_first) && (is & C::split_second);
        are_refused |= (two_ & C::wrong_first) && (one_ & C::wrong_second) && (is & C::wrong_second);
        are_refused |= (one_ & 0xffff) == '(' && (is & C::toned);
        two_ = one_;
        one_ = is;
    }

private:
    std::uint32_t one_ = 0, two_ = 0;  // the last one, and the one before
};

// A run of characters beyond ASCII, and how many of them a wrong charset makes: of a run that was misread each third
// character is such a one, but for what was lost.
struct Wide {
    std::size_t all = 0, misread = 0;

    // Takes the next character; false where a run ends that was misread. One that was lost ends none.
    bool add(char32_t c, std::uint32_t is) {
        if (c >= 0x80) {
            ++all;
            misread += (is & C::misread) != 0;
        } else if (c != '?') {
            if (is_misread()) return false;
            *this = {};
        }
        return true;
    }

    bool is_misread() const { return misread && per_misread * misread >= all; }
};

}  // namespace

std::size_t joined(const Characters& characters, View folded, std::size_t at) {
    const auto is_han = [&](std::size_t where) {
        return where < folded.size() && (characters.of(folded[where]) & C::han) != 0;
    };
    // Behind a gap stands one character alone; the gap ends where the returned range does.
    const auto gap = [&](std::size_t from, auto&& fills) {
        std::size_t end = from;
        while (end - from < 3 && end < folded.size() && fills(folded[end])) ++end;
        return end > from && is_han(end) && !is_han(end + 1) ? end : from;
    };
    if (!is_han(at) || (at && is_han(at - 1))) return at;
    const auto is_filler = [&](char32_t c) { return (characters.of(c) & C::filler) != 0; };
    std::size_t end = gap(at + 1, is_filler);
    if (end > at + 1) {
        const View same = folded.substr(at + 1, end - at - 1);
        std::size_t last = end + 1;
        while (folded.substr(last, same.size()) == same && gap(last, is_filler) == last + same.size())
            last += same.size() + 1;
        if (last > end + 1) return last;
    }
    std::size_t last = at + 1, gaps = 0;
    for (std::size_t next; (next = gap(last, is_picture)) > last; ++gaps) last = next + 1;
    return gaps >= 2 ? last : at;
}

bool fold_by_table(const Characters& characters, View text, Text& out, std::vector<Piece>& pieces) {
    const std::size_t begin = out.size(), first_piece = pieces.size();
    out.resize(begin + text.size());
    char32_t* folded = out.data() + begin;
    std::size_t size = 0;
    std::uint32_t seen = 0;
    Neighbours neighbours;
    Wide wide;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char32_t c = text[at];
        if (c >= 0x10000) return false;
        const std::uint32_t is = characters.table[c];
        if (!wide.add(c, is)) return false;
        if (is & C::uneven) {
            if (is & 0xffff) return false;
            // Dropped: what comes behind goes on as a piece of its own.
            seen |= is;
            continue;
        }
        if (size != at && (!at || is_uneven(characters, text[at - 1])))
            pieces.push_back({static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(at), 0});
        folded[size++] = is & 0xffff;
        seen |= is;
        neighbours.add(is);
    }
    if (neighbours.are_refused || wide.is_misread()) return false;
    out.resize(begin + size);
    if (size != text.size() && !is_uneven(characters, text[0]))
        pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(first_piece), {0, 0, 0});
    const View made(folded, size);
    if (seen & (C::alike | C::sign) && has_look_alikes(characters, made)) return false;
    if (neighbours.are_halves && has_halves(characters, made)) return false;
    if (!(seen & C::han)) return true;
    const Between between = between_han(characters, made);
    if (between == Between::fillers) join(characters, out, begin, pieces, first_piece);
    return between != Between::unfolded;
}

}  // namespace moderation
