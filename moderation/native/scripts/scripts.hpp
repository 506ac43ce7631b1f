// What a page's own scripts hide of it. What they write is read by page_scripts.cpp.
#pragma once

#include <string_view>
#include <vector>

#include "html/scan.hpp"
#include "text/unicode.hpp"

namespace moderation {

namespace scripts {

// Moves `at` over white space, a sign and white space; false if the sign is missing.
template <class Unit>
bool skip_sign(const Unit*& at, const Unit* end, char sign) {
    at = scan::skip_space(at, end);
    if (at == end || *at != static_cast<Unit>(sign)) return false;
    at = scan::skip_space(at + 1, end);
    return true;
}

template <class Unit>
bool skip_word(const Unit*& at, const Unit* end, std::string_view word) {
    if (!scan::starts_with(at, end, word)) return false;
    at += word.size();
    return true;
}

// A letter as the re module takes it where case does not count.
inline std::uint32_t folded(std::uint32_t c) {
    if (c < 0x80) return scan::lower(c);
    return c == 0x130 || c == 0x131 ? 'i' : c == 0x17f ? 's' : c == 0x212a ? 'k' : c;
}

template <class Unit>
bool skip_quote(const Unit*& at, const Unit* end) {
    if (at == end || (*at != '"' && *at != '\'')) return false;
    ++at;
    return true;
}

template <class Unit>
bool is_of_id(Unit c) {
    return c < 0x80 ? scan::is(c, scan::letter | scan::digit) || c == '_' || c == '-' : unicode::is_alnum(c);
}

// A call that finds an element by its id: two letters of it that are looked for, how many stand in front of them, and
// whether the id has a sign in front.
struct Finder {
    std::string_view written;
    char one, two;
    std::ptrdiff_t before;
    bool has_sign;
};

constexpr Finder finders[] = {{"getElementById(", 'B', 'y', 10, false}, {"querySelector(", 'y', 'S', 4, true}};

// Moves `at` over the call and the id in it, whose end is `id_end`.
template <class Unit>
bool skip_finder(const Unit*& at, const Unit* end, const Finder& finder, const Unit*& id, const Unit*& id_end) {
    if (!skip_word(at, end, finder.written)) return false;
    at = scan::skip_space(at, end);
    if (!skip_quote(at, end) || (finder.has_sign && !skip_word(at, end, "#"))) return false;
    id = at;
    while (at < end && is_of_id(*at)) ++at;
    id_end = at;
    return id != id_end && skip_quote(at, end) && skip_sign(at, end, ')');
}

// Moves `at` over `.style.display = "none"` or `.style.visibility = "hidden"`.
template <class Unit>
bool skip_hiding(const Unit*& at, const Unit* end) {
    if (!skip_sign(at, end, '.') || !skip_word(at, end, "style") || !skip_sign(at, end, '.')) return false;
    if (!skip_word(at, end, "display") && !skip_word(at, end, "visibility")) return false;
    if (!skip_sign(at, end, '=') || !skip_quote(at, end)) return false;
    return skip_word(at, end, "none") || skip_word(at, end, "hidden");
}

}  // namespace scripts

// Calls `visit(id, id_end)` for every id that a statement like `getElementById("x").style.display = "none"` hides, or
// one with `querySelector("#x")`.
template <class Unit, class Visit>
void for_each_hidden_id(const Unit* at, const Unit* end, Visit&& visit) {
    for (const scripts::Finder& finder : scripts::finders) {
        const Unit* searched = at;
        while (true) {
            const Unit* pair =
                scan::find_pair<Unit>(searched, end, static_cast<Unit>(finder.one), static_cast<Unit>(finder.two));
            if (pair == end) break;
            searched = pair + 1;
            if (pair - at < finder.before) continue;
            const Unit* here = pair - finder.before;
            const Unit* id = end;
            const Unit* id_end = end;
            if (!scripts::skip_finder(here, end, finder, id, id_end) || !scripts::skip_hiding(here, end)) continue;
            visit(id, id_end);
            searched = here;
        }
    }
}

}  // namespace moderation
