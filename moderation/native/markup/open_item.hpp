// A start tag as the reader takes it, and the open element that it makes: what the text inside inherits.
#pragma once

#include <cstdint>
#include <string>

#include "html/elements.hpp"
#include "html/family.hpp"
#include "html/names.hpp"
#include "markup/hiding.hpp"

namespace moderation {

// What text inherits from the elements around it. `is_out`: it is no part of the line around it.
struct State {
    Veil veil;
    std::uint32_t ids = 0;
    std::uint32_t along = 0;  // the path that text stands along: by number, from 1
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

// A start tag as it is read. `has_nul`: a NUL in it is one, and not read as U+FFFD.
template <class Unit>
struct StartTag {
    std::uint32_t tag;
    const Facts& facts;
    const Attributes<Unit>& given;
    Slice<Unit> verbatim;
    bool has_nul;
};

// Whether a template is the content of the element around it.
template <class Unit>
bool is_shadow_root(const StartTag<Unit>& start) {
    Slice<Unit> mode{nullptr, nullptr};
    return start.tag == Tags::template_ && find_given(start.verbatim, U"shadowrootmode", mode) &&
           (is_word(mode, "open") || is_word(mode, "closed"));
}

// Whether it leads to a sheet that is not known.
template <class Unit>
bool links_sheet(const StartTag<Unit>& start) {
    Slice<Unit> value{nullptr, nullptr};
    return start.tag == Tags::link && find_given(start.verbatim, U"rel", value) &&
           scan::starts_with_folded(value.at, value.end, "stylesheet");
}

// Whether a frame is as good as without size.
template <class Unit>
bool is_without_size(const Attributes<Unit>& given) {
    for (const Attribute side : {Attribute::width, Attribute::height}) {
        const Unit* at = scan::skip_space(given[side].at, given[side].end);
        const bool is_number = at < given[side].end && scan::is(*at, scan::digit);
        if (is_number && read_number(at, given[side].end, 10, 9) <= 2) return true;
    }
    return false;
}

// Why text is hidden that the elements of a drawing or a formula do not draw.
inline std::uint32_t hidden_in(Space space, Names& names) {
    return names.of(space == Space::svg ? "svg" : "math");
}

// Why text is hidden whose element no browser shows: the name of the element says it.
inline std::uint32_t hidden_as(View element, Names& names) {
    std::string name;
    append_utf8(element, name);
    return names.of(name);
}

// Why text of an element is hidden, or 0.
inline std::uint32_t hidden_of(const State& state, Names& names) {
    const std::uint32_t hidden = state.veil.of_text();
    return hidden || state.undrawn == Space::html ? hidden : hidden_in(state.undrawn, names);
}

}  // namespace moderation
