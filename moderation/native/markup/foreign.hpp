// SVG and MathML inside of HTML: where such content begins and ends
// (https://html.spec.whatwg.org/#parsing-main-inforeign) and what of it is drawn.
#pragma once

#include <cstdint>

#include "markup/attributes.hpp"
#include "markup/tags.hpp"

namespace moderation {

// The namespace of an element.
enum class Space : std::uint8_t { html, svg, math };

// Foreign elements whose start tags and text are read as HTML again: MathML's text and HTML's integration points.
enum class Point : std::uint8_t { none, text, html };

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
Point point_of(std::uint32_t tag, Space space, const Facts& facts, const Attributes<Unit>& given) {
    if (space == Space::svg) return facts.is_svg_point ? Point::html : Point::none;
    if (facts.is_math_point) return Point::text;
    if (tag != Tags::annotation_xml) return Point::none;
    const Slice<Unit> encoding = given[Attribute::encoding];
    const auto is = [&](std::string_view word) {
        return static_cast<std::size_t>(encoding.end - encoding.at) == word.size() &&
               scan::starts_with_folded(encoding.at, encoding.end, word);
    };
    return is("text/html") || is("application/xhtml+xml") ? Point::html : Point::none;
}

}  // namespace foreign

}  // namespace moderation
