#include "markup.hpp"

#include <algorithm>
#include <charconv>

#include "reader.hpp"

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
        facts.push_back(
            {is_title, name.find('[') != std::string::npos, is_title && name.find("body") != std::string::npos});
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

// Puts items together to blocks, short neighbours of one list as one, and settles their places.
class Grouping {
public:
    Grouping(const std::vector<Item>& items, Outline& outline)
        : items_(items), outline_(outline), paths_(path_facts(outline.names)) {}

    void run() {
        for (std::size_t first = 0; first < items_.size();) {
            std::size_t behind = first + 1;
            while (behind < items_.size() && joins(items_[behind - 1], items_[behind])) ++behind;
            add(first, behind);
            first = behind;
        }
    }

private:
    static std::uint32_t size_of(const Item& item) { return item.text_end - item.text; }

    bool joins(const Item& last, const Item& item) const {
        return !item.is_settled && !last.is_settled && item.container == last.container &&
               !paths_[item.path].is_title && item.hidden == last.hidden && item.is_heading == last.is_heading &&
               size_of(item) <= short_item && size_of(last) <= short_item;
    }

    void add(std::size_t first, std::size_t behind) {
        const Item& item = items_[first];
        const Item& last = items_[behind - 1];
        std::uint32_t coded = item.coded, linked = item.linked;
        for (std::size_t at = first + 1; at < behind; ++at) {
            coded += items_[at].coded;
            linked += items_[at].linked;
            join(item, items_[at - 1], items_[at]);
        }
        const std::uint32_t size = last.text_end - item.text;
        Block block{};
        block.text = item.text;
        block.text_end = last.text_end;
        block.piece = item.piece;
        block.piece_end = last.piece_end;
        block.start = outline_.pieces[item.piece].origin;
        block.end = last.end;
        block.path = item.path;
        block.hidden = item.hidden;
        block.coded = share(coded, size);
        block.place = place(item, size, linked, behind - first);
        block.attribute = paths_[item.path].is_attribute;
        outline_.blocks.push_back(block);
    }

    // Counts the pieces of an item from the start of its block. The line break in front of it stands for the markup
    // between it and the item before.
    void join(const Item& first, const Item& before, const Item& item) {
        Piece& line_break = outline_.pieces[before.piece_end];
        const std::uint32_t start = outline_.pieces[item.piece].origin;
        line_break = {before.text_end - first.text, before.end, start > before.end ? start - before.end : 1};
        for (std::uint32_t at = item.piece; at < item.piece_end; ++at) {
            outline_.pieces[at].start += item.text - first.text;
        }
    }

    Place place(const Item& first, std::uint32_t size, std::uint32_t linked, std::size_t items) {
        if (first.is_settled) return first.place;
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

    const std::vector<Item>& items_;
    Outline& outline_;
    const std::vector<PathFacts> paths_;
    bool is_head_ = true;
    std::size_t shown_ = 0;
};

}  // namespace

Outline read_markup(const Source& source, Helpers& helpers, Budget& budget) {
    Outline outline;
    const std::vector<Item> items = with_code_points(source, [&](const auto* data) {
        using Unit = std::remove_cv_t<std::remove_pointer_t<decltype(data)>>;
        return Reader<Unit>(data, source.size, helpers, outline, budget).run();
    });
    Grouping(items, outline).run();
    return outline;
}

Outline read_text(const Source& source, Budget& budget) {
    Outline outline;
    outline.names.push_back("text");
    outline.text.reserve(source.size + std::size_t{1});
    with_code_points(source, [&](const auto* at) {
        const auto* start = at;
        const auto* end = at + source.size;
        const auto ends_line = [](std::uint32_t c) {
            return (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
        };
        bool is_head = true;
        while (at < end) {
            const auto* line = at;
            while (at < end && !ends_line(*at)) ++at;
            const auto* line_end = at;
            scan::strip(line, line_end);
            const bool had_text = line < line_end;
            // A long line goes on in the next block.
            for (const auto* rest_end = line_end; line < rest_end; line = line_end, line_end = rest_end) {
                line_end = line + scan::part_size(line, rest_end);
                if (!budget.spend(limits::item)) {
                    outline.unread = static_cast<std::uint32_t>(line - start);
                    return;
                }
                Block block{};
                block.text = static_cast<std::uint32_t>(outline.text.size());
                outline.text.insert(outline.text.end(), line, line_end);
                block.text_end = static_cast<std::uint32_t>(outline.text.size());
                outline.text.push_back('\n');
                block.start = static_cast<std::uint32_t>(line - start);
                block.end = static_cast<std::uint32_t>(line_end - start);
                block.piece = static_cast<std::uint32_t>(outline.pieces.size());
                block.piece_end = block.piece + 1;
                outline.pieces.push_back({0, block.start, 0});
                block.path = 1;
                block.place = is_head ? Place::head : Place::body;
                outline.blocks.push_back(block);
            }
            // The head of a plain text is its first lines, up to the first blank one.
            is_head &= (had_text || outline.blocks.empty()) && outline.blocks.size() < head_runs;
            if (at < end) at += *at == '\r' && end - at > 1 && at[1] == '\n' ? 2 : 1;
        }
    });
    return outline;
}

}  // namespace moderation
