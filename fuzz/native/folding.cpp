// Text -> folded text -> segments and words, with the way back.
#include "text/folding.hpp"

#include "input.hpp"
#include "support.hpp"
#include "words/dictionary.hpp"
#include "words/page_text.hpp"
#include "words/segments.hpp"

namespace moderation::fuzzing {

namespace {

// The folded text, split and cut as it is where words are looked up.
void cut(const Text& folded) {
    static const Dictionary dictionary("开云 9\n体育 9\n天气 9\n天气预报 3\n");
    static Dictionary::Scratch scratch;
    std::vector<Span> segments;
    std::vector<Part> parts;
    split(tests::characters(), folded, segments, parts);
    std::uint32_t at = 0;
    for (const Span& each : segments) {
        PROMISE(at <= each.start && each.start < each.end && each.end <= folded.size());
        at = each.end;
    }
    std::vector<CutWord> words;
    for (const Part& part : parts) {
        PROMISE(part.segment < segments.size());
        words.clear();
        cut_part(dictionary, folded, part, scratch, words);
        std::uint32_t behind = segments[part.segment].start;
        for (const CutWord& word : words) {
            PROMISE(behind <= word.start && word.start < word.end && word.end <= segments[part.segment].end);
            behind = word.end;
        }
    }
}

void fold_with(const Text& text, const std::vector<Change>& repairs) {
    Text folded;
    std::vector<Piece> pieces;
    fold(tests::characters(), text, repairs, folded, pieces);
    check_pieces(pieces.data(), pieces.data() + pieces.size(), folded.size(), text.size());
    cut(folded);
}

}  // namespace

}  // namespace moderation::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moderation;
    using namespace moderation::fuzzing;
    const Text text = text_of(data, size);
    const auto length = static_cast<std::uint32_t>(text.size());
    may_be_misread(tests::characters(), text);
    fold_with(text, {});
    // What was read by a wrong charset, at two places.
    if (length >= 12) fold_with(text, {{length / 4, length / 3, U"开雲"}, {length / 2, length - length / 4, {}}});

    // What the table alone gives is what all steps give.
    Text by_table, by_steps;
    std::vector<Piece> table_pieces, step_pieces;
    if (fold_by_table(tests::characters(), text, by_table, table_pieces)) {
        fold(tests::characters(), text, {}, by_steps, step_pieces);
        PROMISE(by_table == by_steps);
        check_pieces(table_pieces.data(), table_pieces.data() + table_pieces.size(), by_table.size(), text.size());
    }
    return 0;
}
