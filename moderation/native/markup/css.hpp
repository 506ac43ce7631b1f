// Style sheets as browsers take them apart: rules that hold on a screen, their selectors and declarations
// (https://www.w3.org/TR/css-syntax-3/, https://www.w3.org/TR/selectors-4/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "markup/scan.hpp"
#include "text/text.hpp"

namespace moderation::css {

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

// A declaration as it is written: the name in lower case, the value in lower case without comments and escapes.
struct Declaration {
    std::string name, value;
    bool is_important = false;
};

Text without_comments(View text);

// Whether a property's declarations are wanted; its name is in lower case.
using Wanted = bool (*)(std::string_view name);

// The wanted declarations of a style attribute or a rule's body without comments, nested rules left out.
void read_declarations(View style, Wanted wanted, std::vector<Declaration>& out);

// The layer of rules that are in none; the others are counted from 0.
constexpr std::uint32_t no_layer = 0xfff;

// A rule that holds on the screen of a computer.
struct Rule {
    std::vector<Text> selectors;
    std::vector<Declaration> declarations;
    std::uint32_t layer = no_layer;
};

// The rules of a sheet that have wanted declarations, in their order. `layers` are the names of the layers met so far.
std::vector<Rule> read_sheet(View sheet, Wanted wanted, std::vector<Text>& layers);

// Whether a media query list holds on a screen of 1280 by 800 with a mouse.
bool holds(View media);

}  // namespace moderation::css
