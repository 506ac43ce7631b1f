// Brands of betting shops and the like, in the place of a school's or a firm's: what is known of such names, and what
// they are put together from.
//
// A name is a chain of parts that stand without a gap: a known name, letters and digits (a code), and words that are
// glued to such names (体育, 官网, 集团). What is a name for certain is one by itself; a name that is also an everyday
// word needs a code, a glued word, or the words that follow an institution's name; an unknown one needs two glued
// words, or one if it is letters with a number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/text.hpp"
#include "words/segments.hpp"

namespace moderation {

// A stretch of a folded text that is such a name, and how it is made.
struct Brand {
    Span span;
    std::int32_t label = -1;  // of the model's; -1: none is known
    std::uint8_t sure = 0;    // known names that are nothing else
    std::uint8_t common = 0;  // known names that are everyday words as well
    std::uint8_t codes = 0;   // runs of letters and digits
    std::uint8_t glued = 0;   // words glued behind
    std::uint8_t strong = 0;  // of these, such as make a betting name of anything
    std::uint8_t front = 0;   // words glued in front
    std::uint8_t slots = 0;   // words around that follow the name of an institution, at most 4
};

class Brands {
public:
    // Lines of kind, label and text with tabs between; kinds: sure, common, behind, strong, front, slot, idle.
    // Throws std::invalid_argument for any other.
    Brands(std::string_view lines, const std::vector<std::string>& labels);

    // Appends the names in a folded text, in order and apart from each other; `words`: where its words start and end.
    void find(View text, const std::vector<Span>& words, std::vector<Brand>& out) const;

    // Whether a word is one that everybody uses, so that such words alone are no evidence.
    bool is_idle(View word) const { return std::binary_search(idle_.begin(), idle_.end(), word); }

    bool empty() const { return entries_.empty(); }

private:
    enum Kind : std::uint8_t { sure, common, behind, strong, front, slot, idle, code, joint };
    struct Entry {
        Text text;
        Kind kind;
        std::int32_t label;
    };
    struct Part {
        std::uint32_t start, end;
        Kind kind;
        std::int32_t label;
    };
    struct Chain;

    bool stands_apart(View text, std::size_t at, std::size_t end) const;
    bool begins_known(View text, std::size_t at) const;
    const Entry* longest(View text, std::size_t at, bool is_slot) const;
    void parts(View text, std::vector<Part>& out) const;
    std::uint8_t slots(View text, Span span) const;
    bool take_unknown(View text, const std::vector<Span>& words, Brand& made) const;
    bool name(View text, const std::vector<Span>& words, const Part* first, const Part* last, Brand& made) const;

    static std::size_t bucket(char32_t one, char32_t two) { return (one * 0x9e3779b1u ^ two * 0x85ebca6bu) >> 18; }

    // Whether an entry may begin with two characters: small enough to stay in a near cache.
    bool may_begin(char32_t one, char32_t two) const {
        const std::uint32_t bit = (one * 0x9e3779b1u ^ two * 0x85ebca6bu) >> 16;
        return (begins_[bit >> 6] >> (bit & 63) & 1) != 0;
    }

    std::vector<Entry> entries_;
    std::vector<Text> idle_;  // in order
    std::vector<std::uint64_t> begins_ = std::vector<std::uint64_t>(1 << 10, 0);
    // By the first two characters: entries, the longest first.
    std::vector<std::vector<std::uint32_t>> by_start_ = std::vector<std::vector<std::uint32_t>>(1 << 14);
};

}  // namespace moderation
