// What declarations make of an element: how they keep its text from a reader's eyes while a crawler still reads it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "styles/colours.hpp"
#include "styles/settings.hpp"

namespace moderation {

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
