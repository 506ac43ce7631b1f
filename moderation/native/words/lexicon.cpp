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

// A name of letters and digits with its digits as one 0, since only they change (tyc122cc, tyc8722); else nothing.
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

Lexicon::Lexicon(const Terms& terms, const Characters& characters, const Dictionary& dictionary)
    : terms_(terms),
      characters_(characters),
      by_node_(dictionary.nodes(), unknown),
      by_text_(1 << 12),
      key_(hash_key()) {
    for (auto& slot : by_text_) slot.code = unknown;
    for (const View sign : {View(U"<num>"), View(U"<url>"), View(U"<long>")}) {
        const std::uint32_t code = add(sign, {});
        const Terms::Known known = terms_.find(sign);
        Entry& entry = entries_[code];
        entry.common = true;
        entry.left = known.left;
        entry.right = known.right;
        entry.rarity = terms_.idf(known.row);
    }
}

std::uint32_t Lexicon::by_text(View word) {
    Slot wanted{{0, 0}, 0, unknown};
    bool is_short = word.size() <= 16;
    for (std::size_t at = 0; at < word.size() && is_short; ++at) {
        is_short = word[at] < 128;
        wanted.letters[at >> 3] |= static_cast<std::uint64_t>(word[at]) << (8 * (at & 7));
    }
    if (!is_short) wanted.letters[0] = wanted.letters[1] = 0;
    const std::uint64_t hash = is_short ? mixed(wanted.letters[0] ^ key_ ^ wanted.letters[1] * 0x9fb21c651e98df25ull)
                                        : keyed_hash(word.data(), word.data() + word.size());
    wanted.hash = static_cast<std::uint32_t>(hash);
    std::size_t at = wanted.hash & (by_text_.size() - 1);
    for (; by_text_[at].code != unknown; at = (at + 1) & (by_text_.size() - 1)) {
        const Slot& slot = by_text_[at];
        if (slot.hash == wanted.hash && slot.letters[0] == wanted.letters[0] && slot.letters[1] == wanted.letters[1] &&
            (is_short || name(slot.code) == word))
            return slot.code;
    }
    wanted.code = learn(word);
    by_text_[at] = wanted;
    if (2 * ++texts_ > by_text_.size()) {
        std::vector<Slot> old(2 * by_text_.size(), Slot{{0, 0}, 0, unknown});
        old.swap(by_text_);
        for (const Slot& slot : old) {
            if (slot.code == unknown) continue;
            std::size_t to = slot.hash & (by_text_.size() - 1);
            while (by_text_[to].code != unknown) to = (to + 1) & (by_text_.size() - 1);
            by_text_[to] = slot;
        }
    }
    return wanted.code;
}

// What a word brings by itself, as `tokens.parts` and `tokens.pairs` say it.
std::uint32_t Lexicon::learn(View word) {
    if (is_number(word)) return number;
    const Terms::Known known = terms_.find(word);
    std::vector<std::int32_t> rows;
    const auto bring = [&](std::int32_t row) {
        if (row != no_row) rows.push_back(row);
    };
    bring(known.row);
    Text sounds;
    if (is_ascii(word)) {
        const Text name = without_digits(word);
        if (!name.empty()) bring(terms_.find(name).row);
        sounds = characters_.pinyin(word);
    } else {
        for (const char32_t c : word) sounds.push_back(characters_.sound(c));
    }
    for (std::size_t at = 1; at < sounds.size(); ++at) bring(terms_.sounds(sounds[at - 1], sounds[at]));
    const std::uint32_t code = add(word, rows);
    Entry& entry = entries_[code];
    entry.left = known.left;
    entry.right = known.right;
    entry.rarity = terms_.idf(known.row);
    if (!sounds.empty()) {
        entry.first_sound = sounds.front();
        entry.last_sound = sounds.back();
    }
    entry.common = word.size() == 1 || std::all_of(word.begin(), word.end(), unicode::is_digit);
    return code;
}

std::uint32_t Lexicon::add(View word, const std::vector<std::int32_t>& rows) {
    Entry entry;
    for (const std::int32_t row : rows) {
        const double worth = terms_.evidence(row);
        entry.evidence += worth;
        if (worth > 0) entry.gain += worth;
    }
    entry.rows = static_cast<std::uint32_t>(rows_.size());
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    entry.rows_end = static_cast<std::uint32_t>(rows_.size());
    entry.name = static_cast<std::uint32_t>(names_.size());
    names_.append(word);
    entry.name_end = static_cast<std::uint32_t>(names_.size());
    entries_.push_back(entry);
    return static_cast<std::uint32_t>(entries_.size() - 1);
}

}  // namespace moderation
