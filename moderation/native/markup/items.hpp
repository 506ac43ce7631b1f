// The items of a page: every stretch of text that stands together, with what is known of it, and how they are written.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "html/outline.hpp"
#include "html/scan.hpp"
#include "html/values.hpp"

namespace moderation {

// A stretch of text before lists are put together: its text and pieces as ranges of an Outline's. `container` is the
// same for the items of a list. `has_place`: it comes with its place, as a meta tag does; `is_heading` and `is_footer`
// say what stands around the others. `coded` and `linked` count characters written as references and inside links.
struct Item {
    std::uint32_t text = 0, text_end = 0;
    std::uint32_t piece = 0, piece_end = 0;
    std::uint32_t end = 0;  // in the source
    std::uint32_t path = 0, hidden = 0;
    std::uint32_t container = 0;
    std::uint32_t ids = 0;
    std::uint32_t along = 0;  // of text along a path: which
    std::uint32_t coded = 0, linked = 0, links = 0;
    Place place = Place::body;
    bool has_place = false, is_heading = false, is_footer = false;
    bool is_defined = false;  // a drawing may use it
};

// Code points that are written once and grow by doubling, but not beyond what is enough for nearly every text.
class TextBuffer {
public:
    TextBuffer(std::size_t size, std::size_t enough) : text_(size, U'\0'), enough_(enough) {}

    char32_t* room(std::size_t size) {
        if (used_ + size > text_.size()) grow(used_ + size);
        char32_t* at = text_.data() + used_;
        used_ += size;
        return at;
    }

    // Of the room given last, what stands in front of `end` is used.
    void use(const char32_t* end) { used_ = static_cast<std::size_t>(end - text_.data()); }

    std::uint32_t used() const { return static_cast<std::uint32_t>(used_); }
    char32_t* data() { return text_.data(); }

    Text take() {
        text_.resize(used_);
        return std::move(text_);
    }

private:
    void grow(std::size_t least) {
        const std::size_t size = std::max(
            least, text_.size() < enough_ ? std::min(2 * text_.size(), enough_) : text_.size() + text_.size() / 4);
        // A string that is told to grow doubles at least; a new one takes what is asked for.
        Text grown;
        grown.reserve(size);
        grown.assign(text_.data(), used_);
        grown.resize(size);
        text_ = std::move(grown);
    }

    Text text_;
    const std::size_t enough_;
    std::size_t used_ = 0;
};

// The items of a page, each kind in source order: the text that a reader sees, the text apart from it (titles and what
// is hidden) and the values of attributes and scripts. Text that goes on behind one of the others is not parted by it.
struct Items {
    std::vector<Item> shown, apart, values;
};

// Writes items one behind the other: those that come as values, whole. A line break follows each item, so that a list
// becomes one block by being taken together.
class ItemWriter {
public:
    // `room`: code points to begin with; `enough`: as many as nearly every text has.
    ItemWriter(std::size_t room, std::size_t enough) : text_(room, enough) {}

    // Adds an item of its own.
    void add_value(const Value& value, Item item) {
        if (value.text.empty()) return;
        item.end = value.end;
        item.coded = value.coded;
        item.has_place = true;
        std::copy(value.text.begin(), value.text.end(), text_.room(value.text.size()));
        pieces_.insert(pieces_.end(), value.pieces.begin(), value.pieces.end());
        end_item(item);
    }

    std::vector<Item>& items() { return items_; }
    const std::vector<Item>& items() const { return items_; }

    // Where the last item ends in the source, or 0.
    std::uint32_t end() const { return items_.empty() ? 0 : items_.back().end; }

    // Hands the items over: their texts and pieces go behind those of an outline.
    std::vector<Item> move_to(Outline& outline) {
        const auto text = static_cast<std::uint32_t>(outline.text.size());
        const auto piece = static_cast<std::uint32_t>(outline.pieces.size());
        for (Item& item : items_) {
            item.text += text;
            item.text_end += text;
            item.piece += piece;
            item.piece_end += piece;
        }
        if (outline.text.empty()) {
            outline.text = text_.take();
            outline.pieces = std::move(pieces_);
        } else {
            outline.text += text_.take();
            outline.pieces.insert(outline.pieces.end(), pieces_.begin(), pieces_.end());
        }
        return std::move(items_);
    }

protected:
    std::uint32_t pieces() const { return static_cast<std::uint32_t>(pieces_.size()); }

    void end_item(Item item) {
        item.text = start_;
        item.text_end = text_.used();
        item.piece = piece_;
        item.piece_end = pieces();
        items_.push_back(item);
        pieces_.push_back({text_.used() - start_, 0, 0});
        *text_.room(1) = '\n';
        start_ = text_.used();
        piece_ = pieces();
    }

    TextBuffer text_;
    std::vector<Piece> pieces_;
    std::vector<Item> items_;

    // Where the text and the pieces of the next item begin.
    std::uint32_t start_ = 0, piece_ = 0;
};

// Writes the text that stands between the tags of a page: the run of it that is being read becomes an item where
// something ends it.
template <class Unit>
class TextWriter : public ItemWriter {
public:
    TextWriter(const Unit* source, std::size_t room, std::size_t enough) : ItemWriter(room, enough), source_(source) {}

    // Pieces of the run.
    std::uint32_t run_pieces() const { return pieces() - piece_; }

    // Code points of the run.
    std::uint32_t size() const { return text_.used() - start_; }

    // Text of the source: words with a blank between them, whatever white space there was. A NUL may stand for U+FFFD.
    void add_words(const Unit* at, const Unit* end, bool is_link, bool has_nul) {
        while (at < end) {
            const Unit* start = at;
            while (at < end && scan::is(*at, scan::blank)) ++at;
            if (at > start) add_blank(start, at);
            if (at == end) return;
            add_space();
            add_piece(offset(at), 0);
            const std::uint32_t size = copy_words(at, end, has_nul);
            end_ = offset(at);
            if (is_link) linked_ += size;
        }
    }

    void add_reference(const Unit* at, const Unit* behind, const Text& resolved, bool is_link) {
        add_space();
        add_piece(offset(at), static_cast<std::uint32_t>(behind - at));
        std::copy(resolved.begin(), resolved.end(), text_.room(resolved.size()));
        end_ = offset(behind);
        const auto size = static_cast<std::uint32_t>(resolved.size());
        coded_ += size;
        if (is_link) linked_ += size;
    }

    // White space: one blank, if text stands on both sides.
    void add_blank(const Unit* at, const Unit* end) {
        if (!size()) return;
        if (!has_space_) space_ = offset(at);
        has_space_ = true;
        space_end_ = offset(end);
    }

    void add_link() { ++links_; }

    // Ends the run where it has text: `item` says what stands around it.
    void end_run(Item item) {
        has_space_ = false;
        if (size()) {
            item.end = end_;
            item.coded = coded_;
            item.linked = linked_;
            item.links = links_;
            end_item(item);
        }
        coded_ = linked_ = links_ = 0;
    }

private:
    std::uint32_t offset(const Unit* at) const { return static_cast<std::uint32_t>(at - source_); }

    // Copies words with single blanks between them, which run with the source; says how much there was.
    std::uint32_t copy_words(const Unit*& at, const Unit* end, bool has_nul) {
        char32_t* const first = text_.room(static_cast<std::size_t>(end - at) + scan::spare);
        char32_t* to = first;
        while (true) {
            at = scan::copy_word(at, end, to);
            if (at == end) break;
            const bool is_blank = scan::is(*at, scan::blank);
            if (is_blank && (*at != ' ' || end - at < 2 || scan::is(at[1], scan::blank))) break;
            *to++ = *at || has_nul ? static_cast<char32_t>(*at) : U'\ufffd';
            ++at;
        }
        text_.use(to);
        return static_cast<std::uint32_t>(to - first);
    }

    // A piece that begins here, unless the last one runs on.
    void add_piece(std::uint32_t origin, std::uint32_t width) {
        if (!width && pieces_.size() > piece_) {
            const Piece& last = pieces_.back();
            if (!last.width && last.origin + size() - last.start == origin) return;
        }
        pieces_.push_back({size(), origin, width});
    }

    void add_space() {
        if (!has_space_) return;
        has_space_ = false;
        add_piece(space_, space_end_ - space_);
        *text_.room(1) = ' ';
    }

    const Unit* const source_;

    // The run: where it ends in the source, the white space behind it, what it counts.
    std::uint32_t end_ = 0;
    bool has_space_ = false;
    std::uint32_t space_ = 0, space_end_ = 0;
    std::uint32_t coded_ = 0, linked_ = 0, links_ = 0;
};

}  // namespace moderation
