// Markup and plain text -> blocks: the scanner, styles, scripts, frames; and blocks -> what to cut of the page.
#include "markup/markup.hpp"
#include "markup/cutting.hpp"

#include "input.hpp"
#include "support.hpp"

namespace moderation::fuzzing {

namespace {

bool is_same(const Outline& one, const Outline& other) {
    const auto pieces = [](const Piece& a, const Piece& b) {
        return a.start == b.start && a.origin == b.origin && a.width == b.width;
    };
    const auto blocks = [](const Block& a, const Block& b) {
        return a.text == b.text && a.text_end == b.text_end && a.piece == b.piece && a.piece_end == b.piece_end &&
               a.start == b.start && a.end == b.end && a.path == b.path && a.hidden == b.hidden && a.coded == b.coded &&
               a.place == b.place && a.attribute == b.attribute;
    };
    const auto marks = [](const Mark& a, const Mark& b) {
        return a.code == b.code && a.start == b.start && a.end == b.end && a.detail == b.detail;
    };
    const auto equal = [](const auto& a, const auto& b, auto&& same) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
    };
    return one.text == other.text && one.names == other.names && one.unread == other.unread &&
           equal(one.pieces, other.pieces, pieces) && equal(one.blocks, other.blocks, blocks) &&
           equal(one.marks, other.marks, marks);
}

void check(const Outline& found, std::size_t size) {
    std::uint32_t before = 0;
    for (const Block& each : found.blocks) {
        PROMISE(each.start <= each.end && each.end <= size);
        PROMISE(each.start >= before);
        before = each.start;
        PROMISE(each.text < each.text_end && each.text_end <= found.text.size());
        PROMISE(each.text_end - each.text <= 2 * limits::block);
        PROMISE(each.piece < each.piece_end && each.piece_end <= found.pieces.size());
        PROMISE(each.path < found.names.size() && each.hidden < found.names.size());
        PROMISE(each.coded >= 0 && each.coded <= 1);
        check_pieces(found.pieces.data() + each.piece, found.pieces.data() + each.piece_end, each.text_end - each.text,
                     size);
    }
    for (const Mark& each : found.marks) PROMISE(each.start <= each.end && each.end <= size);
}

bool is_same(const std::vector<Span>& one, const std::vector<Span>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](const Span& a, const Span& b) { return a.start == b.start && a.end == b.end; });
}

// Cuts are in order and apart.
void check(const std::vector<Span>& cuts, std::size_t size) {
    std::uint32_t before = 0;
    for (const Span& each : cuts) {
        PROMISE(each.start < each.end && each.end <= size);
        PROMISE(&each == cuts.data() || each.start > before);
        before = each.end;
    }
}

}  // namespace

}  // namespace moderation::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moderation;
    using namespace moderation::fuzzing;
    static Helpers helpers{tests::entities()};
    const Text page = text_of(data, size);
    // A title in front of the page is its first line, where it is followed by markup.
    const std::size_t line = page.find(U"\n<");
    const std::uint32_t title_end = line == Text::npos || line > 80 ? 0 : static_cast<std::uint32_t>(line);
    // Few steps every now and then, so that pages end in their midst.
    const std::uint64_t steps = size % 8 == 7 ? 40 + size : limits::steps;
    const auto read = [&](const Source& source) {
        Budget budget(steps);
        return read_markup(source, helpers, budget, title_end);
    };
    const int width = least_width(page);
    const Outline found = with_source(page, width, read);
    check(found, page.size());
    // The width of a code point is CPython's affair.
    if (width < 4) PROMISE(is_same(found, with_source(page, 4, read)));
    // Every other block is cut, wherever it stands.
    std::vector<Span> spans;
    for (std::size_t at = 0; at < found.blocks.size(); at += 2) {
        spans.push_back({found.blocks[at].start, found.blocks[at].end});
    }
    for (const bool is_html : {true, false}) {
        const auto plan = [&](const Source& source) { return plan_cuts(source, is_html, spans, helpers); };
        const std::vector<Span> cuts = with_source(page, width, plan);
        check(cuts, page.size());
        if (width < 4) PROMISE(is_same(cuts, with_source(page, 4, plan)));
    }
    check(with_source(page, width,
                      [&](const Source& source) {
                          Budget budget(steps);
                          return read_text(source, budget);
                      }),
          page.size());
    return 0;
}
