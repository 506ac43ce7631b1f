// The text between the tags of a page on its way to the items: which of it stands together, and where it goes on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "limits.hpp"
#include "markup/ids.hpp"
#include "markup/items.hpp"
#include "markup/open_item.hpp"
#include "markup/paths.hpp"

namespace moderation {

// Takes text as it is read. What is seen and what stands apart from it, titles and what is hidden, are written beside
// each other, so that a line goes on behind what stands apart in it.
template <class Unit>
class TextItems {
public:
    TextItems(const Unit* source, std::uint32_t size, std::vector<OpenItem>& open, Paths& paths, Budget& budget)
        : open_(open),
          paths_(paths),
          budget_(budget),
          // Little of a page is text.
          shown_(source, size / 16 + 64, size + size / 64 + 64),
          apart_(source, 64, size + size / 64 + 64) {}

    // A long text goes on in the next run. `has_nul`: a NUL is one, and not read as U+FFFD.
    void add_words(const Unit* at, const Unit* end, bool has_nul) {
        while (writer_->size() + static_cast<std::size_t>(end - at) > limits::block) {
            const std::uint32_t used = std::min(writer_->size(), limits::block);
            const Unit* const stop = at + scan::part_size(at, end, limits::block - used);
            writer_->add_words(at, stop, state().is_link, has_nul);
            end_current();
            at = stop;
        }
        writer_->add_words(at, end, state().is_link, has_nul);
    }

    void add_reference(const Unit* at, const Unit* end, const Text& resolved) {
        if (resolved == U" " || resolved == U"\t" || resolved == U"\n") return add_blank(at, end);
        writer_->add_reference(at, end, resolved, state().is_link);
        if (writer_->size() > limits::block) end_current();
    }

    void add_blank(const Unit* at, const Unit* end) { writer_->add_blank(at, end); }
    void add_link() { writer_->add_link(); }

    // Ends the line: in what is out of it, that of the text apart alone.
    void flush() {
        if (!state().is_out) end_shown();
        end_apart();
    }

    void end_shown() { end_run(shown_, 0); }
    void end_apart() { end_run(apart_, open_.back().hidden); }

    // Ends both where no steps are left: what was read of them stays.
    void stop() {
        shown_.end_run(item(shown_, 0));
        apart_.end_run(item(apart_, open_.back().hidden));
    }

    // Text goes where its like does: to be called where another element is the innermost one.
    void aim() {
        const OpenItem& top = open_.back();
        writer_ = top.hidden || top.state.is_title ? &apart_ : &shown_;
    }

    // Whether any text is there that is seen.
    bool has_shown() const { return shown_.size() || !shown_.items().empty(); }

    // Whether any is there that a sheet may hide. A title is read before most sheets, and hidden by none.
    bool has_text() const {
        return has_shown() || (apart_.size() && !state().is_title) ||
               (!apart_.items().empty() && apart_.items().back().hidden);
    }

    // Hides the items in elements with one of the ids that scripts hide: these may stand behind what they hide.
    void hide(const Ids<Unit>& ids, const std::set<Text>& hidden, Names& names) {
        if (hidden.empty()) return;
        const std::vector<bool> wanted = ids.among(hidden);
        const std::uint32_t script = names.of("script");
        for (TextWriter<Unit>* writer : {&shown_, &apart_}) {
            for (Item& item : writer->items()) {
                if (!item.hidden && ids.are_around(item, wanted)) item.hidden = script;
            }
        }
    }

    // Where the last item ends in the source.
    std::uint32_t end() const { return std::max(shown_.end(), apart_.end()); }

    TextWriter<Unit>& shown() { return shown_; }
    TextWriter<Unit>& apart() { return apart_; }

private:
    const State& state() const { return open_.back().state; }

    void end_current() { writer_ == &shown_ ? end_shown() : end_apart(); }

    // Ends a run, and the reading where the budget is spent.
    void end_run(TextWriter<Unit>& writer, std::uint32_t hidden) {
        if (!writer.size()) return writer.end_run(item(writer, hidden));
        const std::uint64_t steps = limits::item + writer.run_pieces() / limits::pieces;
        writer.end_run(item(writer, hidden));
        if (!budget_.spend(steps)) throw Spent{};
    }

    // What stands around the current run.
    Item item(const TextWriter<Unit>& writer, std::uint32_t hidden) {
        Item item;
        if (!writer.size()) return item;
        item.path = paths_.here();
        item.hidden = hidden;
        item.ids = state().ids;
        item.along = state().along;
        item.container = open_.back().parent;
        item.is_heading = state().is_heading;
        item.is_footer = state().is_footer;
        item.is_defined = state().is_defined && state().undrawn == Space::html;
        return item;
    }

    std::vector<OpenItem>& open_;
    Paths& paths_;
    Budget& budget_;
    TextWriter<Unit> shown_, apart_;
    TextWriter<Unit>* writer_ = &shown_;  // of the text that is being read
};

}  // namespace moderation
