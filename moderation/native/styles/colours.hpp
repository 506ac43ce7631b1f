// Colours, as sheets write them (https://www.w3.org/TR/css-color-4/).
#pragma once

#include <cstdint>
#include <string_view>

namespace moderation {

// A colour as 0x1RRGGBB, or one that is none or not known.
using Colour = std::uint32_t;
constexpr Colour unknown_colour = 0, clear_colour = 1, white = 0x1ffffff;

Colour colour_of(std::string_view value);

// Whether text of one colour cannot be read on ground of the other.
bool is_same(Colour one, Colour other);

}  // namespace moderation
