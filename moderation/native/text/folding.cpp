#include "text/folding.hpp"

#include <algorithm>

namespace moderation {

namespace {

using C = Characters;

bool is_bracket(char32_t c) {
    return c == '(' || c == U'（';
}
bool is_closing(char32_t c) {
    return c == ')' || c == U'）';
}
bool is_latin(char32_t c) {
    return c >= 'a' && c <= 'z';
}

// A text that is being changed, and where it comes from; without pieces it runs one to one.
class Folding {
public:
    Folding(const Characters& characters, View text) : characters_(characters), text_(text) {}

    void change(const std::vector<Change>& changes);
    void widen();
    void translate();
    void read_latin();
    void put_together();
    void drop_glosses();
    void join();

    const Text& text() const { return text_; }
    const std::vector<Piece>& pieces() const { return pieces_; }

private:
    std::uint32_t size() const { return static_cast<std::uint32_t>(text_.size()); }
    bool is_han(std::size_t at) const { return at < text_.size() && (characters_.of(text_[at]) & C::han) != 0; }
    bool is_toned(std::size_t at) const { return at < text_.size() && (characters_.of(text_[at]) & C::toned) != 0; }
    std::size_t toned_end(std::size_t at) const;
    std::size_t gloss_end(std::size_t at) const;
    std::size_t stars_end(std::size_t at) const;

    const Characters& characters_;
    Text text_;
    std::vector<Piece> pieces_;
};

// Makes the changes, in order, and carries the pieces along.
void Folding::change(const std::vector<Change>& changes) {
    if (changes.empty()) return;
    static const std::vector<Piece> identity{{0, 0, 0}};
    const std::vector<Piece>& old = pieces_.empty() ? identity : pieces_;
    Text text;
    std::vector<Piece> pieces;
    text.reserve(text_.size());
    std::size_t number = 0;
    const auto seek = [&](std::uint32_t index) {
        while (number + 1 < old.size() && old[number + 1].start <= index) ++number;
    };
    // The pieces of [start, end), each handed to `take` with where it begins.
    const auto between = [&](std::uint32_t start, std::uint32_t end, auto&& take) {
        seek(start);
        while (true) {
            const Piece& piece = old[number];
            const std::uint32_t begin = std::max(start, piece.start);
            take(begin, Piece{begin, piece.width ? piece.origin : piece.origin + begin - piece.start, piece.width});
            if (number + 1 == old.size() || old[number + 1].start >= end) return;
            ++number;
        }
    };
    std::uint32_t at = 0;
    const auto copy = [&](std::uint32_t end) {
        if (end <= at) return;
        const auto to = static_cast<std::uint32_t>(text.size());
        between(at, end, [&](std::uint32_t begin, Piece piece) {
            piece.start = to + begin - at;
            pieces.push_back(piece);
        });
        text.append(text_, at, end - at);
    };
    for (const Change& each : changes) {
        copy(each.start);
        if (!each.text.empty()) {
            Piece first{}, last{};
            bool is_first = true;
            between(each.start, each.end, [&](std::uint32_t, const Piece& piece) {
                if (is_first) first = piece;
                is_first = false;
                last = piece;
            });
            const std::uint32_t end = last.origin + (last.width ? last.width : each.end - last.start);
            pieces.push_back({static_cast<std::uint32_t>(text.size()), first.origin, end - first.origin});
            text.append(each.text);
        }
        at = each.end;
    }
    copy(size());
    text_ = std::move(text);
    pieces_ = std::move(pieces);
    if (pieces_.empty()) pieces_ = identity;
}

// Where toned glosses of one letter end that begin at `at`, behind a character; `at` if there is none.
std::size_t Folding::toned_end(std::size_t at) const {
    if (!at || !is_bracket(text_[at])) return at;
    const char32_t before = text_[at - 1];
    if (!is_han(at - 1) && !(before >= 0xf900 && before <= 0xfaff)) return at;
    std::size_t end = at;
    while (end + 2 < text_.size() && is_bracket(text_[end]) && is_toned(end + 1) && is_closing(text_[end + 2]))
        end += 3;
    return end;
}

// Drops invisible characters and toned glosses, and writes out what stands for several characters.
void Folding::widen() {
    std::vector<Change> changes;
    std::size_t behind = 0;  // of the last toned gloss
    for (std::size_t at = 0; at < text_.size(); ++at) {
        const char32_t c = text_[at];
        if (at >= behind && is_bracket(c)) {
            const std::size_t end = toned_end(at);
            if (end > at) {
                behind = end;
                changes.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end), {}});
            }
        }
        if (c < 0x10000 && !(characters_.table[c] & C::uneven)) continue;
        const auto several = characters_.several.find(c);
        if (several == characters_.several.end()) continue;
        changes.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 1), several->second});
    }
    change(changes);
}

void Folding::translate() {
    for (char32_t& c : text_)
        if (c < 0x10000) c = characters_.one[c];
}

// Runs of letters as latin, where a latin letter or a sign in one says that it is meant to be read so.
void Folding::read_latin() {
    for (std::size_t at = 0; at < text_.size();) {
        std::size_t end = at;
        bool alike = false, latin = false, sign = false;
        for (; end < text_.size(); ++end) {
            const char32_t c = text_[end];
            const std::uint32_t is = c < 0x10000 ? characters_.table[c] : 0;
            if (!is_latin(c) && !(is & (C::alike | C::sign))) break;
            latin |= is_latin(c);
            alike |= (is & C::alike) != 0;
            sign |= (is & C::sign) != 0;
        }
        if (end - at > 1 && (alike || sign) && (latin || sign)) {
            for (std::size_t each = at; each < end; ++each) {
                const auto found = characters_.likeness.find(text_[each]);
                if (found != characters_.likeness.end()) text_[each] = found->second;
            }
        }
        at = end > at ? end : at + 1;
    }
}

// Characters that are written as two.
void Folding::put_together() {
    std::vector<Change> changes;
    for (std::size_t at = 0; at + 1 < text_.size(); ++at) {
        const char32_t one = text_[at], two = text_[at + 1];
        if (one < 0x10000 && !(characters_.table[one] & C::split_first)) continue;
        const auto found = characters_.split.find(std::uint64_t{one} << 32 | two);
        if (found == characters_.split.end()) continue;
        changes.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 2), found->second});
        ++at;
    }
    change(changes);
}

// Where stars inside a word end that begin at `at`; `at` if they are none, or more than three.
std::size_t Folding::stars_end(std::size_t at) const {
    std::size_t end = at;
    while (end < text_.size() && end - at < 4 && text_[end] == '*') ++end;
    return end > at && end - at < 4 && is_han(end) ? end : at;
}

// Where glosses in brackets end that begin at `at`, behind a character, with the stars behind them.
std::size_t Folding::gloss_end(std::size_t at) const {
    std::size_t behind = at;
    std::string letters;
    while (behind < text_.size() && text_[behind] == '(') {
        std::size_t end = behind + 1;
        letters.clear();
        for (; end < text_.size() && is_latin(text_[end]) && letters.size() <= characters_.longest_glossed; ++end)
            letters.push_back(static_cast<char>(text_[end]));
        if (end == text_.size() || text_[end] != ')' || !characters_.glossed.count(letters)) break;
        behind = end + 1;
    }
    return behind > at ? stars_end(behind) : at;
}

void Folding::drop_glosses() {
    std::vector<Change> changes;
    for (std::size_t at = 1; at < text_.size();) {
        const char32_t c = text_[at];
        std::size_t end = at;
        if ((c == '(' || c == '*') && is_han(at - 1)) end = c == '(' ? gloss_end(at) : stars_end(at);
        if (end > at) changes.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end), {}});
        at = end > at ? end : at + 1;
    }
    change(changes);
}

// Takes out what stands between characters to keep them from being read as a word.
void Folding::join() {
    std::vector<Change> changes;
    for (std::size_t at = 0; at < text_.size();) {
        const std::size_t end = joined(characters_, text_, at);
        if (end == at) {
            ++at;
            continue;
        }
        while (at < end) {
            std::size_t gap = at;
            while (gap < end && !is_han(gap)) ++gap;
            if (gap > at) changes.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(gap), {}});
            at = gap > at ? gap : at + 1;
        }
    }
    change(changes);
}

}  // namespace

bool may_be_misread(const Characters& characters, View text) {
    std::uint32_t before = 0;
    for (const char32_t c : text) {
        const std::uint32_t is = characters.of(c);
        if (c == 0x202e || is & C::misread || (before & C::wrong_first && is & C::wrong_second)) return true;
        before = is;
    }
    return false;
}

void fold(const Characters& characters, View text, const std::vector<Change>& repairs, Text& out,
          std::vector<Piece>& pieces) {
    Folding folding(characters, text);
    folding.change(repairs);
    folding.widen();
    folding.translate();
    folding.read_latin();
    folding.put_together();
    folding.drop_glosses();
    folding.join();
    out.append(folding.text());
    pieces.insert(pieces.end(), folding.pieces().begin(), folding.pieces().end());
}

}  // namespace moderation
