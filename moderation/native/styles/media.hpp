// The conditions of media queries, `@supports` and `@container`, on a screen of 1280 by 800 with a mouse.
#pragma once

#include "text/text.hpp"

namespace moderation::css {

// Whether a media query list holds.
bool holds(View media);

// What is supported is not known here: browsers of today support what sheets ask for, but for what nobody does.
bool holds_supports(View prelude);

// How wide a container is, is not known here: it is taken to be as wide as the screen, as what holds the text of a page
// is nearly. Of what else is asked of it nothing is taken to hold.
bool holds_container(View prelude);

}  // namespace moderation::css
