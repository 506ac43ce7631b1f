// Character references: in text as the WHATWG tokenizer reads them, in values as Python's `html.unescape` does.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "html/scan.hpp"

namespace moderation {

class Entities {
public:
    // `names` as in Python's `html.entities.html5`: without the ampersand, most with a semicolon at their end.
    explicit Entities(const std::vector<std::pair<std::string, Text>>& names);

    // What a whole name, its semicolon included, stands for; nullptr if it is none.
    const Text* find(const std::string& name) const;

    // The longest name without a semicolon that `run` begins with: what it stands for, and its length.
    std::pair<const Text*, std::size_t> find_legacy(const std::string& run) const;

private:
    std::unordered_map<std::string, Text> names_;
    std::size_t longest_legacy_ = 0;
};

// Beyond the last code point, so that no sum of digits runs over.
constexpr std::uint32_t no_code_point = 0x110000;

// The code point that a numeric reference is taken for: those of windows-1252 that pages write instead of Unicode's.
char32_t replaced(std::uint32_t number);

// Whether `html.unescape` drops a numeric reference to a code point.
bool is_dropped(char32_t c);

// The number of a numeric reference whose digits begin at `at`, which is moved behind the last of them; at most
// `limit` digits are read.
template <class Unit>
std::uint32_t read_number(const Unit*& at, const Unit* end, std::uint32_t base, std::size_t limit = ~std::size_t{0}) {
    const std::uint8_t digits = base == 16 ? scan::hexadecimal : scan::digit;
    std::uint32_t number = 0;
    for (; at < end && limit && scan::is(*at, digits); ++at, --limit) {
        const std::uint32_t value = scan::is(*at, scan::digit) ? *at - '0' : scan::lower(*at) - 'a' + 10u;
        number = number * base + value;
        if (number > no_code_point) number = no_code_point;
    }
    return number;
}

// The letters and digits at `at`, at most `limit` of them.
template <class Unit>
std::string read_run(const Unit* at, const Unit* end, std::size_t limit) {
    std::string run;
    for (; at < end && limit && scan::is(*at, scan::letter | scan::digit); ++at, --limit) {
        run.push_back(static_cast<char>(*at));
    }
    return run;
}

// Reads the numeric reference that begins with the "&#" at `at`: its code point, `at` moved behind it; false if it has
// no digits.
template <class Unit>
bool read_numeric(const Unit*& at, const Unit* end, char32_t& resolved) {
    const bool is_hexadecimal = end - at > 2 && scan::lower(at[2]) == 'x';
    const Unit* digits = at + (is_hexadecimal ? 3 : 2);
    const Unit* behind = digits;
    const std::uint32_t number = read_number(behind, end, is_hexadecimal ? 16 : 10);
    if (behind == digits) return false;
    at = behind < end && *behind == ';' ? behind + 1 : behind;
    resolved = replaced(number);
    return true;
}

// Reads the reference that begins with the ampersand at `at`: what it stands for is appended to `out`, and `at` moved
// behind it; false if it is none. A name without its semicolon takes the letters and digits behind it along, as
// turbohtml's reference tokens do; a page reads the same.
template <class Unit>
bool read_reference(const Entities& entities, const Unit*& at, const Unit* end, Text& out) {
    // The longest name has 31 letters.
    constexpr std::size_t longest = 32;
    if (end - at > 1 && at[1] == '#') {
        char32_t resolved;
        if (!read_numeric(at, end, resolved)) return false;
        out.push_back(resolved);
        return true;
    }
    std::string run = read_run(at + 1, end, longest);
    const Unit* behind = at + 1 + run.size();
    if (behind < end && *behind == ';') {
        run.push_back(';');
        if (const Text* text = entities.find(run)) {
            out.append(*text);
            at = behind + 1;
            return true;
        }
        run.pop_back();
    }
    const auto [text, length] = entities.find_legacy(run);
    if (!text) return false;
    out.append(*text);
    out.append(run.begin() + static_cast<std::ptrdiff_t>(length), run.end());
    at = behind;
    return true;
}

// The named reference at the ampersand `at`, which is moved behind it, or nullptr: none begins there.
template <class Unit>
const Text* read_named_in_attribute(const Entities& entities, const Unit*& at, const Unit* end) {
    constexpr std::size_t longest = 32;
    const std::string run = read_run(at + 1, end, longest);
    const Unit* behind = at + 1 + run.size();
    const bool is_closed = behind < end && *behind == ';';
    if (const Text* const text = is_closed ? entities.find(run + ';') : nullptr) {
        at = behind + 1;
        return text;
    }
    const auto [legacy, length] = entities.find_legacy(run);
    behind = at + 1 + length;
    const bool is_address = behind < end && (*behind == '=' || scan::is(*behind, scan::letter | scan::digit));
    if (!legacy || is_address) return nullptr;
    at = behind;
    return legacy;
}

// The value of an attribute as the tokenizer gives it: references resolved, but for names without a semicolon that may
// be part of an address; newlines and NULs replaced.
template <class Unit>
void resolve_attribute(const Entities& entities, const Unit* at, const Unit* end, Text& out) {
    while (at < end) {
        const char32_t c = *at;
        if (c == '&' && end - at > 1 && at[1] == '#') {
            char32_t resolved;
            if (read_numeric(at, end, resolved)) {
                out.push_back(resolved);
                continue;
            }
        } else if (c == '&') {
            if (const Text* const text = read_named_in_attribute(entities, at, end)) {
                out.append(*text);
                continue;
            }
        }
        if (c == '\r') {
            if (end - at > 1 && at[1] == '\n') ++at;
            out.push_back('\n');
        } else {
            out.push_back(c ? c : 0xfffd);
        }
        ++at;
    }
}

template <class Unit>
Text resolved(const Entities& entities, Slice<Unit> value) {
    Text text;
    resolve_attribute(entities, value.at, value.end, text);
    return text;
}

// What `html.unescape` makes of one reference, given without its ampersand; empty where it drops it. False if it
// leaves it as it is.
bool unescape(const Entities& entities, const std::string& reference, Text& out);

}  // namespace moderation
