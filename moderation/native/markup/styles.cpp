#include "markup/styles.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

namespace moderation {

namespace {

using Words = std::string_view;
using P = Property;

// A box this high or wide shows nothing of the text in it.
constexpr double smallest_box = 3;
// Moved this far to the left or upwards, nothing of a block is left on any screen; to the right and downwards a page
// can be scrolled.
constexpr double far_out = -300, far_off = 3000;

bool is_space(char c) {
    return c == ' ' || (c >= 9 && c <= 13);
}

Words stripped(Words text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool starts_with(Words text, Words prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

bool is_among(Words word, Words words) {
    for (std::size_t at = words.find(word); at != Words::npos && !word.empty(); at = words.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ')) return true;
    }
    return false;
}

bool is_global(Words value) {
    return is_among(value, "inherit initial unset revert revert-layer");
}

// The parts of a value between white space, or between `sign`, outside of brackets.
std::vector<Words> parts_of(Words value, char sign = ' ') {
    std::vector<Words> parts;
    std::size_t depth = 0, start = 0;
    for (std::size_t at = 0; at <= value.size(); ++at) {
        const bool is_end = at == value.size();
        if (!is_end && value[at] == '(') ++depth;
        if (!is_end && value[at] == ')' && depth) --depth;
        const bool parts_here = sign == ' ' ? !is_end && is_space(value[at]) : !is_end && value[at] == sign;
        if (!is_end && (depth || !parts_here)) continue;
        const Words part = stripped(value.substr(start, at - start));
        if (!part.empty()) parts.push_back(part);
        start = at + 1;
    }
    return parts;
}

// ---------------------------------------------------------------------------------------------- numbers

struct Length {
    double number;
    Words unit;
};

std::optional<Length> number(Words value) {
    const bool has_plus = !value.empty() && value[0] == '+';
    if (has_plus) value.remove_prefix(1);
    double found = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), found);
    if (read.ec == std::errc::result_out_of_range) return Length{value[0] == '-' ? -1e9 : 1e9, "px"};
    if (read.ec != std::errc() || !std::isfinite(found)) return std::nullopt;
    return Length{found, value.substr(static_cast<std::size_t>(read.ptr - value.data()))};
}

std::optional<double> pixels(const Length& length, double em, double whole) {
    const Words unit = length.unit;
    const double n = length.number;
    // A number alone is one of pixels on pages without a doctype.
    if (unit == "px" || unit.empty()) return n;
    if (unit == "em") return n * em;
    if (unit == "rem") return n * 16;
    if (unit == "ex" || unit == "ch") return n * em / 2;
    if (unit == "%") return n * whole / 100;
    if (is_among(unit, "vw vi svw dvw lvw vmax")) return n * 12.8;
    if (is_among(unit, "vh vb svh dvh lvh vmin")) return n * 8;
    if (unit == "pt") return n * 96 / 72;
    if (unit == "pc") return n * 16;
    if (unit == "in") return n * 96;
    if (unit == "cm") return n * 96 / 2.54;
    if (unit == "mm") return n * 96 / 25.4;
    if (unit == "q") return n * 96 / 101.6;
    return std::nullopt;
}

// A length in pixels, or what a sum of lengths is; `em` and `whole` are what "1em" and "100%" stand for.
std::optional<double> length(Words value, double em = 16, double whole = 1280) {
    if (starts_with(value, "calc(") && value.back() == ')') {
        double sum = 0, sign = 1;
        for (Words part : parts_of(value.substr(5, value.size() - 6))) {
            if (part == "+" || part == "-") {
                sign = part == "-" ? -1 : 1;
                continue;
            }
            const auto one = length(part, em, whole);
            if (!one) return std::nullopt;
            sum += sign * *one;
        }
        return sum;
    }
    const auto found = number(value);
    return found ? pixels(*found, em, whole) : std::nullopt;
}

// The arguments of the function `name` in a value, if it stands there.
std::optional<std::vector<Words>> arguments(Words value, Words name) {
    for (std::size_t at = value.find(name); at != Words::npos; at = value.find(name, at + 1)) {
        const std::size_t open = at + name.size();
        if (open >= value.size() || value[open] != '(') continue;
        if (at && (std::isalnum(static_cast<unsigned char>(value[at - 1])) || value[at - 1] == '-')) continue;
        std::size_t depth = 0, end = open;
        for (; end < value.size(); ++end) {
            if (value[end] == '(') ++depth;
            if (value[end] == ')' && --depth == 0) break;
        }
        const Words inside = value.substr(open + 1, end - open - 1);
        return inside.find(',') == Words::npos ? parts_of(inside) : parts_of(inside, ',');
    }
    return std::nullopt;
}

// A share: a number or a percentage.
std::optional<double> share(Words value) {
    const auto found = number(value);
    if (!found || !(found->unit.empty() || found->unit == "%")) return std::nullopt;
    return found->unit.empty() ? found->number : found->number / 100;
}

// ---------------------------------------------------------------------------------------------- settings

// Replaces `var(--name, other)` in a value; what is never set leaves nothing behind.
std::string resolved(Words value, const Variables& variables, int depth = 0) {
    constexpr int deepest = 4;
    constexpr std::size_t longest = 1000;
    const std::size_t at = value.find("var(");
    if (at == Words::npos) return std::string(value);
    if (depth > deepest || value.size() > longest) return {};
    std::size_t end = at + 3, open = 0;
    for (; end < value.size(); ++end) {
        if (value[end] == '(') ++open;
        if (value[end] == ')' && --open == 0) break;
    }
    const Words inside = value.substr(at + 4, end - at - 4);
    const std::size_t comma = inside.find(',');
    const auto found = variables.find(std::string(stripped(inside.substr(0, comma))));
    const Words put = found != variables.end() ? Words(found->second)
                      : comma != Words::npos   ? stripped(inside.substr(comma + 1))
                                               : Words();
    const Words behind = end < value.size() ? value.substr(end + 1) : Words();
    return resolved(std::string(value.substr(0, at)) + std::string(put) + std::string(behind), variables, depth + 1);
}

bool is_length(Words value) {
    return value == "auto" || value == "none" || value == "normal" || starts_with(value, "calc(") ||
           value.find('(') != Words::npos || is_among(value, "min-content max-content fit-content stretch") ||
           length(value).has_value();
}

constexpr Words displays =
    "none contents block inline inline-block flex inline-flex grid inline-grid table inline-table table-row table-cell "
    "table-row-group table-header-group table-footer-group table-column table-column-group table-caption list-item "
    "flow-root run-in ruby ruby-text ruby-base math -webkit-box -webkit-inline-box -webkit-flex -webkit-inline-flex "
    "flow";
constexpr Words font_sizes[] = {"xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large"};
constexpr double font_pixels[] = {9, 10, 13, 16, 18, 24, 32, 48};

bool is_font_size(Words value) {
    if (value == "smaller" || value == "larger") return true;
    if (std::find(std::begin(font_sizes), std::end(font_sizes), value) != std::end(font_sizes)) return true;
    const auto size = length(value);
    return (size && *size >= 0) || value.find('(') != Words::npos;
}

// Whether a browser takes the value.
bool is_valid(P property, Words value) {
    if (is_global(value)) return true;
    switch (property) {
        case P::display: {
            for (const Words part : parts_of(value)) {
                if (!is_among(part, displays)) return false;
            }
            return true;
        }
        case P::visibility: return is_among(value, "visible hidden collapse");
        case P::backface: return is_among(value, "visible hidden");
        case P::fill:
        case P::stroke:
            return value == "none" || starts_with(value, "url(") || starts_with(value, "context-") ||
                   is_valid(P::color, value);
        case P::opacity: return share(value).has_value() || value.find('(') != Words::npos;
        case P::position: return is_among(value, "static relative absolute fixed sticky -webkit-sticky");
        case P::content_visibility: return is_among(value, "visible hidden auto");
        case P::font_size: return is_font_size(value);
        case P::zoom: return value == "normal" || share(value).value_or(-1) >= 0;
        case P::z_index: return value == "auto" || number(value).has_value();
        case P::color:
        case P::text_fill:
            return value == "currentcolor" || colour_of(value) != unknown_colour || value.find('(') != Words::npos ||
                   (value[0] != '#' &&
                    std::all_of(value.begin(), value.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
        case P::left:
        case P::top:
        case P::right:
        case P::bottom:
        case P::text_indent:
        case P::margin_left:
        case P::margin_top:
        case P::width:
        case P::height:
        case P::max_width:
        case P::max_height:
        case P::line_height:
        case P::padding_bottom: return is_length(value);
        default: return true;
    }
}

P property_of(Words name) {
    static const std::unordered_map<Words, P> known = {
        {"display", P::display},
        {"visibility", P::visibility},
        {"opacity", P::opacity},
        {"filter", P::filter},
        {"-webkit-filter", P::filter},
        {"position", P::position},
        {"left", P::left},
        {"top", P::top},
        {"right", P::right},
        {"bottom", P::bottom},
        {"inset-inline-start", P::left},
        {"inset-block-start", P::top},
        {"text-indent", P::text_indent},
        {"margin-left", P::margin_left},
        {"margin-inline-start", P::margin_left},
        {"margin-top", P::margin_top},
        {"margin-block-start", P::margin_top},
        {"transform", P::transform},
        {"-webkit-transform", P::transform},
        {"translate", P::translate},
        {"scale", P::scale},
        {"clip", P::clip},
        {"clip-path", P::clip_path},
        {"-webkit-clip-path", P::clip_path},
        {"mask", P::mask},
        {"-webkit-mask", P::mask},
        {"mask-image", P::mask},
        {"-webkit-mask-image", P::mask},
        {"font-size", P::font_size},
        {"zoom", P::zoom},
        {"overflow", P::overflow},
        {"overflow-x", P::overflow},
        {"overflow-y", P::overflow},
        {"width", P::width},
        {"inline-size", P::width},
        {"height", P::height},
        {"block-size", P::height},
        {"max-width", P::max_width},
        {"max-inline-size", P::max_width},
        {"max-height", P::max_height},
        {"max-block-size", P::max_height},
        {"line-height", P::line_height},
        {"padding-bottom", P::padding_bottom},
        {"color", P::color},
        {"-webkit-text-fill-color", P::text_fill},
        {"fill", P::fill},
        {"stroke", P::stroke},
        {"backface-visibility", P::backface},
        {"-webkit-backface-visibility", P::backface},
        {"background-color", P::ground},
        {"background-clip", P::ground_clip},
        {"-webkit-background-clip", P::ground_clip},
        {"background-image", P::ground_clip},
        {"text-shadow", P::shadow},
        {"content-visibility", P::content_visibility},
        {"z-index", P::z_index},
        {"padding-left", P::gap},
        {"padding-right", P::gap},
        {"margin-right", P::gap},
        {"border", P::gap},
    };
    const auto found = known.find(name);
    return found == known.end() ? P::none : found->second;
}

bool is_shorthand(Words name) {
    return is_among(name, "font background margin inset padding");
}

// The four sides of a shorthand: top, right, bottom, left.
std::array<Words, 4> sides(Words value) {
    const std::vector<Words> parts = parts_of(value);
    if (parts.empty() || parts.size() > 4) return {};
    const auto side = [&](std::size_t first, std::size_t second, std::size_t third) {
        return parts[first < parts.size() ? first : second < parts.size() ? second : third];
    };
    return {parts[0], side(1, 0, 0), side(2, 0, 0), side(3, 1, 0)};
}

// The size in the shorthand of fonts: it stands in front of the family, and of the height of lines.
void read_font(Words value, const std::function<void(P, Words)>& set) {
    if (is_among(value, "caption icon menu message-box small-caption status-bar")) return set(P::font_size, "medium");
    for (const Words part : parts_of(value)) {
        const std::size_t slash = part.find('/');
        const Words size = part.substr(0, slash);
        const auto found = number(size);
        // A number alone is a weight, or nothing.
        const bool is_weight = found && found->unit.empty() && found->number != 0;
        if (!is_font_size(size) || is_weight) continue;
        set(P::font_size, size);
        return set(P::line_height, slash == Words::npos ? Words("normal") : part.substr(slash + 1));
    }
}

// ---------------------------------------------------------------------------------------------- looks

bool is_clipped(Words clip) {
    const auto edges = arguments(clip, "rect");
    if (!edges || edges->size() != 4) return false;
    std::array<std::optional<double>, 4> at;
    for (std::size_t side = 0; side < 4; ++side) at[side] = length((*edges)[side]);
    const auto is_nothing = [](std::optional<double> from, std::optional<double> to) {
        return to && *to - from.value_or(0) <= 1;
    };
    return is_nothing(at[0], at[2]) || is_nothing(at[3], at[1]);
}

bool is_cut(Words path) {
    if (const auto inset = arguments(path, "inset")) {
        std::string four;
        for (const Words part : *inset) {
            if (part == "round") break;
            four += std::string(part) + ' ';
        }
        const auto edge = sides(four);
        const auto covers = [](Words one, Words two) {
            const auto first = number(one), second = number(two);
            if (!first || !second) return false;
            if (first->unit == "%" && second->unit == "%") return first->number + second->number >= 100;
            return first->number >= far_off || second->number >= far_off;
        };
        return covers(edge[0], edge[2]) || covers(edge[3], edge[1]);
    }
    for (const Words shape : {"circle", "ellipse"}) {
        const auto radii = arguments(path, shape);
        if (radii && !radii->empty()) {
            const auto radius = length((*radii)[0]);
            return radius && *radius <= 1;
        }
    }
    if (const auto corners = arguments(path, "polygon")) {
        bool is_thin[2] = {true, true};
        std::optional<double> first[2];
        for (const Words corner : *corners) {
            const std::vector<Words> place = parts_of(corner);
            if (place.size() != 2) continue;
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const auto at = length(place[axis]);
                if (!first[axis]) first[axis] = at;
                is_thin[axis] &= at && *at == *first[axis];
            }
        }
        return first[0] && (is_thin[0] || is_thin[1]);
    }
    return false;
}

// Whether a mask lets nothing through: all of its pictures are gradients between colours that are transparent.
bool is_masked(Words mask) {
    const std::vector<Words> layers = parts_of(mask, ',');
    const auto is_clear = [](Words layer) {
        const std::size_t open = layer.find("gradient(");
        const auto stops = open == Words::npos ? std::nullopt : arguments(layer.substr(open), "gradient");
        if (!stops || stops->size() < 2) return false;
        for (std::size_t at = 0; at < stops->size(); ++at) {
            const std::vector<Words> stop = parts_of((*stops)[at]);
            const Colour colour = stop.empty() ? unknown_colour : colour_of(stop[0]);
            // The first may be a direction or a shape.
            const bool is_geometry = at == 0 && colour == unknown_colour && stops->size() > 2;
            if (colour != clear_colour && !is_geometry) return false;
        }
        return true;
    };
    return !layers.empty() && std::all_of(layers.begin(), layers.end(), is_clear);
}

// What a transform makes of a box: nothing, or something far away.
Words transformed(const Style& style, double em) {
    const auto is_nothing = [](Words value) {
        const auto factor = share(value);
        return factor && std::fabs(*factor) < 0.02;
    };
    // Per cent are those of the box itself, of whatever size it is.
    const auto is_away = [&](Words value) {
        const auto moved = length(value, em, 300);
        return moved && (*moved <= 3 * far_out || *moved >= far_off);
    };
    const Words transform = style[P::transform];
    for (const Words name : {"scale", "scalex", "scaley", "scale3d"}) {
        if (const auto factors = arguments(transform, name)) {
            if (std::any_of(factors->begin(),
                            factors->begin() + std::min<std::ptrdiff_t>(2, factors->end() - factors->begin()),
                            is_nothing))
                return "zero-size";
        }
    }
    if (const auto matrix = arguments(transform, "matrix"); matrix && matrix->size() == 6) {
        if (is_nothing((*matrix)[0]) && is_nothing((*matrix)[1])) return "zero-size";
        if (is_away((*matrix)[4]) || is_away((*matrix)[5])) return "off-screen";
    }
    for (const Words name : {"rotatex", "rotatey"}) {
        const auto angle = arguments(transform, name);
        if (angle && !angle->empty() && ((*angle)[0] == "90deg" || (*angle)[0] == "-90deg")) return "zero-size";
    }
    if (style[P::backface] == "hidden") {
        for (const Words name : {"rotatex", "rotatey"}) {
            const auto angle = arguments(transform, name);
            if (angle && !angle->empty() &&
                ((*angle)[0] == "180deg" || (*angle)[0] == "-180deg" || (*angle)[0] == ".5turn"))
                return "zero-size";
        }
    }
    for (const Words name : {"translate", "translatex", "translatey", "translate3d"}) {
        if (const auto moves = arguments(transform, name)) {
            if (std::any_of(moves->begin(), moves->end(), is_away)) return "off-screen";
        }
    }
    const std::vector<Words> factors = parts_of(style[P::scale]), moves = parts_of(style[P::translate]);
    if (std::any_of(factors.begin(), factors.end(), is_nothing)) return "zero-size";
    return std::any_of(moves.begin(), moves.end(), is_away) ? Words("off-screen") : Words();
}

bool is_off_screen(const Style& style, double em) {
    const auto moved = [&](P property) { return length(style[property], em).value_or(0); };
    const Words position = style[P::position];
    const bool is_fixed = position == "fixed", is_absolute = is_fixed || position == "absolute";
    if (is_absolute || position == "relative") {
        for (const P side : {P::left, P::top, P::right, P::bottom}) {
            if (moved(side) <= far_out) return true;
        }
        if (moved(P::left) >= far_off || (is_fixed && moved(P::top) >= far_off)) return true;
    }
    // Half the width to the left of the middle is how a page is centred.
    const Words left = style[P::left];
    if (!left.empty() && left.back() == '%' && is_absolute) return false;
    return moved(P::margin_left) <= far_out || moved(P::margin_top) <= far_out || moved(P::margin_left) >= far_off;
}

bool is_too_small(const Style& style, double em, bool is_clipping) {
    if (!is_clipping) return false;
    const auto is_nothing = [&](P property) {
        const auto size = length(style[property], em, 1e6);
        return size && *size >= 0 && *size <= smallest_box;
    };
    if (is_nothing(P::width) || is_nothing(P::max_width)) return true;
    // What stands in the padding is seen.
    if (length(style[P::padding_bottom], em).value_or(0) > smallest_box) return false;
    const Words line = style[P::line_height];
    const auto lines = number(line);
    const bool has_height = !style[P::height].empty() && style[P::height] != "auto" && !is_nothing(P::height);
    const bool has_no_line =
        lines && !has_height && (lines->unit.empty() ? lines->number * em : pixels(*lines, em, em).value_or(em)) <= 1;
    return is_nothing(P::height) || is_nothing(P::max_height) || has_no_line;
}

}  // namespace

// ---------------------------------------------------------------------------------------------- colours

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
    if (!value.empty() && value[0] == '#') {
        std::uint32_t number = 0;
        const auto read = std::from_chars(value.data() + 1, value.data() + value.size(), number, 16);
        if (read.ec != std::errc() || read.ptr != value.data() + value.size()) return unknown_colour;
        const std::size_t digits = value.size() - 1;
        const auto doubled = [](std::uint32_t c) {
            return (c & 0xf00) * 0x1100 | (c & 0xf0) * 0x110 | (c & 0xf) * 0x11;
        };
        if (digits == 4) return number & 0xf ? 0x1000000 | doubled(number >> 4) : clear_colour;
        if (digits == 8) return number & 0xff ? 0x1000000 | number >> 8 : clear_colour;
        if (digits == 3) return 0x1000000 | doubled(number);
        return digits == 6 ? 0x1000000 | number : unknown_colour;
    }
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

bool is_same(Colour one, Colour other) {
    constexpr int alike = 8;
    if (one <= clear_colour || other <= clear_colour) return false;
    for (int shift = 0; shift < 24; shift += 8) {
        if (std::abs(static_cast<int>(one >> shift & 255) - static_cast<int>(other >> shift & 255)) > alike)
            return false;
    }
    return true;
}

void read_settings(const css::Declaration& declaration, Variables& variables, std::vector<Setting>& out) {
    constexpr std::size_t most_variables = 1000, longest = 1000;
    const Words name = declaration.name;
    if (starts_with(name, "--")) {
        if (variables.size() < most_variables && declaration.value.size() < longest)
            variables[declaration.name] = declaration.value;
        return;
    }
    const P property = property_of(name);
    if (property == P::none && !is_shorthand(name)) return;
    std::string value = resolved(declaration.value, variables);
    if (value.empty()) return;
    const auto set = [&](P which, Words written) {
        if (!written.empty() && is_valid(which, written))
            out.push_back({which, declaration.is_important, std::string(written)});
    };
    if (property == P::ground) {
        return set(P::ground, value);
    }
    if (property != P::none) return set(property, value);
    if (name == "font") return read_font(value, set);
    if (name == "background") {
        const bool is_picture = value.find("url(") != std::string::npos || value.find("gradient(") != std::string::npos;
        if (value.find("text") != std::string::npos) set(P::ground_clip, "text");
        if (is_picture) return set(P::ground, "picture");
        for (const Words part : parts_of(value)) {
            if (colour_of(part) != unknown_colour || part.find('(') != Words::npos) return set(P::ground, part);
        }
        return set(P::ground, value == "none" ? Words("transparent") : Words("picture"));
    }
    const auto [top, right, bottom, left] = sides(value);
    if (name == "inset") {
        set(P::top, top), set(P::right, right), set(P::bottom, bottom), set(P::left, left);
    } else if (name == "margin") {
        set(P::margin_top, top), set(P::margin_left, left), set(P::gap, right);
    } else if (name == "padding") {
        set(P::padding_bottom, bottom), set(P::gap, right);
    }
}

bool is_wanted(Words name) {
    if (name.size() > 2 && name[0] == '-' && name[1] == '-') return true;
    if (name.size() < 3 || name.size() > 27) return false;
    switch (name[0]) {
        case '-':
        case 'b':
        case 'c':
        case 'd':
        case 'f':
        case 'h':
        case 'i':
        case 'l':
        case 'm':
        case 'o':
        case 'p':
        case 'r':
        case 's':
        case 't':
        case 'v':
        case 'w':
        case 'z': return property_of(name) != P::none || is_shorthand(name);
        default: return false;
    }
}

bool may_paint(const Setting& setting, const std::vector<Colour>& grounds) {
    switch (setting.property) {
        case P::ground:
        case P::ground_clip: return true;
        case P::stroke: return true;
        case P::fill:
        case P::color:
        case P::text_fill: {
            const Colour colour = colour_of(setting.value);
            return std::any_of(grounds.begin(), grounds.end(), [&](Colour each) { return is_same(each, colour); });
        }
        default: return false;
    }
}

bool may_hide(const Setting& setting) {
    const Words value = setting.value;
    const auto is_far = [&] {
        const auto moved = length(value);
        return moved && (*moved <= far_out || *moved >= far_off);
    };
    switch (setting.property) {
        case P::display: return value == "none" || value == "contents" || starts_with(value, "inline");
        case P::visibility: return true;
        case P::opacity: return share(value).value_or(1) < 0.05;
        case P::filter: return value.find("opacity(") != Words::npos;
        case P::left:
        case P::top:
        case P::right:
        case P::bottom:
        case P::margin_left:
        case P::margin_top: return is_far();
        case P::text_indent: return is_far() || value.back() == '%';
        case P::transform:
        case P::translate:
        case P::scale: return value != "none";
        case P::clip:
        case P::clip_path: return value != "auto" && value != "none";
        case P::mask: return value.find("gradient(") != Words::npos;
        case P::font_size: return length(value, 16, 16).value_or(16) <= 2;
        case P::zoom: return share(value).value_or(1) < 1;
        case P::width:
        case P::height:
        case P::max_width:
        case P::max_height:
        case P::line_height: return length(value, 16, 1e6).value_or(16) <= smallest_box && value != "1" && value != "2";
        case P::fill: return value == "none" || colour_of(value) == clear_colour;
        case P::color:
        case P::text_fill: return colour_of(value) == clear_colour;
        case P::backface: return value == "hidden";
        case P::content_visibility: return value == "hidden";
        case P::z_index: return value[0] == '-';
        default: return false;
    }
}

// The size of a font in pixels; `outer` is that of the element around.
double font_of(Words size, double outer) {
    const auto word = std::find(std::begin(font_sizes), std::end(font_sizes), size);
    double font = word != std::end(font_sizes) ? font_pixels[word - std::begin(font_sizes)] : outer;
    if (size == "initial") font = 16;
    if (size == "smaller" || size == "larger") font = size == "smaller" ? outer / 1.2 : outer * 1.2;
    return length(size, outer, outer).value_or(font);
}

void paint(const Style& style, Inherited& inherited) {
    if (const Words size = style[P::font_size]; !size.empty())
        inherited.font = static_cast<float>(font_of(size, inherited.font));
    // Browsers draw what is to be drawn at no size at its own.
    if (const auto zoom = share(style[P::zoom]); zoom && *zoom > 0) inherited.zoom *= static_cast<float>(*zoom);
    if (const Words ground = style[P::ground]; !ground.empty()) {
        const Colour colour = colour_of(ground);
        if (colour != clear_colour && !is_global(ground)) {
            inherited.ground = colour;
            inherited.is_on_ground = true;
        }
    }
    if (!style[P::ground_clip].empty() && style[P::ground_clip] != "none") inherited.ground = unknown_colour;
    const Words written = !style[P::text_fill].empty() ? style[P::text_fill] : style[P::color];
    if (!written.empty() && !is_global(written) && written != "currentcolor") inherited.colour = colour_of(written);
    if (const Words fill = style[P::fill]; !fill.empty() && !is_global(fill)) {
        inherited.fill = fill == "none" ? clear_colour : colour_of(fill);
        inherited.is_fill_current = fill == "currentcolor";
    }
    if (const Words stroke = style[P::stroke]; !stroke.empty() && !is_global(stroke)) {
        inherited.has_stroke = stroke != "none" && colour_of(stroke) != clear_colour;
    }
    if (!style[P::shadow].empty() && style[P::shadow] != "none") inherited.ground = unknown_colour;
}

Looks look(const Style& style, bool is_line, Inherited& inherited) {
    Looks looks;
    const auto is_set = [&](P property) { return !style[property].empty(); };
    const auto is_own = [&](P property) { return style.is_own[static_cast<std::size_t>(property)]; };
    const auto hide = [&](Words reason, std::initializer_list<P> by) {
        if (!looks.hidden.empty()) return;
        looks.hidden = reason;
        looks.is_own = std::any_of(by.begin(), by.end(), is_own);
    };
    const Words display = style[P::display], position = style[P::position];
    const bool is_away = position == "absolute" || position == "fixed";
    looks.is_out = is_away;

    paint(style, inherited);
    const double em = inherited.font;

    if (display == "none") {
        hide("display-none", {P::display});
        looks.is_out = true;
        return looks;
    }
    const bool is_inline_word = display == "inline" || display == "contents";
    const bool is_box = is_away || (display.empty() ? is_line : !is_inline_word);
    if (share(style[P::opacity]).value_or(1) < 0.02) hide("opacity", {P::opacity});
    if (const auto seen = arguments(style[P::filter], "opacity");
        seen && !seen->empty() && share((*seen)[0]).value_or(1) < 0.02) {
        hide("opacity", {P::filter});
    }
    if (is_off_screen(style, em))
        hide("off-screen", {P::left, P::top, P::right, P::bottom, P::margin_left, P::margin_top});
    if (is_away && is_clipped(style[P::clip])) hide("clipped", {P::clip});
    if (is_cut(style[P::clip_path])) hide("clipped", {P::clip_path});
    if (is_masked(style[P::mask])) hide("clipped", {P::mask});
    if (is_box) {
        const bool is_clipping = is_among(style[P::overflow].substr(0, style[P::overflow].find(' ')), "hidden clip");
        if (is_too_small(style, em, is_clipping))
            hide("zero-size", {P::width, P::height, P::max_width, P::max_height, P::line_height});
        const Words transform = transformed(style, em);
        if (!transform.empty()) hide(transform, {P::transform, P::translate, P::scale});
        const auto indent = length(style[P::text_indent], em, 1280);
        if (indent && (*indent <= far_out || (is_clipping && *indent >= 1280))) hide("off-screen", {P::text_indent});
        if (style[P::content_visibility] == "hidden") hide("content-visibility", {P::content_visibility});
    }
    const auto depth = number(style[P::z_index]);
    if (depth && depth->number < 0 && !position.empty() && position != "static" && inherited.is_on_ground &&
        !is_set(P::ground)) {
        hide("behind", {P::z_index});
    }
    if (const Words seen = style[P::visibility]; !seen.empty() && !is_global(seen)) {
        looks.invisible = seen == "visible" ? "visible" : "visibility";
    }
    const bool is_kept_in = starts_with(display, "inline") || display == "contents";
    if (is_line && is_kept_in && !is_away) {
        looks.is_inline = true;
        const auto is_wide = [&](P property) { return length(style[property], em).value_or(is_set(property)) != 0; };
        looks.has_gap = is_wide(P::gap) || is_wide(P::margin_left);
    }
    return looks;
}

}  // namespace moderation
