#include "markup/attribute_texts.hpp"

#include <algorithm>
#include <initializer_list>

#include "html/entities.hpp"
#include "html/scan.hpp"
#include "scripts/scripts.hpp"

namespace moderation {

namespace {

// Whether a value has characters beyond ASCII and is not white space alone. A NUL is U+FFFD.
constexpr auto is_foreign_text = [](auto value) {
    bool is_ascii = true, is_blank = true;
    for (auto at = value.at; at < value.end; ++at) {
        is_ascii &= *at && *at < 0x80;
        is_blank &= scan::is_space(*at);
    }
    return !is_ascii && !is_blank;
};

bool is_among(std::string_view what, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), what) != words.end();
}

// Whether metadata of a name is text.
bool is_meta_text(View name) {
    constexpr std::size_t longest = std::string_view("apple-mobile-web-app-title").size();
    if (name.size() > longest) return false;
    std::string word;
    for (const char32_t c : name) {
        const std::uint32_t folded = scripts::folded(c);
        if (folded >= 0x80) return false;
        word.push_back(static_cast<char>(folded));
    }
    const std::size_t sign = word.find_first_of(":.");
    if (sign == std::string::npos) {
        return is_among(word,
                        {"description", "keywords", "title", "news_keywords", "author", "abstract", "subject", "name",
                         "headline", "alternatename", "application-name", "apple-mobile-web-app-title", "copyright"});
    }
    const std::string_view site(word.data(), sign), what(word.data() + sign + 1, word.size() - sign - 1);
    if (word == "article:tag") return true;
    if (is_among(site, {"dc", "dcterms"})) {
        return is_among(what, {"title", "description", "subject", "creator", "publisher"});
    }
    return is_among(site, {"og", "twitter"}) &&
           is_among(what, {"title", "description", "site_name", "image:alt", "video:title"});
}

// Whether most metadata of a name is a date, the name of a program, or tags in English.
bool is_mostly_ascii(View name) {
    const char32_t first = scan::lower(name[0]);
    return first == 'c' || (first == 'a' && name.find(U':') != View::npos);
}

std::string meta_path(View name) {
    std::string path = "meta[";
    for (const char32_t c : name) {
        // Of the letters that pass for others where case does not count, two have a lower case.
        if (c == 0x130) {
            path += "i\u0307";
        } else {
            append_utf8(c == 0x212a ? U'k' : scan::lower(c), path);
        }
    }
    return path + ']';
}

// Whether an input shows its value: those of no type or of an unknown one are text.
template <class Unit>
bool is_seen_value(const Attributes<Unit>& given) {
    const Slice<Unit> type = given[Attribute::type];
    if (type.empty()) return true;
    for (const std::string_view unshown : {"hidden", "checkbox", "radio", "file", "image", "color", "range", "date",
                                           "month", "week", "time", "password", "number"}) {
        if (scan::starts_with_folded(type.at, type.end, unshown)) return false;
    }
    return true;
}

// An attribute that browsers show or read out, of the elements that it says something of.
struct Shown {
    Attribute which;
    std::string_view name;
    std::array<std::uint32_t, 3> tags;  // of these alone; of all where there are none
};

// In the order in which they are read.
constexpr Shown shown[] = {
    {Attribute::alt, "alt", {}},
    {Attribute::title, "title", {}},
    {Attribute::aria_label, "aria-label", {}},
    {Attribute::placeholder, "placeholder", {}},
    {Attribute::value, "value", {Tags::input}},
    {Attribute::label, "label", {Tags::option, Tags::optgroup, Tags::track}},
    {Attribute::summary, "summary", {Tags::table}},
    {Attribute::abbr, "abbr", {Tags::th, Tags::td}},
    {Attribute::aria_description, "aria-description", {}},
    {Attribute::aria_roledescription, "aria-roledescription", {}},
    {Attribute::aria_placeholder, "aria-placeholder", {}},
    {Attribute::aria_valuetext, "aria-valuetext", {}},
};

bool is_of(const Shown& attribute, std::uint32_t tag) {
    const auto& tags = attribute.tags;
    return tags[0] == Tags::none || (tag != Tags::none && std::find(tags.begin(), tags.end(), tag) != tags.end());
}

}  // namespace

template <class Unit>
void AttributeTexts<Unit>::read_meta(const StartTag<Unit>& start) {
    const Attributes<Unit>& given = start.given;
    if (!given.has(Attribute::content)) return;
    for (const Attribute which : {Attribute::name, Attribute::property, Attribute::itemprop}) {
        if (given[which].empty()) continue;
        const Text text = resolved(values_.entities(), given[which]);
        const View name = scan::strip(text);
        if (!is_meta_text(name)) return;
        if (is_mostly_ascii(name) && !with_resolved(values_.entities(), given[Attribute::content], is_foreign_text)) {
            return;
        }
        return add_named(start, "content", Place::meta, names_.of(meta_path(name)), 0);
    }
}

template <class Unit>
void AttributeTexts<Unit>::read_shown(const StartTag<Unit>& start, Place place, std::uint32_t hidden) {
    for (const Shown& each : shown) {
        if (!start.given.has(each.which) || !is_of(each, start.tag)) continue;
        if (each.which == Attribute::value && !is_seen_value(start.given)) continue;
        if (!with_resolved(values_.entities(), start.given[each.which], is_foreign_text)) continue;
        add_named(start, each.name, place, paths_.of_attribute(start.tag, each.which, each.name), hidden);
    }
}

template <class Unit>
void AttributeTexts<Unit>::read_generated(const StartTag<Unit>& start, const Text& name, Place place,
                                          std::uint32_t hidden) {
    Slice<Unit> value{nullptr, nullptr};
    if (!find_given(start.verbatim, name, value)) return;
    if (!with_resolved(values_.entities(), value, is_foreign_text)) return;
    add(value, start.has_nul, place, paths_.of_attribute(start.tag, name), hidden);
}

template class AttributeTexts<std::uint8_t>;
template class AttributeTexts<std::uint16_t>;
template class AttributeTexts<std::uint32_t>;

}  // namespace moderation
