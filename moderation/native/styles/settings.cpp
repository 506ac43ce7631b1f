#include "styles/settings.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <unordered_map>

#include "styles/css_text.hpp"
#include "styles/css_values.hpp"

namespace moderation {

using namespace css;

namespace {

using P = Property;
using Set = std::function<void(P, Words)>;

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
    const auto found = variables.find(std::string(trimmed(inside.substr(0, comma))));
    const Words put = found != variables.end() ? Words(found->second)
                      : comma != Words::npos   ? trimmed(inside.substr(comma + 1))
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

// The size in the shorthand of fonts: it stands in front of the family, and of the height of lines.
void read_font(Words value, const Set& set) {
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

void read_background(Words value, const Set& set) {
    const bool is_picture = value.find("url(") != std::string::npos || value.find("gradient(") != std::string::npos;
    if (value.find("text") != std::string::npos) set(P::ground_clip, "text");
    if (is_picture) return set(P::ground, "picture");
    for (const Words part : parts_of(value)) {
        if (colour_of(part) != unknown_colour || part.find('(') != Words::npos) return set(P::ground, part);
    }
    return set(P::ground, value == "none" ? Words("transparent") : Words("picture"));
}

// The shorthands of four sides.
void read_sides(Words name, Words value, const Set& set) {
    const auto [top, right, bottom, left] = sides(value);
    if (name == "inset") {
        set(P::top, top), set(P::right, right), set(P::bottom, bottom), set(P::left, left);
    } else if (name == "margin") {
        set(P::margin_top, top), set(P::margin_left, left), set(P::gap, right);
    } else if (name == "padding") {
        set(P::padding_bottom, bottom), set(P::gap, right);
    }
}

}  // namespace

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
    if (property != P::none) return set(property, value);
    if (name == "font") return read_font(value, set);
    if (name == "background") return read_background(value, set);
    read_sides(name, value, set);
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

double font_of(Words size, double outer) {
    const auto word = std::find(std::begin(font_sizes), std::end(font_sizes), size);
    double font = word != std::end(font_sizes) ? font_pixels[word - std::begin(font_sizes)] : outer;
    if (size == "initial") font = 16;
    if (size == "smaller" || size == "larger") font = size == "smaller" ? outer / 1.2 : outer * 1.2;
    return length(size, outer, outer).value_or(font);
}

}  // namespace moderation
