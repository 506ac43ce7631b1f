// A whole page, from markup to candidates with settled ends, with a small model in the place of a trained one.
#include <cmath>
#include <limits>

#include "candidates/ends.hpp"
#include "candidates/judge.hpp"
#include "candidates/surroundings.hpp"
#include "candidates/whole.hpp"
#include "input.hpp"
#include "markup/markup.hpp"
#include "support.hpp"
#include "text/folding.hpp"

namespace moderation::fuzzing {

namespace {

// The words are those of the seeds (fuzz/native/__init__.py). So low a cut is set, and so low a bias, that many runs
// are proposed.
struct Model {
    Terms terms{"开云\n体育\n官网\n开云 体育\n~开云\n澳门\n澳门 官网\n<num>\nbet\n阀门\n公司\n",
                {{9, 1}, {7, 1}, {4, 1}, {8, 1}, {3, 1}, {6, 1}, {5, 1}, {1, 1}, {4, 1}, {-6, 1}, {-3, 1}},
                {std::vector<float>(22, 0.5f), {0.0f, 0.1f}},
                1.0,
                -1.0};
    Dictionary dictionary{"开云 9\n体育 9\n官网 9\n澳门 9\n阀门 9\n公司 9\n平台 5\n学院 5\n"};
    Brands brands{
        "sure\tgambling\t开云\ncommon\tgambling\t皇冠\nbehind\t\t平台\nbehind\t\t官网\nstrong\t\t体育\n"
        "front\t\t澳门\nslot\t\t学院\nslot\t\t欢迎\nidle\t\t联系\n",
        {"other", "gambling"}};
    const std::uint32_t keys[3] = {Whole::key(U"开云"), Whole::key(U"体育"), Whole::key(U"阀门")};
    const float idf[3] = {2.0f, 1.0f, 1.5f}, weights[3] = {3.0f, 1.0f, -2.0f};
    Whole whole{keys, idf, weights, 3, 0.0};
    Judge judge{keys, weights, 3, 0.5};
    Ends ends{keys, weights, 3};
};

void read(const Model& model, const Source& source, bool is_html, std::uint64_t steps) {
    static Helpers helpers{tests::entities()};
    Budget taking_apart(steps), reading(steps), finding(steps);
    Outline outline = is_html ? read_markup(source, helpers, taking_apart) : read_text(source, taking_apart);
    std::vector<Span> spans;
    for (const Block& each : outline.blocks) spans.push_back({each.text, each.text_end});
    const Fold by_steps = [](View text, Text& folded, std::vector<Piece>& pieces) {
        fold(tests::characters(), text, {}, folded, pieces);
    };
    // New for each input, so that a finding depends on no words that were remembered before.
    TextReader reader(model.terms, tests::characters(), model.dictionary);
    const PageText page_text = reader.look_up(reader.prepare(outline.text, spans, by_steps, reading), reading);
    outline.keep(page_text.blocks.size());
    Workspace workspace;
    PageCounts counts;
    SearchResult found = search(page_text, model.terms, model.brands, -10.0, workspace, finding);
    outline.stop(found.blocks);
    if (found.candidates.empty()) return;
    if (shown_characters(outline) >= min_shown) found.whole = model.whole.score(page_text, counts);
    Evidence evidence(outline, page_text, found);
    std::vector<Feature> features;
    for (Candidate& each : found.candidates) {
        evidence.of(each, features);
        each.judged = model.judge.score(features);
        PROMISE(std::isfinite(each.judged) && std::isfinite(each.logit));
    }
    const Repeats repeats(page_text, found.candidates, found.rest);
    for (const Candidate& each : found.candidates) {
        const BlockText& block_text = page_text.blocks.at(each.block);
        const Block& block = outline.blocks.at(each.block);
        const std::uint32_t size = block_text.text_end - block_text.text;
        PROMISE(each.folded.start < each.folded.end && each.folded.end <= size);
        PROMISE(each.run.first < each.run.last && each.run.last <= block_text.word_end - block_text.word);
        const Settled settled = model.ends.settled(outline, page_text, repeats, each);
        PROMISE(settled.folded.start < settled.folded.end && settled.folded.end <= size);
        PROMISE(settled.certainty >= 0.0 && settled.certainty <= 1.0 + 1e-9);
        const Span text = unfolded(page_text, block_text, settled.folded);
        PROMISE(text.start <= text.end && text.end <= block.text_end - block.text);
        const Span place =
            origin_of(outline.pieces.data() + block.piece, outline.pieces.data() + block.piece_end, text);
        PROMISE(block.start <= place.start && place.start <= place.end && place.end <= block.end);
        for (const double logit : model.terms.label_logits({})) PROMISE(std::isfinite(logit));
    }
    std::vector<std::uint8_t> taken(outline.blocks.size(), 0);
    for (const Candidate& each : found.candidates) taken.at(each.block) = 1;
    look_around(outline, taken, tests::characters());
}

}  // namespace

}  // namespace moderation::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moderation::fuzzing;
    static const Model model;
    const moderation::Text page = text_of(data, size);
    const std::uint64_t steps = size % 8 == 7 ? 40 + 4 * size : moderation::limits::steps;
    for (const bool is_html : {true, false}) {
        with_source(page, least_width(page), [&](const moderation::Source& source) {
            read(model, source, is_html, steps);
            return 0;
        });
    }
    return 0;
}
