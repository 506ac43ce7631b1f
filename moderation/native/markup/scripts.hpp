// What a page's own scripts hide of it. What they write is read in writings.cpp.
#pragma once

#include <string_view>
#include <vector>

#include "markup/scan.hpp"
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

}  // namespace scripts

// Calls `visit(id, id_end)` for every id that a statement like `getElementById("x").style.display = "none"` hides, or
// one with `querySelector("#x")`.
template <class Unit, class Visit>
void for_each_hidden_id(const Unit* at, const Unit* end, Visit&& visit) {
    using namespace scripts;
    const auto is_id = [](Unit c) {
        return c < 0x80 ? scan::is(c, scan::letter | scan::digit) || c == '_' || c == '-' : unicode::is_alnum(c);
    };
    const auto skip_quote = [&](const Unit*& here) {
        if (here == end || (*here != '"' && *here != '\'')) return false;
        ++here;
        return true;
    };
    // The call, two letters of it that are looked for, and how many stand in front of them.
    struct Call {
        std::string_view written;
        char one, two;
        std::ptrdiff_t before;
        bool has_sign;
    };
    for (const Call& call : {Call{"getElementById(", 'B', 'y', 10, false}, Call{"querySelector(", 'y', 'S', 4, true}}) {
        const Unit* searched = at;
        while (true) {
            const Unit* pair =
                scan::find_pair<Unit>(searched, end, static_cast<Unit>(call.one), static_cast<Unit>(call.two));
            if (pair == end) break;
            searched = pair + 1;
            if (pair - at < call.before) continue;
            const Unit* here = pair - call.before;
            if (!skip_word(here, end, call.written)) continue;
            here = scan::skip_space(here, end);
            if (!skip_quote(here) || (call.has_sign && !skip_word(here, end, "#"))) continue;
            const Unit* id = here;
            while (here < end && is_id(*here)) ++here;
            const Unit* id_end = here;
            if (id == id_end || !skip_quote(here) || !skip_sign(here, end, ')')) continue;
            if (!skip_sign(here, end, '.') || !skip_word(here, end, "style")) continue;
            if (!skip_sign(here, end, '.')) continue;
            if (!skip_word(here, end, "display") && !skip_word(here, end, "visibility")) continue;
            if (!skip_sign(here, end, '=') || !skip_quote(here)) continue;
            if (!skip_word(here, end, "none") && !skip_word(here, end, "hidden")) continue;
            visit(id, id_end);
            searched = here;
        }
    }
}

}  // namespace moderation
