// Selectors as browsers take them apart (https://www.w3.org/TR/selectors-4/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/text.hpp"

namespace moderation::css {

constexpr std::size_t most_selectors = 256;  // of a list
// What a selector asks for in a scope with a lower limit: no page writes it.
constexpr std::string_view outside_limit = "-outside-limit";

struct Simple;
struct Selector;
using Compound = std::vector<Simple>;

// A simple selector: what an element has to be.
struct Simple {
    // `outside`: neither the element nor one around it is among these. `has`: what stands in it or behind it, see
    // `Relation`.
    enum Kind : std::uint8_t {
        tag,
        id,
        class_,
        attribute,
        none_of,
        any_of,
        outside,
        nth_child,
        root,
        link,
        has,
        never
    };

    Kind kind;
    char sign = 0;           // of an attribute: "=", "~", "|", "^", "$", "*", or 0 for its mere presence
    bool is_folded = false;  // the attribute's value is compared without case
    Text name, value;
    std::int32_t step = 0, offset = 0;  // of nth-child: step·n + offset
    std::vector<Compound> among;
    // Of `has`, one: its last combinator stands in front of it; `name` is how it is written.
    std::vector<Selector> relative;
    std::uint32_t relation = 0;  // its number, from 1, among all those of a page
};

// A selector, its compounds from right to left; `combinators` stand between each and the next one: " ", ">", "+", "~".
struct Selector {
    std::vector<Compound> compounds;
    std::string combinators;
    std::uint32_t specificity = 0;  // ids, classes and tags, eight bits each
};

// What the last compound of a selector asks for first: an id ("#"), a class ("."), a tag ("<") or nothing ("*").
struct Key {
    char sign;
    Text name;
};

Key key_of(const Compound& compound);
Key key_of(View selector);

// Nothing where a browser drops the selector, or where it stands for what is no element.
std::optional<Selector> read_selector(View text);

}  // namespace moderation::css
