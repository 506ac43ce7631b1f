// Words by number, with what the model knows of each by itself; a word asked for is learned.
#pragma once

#include <cstdint>
#include <vector>

#include "limits.hpp"
#include "text/characters.hpp"
#include "words/dictionary.hpp"
#include "words/terms.hpp"

namespace moderation {

// A number of four digits and more is only a number: it says nothing of a text.
bool is_number(View word);

class Lexicon {
public:
    // A number, an address or a word that is too long says nothing by itself, beside a word it may.
    static constexpr std::uint32_t number = 0, address = 1, lengthy = 2;

    // A cache line: one is read for each word of a page.
    struct alignas(64) Entry {
        double evidence = 0.0;                     // idf·w of its terms
        double gain = 0.0;                         // of those that speak for spam
        double rarity = 0.0;                       // idf; infinite for what is no term
        std::int32_t left = -1, right = -1;        // in pairs of words
        char32_t first_sound = 0, last_sound = 0;  // 0 for none
        std::uint32_t rows = 0, rows_end = 0;      // of its terms, in Lexicon::rows
        std::uint32_t name = 0, name_end = 0;      // in Lexicon::names
        bool common = false;                       // numbers, addresses, single characters: every page has some
    };

    Lexicon(const Terms& terms, const Characters& characters, const Dictionary& dictionary);

    // The number of a word; `node` is its place in the dictionary, if it has one.
    std::uint32_t code(View word, std::uint32_t node) {
        if (is_number(word)) return number;
        if (word.size() > limits::word) return lengthy;
        if (node != Dictionary::none) {
            const std::uint32_t known = by_node_[node];
            return known != unknown ? known : by_node_[node] = learn(word);
        }
        return by_text(word);
    }

    const Entry& operator[](std::uint32_t code) const { return entries_[code]; }
    std::size_t size() const { return entries_.size(); }
    // What the words take that were learned.
    std::size_t bytes() const {
        return entries_.size() * sizeof(Entry) + rows_.size() * sizeof(rows_[0]) + names_.size() * sizeof(names_[0]) +
               by_text_.size() * sizeof(Slot);
    }
    View name(std::uint32_t code) const {
        return View(names_).substr(entries_[code].name, entries_[code].name_end - entries_[code].name);
    }
    const std::int32_t* rows(const Entry& entry) const { return rows_.data() + entry.rows; }
    const std::int32_t* rows_end(const Entry& entry) const { return rows_.data() + entry.rows_end; }

private:
    static constexpr std::uint32_t unknown = 0xffffffff;

    std::uint32_t by_text(View word);
    std::uint32_t learn(View word);
    std::uint32_t add(View word, const std::vector<std::int32_t>& rows);

    const Terms& terms_;
    const Characters& characters_;
    std::vector<Entry> entries_;
    std::vector<std::int32_t> rows_;
    Text names_;
    std::vector<std::uint32_t> by_node_;
    // Words that the dictionary does not hold. Of short ASCII words the letters themselves are kept, so that nothing
    // else has to be read to know them.
    struct Slot {
        std::uint64_t letters[2];
        std::uint32_t hash, code;
    };
    std::vector<Slot> by_text_;
    std::size_t texts_ = 0;
    std::uint64_t key_;  // no page can be made whose words all fall into one slot
};

}  // namespace moderation
