#include "words/dictionary.hpp"

#include <cmath>
#include <stdexcept>

#include "text/utf8.hpp"

namespace moderation {

namespace {

// What jieba looks up; all else is a word of one character.
bool is_known(char32_t c) {
    return (c >= 0x4e00 && c <= 0x9fd5) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           c == '+' || c == '#' || c == '&' || c == '.' || c == '_' || c == '%' || c == '-';
}

bool is_alnum(char32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

// Calls `visit` with the word and the frequency of each line.
template <class Visit>
void for_each_line(std::string_view lines, Visit&& visit) {
    for (std::size_t at = 0; at < lines.size();) {
        std::size_t stop = lines.find('\n', at);
        if (stop == std::string_view::npos) stop = lines.size();
        const std::string_view line = lines.substr(at, stop - at);
        at = stop + 1;
        if (line.empty()) continue;
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos || !blank)
            throw std::invalid_argument("a line of the dictionary is no word and frequency");
        std::uint32_t count = 0;
        for (std::size_t digit = blank + 1; digit < line.size() && line[digit] >= '0' && line[digit] <= '9'; ++digit)
            count = 10 * count + static_cast<std::uint32_t>(line[digit] - '0');
        visit(line.substr(0, blank), count);
    }
}

}  // namespace

Dictionary::Dictionary(std::string_view lines) {
    if (lines.size() > max_size) throw std::invalid_argument("the dictionary is too large");
    std::size_t words = 0;
    double total = 0;
    for_each_line(lines, [&](std::string_view, std::uint32_t count) {
        ++words;
        total += count;
    });
    if (!words) throw std::invalid_argument("the dictionary is empty");
    // Of most words all prefixes but one or two are those of another.
    slots_.resize(2 * words + 16);
    filter_.reset(2 * words);
    const double log_total = std::log(total);
    unknown_ = 0.0 - log_total;
    for_each_line(lines, [&](std::string_view word, std::uint32_t count) {
        Node* node = nullptr;
        char32_t before = 0;
        std::size_t size = 0;
        for (std::size_t byte = 0; byte < word.size(); ++size) {
            const char32_t c = next_code_point(word, byte);
            node = add(node, c);
            if (size == 1 && before < 128 && c < 128) ascii_[before * 128 + c] = true;
            before = c;
        }
        node->log = count ? std::log(static_cast<double>(count)) - log_total : no_word;
    });
}

Dictionary::Node* Dictionary::add(Node* parent, char32_t character) {
    if (!parent) {
        if (character >= 0x10000) throw std::invalid_argument("a word of the dictionary begins outside the BMP");
        Node& node = first_[character];
        if (!node.key) node = {1, nodes_++, false, no_word};
        return &node;
    }
    if (const Node* known = child(*parent, character)) return const_cast<Node*>(known);
    parent->has_children = true;
    const std::uint32_t number = parent->number;
    if (4 * (std::size_t{nodes_} + 1) > 3 * slots_.size()) {
        std::vector<Node> old(slots_.size() + slots_.size() / 2);
        old.swap(slots_);
        for (const Node& node : old)
            if (node.key) place(node);
    }
    return place({key_of(number, character), nodes_++, false, no_word});
}

Dictionary::Node* Dictionary::place(const Node& node) {
    const std::uint64_t hash = mixed(node.key);
    filter_.add(hash);
    std::size_t at = slot(hash);
    while (slots_[at].key) at = at + 1 < slots_.size() ? at + 1 : 0;
    slots_[at] = node;
    return &slots_[at];
}

std::uint32_t Dictionary::find(View word) const {
    const Node* node = word.empty() ? nullptr : first(word[0]);
    for (std::size_t at = 1; node && at < word.size(); ++at) node = child(*node, word[at]);
    return node ? node->number : none;
}

void Dictionary::cut(View text, std::uint32_t base, Scratch& scratch, std::vector<CutWord>& out) const {
    for (std::size_t at = 0; at < text.size();) {
        if (!is_known(text[at])) {
            const auto start = base + static_cast<std::uint32_t>(at);
            out.push_back({start, start + 1, number(text[at])});
            ++at;
            continue;
        }
        std::size_t stop = at;
        bool ascii = true;
        for (; stop < text.size() && is_known(text[stop]); ++stop) {
            ascii &=
                text[stop] < 128 && !(stop > at && text[stop - 1] < 128 && ascii_[text[stop - 1] * 128 + text[stop]]);
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
        out.push_back({base + at, base + stop, stop - at == 1 ? number(text[at]) : none});
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
        const Node* const single = first(text[at]);
        const Node* node = single;
        bool found = false;
        double value = 0.0;
        for (std::uint32_t stop = at + 1; node; ++stop) {
            if (node->log != no_word) {
                const double path = node->log + best[stop];
                // Of two equal paths jieba takes the one with the longer word.
                if (!found || path >= value) {
                    value = path;
                    end[at] = stop;
                    node_of[at] = node->number;
                    found = true;
                }
            }
            if (stop == size) break;
            node = child(*node, text[stop]);
        }
        if (!found) {
            value = unknown_ + best[at + 1];
            end[at] = at + 1;
            node_of[at] = single ? single->number : none;
        }
        best[at] = value;
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
