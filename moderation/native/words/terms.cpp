#include "words/terms.hpp"

#include <algorithm>
#include <stdexcept>

#include "text/utf8.hpp"

namespace moderation {

namespace {

constexpr int part_bits = 21, row_bits = 22;
constexpr std::uint64_t row_mask = (1u << row_bits) - 1;
// Marks a term as sounds, not words: the SOUNDS of tokens.py.
constexpr char sound_mark = '~';

std::uint64_t key_of(std::uint64_t first, std::uint64_t second) {
    return first << part_bits | second;
}

std::size_t twice(std::size_t count) {
    std::size_t size = 16;
    while (size < 2 * count) size *= 2;
    return size;
}

}  // namespace

void Terms::Table::reset(std::size_t keys) {
    slots.assign(twice(keys), 0);
    filter.reset(keys);
}

void Terms::Table::put(std::uint64_t key, std::size_t row) {
    const std::uint64_t hash = mixed(key);
    std::size_t at = hash & (slots.size() - 1);
    while (slots[at]) at = (at + 1) & (slots.size() - 1);
    // A slot is never 0: rows are kept counted from 1.
    slots[at] = key << row_bits | (row + 1);
    filter.add(hash);
}

std::int32_t Terms::Table::get(std::uint64_t key) const {
    const std::uint64_t hash = mixed(key);
    if (!filter.may_hold(hash)) return no_row;
    for (std::size_t at = hash & (slots.size() - 1); slots[at]; at = (at + 1) & (slots.size() - 1))
        if (slots[at] >> row_bits == key) return static_cast<std::int32_t>((slots[at] & row_mask) - 1);
    return no_row;
}

Terms::Terms(std::string_view lines, std::vector<Worth> worth, Labels labels, double smoothing, double bias)
    : smoothing(smoothing), bias(bias), lines_(lines), worth_(std::move(worth)), labels_(std::move(labels)) {
    std::size_t pairs = 0, sounds = 0;
    for (std::size_t at = 0; at < lines_.size();) {
        line_at_.push_back(static_cast<std::uint32_t>(at));
        const std::size_t stop = std::min(lines_.find('\n', at), lines_.size());
        if (lines_[at] == sound_mark)
            ++sounds;
        else
            pairs += std::string_view(lines_).substr(at, stop - at).find(' ') != std::string_view::npos;
        at = stop + 1;
    }
    if (line_at_.size() != worth_.size() || worth_.size() >= row_mask ||
        labels_.weights.size() != worth_.size() * labels_.bias.size())
        throw std::invalid_argument("vocabulary and weights do not have the same number of terms");
    line_at_.push_back(static_cast<std::uint32_t>(lines_.size() + (lines_.empty() || lines_.back() != '\n')));
    // A pair brings two words at most, all others but sounds are one.
    words_.assign(twice(worth_.size() - sounds + pairs), Slot{});
    pairs_.reset(pairs);
    sounds_.reset(sounds);
    std::int32_t lefts = 0, rights = 0;
    Text scratch;
    for (std::size_t row = 0; row < worth_.size(); ++row) {
        const std::string_view line = term(static_cast<std::int32_t>(row));
        const std::size_t blank = line.find(' ');
        if (!line.empty() && line[0] == sound_mark) {
            const Text& characters = from_utf8(line, scratch);
            if (characters.size() == 3) sounds_.put(key_of(characters[1], characters[2]), row);
        } else if (blank != std::string_view::npos) {
            Known& left = insert(from_utf8(line.substr(0, blank), scratch));
            if (left.left < 0) left.left = lefts++;
            const std::int32_t number = left.left;
            Known& right = insert(from_utf8(line.substr(blank + 1), scratch));
            if (right.right < 0) right.right = rights++;
            pairs_.put(key_of(static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(right.right)), row);
        } else {
            insert(from_utf8(line, scratch)).row = static_cast<std::int32_t>(row);
        }
    }
}

std::string_view Terms::term(std::int32_t row) const {
    const std::uint32_t at = line_at_[static_cast<std::size_t>(row)];
    return std::string_view(lines_).substr(at, line_at_[static_cast<std::size_t>(row) + 1] - 1 - at);
}

Terms::Known& Terms::insert(View word) {
    const std::uint64_t hash = hashed(word) | 1;
    std::size_t at = hash & (words_.size() - 1);
    for (; words_[at].hash; at = (at + 1) & (words_.size() - 1)) {
        const Slot& slot = words_[at];
        if (slot.hash == hash && View(text_).substr(slot.at, slot.size) == word) return words_[at].known;
    }
    words_[at].hash = hash;
    words_[at].at = static_cast<std::uint32_t>(text_.size());
    words_[at].size = static_cast<std::uint32_t>(word.size());
    text_.append(word);
    return words_[at].known;
}

Terms::Known Terms::find(View word) const {
    const std::uint64_t hash = hashed(word) | 1;
    for (std::size_t at = hash & (words_.size() - 1); words_[at].hash; at = (at + 1) & (words_.size() - 1)) {
        const Slot& slot = words_[at];
        if (slot.hash == hash && View(text_).substr(slot.at, slot.size) == word) return slot.known;
    }
    return {};
}

std::int32_t Terms::pair(std::int32_t left, std::int32_t right) const {
    if (left < 0 || right < 0) return no_row;
    return pairs_.get(key_of(static_cast<std::uint64_t>(left), static_cast<std::uint64_t>(right)));
}

std::int32_t Terms::sounds(char32_t first, char32_t second) const {
    return sounds_.get(key_of(first, second));
}

std::vector<double> Terms::label_logits(const std::vector<std::int32_t>& rows) const {
    const std::size_t count = labels_.bias.size();
    std::vector<double> logits(count, 0.0);
    double norm = smoothing;
    for (const std::int32_t row : rows) {
        const double each = idf(row);
        norm += each * each;
        const float* weights = labels_.weights.data() + static_cast<std::size_t>(row) * count;
        for (std::size_t label = 0; label < count; ++label) logits[label] += each * static_cast<double>(weights[label]);
    }
    for (std::size_t label = 0; label < count; ++label)
        logits[label] = logits[label] / std::sqrt(norm) + static_cast<double>(labels_.bias[label]);
    return logits;
}

double Terms::score(std::vector<std::int32_t>& rows) const {
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    double total = 0.0, norm = 0.0;
    for (const std::int32_t row : rows) {
        total += worth(row).evidence;
        norm += worth(row).energy;
    }
    return total / std::sqrt(norm + smoothing) + bias;
}

}  // namespace moderation
