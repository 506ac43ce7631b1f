// The attributes of a start tag that say something of its element.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "html/scan.hpp"

namespace moderation {

enum class Attribute : std::uint8_t {
    id,
    class_,
    style,
    hidden,
    width,
    height,
    name,
    property,
    itemprop,
    content,
    alt,
    title,
    aria_label,
    placeholder,
    value,
    type,
    srcdoc,
    color,
    bgcolor,
    background,
    face,
    size,
    media,
    open,
    encoding,
    href,
    src,
    onload,
    onerror,
    label,
    summary,
    abbr,
    aria_description,
    aria_roledescription,
    aria_placeholder,
    aria_valuetext,
    popover,
    none,
};

template <class Unit>
class Attributes {
public:
    bool empty() const { return !given_; }
    bool has(Attribute attribute) const { return given_ & bit(attribute); }

    // Whether one of those is there that may be text.
    bool has_text() const {
        using A = Attribute;
        std::uint64_t any = 0;
        for (const A each : {A::alt, A::title, A::aria_label, A::placeholder, A::value, A::label, A::summary, A::abbr,
                             A::aria_description, A::aria_roledescription, A::aria_placeholder, A::aria_valuetext}) {
            any |= bit(each);
        }
        return given_ & any;
    }

    // Whether one of those is there that may be a script.
    bool has_code() const {
        using A = Attribute;
        return given_ & (bit(A::href) | bit(A::src) | bit(A::onload) | bit(A::onerror));
    }

    // The value as it is written, or an empty one.
    Slice<Unit> operator[](Attribute attribute) const {
        return has(attribute) ? values_[static_cast<std::size_t>(attribute)] : Slice<Unit>{nullptr, nullptr};
    }

    // Of several attributes with one name the first holds.
    void add(Slice<Unit> name, Slice<Unit> value) {
        const Attribute which = named(name);
        if (which == Attribute::none || has(which)) return;
        given_ |= bit(which);
        values_[static_cast<std::size_t>(which)] = value;
    }

private:
    static constexpr std::uint64_t bit(Attribute attribute) {
        return std::uint64_t{1} << static_cast<unsigned>(attribute);
    }

    static Attribute named(Slice<Unit> name) {
        using A = Attribute;
        const auto size = static_cast<std::size_t>(name.end - name.at);
        if (size < 2 || size > 20 || !scan::is(*name.at, scan::name_start)) return A::none;
        const auto is = [&](std::string_view word, A which) {
            return scan::starts_with_folded(name.at, name.end, word) ? which : A::none;
        };
        const Unit first = scan::lower(*name.at);
        switch (size) {
            case 2: return is("id", A::id);
            case 3: return first == 's' ? is("src", A::src) : is("alt", A::alt);
            case 4:
                if (first == 'n') return is("name", A::name);
                if (first == 't') return is("type", A::type);
                if (first == 'f') return is("face", A::face);
                if (first == 'h') return is("href", A::href);
                if (first == 'a') return is("abbr", A::abbr);
                return first == 's' ? is("size", A::size) : is("open", A::open);
            case 5:
                if (first == 'c')
                    return scan::lower(name.at[1]) == 'l' ? is("class", A::class_) : is("color", A::color);
                if (first == 's') return is("style", A::style);
                if (first == 'w') return is("width", A::width);
                if (first == 'v') return is("value", A::value);
                if (first == 'l') return is("label", A::label);
                return first == 'm' ? is("media", A::media) : is("title", A::title);
            case 6:
                if (first == 's') return is("srcdoc", A::srcdoc);
                if (first == 'o') return is("onload", A::onload);
                return scan::lower(name.at[1]) == 'e' ? is("height", A::height) : is("hidden", A::hidden);
            case 7:
                if (first == 'o') return is("onerror", A::onerror);
                if (first == 's') return is("summary", A::summary);
                if (first == 'p') return is("popover", A::popover);
                return first == 'b' ? is("bgcolor", A::bgcolor) : is("content", A::content);
            case 8:
                if (first == 'e') return is("encoding", A::encoding);
                return first == 'p' ? is("property", A::property) : is("itemprop", A::itemprop);
            case 10: return first == 'a' ? is("aria-label", A::aria_label) : is("background", A::background);
            case 11: return is("placeholder", A::placeholder);
            case 14: return is("aria-valuetext", A::aria_valuetext);
            case 16: {
                const bool is_description = scan::lower(name.at[5]) == 'd';
                return is_description ? is("aria-description", A::aria_description)
                                      : is("aria-placeholder", A::aria_placeholder);
            }
            case 20: return is("aria-roledescription", A::aria_roledescription);
            default: return A::none;
        }
    }

    std::uint64_t given_ = 0;  // bits
    std::array<Slice<Unit>, static_cast<std::size_t>(Attribute::none)> values_;
};

template <class Unit>
const Unit* skip_blanks(const Unit* at, const Unit* end) {
    while (at < end && scan::is(*at, scan::blank)) ++at;
    return at;
}

// Calls `visit` with each name and value, the value empty if there is none. Comes back with where the tag ends, or
// nullptr where the input does. `is_self_closing`: "/>" ended it.
template <class Unit, class Visit>
const Unit* read_attributes(const Unit* at, const Unit* end, bool& is_self_closing, Visit&& visit) {
    while (true) {
        // Before attribute name state, self-closing start tag state.
        is_self_closing = false;
        for (; at < end && (scan::is(*at, scan::blank) || *at == '/'); ++at) is_self_closing = *at == '/';
        if (at == end) return nullptr;
        if (*at == '>') return at + 1;
        // Attribute name state; an equals sign at its start is part of it.
        const Unit* start = at++;
        while (at < end && !scan::is(*at, scan::ends_attribute_name)) ++at;
        const Slice<Unit> name{start, at};
        // After attribute name state.
        at = skip_blanks(at, end);
        if (at == end) return nullptr;
        if (*at != '=') {
            visit(name, Slice<Unit>{at, at});
            continue;
        }
        // Before attribute value state.
        at = skip_blanks(at + 1, end);
        if (at == end) return nullptr;
        start = at;
        if (*at == '"' || *at == '\'') {
            at = scan::find<Unit>(start + 1, end, *start);
            if (at == end) return nullptr;
            visit(name, Slice<Unit>{start + 1, at});
            ++at;
        } else {
            while (at < end && !scan::is(*at, scan::ends_unquoted)) ++at;
            visit(name, Slice<Unit>{start, at});
        }
    }
}

// Whether a tag has an attribute, as the tokenizer reads it, and its value; `name` is in lower case.
template <class Unit>
bool find_given(Slice<Unit> tag, View name, Slice<Unit>& found) {
    const Unit* at = tag.at + 1;
    while (at < tag.end && !scan::is(*at, scan::ends_tag_name)) ++at;
    bool is_found = false, is_self_closing = false;
    read_attributes(at, tag.end, is_self_closing, [&](Slice<Unit> given, Slice<Unit> value) {
        if (is_found || static_cast<std::size_t>(given.end - given.at) != name.size()) return;
        is_found = std::equal(name.begin(), name.end(), given.at, [](char32_t one, Unit other) {
            return one == static_cast<char32_t>(scan::lower(other));
        });
        if (is_found) found = value;
    });
    return is_found;
}

// A name and a value in a tag, and where what belongs to them ends.
template <class Unit>
struct Given {
    Slice<Unit> name, value;
    const Unit* end;
};

// The value that an equals sign at `at` gives, white space around it, and where it ends with its quotes; false if there
// is none. Behind a quote that is not closed it is none.
template <class Unit>
bool find_value(const Unit* at, const Unit* end, Slice<Unit>& value, const Unit*& behind) {
    at = scan::skip_space(at, end);
    if (at == end || *at != '=') return false;
    at = scan::skip_space(at + 1, end);
    if (at == end || *at == '>') return false;
    if (*at == '"' || *at == '\'') {
        value = {at + 1, scan::find(at + 1, end, *at)};
        behind = value.end + 1;
        return value.end != end;
    }
    value = {at, at};
    while (value.end < end && !scan::is_space(*value.end) && *value.end != '>') ++value.end;
    behind = value.end;
    return true;
}

// Calls `visit` with each name that has a value, until it says true. A tag is searched as a text, not as the tokenizer
// reads it: what stands behind stray quotes is found too.
template <class Unit, class Visit>
void search_attributes(Slice<Unit> tag, Visit&& visit) {
    const auto is_name = [](Unit c) {
        return !scan::is_space(c) && c != '"' && c != '\'' && c != '<' && c != '>' && c != '/' && c != '=';
    };
    const Unit* at = tag.at;
    const Unit* const end = tag.end;
    while (at < end) {
        if (!is_name(*at)) {
            ++at;
            continue;
        }
        const Unit* start = at;
        while (at < end && is_name(*at)) ++at;
        const Slice<Unit> name{start, at};
        Slice<Unit> value{nullptr, nullptr};
        const Unit* behind = at;
        if (!find_value(at, end, value, behind)) continue;
        at = behind;
        if (visit(Given<Unit>{name, value, at})) return;
    }
}

// Whether what is written is a word in lower case, whatever the case of its ASCII letters.
template <class Unit>
bool is_word(Slice<Unit> written, std::string_view word) {
    return static_cast<std::size_t>(written.end - written.at) == word.size() &&
           scan::starts_with_folded(written.at, written.end, word);
}

// Where the value of an attribute stands in a tag that is searched as a text, or an empty range: of several with one
// name the first.
template <class Unit>
Slice<Unit> find_attribute(Slice<Unit> tag, std::string_view name) {
    Slice<Unit> found{tag.end, tag.end};
    search_attributes(tag, [&](const Given<Unit>& given) {
        if (!is_word(given.name, name)) return false;
        found = given.value;
        return true;
    });
    return found;
}

}  // namespace moderation
