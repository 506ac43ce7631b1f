// Words by number, with what the model knows of each by itself; a word asked for is learned.
//
// Threads that read pages share one. What was learned stays as it is and where it is, so that it is read without a
// lock; whoever learns a word has one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include "limits.hpp"
#include "text/characters.hpp"
#include "words/dictionary.hpp"
#include "words/terms.hpp"

namespace moderation {

// A number of four digits and more is only a number: it says nothing of a text.
bool is_number(View word);

// What a word brings by itself beside its own name, wherever it stands.
struct Forms {
    // A name of letters and digits with its digits as one 0, since only they change (tyc122cc, tyc8722); of others
    // none.
    Text digitless;
    // How it sounds, a character a syllable: a latin word only where it is Pinyin throughout. Each character stands for
    // all that are read like it, so that 菠菜 and bocai bring what 博彩 does.
    Text sounds;
};
Forms forms_of(View word, const Characters& characters);

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
        const std::int32_t* rows = nullptr;        // of its terms
        const char32_t* name = nullptr;
        std::uint16_t row_count = 0;
        std::uint8_t name_size = 0;
        bool common = false;  // numbers, addresses, single characters: every page has some
    };
    static_assert(sizeof(Entry) == 64);
    static_assert(limits::word <= 255, "name_size counts the code points of a name, row_count up to one row for each");

    Lexicon(const Terms& terms, const Characters& characters, const Dictionary& dictionary);

    // The number of a word; `node` is its place in the dictionary, if it has one.
    std::uint32_t code(View word, std::uint32_t node) {
        if (is_number(word)) return number;
        if (word.size() > limits::word) return lengthy;
        if (node == Dictionary::none) return by_text(word);
        const std::uint32_t known = by_node_[node].load(std::memory_order_acquire);
        return known != unknown ? known : learn_node(word, node);
    }

    const Entry& operator[](std::uint32_t code) const {
        // As of a vector: a mistake ends the process.
        if (code >= size()) std::abort();
        return shelves_.load(std::memory_order_acquire)[code >> shelf_bits][code & shelf_mask];
    }
    // Above the number of every word that the thread has been told.
    std::size_t size() const { return size_.load(std::memory_order_relaxed); }
    // What the words take that were learned.
    std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
    View name(std::uint32_t code) const {
        const Entry& entry = (*this)[code];
        return {entry.name, entry.name_size};
    }
    static const std::int32_t* rows(const Entry& entry) { return entry.rows; }
    static const std::int32_t* rows_end(const Entry& entry) { return entry.rows + entry.row_count; }

private:
    static constexpr std::uint32_t unknown = 0xffffffff;

    // Entries stand on shelves of this many, which never move.
    static constexpr std::uint32_t shelf_bits = 12, shelf_size = 1 << shelf_bits, shelf_mask = shelf_size - 1;

    // Room for items that never move.
    template <class Item>
    class Room {
    public:
        // Copies some items; `bytes` is told of room that is taken.
        const Item* keep(const Item* items, std::size_t count, std::size_t& bytes) {
            constexpr std::size_t most = 1 << 12;
            if (left_ < count) {
                left_ = std::max(count, most);
                rooms_.push_back(std::make_unique<Item[]>(left_));
                next_ = rooms_.back().get();
                bytes += left_ * sizeof(Item);
            }
            const Item* const kept = next_;
            next_ = std::copy(items, items + count, next_);
            left_ -= count;
            return kept;
        }

    private:
        std::vector<std::unique_ptr<Item[]>> rooms_;
        Item* next_ = nullptr;
        std::size_t left_ = 0;
    };

    // Words that the dictionary does not hold. Of short ASCII words the letters themselves are kept, so that nothing
    // else has to be read to know them. The code is written last: what it is not `unknown` of, is all there.
    struct Slot {
        std::uint64_t letters[2] = {0, 0};
        std::uint32_t hash = 0;
        std::atomic<std::uint32_t> code{unknown};
    };
    struct Table {
        explicit Table(std::size_t size) : size(size), slots(std::make_unique<Slot[]>(size)) {}
        std::size_t size;
        std::unique_ptr<Slot[]> slots;
    };
    // A word as it is looked for in a table.
    struct Wanted {
        View word;
        std::uint64_t letters[2];
        std::uint32_t hash;
        bool is_short;
    };

    std::uint32_t by_text(View word);
    // The number of a word; `unknown`, and its slot in `at`, if the table does not hold it.
    std::uint32_t find(const Table& table, const Wanted& wanted, std::size_t& at) const;
    std::uint32_t learn_node(View word, std::uint32_t node);
    std::uint32_t learn_text(const Wanted& wanted);
    // With the lock: a word's number, for which nobody looks yet.
    std::uint32_t learn(View word);
    Entry entry_of(View word, const std::vector<std::int32_t>& rows);
    void grow(std::size_t texts);
    std::uint32_t add(const Entry& entry);
    void take(std::size_t bytes) { bytes_.fetch_add(bytes, std::memory_order_relaxed); }

    const Terms& terms_;
    const Characters& characters_;
    std::atomic<Entry* const*> shelves_{nullptr};
    std::atomic<std::uint32_t> size_{0};
    std::atomic<std::size_t> bytes_{0};
    std::unique_ptr<std::atomic<std::uint32_t>[]> by_node_;
    std::atomic<const Table*> by_text_{nullptr};
    const std::uint64_t key_;  // no page can be made whose words all fall into one slot

    std::mutex learning_;  // for all below, and for writing all above
    Room<std::int32_t> rows_;
    Room<char32_t> names_;
    std::vector<std::unique_ptr<Entry[]>> entries_;
    // The last of each is the one above; threads may still read those before, which in all take less than it.
    std::vector<std::unique_ptr<Entry*[]>> shelf_lists_;
    std::vector<std::unique_ptr<Table>> tables_;
    std::size_t texts_ = 0;
};

}  // namespace moderation
