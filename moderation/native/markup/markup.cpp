#include "markup/markup.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <tuple>
#include <utility>

#include "markup/reader.hpp"
#include "markup/survey.hpp"

namespace moderation {

namespace {

// An item longer than this stands for itself; shorter ones of one list are read together.
constexpr std::uint32_t short_item = 48;
// Prose of this length is the page's own content: what stands before it is its head.
constexpr std::uint32_t prose_length = 60;
constexpr std::size_t head_runs = 12;

// What the path of a block says of its place.
struct PathFacts {
    bool is_title, is_attribute;
    bool has_body;
};

std::vector<PathFacts> path_facts(const std::vector<std::string>& names) {
    std::vector<PathFacts> facts;
    facts.reserve(names.size());
    for (const std::string& name : names) {
        constexpr std::string_view title = "title";
        const bool is_title =
            name.size() >= title.size() && name.compare(name.size() - title.size(), title.size(), title) == 0;
        facts.push_back({is_title && name.find("svg") == std::string::npos, name.find('[') != std::string::npos,
                         is_title && name.find("body") != std::string::npos});
    }
    return facts;
}

// Rounded to three digits as Python's `round` does: the decimal number nearest to the exact value.
double share(std::uint32_t part, std::uint32_t whole) {
    if (!part) return 0;
    char digits[32];
    const double exact = static_cast<double>(part) / whole;
    const auto written = std::to_chars(digits, digits + sizeof digits, exact, std::chars_format::fixed, 3);
    double rounded = 0;
    std::from_chars(digits, written.ptr, rounded);
    return rounded;
}

// Puts items together to blocks, short neighbours of one list as one, in source order, and says in which place each
// stands.
class Grouping {
public:
    // `title_end`: what stands in front of it is not read together with what stands behind.
    Grouping(Outline& outline, std::uint32_t title_end)
        : outline_(outline), title_end_(title_end), paths_(path_facts(outline.names)) {}

    void run(const Items& items) {
        for (const auto* of : {&items.shown, &items.apart, &items.values}) {
            const auto middle = static_cast<std::ptrdiff_t>(groups_.size());
            add(*of);
            std::inplace_merge(groups_.begin(), groups_.begin() + middle, groups_.end(),
                               [](const Group& one, const Group& two) { return one.block.start < two.block.start; });
        }
        outline_.blocks.reserve(groups_.size());
        for (Group& group : groups_) {
            group.block.place = place(*group.first, group.size, group.linked, group.items);
            outline_.blocks.push_back(group.block);
        }
    }

private:
    // Code points and linked ones of a block, and the items it was made of.
    struct Group {
        Block block;
        const Item* first;
        std::uint32_t size, linked;
        std::size_t items;
    };

    static std::uint32_t size_of(const Item& item) { return item.text_end - item.text; }

    void add(const std::vector<Item>& items) {
        const Item* const end = items.data() + items.size();
        for (const Item* first = items.data(); first < end;) {
            const Item* behind = first + 1;
            // A list of any length is several blocks, as a long text is.
            std::uint32_t size = size_of(*first);
            while (behind < end && joins(behind[-1], *behind) && size + size_of(*behind) < limits::block) {
                size += size_of(*behind) + 1;
                ++behind;
            }
            groups_.push_back(group(first, behind));
            first = behind;
        }
    }

    bool joins(const Item& last, const Item& item) const {
        if (last.end <= title_end_ && outline_.pieces[item.piece].origin >= title_end_) return false;
        return !item.has_place && !last.has_place && item.container == last.container && !paths_[item.path].is_title &&
               item.hidden == last.hidden && item.is_heading == last.is_heading && size_of(item) <= short_item &&
               size_of(last) <= short_item;
    }

    Group group(const Item* first, const Item* behind) {
        Block block{};
        block.text = first->text;
        block.text_end = first->text_end;
        block.piece = first->piece;
        block.piece_end = first->piece_end;
        std::uint32_t coded = first->coded, linked = first->linked;
        const Item* scattered_end = end_of_scattered(first, behind);
        for (const Item* at = first + 1; at < behind; ++at) {
            coded += at->coded;
            linked += at->linked;
            const bool is_scattered = at < scattered_end;
            if (at >= scattered_end) scattered_end = end_of_scattered(at, behind);
            join(block, at[-1], *at, is_scattered);
        }
        block.start = outline_.pieces[block.piece].origin;
        block.end = behind[-1].end;
        block.path = first->path;
        block.hidden = first->hidden;
        const std::uint32_t size = block.text_end - block.text;
        block.coded = share(coded, size);
        block.attribute = paths_[first->path].is_attribute;
        return {block, first, size, linked, static_cast<std::size_t>(behind - first)};
    }

    // Behind the items of one character that begin at `at`: where there are enough of them, somebody set a text
    // character by character, and its reader sees no line breaks.
    static const Item* end_of_scattered(const Item* at, const Item* behind) {
        constexpr std::ptrdiff_t fewest = 4;
        const Item* end = at;
        while (end < behind && size_of(*end) == 1) ++end;
        return end - at < fewest ? at + 1 : end;
    }

    // Puts an item behind those of its block. The line break in front of it stands for the markup between it and the
    // item before; `is_scattered`: there is none.
    void join(Block& block, const Item& before, const Item& item, bool is_scattered) {
        std::uint32_t to = block.text_end;
        if (!is_scattered) {
            const std::uint32_t start = outline_.pieces[item.piece].origin;
            const std::uint32_t width = start > before.end ? start - before.end : 1;
            outline_.pieces[block.piece_end++] = {to - block.text, before.end, width};
            outline_.text[to++] = U'\n';
        }
        for (std::uint32_t at = item.piece; at < item.piece_end; ++at) {
            Piece piece = outline_.pieces[at];
            piece.start += to - block.text;
            outline_.pieces[block.piece_end++] = piece;
        }
        if (to != item.text) std::copy_n(outline_.text.begin() + item.text, size_of(item), outline_.text.begin() + to);
        block.text_end = to + size_of(item);
    }

    Place place(const Item& first, std::uint32_t size, std::uint32_t linked, std::size_t items) {
        if (first.has_place) return first.place;
        if (paths_[first.path].is_title && !paths_[first.path].has_body) return Place::title;
        if (first.is_footer) return Place::footer;
        const bool is_links = linked >= 0.6 * size && (items > 1 || first.links > 1);
        const Place found = first.is_heading ? Place::heading
                            : is_links       ? Place::links
                            : is_head_       ? Place::head
                                             : Place::body;
        if (!first.hidden) {
            ++shown_;
            // The head ends with the first heading or prose, unless that is itself the first thing on the page.
            const bool ends_head = first.is_heading || size - linked >= prose_length || shown_ > head_runs;
            if (shown_ > 1 && ends_head) is_head_ = false;
        }
        return found;
    }

    Outline& outline_;
    const std::uint32_t title_end_;
    const std::vector<PathFacts> paths_;
    std::vector<Group> groups_;
    bool is_head_ = true;
    std::size_t shown_ = 0;
};

Outline read_page(const Source& source, Helpers& helpers, Budget& budget, int depth, std::uint32_t title_end);

// Puts the blocks of a page inside of a page among the others, each character with its place in the source.
void add_frame(const Frame& frame, Helpers& helpers, Budget& budget, int depth, Outline& outline) {
    const Text& text = frame.page.text;
    if (text.empty()) return;
    const Outline inner =
        read_page({text.data(), 4, static_cast<std::uint32_t>(text.size())}, helpers, budget, depth + 1, 0);
    if (inner.unread != Outline::read_to_end) {
        outline.unread = std::min(outline.unread, frame.page.pieces.front().origin);
    }
    const auto first_text = static_cast<std::uint32_t>(outline.text.size());
    const auto number = [&](const std::string& name) {
        if (name.empty()) return std::uint32_t{0};
        outline.names.push_back(name);
        return static_cast<std::uint32_t>(outline.names.size() - 1);
    };
    std::vector<std::uint32_t> paths(inner.names.size()), reasons(inner.names.size());
    for (const Block& block : inner.blocks) {
        Block made = block;
        if (!paths[block.path]) paths[block.path] = number("iframe/" + inner.names[block.path]);
        if (block.hidden && !reasons[block.hidden]) reasons[block.hidden] = number(inner.names[block.hidden]);
        made.path = paths[block.path];
        made.hidden = frame.hidden ? frame.hidden : reasons[block.hidden];
        // A frame has no title of its own.
        if (block.place == Place::title) made.place = Place::body;
        made.text = block.text + first_text;
        made.text_end = block.text_end + first_text;
        made.piece = static_cast<std::uint32_t>(outline.pieces.size());
        for (std::uint32_t at = block.piece; at < block.piece_end; ++at) {
            const Piece& piece = inner.pieces[at];
            const std::uint32_t end =
                at + 1 < block.piece_end ? inner.pieces[at + 1].start : block.text_end - block.text;
            trace(frame.page.pieces, piece, end, outline.pieces);
        }
        made.piece_end = static_cast<std::uint32_t>(outline.pieces.size());
        std::tie(made.start, made.end) = origin(frame.page.pieces, block.start, block.end);
        outline.blocks.push_back(made);
    }
    for (const Mark& mark : inner.marks) {
        const auto [from, to] = origin(frame.page.pieces, mark.start, std::max(mark.end, mark.start + 1));
        outline.marks.push_back({mark.code, from, to, mark.detail});
    }
    outline.text += inner.text;
    outline.text.push_back(U'\n');
}

Outline read_page(const Source& source, Helpers& helpers, Budget& budget, int depth, std::uint32_t title_end) {
    Outline outline;
    std::vector<Frame> frames;
    const Items items = with_code_points(source, [&](const auto* data) {
        using Unit = std::remove_cv_t<std::remove_pointer_t<decltype(data)>>;
        Cascade cascade(source.size);
        ItemReader<Unit> reader(data, source.size, title_end, helpers, outline, budget, cascade, false);
        Items items = reader.run();
        frames = reader.take_frames();
        // Where the budget is spent already, what was read once has to do.
        if (outline.unread != Outline::read_to_end) return items;
        const bool is_surveyed = cascade.has_relations() && survey(data, source.size, helpers, cascade);
        if (!reader.is_late() && !is_surveyed) return items;
        outline = Outline();
        cascade.restart(source.size);
        ItemReader<Unit> again(data, source.size, title_end, helpers, outline, budget, cascade, true);
        items = again.run();
        frames = again.take_frames();
        return items;
    });
    Grouping(outline, title_end).run(items);
    if (depth < limits::frames) {
        for (const Frame& frame : frames) add_frame(frame, helpers, budget, depth, outline);
    }
    // Frames come behind the page, and the attributes of a tag in an order of their own.
    const auto is_before = [](const Block& one, const Block& two) { return one.start < two.start; };
    if (!std::is_sorted(outline.blocks.begin(), outline.blocks.end(), is_before)) {
        std::stable_sort(outline.blocks.begin(), outline.blocks.end(), is_before);
    }
    return outline;
}

bool ends_line(std::uint32_t c) {
    return (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// Reads plain text: each line is a block, a long one several.
template <class Unit>
class LineReader {
public:
    LineReader(const Unit* source, std::uint32_t size, std::uint32_t title_end, Budget& budget, Outline& outline)
        : start_(source), end_(source + size), title_end_(title_end), budget_(budget), outline_(outline) {}

    void run() {
        for (const Unit* at = start_; at < end_;) {
            const Unit* line = at;
            while (at < end_ && !ends_line(*at)) ++at;
            const Unit* line_end = at;
            scan::strip(line, line_end);
            if (!add_line(line, line_end)) return;
            // The head of a plain text is its first lines, up to the first blank one.
            is_head_ &= (line < line_end || outline_.blocks.empty()) && outline_.blocks.size() < head_runs;
            if (at < end_) at += *at == '\r' && end_ - at > 1 && at[1] == '\n' ? 2 : 1;
        }
    }

private:
    // A long line goes on in the next block. False where the budget is spent.
    bool add_line(const Unit* at, const Unit* end) {
        while (at < end) {
            const Unit* const stop = at + scan::part_size(at, end);
            if (!budget_.spend(limits::item)) {
                outline_.unread = offset(at);
                return false;
            }
            add_block(at, stop);
            at = stop;
        }
        return true;
    }

    void add_block(const Unit* at, const Unit* end) {
        Block block{};
        block.text = static_cast<std::uint32_t>(outline_.text.size());
        outline_.text.insert(outline_.text.end(), at, end);
        block.text_end = static_cast<std::uint32_t>(outline_.text.size());
        outline_.text.push_back('\n');
        block.start = offset(at);
        block.end = offset(end);
        block.piece = static_cast<std::uint32_t>(outline_.pieces.size());
        block.piece_end = block.piece + 1;
        outline_.pieces.push_back({0, block.start, 0});
        block.path = 1;
        block.place = block.end <= title_end_ ? Place::title : is_head_ ? Place::head : Place::body;
        outline_.blocks.push_back(block);
    }

    std::uint32_t offset(const Unit* at) const { return static_cast<std::uint32_t>(at - start_); }

    const Unit* const start_;
    const Unit* const end_;
    const std::uint32_t title_end_;
    Budget& budget_;
    Outline& outline_;
    bool is_head_ = true;
};

}  // namespace

Outline read_markup(const Source& source, Helpers& helpers, Budget& budget, std::uint32_t title_end) {
    Outline outline = read_page(source, helpers, budget, 0, title_end);
    // What stands in front of the page, in no element, is its title.
    for (Block& block : outline.blocks) {
        if (block.end > title_end) break;
        block.place = Place::title;
    }
    return outline;
}

Outline read_text(const Source& source, Budget& budget, std::uint32_t title_end) {
    Outline outline;
    outline.names.push_back("text");
    // A break behind each line, and behind each part of a line that is too long for one block: one more than there is
    // room for would double it.
    outline.text.reserve(source.size + source.size / (limits::block - limits::block_end) + std::size_t{2});
    with_code_points(source, [&](const auto* at) { LineReader(at, source.size, title_end, budget, outline).run(); });
    return outline;
}

}  // namespace moderation
