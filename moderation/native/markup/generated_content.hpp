// Text that a sheet puts in front of elements or behind them: `content: "…"`, `content: attr(…)`, `content: var(…)`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "html/names.hpp"
#include "markup/page_values.hpp"
#include "styles/cascade.hpp"

namespace moderation {

class GeneratedContent {
public:
    GeneratedContent(Names& names, Cascade& cascade, PageValues& values)
        : names_(names), cascade_(cascade), values_(values) {}

    // Reads the strings of a sheet or a style attribute. Signs and the letters of icon fonts, which most of them are,
    // are no text.
    template <class Unit>
    void read(Slice<Unit> sheet, const CodeOrigin<Unit>& origin);

    // At the end of the page: the custom properties that sheets show, among the values in the order of the source.
    void add_variables();

private:
    // Reads a declaration's value, which begins at `at`, and comes back with its end; `variable` is the custom property
    // that it is of, if it is of one.
    template <class Unit>
    const Unit* read_value(const Unit* at, const Unit* end, const CodeOrigin<Unit>& origin, const Text& variable);

    template <class Unit>
    void add_string(Slice<Unit> string, const CodeOrigin<Unit>& origin, const Text& variable);

    // Notes what "attr(name)" or "var(--name)" at `at` shows. Attributes that are read anyway are left out.
    template <class Unit>
    void note_shown(const Unit* at, const Unit* end);

    std::uint32_t path() { return names_.of("style[content]"); }

    Names& names_;
    Cascade& cascade_;
    PageValues& values_;
    std::vector<std::pair<Text, Value>> variables_;  // texts of custom properties, by name
};

}  // namespace moderation
