// How style sheets and attributes keep text from a reader's eyes while a crawler still reads it.
#pragma once

#include <algorithm>
#include <bitset>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "keyed.hpp"
#include "scan.hpp"

namespace moderation {

// How an inline style hides its element, a word for the reason, or an empty string. `style` is in lower case and is
// ASCII but for what `narrow` lets through.
std::string_view hiding(std::string_view style);

// The styles that `hiding` may read: lower case, ASCII, and Han characters (in UTF-8), which are no white space, no
// digits and have no case; fonts are named with them. False for others.
template <class Unit>
bool narrow(const Unit* at, const Unit* end, std::string& out) {
    out.clear();
    for (; at < end; ++at) {
        const std::uint32_t c = *at;
        if (c < 0x80) {
            out.push_back(static_cast<char>(scan::lower(c)));
        } else if (c >= 0x4e00 && c <= 0x9fff) {
            out.push_back(static_cast<char>(0xe0 | c >> 12));
            out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
            out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
        } else {
            return false;
        }
    }
    return true;
}

// Whether a character is no white space, no digit and no other form of an ASCII letter, so that `may_hide` can pass
// over it: those that fonts are named with, signs and what icons are kept in. Others are, too; they are rare in styles.
inline bool is_calm(std::uint32_t c) {
    return c < 0x80 || (c > 0xa0 && c < 0x100) || (c >= 0x2010 && c < 0x2028) || (c > 0x3000 && c < 0xa000) ||
           (c >= 0xac00 && c < 0xd7a4) || (c >= 0xe000 && c < 0xf900);
}

template <class Unit>
bool is_calm(const Unit* at, const Unit* end) {
    constexpr std::ptrdiff_t lanes = 16 / sizeof(Unit);
    while (at < end) {
        if (end - at >= lanes && !scan::any(scan::load(at) >= 0x80)) {
            at += lanes;
        } else if (!is_calm(*at++)) {
            return false;
        }
    }
    return true;
}

// Whether a style of calm characters may hide; of a page's thousand styles hardly any does. Declarations are split as
// `hiding` splits them.
template <class Unit>
bool may_hide(const Unit* at, const Unit* end) {
    const auto is_name = [](Unit c) { return scan::is(c, scan::letter) || c == '-'; };
    bool has_overflow = false, has_size = false;
    // What colours begin with, as bits; "white" and "black" may be written with "#" too.
    std::uint64_t color = 0, ground = 0;
    const auto first_bits = [](Unit first) {
        const std::uint64_t number = first == 'w' || first == 'b' ? std::uint64_t{1} << ('#' & 63) : 0;
        return number | std::uint64_t{1} << (first & 63);
    };
    while (at < end) {
        if (!is_name(*at)) {
            ++at;
            continue;
        }
        const Unit* name = at;
        while (at < end && is_name(*at)) ++at;
        const auto size = static_cast<std::size_t>(at - name);
        const Unit* value = scan::skip_space(at, end);
        if (value == end || *value != ':') continue;
        value = scan::skip_space(value + 1, end);
        if (value == end || *value == ';') continue;
        at = scan::find<Unit>(value, end, ';');
        const auto is = [&](std::string_view word) {
            return size == word.size() && scan::starts_with_folded(name, at, word);
        };
        const Unit first = scan::lower(*value);
        const bool is_small =
            first == '-' || first == '0' || (first == '1' && !(at - value > 1 && scan::is(value[1], scan::digit)));
        switch (scan::lower(*name)) {
            case 'd':
                if (first == 'n' && is("display")) return true;
                break;
            case 'v':
                if ((first == 'h' || first == 'c') && is("visibility")) return true;
                break;
            case 'o':
                if ((first == '-' || first == '0') && is("opacity")) return true;
                has_overflow |= first == 'h' && is("overflow");
                break;
            case 'c':
                if (first == 'r' && is("clip")) return true;
                if (first == 'i' && is("clip-path")) return true;
                if (is("color")) color |= first_bits(first);
                break;
            case 'f':
                if (is_small && is("font-size")) return true;
                break;
            case 'b':
                if (is("background") || is("background-color")) ground |= first_bits(first);
                if (first == '-' && is("bottom")) return true;
                break;
            case 'w':
            case 'h': has_size |= is_small && (is("width") || is("height")); break;
            case 'l':
                has_size |= is_small && is("line-height");
                if (first == '-' && is("left")) return true;
                break;
            case 't':
            case 'r':
                if (first == '-' && (is("top") || is("right") || is("text-indent"))) return true;
                break;
            case 'm':
                has_size |= is_small && is("max-height");
                if (first == '-' && (is("margin-left") || is("margin-top"))) return true;
                if (is("margin") && scan::find<Unit>(value, at, '-') != at) return true;
                break;
            default: break;
        }
    }
    return (color & ground) || (has_overflow && has_size);
}

// The number a value begins with: an optional sign, digits, an optional fraction. `decimal` says what a digit beyond
// ASCII is worth, or -1.
std::optional<double> leading_number(View value, const std::function<int(char32_t)>& decimal);

// Rules of the page's own style sheets that hide a class or an id (simple selectors only).
class HiddenRules {
public:
    bool empty() const { return rules_.empty(); }

    void learn(View selector, std::uint32_t reason) {
        const std::uint64_t hash = keyed_hash(selector.data() + 1, selector.data() + selector.size(), selector[0]);
        is_taken_.set(hash % is_taken_.size());
        for (auto [at, end] = rules_.equal_range(hash); at != end; ++at) {
            if (at->second.selector == selector) {
                at->second.reason = reason;
                return;
            }
        }
        rules_.emplace(hash, Rule{Text(selector), reason});
    }

    // The reason that the selector of a class (".") or an id ("#") was learned with, or 0.
    template <class Unit>
    std::uint32_t of(char sign, const Unit* name, const Unit* name_end) const {
        const auto first = static_cast<char32_t>(sign);
        const std::uint64_t hash = keyed_hash(name, name_end, first);
        if (!is_taken_[hash % is_taken_.size()]) return 0;
        for (auto [at, end] = rules_.equal_range(hash); at != end; ++at) {
            const Text& selector = at->second.selector;
            if (selector[0] == first && std::equal(selector.begin() + 1, selector.end(), name, name_end)) {
                return at->second.reason;
            }
        }
        return 0;
    }

private:
    struct Rule {
        Text selector;
        std::uint32_t reason;
    };

    std::unordered_multimap<std::uint64_t, Rule> rules_;
    // By the last bits of a hash: of a page's classes hardly any has a rule.
    std::bitset<4096> is_taken_;
};

namespace sheets {

// A sheet without its comments. One ends at the next "*/": what stands between that and the comment behind it is the
// sheet.
template <class Unit>
std::vector<Unit> without_comments(const Unit* at, const Unit* end) {
    std::vector<Unit> sheet;
    while (true) {
        const Unit* stop = scan::find_pair<Unit>(at, end, '*', '/');
        sheet.insert(sheet.end(), at, scan::find_pair<Unit>(at, stop, '/', '*'));
        if (stop == end) return sheet;
        at = stop + 2;
    }
}

// What stands in front of a rule's brace, behind the last semicolon.
template <class Unit>
const Unit* prelude(const Unit* at, const Unit* end) {
    while (true) {
        const Unit* semicolon = scan::find<Unit>(at, end, ';');
        if (semicolon == end) return at;
        at = semicolon + 1;
    }
}

// Whether a prelude is that of an at-rule; signs of an HTML comment do not count.
template <class Unit>
bool is_condition(const Unit* at, const Unit* end) {
    while (true) {
        at = scan::skip_space(at, end);
        if (!scan::starts_with(at, end, "<!--")) return at < end && *at == '@';
        at += 4;
    }
}

// The selectors of a prelude, without signs of an HTML comment.
template <class Unit>
Text selectors(const Unit* at, const Unit* end) {
    Text text;
    while (at < end) {
        if (*at == '<' && scan::starts_with(at, end, "<!--")) {
            at += 4;
        } else {
            text.push_back(*at++);
        }
    }
    return text;
}

}  // namespace sheets

// Calls `run(prelude, body)` for every rule that always holds; those of a print or a narrow page do not.
template <class Unit, class Run>
void for_each_rule(const Unit* at, const Unit* end, Run&& run) {
    std::vector<Unit> sheet;
    if (scan::find_pair<Unit>(at, end, '*', '/') != end || scan::find_pair<Unit>(at, end, '/', '*') != end) {
        sheet = sheets::without_comments(at, end);
        at = sheet.data();
        end = at + sheet.size();
    }
    struct Outer {
        const Unit* at;
        const Unit* end;
        bool is_condition;
    };
    std::vector<Outer> outer;
    std::size_t conditions = 0;
    const Unit* at_sign = scan::find<Unit>(at, end, '@');
    while (at < end) {
        const Unit* brace = scan::find_either<Unit>(at, end, '{', '}');
        if (brace == end) return;
        if (*brace == '{') {
            if (at_sign < at) at_sign = scan::find<Unit>(at, end, '@');
            const bool is_condition = at_sign < brace && sheets::is_condition(sheets::prelude(at, brace), brace);
            outer.push_back({at, brace, is_condition});
            conditions += is_condition;
        } else if (!outer.empty()) {
            const Outer rule = outer.back();
            outer.pop_back();
            conditions -= rule.is_condition;
            if (!conditions) run(Slice<Unit>{rule.at, rule.end}, Slice<Unit>{at, brace});
        }
        at = brace + 1;
    }
}

}  // namespace moderation
