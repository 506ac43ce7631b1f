// What declarations make of an element: how they keep its text from a reader's eyes while a crawler still reads it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "markup/css.hpp"

namespace moderation {

// The properties that decide whether text is seen; those with other names are read as one of them.
enum class Property : std::uint8_t {
    display,
    visibility,
    opacity,
    filter,
    position,
    left,
    top,
    right,
    bottom,
    text_indent,
    margin_left,
    margin_top,
    transform,
    translate,
    scale,
    clip,
    clip_path,
    mask,
    font_size,
    zoom,
    overflow,
    width,
    height,
    max_width,
    max_height,
    line_height,
    padding_bottom,
    color,
    text_fill,
    fill,
    stroke,
    backface,
    ground,
    ground_clip,
    shadow,
    content_visibility,
    z_index,
    gap,
    none,
};

constexpr std::size_t properties = static_cast<std::size_t>(Property::none);

// A colour as 0x1RRGGBB, or one that is none or not known.
using Colour = std::uint32_t;
constexpr Colour unknown_colour = 0, clear_colour = 1, white = 0x1ffffff;

Colour colour_of(std::string_view value);

// Whether text of one colour cannot be read on ground of the other.
bool is_same(Colour one, Colour other);

// A declaration of one of the properties, as a browser takes it.
struct Setting {
    Property property;
    bool is_important;
    std::string value;
};

// Custom properties by name. They are taken to hold for all of the page, whatever element they were set on.
using Variables = std::unordered_map<std::string, std::string>;

// Whether a declaration may set something.
bool is_wanted(std::string_view name);

// Adds what a declaration sets; what a browser would drop sets nothing. Custom properties are put into `variables`.
void read_settings(const css::Declaration& declaration, Variables& variables, std::vector<Setting>& out);

// Whether a setting alone may hide, or keep an element in the line around it.
bool may_hide(const Setting& setting);

// Whether a setting may make text of the colour of what lies behind it, or bring it out again. `grounds` are colours of
// the page's grounds, white first.
bool may_paint(const Setting& setting, const std::vector<Colour>& grounds);

// What holds for an element, by property; an empty value: nothing is set.
struct Style {
    std::array<std::string_view, properties> values;
    std::array<bool, properties> is_own{};  // set by the element's own attribute

    std::string_view operator[](Property property) const { return values[static_cast<std::size_t>(property)]; }
};

// What text inherits of what its looks depend on.
struct Inherited {
    float font = 16;                 // size in pixels
    float zoom = 1;                  // by which all of it is drawn larger
    Colour colour = unknown_colour;  // of the text
    Colour ground = white;           // behind it
    Colour fill = 0x1000000;         // of text in drawings
    bool is_fill_current = false;    // the fill is the colour of other text
    bool has_stroke = false;         // text in drawings has outlines
    bool is_on_ground = false;       // an element other than the page's own lies behind it
};

// How an element looks.
struct Looks {
    std::string_view hidden;     // why it and all inside of it is not seen, or empty
    std::string_view invisible;  // why its own text is not seen; "visible": it is, whatever is around it
    bool is_own = false;         // an attribute of the element says so
    bool is_out = false;         // it takes no part in the line around it
    bool is_inline = false;      // it stands in the line although it is a block by its name
    bool has_gap = false;        // with a space around it
    bool is_displayed = false;   // a sheet or an attribute displays it as it does not stand by itself
};

// The colours, and the size of text, that children inherit.
void paint(const Style& style, Inherited& inherited);

// Works out the looks of an element, and what its children inherit. `is_line`: it is a block by its name.
Looks look(const Style& style, bool is_line, Inherited& inherited);

}  // namespace moderation
