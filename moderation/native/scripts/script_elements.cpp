#include "scripts/script_reader.hpp"

#include <string_view>

#include "html/scan.hpp"

namespace moderation::javascript {

namespace {

bool holds(View text, View word) {
    return text.find(word) != View::npos;
}

bool is_letter(char32_t c) {
    return c < 0x80 && scan::is(c, scan::letter);
}

}  // namespace

bool ScriptReader::is_finder(std::size_t at) {
    if (token(at).kind != Kind::name || !token(at + 1).is(sign('('))) return false;
    if (is_query(at)) return true;
    for (const std::string_view word : {"querySelector", "querySelectorAll", "getElementsByTagName", "createElement"}) {
        if (constants_.is_name(at, word)) return true;
    }
    return false;
}

Text ScriptReader::tag_of(View selector) {
    selector = scan::strip(selector);
    const std::size_t part = selector.find_last_of(U" >+~]");
    if (part != View::npos && selector[part] != ']') selector.remove_prefix(part + 1);
    Text tag;
    for (const char32_t c : selector) {
        if (!is_letter(c) || tag.size() > 16) break;
        tag.push_back(scan::lower(c));
    }
    return tag;
}

Text ScriptReader::element(std::size_t at) {
    constexpr int longest = 8;
    for (int link = 0; at && link < longest; ++link) {
        const Token& before = token(at - 1);
        if ((before.is(sign(']')) || before.is(sign(')'))) && before.partner != none && before.partner) {
            at = before.partner;
            if (!before.is(sign(')'))) continue;
            if (is_finder(at - 1)) return tag_of(text_at(at + 1));
            if (token(at - 1).kind != Kind::name || !is_member(at - 1)) return {};
            at -= 2;
        } else if (before.kind != Kind::name) {
            return {};
        } else if (is_member(at - 1)) {
            at -= 2;
        } else {
            return held_element(at - 1);
        }
    }
    return {};
}

Text ScriptReader::held_element(std::size_t at) {
    constexpr std::size_t most = 16;
    const std::size_t given = constants_.given(at);
    for (std::size_t each = given; given != none && each < given + most; ++each) {
        if (token(each).is(sign(';'))) break;
        if (is_finder(each)) return tag_of(text_at(each + 2));
    }
    return {};
}

bool ScriptReader::is_of_query(std::size_t at) {
    constexpr int longest = 8;
    for (int link = 0; at && link < longest; ++link) {
        const Token& before = token(at - 1);
        if (before.is(sign(')')) && before.partner != none && before.partner) {
            at = before.partner;
            if (!is_member(at - 1)) return is_query(at - 1);
            at -= 2;
        } else {
            // By custom such names hold what was found.
            return before.kind == Kind::name && source_[before.start] == '$' && before.end > before.start + 1;
        }
    }
    return false;
}

template <class Visit>
bool ScriptReader::any_word_of(std::size_t at, Visit&& visit) {
    if (!at || token(at - 1).kind != Kind::name || is_member(at - 1)) return false;
    constexpr std::size_t most = 12;  // document[words[1]](words[0])
    const std::size_t given = constants_.given(at - 1);
    for (std::size_t each = given; given != none && each < given + most; ++each) {
        if (token(each).is(sign(';'))) break;
        if (token(each).kind == Kind::text && visit(constants_.said(token(each)))) return true;
        if (!constants_.is_item(each)) continue;
        std::size_t item = each;
        const Value word = constants_.expression(item);
        if (word.is_text() && visit(View(word.traced.text))) return true;
    }
    return false;
}

bool ScriptReader::is_loader(std::size_t at) {
    return any_word_of(at, [](View word) { return holds(word, U"script") || holds(word, U"frame"); });
}

bool ScriptReader::is_made(std::size_t at, View tag) {
    return any_word_of(at,
                       [&](View word) { return word == tag || (word.size() == 1 && word[0] == (tag[0] & ~0x20u)); });
}

}  // namespace moderation::javascript
