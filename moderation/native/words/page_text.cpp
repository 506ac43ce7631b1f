#include "words/page_text.hpp"

#include <algorithm>

namespace moderation {

namespace {

// A sign between two words; a symbol that is part of a word (c++) is none.
bool is_sign(View word) {
    return word.size() == 1 && word[0] < 128 && !is_ascii_alnum(word[0]);
}

// Room for `next` more, the most that a block may have, where `done` of `all` code points have been read: as much as
// the rest will take if it is like what was read, or as much of it as the budget lets be read. Doubling would take
// three times what is needed, at the worst moment.
template <class Item>
void make_room(std::vector<Item>& items, std::size_t next, std::size_t done, std::size_t all, const Budget& budget) {
    if (items.capacity() - items.size() >= next) return;
    double more = done ? static_cast<double>(all) / static_cast<double>(done) : 0.0;
    if (budget.used()) more = std::min(more, static_cast<double>(budget.steps()) / static_cast<double>(budget.used()));
    const auto likely = static_cast<std::size_t>(1.1 * more * static_cast<double>(items.size()));
    items.reserve(std::max({items.size() + next, items.size() + items.size() / 4, likely}));
}

}  // namespace

std::uint8_t joint_of(View text) {
    std::uint8_t joint = 0;
    for (const char32_t c : text) {
        switch (c) {
            case '\n': joint |= Segment::line; break;
            case '_':
            case '|':
            case U'丨':
            case '-':
            case U'–':
            case U'—':
            case U'·':
            case U'•':
            case '>':
            case U'»': joint |= Segment::title; break;
            case U'，':
            case ',':
            case U'、':
            case U'；':
            case ';': joint |= Segment::prose; break;
            default: break;
        }
    }
    return joint;
}

void cut_part(const Dictionary& dictionary, View text, const Part& part, Dictionary::Scratch& scratch,
              std::vector<CutWord>& out) {
    out.clear();
    if (part.kind == Part::cut) {
        dictionary.cut(text.substr(part.start, part.end - part.start), part.start, scratch, out);
        out.erase(std::remove_if(
                      out.begin(), out.end(),
                      [&](const CutWord& word) { return is_sign(text.substr(word.start, word.end - word.start)); }),
                  out.end());
    } else if (part.kind == Part::address || !is_sign(text.substr(part.start, part.end - part.start))) {
        out.push_back({part.start, part.end, Dictionary::none});
    }
}

TextReader::Prepared TextReader::prepare(const Text& text, const std::vector<Span>& blocks, const Fold& fold,
                                         Budget& budget) const {
    Prepared prepared;
    PageText& page_text = prepared.page_text;
    std::vector<Part>& parts = prepared.parts;
    std::vector<Span> spans;
    prepared.part_at.push_back(0);
    page_text.blocks.reserve(blocks.size());
    page_text.text.reserve(text.size());
    for (const Span& block : blocks) {
        const View source = View(text).substr(block.start, block.end - block.start);
        BlockText block_text{};
        block_text.text = static_cast<std::uint32_t>(page_text.text.size());
        block_text.piece = static_cast<std::uint32_t>(page_text.pieces.size());
        make_room(page_text.pieces, block.end - block.start > 256 ? source.size() : 1, block.start, text.size(),
                  budget);
        if (!fold_by_table(characters, source, page_text.text, page_text.pieces)) {
            page_text.text.resize(block_text.text);
            page_text.pieces.resize(block_text.piece);
            fold(source, page_text.text, page_text.pieces);
        }
        block_text.text_end = static_cast<std::uint32_t>(page_text.text.size());
        block_text.piece_end = static_cast<std::uint32_t>(page_text.pieces.size());
        const View folded = View(page_text.text).substr(block_text.text);
        spans.clear();
        make_room(page_text.segments, folded.size() / 2 + 1, block.start, text.size(), budget);
        make_room(parts, folded.size(), block.start, text.size(), budget);
        split(characters, folded, spans, parts);
        block_text.segment = static_cast<std::uint32_t>(page_text.segments.size());
        std::uint32_t behind = 0;
        for (const Span& span : spans) {
            page_text.segments.push_back(
                {span.start, span.end, 0, joint_of(folded.substr(behind, span.start - behind))});
            behind = span.end;
        }
        block_text.segment_end = static_cast<std::uint32_t>(page_text.segments.size());
        prepared.part_at.push_back(parts.size());
        page_text.blocks.push_back(block_text);
        const std::uint64_t folded_pieces = block_text.piece_end - block_text.piece;
        const std::uint64_t line_parts = prepared.part_at.back() - prepared.part_at[prepared.part_at.size() - 2];
        if (!budget.spend(limits::segment * spans.size() + limits::part * line_parts + folded_pieces / limits::pieces))
            break;
    }
    return prepared;
}

// The lexicon of the pages that are begun now; who has an old one keeps it.
std::shared_ptr<Lexicon> TextReader::lexicon() {
    const std::lock_guard<std::mutex> choosing(choosing_);
    if (!lexicon_) lexicon_ = std::make_shared<Lexicon>(terms, characters, dictionary);
    return lexicon_;
}

PageText TextReader::look_up(Prepared prepared, Budget& budget) {
    PageText& page_text = prepared.page_text;
    const std::shared_ptr<Lexicon> shared = this->lexicon();
    Lexicon& lexicon = *shared;
    page_text.lexicon = shared;
    Dictionary::Scratch scratch;
    std::vector<CutWord> cut;
    // The words of the page that no dictionary knows: which of them were learned before must not count.
    std::vector<std::uint8_t> is_met(lexicon.size(), 0);
    const std::size_t all = page_text.text.size();
    for (std::size_t number = 0; number < page_text.blocks.size(); ++number) {
        BlockText& block_text = page_text.blocks[number];
        const View folded = page_text.folded(block_text);
        std::uint64_t unknown = 0;
        block_text.word = static_cast<std::uint32_t>(page_text.words.size());
        make_room(page_text.words, folded.size(), block_text.text, all, budget);
        make_room(page_text.evidence, folded.size(), block_text.text, all, budget);
        make_room(page_text.gain, folded.size(), block_text.text, all, budget);
        std::uint32_t next = block_text.segment;
        std::int32_t left = -1;
        char32_t sound = 0;
        for (std::size_t each = prepared.part_at[number]; each < prepared.part_at[number + 1]; ++each) {
            const Part& part = prepared.parts[each];
            const std::uint32_t segment = block_text.segment + part.segment;
            if (segment >= next) {
                for (; next <= segment; ++next)
                    page_text.segments[next].word = static_cast<std::uint32_t>(page_text.words.size());
                left = -1;
                sound = 0;
            }
            cut_part(dictionary, folded, part, scratch, cut);
            for (const CutWord& piece : cut) {
                const View name = folded.substr(piece.start, piece.end - piece.start);
                const std::uint32_t code =
                    part.kind == Part::address ? Lexicon::address : lexicon.code(name, piece.node);
                if (piece.node == Dictionary::none) {
                    if (code >= is_met.size()) is_met.resize(std::max<std::size_t>(code + 1, 2 * is_met.size()), 0);
                    unknown += !is_met[code];
                    is_met[code] = 1;
                }
                const Lexicon::Entry& entry = lexicon[code];
                Word word{code, piece.start, piece.end, segment, terms.pair(left, entry.right), no_row};
                if (sound && entry.first_sound) word.met = terms.sounds(sound, entry.first_sound);
                double evidence = entry.evidence, gain = entry.gain;
                if (word.pair != no_row || word.met != no_row) {
                    const double pair = terms.evidence(word.pair), met = terms.evidence(word.met);
                    evidence += pair + met;
                    gain += std::max(pair, 0.0) + std::max(met, 0.0);
                }
                page_text.evidence.push_back(evidence);
                page_text.gain.push_back(gain);
                block_text.gain += gain;
                left = entry.left;
                sound = entry.last_sound;
                page_text.words.push_back(word);
            }
        }
        for (; next < block_text.segment_end; ++next)
            page_text.segments[next].word = static_cast<std::uint32_t>(page_text.words.size());
        block_text.word_end = static_cast<std::uint32_t>(page_text.words.size());
        const std::uint64_t steps = block_text.word_end - block_text.word + limits::new_word * unknown;
        if (!budget.spend(steps)) {
            page_text.segments.resize(block_text.segment_end);
            page_text.blocks.resize(number + 1);
        }
    }
    if (lexicon.bytes() > limits::lexicon) {
        const std::lock_guard<std::mutex> choosing(choosing_);
        // Another thread may have dropped it before.
        if (lexicon_ == shared) lexicon_.reset();
    }
    return std::move(prepared.page_text);
}

}  // namespace moderation
