#include "html/entities.hpp"

#include <algorithm>

namespace moderation {

Entities::Entities(const std::vector<std::pair<std::string, Text>>& names) {
    names_.reserve(names.size());
    for (const auto& [name, text] : names) {
        if (name.empty() || text.empty()) continue;
        names_.emplace(name, text);
        if (name.back() != ';') longest_legacy_ = std::max(longest_legacy_, name.size());
    }
}

const Text* Entities::find(const std::string& name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : &found->second;
}

std::pair<const Text*, std::size_t> Entities::find_legacy(const std::string& run) const {
    for (std::size_t size = std::min(run.size(), longest_legacy_); size; --size) {
        if (const Text* text = find(run.substr(0, size))) return {text, size};
    }
    return {nullptr, 0};
}

char32_t replaced(std::uint32_t number) {
    static constexpr char16_t windows_1252[32] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
    };
    if (number >= 0x80 && number < 0xa0) return windows_1252[number - 0x80];
    if (number == 0 || number >= no_code_point || (number >= 0xd800 && number < 0xe000)) return 0xfffd;
    return number;
}

bool is_dropped(char32_t c) {
    if (c == '\r') return false;
    return (c >= 1 && c <= 8) || (c >= 0xb && c <= 0x1f && c != 0xc) || c == 0x7f || (c >= 0xfdd0 && c <= 0xfdef) ||
           (c & 0xfffe) == 0xfffe;
}

bool unescape(const Entities& entities, const std::string& reference, Text& out) {
    if (reference.size() > 1 && reference[0] == '#') {
        const bool is_hexadecimal = scan::lower(reference[1]) == 'x';
        const auto* at = reinterpret_cast<const std::uint8_t*>(reference.data());
        const std::uint8_t* end = at + reference.size();
        const std::uint8_t* digits = at += is_hexadecimal ? 2 : 1;
        const std::uint32_t number = read_number(at, end, is_hexadecimal ? 16 : 10);
        if (at == digits) return false;
        if (!is_dropped(number)) out.push_back(replaced(number));
        return true;
    }
    if (const Text* text = entities.find(reference)) {
        out.append(*text);
        return true;
    }
    const auto [text, length] = entities.find_legacy(reference);
    if (!text) return false;
    out.append(*text);
    out.append(reference.begin() + static_cast<std::ptrdiff_t>(length), reference.end());
    return true;
}

}  // namespace moderation
