// Style sheets as browsers take them apart: rules that hold on a screen, their selectors and declarations
// (https://www.w3.org/TR/css-syntax-3/).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/text.hpp"

namespace moderation::css {

// A declaration as it is written: the name in lower case, the value in lower case without comments and escapes.
struct Declaration {
    std::string name, value;
    bool is_important = false;
};

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

}  // namespace moderation::css
