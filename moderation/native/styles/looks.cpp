#include "styles/looks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "styles/css_values.hpp"

namespace moderation {

using namespace css;

namespace {

using P = Property;

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

// What `inset()` leaves nothing of.
bool is_inset(const std::vector<Words>& inset) {
    std::string four;
    for (const Words part : inset) {
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

// Corners that lie on one line.
bool is_thin(const std::vector<Words>& corners) {
    bool is_line[2] = {true, true};
    std::optional<double> first[2];
    for (const Words corner : corners) {
        const std::vector<Words> place = parts_of(corner);
        if (place.size() != 2) continue;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const auto at = length(place[axis]);
            if (!first[axis]) first[axis] = at;
            is_line[axis] &= at && *at == *first[axis];
        }
    }
    return first[0] && (is_line[0] || is_line[1]);
}

// Whether a clipping path lets nothing through.
bool is_cut(Words path) {
    if (const auto inset = arguments(path, "inset")) return is_inset(*inset);
    for (const Words shape : {"circle", "ellipse"}) {
        const auto radii = arguments(path, shape);
        if (radii && !radii->empty()) {
            const auto radius = length((*radii)[0]);
            return radius && *radius <= 1;
        }
    }
    const auto corners = arguments(path, "polygon");
    return corners && is_thin(*corners);
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

bool is_no_factor(Words value) {
    const auto factor = share(value);
    return factor && std::fabs(*factor) < 0.02;
}

// A box turned so that only its edge is seen, or its back, which is hidden.
bool is_turned(Words transform, bool is_back_hidden) {
    for (const Words name : {"rotatex", "rotatey"}) {
        const auto angle = arguments(transform, name);
        if (!angle || angle->empty()) continue;
        if (is_among((*angle)[0], "90deg -90deg")) return true;
        if (is_back_hidden && is_among((*angle)[0], "180deg -180deg .5turn")) return true;
    }
    return false;
}

// What a transform makes of a box: nothing, or something far away.
Words transformed(const Style& style, double em) {
    // Per cent are those of the box itself, of whatever size it is.
    const auto is_away = [&](Words value) {
        const auto moved = length(value, em, 300);
        return moved && (*moved <= 3 * far_out || *moved >= far_off);
    };
    const Words transform = style[P::transform];
    for (const Words name : {"scale", "scalex", "scaley", "scale3d"}) {
        const auto factors = arguments(transform, name);
        if (!factors) continue;
        const auto flat = std::min<std::ptrdiff_t>(2, factors->end() - factors->begin());
        if (std::any_of(factors->begin(), factors->begin() + flat, is_no_factor)) return "zero-size";
    }
    if (const auto matrix = arguments(transform, "matrix"); matrix && matrix->size() == 6) {
        if (is_no_factor((*matrix)[0]) && is_no_factor((*matrix)[1])) return "zero-size";
        if (is_away((*matrix)[4]) || is_away((*matrix)[5])) return "off-screen";
    }
    if (is_turned(transform, style[P::backface] == "hidden")) return "zero-size";
    for (const Words name : {"translate", "translatex", "translatey", "translate3d"}) {
        const auto moves = arguments(transform, name);
        if (moves && std::any_of(moves->begin(), moves->end(), is_away)) return "off-screen";
    }
    const std::vector<Words> factors = parts_of(style[P::scale]), moves = parts_of(style[P::translate]);
    if (std::any_of(factors.begin(), factors.end(), is_no_factor)) return "zero-size";
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
