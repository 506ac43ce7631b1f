// The words of a page: its blocks folded, split, cut, and what the model knows of each word in its place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "html/outline.hpp"
#include "words/lexicon.hpp"
#include "words/segments.hpp"

namespace moderation {

// Word of a page; offsets are in the folded text of its block.
struct Word {
    std::uint32_t code;  // in the lexicon
    std::uint32_t start, end;
    std::uint32_t segment;   // counted through the page
    std::int32_t pair, met;  // rows of its pair with the word before and of the sounds where the two meet, or no_row
};

struct Segment {
    // What stands before it.
    enum Joint : std::uint8_t { line = 1, title = 2, prose = 4 };
    std::uint32_t start, end;  // in the folded text
    std::uint32_t word;        // its first word; the next one's is behind its last
    std::uint8_t joint;
};

// A block as it is read: half-open ranges of the vectors of PageText.
struct BlockText {
    std::uint32_t text, text_end;  // in PageText::text
    std::uint32_t segment, segment_end;
    std::uint32_t word, word_end;
    std::uint32_t piece, piece_end;  // in PageText::pieces; empty: folded one to one
    double gain;                     // what speaks for spam in it
};

// The folding of disguises, part of which is rare enough to stay in Python: the folded form of a text, and where it
// comes from.
using Fold = std::function<void(View text, Text& folded, std::vector<Piece>& pieces)>;

// Whether words are joined so that a planted text may end there; `text` is what stands between two segments.
std::uint8_t joint_of(View text);

// The words of a part, without signs that stand between two.
void cut_part(const Dictionary& dictionary, View text, const Part& part, Dictionary::Scratch& scratch,
              std::vector<CutWord>& out);

struct PageText {
    std::shared_ptr<const Lexicon> lexicon;
    Text text;
    std::vector<Piece> pieces;
    std::vector<BlockText> blocks;
    std::vector<Segment> segments;
    std::vector<Word> words;
    // By word: idf·w summed over all its terms, and over those that speak for spam.
    std::vector<double> evidence, gain;

    View folded(const BlockText& block_text) const {
        return View(text).substr(block_text.text, block_text.text_end - block_text.text);
    }
    std::uint32_t word_end(std::uint32_t segment) const {
        return segment + 1 < segments.size() ? segments[segment + 1].word : static_cast<std::uint32_t>(words.size());
    }
};

// Reads the texts of blocks, in two steps: only while they are prepared something is called back. Of a page that takes
// more than the budget the first blocks are read. Threads may share a reader, and the words that it remembers.
class TextReader {
public:
    TextReader(const Terms& terms, const Characters& characters, const Dictionary& dictionary)
        : terms(terms), characters(characters), dictionary(dictionary) {}

    // Texts folded and split: the page without its words, and the parts of each block.
    struct Prepared {
        PageText page_text;
        std::vector<Part> parts;
        std::vector<std::size_t> part_at;  // first of the parts of each block, and behind the last
    };
    Prepared prepare(const Text& text, const std::vector<Span>& blocks, const Fold& fold, Budget& budget) const;

    // Cuts the parts and looks their words up.
    PageText look_up(Prepared prepared, Budget& budget);

    // Bytes of the words that are remembered.
    std::size_t remembered() const {
        const std::lock_guard<std::mutex> choosing(choosing_);
        return lexicon_ ? lexicon_->bytes() : 0;
    }

    const Terms& terms;
    const Characters& characters;
    const Dictionary& dictionary;

private:
    std::shared_ptr<Lexicon> lexicon();

    mutable std::mutex choosing_;  // for which lexicon there is, not for what stands in it
    std::shared_ptr<Lexicon> lexicon_;
};

}  // namespace moderation
