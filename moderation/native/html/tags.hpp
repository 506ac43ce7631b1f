// What the reader asks of an element's name, and the names of a page as small numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/keyed.hpp"
#include "text/text.hpp"

namespace moderation {

// How the tokenizer takes what stands inside an element.
enum class Content : std::uint8_t { data, rcdata, rawtext, style, script, plaintext };

// Kinds of elements that a start tag ends, as sets of bits.
namespace ends {
enum Set : std::uint8_t { none = 0, p = 1, li = 2, term = 4, cell = 8, row = 16, option = 32 };
}  // namespace ends

struct Facts {
    bool is_inline = true;  // as every element is that browsers do not know
    bool is_void = false;
    bool breaks = false;
    bool is_heading = false;
    bool is_footer = false;
    bool is_link = false;
    bool is_unshown = false;                           // no browser of today shows what stands inside
    bool is_out = false;                               // it is no part of the line around it, which goes on behind it
    bool breaks_out = false;                           // its start tag ends SVG and MathML
    bool is_svg_point = false, is_math_point = false;  // elements of SVG and MathML that HTML may stand in
    bool is_drawing = false;                           // elements of SVG that draw what stands inside
    bool is_span = false;                              // those of them that draw it in its text, too
    bool is_shape = false;                             // elements of SVG that paint
    bool is_math_text = false;                         // elements of MathML that show text which stands in them
    bool shows_first = false;                          // elements of MathML that show the first of their children alone
    bool is_meta = false;
    bool is_lasting = false;  // a cut that empties it leaves it: without it the page would be another one
    Content content = Content::data;
    std::uint8_t kind = ends::none;    // the bit that stands for the element itself
    std::uint8_t closes = ends::none;  // what its start tag ends where it is open

    // Whether a start tag that ended an element of `kind` goes on: a row ends its cells too, an item its paragraph.
    bool ends_more(std::uint8_t ended) const { return closes & ends::row || (ended == ends::p && closes != ends::p); }
};

// The names of elements in a page as numbers. Those that the reader knows have the same numbers in every page.
class Tags {
public:
    Tags();

    // The number of a name in lower case.
    std::uint32_t of(View name);

    // The same for one of up to eight ASCII characters but NUL, given as a number: the last in the lowest byte.
    std::uint32_t of_packed(std::uint64_t packed);

    const Facts& facts(std::uint32_t tag) const { return facts_[tag < first_ ? tag : none]; }
    const Text& name(std::uint32_t tag) const;
    std::uint32_t size() const { return first_ + static_cast<std::uint32_t>(names_.size()); }

    static constexpr std::uint32_t none = 0, p = 1, br = 2, svg = 3, math = 4, font = 5, title = 6, script = 7,
                                   style = 8, text = 9, foreign_object = 10, annotation_xml = 11, mglyph = 12,
                                   malignmark = 13, dialog = 14, marquee = 15, body = 16, link = 17, input = 18, a = 19,
                                   mphantom = 20, option = 21, optgroup = 22, track = 23, table = 24, th = 25, td = 26,
                                   template_ = 27, switch_ = 28, use = 29, textpath = 30, defs = 31, symbol = 32,
                                   html = 33, path = 34, wbr = 35, noscript = 36, iframe = 37, noembed = 38,
                                   noframes = 39;

private:
    struct Slot {
        std::uint64_t key = 0;
        std::uint32_t tag = 0;
    };

    std::uint32_t add(std::uint64_t key, View name);
    void grow();

    struct Known;
    static const Known& known();

    const Known& known_;
    const Facts* const facts_;
    const std::uint32_t first_;  // the first of the names below
    // The names that the reader does not know.
    std::vector<Text> names_;
    std::vector<Slot> slots_;
};

}  // namespace moderation
