// What a page's own scripts say of it: titles they set, elements they hide, visitors they tell apart.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "scan.hpp"

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
bool skip_folded_word(const Unit*& at, const Unit* end, std::string_view word) {
    if (static_cast<std::size_t>(end - at) < word.size()) return false;
    const Unit* behind = at;
    for (const char c : word) {
        if (folded(*behind++) != static_cast<std::uint32_t>(c)) return false;
    }
    at = behind;
    return true;
}

}  // namespace scripts

// A statement that sets the title: it begins at `start`, its string runs from `text` to `text_end`.
template <class Unit>
struct TitleStatement {
    const Unit* start;
    const Unit* text;
    const Unit* text_end;

    const Unit* end() const { return text_end + 1; }
};

// Statements like `document.title = unescape("...")`, with at most 500 characters in the string.
template <class Unit>
std::vector<TitleStatement<Unit>> find_titles(const Unit* at, const Unit* end) {
    using namespace scripts;
    constexpr std::size_t longest = 500;
    const auto match = [&](const Unit* start, TitleStatement<Unit>& found) {
        const Unit* here = start;
        if (!skip_word(here, end, "document") || !skip_sign(here, end, '.') || !skip_word(here, end, "title") ||
            !skip_sign(here, end, '=')) {
            return false;
        }
        skip_word(here, end, "unescape(") || skip_word(here, end, "decodeURI(") ||
            skip_word(here, end, "decodeURIComponent(");
        here = scan::skip_space(here, end);
        if (here == end || (*here != '"' && *here != '\'')) return false;
        const Unit quote = *here++;
        found = {start, here, here};
        for (std::size_t size = 0; found.text_end < end; ++size, ++found.text_end) {
            if (*found.text_end == quote) return true;
            if (size == longest) return false;
            if (*found.text_end == '\r' && end - found.text_end > 1 && found.text_end[1] == '\n') ++found.text_end;
        }
        return false;
    };
    std::vector<TitleStatement<Unit>> titles;
    // In "document", "cu" is the pair of letters that other words seldom have.
    constexpr std::ptrdiff_t before = 2;
    const Unit* searched = at;
    while (true) {
        const Unit* pair = scan::find_pair<Unit>(searched, end, 'c', 'u');
        if (pair == end) return titles;
        searched = pair + 1;
        TitleStatement<Unit> found;
        if (pair - at >= before && match(pair - before, found)) {
            titles.push_back(found);
            at = searched = found.end();
        }
    }
}

// Calls `run(id, id_end)` for every id that a statement like `getElementById("x").style.display = "none"` hides.
template <class Unit, class Run>
void for_each_hidden_id(const Unit* at, const Unit* end, const std::function<bool(char32_t)>& is_alphanumeric,
                        Run&& run) {
    using namespace scripts;
    const auto is_id = [&](Unit c) {
        return c < 0x80 ? scan::is(c, scan::letter | scan::digit) || c == '_' || c == '-' : is_alphanumeric(c);
    };
    const auto skip_quote = [&](const Unit*& here) {
        if (here == end || (*here != '"' && *here != '\'')) return false;
        ++here;
        return true;
    };
    constexpr std::string_view call = "getElementById(";
    constexpr std::ptrdiff_t before = 10;  // the letters in front of "By"
    const Unit* searched = at;
    while (true) {
        const Unit* pair = scan::find_pair<Unit>(searched, end, 'B', 'y');
        if (pair == end) return;
        searched = pair + 1;
        if (pair - at < before) continue;
        const Unit* here = pair - before;
        if (!skip_word(here, end, call)) continue;
        here = scan::skip_space(here, end);
        if (!skip_quote(here)) continue;
        const Unit* id = here;
        while (here < end && is_id(*here)) ++here;
        const Unit* id_end = here;
        if (id == id_end || !skip_quote(here) || !skip_sign(here, end, ')')) continue;
        if (!skip_sign(here, end, '.') || !skip_word(here, end, "style")) continue;
        if (!skip_sign(here, end, '.')) continue;
        if (!skip_word(here, end, "display") && !skip_word(here, end, "visibility")) continue;
        if (!skip_sign(here, end, '=') || !skip_quote(here)) continue;
        if (!skip_word(here, end, "none") && !skip_word(here, end, "hidden")) continue;
        run(id, id_end);
        at = searched = here;
    }
}

// Whether a script asks where its visitor comes from, or with what.
template <class Unit>
bool tells_visitors_apart(const Unit* at, const Unit* end) {
    using namespace scripts;
    for (; at < end; ++at) {
        const Unit* here = at;
        if (skip_folded_word(here, end, "navigator") && skip_sign(here, end, '.') &&
            skip_folded_word(here, end, "useragent")) {
            return true;
        }
        here = at;
        if (skip_folded_word(here, end, "document") && skip_sign(here, end, '.') &&
            skip_folded_word(here, end, "referrer")) {
            return true;
        }
    }
    return false;
}

}  // namespace moderation
