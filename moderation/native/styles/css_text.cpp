#include "styles/css_text.hpp"

#include "text/utf8.hpp"

namespace moderation::css {

namespace {

// The signs that sheets are taken apart by.
constexpr bool is_sign(char32_t c) {
    switch (c) {
        case '"':
        case '\'':
        case '\\':
        case '(':
        case ')':
        case '[':
        case ']':
        case '{':
        case '}':
        case ';':
        case ',': return true;
        default: return false;
    }
}

struct Signs {
    bool of[128] = {};
    constexpr Signs() {
        for (int c = 0; c < 128; ++c) of[c] = is_sign(static_cast<char32_t>(c));
    }
};
constexpr Signs signs_of_css;

// The escape that begins with the backslash at `at`, which is moved behind it.
char32_t read_escape(View text, std::size_t& at) {
    ++at;
    if (at == text.size()) return 0xfffd;
    if (!scan::is(text[at], scan::hexadecimal)) return text[at++];
    std::uint32_t number = 0;
    for (int digits = 0; digits < 6 && at < text.size() && scan::is(text[at], scan::hexadecimal); ++digits, ++at) {
        number = number * 16 + (scan::is(text[at], scan::digit) ? text[at] - '0' : scan::lower(text[at]) - 'a' + 10);
    }
    if (at < text.size() && is_space(text[at])) ++at;
    return !number || number > 0x10ffff || (number >= 0xd800 && number < 0xe000) ? 0xfffd : number;
}

}  // namespace

View stripped(View text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
    while (!text.empty() && is_space(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return text;
}

std::string narrow(View text) {
    std::string out;
    for (const char32_t c : text) append_utf8(scan::lower(c), out);
    return out;
}

Text lowered(Text text) {
    for (char32_t& c : text) c = scan::lower(c);
    return text;
}

std::size_t behind_string(View text, std::size_t at) {
    const char32_t quote = text[at++];
    for (; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == quote) {
            return at + 1;
        } else if (text[at] == '\n') {
            return at;
        }
    }
    return text.size();
}

std::size_t find_outside(View text, std::size_t at, View signs) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char32_t c = text[at];
        if (c >= 128 || !signs_of_css.of[c]) {
            ++at;
            continue;
        }
        if (c == '"' || c == '\'') {
            at = behind_string(text, at);
            continue;
        }
        if (c == '\\') {
            at += 2;
            continue;
        }
        if (!depth && signs.find(c) != View::npos) return at;
        if (c == '(' || c == '[') ++depth;
        if ((c == ')' || c == ']') && depth) --depth;
        // A brace that is not looked for ends what was left open.
        if (c == '}') return at;
        ++at;
    }
    return text.size();
}

std::size_t behind_block(View text, std::size_t at) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char32_t c = text[at];
        if (c == '"' || c == '\'') {
            at = behind_string(text, at);
            continue;
        }
        at += c == '\\' ? 2 : 1;
        if (c == '{') ++depth;
        if (c == '}' && --depth == 0) return at;
    }
    return text.size();
}

Text read_name(View text, std::size_t& at) {
    Text name;
    while (at < text.size()) {
        if (text[at] == '\\') {
            name.push_back(read_escape(text, at));
        } else if (is_name(text[at])) {
            name.push_back(text[at++]);
        } else {
            break;
        }
    }
    return name;
}

Text unescaped(View text) {
    Text out;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\\') {
            out.push_back(read_escape(text, at));
        } else {
            out.push_back(text[at++]);
        }
    }
    return out;
}

Text without_comments(View text) {
    Text out;
    out.reserve(text.size());
    std::size_t from = 0;  // what stands there and behind is not copied yet
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = text[at];
        if (c == '/' && at + 1 < text.size() && text[at + 1] == '*') {
            out.append(text.substr(from, at - from));
            const std::size_t end = text.find(U"*/", at + 2);
            from = at = end == View::npos ? text.size() : end + 2;
        } else if (c == '"' || c == '\'') {
            at = behind_string(text, at);
        } else {
            at += c == '\\' ? 2 : 1;
        }
    }
    return out.append(text.substr(from));
}

}  // namespace moderation::css
