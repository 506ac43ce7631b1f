#include "styles/media.hpp"

#include <charconv>
#include <optional>

#include "styles/css_text.hpp"

namespace moderation::css {

namespace {

// The length of a media feature in pixels.
std::optional<double> media_length(std::string_view text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc()) return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(read.ptr - text.data()));
    if (unit == "px" || (unit.empty() && value == 0)) return value;
    if (unit == "em" || unit == "rem") return 16 * value;
    return std::nullopt;
}

constexpr double screen_width = 1280, screen_height = 800;

// A feature in brackets: "min-width: 600px", "width >= 600px", "hover".
bool holds_feature(std::string_view text) {
    const auto side = [](std::string_view name) -> std::optional<double> {
        if (name == "width" || name == "device-width") return screen_width;
        if (name == "height" || name == "device-height") return screen_height;
        return std::nullopt;
    };
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        const std::string_view name = trimmed(text.substr(0, colon)), value = trimmed(text.substr(colon + 1));
        const bool is_least = name.substr(0, 4) == "min-", is_most = name.substr(0, 4) == "max-";
        if (const auto has = side(is_least || is_most ? name.substr(4) : name)) {
            const auto wanted = media_length(value);
            return wanted && (is_least ? *has >= *wanted : is_most ? *has <= *wanted : *has == *wanted);
        }
        if (name == "orientation") return value == "landscape";
        if (name == "hover" || name == "any-hover") return value == "hover";
        if (name == "pointer" || name == "any-pointer") return value == "fine";
        if (name == "prefers-color-scheme") return value == "light";
        if (name.substr(0, 8) == "prefers-") return value == "no-preference";
        return name == "scripting" ? value == "enabled" : name == "update" && value == "fast";
    }
    const std::size_t sign = text.find_first_of("<>=");
    if (sign == std::string_view::npos) {
        const std::string_view name = trimmed(text);
        return side(name) || name == "color" || name == "hover" || name == "pointer";
    }
    const std::size_t behind = text.find_first_not_of("<>=", sign);
    if (behind == std::string_view::npos) return false;
    const std::string_view first = trimmed(text.substr(0, sign)), rest = text.substr(behind);
    const bool is_less = text[sign] == '<', is_more = text[sign] == '>', is_equal = text[behind - 1] == '=';
    const auto compare = [&](double one, double two) {
        return (is_less && one < two) || (is_more && one > two) || (is_equal && one == two);
    };
    if (const auto has = side(first)) {
        const auto wanted = media_length(trimmed(rest));
        return wanted && compare(*has, *wanted);
    }
    // "400px <= width <= 900px"
    const std::size_t second = rest.find_first_of("<>=");
    const auto has = side(trimmed(rest.substr(0, second)));
    const auto wanted = media_length(first);
    if (!has || !wanted || !compare(*wanted, *has)) return false;
    return second == std::string_view::npos ||
           holds_feature(std::string(trimmed(rest.substr(0, second))) + std::string(rest.substr(second)));
}

// A condition of brackets with "and", "or" and "not"; `holds_part` says what holds of what stands in brackets.
template <class Part>
bool holds_condition(std::string_view text, const Part& holds_part, int depth = 0) {
    text = trimmed(text);
    if (text.empty() || depth > deepest) return false;
    if (text.substr(0, 3) == "not" && text.size() > 3 &&
        (is_space(static_cast<unsigned char>(text[3])) || text[3] == '(')) {
        return !holds_condition(text.substr(3), holds_part, depth + 1);
    }
    bool result = false, is_first = true, is_or = false;
    while (!text.empty()) {
        std::size_t end = 0, open = 0;
        while (end < text.size()) {
            const char c = text[end++];
            if (c == '(') ++open;
            if (c == ')' && open && --open == 0) break;
            if (!open && is_space(static_cast<unsigned char>(c))) break;
        }
        const std::string_view part = trimmed(text.substr(0, end));
        text = trimmed(text.substr(end));
        if (part == "and" || part == "or") {
            is_or = part == "or";
            continue;
        }
        bool holds = false;
        if (part.size() > 1 && part.front() == '(' && part.back() == ')') {
            const std::string_view inside = trimmed(part.substr(1, part.size() - 2));
            const bool is_nested = !inside.empty() && (inside.front() == '(' || inside.substr(0, 4) == "not ");
            holds = is_nested ? holds_condition(inside, holds_part, depth + 1) : holds_part(inside, true);
        } else {
            holds = holds_part(part, false);
        }
        result = is_first ? holds : is_or ? result || holds : result && holds;
        is_first = false;
    }
    return result;
}

bool holds_query(std::string_view query) {
    query = trimmed(query);
    if (query.substr(0, 5) == "only ") query = trimmed(query.substr(5));
    if (query.substr(0, 4) == "not " && query.find('(') != 4) {
        const std::string_view rest = trimmed(query.substr(4));
        if (!rest.empty() && rest.front() != '(') return !holds_query(rest);
    }
    return holds_condition(query, [](std::string_view part, bool is_feature) {
        return is_feature ? holds_feature(part) : part == "screen" || part == "all";
    });
}

}  // namespace

bool holds(View media) {
    const std::string list = narrow(media);
    if (trimmed(list).empty()) return true;
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t comma = std::min(list.find(',', at), list.size());
        if (holds_query(std::string_view(list).substr(at, comma - at))) return true;
        at = comma + 1;
    }
    return false;
}

bool holds_supports(View prelude) {
    return holds_condition(narrow(prelude), [](std::string_view part, bool) {
        const std::size_t colon = part.find(':');
        return part.substr(0, 9) == "selector(" || (colon != std::string_view::npos && colon > 0);
    });
}

bool holds_container(View prelude) {
    std::string query = narrow(prelude);
    for (const std::string_view word : {"height", "block-size", "aspect-ratio", "orientation", "style(", "state("}) {
        if (query.find(word) != std::string::npos) return false;
    }
    constexpr std::string_view logical = "inline-size", physical = "width";
    for (std::size_t at = 0; (at = query.find(logical, at)) != std::string::npos;) {
        query.replace(at, logical.size(), physical);
    }
    // A name in front says which container.
    const std::size_t open = query.find('(');
    const std::string_view first = trimmed(std::string_view(query).substr(0, open));
    if (open != std::string::npos && first != "not") query.erase(0, open);
    return holds_condition(query,
                           [](std::string_view part, bool is_feature) { return is_feature && holds_feature(part); });
}

}  // namespace moderation::css
