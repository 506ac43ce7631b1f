// What declarations set: the properties that decide whether text is seen, with values that a browser takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "styles/colours.hpp"
#include "styles/sheets.hpp"

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

// A box this high or wide shows nothing of the text in it.
constexpr double smallest_box = 3;
// Moved this far to the left or upwards, nothing of a block is left on any screen; to the right and downwards a page
// can be scrolled.
constexpr double far_out = -300, far_off = 3000;

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

// The size of a font in pixels; `outer` is that of the element around.
double font_of(std::string_view size, double outer);

}  // namespace moderation
