#include "styles/css_values.hpp"

#include <cctype>
#include <charconv>
#include <cmath>

#include "styles/css_text.hpp"

namespace moderation::css {

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

std::vector<Words> parts_of(Words value, char sign) {
    std::vector<Words> parts;
    std::size_t depth = 0, start = 0;
    for (std::size_t at = 0; at <= value.size(); ++at) {
        const bool is_end = at == value.size();
        if (!is_end && value[at] == '(') ++depth;
        if (!is_end && value[at] == ')' && depth) --depth;
        const bool parts_here =
            sign == ' ' ? !is_end && is_space(static_cast<unsigned char>(value[at])) : !is_end && value[at] == sign;
        if (!is_end && (depth || !parts_here)) continue;
        const Words part = trimmed(value.substr(start, at - start));
        if (!part.empty()) parts.push_back(part);
        start = at + 1;
    }
    return parts;
}

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

std::optional<double> length(Words value, double em, double whole) {
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

std::optional<double> share(Words value) {
    const auto found = number(value);
    if (!found || !(found->unit.empty() || found->unit == "%")) return std::nullopt;
    return found->unit.empty() ? found->number : found->number / 100;
}

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

std::array<Words, 4> sides(Words value) {
    const std::vector<Words> parts = parts_of(value);
    if (parts.empty() || parts.size() > 4) return {};
    const auto side = [&](std::size_t first, std::size_t second, std::size_t third) {
        return parts[first < parts.size() ? first : second < parts.size() ? second : third];
    };
    return {parts[0], side(1, 0, 0), side(2, 0, 0), side(3, 1, 0)};
}

}  // namespace moderation::css
