// The folding that takes more than a table: all steps of stages/normalize.py but the reading of wrong charsets, which
// is rare and stays there. A test holds both to each other, text and pieces.
#pragma once

#include <vector>

#include "text/characters.hpp"

namespace moderation {

// A stretch of a text, and what takes its place.
struct Change {
    std::uint32_t start, end;
    Text text;
};

// Whether a text may have gone through a wrong charset, or be written backwards: `_LOOK` of stages/_repair.py.
bool may_be_misread(const Characters& characters, View text);

// The folded form of a text, appended to `out`, and where it comes from, to `pieces`, unless it runs one to one with
// the text; linear time. `repairs` are in order and apart.
void fold(const Characters& characters, View text, const std::vector<Change>& repairs, Text& out,
          std::vector<Piece>& pieces);

}  // namespace moderation
