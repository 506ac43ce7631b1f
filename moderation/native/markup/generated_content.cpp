#include "markup/generated_content.hpp"

#include <algorithm>
#include <string_view>

#include "html/scan.hpp"

namespace moderation {

namespace {

template <class Unit>
bool is_css_name(Unit c) {
    return c >= 0x80 || scan::is(c, scan::letter | scan::digit) || c == '-' || c == '_';
}

// The name of a custom property that ends at `end`, or an empty text.
template <class Unit>
Text variable_name(const Unit* begin, const Unit* end) {
    constexpr std::ptrdiff_t longest = 64;
    const Unit* at = end;
    while (at > begin && end - at < longest && is_css_name(at[-1])) --at;
    return end - at > 2 && at[0] == '-' && at[1] == '-' ? Text(at, end) : Text();
}

// A character of a sheet, or the escape that stands for one; `at` is moved behind it.
template <class Unit>
char32_t read_css(const Unit*& at, const Unit* end) {
    const auto c = static_cast<char32_t>(*at++);
    if (c != '\\' || at == end) return c;
    const Unit* behind = at;
    const char32_t number = read_number(behind, end, 16, 6);
    if (behind == at) return static_cast<char32_t>(*at++);
    at = behind;
    if (at < end && *at == '\r' && end - at > 1 && at[1] == '\n') ++at;
    if (at < end && scan::is(*at, scan::blank)) ++at;
    return !number || number >= no_code_point || (number >= 0xd800 && number < 0xe000) ? 0xfffd : number;
}

// What a property's name does not reach over.
template <class Unit>
bool is_mark(Unit c) {
    return c == ';' || c == '{' || c == '}' || c == ':' || c == '/';
}

// Whether the name of a property that ends at `end` is that of such text; any letter may be written as an escape.
template <class Unit>
bool is_content(const Unit* begin, const Unit* end) {
    constexpr std::string_view property = "content";
    constexpr auto size = static_cast<std::ptrdiff_t>(property.size());
    // The longest escape: a backslash, six digits, and the two characters of a line's end.
    constexpr std::ptrdiff_t longest = 9;
    if (end - begin >= size && scan::starts_with_folded(end - size, end, property)) return true;
    const Unit* at = end;
    bool has_escape = false;
    for (; at > begin && end - at < longest * size && !is_mark(at[-1]); --at) has_escape |= at[-1] == '\\';
    if (!has_escape) return false;
    while (at < end && scan::is(*at, scan::blank)) ++at;
    for (const char letter : property) {
        if (at >= end || scan::lower(read_css(at, end)) != static_cast<std::uint32_t>(letter)) return false;
    }
    return at >= end;
}

// Where a name ends that blanks and a comment may follow; of a comment the length of a line is looked back over.
template <class Unit>
const Unit* css_name_end(const Unit* begin, const Unit* at) {
    constexpr std::ptrdiff_t most = 80;
    const auto skip_blanks = [&] {
        while (at > begin && scan::is(at[-1], scan::blank)) --at;
    };
    skip_blanks();
    if (at - begin < 4 || at[-1] != '/' || at[-2] != '*') return at;
    for (const Unit* open = at - 4; open >= begin && at - open <= most; --open) {
        if (open[0] != '/' || open[1] != '*') continue;
        at = open;
        skip_blanks();
        break;
    }
    return at;
}

// Where the string ends that begins behind a quote.
template <class Unit>
const Unit* css_string_end(const Unit* at, const Unit* end, Unit quote) {
    while (at < end && *at != quote && *at != '\n') at += *at == '\\' && end - at > 1 ? 2 : 1;
    return at;
}

// Whether a character is one of text: no sign, and none that fonts of icons draw.
bool is_of_text(char32_t c) {
    return (c >= 0xc0 && c < 0x2000) || (c >= 0x3040 && c < 0xe000) || (c >= 0xf900 && c < 0xf0000);
}

bool is_among(View name, const std::vector<Text>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Whether the values of an attribute are read wherever it stands, or are no text.
bool is_read_anyway(View attribute) {
    for (const View known : {U"title", U"alt", U"aria-label", U"placeholder", U"href", U"class", U"id"}) {
        if (attribute == known) return true;
    }
    return false;
}

}  // namespace

template <class Unit>
void GeneratedContent::read(Slice<Unit> sheet, const CodeOrigin<Unit>& origin) {
    const bool has_variables = scan::find_pair<Unit>(sheet.at, sheet.end, '-', '-') != sheet.end;
    for (const Unit* at = sheet.at; (at = scan::find<Unit>(at, sheet.end, ':')) < sheet.end;) {
        const Unit* const name_end = css_name_end(sheet.at, at++);
        const Text variable = has_variables ? variable_name(sheet.at, name_end) : Text();
        if (variable.empty() && !is_content(sheet.at, name_end)) continue;
        at = read_value(at, sheet.end, origin, variable);
    }
}

template <class Unit>
const Unit* GeneratedContent::read_value(const Unit* at, const Unit* end, const CodeOrigin<Unit>& origin,
                                         const Text& variable) {
    while (at < end && *at != ';' && *at != '}') {
        if (*at == '"' || *at == '\'') {
            const Unit* const stop = css_string_end(at + 1, end, *at);
            add_string(Slice<Unit>{at + 1, stop}, origin, variable);
            at = stop < end ? stop + 1 : stop;
        } else {
            const bool may_show = scan::lower(*at) == 'a' || scan::lower(*at) == 'v';
            if (may_show && variable.empty()) note_shown(at, end);
            ++at;
        }
    }
    return at;
}

template <class Unit>
void GeneratedContent::note_shown(const Unit* at, const Unit* end) {
    constexpr std::size_t most_attributes = 8, most_variables = 64, longest = 64;
    const bool is_attribute = scan::starts_with_folded(at, end, "attr(");
    if (!is_attribute && !scan::starts_with_folded(at, end, "var(")) return;
    at = scan::skip_space(at + (is_attribute ? 5 : 4), end);
    Text name;
    for (; at < end && is_css_name(*at) && name.size() < longest; ++at) {
        name.push_back(is_attribute ? static_cast<char32_t>(scan::lower(*at)) : static_cast<char32_t>(*at));
    }
    if (name.empty() || (is_attribute && is_read_anyway(name))) return;
    std::vector<Text>& names = is_attribute ? cascade_.shown_attributes : cascade_.shown_variables;
    if (names.size() >= (is_attribute ? most_attributes : most_variables) || is_among(name, names)) return;
    names.push_back(std::move(name));
}

template <class Unit>
void GeneratedContent::add_string(Slice<Unit> string, const CodeOrigin<Unit>& origin, const Text& variable) {
    Value value;
    bool is_text = false, is_running = false;
    for (const Unit* at = string.at; at < string.end;) {
        const Unit* const start = at;
        const bool is_escape = *at == '\\' && string.end - at > 1;
        const char32_t c = read_css(at, string.end);
        if (is_escape && (start[1] == '\n' || start[1] == '\r' || start[1] == '\f')) {
            // A line's end behind a backslash stands for nothing.
            if (c == '\r' && at < string.end && *at == '\n') ++at;
            is_running = false;
            continue;
        }
        is_text |= is_of_text(c);
        if (is_escape || !is_running) {
            value.pieces.push_back({static_cast<std::uint32_t>(value.text.size()), origin.offset(start),
                                    is_escape ? static_cast<std::uint32_t>(at - start) : 0});
        }
        is_running = !is_escape;
        value.text.push_back(c);
        value.coded += is_escape;
        value.end = origin.offset(at);
    }
    if (!is_text) return;
    if (variable.empty()) return values_.add(origin.placed(std::move(value)), Place::body, path(), 0);
    // Which of them are shown is known at the end.
    constexpr std::size_t most = 1000;
    if (variables_.size() < most) variables_.emplace_back(variable, origin.placed(std::move(value)));
}

void GeneratedContent::add_variables() {
    bool is_any = false;
    for (auto& [name, value] : variables_) {
        if (!is_among(name, cascade_.shown_variables)) continue;
        is_any = true;
        values_.add(std::move(value), Place::body, path(), 0);
    }
    if (!is_any) return;
    std::vector<Item>& items = values_.writer().items();
    std::stable_sort(items.begin(), items.end(), [](const Item& one, const Item& two) { return one.end < two.end; });
}

template void GeneratedContent::read(Slice<std::uint8_t>, const CodeOrigin<std::uint8_t>&);
template void GeneratedContent::read(Slice<std::uint16_t>, const CodeOrigin<std::uint16_t>&);
template void GeneratedContent::read(Slice<std::uint32_t>, const CodeOrigin<std::uint32_t>&);
template void GeneratedContent::read(Slice<char32_t>, const CodeOrigin<char32_t>&);

}  // namespace moderation
