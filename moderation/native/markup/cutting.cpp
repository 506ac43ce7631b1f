#include "markup/cutting.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

#include "html/elements.hpp"
#include "limits.hpp"
#include "markup/reach.hpp"

namespace moderation {

namespace {

// An open element: whether something was cut from it, and whether anything else is in it.
struct Husk : Opened {
    std::uint32_t start = 0;
    bool is_cut = false, is_kept = false;
};

// Finds what cuts of text empty, by one walk over the constructs of a page.
template <class Unit>
class HuskFinder : private OpenElements<Unit, HuskFinder<Unit>, Husk> {
public:
    // `spans`: in order; one of an attribute may lie inside of one of the line around it. `wanted`: the same, merged.
    HuskFinder(const Unit* source, std::uint32_t size, const std::vector<Span>& spans, const std::vector<Span>& wanted,
               const Helpers& helpers)
        : Base(helpers.entities),
          source_(source),
          size_(size),
          entities_(helpers.entities),
          spans_(spans),
          wanted_(wanted),
          reach_(source, size, &helpers.entities),
          next_(wanted[0].start) {}

    // What to cut, in no order.
    std::vector<Span> run() {
        this->read(source_, source_ + size_, 0);
        end_text();
        close_to(1, size_);
        return std::move(found_);
    }

private:
    using Base = OpenElements<Unit, HuskFinder<Unit>, Husk>;
    using Base::stack_, Base::tags_;
    friend Base;
    friend Tokenizer<Unit, HuskFinder<Unit>>;

    enum class Kind : std::uint8_t { text, sheet, script };

    std::uint32_t offset(const Unit* at) const { return static_cast<std::uint32_t>(at - source_); }
    Span span(Slice<Unit> slice) const { return {offset(slice.at), offset(slice.end)}; }

    // ---------------------------------------------------------------------------------------------- text

    void on_text(const Unit* at, const Unit* end) {
        here_ = offset(end);
        if (at == end) return;
        // Text and references that follow each other are one text.
        if (text_.end != offset(at)) end_text();
        if (text_.start == text_.end) text_.start = offset(at);
        text_.end = here_;
    }

    void on_reference(const Unit* at, const Unit* end, const Text&) { on_text(at, end); }
    void on_raw_text(const Unit* at, const Unit* end) { on_text(at, end); }
    void on_style(Slice<Unit> sheet) { cut_text(span(sheet), Kind::sheet); }
    void on_script(Slice<Unit> script) { cut_text(span(script), Kind::script); }
    std::size_t on_raw_start() const { return stack_.size(); }

    void on_raw_end(std::size_t mark) {
        end_text();
        close_to(mark, here_);
    }

    void end_text() {
        if (text_.start == text_.end) return;
        const bool is_script = stack_.back().tag == Tags::script;
        cut_text(std::exchange(text_, Span{0, 0}), !this->is_code() ? Kind::text
                                                   : is_script      ? Kind::script
                                                                    : Kind::sheet);
    }

    void cut_text(Span text, Kind kind) {
        std::vector<Span> cuts;
        if (const std::vector<Span> inside = wanted_in(text); !inside.empty()) {
            if (kind == Kind::script) {
                cuts = reach_.in_script(inside, text);
            } else {
                cuts = reach_.over_joints(inside, text, kind == Kind::text ? Joints::text : Joints::code);
                for (Span& cut : cuts) cut = reach_.over_begun_mark(cut, text);
            }
        }
        std::uint32_t at = text.start;
        bool has_rest = false;
        for (const Span& cut : cuts) {
            has_rest = has_rest || (at < cut.start && reach_.has_text({at, cut.start}));
            at = cut.end;
        }
        if (!cuts.empty()) stack_.back().is_cut = line_.is_cut = true;
        if (has_rest || (at < text.end && reach_.has_text({at, text.end})))
            stack_.back().is_kept = line_.is_kept = true;
        found_.insert(found_.end(), cuts.begin(), cuts.end());
    }

    // What is wanted of a stretch; stretches are asked for in order.
    std::vector<Span> wanted_in(Span bounds) {
        std::vector<Span> inside;
        if (next_ >= bounds.end) return inside;
        while (cursor_ < wanted_.size() && wanted_[cursor_].end <= bounds.start) ++cursor_;
        next_ = cursor_ < wanted_.size() ? wanted_[cursor_].start : size_;
        for (std::size_t at = cursor_; at < wanted_.size() && wanted_[at].start < bounds.end; ++at) {
            inside.push_back({std::max(bounds.start, wanted_[at].start), std::min(bounds.end, wanted_[at].end)});
        }
        return inside;
    }

    // ---------------------------------------------------------------------------------------------- elements

    Content on_start(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given, Slice<Unit> verbatim,
                     bool is_self_closing) {
        const Span here = span(verbatim);
        end_text();
        end_ = here.start;
        const Space space = this->enter_space(tag, facts, given);
        const bool is_html = space == Space::html;
        if (is_html) this->imply_end(facts);
        const bool is_gone = next_ < here.end && cut_attributes(verbatim, is_html && facts.is_meta);
        const Content content = is_html ? facts.content : Content::data;
        if (is_html && tag == Tags::br) {
            if (line_.is_cut && !line_.is_kept) found_.push_back(here);
            line_ = {};
            return content;
        }
        if (is_html ? facts.is_void : is_self_closing) {
            if (is_gone) {
                stack_.back().is_cut = true;
            } else if (tag != Tags::wbr || !is_html) {
                stack_.back().is_kept = line_.is_kept = true;
            }
            return content;
        }
        if (stack_.size() > limits::depth) {
            stack_.back().is_kept = line_.is_kept = true;
            return content;
        }
        const Point point = is_html ? Point::none : foreign::point_of(tag, space, facts, given, entities_);
        const bool is_block = is_html && !facts.is_inline;
        Husk husk;
        husk.start = here.start;
        if (is_block) line_ = {};
        // HTML knows no element that its start tag ends, but who wrote it meant one without content.
        husk.is_kept = is_self_closing;
        line_.is_kept |= is_self_closing;
        this->put(std::move(husk), tag, space, point, is_block || point != Point::none);
        return content;
    }

    void on_end(std::uint32_t tag, Slice<Unit> verbatim) {
        const Span here = span(verbatim);
        end_text();
        end_ = here.start;
        const std::uint32_t at = this->ended_by(tag);
        if (!at) return;
        // An element without an end tag of its own ends where the one around it does.
        close_to(at + 1, here.start);
        close_to(at, here.end);
    }

    void close_to(std::size_t size, std::uint32_t end) {
        end_ = end;
        Base::close_to(size);
    }

    // Ends the innermost element; one that the cuts emptied goes with them.
    void pop() {
        const Husk husk = stack_.back();
        this->drop();
        Husk& around = stack_.back();
        const Facts& facts = tags_.facts(husk.tag);
        const bool is_html = husk.space == Space::html;
        if (husk.is_cut && !husk.is_kept && !(is_html && facts.is_lasting)) {
            // What was found in it goes with it, so that elements deep in each other are one span.
            while (!found_.empty() && found_.back().start >= husk.start) found_.pop_back();
            found_.push_back({husk.start, end_});
            around.is_cut = true;
        } else {
            around.is_kept = true;
        }
        if (is_html && !facts.is_inline) {
            line_ = {};
        } else if (!husk.is_cut) {
            line_.is_kept = true;
        }
    }

    // Takes out attributes whose value is cut whole; of a meta tag, the tag. Whether the tag is gone.
    bool cut_attributes(Slice<Unit> tag, bool is_meta) {
        if (wanted_in(span(tag)).empty()) return false;
        bool is_gone = false;
        search_attributes(tag, [&](const Given<Unit>& given) {
            const Span value = span(given.value);
            const auto starts_before = [](const Span& each, std::uint32_t at) { return each.start < at; };
            const auto first = std::lower_bound(spans_.begin(), spans_.end(), value.start, starts_before);
            const auto last = std::lower_bound(first, spans_.end(), value.end, starts_before);
            std::vector<Span> inside;
            // A span that reaches beyond the value is one of a text around the tag.
            std::copy_if(first, last, std::back_inserter(inside),
                         [&](const Span& each) { return each.end <= value.end; });
            if (inside.empty()) return false;
            const bool is_page = is_word(given.name, "srcdoc");
            const std::vector<Span> cuts =
                reach_.over_joints(merged(std::move(inside)), value, is_page ? Joints::code : Joints::text);
            std::uint32_t size = 0;
            for (const Span& cut : cuts) size += cut.end - cut.start;
            if (size < value.end - value.start) {
                found_.insert(found_.end(), cuts.begin(), cuts.end());
            } else if (is_meta) {
                found_.push_back(span(tag));
                is_gone = true;
            } else {
                const Unit* at = given.name.at;
                while (scan::is_space(at[-1])) --at;
                found_.push_back({offset(at), offset(given.end)});
            }
            return is_gone;
        });
        return is_gone;
    }

    // The line that a <br> would end: whether something was cut from it, and whether anything else is on it.
    struct Line {
        bool is_cut = false, is_kept = false;
    };

    const Unit* const source_;
    const std::uint32_t size_;
    const Entities& entities_;
    const std::vector<Span>&spans_, &wanted_;
    const Reach<Unit> reach_;
    std::vector<Span> found_;
    // The first wanted span that may reach what is read next, and where it starts.
    std::size_t cursor_ = 0;
    std::uint32_t next_;
    Span text_{0, 0};         // read so far, not cut yet
    std::uint32_t here_ = 0;  // where the last text ended
    std::uint32_t end_ = 0;   // where elements end that are popped
    Line line_;
};

}  // namespace

std::vector<Span> plan_cuts(const Source& source, bool is_html, std::vector<Span> spans, const Helpers& helpers) {
    // One that says where reading ended has no text.
    spans.erase(std::remove_if(spans.begin(), spans.end(), [](const Span& each) { return each.start >= each.end; }),
                spans.end());
    std::sort(spans.begin(), spans.end(), [](const Span& one, const Span& other) {
        return one.start != other.start ? one.start < other.start : one.end < other.end;
    });
    const std::vector<Span> wanted = merged(spans);
    if (wanted.empty()) return wanted;
    return with_code_points(source, [&](const auto* data) {
        using Unit = std::remove_cv_t<std::remove_pointer_t<decltype(data)>>;
        std::vector<Span> cuts = is_html
                                     ? HuskFinder<Unit>(data, source.size, spans, wanted, helpers).run()
                                     : Reach<Unit>(data, source.size, nullptr).over_joints(wanted, {0, source.size});
        cuts = merged(std::move(cuts));
        const Reach<Unit> reach(data, source.size, nullptr);
        for (Span& cut : cuts) cut = reach.over_line(cut);
        return merged(std::move(cuts));
    });
}

}  // namespace moderation
