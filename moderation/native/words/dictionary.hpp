// jieba's dictionary, and how it cuts with HMM off: the most probable path through all words that fit.
//
// Source: jieba 0.42.1, `Tokenizer.cut(sentence, HMM=False)`; a test holds the two to each other.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/hashing.hpp"
#include "text/text.hpp"

namespace moderation {

// A word that was cut: `node` is its place in the dictionary, or `Dictionary::none`.
struct CutWord {
    std::uint32_t start, end, node;
};

class Dictionary {
public:
    static constexpr std::uint32_t none = 0xffffffff;

    // `lines`: "word frequency tag" a line, UTF-8. Throws std::invalid_argument for what is no such file.
    explicit Dictionary(std::string_view lines);

    std::uint32_t nodes() const { return nodes_; }

    // What is needed while cutting, kept from text to text.
    struct Scratch {
        std::vector<double> best;
        std::vector<std::uint32_t> end, node;
    };

    // Appends the words of a text, offsets counted from `base`.
    void cut(View text, std::uint32_t base, Scratch& scratch, std::vector<CutWord>& out) const;

private:
    // Of a prefix that is no word: no log of a probability is above 0.
    static constexpr double no_word = 1.0;
    // Bytes of a file: prefixes are counted in 21 bits.
    static constexpr std::size_t max_size = 1 << 24;

    // A prefix of words.
    struct Node {
        std::uint64_t key;  // of its parent and its last character; 0 is free
        std::uint32_t number = none;
        bool has_children = false;
        double log = no_word;  // log probability, if it is a word itself
    };

    const Node* child(const Node& node, char32_t character) const {
        if (!node.has_children) return nullptr;
        const std::uint64_t key = key_of(node.number, character), hash = mixed(key);
        if (!filter_.may_hold(hash)) return nullptr;
        for (std::size_t at = slot(hash);; at = at + 1 < slots_.size() ? at + 1 : 0) {
            if (slots_[at].key == key) return &slots_[at];
            if (!slots_[at].key) return nullptr;
        }
    }
    const Node* first(char32_t character) const {
        return character < 0x10000 && first_[character].key ? &first_[character] : nullptr;
    }
    static std::uint64_t key_of(std::uint32_t node, char32_t character) {
        return (static_cast<std::uint64_t>(node) << 21 | character) + 1;
    }
    // A hash's place in a table of any size (D. Lemire, "Fast random integer generation in an interval", 2019).
    std::size_t slot(std::uint64_t hash) const {
        return static_cast<std::size_t>((hash & 0xffffffff) * slots_.size() >> 32);
    }
    std::uint32_t number(char32_t character) const {
        const Node* node = first(character);
        return node ? node->number : none;
    }
    Node* add(Node* parent, char32_t character);
    Node* place(const Node& node);
    std::uint32_t find(View word) const;
    void cut_known(View text, std::uint32_t base, Scratch& scratch, std::vector<CutWord>& out) const;
    void cut_ascii(View text, std::uint32_t base, std::vector<CutWord>& out) const;

    // A trie as one table with open addressing; the children of its root stand by their character.
    std::vector<Node> slots_;
    Filter filter_;
    std::vector<Node> first_ = std::vector<Node>(0x10000, Node{});
    std::uint32_t nodes_ = 0;
    double unknown_ = 0.0;                                    // log probability of a character that is no word
    std::vector<bool> ascii_ = std::vector<bool>(128 * 128);  // two ASCII characters that a word begins with
};

}  // namespace moderation
