// SVG and MathML inside of HTML: where such content begins and ends
// (https://html.spec.whatwg.org/#parsing-main-inforeign) and what of it is drawn.
#pragma once

#include <cstdint>

#include "html/attributes.hpp"
#include "html/entities.hpp"
#include "html/tags.hpp"

namespace moderation {

// The namespace of an element.
enum class Space : std::uint8_t { html, svg, math };

// Foreign elements whose start tags and text are read as HTML again: MathML's text and HTML's integration points.
enum class Point : std::uint8_t { none, text, html };

// What is seen of a foreign element: all of it, the elements in it without the text that stands among them, or nothing.
enum class Drawn : std::uint8_t { all, elements, nothing };

namespace foreign {

// Whether a start tag in an element of SVG or MathML is read by the rules of foreign content.
inline bool takes(std::uint32_t inside, Point point, std::uint32_t tag) {
    if (point == Point::html) return false;
    if (point == Point::text) return tag == Tags::mglyph || tag == Tags::malignmark;
    return !(inside == Tags::annotation_xml && tag == Tags::svg);
}

// Whether a start tag ends all foreign content around it.
template <class Unit>
bool breaks_out(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given) {
    if (tag != Tags::font) return facts.breaks_out;
    return given.has(Attribute::color) || given.has(Attribute::face) || given.has(Attribute::size);
}

template <class Unit>
Point point_of(std::uint32_t tag, Space space, const Facts& facts, const Attributes<Unit>& given,
               const Entities& entities) {
    if (space == Space::svg) return facts.is_svg_point ? Point::html : Point::none;
    if (facts.is_math_point) return Point::text;
    if (tag != Tags::annotation_xml) return Point::none;
    const Text encoding = resolved(entities, given[Attribute::encoding]);
    const auto is = [&](std::string_view word) {
        return is_word(Slice<char32_t>{encoding.data(), encoding.data() + encoding.size()}, word);
    };
    return is("text/html") || is("application/xhtml+xml") ? Point::html : Point::none;
}

// What a browser draws of an element, if no sheet says otherwise, as the child of number `number` of an element of
// another or the same space. `is_in_text`: it stands in text of a drawing.
inline Drawn drawn(std::uint32_t tag, Space space, const Facts& facts, Space around, Point point,
                   const Facts& facts_around, std::uint32_t number, bool is_in_text) {
    if (space == Space::math) {
        if (around == Space::math && facts_around.shows_first && number > 1) return Drawn::nothing;
        return facts.is_math_text ? Drawn::all : Drawn::elements;
    }
    // A formula lays out its own elements alone; others stand in its text.
    if (around == Space::math && point != Point::text) return Drawn::nothing;
    if (is_in_text) return facts.is_span ? Drawn::all : Drawn::nothing;
    if (!facts.is_drawing || (facts.is_span && tag != Tags::a)) return Drawn::nothing;
    return tag == Tags::text || tag == Tags::foreign_object ? Drawn::all : Drawn::elements;
}

}  // namespace foreign

}  // namespace moderation
