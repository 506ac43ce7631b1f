#include "words/lexicon.hpp"

#include <algorithm>

#include "text/keyed.hpp"
#include "text/unicode.hpp"

namespace moderation {

namespace {

bool is_digit(char32_t c) {
    return c >= '0' && c <= '9';
}

bool is_ascii(View word) {
    return std::all_of(word.begin(), word.end(), [](char32_t c) { return c < 128; });
}

Text without_digits(View word) {
    bool named = false;
    for (std::size_t at = 1; at < word.size() && !named; ++at) {
        const char32_t one = word[at - 1], two = word[at];
        const auto is_letter = [](char32_t c) { return c >= 'a' && c <= 'z'; };
        named = (is_letter(one) && is_digit(two)) || (is_digit(one) && is_letter(two));
    }
    Text out;
    if (!named) return out;
    for (std::size_t at = 0; at < word.size(); ++at)
        if (!is_digit(word[at]))
            out.push_back(word[at]);
        else if (!at || !is_digit(word[at - 1]))
            out.push_back('0');
    return out;
}

}  // namespace

bool is_number(View word) {
    return word.size() > 3 && std::all_of(word.begin(), word.end(), is_digit);
}

Forms forms_of(View word, const Characters& characters) {
    if (is_ascii(word)) return {without_digits(word), characters.pinyin(word)};
    Forms made;
    for (const char32_t c : word) made.sounds.push_back(characters.sound(c));
    return made;
}

Lexicon::Lexicon(const Terms& terms, const Characters& characters, const Dictionary& dictionary)
    : terms_(terms),
      characters_(characters),
      by_node_(std::make_unique<std::atomic<std::uint32_t>[]>(dictionary.nodes())),
      key_(hash_key()) {
    for (std::uint32_t node = 0; node < dictionary.nodes(); ++node)
        by_node_[node].store(unknown, std::memory_order_relaxed);
    grow(1 << 12);
    for (const View sign : {View(U"<num>"), View(U"<url>"), View(U"<long>")}) {
        const Terms::Known known = terms_.find(sign);
        Entry entry = entry_of(sign, {});
        entry.common = true;
        entry.left = known.left;
        entry.right = known.right;
        entry.rarity = terms_.idf(known.row);
        add(entry);
    }
}

// A table of so many slots, with all texts of the one before.
void Lexicon::grow(std::size_t size) {
    tables_.push_back(std::make_unique<Table>(size));
    const Table& made = *tables_.back();
    take(size * sizeof(Slot));
    if (tables_.size() > 1) {
        const Table& old = *tables_[tables_.size() - 2];
        for (std::size_t from = 0; from < old.size; ++from) {
            const std::uint32_t code = old.slots[from].code.load(std::memory_order_relaxed);
            if (code == unknown) continue;
            std::size_t to = old.slots[from].hash & (size - 1);
            while (made.slots[to].code.load(std::memory_order_relaxed) != unknown) to = (to + 1) & (size - 1);
            Slot& slot = made.slots[to];
            std::copy(std::begin(old.slots[from].letters), std::end(old.slots[from].letters), slot.letters);
            slot.hash = old.slots[from].hash;
            slot.code.store(code, std::memory_order_relaxed);
        }
    }
    by_text_.store(&made, std::memory_order_release);
}

std::uint32_t Lexicon::by_text(View word) {
    Wanted wanted{word, {0, 0}, 0, word.size() <= 16};
    for (std::size_t at = 0; at < word.size() && wanted.is_short; ++at) {
        wanted.is_short = word[at] < 128;
        wanted.letters[at >> 3] |= static_cast<std::uint64_t>(word[at]) << (8 * (at & 7));
    }
    if (!wanted.is_short) wanted.letters[0] = wanted.letters[1] = 0;
    const std::uint64_t hash = wanted.is_short
                                   ? mixed(wanted.letters[0] ^ key_ ^ wanted.letters[1] * 0x9fb21c651e98df25ull)
                                   : keyed_hash(word.data(), word.data() + word.size());
    wanted.hash = static_cast<std::uint32_t>(hash);
    std::size_t at = 0;
    const std::uint32_t code = find(*by_text_.load(std::memory_order_acquire), wanted, at);
    return code != unknown ? code : learn_text(wanted);
}

std::uint32_t Lexicon::find(const Table& table, const Wanted& wanted, std::size_t& at) const {
    for (at = wanted.hash & (table.size - 1);; at = (at + 1) & (table.size - 1)) {
        const Slot& slot = table.slots[at];
        const std::uint32_t code = slot.code.load(std::memory_order_acquire);
        if (code == unknown || (slot.hash == wanted.hash && slot.letters[0] == wanted.letters[0] &&
                                slot.letters[1] == wanted.letters[1] && (wanted.is_short || name(code) == wanted.word)))
            return code;
    }
}

std::uint32_t Lexicon::learn_text(const Wanted& wanted) {
    const std::lock_guard<std::mutex> learning(learning_);
    const Table& table = *tables_.back();
    std::size_t at = 0;
    // Another thread may have learned it meanwhile.
    const std::uint32_t known = find(table, wanted, at);
    if (known != unknown) return known;
    const std::uint32_t code = learn(wanted.word);
    Slot& slot = table.slots[at];
    std::copy(std::begin(wanted.letters), std::end(wanted.letters), slot.letters);
    slot.hash = wanted.hash;
    slot.code.store(code, std::memory_order_release);
    if (2 * ++texts_ > table.size) grow(2 * table.size);
    return code;
}

std::uint32_t Lexicon::learn_node(View word, std::uint32_t node) {
    const std::lock_guard<std::mutex> learning(learning_);
    const std::uint32_t known = by_node_[node].load(std::memory_order_relaxed);
    if (known != unknown) return known;
    const std::uint32_t code = learn(word);
    by_node_[node].store(code, std::memory_order_release);
    return code;
}

std::uint32_t Lexicon::learn(View word) {
    const Terms::Known known = terms_.find(word);
    std::vector<std::int32_t> rows;
    const auto bring = [&](std::int32_t row) {
        if (row != no_row) rows.push_back(row);
    };
    bring(known.row);
    const auto [digitless, sounds] = forms_of(word, characters_);
    if (!digitless.empty()) bring(terms_.find(digitless).row);
    for (std::size_t at = 1; at < sounds.size(); ++at) bring(terms_.sounds(sounds[at - 1], sounds[at]));
    Entry entry = entry_of(word, rows);
    entry.left = known.left;
    entry.right = known.right;
    entry.rarity = terms_.idf(known.row);
    if (!sounds.empty()) {
        entry.first_sound = sounds.front();
        entry.last_sound = sounds.back();
    }
    entry.common = word.size() == 1 || std::all_of(word.begin(), word.end(), unicode::is_digit);
    return add(entry);
}

Lexicon::Entry Lexicon::entry_of(View word, const std::vector<std::int32_t>& rows) {
    Entry entry;
    for (const std::int32_t row : rows) {
        const double evidence = terms_.evidence(row);
        entry.evidence += evidence;
        if (evidence > 0) entry.gain += evidence;
    }
    std::size_t bytes = 0;
    entry.rows = rows_.keep(rows.data(), rows.size(), bytes);
    entry.row_count = static_cast<std::uint16_t>(rows.size());
    entry.name = names_.keep(word.data(), word.size(), bytes);
    entry.name_size = static_cast<std::uint8_t>(word.size());
    take(bytes);
    return entry;
}

std::uint32_t Lexicon::add(const Entry& entry) {
    const std::uint32_t code = size_.load(std::memory_order_relaxed);
    const std::size_t shelf = code >> shelf_bits;
    if (shelf == entries_.size()) {
        entries_.push_back(std::make_unique<Entry[]>(shelf_size));
        take(shelf_size * sizeof(Entry));
        if ((shelf & (shelf - 1)) == 0) {
            // As many again as there are.
            shelf_lists_.push_back(std::make_unique<Entry*[]>(std::max<std::size_t>(2 * shelf, 1)));
            for (std::size_t at = 0; at < shelf; ++at) shelf_lists_.back()[at] = entries_[at].get();
        }
        shelf_lists_.back()[shelf] = entries_.back().get();
        shelves_.store(shelf_lists_.back().get(), std::memory_order_release);
    }
    entries_[shelf][code & shelf_mask] = entry;
    size_.store(code + 1, std::memory_order_relaxed);
    return code;
}

}  // namespace moderation
