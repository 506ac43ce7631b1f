#include "styles.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace moderation {

namespace {

using Words = std::string_view;

bool is_space(char c) {
    return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || c == '-';
}

std::size_t skip_space(Words text, std::size_t at) {
    while (at < text.size() && is_space(text[at])) ++at;
    return at;
}

Words stripped(Words text) {
    text.remove_prefix(skip_space(text, 0));
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool starts_with(Words text, Words prefix) {
    return text.substr(0, prefix.size()) == prefix;
}
bool ends_with(Words text, Words suffix) {
    return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

// The declarations that can hide.
enum Property {
    display,
    visibility,
    opacity,
    left,
    top,
    right,
    bottom,
    text_indent,
    margin_left,
    margin_top,
    margin,
    clip,
    clip_path,
    font_size,
    overflow,
    width,
    height,
    max_height,
    line_height,
    background_color,
    background,
    color,
    properties,
};

constexpr std::array<Words, properties> property_names = {
    "display",     "visibility",       "opacity",     "left",       "top",    "right",
    "bottom",      "text-indent",      "margin-left", "margin-top", "margin", "clip",
    "clip-path",   "font-size",        "overflow",    "width",      "height", "max-height",
    "line-height", "background-color", "background",  "color",
};

struct Declarations {
    std::array<Words, properties> values;

    Words operator[](Property property) const { return values[property]; }
};

// A name, white space, a colon and a value up to the next semicolon; of several with one name the last holds.
Declarations read_declarations(Words style) {
    Declarations found;
    std::size_t at = 0;
    while (at < style.size()) {
        if (!is_name(style[at])) {
            ++at;
            continue;
        }
        const std::size_t start = at;
        while (at < style.size() && is_name(style[at])) ++at;
        const Words name = style.substr(start, at - start);
        const std::size_t colon = skip_space(style, at);
        if (colon == style.size() || style[colon] != ':') continue;
        const std::size_t value = skip_space(style, colon + 1);
        if (value == style.size() || style[value] == ';') continue;
        at = std::min(style.find(';', value), style.size());
        for (std::size_t property = 0; property < properties; ++property) {
            if (property_names[property] == name) {
                found.values[property] = stripped(style.substr(value, at - value));
            }
        }
    }
    return found;
}

std::optional<double> number(Words value) {
    value = stripped(value);
    std::size_t at = !value.empty() && value[0] == '-';
    const std::size_t digits = at;
    bool is_zero = true;
    while (at < value.size() && is_digit(value[at])) is_zero &= value[at++] == '0';
    if (at == digits) return std::nullopt;
    if (at + 1 < value.size() && value[at] == '.' && is_digit(value[at + 1])) {
        ++at;
        while (at < value.size() && is_digit(value[at])) ++at;
    }
    double found = 0;
    const auto result = std::from_chars(value.data(), value.data() + at, found);
    if (result.ec == std::errc::result_out_of_range) {
        if (is_zero) return 0.0;
        found = digits ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    }
    return found;
}

bool is_far(Words value) {
    // Moved this far (px, em and the like alike), nothing of a block is left on any screen.
    constexpr double off_screen = -300.0;
    const auto moved = number(value);
    return moved && *moved <= off_screen;
}

bool is_off_screen(const Declarations& rules) {
    for (const Property property : {left, top, right, bottom, text_indent}) {
        if (is_far(rules[property])) return true;
    }
    // Half the width to the left of the middle is how a page is centred.
    if (ends_with(rules[left], "%")) return false;
    if (is_far(rules[margin_left]) || is_far(rules[margin_top])) return true;
    std::size_t at = 0;
    for (int side = 0; side < 4; ++side) {
        at = skip_space(rules[margin], at);
        const std::size_t start = at;
        while (at < rules[margin].size() && !is_space(rules[margin][at])) ++at;
        if (is_far(rules[margin].substr(start, at - start))) return true;
    }
    return false;
}

bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// "rect(0" or "rect(1px": nothing is left of what is cut.
bool is_clipped(Words clip) {
    if (!starts_with(clip, "rect(")) return false;
    const std::size_t at = skip_space(clip, 5);
    if (at == clip.size() || (clip[at] != '0' && clip[at] != '1')) return false;
    const Words behind = clip.substr(at + 1);
    const auto ends_word = [](Words text) { return text.empty() || !is_word(text[0]); };
    return (starts_with(behind, "px") && ends_word(behind.substr(2))) || ends_word(behind);
}

bool is_inset(Words path) {
    if (!starts_with(path, "inset(")) return false;
    const Words value = path.substr(skip_space(path, 6));
    return starts_with(value, "50%") || starts_with(value, "100%");
}

// The first word of a value, a name or a number for the same colour made the same; blanks inside brackets do not count.
std::string colour(Words value) {
    value = stripped(value.substr(0, value.find('!')));
    std::string word;
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t behind = skip_space(value, at);
        if (behind < value.size() && (value[behind] == '(' || value[behind] == ',')) {
            word.push_back(value[behind]);
            at = skip_space(value, behind + 1);
        } else if (behind > at) {
            if (behind == value.size() || value[behind] != ')') break;
            at = behind;
        } else {
            word.push_back(value[at++]);
        }
    }
    const auto is_hexadecimal = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    if (word.size() == 4 && word[0] == '#' && is_hexadecimal(word[1]) && is_hexadecimal(word[2]) &&
        is_hexadecimal(word[3])) {
        return {'#', word[1], word[1], word[2], word[2], word[3], word[3]};
    }
    if (word == "transparent" || word == "inherit" || word == "none") return {};
    if (word == "white") return "#ffffff";
    if (word == "black") return "#000000";
    return word;
}

// "property : value" at the start of a text, with one of the values.
bool declares(Words text, Words property, std::initializer_list<Words> values) {
    if (!starts_with(text, property)) return false;
    std::size_t at = skip_space(text, property.size());
    if (at == text.size() || text[at] != ':') return false;
    at = skip_space(text, at + 1);
    for (const Words value : values) {
        if (starts_with(text.substr(at), value)) return true;
    }
    return values.size() == 0;
}

// A size of nothing or one, "1.0" too.
bool declares_small_font(Words text) {
    constexpr Words property = "font-size";
    if (!declares(text, property, {"-", "0", "1"})) return false;
    std::size_t at = skip_space(text, skip_space(text, property.size()) + 1);
    if (text[at] != '1') return true;
    ++at;
    const bool has_point = at < text.size() && text[at] == '.';
    if (has_point) {
        ++at;
        while (at < text.size() && text[at] == '0') ++at;
    }
    return at == text.size() || !(is_digit(text[at]) || text[at] == '.');
}

// Whether a style has one of the words that hide. Of the styles that `hiding` would find hiding, it passes over those
// alone whose font has a size like "1.0.5".
bool has_hint(Words style) {
    for (std::size_t at = 0; at < style.size(); ++at) {
        const Words text = style.substr(at);
        switch (style[at]) {
            case 'd':
                if (declares(text, "display", {"none"})) return true;
                break;
            case 'v':
                if (declares(text, "visibility", {"hidden", "collapse"})) return true;
                break;
            case 'o':
                if (declares(text, "overflow", {"hidden", "collapse"}) || declares(text, "opacity", {})) return true;
                break;
            case 'c':
                if (starts_with(text, "clip")) return true;
                if ((at == 0 || !is_name(style[at - 1])) && declares(text, "color", {})) return true;
                break;
            case 'f':
                if (declares_small_font(text)) return true;
                break;
            case '-':
                if (text.size() > 3 && is_digit(text[1]) && is_digit(text[2]) && is_digit(text[3])) return true;
                break;
            default: break;
        }
    }
    return false;
}

Words reason_of(Words style) {
    const Declarations rules = read_declarations(style);
    if (starts_with(rules[display], "none")) return "display-none";
    if (starts_with(rules[visibility], "hidden") || starts_with(rules[visibility], "collapse")) return "visibility";
    if (number(rules[opacity]) == 0.0) return "opacity";
    if (is_off_screen(rules)) return "off-screen";
    if (is_clipped(rules[clip]) || is_inset(rules[clip_path])) return "clipped";
    if (const auto font = number(rules[font_size])) {
        const bool is_relative = ends_with(rules[font_size], "em") || ends_with(rules[font_size], "%");
        if (*font == 0 || (*font <= 1 && !is_relative)) return "zero-size";
    }
    if (starts_with(rules[overflow], "hidden")) {
        for (const Property property : {width, height, max_height, line_height}) {
            const auto size = number(rules[property]);
            if (size && *size >= 0 && *size <= 1) return "zero-size";
        }
    }
    const Words ground = rules[background_color].empty() ? rules[background] : rules[background_color];
    if (!ground.empty() && !rules[color].empty()) {
        const std::string written = colour(rules[color]);
        if (!written.empty() && written == colour(ground)) return "same-colour";
    }
    return "";
}

}  // namespace

Words hiding(Words style) {
    const Words reason = reason_of(style);
    return reason.empty() || has_hint(style) ? reason : "";
}

std::optional<double> leading_number(View value, const std::function<int(char32_t)>& decimal) {
    std::string narrowed;
    for (const char32_t c : scan::strip(value)) {
        const int digit = c < 0x80 ? -1 : decimal(c);
        if (c >= 0x80 && digit < 0) break;
        narrowed.push_back(c < 0x80 ? static_cast<char>(c) : static_cast<char>('0' + digit));
    }
    return number(narrowed);
}

}  // namespace moderation
