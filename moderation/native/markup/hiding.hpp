// How a page keeps an element from a reader's eyes, or marks it as its end: what its attributes and the page's own
// style sheets say. The page is taken to stand on a screen of 1280 by 800; linked sheets are not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "html/entities.hpp"
#include "html/foreign.hpp"
#include "html/names.hpp"
#include "html/tags.hpp"
#include "markup/markup.hpp"
#include "styles/cascade.hpp"
#include "styles/css_text.hpp"
#include "styles/looks.hpp"
#include "styles/media.hpp"
#include "styles/sheets.hpp"

namespace moderation {

// How the text of an element is kept from a reader: names of reasons, 0 where it is not. All inside of it is hidden as
// `hidden` says; the others hold for text whose own element does not say otherwise.
struct Veil {
    std::uint32_t hidden = 0, invisible = 0, small = 0, same = 0;
    Inherited inherited;

    std::uint32_t of_text() const { return hidden ? hidden : invisible ? invisible : small ? small : same; }
};

template <class Unit>
class Hiding {
public:
    // The reasons are numbers of `names`.
    Hiding(Helpers& helpers, Names& names, const Tags& tags, Cascade& cascade)
        : helpers_(helpers), names_(names), tags_(tags), cascade_(cascade) {}

    // Reads a style sheet of the page for the media it is for; whether a rule of it may hide or show something.
    bool learn(const Text& text, Slice<Unit> media, Family<Unit>& family) {
        if (!media.empty() && !css::holds(resolved(helpers_.entities, media))) return false;
        is_linked_ |= text.find(U"@import") != Text::npos;
        const bool may_change = cascade_.learn(text);
        if (!cascade_.empty()) cascade_.note(tags_, helpers_.entities, family, 1);
        return may_change;
    }

    // A linked sheet may set any ground.
    void learn_of_link() { is_linked_ = true; }

    // A drawing has shapes or pictures, in front of which text may stand; or a new one begins.
    void paint_drawing(bool is_painted) { is_painted_ = is_painted; }

    // What the innermost element's own attributes and the rules learned so far change: its veil, and how it stands in
    // the line. `by_sheet`: how a browser's own sheet hides it, or 0.
    Looks of(const Facts& facts, const Attributes<Unit>& given, Family<Unit>& family, Veil& veil, Space space,
             std::uint32_t by_sheet) {
        if (!cascade_.empty()) cascade_.note(tags_, helpers_.entities, family, family.open.size() - 1);
        using A = Attribute;
        const std::uint32_t tag = family.open.back().tag;
        own_.clear();
        read_hints(tag, space, family.open.back().verbatim);
        if (!given[A::style].empty()) read_style(given[A::style]);
        if (is_linked_) veil.inherited.ground = unknown_colour;
        if (tag == Tags::a) veil.inherited.colour = unknown_colour;
        if (!given.empty()) read_colours(tag, given, veil.inherited);
        const std::uint32_t by_itself = space == Space::html ? of_itself(tag, given) : by_sheet;
        Looks looks;
        const Work work = work_for(veil, by_itself || space == Space::math, family);
        if (work != Work::none) {
            Style style;
            if (work == Work::all) cascade_.settle(tags_, helpers_.entities, family, hints_, own_, style);
            if (work == Work::paint) settle_own(style);
            if (work == Work::all) looks = look(style, !facts.is_inline, veil.inherited);
            if (work == Work::paint) paint(style, veil.inherited);
            apply(style, looks, veil);
            // Layouts of formulas are those that its elements have by themselves.
            const std::string_view display = style[Property::display];
            looks.is_displayed = !display.empty() && display.find("math") == std::string_view::npos;
        }
        if (by_itself && (!looks.is_displayed || tag == Tags::marquee)) {
            if (!veil.hidden) veil.hidden = by_itself;
            looks.is_out |= tag != Tags::marquee;
        }
        settle_colours(veil, space == Space::svg && tag != Tags::foreign_object);
        looks.is_out = looks.is_out && veil.of_text();
        return looks;
    }

    // Whether an id or classes say that an element is the end of its page.
    bool is_footer(Slice<Unit> value) const {
        return with_resolved(helpers_.entities, value, [](auto names) { return says_footer(names.at, names.end); });
    }

private:
    // Whether text has the colour of what lies behind it. Text of drawings is painted by its fill, and what the drawing
    // has painted behind it is not known.
    void settle_colours(Veil& veil, bool is_drawing) {
        const Inherited& of = veil.inherited;
        const bool is_filled = is_drawing && !of.is_fill_current;
        const Colour colour = is_filled ? of.fill : of.colour;
        const bool is_outlined = is_drawing && of.has_stroke;
        const Colour ground = is_drawing && is_painted_ ? unknown_colour : of.ground;
        if (is_same(colour, ground) && !is_outlined) {
            if (!veil.same) veil.same = names_.of("same-colour");
        } else if (is_filled && colour == clear_colour && !is_outlined) {
            if (!veil.same) veil.same = names_.of("transparent");
        } else if (is_filled || is_outlined || of.colour != clear_colour) {
            veil.same = 0;
        }
    }

    void read_style(Slice<Unit> style) {
        with_resolved(helpers_.entities, style, [&](auto value) {
            style_.assign(value.at, value.end);
            if (style_.find(U"/*") != Text::npos) style_ = css::without_comments(style_);
        });
        declarations_.clear();
        css::read_declarations(style_, is_wanted, declarations_);
        for (const css::Declaration& each : declarations_) read_settings(each, cascade_.variables(), own_);
    }

    // The attributes of SVG and MathML that stand for style, and the size that browsers give to what has none.
    void read_hints(std::uint32_t tag, Space space, Slice<Unit> verbatim) {
        hints_.clear();
        if (space == Space::html) return;
        const auto set = [&](std::string_view property, std::string value) {
            read_settings({std::string(property), std::move(value), false}, cascade_.variables(), hints_);
        };
        const auto read = [&](View attribute, std::string_view property, bool is_length = false) {
            Slice<Unit> found{nullptr, nullptr};
            if (!find_given(verbatim, attribute, found)) return;
            const Text written = resolved(helpers_.entities, found);
            std::string value;
            for (const char32_t c : scan::strip(written)) append_utf8(scan::lower(c), value);
            const bool is_number = value.find_first_not_of("0123456789.") == std::string::npos;
            set(property, is_length && is_number ? value + "px" : value);
        };
        if (space == Space::math) {
            read(U"mathcolor", "color");
            read(U"mathbackground", "background-color");
            return read(U"mathsize", "font-size", true);
        }
        read(U"display", "display");
        read(U"visibility", "visibility");
        read(U"opacity", "opacity");
        read(U"fill", "fill");
        read(U"stroke", "stroke");
        read(U"font-size", "font-size", true);
        if (tag != Tags::svg && tag != Tags::foreign_object) return;
        if (tag == Tags::foreign_object) set("width", "0px"), set("height", "0px");
        set("overflow", "hidden");
        read(U"width", "width", true);
        read(U"height", "height", true);
    }

    // The colours that attributes of old name.
    void read_colours(std::uint32_t tag, const Attributes<Unit>& given, Inherited& inherited) {
        using A = Attribute;
        if (given.has(A::background)) inherited.ground = unknown_colour;
        if (!given[A::bgcolor].empty()) {
            inherited.ground = legacy_colour(given[A::bgcolor]);
            inherited.is_on_ground |= tag != Tags::body;
        }
        if (tag == Tags::font && !given[A::color].empty()) inherited.colour = legacy_colour(given[A::color]);
    }

    Colour legacy_colour(Slice<Unit> value) {
        const Text written = resolved(helpers_.entities, value);
        std::string name;
        for (const char32_t c : scan::strip(written)) append_utf8(scan::lower(c), name);
        const Colour colour = colour_of(name);
        return colour == unknown_colour ? colour_of('#' + name) : colour;
    }

    // How an element is hidden without any style, or 0.
    std::uint32_t of_itself(std::uint32_t tag, const Attributes<Unit>& given) {
        using A = Attribute;
        if (given.has(A::hidden) && resolved(helpers_.entities, given[A::hidden]) != U"until-found") {
            return names_.of("attribute");
        }
        if (tag == Tags::dialog && !given.has(A::open)) return names_.of("dialog");
        if (given.has(A::popover)) return names_.of("popover");
        if (tag == Tags::marquee && !given[A::height].empty()) {
            // One or two pixels high is the classic hiding place of planted links.
            constexpr std::int64_t tallest = 6;
            const Unit* at = scan::skip_space(given[A::height].at, given[A::height].end);
            const bool is_number = at < given[A::height].end && scan::is(*at, scan::digit);
            if (is_number && read_number(at, given[A::height].end, 10, 9) <= tallest) return names_.of("zero-size");
        }
        return 0;
    }

    // What is to be worked out of an element: nothing of most.
    enum class Work : std::uint8_t { none, paint, all };

    // `is_asked`: whether it matters that it is displayed.
    Work work_for(const Veil& veil, bool is_asked, const Family<Unit>& family) {
        for (const auto* settings : {&hints_, &own_}) {
            if (std::any_of(settings->begin(), settings->end(), may_hide)) return Work::all;
        }
        // An element that may be shown again, whose own settings decide.
        const bool is_open = is_asked || (!veil.hidden && veil.of_text());
        if (is_open && (!own_.empty() || !cascade_.empty())) return Work::all;
        if (!cascade_.empty() && cascade_.is_suspect(tags_, helpers_.entities, family, !is_linked_)) return Work::all;
        // Where a linked sheet may set any ground, those of one element alone are told apart.
        bool has_ground = false, has_colour = false;
        for (const auto* settings : {&hints_, &own_}) {
            for (const Setting& each : *settings) {
                has_ground |= each.property == Property::ground || each.property == Property::ground_clip;
                has_colour |= each.property == Property::color || each.property == Property::text_fill;
                if (each.property == Property::fill || each.property == Property::stroke) return Work::paint;
            }
        }
        const bool is_painted = is_linked_ ? has_ground && has_colour : has_ground || has_colour;
        return is_painted ? Work::paint : Work::none;
    }

    void settle_own(Style& style) const {
        for (const auto* settings : {&hints_, &own_}) {
            for (const Setting& each : *settings) {
                style.values[static_cast<std::size_t>(each.property)] = each.value;
                style.is_own[static_cast<std::size_t>(each.property)] = true;
            }
        }
    }

    void apply(const Style& style, const Looks& looks, Veil& veil) {
        const auto named = [&](std::string_view reason, bool is_own) {
            return names_.of(is_own ? std::string(reason) : "sheet-" + std::string(reason));
        };
        const auto is_own = [&](Property property) { return style.is_own[static_cast<std::size_t>(property)]; };
        if (!looks.hidden.empty() && !veil.hidden) veil.hidden = named(looks.hidden, looks.is_own);
        if (!looks.invisible.empty()) {
            veil.invisible = looks.invisible == "visible" ? 0 : named(looks.invisible, is_own(Property::visibility));
        }
        constexpr float smallest = 1;
        const bool is_small = veil.inherited.font * veil.inherited.zoom <= smallest;
        if (!is_small) veil.small = 0;
        if (is_small && !veil.small) {
            veil.small = named("zero-size", is_own(Property::font_size) || is_own(Property::zoom));
        }
        const bool is_clear = veil.inherited.colour == clear_colour;
        if (is_clear && veil.inherited.ground == unknown_colour && !style[Property::ground_clip].empty()) {
            veil.inherited.colour = unknown_colour;  // the ground shines through the letters
        } else if (is_clear && !veil.same) {
            veil.same = named("transparent", is_own(Property::color) || is_own(Property::text_fill));
        }
    }

    template <class Some>
    static bool says_footer(const Some* start, const Some* end) {
        for (const Some* at = start; at < end; ++at) {
            switch (*at | 0x20) {
                case 'f':
                    if (scan::starts_with_folded(at, end, "foot")) return true;
                    break;
                case 'c':
                    if (scan::starts_with_folded(at, end, "copyright")) return true;
                    break;
                case 'b':
                    if (scan::starts_with_folded(at, end, "bottom") &&
                        (at == start || scan::is_space(at[-1]) || at[-1] == '_' || at[-1] == '-')) {
                        return true;
                    }
                    break;
                default: break;
            }
        }
        return false;
    }

    Helpers& helpers_;
    Names& names_;
    const Tags& tags_;
    Cascade& cascade_;
    bool is_linked_ = false, is_painted_ = false;
    // Kept for their memory.
    Text style_;
    std::vector<css::Declaration> declarations_;
    std::vector<Setting> hints_, own_;
};

}  // namespace moderation
