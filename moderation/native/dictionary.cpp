#include "dictionary.hpp"

#include <cmath>
#include <stdexcept>

#include "hashing.hpp"
#include "utf8.hpp"

namespace moderation {

namespace {

// What jieba looks up; all else is a word of one character.
bool is_known(char32_t c) {
    return (c >= 0x4e00 && c <= 0x9fd5) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c >= 'A' && c <= 'Z') || c == '+' || c == '#' || c == '&' || c == '.' || c == '_' || c == '%' || c == '-';
}

bool is_alnum(char32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

constexpr std::uint64_t field = (1u << 21) - 1;

}  // namespace

Dictionary::Dictionary(std::string_view lines) {
    std::size_t slots = 1 << 16;
    // About one new prefix for each ten bytes of the file.
    while (slots < lines.size() / 5) slots *= 2;
    slots_.assign(slots, 0);
    mask_ = slots - 1;
    log_.push_back(no_word);
    inner_.push_back(true);
    std::vector<std::uint32_t> frequency{0};
    frequency.reserve(lines.size() / 8);
    double total = 0;
    std::size_t words = 0;
    for (std::size_t at = 0; at < lines.size();) {
        std::size_t stop = lines.find('\n', at);
        if (stop == std::string_view::npos) stop = lines.size();
        const std::string_view line = lines.substr(at, stop - at);
        at = stop + 1;
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos || !blank) {
            if (line.empty()) continue;
            throw std::invalid_argument("a line of the dictionary is no word and frequency");
        }
        std::uint32_t count = 0;
        for (std::size_t digit = blank + 1; digit < line.size() && line[digit] >= '0' && line[digit] <= '9'; ++digit)
            count = 10 * count + static_cast<std::uint32_t>(line[digit] - '0');
        std::uint32_t node = root;
        char32_t before = 0;
        std::size_t size = 0;
        for (std::size_t byte = 0; byte < blank; ++size) {
            const char32_t c = next_code_point(line, byte);
            node = add_child(node, c);
            if (size == 1 && before < 128 && c < 128) ascii_[before * 128 + c] = true;
            before = c;
        }
        frequency.resize(log_.size(), 0);
        frequency[node] = count;
        total += count;
        ++words;
    }
    if (!words) throw std::invalid_argument("the dictionary is empty");
    const double log_total = std::log(total);
    for (std::size_t node = 0; node < log_.size(); ++node)
        if (frequency[node]) log_[node] = std::log(static_cast<double>(frequency[node])) - log_total;
    unknown_ = 0.0 - log_total;
}

std::uint32_t Dictionary::child(std::uint32_t node, char32_t character) const {
    if (node == root) return character < 0x10000 ? first_[character] : none;
    if (!inner_[node]) return none;
    const std::uint64_t key = static_cast<std::uint64_t>(node) << 21 | character;
    for (std::uint64_t at = mixed(key) & mask_; slots_[at]; at = (at + 1) & mask_)
        if (slots_[at] >> 21 == key) return static_cast<std::uint32_t>(slots_[at] & field);
    return none;
}

std::uint32_t Dictionary::add_child(std::uint32_t node, char32_t character) {
    const std::uint32_t known = child(node, character);
    if (known != none) return known;
    const auto made = static_cast<std::uint32_t>(log_.size());
    if (made > field) throw std::invalid_argument("the dictionary is too large");
    log_.push_back(no_word);
    inner_.push_back(false);
    if (node == root) {
        if (character >= 0x10000) throw std::invalid_argument("a word of the dictionary begins outside the BMP");
        first_[character] = made;
        return made;
    }
    inner_[node] = true;
    if (4ull * made > 3ull * slots_.size()) {
        // Three quarters full: twice the room.
        std::vector<std::uint64_t> old(2 * slots_.size(), 0);
        old.swap(slots_);
        mask_ = slots_.size() - 1;
        for (const std::uint64_t slot : old) {
            if (!slot) continue;
            std::uint64_t at = mixed(slot >> 21) & mask_;
            while (slots_[at]) at = (at + 1) & mask_;
            slots_[at] = slot;
        }
    }
    const std::uint64_t key = static_cast<std::uint64_t>(node) << 21 | character;
    std::uint64_t at = mixed(key) & mask_;
    while (slots_[at]) at = (at + 1) & mask_;
    slots_[at] = key << 21 | made;
    return made;
}

std::uint32_t Dictionary::find(View word) const {
    std::uint32_t node = root;
    for (const char32_t c : word) {
        node = child(node, c);
        if (node == none) return none;
    }
    return node;
}

void Dictionary::cut(View text, std::uint32_t base, Scratch& scratch, std::vector<CutWord>& out) const {
    for (std::size_t at = 0; at < text.size();) {
        if (!is_known(text[at])) {
            const auto start = base + static_cast<std::uint32_t>(at);
            out.push_back({start, start + 1, text[at] < 0x10000 ? first_[text[at]] : none});
            ++at;
            continue;
        }
        std::size_t stop = at;
        bool ascii = true;
        for (; stop < text.size() && is_known(text[stop]); ++stop) {
            ascii &= text[stop] < 128 &&
                     !(stop > at && text[stop - 1] < 128 && ascii_[text[stop - 1] * 128 + text[stop]]);
        }
        const View part = text.substr(at, stop - at);
        const auto start = base + static_cast<std::uint32_t>(at);
        if (ascii)
            cut_ascii(part, start, out);
        else
            cut_known(part, start, scratch, out);
        at = stop;
    }
}

// No word of the dictionary begins with two of these characters, so that letters and digits in a row are a word each.
void Dictionary::cut_ascii(View text, std::uint32_t base, std::vector<CutWord>& out) const {
    for (std::uint32_t at = 0; at < text.size();) {
        std::uint32_t stop = at + 1;
        if (is_alnum(text[at]))
            while (stop < text.size() && is_alnum(text[stop])) ++stop;
        out.push_back({base + at, base + stop, stop - at == 1 ? first_[text[at]] : none});
        at = stop;
    }
}

void Dictionary::cut_known(View text, std::uint32_t base, Scratch& scratch, std::vector<CutWord>& out) const {
    const auto size = static_cast<std::uint32_t>(text.size());
    if (scratch.best.size() < size + 1u) {
        scratch.best.resize(size + 1u);
        scratch.end.resize(size + 1u);
        scratch.node.resize(size + 1u);
    }
    double* best = scratch.best.data();
    std::uint32_t* end = scratch.end.data();
    std::uint32_t* node_of = scratch.node.data();
    best[size] = 0.0;
    for (std::uint32_t at = size; at-- > 0;) {
        const std::uint32_t single = first_[text[at]];
        bool found = false;
        std::uint32_t node = single;
        for (std::uint32_t stop = at + 1; node != none;) {
            const double log = log_[node];
            if (log != no_word) {
                const double value = log + best[stop];
                // Of two equal paths jieba takes the one with the longer word.
                if (!found || value >= best[at]) {
                    best[at] = value;
                    end[at] = stop;
                    node_of[at] = node;
                    found = true;
                }
            }
            if (stop == size) break;
            node = child(node, text[stop]);
            ++stop;
        }
        if (!found) {
            best[at] = unknown_ + best[at + 1];
            end[at] = at + 1;
            node_of[at] = single;
        }
    }
    for (std::uint32_t at = 0; at < size;) {
        std::uint32_t stop = end[at];
        if (stop == at + 1 && is_alnum(text[at])) {
            // Letters and digits that are words by themselves are put together again.
            while (stop < size && end[stop] == stop + 1 && is_alnum(text[stop])) ++stop;
            out.push_back({base + at, base + stop, find(text.substr(at, stop - at))});
        } else {
            out.push_back({base + at, base + stop, node_of[at]});
        }
        at = stop;
    }
}

}  // namespace moderation
