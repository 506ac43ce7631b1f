// What `:has()` asks for, and the elements of a page that have it.
//
// It stands behind the element that it is asked of. So a page whose rules ask for such is walked once more when all of
// its rules are known (`survey.hpp`): an element that is the last of what is asked for marks those that have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "html/family.hpp"
#include "html/scan.hpp"
#include "html/tags.hpp"
#include "styles/rule_index.hpp"
#include "styles/selectors.hpp"

namespace moderation {

class Relations {
public:
    bool empty() const { return relations_.empty(); }

    // Whether a selector may hold some: the name may be written with escapes.
    static bool may_be_in(View selector) {
        constexpr std::string_view name = ":has";
        const std::size_t colon = selector.find(U':');
        if (colon == View::npos) return false;
        if (selector.find(U'\\', colon) != View::npos) return true;
        for (std::size_t at = colon; (at = selector.find(U'(', at)) != View::npos; ++at) {
            const char32_t* const end = selector.data() + at;
            if (at >= name.size() && scan::starts_with_folded(end - name.size(), end, name)) return true;
        }
        return false;
    }

    // Numbers what a compound asks for; false where that is too much for a page. `is_any`: there is something.
    bool add(css::Compound& compound, bool& is_any) {
        for (css::Simple& each : compound) {
            for (css::Compound& one : each.among) {
                if (!add(one, is_any)) return false;
            }
            if (each.kind != css::Simple::has) continue;
            is_any = true;
            const auto found = numbers_.find(each.name);
            each.relation = found != numbers_.end() ? found->second : add(each.name, std::move(each.relative[0]));
            each.relative.clear();
            if (!each.relation) return false;
        }
        return true;
    }

    // Those that may end with an element, by number.
    const RuleIndex& ends() const { return ends_; }

    // Begins to look for them.
    void begin() {
        row_ = (parts_ + 63) / 64;
        is_known_ = true;
    }

    // Whether they were looked for, in all of the page.
    bool is_known() const { return is_known_; }

    void end(bool is_whole) {
        is_known_ = is_whole;
        if (!is_whole) marks_ = {};
    }

    // Marks the elements that have the innermost one, if it is the last of what a relation asks for. `match` says
    // whether an element is what a compound asks for, `step` whether there may be one more step.
    template <class Unit, class Match, class Step>
    void mark(std::uint32_t relation, const Family<Unit>& family, const Match& match, const Step& step) {
        const Relation& of = relations_[relation];
        if (!match(of.selector.compounds[0], family.open.back())) return;
        spread(of, 0, family.open.back(), family.open.size() - 1, Walk<Unit, Match, Step>{family, match, step});
    }

    // Whether an element has what is asked for.
    bool has(std::uint32_t place, const css::Simple& test) const {
        const Relation& of = relations_[test.relation - 1];
        const std::uint32_t number = of.first + static_cast<std::uint32_t>(of.selector.compounds.size()) - 1;
        const std::size_t at = std::size_t{place} * row_ + number / 64;
        return at < marks_.size() && (marks_[at] >> number % 64 & 1);
    }

private:
    // Compounds of all that a page asks for, and words of the marks.
    static constexpr std::uint32_t most_parts = 256;
    static constexpr std::size_t most_marks = 4 << 20;

    // An element may have as many marks as there are compounds, from `first` on. It has one where an element stands
    // as the combinator says that is what the compound asks for and has the mark in front.
    struct Relation {
        css::Selector selector;
        std::uint32_t first;
    };

    template <class Unit, class Match, class Step>
    struct Walk {
        const Family<Unit>& family;
        const Match& match;
        const Step& step;
    };

    // The number of a new one, from 1, or 0 where there are too many.
    std::uint32_t add(const Text& written, css::Selector&& selector) {
        const auto parts = static_cast<std::uint32_t>(selector.compounds.size());
        if (parts_ + parts > most_parts) return 0;
        ends_.add(css::key_of(selector.compounds[0]), static_cast<std::uint32_t>(relations_.size()));
        relations_.push_back({std::move(selector), parts_});
        parts_ += parts;
        return numbers_[written] = static_cast<std::uint32_t>(relations_.size());
    }

    // Marks the elements that have `from` where the combinator of a part says, and goes on with those that are what the
    // next part asks for. `from` is the open element `depth`, or stands in front of it. Of those around, or of those in
    // front, all behind one that has the mark have it, too: so each is come to once.
    template <class Unit, class Match, class Step>
    void spread(const Relation& of, std::size_t part, const Element<Unit>& from, std::size_t depth,
                const Walk<Unit, Match, Step>& walk) {
        const char combinator = of.selector.combinators[part];
        const bool is_last = part + 1 == of.selector.compounds.size();
        const auto is_new = [&](const Element<Unit>& element, std::size_t here) {
            if (!walk.step() || !add_mark(element.place, of.first + static_cast<std::uint32_t>(part))) return false;
            if (!is_last && element.place && walk.match(of.selector.compounds[part + 1], element)) {
                spread(of, part + 1, element, here, walk);
            }
            return true;
        };
        if (combinator == ' ' || combinator == '>') {
            for (std::size_t outer = depth; outer-- > 0;) {
                const Element<Unit>& element = walk.family.open[outer];
                if (is_apart(element.tag) || !is_new(element, outer) || combinator == '>') return;
            }
            return;
        }
        for (std::uint32_t before = from.before; before;) {
            const Element<Unit>& element = walk.family.all[before - 1];
            if (!is_new(element, depth) || combinator == '+') return;
            before = element.before;
        }
    }

    // Whether a browser takes what stands in an element for a text, or for a page of its own.
    static bool is_apart(std::uint32_t tag) {
        return tag == Tags::template_ || tag == Tags::noscript || tag == Tags::iframe || tag == Tags::noembed ||
               tag == Tags::noframes;
    }

    // Whether an element did not have a mark.
    bool add_mark(std::uint32_t place, std::uint32_t number) {
        const std::size_t row = std::size_t{place} * row_;
        if (row + row_ > marks_.size()) {
            is_known_ &= row + row_ <= most_marks;
            if (!is_known_) return false;
            marks_.resize(row + row_);
        }
        std::uint64_t& word = marks_[row + number / 64];
        const std::uint64_t before = word;
        word |= std::uint64_t{1} << number % 64;
        return word != before;
    }

    std::vector<Relation> relations_;
    std::map<Text, std::uint32_t> numbers_;  // by how it is written
    RuleIndex ends_;
    std::uint32_t parts_ = 0, row_ = 0;
    std::vector<std::uint64_t> marks_;  // a row of `row_` words for each element, by its place
    bool is_known_ = false;
};

}  // namespace moderation
