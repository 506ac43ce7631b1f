// What is seen of the elements of SVG and MathML: whether an element is drawn where it stands, what another one uses of
// what is not, and whether text stands along a path that is there.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "html/attributes.hpp"
#include "html/entities.hpp"
#include "html/foreign.hpp"
#include "markup/ids.hpp"
#include "markup/items.hpp"
#include "markup/open_item.hpp"

namespace moderation {

template <class Unit>
class Drawings {
public:
    Drawings(const Entities& entities, Names& names, const Tags& tags)
        : entities_(entities), names_(names), tags_(tags) {}

    // What is drawn of an element inside of `top`.
    Drawn drawn(const StartTag<Unit>& start, Space space, OpenItem& top) const {
        const bool is_in_svg = top.space == Space::svg;
        const bool is_in_text = is_in_svg && top.kind == Point::none && top.state.undrawn == Space::html;
        const Drawn drawn = foreign::drawn(start.tag, space, start.facts, top.space, top.kind, tags_.facts(top.tag),
                                           top.children.count + 1, is_in_text);
        if (space == Space::math || !is_in_svg || top.tag != Tags::switch_) return drawn;
        const bool is_shown = !top.is_chosen && is_fit(start.verbatim);
        top.is_chosen |= is_shown;
        return is_shown ? drawn : Drawn::nothing;
    }

    // Text along no path stands nowhere. Whether a path stands behind it, is known at the end of the page: whether text
    // may follow one that does.
    bool follow_path(const StartTag<Unit>& start, State& inner, Drawn& drawn) {
        Slice<Unit> path{nullptr, nullptr};
        if (find_given(start.verbatim, U"path", path)) return false;
        const Text along = reference(start.verbatim);
        if (along.empty()) drawn = Drawn::nothing;
        if (along.empty() || path_ids_.count(along) || along_.size() >= most_used) return false;
        along_.push_back(along);
        inner.along = static_cast<std::uint32_t>(along_.size());
        return true;
    }

    // Notes what an element of SVG is for others: what it shows once more, or a path.
    void note(const StartTag<Unit>& start) {
        if (start.tag == Tags::use) note_use(start.verbatim);
        if (start.tag == Tags::path) note_path(start.given[Attribute::id]);
    }

    // Hides what stands in an element of SVG that is not drawn; what others may use is drawn with these. `around`: the
    // space that the element stands in.
    void veil_undrawn(std::uint32_t tag, Space around, State& inner) const {
        const bool is_store = tag == Tags::defs || tag == Tags::symbol;
        inner.is_defined = is_store && (inner.is_defined || !inner.veil.hidden);
        if (is_store) inner.undrawn = Space::svg;
        if (!inner.veil.hidden) inner.veil.hidden = hidden_in(around == Space::math ? around : Space::svg, names_);
        inner.is_out = true;
    }

    // Shows the items of what a drawing defines and uses.
    void show_used(std::vector<Item>& items, const Ids<Unit>& ids) const {
        if (used_.empty()) return;
        const std::vector<bool> wanted = ids.among(used_);
        const std::uint32_t svg = hidden_in(Space::svg, names_);
        for (Item& item : items) {
            if (item.is_defined && item.hidden == svg && ids.are_around(item, wanted)) item.hidden = 0;
        }
    }

    // Hides the items of text along paths that are nowhere.
    void hide_lost(std::vector<Item>& items) const {
        if (along_.empty() || !are_paths_known_) return;
        const std::uint32_t svg = hidden_in(Space::svg, names_);
        for (Item& item : items) {
            if (item.along && !item.hidden && !path_ids_.count(along_[item.along - 1])) item.hidden = svg;
        }
    }

private:
    static constexpr std::size_t most_used = 1000;

    // Whether a browser takes an element inside of a "switch".
    static bool is_fit(Slice<Unit> verbatim) {
        Slice<Unit> asked{nullptr, nullptr};
        if (find_given(verbatim, U"requiredextensions", asked)) return false;
        if (!find_given(verbatim, U"systemlanguage", asked)) return true;
        return scan::starts_with_folded(asked.at, asked.end, "zh") ||
               scan::starts_with_folded(asked.at, asked.end, "en");
    }

    // Notes the id that a "use" shows once more.
    void note_use(Slice<Unit> verbatim) {
        if (used_.size() >= most_used) return;
        const Text used = reference(verbatim);
        if (!used.empty()) used_.insert(used);
    }

    // Notes a path that text may stand along.
    void note_path(Slice<Unit> id) {
        if (id.empty()) return;
        are_paths_known_ &= path_ids_.size() < most_used;
        if (are_paths_known_) path_ids_.insert(resolved(entities_, id));
    }

    // The id that an element of a drawing leads to, or an empty text.
    Text reference(Slice<Unit> verbatim) const {
        Slice<Unit> value{nullptr, nullptr};
        if (!find_given(verbatim, U"href", value) && !find_given(verbatim, U"xlink:href", value)) return {};
        const Text address = resolved(entities_, value);
        return address.size() > 1 && address[0] == '#' ? address.substr(1) : Text();
    }

    const Entities& entities_;
    Names& names_;
    const Tags& tags_;
    std::set<Text> used_;          // the ids of what drawings use
    std::vector<Text> along_;      // the ids of the paths that text stands along
    std::set<Text> path_ids_;      // of the paths of drawings
    bool are_paths_known_ = true;  // there were not too many
};

}  // namespace moderation
