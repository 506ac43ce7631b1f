// Markup -> items: the walk over a page's constructs that knows what stands around each stretch of text.
//
// Offsets are those of the source by construction, and deep nesting costs nothing. What a tree would add (foster
// parenting, formatting elements) moves no text that matters here. Foreign content is read as the standard has it,
// since it decides what is markup at all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "html/elements.hpp"
#include "markup/attribute_texts.hpp"
#include "markup/drawing_code.hpp"
#include "markup/drawings.hpp"
#include "markup/generated_content.hpp"
#include "markup/hiding.hpp"
#include "markup/ids.hpp"
#include "markup/items.hpp"
#include "markup/open_item.hpp"
#include "markup/page_scripts.hpp"
#include "markup/page_values.hpp"
#include "markup/paths.hpp"
#include "markup/text_items.hpp"

namespace moderation {

// A page in an attribute of a frame, and how the frame is hidden.
struct Frame {
    Value page;
    std::uint32_t hidden;
};

template <class Unit>
class ItemReader : private OpenElements<Unit, ItemReader<Unit>, OpenItem> {
public:
    // `title_end`: where a title without an element ends that stands in front of the page, or 0. `cascade`: the rules
    // of the page's sheets; `is_again`: all of them are learned.
    ItemReader(const Unit* source, std::uint32_t size, std::uint32_t title_end, Helpers& helpers, Outline& outline,
               Budget& budget, Cascade& cascade, bool is_again)
        : Base(helpers.entities),
          source_(source),
          size_(size),
          title_end_(title_end ? source + title_end : nullptr),
          helpers_(helpers),
          outline_(outline),
          budget_(budget),
          names_(outline.names),
          cascade_(cascade),
          is_again_(is_again),
          hiding_(helpers, names_, tags_, cascade),
          paths_(stack_, tags_, names_, budget),
          texts_(source, size, stack_, paths_, budget),
          values_(helpers.entities, budget, 64, size + size / 64 + 64),
          ids_(helpers.entities),
          attributes_(source, paths_, names_, values_),
          content_(names_, cascade, values_),
          scripts_(outline, names_, values_),
          drawings_(helpers.entities, names_, tags_),
          code_(source, outline) {}

    // The pages inside of this one.
    std::vector<Frame> take_frames() { return std::move(frames_); }

    // Whether a sheet that may hide stood behind text that it may be for: then the page is to be read again.
    bool is_late() const { return is_late_; }

    // The items of the page as far as the budget goes, their texts in the outline.
    Items run() {
        try {
            Base::read(source_, source_ + size_, 0);
            // What is not ended does not run, but who reads the page again may end it.
            while (!code_.empty()) end_code();
            texts_.end_shown();
            texts_.end_apart();
            content_.add_variables();
        } catch (const Spent&) {
            texts_.stop();
            outline_.unread = std::min(outline_.unread, std::max(texts_.end(), values_.writer().end()));
        }
        texts_.hide(ids_, scripts_.hidden_ids(), names_);
        drawings_.show_used(texts_.apart().items(), ids_);
        drawings_.hide_lost(texts_.shown().items());
        return {texts_.shown().move_to(outline_), texts_.apart().move_to(outline_), values_.writer().move_to(outline_)};
    }

private:
    using Open = OpenItem;
    using Start = StartTag<Unit>;
    using Base = OpenElements<Unit, ItemReader<Unit>, Open>;
    using Base::close_to, Base::is_code, Base::is_foreign, Base::stack_, Base::tags_;
    friend Base;
    friend Tokenizer<Unit, ItemReader<Unit>>;

    const State& state() const { return stack_.back().state; }

    // The place of the values that stand here.
    Place place() const { return state().is_footer ? Place::footer : Place::body; }

    // ---------------------------------------------------------------------------------------------- text

    void on_text(const Unit* at, const Unit* end) {
        if (at == end) return;
        if (is_code()) return add_code({at, end}, Text());
        if (title_end_ && end > title_end_) {
            // The title's own line.
            if (at < title_end_) add_words(at, title_end_);
            texts_.flush();
            at = std::max(at, title_end_);
            title_end_ = nullptr;
        }
        add_words(at, end);
    }

    void on_reference(const Unit* at, const Unit* end, const Text& resolved) {
        if (is_code()) return add_code({at, end}, resolved);
        texts_.add_reference(at, end, resolved);
    }

    void on_raw_text(const Unit* at, const Unit* end) { add_words(at, end); }

    void add_words(const Unit* at, const Unit* end) { texts_.add_words(at, end, this->has_nul()); }

    std::size_t on_raw_start() const { return stack_.size(); }

    void on_raw_end(std::size_t mark) { close_to(mark); }

    // ---------------------------------------------------------------------------------------------- elements

    Content on_start(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given, Slice<Unit> verbatim,
                     bool is_self_closing) {
        const Start start{tag, facts, given, verbatim, this->has_nul()};
        switch (this->enter_space(tag, facts, given)) {
            case Space::svg: start_drawing(start, is_self_closing); return Content::data;
            case Space::math: start_formula(start, is_self_closing); return Content::data;
            case Space::html: break;
        }
        if (facts.breaks) texts_.flush();
        this->imply_end(facts);
        State inner = state();
        const Looks looks = enter(start, inner, Space::html, facts, 0);
        inner.is_footer |= facts.is_footer;
        if (facts.is_meta) {
            attributes_.read_meta(start);
        } else {
            attributes_.read(start, place(), hidden_of(inner, names_));
        }
        if (links_sheet(start)) hiding_.learn_of_link();
        if (facts.is_void) {
            family_.open.pop_back();
            return Content::data;
        }
        if (given.has(Attribute::srcdoc)) read_frame(start, hidden_of(inner, names_));
        veil_content(start, inner);
        inner.is_link |= facts.is_link;
        inner.is_heading |= facts.is_heading;
        inner.is_out |= looks.is_out;
        inner.is_title = tag == Tags::title;
        const bool is_line = !facts.is_inline && !looks.is_inline;
        if (is_line && !inner.is_out) texts_.flush();
        if (looks.has_gap) texts_.add_blank(verbatim.at, verbatim.end);
        push(tag, Space::html, Point::none, !facts.is_inline, is_line, inner);
        if (facts.is_link) texts_.add_link();
        note_code(tag, given);
        return facts.content;
    }

    // Makes an element the innermost one of the family, and works out what its attributes change for the text inside.
    // `box`: whether it has a size of its own; `by_sheet` is how a browser's own sheet hides it, or 0.
    Looks enter(const Start& start, State& inner, Space space, const Facts& box, std::uint32_t by_sheet) {
        const Attributes<Unit>& given = start.given;
        family_.enter(start.tag, given, start.verbatim, stack_.back().children, cascade_.has_siblings());
        if (given.has_code()) scripts_.read_handlers(given, source_, start.has_nul);
        if (given.has(Attribute::style)) read_variables(given[Attribute::style]);
        inherit(inner, box, given);
        const Looks looks = hiding_.of(box, given, family_, inner.veil, space, by_sheet);
        for (const Text& name : cascade_.shown_attributes) {
            attributes_.read_generated(start, name, place(), hidden_of(inner, names_));
        }
        return looks;
    }

    void inherit(State& inner, const Facts& box, const Attributes<Unit>& given) {
        if (!given[Attribute::id].empty()) inner.ids = ids_.add(given[Attribute::id], inner.ids);
        if (!inner.is_footer && !box.is_inline) {
            inner.is_footer = hiding_.is_footer(given[Attribute::id]) || hiding_.is_footer(given[Attribute::class_]);
        }
    }

    // What a browser shows of no element of this name, or of none that stands here.
    void veil_content(const Start& start, State& inner) {
        const bool is_shadow = is_shadow_root(start);
        if (start.facts.is_unshown && !is_shadow && !inner.veil.hidden)
            inner.veil.hidden = hidden_as(tags_.name(start.tag), names_);
        if (stack_.back().space == Space::math && stack_.back().kind == Point::html) {
            // A formula lays out no elements but its own.
            if (!inner.veil.hidden) inner.veil.hidden = hidden_in(Space::math, names_);
            inner.is_out = true;
        }
        inner.is_out |= start.facts.is_out && !is_shadow;
    }

    // The page that a frame holds in an attribute; frames of no size show nothing of it.
    void read_frame(const Start& start, std::uint32_t hidden) {
        if (!hidden && is_without_size(start.given)) hidden = names_.of("zero-size");
        ValueReader<Unit> reader(helpers_.entities, source_, start.has_nul);
        const Slice<Unit> page = start.given[Attribute::srcdoc];
        frames_.push_back({reader.read(page.at, page.end, false), hidden});
    }

    // An element of MathML.
    void start_formula(const Start& start, bool is_self_closing) {
        constexpr Space space = Space::math;
        State inner = state();
        if (stack_.back().space != Space::svg) hiding_.paint_drawing(false);
        if (start.tag == Tags::mphantom && !inner.veil.invisible) inner.veil.invisible = hidden_in(space, names_);
        const Drawn drawn = drawings_.drawn(start, space, stack_.back());
        const std::uint32_t by_sheet = drawn == Drawn::nothing ? hidden_in(space, names_) : 0;
        const Looks looks = enter(start, inner, space, Facts(), by_sheet);
        attributes_.read(start, place(), inner.veil.of_text());
        if (is_self_closing) return family_.open.pop_back();
        inner.undrawn = drawn == Drawn::elements && !looks.is_displayed ? space : Space::html;
        inner.is_out |= looks.is_out;
        push_foreign(start, space, false, inner);
    }

    // An element of SVG.
    void start_drawing(const Start& start, bool is_self_closing) {
        constexpr Space space = Space::svg;
        State inner = state();
        if (stack_.back().space != space) hiding_.paint_drawing(false);
        Drawn drawn = drawings_.drawn(start, space, stack_.back());
        const bool is_apart = start.tag == Tags::textpath && drawings_.follow_path(start, inner, drawn);
        if (start.facts.is_shape) hiding_.paint_drawing(true);
        drawings_.note(start);
        Facts box;
        box.is_inline = start.tag != Tags::svg && start.tag != Tags::foreign_object;
        const Looks looks = enter(start, inner, space, box, 0);
        attributes_.read(start, place(), hidden_of(inner, names_));
        if (is_self_closing) return family_.open.pop_back();
        inner.undrawn = drawn == Drawn::elements ? space : Space::html;
        inner.is_out |= looks.is_out;
        if (drawn == Drawn::nothing) drawings_.veil_undrawn(start.tag, stack_.back().space, inner);
        push_foreign(start, space, start.tag == Tags::text || is_apart, inner);
    }

    void push_foreign(const Start& start, Space space, bool is_line, State& inner) {
        const Point kind = foreign::point_of(start.tag, space, start.facts, start.given, helpers_.entities);
        inner.is_link |= start.facts.is_link;
        if (is_line && !inner.is_out) texts_.flush();
        push(start.tag, space, kind, kind != Point::none, is_line, inner);
        note_code(start.tag, start.given);
    }

    // The element that was entered last; `is_block`: what is inside stands in a container of its own.
    void push(std::uint32_t tag, Space space, Point kind, bool is_block, bool is_line, const State& inner) {
        if (stack_.size() > limits::depth) throw Spent{};
        const Open& top = stack_.back();
        Open open;
        open.is_line = is_line;
        open.state = inner;
        open.hidden = hidden_of(inner, names_);
        ++keys_;
        open.key = is_block ? keys_ : top.key;
        open.parent = is_block ? top.key : top.parent;
        if (open.hidden != top.hidden || inner.is_out != top.state.is_out) texts_.end_apart();
        this->put(std::move(open), tag, space, kind, is_block);
        texts_.aim();
    }

    void pop() {
        if (code_.stands_at(stack_.size())) end_code();
        const Open& top = stack_.back();
        const Open& outer = stack_[stack_.size() - 2];
        if (top.is_line) {
            texts_.flush();
        } else if (top.hidden != outer.hidden || top.state.is_out != outer.state.is_out) {
            texts_.end_apart();
        }
        this->drop();
        family_.open.pop_back();
        texts_.aim();
    }

    void on_end(std::uint32_t tag, Slice<Unit>) {
        is_ended_ |= tag == Tags::html;
        if (const std::uint32_t at = this->ended_by(tag)) {
            close_to(at);
        } else if (tag == Tags::p || tag == Tags::br) {
            texts_.flush();
        }
    }

    // ---------------------------------------------------------------------------------------------- sheets, scripts

    void on_style(Slice<Unit> sheet) { read_style(sheet, CodeOrigin<Unit>{source_, nullptr}); }
    void on_script(Slice<Unit> script) { read_script(script, CodeOrigin<Unit>{source_, nullptr}); }

    // What a sheet is for, and what a script is written in.
    void note_code(std::uint32_t tag, const Attributes<Unit>& given) {
        if (tag == Tags::style) media_ = given[Attribute::media];
        if (tag != Tags::script) return;
        const Slice<Unit> type = given[Attribute::type];
        is_data_ = scan::starts_with_folded(type.at, type.end, "application/ld+json");
    }

    // Text inside of a script or sheet of a drawing, or a reference and what it stands for.
    void add_code(Slice<Unit> written, const Text& resolved) {
        code_.add(written, resolved, stack_.size(), stack_.back().tag == Tags::style);
    }

    // Reads the script or sheet of a drawing that ends here: what stands in it beside elements of its own.
    void end_code() {
        const typename DrawingCode<Unit>::Code code = code_.take();
        const Value& whole = code.whole;
        if (whole.text.empty()) return code.is_style ? on_style(code.first) : on_script(code.first);
        if (code.is_style) {
            read_style(code_of(whole.text), code_origin(whole));
        } else {
            read_script(code_of(whole.text), code_origin(whole));
        }
        if (!budget_.spend(whole.pieces.size() / limits::pieces)) throw Spent{};
    }

    template <class Of>
    void read_style(Slice<Of> sheet, const CodeOrigin<Of>& origin) {
        const std::size_t attributes = cascade_.shown_attributes.size();
        content_.read(sheet, origin);
        if (is_again_) return;
        const bool has_text = texts_.has_text();
        is_late_ |= hiding_.learn(Text(sheet.at, sheet.end), media_, family_) && has_text;
        is_late_ |= cascade_.shown_attributes.size() > attributes;
    }

    // The custom properties of a style attribute.
    void read_variables(Slice<Unit> style) {
        if (scan::find_pair<Unit>(style.at, style.end, '-', '-') == style.end) return;
        ValueReader<Unit> reader(helpers_.entities, source_, this->has_nul());
        const Value read = reader.read(style.at, style.end, false);
        content_.read(code_of(read.text), code_origin(read));
    }

    template <class Of>
    void read_script(Slice<Of> script, const CodeOrigin<Of>& origin) {
        if (is_data_) return scripts_.read_data(script, origin, this->has_nul());
        const Standing open = texts_.has_shown() ? Standing::inside : Standing::front;
        scripts_.read(script, origin, is_ended_ ? Standing::behind : open);
    }

    const Unit* const source_;
    const std::uint32_t size_;
    const Unit* title_end_;  // where a title in front of the page ends, until that is behind
    Helpers& helpers_;
    Outline& outline_;
    Budget& budget_;
    Names names_;
    Cascade& cascade_;
    const bool is_again_;
    Hiding<Unit> hiding_;
    Family<Unit> family_;
    Slice<Unit> media_{nullptr, nullptr};  // what the sheet is for that is being read
    bool is_data_ = false;                 // of the script that is being read: it is structured data
    bool is_late_ = false;
    bool is_ended_ = false;  // the page's end tag is behind
    std::vector<Frame> frames_;
    std::uint32_t keys_ = 0;
    Paths paths_;
    TextItems<Unit> texts_;
    PageValues values_;
    Ids<Unit> ids_;
    AttributeTexts<Unit> attributes_;
    GeneratedContent content_;
    PageScripts scripts_;
    Drawings<Unit> drawings_;
    DrawingCode<Unit> code_;
};

}  // namespace moderation
