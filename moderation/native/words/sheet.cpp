#include "words/sheet.hpp"

#include <algorithm>

namespace moderation {

namespace {

// A sign between two words; a symbol that is part of a word (c++) is none.
bool is_sign(View word) {
    return word.size() == 1 && word[0] < 128 && !is_ascii_alnum(word[0]);
}

// Room for `next` more, the most that a line may have, where `done` of `all` code points have been read: as much as the
// rest will take if it is like what was read, or as much of it as the budget lets be read. Doubling would take three
// times what is needed, at the worst moment.
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

SheetReader::Prepared SheetReader::prepare(const Text& text, const std::vector<Span>& blocks, const Fold& fold,
                                           Budget& budget) const {
    Prepared prepared;
    Sheet& sheet = prepared.sheet;
    std::vector<Part>& parts = prepared.parts;
    std::vector<Span> spans;
    prepared.part_at.push_back(0);
    sheet.lines.reserve(blocks.size());
    sheet.text.reserve(text.size());
    for (const Span& block : blocks) {
        const View source = View(text).substr(block.start, block.end - block.start);
        Line line{};
        line.text = static_cast<std::uint32_t>(sheet.text.size());
        line.piece = static_cast<std::uint32_t>(sheet.pieces.size());
        make_room(sheet.pieces, block.end - block.start > 256 ? source.size() : 1, block.start, text.size(), budget);
        if (!fold_by_table(characters, source, sheet.text, sheet.pieces)) {
            sheet.text.resize(line.text);
            sheet.pieces.resize(line.piece);
            fold(source, sheet.text, sheet.pieces);
        }
        line.text_end = static_cast<std::uint32_t>(sheet.text.size());
        line.piece_end = static_cast<std::uint32_t>(sheet.pieces.size());
        const View folded = View(sheet.text).substr(line.text);
        spans.clear();
        make_room(sheet.segments, folded.size() / 2 + 1, block.start, text.size(), budget);
        make_room(parts, folded.size(), block.start, text.size(), budget);
        split(characters, folded, spans, parts);
        line.segment = static_cast<std::uint32_t>(sheet.segments.size());
        std::uint32_t behind = 0;
        for (const Span& span : spans) {
            sheet.segments.push_back({span.start, span.end, 0, joint_of(folded.substr(behind, span.start - behind))});
            behind = span.end;
        }
        line.segment_end = static_cast<std::uint32_t>(sheet.segments.size());
        prepared.part_at.push_back(parts.size());
        sheet.lines.push_back(line);
        const std::uint64_t folded_pieces = line.piece_end - line.piece;
        const std::uint64_t line_parts = prepared.part_at.back() - prepared.part_at[prepared.part_at.size() - 2];
        if (!budget.spend(limits::segment * spans.size() + limits::part * line_parts + folded_pieces / limits::pieces))
            break;
    }
    return prepared;
}

// The lexicon of the pages that are begun now; who has an old one keeps it.
std::shared_ptr<Lexicon> SheetReader::lexicon() {
    const std::lock_guard<std::mutex> choosing(choosing_);
    if (!lexicon_) lexicon_ = std::make_shared<Lexicon>(terms, characters, dictionary);
    return lexicon_;
}

Sheet SheetReader::look_up(Prepared prepared, Budget& budget) {
    Sheet& sheet = prepared.sheet;
    const std::shared_ptr<Lexicon> shared = this->lexicon();
    Lexicon& lexicon = *shared;
    sheet.lexicon = shared;
    Dictionary::Scratch scratch;
    std::vector<CutWord> cut;
    // The words of the page that no dictionary knows: which of them were learned before must not count.
    std::vector<std::uint8_t> is_met(lexicon.size(), 0);
    const std::size_t all = sheet.text.size();
    for (std::size_t number = 0; number < sheet.lines.size(); ++number) {
        Line& line = sheet.lines[number];
        const View folded = sheet.folded(line);
        std::uint64_t unknown = 0;
        line.word = static_cast<std::uint32_t>(sheet.words.size());
        make_room(sheet.words, folded.size(), line.text, all, budget);
        make_room(sheet.evidence, folded.size(), line.text, all, budget);
        make_room(sheet.gain, folded.size(), line.text, all, budget);
        std::uint32_t next = line.segment;
        std::int32_t left = -1;
        char32_t sound = 0;
        for (std::size_t each = prepared.part_at[number]; each < prepared.part_at[number + 1]; ++each) {
            const Part& part = prepared.parts[each];
            const std::uint32_t segment = line.segment + part.segment;
            if (segment >= next) {
                for (; next <= segment; ++next)
                    sheet.segments[next].word = static_cast<std::uint32_t>(sheet.words.size());
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
                sheet.evidence.push_back(evidence);
                sheet.gain.push_back(gain);
                line.gain += gain;
                left = entry.left;
                sound = entry.last_sound;
                sheet.words.push_back(word);
            }
        }
        for (; next < line.segment_end; ++next)
            sheet.segments[next].word = static_cast<std::uint32_t>(sheet.words.size());
        line.word_end = static_cast<std::uint32_t>(sheet.words.size());
        const std::uint64_t steps = line.word_end - line.word + limits::new_word * unknown;
        if (!budget.spend(steps)) {
            sheet.segments.resize(line.segment_end);
            sheet.lines.resize(number + 1);
        }
    }
    if (lexicon.bytes() > limits::lexicon) {
        const std::lock_guard<std::mutex> choosing(choosing_);
        // Another thread may have dropped it before.
        if (lexicon_ == shared) lexicon_.reset();
    }
    return std::move(prepared.sheet);
}

}  // namespace moderation
