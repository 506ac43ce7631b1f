// What folding and splitting ask of a character, answered by one look-up: its folded form and its classes.
//
// The classes are those of the regular expressions in stages/normalize.py, _repair.py and tokens.py, which hand their
// characters over when the module is set up; a test holds both to each other.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "text/text.hpp"

namespace moderation {

// How many characters of a text exist in one script only.
struct Scripts {
    std::uint32_t traditional = 0, simplified = 0;
};

struct Characters {
    enum Class : std::uint32_t {
        // Of the folded character: a letter or digit that words are made of; a letter jieba would take by itself.
        word = 1u << 16,
        other = 1u << 17,
        // Between these one blank or joint does not separate.
        blanked = 1u << 18,
        // Of the character itself: what UTF-8 looks like that was read as GBK.
        misread = 1u << 19,
        han = 1u << 20,
        // What stands between characters to keep them from being read as a word.
        filler = 1u << 21,
        // Of the character itself: dropped, where its folded form is 0; else folding it, or what surrounds it, takes
        // more
        // than a table.
        uneven = 1u << 22,
        wrong_first = 1u << 23,
        wrong_second = 1u << 24,
        // Of the folded character: read as latin among latin letters; a sign that is.
        alike = 1u << 25,
        sign = 1u << 26,
        // Of the folded character: first and second of two that are one character written apart.
        split_first = 1u << 27,
        split_second = 1u << 28,
        // Of the character itself: a vowel with its tone; of one script only.
        toned = 1u << 29,
        traditional = 1u << 30,
        simplified = 1u << 31,
    };

    // By code point of the BMP: the folded form in the lower half, the classes in the upper one.
    std::vector<std::uint32_t> table = std::vector<std::uint32_t>(0x10000, 0);
    // What folding changes: one to one in the BMP; to none or several; among latin letters; two that are one; what a
    // bracket holds that is a gloss.
    std::vector<char32_t> one;
    std::unordered_map<char32_t, Text> several;
    std::unordered_map<char32_t, char32_t> likeness;
    std::unordered_map<std::uint64_t, Text> split;
    std::unordered_set<std::string> glossed;
    std::size_t longest_glossed = 0;
    std::unordered_set<std::uint32_t> splits;  // both characters of the BMP, the first in the upper half
    std::vector<std::uint16_t> sounds = std::vector<std::uint16_t>(0x10000, 0);
    std::unordered_map<std::string, char32_t> syllables;  // of Pinyin
    std::size_t longest_syllable = 0;
    std::unordered_set<char32_t> gloss;       // letters of Pinyin in brackets, with and without tones
    std::unordered_set<std::string> domains;  // what the name of a host may end with

    std::uint32_t of(char32_t character) const { return character < 0x10000 ? table[character] : beyond(character); }

    // A character of the BMP with the classes that Unicode gives it, before any folding.
    static std::uint32_t plain(char32_t character);

    // The folded form and classes of a character outside the BMP; it is never folded by table. A picture is a filler.
    static std::uint32_t beyond(char32_t character);

    // What the sound of a character is written as.
    char32_t sound(char32_t character) const { return character < 0x10000 ? sounds[character] : character; }

    Scripts scripts(View text) const {
        Scripts found;
        for (const char32_t c : text) {
            const std::uint32_t is = of(c);
            found.traditional += (is & traditional) != 0;
            found.simplified += (is & simplified) != 0;
        }
        return found;
    }

    // The sounds of a latin word that is Pinyin throughout; of others none.
    Text pinyin(View word) const;
};

// Vowel signs that go on with a run of letters, beside those letters.
inline bool is_indic(char32_t c) {
    return c >= 0x900 && c <= 0xe7f;
}

// Arrows, shapes, emoji: such as stand between the characters of a word to hide it. Each is a filler.
bool is_picture(char32_t c);

inline bool is_ascii_alnum(char32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// The folded form of a text where the table alone gives it, appended to `out`, and where it comes from, to `pieces`,
// unless it runs one to one with the text. False, and nothing is said of what was appended, where `normalize.fold` has
// to look: characters that become several, wrong charsets, latin look-alikes, characters written apart, glosses.
bool fold_by_table(const Characters& characters, View text, Text& out, std::vector<Piece>& pieces);

// Where the characters end that are joined by fillers from `at` on, at least three of them; `at` if there are none. The
// _JOINTS of stages/normalize.py: pictures may differ from gap to gap, other fillers must repeat.
std::size_t joined(const Characters& characters, View folded, std::size_t at);

}  // namespace moderation
