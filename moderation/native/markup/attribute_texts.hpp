// The text that attributes hold: metadata, titles, alternative texts, what a sheet shows of others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "html/attributes.hpp"
#include "markup/open_item.hpp"
#include "markup/page_values.hpp"
#include "markup/paths.hpp"

namespace moderation {

// The texts of the attributes of one page, as values of it.
template <class Unit>
class AttributeTexts {
public:
    AttributeTexts(const Unit* source, Paths& paths, Names& names, PageValues& values)
        : source_(source), paths_(paths), names_(names), values_(values) {}

    // Metadata that is text, as search engines and people who share a page show it.
    void read_meta(const StartTag<Unit>& start);

    // The attributes that browsers show or read out; `hidden` is how the element is hidden, or 0.
    void read(const StartTag<Unit>& start, Place place, std::uint32_t hidden) {
        if (start.given.has_text()) read_shown(start, place, hidden);
    }

    // An attribute of any name that a sheet shows in front of its element or behind it.
    void read_generated(const StartTag<Unit>& start, const Text& name, Place place, std::uint32_t hidden);

private:
    void read_shown(const StartTag<Unit>& start, Place place, std::uint32_t hidden);

    void add(Slice<Unit> value, bool has_nul, Place place, std::uint32_t path, std::uint32_t hidden) {
        ValueReader<Unit> reader(values_.entities(), source_, has_nul);
        values_.add(reader.read(value.at, value.end, false), place, path, hidden);
    }

    // The value of an attribute that was found, once more where a tag is searched as a text.
    void add_named(const StartTag<Unit>& start, std::string_view name, Place place, std::uint32_t path,
                   std::uint32_t hidden) {
        const Slice<Unit> value = find_attribute(start.verbatim, name);
        if (!value.empty()) add(value, start.has_nul, place, path, hidden);
    }

    const Unit* const source_;
    Paths& paths_;
    Names& names_;
    PageValues& values_;
};

extern template class AttributeTexts<std::uint8_t>;
extern template class AttributeTexts<std::uint16_t>;
extern template class AttributeTexts<std::uint32_t>;

}  // namespace moderation
