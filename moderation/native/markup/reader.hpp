// Markup -> items: the walk over a page's constructs that knows what stands around each stretch of text.
//
// Offsets are those of the source by construction, and deep nesting costs nothing. What a tree would add (foster
// parenting, formatting elements) moves no text that matters here. Foreign content is read as the standard has it,
// since it decides what is markup at all.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "markup/elements.hpp"
#include "markup/hiding.hpp"
#include "markup/items.hpp"
#include "markup/scripts.hpp"
#include "markup/writings.hpp"

namespace moderation {

// A page in an attribute of a frame, and how the frame is hidden.
struct Frame {
    Value page;
    std::uint32_t hidden;
};

// What text inherits from the elements around it. `is_out`: it is no part of the line around it.
struct State {
    Veil veil;
    std::uint32_t ids = 0;
    std::uint32_t along = 0;  // the path that text stands along: in along_, from 1
    bool is_footer = false, is_link = false, is_heading = false;
    bool is_out = false, is_title = false;
    bool is_defined = false;      // it is drawn where an element of a drawing uses it
    Space undrawn = Space::html;  // whose element it is that does not draw text which stands in it
};

// An open element, and what stands inside it.
struct OpenItem : Opened {
    static constexpr std::uint32_t unknown = ~std::uint32_t{0};

    std::uint32_t key = 0, parent = 0;
    std::uint32_t path = unknown;
    std::uint32_t hidden = 0;  // how its own text is
    Children children;
    bool is_line = false;    // it stands on lines of its own
    bool is_chosen = false;  // of a "switch": one of its children is shown
    State state;
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
          writings_(helpers.entities),
          // Little of a page is text.
          shown_(source, size / 16 + 64, size + size / 64 + 64),
          apart_(source, 64, size + size / 64 + 64),
          values_(source, 64, size + size / 64 + 64) {}

    // The pages inside of this one.
    std::vector<Frame> take_frames() { return std::move(frames_); }

    // Whether a sheet that may hide stood behind text that it may be for: then the page is to be read again.
    bool is_late() const { return is_late_; }

    // The items of the page as far as the budget goes, their texts in the outline.
    Items run() {
        try {
            Base::read(source_, source_ + size_, 0);
            // What is not ended does not run, but who reads the page again may end it.
            while (!codes_.empty()) end_code();
            end_shown();
            end_apart();
            add_variables();
        } catch (const Spent&) {
            shown_.end_run(item(shown_, 0));
            apart_.end_run(item(apart_, stack_.back().hidden));
            std::uint32_t end = 0;
            for (auto* writer : {&shown_, &apart_, &values_}) {
                if (!writer->items().empty()) end = std::max(end, writer->items().back().end);
            }
            outline_.unread = std::min(outline_.unread, end);
        }
        hide_by_script();
        show_used();
        hide_lost();
        return {shown_.move_to(outline_), apart_.move_to(outline_), values_.move_to(outline_)};
    }

private:
    using Open = OpenItem;
    using Base = OpenElements<Unit, ItemReader<Unit>, Open>;
    using Base::close_to, Base::is_code, Base::is_foreign, Base::stack_, Base::tags_;
    friend Base;
    friend Tokenizer<Unit, ItemReader<Unit>>;

    // An id and those of the elements around it.
    struct Id {
        std::uint32_t outer;
        Slice<Unit> value;
    };

    // A script or sheet in a drawing that is being read, and how many elements are open in it and around it. `whole` is
    // empty as long as it is no more than the text `first`.
    struct Code {
        std::size_t depth;
        bool is_style;
        Slice<Unit> first;
        Value whole;
    };

    // Where code stands: in the page itself, from `base` on, or in a text that was put together from `pieces` of it.
    template <class Of>
    struct Told {
        const Of* base;
        const std::vector<Piece>* pieces;

        std::uint32_t offset(const Of* at) const { return static_cast<std::uint32_t>(at - base); }
        Value placed(Value&& value) const { return pieces ? traced(std::move(value), *pieces) : std::move(value); }
    };

    template <std::size_t size>
    using Numbers = std::array<std::uint32_t, size>;

    struct Hash {
        template <std::size_t size>
        std::size_t operator()(const Numbers<size>& numbers) const {
            return keyed_hash(numbers.data(), numbers.data() + size);
        }
    };

    const State& state() const { return stack_.back().state; }

    // ---------------------------------------------------------------------------------------------- text

    void on_text(const Unit* at, const Unit* end) {
        if (at == end) return;
        if (is_code()) return add_code({at, end}, Text());
        if (title_end_ && end > title_end_) {
            // The title's own line.
            if (at < title_end_) add_words(at, title_end_);
            flush();
            at = std::max(at, title_end_);
            title_end_ = nullptr;
        }
        add_words(at, end);
    }

    void on_reference(const Unit* at, const Unit* end, const Text& resolved) {
        if (is_code()) return add_code({at, end}, resolved);
        if (resolved == U" " || resolved == U"\t" || resolved == U"\n") {
            writer_->add_blank(at, end);
        } else {
            writer_->add_reference(at, end, resolved, state().is_link);
            if (writer_->size() > limits::block) end_current();
        }
    }

    void on_raw_text(const Unit* at, const Unit* end) { add_words(at, end); }

    // A long text goes on in the next run.
    void add_words(const Unit* at, const Unit* end) {
        while (writer_->size() + static_cast<std::size_t>(end - at) > limits::block) {
            const std::uint32_t used = std::min(writer_->size(), limits::block);
            const Unit* const stop = at + scan::part_size(at, end, limits::block - used);
            writer_->add_words(at, stop, state().is_link, this->has_nul());
            end_current();
            at = stop;
        }
        writer_->add_words(at, end, state().is_link, this->has_nul());
    }

    // ---------------------------------------------------------------------------------------------- code in drawings

    // Text between two constructs, or a reference and what it stands for.
    void add_code(Slice<Unit> written, const Text& resolved) {
        if (codes_.empty() || codes_.back().depth != stack_.size()) {
            codes_.push_back({stack_.size(), stack_.back().tag == Tags::style, written, {}});
            if (!resolved.empty()) put_code(written, resolved);
            return;
        }
        if (codes_.back().whole.text.empty()) put_code(codes_.back().first, Text());
        put_code(written, resolved);
    }

    void put_code(Slice<Unit> written, const Text& resolved) {
        Value& whole = codes_.back().whole;
        const auto size = static_cast<std::size_t>(written.end - written.at);
        const std::uint32_t start = static_cast<std::uint32_t>(written.at - source_);
        if (whole.text.size() + size > limits::pieced_code) {
            outline_.unread = std::min(outline_.unread, start);
            return;
        }
        const auto width = resolved.empty() ? 0 : static_cast<std::uint32_t>(size);
        whole.pieces.push_back({static_cast<std::uint32_t>(whole.text.size()), start, width});
        if (resolved.empty()) {
            whole.text.append(written.at, written.end);
        } else {
            whole.text += resolved;
        }
    }

    // Reads the script or sheet that ends here: what stands in it beside elements of its own.
    void end_code() {
        const Code code = std::move(codes_.back());
        codes_.pop_back();
        const Value& whole = code.whole;
        if (whole.text.empty()) return code.is_style ? on_style(code.first) : on_script(code.first);
        const char32_t* const text = whole.text.data();
        const Slice<char32_t> slice{text, text + whole.text.size()};
        const Told<char32_t> told{text, &whole.pieces};
        code.is_style ? read_style(slice, told) : read_script(slice, told);
        if (!budget_.spend(whole.pieces.size() / limits::pieces)) throw Spent{};
    }

    std::size_t on_raw_start() const { return stack_.size(); }

    void on_raw_end(std::size_t mark) { close_to(mark); }

    // Ends the line: in what is out of it, that of the text apart alone.
    void flush() {
        if (!state().is_out) end_shown();
        end_apart();
    }

    void end_shown() { end_run(shown_, 0); }
    void end_apart() { end_run(apart_, stack_.back().hidden); }
    void end_current() { writer_ == &shown_ ? end_shown() : end_apart(); }

    // Ends a run, and the reading where the budget is spent.
    void end_run(ItemWriter<Unit>& writer, std::uint32_t hidden) {
        if (!writer.size()) return writer.end_run(item(writer, hidden));
        const std::uint64_t steps = limits::item + writer.run_pieces() / limits::pieces;
        writer.end_run(item(writer, hidden));
        if (!budget_.spend(steps)) throw Spent{};
    }

    // What stands around the current run.
    Item item(const ItemWriter<Unit>& writer, std::uint32_t hidden) {
        Item item;
        if (!writer.size()) return item;
        item.path = path();
        item.hidden = hidden;
        item.ids = state().ids;
        item.along = state().along;
        item.container = stack_.back().parent;
        item.is_heading = state().is_heading;
        item.is_footer = state().is_footer;
        item.is_defined = state().is_defined && state().undrawn == Space::html;
        return item;
    }

    // ---------------------------------------------------------------------------------------------- elements

    // What a browser shows of no element of this name, or of none that stands here.
    void veil_content(std::uint32_t tag, const Facts& facts, Slice<Unit> verbatim, State& inner) {
        const bool is_shadow = tag == Tags::template_ && is_shadow_root(verbatim);
        if (facts.is_unshown && !is_shadow && !inner.veil.hidden) inner.veil.hidden = hidden_as(tags_.name(tag));
        if (stack_.back().space == Space::math && stack_.back().kind == Point::html) {
            // A formula lays out no elements but its own.
            if (!inner.veil.hidden) inner.veil.hidden = hidden_as(U"math");
            inner.is_out = true;
        }
        inner.is_out |= facts.is_out && !is_shadow;
    }

    Content on_start(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given, Slice<Unit> verbatim,
                     bool is_self_closing) {
        if (const Space space = this->enter_space(tag, facts, given); space != Space::html) {
            start_foreign(tag, space, facts, given, verbatim, is_self_closing);
            return Content::data;
        }
        if (facts.breaks) flush();
        this->imply_end(facts);
        State inner = state();
        const Looks looks = enter(tag, facts, given, verbatim, inner, Space::html, 0);
        inner.is_footer |= facts.is_footer;
        if (facts.is_meta) {
            read_meta(given, verbatim);
        } else {
            read_titles(tag, given, verbatim, hidden_of(inner));
        }
        if (tag == Tags::link && links_sheet(verbatim)) hiding_.learn_of_link();
        if (facts.is_void) {
            family_.open.pop_back();
            return Content::data;
        }
        if (given.has(Attribute::srcdoc)) read_frame(given, inner);
        veil_content(tag, facts, verbatim, inner);
        inner.is_link |= facts.is_link;
        inner.is_heading |= facts.is_heading;
        inner.is_out |= looks.is_out;
        inner.is_title = tag == Tags::title;
        const bool is_line = !facts.is_inline && !looks.is_inline;
        if (is_line && !inner.is_out) flush();
        if (looks.has_gap) writer_->add_blank(verbatim.at, verbatim.end);
        push(tag, Space::html, Point::none, !facts.is_inline, is_line, inner);
        if (facts.is_link) writer_->add_link();
        note_code(tag, given);
        return facts.content;
    }

    // Makes an element the innermost one of the family, and works out what its attributes change for the text inside;
    // `by_sheet` is how a browser's own sheet hides it, or 0.
    Looks enter(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given, Slice<Unit> verbatim,
                State& inner, Space space, std::uint32_t by_sheet) {
        family_.enter(tag, given, verbatim, stack_.back().children, cascade_.has_siblings());
        if (given.has_code()) read_handlers(given);
        if (given.has(Attribute::style)) read_variables(given[Attribute::style]);
        inherit(inner, facts, given);
        const Looks looks = hiding_.of(facts, given, family_, inner.veil, space, by_sheet);
        for (const Text& name : cascade_.shown_attributes) read_shown(tag, name, verbatim, hidden_of(inner));
        return looks;
    }

    // Whether a template is the content of the element around it.
    static bool is_shadow_root(Slice<Unit> verbatim) {
        Slice<Unit> mode{nullptr, nullptr};
        if (!find_given(verbatim, U"shadowrootmode", mode)) return false;
        const auto is = [&](std::string_view word) {
            return static_cast<std::size_t>(mode.end - mode.at) == word.size() &&
                   scan::starts_with_folded(mode.at, mode.end, word);
        };
        return is("open") || is("closed");
    }

    static bool links_sheet(Slice<Unit> verbatim) {
        Slice<Unit> value{nullptr, nullptr};
        return find_given(verbatim, U"rel", value) && scan::starts_with_folded(value.at, value.end, "stylesheet");
    }

    std::uint32_t hidden_of(const State& state) {
        const std::uint32_t hidden = state.veil.of_text();
        return hidden || state.undrawn == Space::html ? hidden : hidden_in(state.undrawn);
    }

    std::uint32_t hidden_in(Space space) { return hidden_as(space == Space::svg ? U"svg" : U"math"); }

    // What is drawn of an element of SVG or MathML, where it stands.
    Drawn drawn_of(std::uint32_t tag, Space space, const Facts& facts, Slice<Unit> verbatim) {
        Open& top = stack_.back();
        const bool is_math = space == Space::math;
        const bool is_in_text = top.space == Space::svg && top.kind == Point::none && state().undrawn == Space::html;
        Drawn drawn = foreign::drawn(tag, space, facts, top.space, top.kind, tags_.facts(top.tag),
                                     top.children.count + 1, is_in_text);
        if (!is_math && top.space == Space::svg && top.tag == Tags::switch_) {
            if (top.is_chosen || !is_fit(verbatim)) drawn = Drawn::nothing;
            top.is_chosen |= is_fit(verbatim);
        }
        return drawn;
    }

    // Text along no path stands nowhere. Whether a path stands behind it, is known at the end of the page: whether text
    // may follow one that does.
    bool follow_path(Slice<Unit> verbatim, State& inner, Drawn& drawn) {
        Slice<Unit> path{nullptr, nullptr};
        if (find_given(verbatim, U"path", path)) return false;
        const Text along = reference(verbatim);
        if (along.empty()) drawn = Drawn::nothing;
        if (along.empty() || path_ids_.count(along) || along_.size() >= most_used) return false;
        along_.push_back(along);
        inner.along = static_cast<std::uint32_t>(along_.size());
        return true;
    }

    // Notes what an element of SVG is for others: a shape that paints what is behind it, what is used, a path.
    void note_drawing(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given, Slice<Unit> verbatim) {
        if (facts.is_shape) hiding_.paint_drawing(true);
        if (tag == Tags::use) note_use(verbatim);
        if (tag == Tags::path) note_path(given);
    }

    // Notes a path that text may stand along.
    void note_path(const Attributes<Unit>& given) {
        if (given[Attribute::id].empty()) return;
        are_paths_known_ &= path_ids_.size() < most_used;
        if (are_paths_known_) path_ids_.insert(resolved(helpers_.entities, given[Attribute::id]));
    }

    // Hides what stands in an element of SVG that is not drawn; what others may use is drawn with these.
    void veil_undrawn(std::uint32_t tag, State& inner) {
        const bool is_store = tag == Tags::defs || tag == Tags::symbol;
        inner.is_defined = is_store && (inner.is_defined || !inner.veil.hidden);
        if (is_store) inner.undrawn = Space::svg;
        const Space around = stack_.back().space;
        if (!inner.veil.hidden) inner.veil.hidden = hidden_in(around == Space::math ? around : Space::svg);
        inner.is_out = true;
    }

    // An element of SVG or MathML.
    void start_foreign(std::uint32_t tag, Space space, const Facts& facts, const Attributes<Unit>& given,
                       Slice<Unit> verbatim, bool is_self_closing) {
        State inner = state();
        const bool is_math = space == Space::math;
        if (stack_.back().space != Space::svg) hiding_.paint_drawing(false);
        if (is_math && tag == Tags::mphantom && !inner.veil.invisible) inner.veil.invisible = hidden_in(space);
        Drawn drawn = drawn_of(tag, space, facts, verbatim);
        const bool is_apart = !is_math && tag == Tags::textpath && follow_path(verbatim, inner, drawn);
        if (!is_math) note_drawing(tag, facts, given, verbatim);
        Facts box;  // what has a size of its own
        box.is_inline = is_math || (tag != Tags::svg && tag != Tags::foreign_object);
        const std::uint32_t by_sheet = is_math && drawn == Drawn::nothing ? hidden_in(space) : 0;
        const Looks looks = enter(tag, box, given, verbatim, inner, space, by_sheet);
        read_titles(tag, given, verbatim, is_math ? inner.veil.of_text() : hidden_of(inner));
        if (is_self_closing) return family_.open.pop_back();
        const Point kind = foreign::point_of(tag, space, facts, given, helpers_.entities);
        const bool is_text = space == Space::svg && tag == Tags::text;
        inner.undrawn = drawn == Drawn::elements && !(is_math && looks.is_displayed) ? space : Space::html;
        inner.is_out |= looks.is_out;
        if (!is_math && drawn == Drawn::nothing) veil_undrawn(tag, inner);
        inner.is_link |= facts.is_link;
        const bool is_line = is_text || is_apart;
        if (is_line && !inner.is_out) flush();
        push(tag, space, kind, kind != Point::none, is_line, inner);
        note_code(tag, given);
    }

    // What a sheet is for, and what a script is written in.
    void note_code(std::uint32_t tag, const Attributes<Unit>& given) {
        if (tag == Tags::style) media_ = given[Attribute::media];
        if (tag == Tags::script) type_ = given[Attribute::type];
    }

    // Whether a browser takes an element inside of a "switch".
    static bool is_fit(Slice<Unit> verbatim) {
        Slice<Unit> asked{nullptr, nullptr};
        if (find_given(verbatim, U"requiredextensions", asked)) return false;
        if (!find_given(verbatim, U"systemlanguage", asked)) return true;
        return scan::starts_with_folded(asked.at, asked.end, "zh") ||
               scan::starts_with_folded(asked.at, asked.end, "en");
    }

    // Notes the id that a "use" shows once more.
    void note_use(Slice<Unit> verbatim) {
        if (used_.size() >= most_used) return;
        const Text used = reference(verbatim);
        if (!used.empty()) used_.insert(used);
    }

    // The id that an element of a drawing leads to, or an empty text.
    Text reference(Slice<Unit> verbatim) {
        Slice<Unit> value{nullptr, nullptr};
        if (!find_given(verbatim, U"href", value) && !find_given(verbatim, U"xlink:href", value)) return {};
        const Text address = resolved(helpers_.entities, value);
        return address.size() > 1 && address[0] == '#' ? address.substr(1) : Text();
    }

    // The page that a frame holds in an attribute; frames of no size show nothing of it.
    void read_frame(const Attributes<Unit>& given, const State& inner) {
        std::uint32_t hidden = hidden_of(inner);
        for (const Attribute side : {Attribute::width, Attribute::height}) {
            const Unit* at = scan::skip_space(given[side].at, given[side].end);
            const bool is_number = at < given[side].end && scan::is(*at, scan::digit);
            if (!hidden && is_number && read_number(at, given[side].end, 10, 9) <= 2) hidden = names_.of("zero-size");
        }
        ValueReader<Unit> reader(helpers_.entities, source_, this->has_nul());
        const Slice<Unit> page = given[Attribute::srcdoc];
        frames_.push_back({reader.read(page.at, page.end, false), hidden});
    }

    // The element that was entered last; `is_block`: what is inside stands in a container of its own.
    void push(std::uint32_t tag, Space space, Point kind, bool is_block, bool is_line, const State& inner) {
        if (stack_.size() > limits::depth) throw Spent{};
        const Open& top = stack_.back();
        Open open;
        open.is_line = is_line;
        open.state = inner;
        open.hidden = hidden_of(inner);
        ++keys_;
        open.key = is_block ? keys_ : top.key;
        open.parent = is_block ? top.key : top.parent;
        if (open.hidden != top.hidden || inner.is_out != top.state.is_out) end_apart();
        this->put(std::move(open), tag, space, kind, is_block);
        aim();
    }

    void pop() {
        if (!codes_.empty() && codes_.back().depth == stack_.size()) end_code();
        const Open& top = stack_.back();
        const Open& outer = stack_[stack_.size() - 2];
        if (top.is_line) {
            flush();
        } else if (top.hidden != outer.hidden || top.state.is_out != outer.state.is_out) {
            end_apart();
        }
        this->drop();
        family_.open.pop_back();
        aim();
    }

    // Text goes where its like does.
    void aim() {
        const Open& top = stack_.back();
        writer_ = top.hidden || top.state.is_title ? &apart_ : &shown_;
    }

    std::uint32_t hidden_as(View how) {
        name_.clear();
        append_utf8(how, name_);
        return names_.of(name_);
    }

    void inherit(State& inner, const Facts& facts, const Attributes<Unit>& given) {
        if (!given[Attribute::id].empty()) {
            ids_.push_back({inner.ids, given[Attribute::id]});
            inner.ids = static_cast<std::uint32_t>(ids_.size());
        }
        if (!inner.is_footer && !facts.is_inline) {
            inner.is_footer = hiding_.is_footer(given[Attribute::id]) || hiding_.is_footer(given[Attribute::class_]);
        }
    }

    void on_end(std::uint32_t tag, Slice<Unit>) {
        is_ended_ |= tag == Tags::html;
        if (const std::uint32_t at = this->ended_by(tag)) {
            close_to(at);
        } else if (tag == Tags::p || tag == Tags::br) {
            flush();
        }
    }

    // ---------------------------------------------------------------------------------------------- attributes

    void read_meta(const Attributes<Unit>& given, Slice<Unit> verbatim) {
        if (!given.has(Attribute::content)) return;
        for (const Attribute which : {Attribute::name, Attribute::property, Attribute::itemprop}) {
            if (given[which].empty()) continue;
            const Text text = resolved(helpers_.entities, given[which]);
            const View name = scan::strip(text);
            if (!is_meta_text(name)) return;
            // Of these most are dates, names of programs and tags in English.
            const char32_t first = scan::lower(name[0]);
            const bool is_small = first == 'c' || (first == 'a' && name.find(U':') != View::npos);
            if (is_small && !with_resolved(helpers_.entities, given[Attribute::content], is_foreign_text)) return;
            name_ = "meta[";
            for (const char32_t c : name) {
                // Of the letters that pass for others where case does not count, two have a lower case.
                if (c == 0x130) {
                    name_ += "i\u0307";
                } else {
                    append_utf8(c == 0x212a ? U'k' : scan::lower(c), name_);
                }
            }
            name_ += ']';
            add_attribute("content", verbatim, Place::meta, names_.of(name_), 0);
            return;
        }
    }

    // The metadata that is text, as search engines and people who share a page show it.
    static bool is_meta_text(View name) {
        constexpr std::size_t longest = std::string_view("apple-mobile-web-app-title").size();
        if (name.size() > longest) return false;
        std::string word;
        for (const char32_t c : name) {
            const std::uint32_t folded = scripts::folded(c);
            if (folded >= 0x80) return false;
            word.push_back(static_cast<char>(folded));
        }
        const auto is_among = [](std::string_view what, std::initializer_list<std::string_view> words) {
            return std::find(words.begin(), words.end(), what) != words.end();
        };
        const std::size_t sign = word.find_first_of(":.");
        if (sign == std::string::npos) {
            return is_among(
                word, {"description", "keywords", "title", "news_keywords", "author", "abstract", "subject", "name",
                       "headline", "alternatename", "application-name", "apple-mobile-web-app-title", "copyright"});
        }
        const std::string_view site(word.data(), sign), what(word.data() + sign + 1, word.size() - sign - 1);
        if (word == "article:tag") return true;
        if (is_among(site, {"dc", "dcterms"})) {
            return is_among(what, {"title", "description", "subject", "creator", "publisher"});
        }
        return is_among(site, {"og", "twitter"}) &&
               is_among(what, {"title", "description", "site_name", "image:alt", "video:title"});
    }

    void read_titles(std::uint32_t tag, const Attributes<Unit>& given, Slice<Unit> verbatim, std::uint32_t hidden) {
        if (!given.has_text()) return;
        read_title(tag, Attribute::alt, "alt", given, verbatim, hidden);
        read_title(tag, Attribute::title, "title", given, verbatim, hidden);
        read_title(tag, Attribute::aria_label, "aria-label", given, verbatim, hidden);
        read_title(tag, Attribute::placeholder, "placeholder", given, verbatim, hidden);
        if (tag == Tags::input && is_seen_value(given))
            read_title(tag, Attribute::value, "value", given, verbatim, hidden);
        if (tag == Tags::option || tag == Tags::optgroup || tag == Tags::track)
            read_title(tag, Attribute::label, "label", given, verbatim, hidden);
        if (tag == Tags::table) read_title(tag, Attribute::summary, "summary", given, verbatim, hidden);
        if (tag == Tags::th || tag == Tags::td) read_title(tag, Attribute::abbr, "abbr", given, verbatim, hidden);
        read_title(tag, Attribute::aria_description, "aria-description", given, verbatim, hidden);
        read_title(tag, Attribute::aria_roledescription, "aria-roledescription", given, verbatim, hidden);
        read_title(tag, Attribute::aria_placeholder, "aria-placeholder", given, verbatim, hidden);
        read_title(tag, Attribute::aria_valuetext, "aria-valuetext", given, verbatim, hidden);
    }

    // An attribute that a sheet shows in front of its element or behind it.
    void read_shown(std::uint32_t tag, const Text& name, Slice<Unit> verbatim, std::uint32_t hidden) {
        Slice<Unit> value{nullptr, nullptr};
        if (!find_given(verbatim, name, value) || !with_resolved(helpers_.entities, value, is_foreign_text)) return;
        name_ = names_[path()] + '/';
        add_name(tag);
        name_ += '[';
        append_utf8(name, name_);
        name_ += ']';
        budget_.spend(limits::path);
        add_value(value, false, state().is_footer ? Place::footer : Place::body, names_.of(name_), hidden);
    }

    // Whether an input shows its value: those of no type or of an unknown one are text.
    static bool is_seen_value(const Attributes<Unit>& given) {
        const Slice<Unit> type = given[Attribute::type];
        if (type.empty()) return true;
        for (const std::string_view unshown : {"hidden", "checkbox", "radio", "file", "image", "color", "range", "date",
                                               "month", "week", "time", "password", "number"}) {
            if (scan::starts_with_folded(type.at, type.end, unshown)) return false;
        }
        return true;
    }

    void read_title(std::uint32_t tag, Attribute which, std::string_view name, const Attributes<Unit>& given,
                    Slice<Unit> verbatim, std::uint32_t hidden) {
        if (!given.has(which) || !with_resolved(helpers_.entities, given[which], is_foreign_text)) return;
        const Numbers<3> key{path(), tag, static_cast<std::uint32_t>(which)};
        const auto [found, is_new] = titles_.try_emplace(key, 0);
        if (is_new) {
            name_ = names_[path()] + '/';
            add_name(tag);
            budget_.spend(limits::path);
            name_ += '[';
            name_ += name;
            name_ += ']';
            found->second = names_.of(name_);
        }
        add_attribute(name, verbatim, state().is_footer ? Place::footer : Place::body, found->second, hidden);
    }

    // Whether a value has characters beyond ASCII and is not white space alone. A NUL is U+FFFD.
    static constexpr auto is_foreign_text = [](auto value) {
        bool is_ascii = true, is_blank = true;
        for (auto at = value.at; at < value.end; ++at) {
            is_ascii &= *at && *at < 0x80;
            is_blank &= scan::is_space(*at);
        }
        return !is_ascii && !is_blank;
    };

    void add_attribute(std::string_view name, Slice<Unit> verbatim, Place place, std::uint32_t path,
                       std::uint32_t hidden) {
        const Slice<Unit> value = find_attribute(verbatim, name);
        if (!value.empty()) add_value(value, false, place, path, hidden);
    }

    void add_value(Slice<Unit> value, bool has_escapes, Place place, std::uint32_t path, std::uint32_t hidden) {
        ValueReader<Unit> reader(helpers_.entities, source_, this->has_nul());
        add_value(reader.read(value.at, value.end, has_escapes), place, path, hidden);
    }

    void add_value(Value value, Place place, std::uint32_t path, std::uint32_t hidden) {
        Item item;
        item.place = place;
        item.path = path;
        item.hidden = hidden;
        in_parts(std::move(value), [&](Value&& part) {
            const std::uint64_t steps = limits::item + part.pieces.size() / limits::pieces;
            values_.add_value(std::move(part), item);
            if (!budget_.spend(steps)) throw Spent{};
        });
    }

    // ---------------------------------------------------------------------------------------------- styles, scripts

    void on_style(Slice<Unit> sheet) { read_style(sheet, Told<Unit>{source_, nullptr}); }
    void on_script(Slice<Unit> script) { read_script(script, Told<Unit>{source_, nullptr}); }

    template <class Of>
    void read_style(Slice<Of> sheet, const Told<Of>& told) {
        const std::size_t attributes = cascade_.shown_attributes.size();
        read_contents(sheet, told);
        if (is_again_) return;
        // A title is read before most sheets, and hidden by none.
        const bool has_text = shown_.size() || !shown_.items().empty() || (apart_.size() && !state().is_title) ||
                              (!apart_.items().empty() && apart_.items().back().hidden);
        is_late_ |= hiding_.learn(Text(sheet.at, sheet.end), media_, family_) && has_text;
        is_late_ |= cascade_.shown_attributes.size() > attributes;
    }

    // Text that a sheet puts in front of elements or behind them: `content: "…"`. Signs and the letters of icon fonts,
    // which most such strings are, are none.
    template <class Of>
    void read_contents(Slice<Of> sheet, const Told<Of>& told) {
        const bool has_variables = scan::find_pair<Of>(sheet.at, sheet.end, '-', '-') != sheet.end;
        for (const Of* at = sheet.at; (at = scan::find<Of>(at, sheet.end, ':')) < sheet.end;) {
            const Of* const name_end = css_name_end(sheet.at, at++);
            const Text variable = has_variables ? variable_name(sheet.at, name_end) : Text();
            if (variable.empty() && !is_content(sheet.at, name_end)) continue;
            while (at < sheet.end && *at != ';' && *at != '}') {
                if (*at != '"' && *at != '\'') {
                    if (variable.empty() && (scan::lower(*at) == 'a' || scan::lower(*at) == 'v')) {
                        note_shown(at, sheet.end);
                    }
                    ++at;
                    continue;
                }
                const Of quote = *at++;
                const Of* end = at;
                while (end < sheet.end && *end != quote && *end != '\n')
                    end += *end == '\\' && sheet.end - end > 1 ? 2 : 1;
                add_content(at, end, told, variable);
                at = end < sheet.end ? end + 1 : end;
            }
        }
    }

    // The name of a custom property that ends at `end`, or an empty text.
    template <class Of>
    static Text variable_name(const Of* begin, const Of* end) {
        constexpr std::ptrdiff_t longest = 64;
        const Of* at = end;
        while (at > begin && end - at < longest && is_css_name(at[-1])) --at;
        return end - at > 2 && at[0] == '-' && at[1] == '-' ? Text(at, end) : Text();
    }

    template <class Of>
    static bool is_css_name(Of c) {
        return c >= 0x80 || scan::is(c, scan::letter | scan::digit) || c == '-' || c == '_';
    }

    // Notes what "attr(name)" or "var(--name)" at `at` shows. Attributes that are read anyway are left out.
    template <class Of>
    void note_shown(const Of* at, const Of* end) {
        constexpr std::size_t most_attributes = 8, most_variables = 64, longest = 64;
        const bool is_attribute = scan::starts_with_folded(at, end, "attr(");
        if (!is_attribute && !scan::starts_with_folded(at, end, "var(")) return;
        at = scan::skip_space(at + (is_attribute ? 5 : 4), end);
        Text name;
        for (; at < end && is_css_name(*at) && name.size() < longest; ++at) {
            name.push_back(is_attribute ? static_cast<char32_t>(scan::lower(*at)) : static_cast<char32_t>(*at));
        }
        for (const View known : {U"title", U"alt", U"aria-label", U"placeholder", U"href", U"class", U"id"}) {
            if (is_attribute && name == known) return;
        }
        std::vector<Text>& names = is_attribute ? cascade_.shown_attributes : cascade_.shown_variables;
        const bool is_known = std::find(names.begin(), names.end(), name) != names.end();
        if (name.empty() || is_known || names.size() >= (is_attribute ? most_attributes : most_variables)) return;
        names.push_back(std::move(name));
    }

    // The custom properties of a style attribute.
    void read_variables(Slice<Unit> style) {
        if (scan::find_pair<Unit>(style.at, style.end, '-', '-') == style.end) return;
        ValueReader<Unit> reader(helpers_.entities, source_, this->has_nul());
        const Value read = reader.read(style.at, style.end, false);
        const char32_t* const text = read.text.data();
        read_contents(Slice<char32_t>{text, text + read.text.size()}, Told<char32_t>{text, &read.pieces});
    }

    // The custom properties that sheets show, among the values in the order of the source.
    void add_variables() {
        const std::uint32_t path = names_.of("style[content]");
        bool is_any = false;
        for (auto& [name, value] : variables_) {
            const std::vector<Text>& shown = cascade_.shown_variables;
            if (std::find(shown.begin(), shown.end(), name) == shown.end()) continue;
            is_any = true;
            add_value(std::move(value), Place::body, path, 0);
        }
        std::vector<Item>& items = values_.items();
        if (!is_any) return;
        std::stable_sort(items.begin(), items.end(),
                         [](const Item& one, const Item& two) { return one.end < two.end; });
    }

    // Whether the name of a property that ends at `end` is that of such text; any letter may be written as an escape.
    template <class Of>
    static bool is_content(const Of* begin, const Of* end) {
        constexpr std::string_view property = "content";
        constexpr auto size = static_cast<std::ptrdiff_t>(property.size());
        // The longest escape: a backslash, six digits, and the two characters of a line's end.
        constexpr std::ptrdiff_t longest = 9;
        if (end - begin >= size && scan::starts_with_folded(end - size, end, property)) return true;
        const Of* at = end;
        bool has_escape = false;
        for (; at > begin && end - at < longest * size && !is_mark(at[-1]); --at) has_escape |= at[-1] == '\\';
        if (!has_escape) return false;
        while (at < end && scan::is(*at, scan::blank)) ++at;
        for (const char letter : property) {
            if (at >= end || scan::lower(read_css(at, end)) != static_cast<std::uint32_t>(letter)) return false;
        }
        return at >= end;
    }

    // What a property's name does not reach over.
    template <class Of>
    static bool is_mark(Of c) {
        return c == ';' || c == '{' || c == '}' || c == ':' || c == '/';
    }

    // A character of a sheet, or the escape that stands for one; `at` is moved behind it.
    template <class Of>
    static char32_t read_css(const Of*& at, const Of* end) {
        const auto c = static_cast<char32_t>(*at++);
        if (c != '\\' || at == end) return c;
        const Of* behind = at;
        const char32_t number = read_number(behind, end, 16, 6);
        if (behind == at) return static_cast<char32_t>(*at++);
        at = behind;
        if (at < end && *at == '\r' && end - at > 1 && at[1] == '\n') ++at;
        if (at < end && scan::is(*at, scan::blank)) ++at;
        return !number || number >= no_code_point || (number >= 0xd800 && number < 0xe000) ? 0xfffd : number;
    }

    // Where a name ends that blanks and a comment may follow; of a comment the length of a line is looked back over.
    template <class Of>
    static const Of* css_name_end(const Of* begin, const Of* at) {
        constexpr std::ptrdiff_t most = 80;
        const auto skip_blanks = [&] {
            while (at > begin && scan::is(at[-1], scan::blank)) --at;
        };
        skip_blanks();
        if (at - begin < 4 || at[-1] != '/' || at[-2] != '*') return at;
        for (const Of* open = at - 4; open >= begin && at - open <= most; --open) {
            if (open[0] != '/' || open[1] != '*') continue;
            at = open;
            skip_blanks();
            break;
        }
        return at;
    }

    template <class Of>
    void add_content(const Of* at, const Of* end, const Told<Of>& told, const Text& variable) {
        Value value;
        bool is_text = false, is_running = false;
        while (at < end) {
            const Of* const start = at;
            const bool is_escape = *at == '\\' && end - at > 1;
            const char32_t c = read_css(at, end);
            if (is_escape && (start[1] == '\n' || start[1] == '\r' || start[1] == '\f')) {
                // A line's end behind a backslash stands for nothing.
                if (c == '\r' && at < end && *at == '\n') ++at;
                is_running = false;
                continue;
            }
            is_text |= (c >= 0xc0 && c < 0x2000) || (c >= 0x3040 && c < 0xe000) || (c >= 0xf900 && c < 0xf0000);
            if (is_escape || !is_running) {
                value.pieces.push_back({static_cast<std::uint32_t>(value.text.size()), told.offset(start),
                                        is_escape ? static_cast<std::uint32_t>(at - start) : 0});
            }
            is_running = !is_escape;
            value.text.push_back(c);
            value.coded += is_escape;
            value.end = told.offset(at);
        }
        if (!is_text) return;
        if (variable.empty())
            return add_value(told.placed(std::move(value)), Place::body, names_.of("style[content]"), 0);
        // Which of them are shown is known at the end.
        constexpr std::size_t most = 1000;
        if (variables_.size() < most) variables_.emplace_back(variable, told.placed(std::move(value)));
    }

    // The strings of structured data that are no names and hold more than ASCII.
    template <class Of>
    void read_data(Slice<Of> data, const Told<Of>& told) {
        const std::uint32_t path = names_.of("script[ld+json]");
        for (const Of* at = data.at; (at = scan::find<Of>(at, data.end, '"')) < data.end;) {
            const Of* const start = ++at;
            bool is_text = false;
            while (at < data.end && *at != '"') {
                is_text |= *at >= 0x80 || (*at == '\\' && data.end - at > 1 && at[1] == 'u');
                at += *at == '\\' && data.end - at > 1 ? 2 : 1;
            }
            const Of* const end = std::min(at, data.end);
            at = std::min(at + 1, data.end);
            const Of* behind = scan::skip_space(at, data.end);
            const bool is_name = behind < data.end && *behind == ':';
            if (!is_text || is_name) continue;
            ValueReader<Of> reader(helpers_.entities, told.base, this->has_nul());
            add_value(told.placed(reader.read(start, end, true)), Place::meta, path, 0);
        }
    }

    template <class Of>
    void read_script(Slice<Of> script, const Told<Of>& told, bool is_handler = false, bool is_clicked = false) {
        if (!type_.empty() && scan::starts_with_folded(type_.at, type_.end, "application/ld+json")) {
            return read_data(script, told);
        }
        if (!is_clicked) {
            for_each_hidden_id(script.at, script.end,
                               [&](const Of* at, const Of* end) { hidden_ids_.emplace(at, end); });
        }
        script_.assign(script.at, script.end);
        const std::uint32_t start = told.offset(script.at);
        const bool is_front = shown_.items().empty() && !shown_.size();
        const Standing standing = is_handler  ? Standing::inside
                                  : is_ended_ ? Standing::behind
                                  : is_front  ? Standing::front
                                              : Standing::inside;
        const std::size_t marked = outline_.marks.size();
        for (Writing& writing : writings_.read(script_, start, standing, outline_.marks)) {
            add_value(told.placed(std::move(writing.value)), writing.place, names_.of(writing.how), 0);
        }
        if (is_clicked) outline_.marks.resize(marked);
        for (std::size_t at = marked; told.pieces && at < outline_.marks.size(); ++at) {
            Mark& mark = outline_.marks[at];
            std::tie(mark.start, mark.end) = origin(*told.pieces, mark.start, std::max(mark.end, mark.start + 1));
        }
        if (!writings_.is_unread()) return;
        outline_.unread = std::min(outline_.unread, told.pieces ? told.pieces->front().origin : start);
    }

    // The scripts in attributes: what is run when the element has loaded or not, and addresses of "javascript:".
    void read_handlers(const Attributes<Unit>& given) {
        using A = Attribute;
        for (const A each : {A::onload, A::onerror}) {
            if (given.has(each)) read_handler(given[each], false, false);
        }
        for (const A each : {A::href, A::src}) {
            const Slice<Unit> value = given[each];
            const Unit* const first = scan::skip_space(value.at, value.end);
            const bool may_be_code = first < value.end && (*first == 'j' || *first == 'J' || *first == '&');
            if (may_be_code) read_handler(value, true, each == A::href);
        }
    }

    void read_handler(Slice<Unit> value, bool is_address, bool is_clicked) {
        // What says more than "javascript:void(0)" or hides a picture; most are that.
        constexpr std::ptrdiff_t least = 20;
        constexpr std::string_view scheme = "javascript:";
        if (value.end - value.at < least) return;
        ValueReader<Unit> reader(helpers_.entities, source_, this->has_nul());
        Value code = reader.read(value.at, value.end, false);
        const View written = code.text;
        std::size_t start = 0;
        if (is_address) {
            if (!scan::starts_with_folded(written.data(), written.data() + written.size(), scheme)) return;
            code = percent_decoded(std::move(code));
            start = scheme.size();
        }
        if (!budget_.spend(limits::item)) throw Spent{};
        const char32_t* const text = code.text.data();
        // Those of the script before it say nothing of this one.
        const Slice<Unit> type = std::exchange(type_, Slice<Unit>{nullptr, nullptr});
        // What a click does hides nothing, and leads where links may lead.
        read_script(Slice<char32_t>{text + start, text + code.text.size()}, Told<char32_t>{text, &code.pieces}, true,
                    is_clicked);
        type_ = type;
    }

    // The items under an id that a script hides: it may stand behind what it hides.
    void hide_by_script() {
        if (hidden_ids_.empty()) return;
        const std::vector<bool> wanted = ids_among(hidden_ids_);
        const std::uint32_t script = names_.of("script");
        for (auto* writer : {&shown_, &apart_}) {
            for (Item& item : writer->items()) {
                if (!item.hidden && stands_in(item, wanted)) item.hidden = script;
            }
        }
    }

    // The items of what a drawing defines and uses.
    void show_used() {
        if (used_.empty()) return;
        const std::vector<bool> wanted = ids_among(used_);
        const std::uint32_t svg = hidden_in(Space::svg);
        for (Item& item : apart_.items()) {
            if (item.is_defined && item.hidden == svg && stands_in(item, wanted)) item.hidden = 0;
        }
    }

    // The items of text along paths that are nowhere.
    void hide_lost() {
        if (along_.empty() || !are_paths_known_) return;
        const std::uint32_t svg = hidden_in(Space::svg);
        for (Item& item : shown_.items()) {
            if (item.along && !item.hidden && !path_ids_.count(along_[item.along - 1])) item.hidden = svg;
        }
    }

    // Which ids are among some, by number: each is read once, however many elements stand in its own.
    std::vector<bool> ids_among(const std::set<Text>& some) {
        std::vector<bool> found(ids_.size() + 1);
        for (std::size_t at = 0; at < ids_.size(); ++at) {
            found[at + 1] = some.count(resolved(helpers_.entities, ids_[at].value)) != 0;
        }
        return found;
    }

    // Whether an item stands in an element with one of some ids. It remembers so many, its own and those around it.
    bool stands_in(const Item& item, const std::vector<bool>& ids) const {
        constexpr int remembered = 9;
        std::uint32_t at = item.ids;
        for (int link = 0; link < remembered && at; ++link, at = ids_[at - 1].outer) {
            if (ids[at]) return true;
        }
        return false;
    }

    // ---------------------------------------------------------------------------------------------- where we are

    // The name of an element as a path tells it.
    void add_name(std::uint32_t tag) {
        const View name = tags_.name(tag);
        append_utf8(name.substr(0, limits::element_name), name_);
        if (name.size() > limits::element_name) append_utf8(U'\u2026', name_);
    }

    // The names of the innermost six open elements, as the number of a name.
    std::uint32_t path() {
        Open& top = stack_.back();
        if (top.path != Open::unknown) return top.path;
        Numbers<6> tags{};
        const std::size_t depth = std::min(stack_.size(), tags.size());
        for (std::size_t i = 0; i < depth; ++i) tags[i] = stack_[stack_.size() - depth + i].tag;
        const auto [found, is_new] = paths_.try_emplace(tags, 0);
        if (is_new) {
            name_.clear();
            for (const std::uint32_t tag : tags) {
                if (tag == Tags::none) continue;
                if (!name_.empty()) name_ += '/';
                add_name(tag);
            }
            budget_.spend(limits::path);
            found->second = names_.of(name_.empty() ? "body" : name_);
        }
        return top.path = found->second;
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
    Writings writings_;
    Family<Unit> family_;
    Slice<Unit> media_{nullptr, nullptr}, type_{nullptr, nullptr};  // of the style or script that is being read
    std::vector<Frame> frames_;
    std::vector<std::pair<Text, Value>> variables_;  // texts of custom properties, by name
    std::vector<Code> codes_;                        // of drawings, those that are being read
    bool is_late_ = false;
    bool is_ended_ = false;  // the page's end tag is behind
    ItemWriter<Unit> shown_, apart_, values_;
    ItemWriter<Unit>* writer_ = &shown_;  // of the text that is being read
    std::uint32_t keys_ = 0;
    std::vector<Id> ids_;  // numbered from 1
    std::set<Text> hidden_ids_;
    static constexpr std::size_t most_used = 1000;
    std::set<Text> used_;                                         // the ids of what drawings use
    std::vector<Text> along_;                                     // the ids of the paths that text stands along
    std::set<Text> path_ids_;                                     // of the paths of drawings
    bool are_paths_known_ = true;                                 // there were not too many
    std::unordered_map<Numbers<6>, std::uint32_t, Hash> paths_;   // by the tags of a path
    std::unordered_map<Numbers<3>, std::uint32_t, Hash> titles_;  // those of attributes, by path, tag and attribute
    // Kept for their memory.
    std::string name_;
    Text script_;
};

}  // namespace moderation
