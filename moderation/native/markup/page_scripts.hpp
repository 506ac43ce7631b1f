// The scripts of a page, wherever they stand: in elements, in attributes, in drawings. What they write becomes items,
// what else they do becomes marks of the outline; structured data is read as what it says.
#pragma once

#include <set>

#include "html/attributes.hpp"
#include "html/names.hpp"
#include "markup/page_values.hpp"
#include "scripts/writings.hpp"

namespace moderation {

class PageScripts {
public:
    PageScripts(Outline& outline, Names& names, PageValues& values)
        : outline_(outline), names_(names), values_(values), writings_(values.entities()) {}

    // Reads the content of an element.
    template <class Unit>
    void read(Slice<Unit> script, const CodeOrigin<Unit>& origin, Standing standing);

    // Reads the strings of structured data (JSON-LD) that are no names and hold more than ASCII. `has_nul`: a NUL is
    // one, and not read as U+FFFD.
    template <class Unit>
    void read_data(Slice<Unit> data, const CodeOrigin<Unit>& origin, bool has_nul);

    // Reads the scripts in attributes: what is run when the element has loaded or not, and addresses of "javascript:".
    template <class Unit>
    void read_handlers(const Attributes<Unit>& given, const Unit* source, bool has_nul);

    // The ids of what scripts hide.
    const std::set<Text>& hidden_ids() const { return hidden_ids_; }

private:
    template <class Unit>
    void read_handler(Slice<Unit> value, const Unit* source, bool has_nul, bool is_address, bool is_clicked);

    // Adds what a script writes, and its marks.
    template <class Unit>
    void read_writings(Slice<Unit> script, const CodeOrigin<Unit>& origin, Standing standing);

    // The marks from `first` on, those of a text that was put together, as places of the page.
    void place_marks(std::size_t first, const std::vector<Piece>& pieces);

    Outline& outline_;
    Names& names_;
    PageValues& values_;
    Writings writings_;
    std::set<Text> hidden_ids_;
    Text script_;  // kept for its memory
};

}  // namespace moderation
