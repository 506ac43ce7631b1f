#include "styles/colours.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "styles/css_values.hpp"

namespace moderation {

using namespace css;

namespace {

// A colour by hue in degrees, saturation and lightness in percent.
Colour of_hue(const std::vector<Words>& parts) {
    const auto hue = number(parts[0]), saturation = number(parts[1]), lightness = number(parts[2]);
    if (!hue || !saturation || !lightness || (!hue->unit.empty() && hue->unit != "deg")) return unknown_colour;
    const double light = std::clamp(lightness->number / 100, 0.0, 1.0);
    const double range = std::clamp(saturation->number / 100, 0.0, 1.0) * std::min(light, 1.0 - light);
    Colour colour = 1;
    // Red, green and blue, by https://www.w3.org/TR/css-color-4/#hsl-to-rgb.
    for (const double offset : {0.0, 8.0, 4.0}) {
        double at = std::fmod(offset + hue->number / 30, 12.0);
        if (at < 0) at += 12.0;
        const double level = light - range * std::clamp(std::min(at - 3, 9 - at), -1.0, 1.0);
        colour = colour << 8 | static_cast<Colour>(std::lround(255 * level));
    }
    return colour;
}

// "#rgb", "#rgba", "#rrggbb", "#rrggbbaa".
Colour of_digits(Words value) {
    std::uint32_t number = 0;
    const auto read = std::from_chars(value.data() + 1, value.data() + value.size(), number, 16);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size()) return unknown_colour;
    const std::size_t digits = value.size() - 1;
    const auto doubled = [](std::uint32_t c) { return (c & 0xf00) * 0x1100 | (c & 0xf0) * 0x110 | (c & 0xf) * 0x11; };
    if (digits == 4) return number & 0xf ? 0x1000000 | doubled(number >> 4) : clear_colour;
    if (digits == 8) return number & 0xff ? 0x1000000 | number >> 8 : clear_colour;
    if (digits == 3) return 0x1000000 | doubled(number);
    return digits == 6 ? 0x1000000 | number : unknown_colour;
}

// "rgb(…)", "rgba(…)", "hsl(…)", "hsla(…)".
Colour of_function(Words value) {
    const std::size_t open = value.find('(');
    if (open == Words::npos || value.back() != ')') return unknown_colour;
    std::string inside(value.substr(open + 1, value.size() - open - 2));
    std::replace(inside.begin(), inside.end(), ',', ' ');
    std::replace(inside.begin(), inside.end(), '/', ' ');
    const std::vector<Words> parts = parts_of(inside);
    if (parts.size() == 4 && share(parts[3]).value_or(1) < 0.02) return clear_colour;
    if (parts.size() < 3) return unknown_colour;
    if (starts_with(value, "hsl")) return of_hue(parts);
    if (!starts_with(value, "rgb")) return unknown_colour;
    Colour colour = 1;
    for (std::size_t at = 0; at < 3; ++at) {
        const auto part = number(parts[at]);
        if (!part) return unknown_colour;
        const double level = part->unit == "%" ? part->number * 2.55 : part->number;
        colour = colour << 8 | static_cast<Colour>(std::lround(std::clamp(level, 0.0, 255.0)));
    }
    return colour;
}

}  // namespace

Colour colour_of(Words value) {
    static const std::unordered_map<Words, Colour> names = {
        {"transparent", clear_colour}, {"white", white},
        {"black", 0x1000000},          {"red", 0x1ff0000},
        {"blue", 0x10000ff},           {"green", 0x1008000},
        {"lime", 0x100ff00},           {"yellow", 0x1ffff00},
        {"gray", 0x1808080},           {"grey", 0x1808080},
        {"silver", 0x1c0c0c0},         {"snow", 0x1fffafa},
        {"ivory", 0x1fffff0},          {"whitesmoke", 0x1f5f5f5},
        {"ghostwhite", 0x1f8f8ff},     {"floralwhite", 0x1fffaf0},
        {"gainsboro", 0x1dcdcdc},      {"navy", 0x1000080},
        {"maroon", 0x1800000},         {"orange", 0x1ffa500},
        {"pink", 0x1ffc0cb},           {"purple", 0x1800080},
        {"olive", 0x1808000},          {"teal", 0x1008080},
        {"aqua", 0x100ffff},           {"cyan", 0x100ffff},
        {"fuchsia", 0x1ff00ff},        {"azure", 0x1f0ffff},
        {"mintcream", 0x1f5fffa},      {"seashell", 0x1fff5ee},
        {"lightyellow", 0x1ffffe0},    {"darkgray", 0x1a9a9a9},
    };
    if (const auto named = names.find(value); named != names.end()) return named->second;
    if (!value.empty() && value[0] == '#') return of_digits(value);
    return of_function(value);
}

bool is_same(Colour one, Colour other) {
    constexpr int alike = 8;
    if (one <= clear_colour || other <= clear_colour) return false;
    for (int shift = 0; shift < 24; shift += 8) {
        if (std::abs(static_cast<int>(one >> shift & 255) - static_cast<int>(other >> shift & 255)) > alike)
            return false;
    }
    return true;
}

}  // namespace moderation
