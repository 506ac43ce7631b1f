// What must go with stretches of a page that are cut, so that no husk is left of them.
#pragma once

#include <vector>

#include "markup/markup.hpp"
#include "text/text.hpp"

namespace moderation {

// What to cut of a page to be rid of some stretches of it: in source order, disjoint. With a stretch goes the separator
// towards a genuine half, an element, attribute or meta tag that it empties, and a line that it had to itself. Of
// markup only text, attributes and whole elements are cut, never a lone tag, so that it stays balanced.
//
// `spans` may touch or overlap; none ends behind the source. Takes linear time, but for the order of the spans.
std::vector<Span> plan_cuts(const Source& source, bool is_html, std::vector<Span> spans, const Helpers& helpers);

}  // namespace moderation
