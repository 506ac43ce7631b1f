// jieba's dictionary, and how it cuts with HMM off: the most probable path through all words that fit.
//
// Source: jieba 0.42.1, `Tokenizer.cut(sentence, HMM=False)`; a test holds the two to each other.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text.hpp"

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

    std::uint32_t nodes() const { return static_cast<std::uint32_t>(log_.size()); }

    // What is needed while cutting, kept from text to text.
    struct Scratch {
        std::vector<double> best;
        std::vector<std::uint32_t> end, node;
    };

    // Appends the words of a text, offsets counted from `base`.
    void cut(View text, std::uint32_t base, Scratch& scratch, std::vector<CutWord>& out) const;

private:
    static constexpr std::uint32_t root = 0;
    // Of a prefix that is no word: no log of a probability is above 0.
    static constexpr double no_word = 1.0;

    std::uint32_t child(std::uint32_t node, char32_t character) const;
    std::uint32_t add_child(std::uint32_t node, char32_t character);
    std::uint32_t find(View word) const;
    void cut_known(View text, std::uint32_t base, Scratch& scratch, std::vector<CutWord>& out) const;
    void cut_ascii(View text, std::uint32_t base, std::vector<CutWord>& out) const;

    // A trie as one table with open addressing: parent, character and child in a slot, 21 bits each; 0 is free.
    std::vector<std::uint64_t> slots_;
    std::uint64_t mask_ = 0;
    std::vector<std::uint32_t> first_ = std::vector<std::uint32_t>(0x10000, none);  // children of the root
    std::vector<double> log_;  // log probability by node
    std::vector<std::uint8_t> inner_;  // whether a node has children
    double unknown_ = 0.0;     // log probability of a character that is no word
    std::vector<bool> ascii_ = std::vector<bool>(128 * 128);  // two ASCII characters that a word begins with
};

}  // namespace moderation
