// The rules of a page's own style sheets and the elements they hold for.
//
// Rules are found by the id, a class or the tag of their selector's last compound, and the rest of a selector is looked
// for among the elements around. Only an element that a rule may hide is worked out; so a page whose sheets hide
// nothing costs nothing. The work of a page is bounded: behind `most_steps` for each of its code points no rule holds
// any more.
//
// What `:has()` asks for stands behind the element that it is asked of. So a page with such rules is walked once more
// when all of its rules are known (`survey.hpp`): each element that is the last of what a `:has()` asks for marks those
// that have it, each of them once. Then the page is read again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "html/attributes.hpp"
#include "html/entities.hpp"
#include "html/family.hpp"
#include "html/tags.hpp"
#include "styles/looks.hpp"
#include "styles/relations.hpp"
#include "styles/rule_index.hpp"
#include "styles/selectors.hpp"
#include "styles/settings.hpp"
#include "styles/sheets.hpp"
#include "text/keyed.hpp"

namespace moderation {

template <class Unit>
bool has_reference(Slice<Unit> value) {
    return !value.empty() && scan::find<Unit>(value.at, value.end, '&') != value.end;
}

// Calls `visit` with the code points of a value: those of the source, unless a reference is among them.
template <class Unit, class Visit>
auto with_resolved(const Entities& entities, Slice<Unit> value, Visit&& visit) {
    if (!has_reference(value)) return visit(value);
    const Text text = resolved(entities, value);
    return visit(Slice<char32_t>{text.data(), text.data() + text.size()});
}

class Cascade {
public:
    // `size`: code points of the page.
    explicit Cascade(std::uint32_t size) { restart(size); }

    bool empty() const { return suspects_.empty() && painted_.empty(); }
    bool has_siblings() const { return has_siblings_; }
    // Whether a rule asks for what an element has, of a page whose rules may hide something.
    bool has_relations() const { return !relations_.empty() && !empty(); }
    Variables& variables() { return variables_; }

    // What sheets show by name, `content: attr(…)` and `content: var(…)`: a few attributes, and custom properties.
    std::vector<Text> shown_attributes, shown_variables;

    // For another reading of the same page.
    void restart(std::uint32_t size) { steps_ = most_steps * (std::uint64_t{size} + 1000); }

    // Reads a sheet; whether a rule of it may hide something, or show what another one hid.
    bool learn(View sheet) {
        const std::vector<css::Rule> rules = css::read_sheet(sheet, is_wanted, layers_);
        for (const css::Rule& rule : rules) {
            for (const css::Declaration& each : rule.declarations) {
                if (each.name.compare(0, 2, "--") == 0) read_settings(each, variables_, unused_);
            }
        }
        std::vector<std::vector<Setting>> settings(rules.size());
        for (std::size_t at = 0; at < rules.size(); ++at) {
            for (const css::Declaration& each : rules[at].declarations) read_settings(each, variables_, settings[at]);
            for (const Setting& each : settings[at]) {
                if (each.property == Property::ground && grounds_.size() < most_grounds) {
                    const Colour colour = colour_of(each.value);
                    const bool is_known = std::find(grounds_.begin(), grounds_.end(), colour) != grounds_.end();
                    if (colour > clear_colour && !is_known) grounds_.push_back(colour);
                }
            }
        }
        bool is_any = false;
        for (std::size_t at = 0; at < rules.size(); ++at) {
            const bool may_show = std::any_of(settings[at].begin(), settings[at].end(), [](const Setting& each) {
                return each.property == Property::display || each.property == Property::visibility;
            });
            if (!settings[at].empty()) is_any |= add(rules[at], std::move(settings[at])) || (may_show && !empty());
        }
        return is_any;
    }

    // Notes the names of the open elements from `first` on.
    template <class Unit>
    static void note(const Tags& tags, const Entities& entities, Family<Unit>& family, std::size_t first) {
        for (std::size_t at = std::max<std::size_t>(first, 1); at < family.open.size(); ++at) {
            Element<Unit>& element = family.open[at];
            element.names = family.open[at - 1].names;
            for_each_key(tags, entities, element, [&](char sign, auto name, auto end) {
                element.names.add(keyed_hash(name, end, static_cast<char32_t>(sign)));
            });
        }
    }

    // Begins to look for what elements have.
    void begin_survey() { relations_.begin(); }

    // Marks the elements that have the innermost one; false, once the work or room for that is spent.
    template <class Unit>
    bool survey(const Tags& tags, const Entities& entities, const Family<Unit>& family) {
        const Around<Unit> around{tags, entities, family};
        const auto match = [&](const css::Compound& compound, const Element<Unit>& element) {
            return matches(compound, element, around);
        };
        const auto step = [&] { return take_step(); };
        for_each(relations_.ends(), tags, entities, family.open.back(),
                 [&](std::uint32_t relation) { relations_.mark(relation, family, match, step); });
        return steps_ && relations_.is_known();
    }

    // What was marked stands for all of the page; where it was not walked to its end, for nothing.
    void end_survey(bool is_whole) { relations_.end(is_whole); }

    // Whether a rule that may hide holds for the innermost element; `is_painted`: colours decide, too.
    template <class Unit>
    bool is_suspect(const Tags& tags, const Entities& entities, const Family<Unit>& family, bool is_painted) {
        bool found = false;
        const auto ask = [&](std::uint32_t rule) {
            if (!found) found = matches(rules_[rule], tags, entities, family);
        };
        for_each(suspects_, tags, entities, family.open.back(), ask);
        if (is_painted && !found) for_each(painted_, tags, entities, family.open.back(), ask);
        return found;
    }

    // What the rules and the element's own settings make of the innermost element; the values live as long as both.
    template <class Unit>
    void settle(const Tags& tags, const Entities& entities, const Family<Unit>& family,
                const std::vector<Setting>& hints, const std::vector<Setting>& own, Style& style) {
        std::array<std::uint64_t, properties> ranks{};
        const auto set = [&](const Setting& setting, std::uint64_t rank, bool is_own) {
            const auto at = static_cast<std::size_t>(setting.property);
            if (rank < ranks[at]) return;
            ranks[at] = rank;
            style.values[at] = setting.value;
            style.is_own[at] = is_own;
        };
        for (const Setting& each : hints) set(each, 0, true);
        for_each(all_, tags, entities, family.open.back(), [&](std::uint32_t number) {
            Rule& rule = rules_[number];
            if (!matches(rule, tags, entities, family)) return;
            for (const Setting& each : settings_[rule.settings]) {
                set(each, rank(each.is_important, rule.layer, false, rule.selector.specificity, number), false);
            }
        });
        for (const Setting& each : own) set(each, rank(each.is_important, css::no_layer, true, 0, 0), true);
    }

private:
    static constexpr std::uint64_t most_steps = 40;
    static constexpr std::size_t most_rules = 20'000, most_grounds = 8;
    // Of most rules the selector is never asked for; then it is not taken apart.
    struct Rule {
        Text written;
        css::Selector selector;
        std::uint32_t settings, layer;
        bool is_read = false;
        bool is_relative = false;  // it asks for what elements have
        Names256 around;           // what elements around have to have
    };

    const css::Selector& selector_of(Rule& rule) {
        if (rule.is_read) return rule.selector;
        rule.is_read = true;
        if (auto read = css::read_selector(rule.written)) rule.selector = std::move(*read);
        for (css::Compound& compound : rule.selector.compounds) {
            // What cannot be looked for is neither known to be there nor known to be missing.
            if (!relations_.add(compound, rule.is_relative)) return rule.selector = {};
        }
        for (std::size_t part = 1; part < rule.selector.compounds.size(); ++part) {
            // A sibling lies not around.
            const char combinator = rule.selector.combinators[part - 1];
            if (combinator != ' ' && combinator != '>') continue;
            for (const css::Simple& each : rule.selector.compounds[part]) {
                const char sign = each.kind == css::Simple::id       ? '#'
                                  : each.kind == css::Simple::class_ ? '.'
                                  : each.kind == css::Simple::tag    ? '<'
                                                                     : 0;
                // The page's own elements are there without their tags.
                if (!sign || each.name == U"html" || each.name == U"body") continue;
                const char32_t* const name = each.name.data();
                rule.around.add(keyed_hash(name, name + each.name.size(), static_cast<char32_t>(sign)));
            }
        }
        return rule.selector;
    }

    // Of two settings the one with the higher rank holds. Important ones of earlier layers hold, of others those of
    // later.
    static std::uint64_t rank(bool is_important, std::uint32_t layer, bool is_own, std::uint32_t specificity,
                              std::uint32_t number) {
        const std::uint64_t level = is_important ? css::no_layer - layer : layer;
        return std::uint64_t{is_important} << 63 | level << 51 | std::uint64_t{is_own} << 50 |
               std::uint64_t{specificity} << 24 | (std::uint64_t{number} + 1);
    }

    bool add(const css::Rule& rule, std::vector<Setting>&& settings) {
        if (rules_.size() >= most_rules) return false;
        const bool may_hide = std::any_of(settings.begin(), settings.end(), moderation::may_hide);
        const bool may_paint = std::any_of(settings.begin(), settings.end(),
                                           [&](const Setting& each) { return moderation::may_paint(each, grounds_); });
        bool is_any = false;
        // One selector that is none, and a browser drops the rule; that is looked at where it matters.
        const auto is_broken = [](const Text& written) {
            return written.find(U':') != Text::npos && !css::read_selector(written);
        };
        if (may_hide && std::any_of(rule.selectors.begin(), rule.selectors.end(), is_broken)) return false;
        for (const Text& written : rule.selectors) {
            if (rules_.size() >= most_rules) break;
            const auto number = static_cast<std::uint32_t>(rules_.size());
            const css::Key key = css::key_of(written);
            has_siblings_ |= written.find_first_of(U"+~") != Text::npos;
            all_.add(key, number);
            if (may_hide) suspects_.add(key, number);
            if (may_paint && !may_hide) painted_.add(key, number);
            is_any |= may_hide || may_paint;
            Rule made;
            made.written = written;
            made.settings = static_cast<std::uint32_t>(settings_.size());
            made.layer = rule.layer;
            if (Relations::may_be_in(written)) selector_of(made);
            rules_.push_back(std::move(made));
        }
        settings_.push_back(std::move(settings));
        return is_any;
    }

    // The rules of an index that may hold for an element.
    template <class Unit, class Visit>
    static void for_each(const RuleIndex& index, const Tags& tags, const Entities& entities, const Element<Unit>& of,
                         Visit&& visit) {
        if (index.empty()) return;
        const char32_t* const nothing = nullptr;
        if (index.has_tags()) index.find('*', nothing, nothing, visit);
        for_each_key(tags, entities, of, [&](char sign, auto name, auto end) {
            if (sign != '<' || index.has_tags()) index.find(sign, name, end, visit);
        });
    }

    // Calls `visit` with a sign and a name for the tag, the id and each class of an element.
    template <class Unit, class Visit>
    static void for_each_key(const Tags& tags, const Entities& entities, const Element<Unit>& of, Visit&& visit) {
        constexpr int most_classes = 64;
        const View tag = tags.name(of.tag);
        visit('<', tag.data(), tag.data() + tag.size());
        if (!of.id.empty()) with_resolved(entities, of.id, [&](auto id) { visit('#', id.at, id.end); });
        if (of.classes.empty()) return;
        with_resolved(entities, of.classes, [&](auto classes) {
            auto at = classes.at;
            for (int i = 0; i < most_classes && (at = scan::skip_space(at, classes.end)) < classes.end; ++i) {
                const auto start = at;
                while (at < classes.end && !scan::is_space(*at)) ++at;
                visit('.', start, at);
            }
        });
    }

    // Whether the innermost element is what a selector is for.
    template <class Unit>
    bool matches(Rule& rule, const Tags& tags, const Entities& entities, const Family<Unit>& family) {
        const css::Selector& selector = selector_of(rule);
        const Names256& around = family.open[family.open.size() - 2].names;
        if (!take_step() || selector.compounds.empty() || !around.has(rule.around)) return false;
        if (rule.is_relative && !relations_.is_known()) return false;
        const auto innermost = static_cast<std::uint32_t>(family.open.size() - 1);
        return matches(selector, 0, family.open.back(), innermost, Around<Unit>{tags, entities, family});
    }

    template <class Unit>
    struct Around {
        const Tags& tags;
        const Entities& entities;
        const Family<Unit>& family;
    };

    // From compound `part` on, with `element` whose parent is the open one in front of `depth`.
    template <class Unit>
    bool matches(const css::Selector& selector, std::size_t part, const Element<Unit>& element, std::uint32_t depth,
                 const Around<Unit>& around) {
        if (!matches(selector.compounds[part], element, around)) return false;
        if (part + 1 == selector.compounds.size()) return true;
        const char combinator = selector.combinators[part];
        if (combinator == ' ' || combinator == '>') {
            for (std::uint32_t outer = depth; outer-- > 1;) {
                if (!take_step()) return false;
                if (matches(selector, part + 1, around.family.open[outer], outer, around)) return true;
                if (combinator == '>') return false;
            }
            return part + 2 == selector.compounds.size() && is_page(selector.compounds[part + 1], around);
        }
        for (std::uint32_t before = element.before; before; before = around.family.all[before - 1].before) {
            if (!take_step()) return false;
            if (matches(selector, part + 1, around.family.all[before - 1], depth, around)) return true;
            if (combinator == '+') return false;
        }
        return false;
    }

    static bool is_page(const css::Simple& test) {
        const bool is_named = test.kind == css::Simple::tag && (test.name == U"html" || test.name == U"body");
        return is_named || test.kind == css::Simple::root;
    }

    // Whether a compound is for the page's own elements, which are there without their tags.
    template <class Unit>
    bool is_page(const css::Compound& compound, const Around<Unit>& around) {
        const auto is_named = [](const css::Simple& each) { return is_page(each); };
        if (std::all_of(compound.begin(), compound.end(), is_named)) return true;
        // What they have is that of the tag that is there, or of the page.
        const std::vector<Element<Unit>>& open = around.family.open;
        const bool has_html = open[1].tag == Tags::html;
        if (!has_html) return open[1].tag != Tags::body && is_page(compound, std::uint32_t{0});
        const bool has_body = open.size() > 2 && open[2].tag == Tags::body;
        const bool is_body = std::any_of(compound.begin(), compound.end(), [](const css::Simple& each) {
            return each.kind == css::Simple::tag && each.name == U"body";
        });
        return !has_body && is_body && is_page(compound, open[1].place);
    }

    bool is_page(const css::Compound& compound, std::uint32_t place) {
        return std::all_of(compound.begin(), compound.end(), [&](const css::Simple& each) {
            using S = css::Simple;
            if (!take_step()) return false;
            if (each.kind == S::has) return relations_.has(place, each);
            if (each.kind != S::any_of && each.kind != S::none_of) return is_page(each);
            const auto is_such = [&](const css::Compound& one) { return is_page(one, place); };
            return std::any_of(each.among.begin(), each.among.end(), is_such) == (each.kind == S::any_of);
        });
    }

    template <class Unit>
    bool matches(const css::Compound& compound, const Element<Unit>& element, const Around<Unit>& around) {
        for (const css::Simple& each : compound) {
            if (!take_step() || !matches(each, element, around)) return false;
        }
        return true;
    }

    template <class Unit>
    bool matches(const css::Simple& test, const Element<Unit>& element, const Around<Unit>& around) {
        using S = css::Simple;
        switch (test.kind) {
            case S::tag: return around.tags.name(element.tag) == test.name;
            case S::id: return is_value(element.id, '=', test, test.name, around.entities);
            case S::class_: return is_value(element.classes, '~', test, test.name, around.entities);
            case S::attribute: {
                Slice<Unit> value{nullptr, nullptr};
                if (!find_given(element.verbatim, test.name, value)) return false;
                return !test.sign || is_value(value, test.sign, test, test.value, around.entities);
            }
            case S::none_of: return !is_among(test, element, around);
            case S::any_of: return is_among(test, element, around);
            case S::outside: return is_outside(test, element, around);
            case S::nth_child: {
                const std::int64_t rest = std::int64_t{element.number} - test.offset;
                return test.step ? rest % test.step == 0 && rest / test.step >= 0 : rest == 0;
            }
            case S::has: return relations_.has(element.place, test);
            case S::root: return around.tags.name(element.tag) == U"html";
            case S::link: {
                Slice<Unit> value{nullptr, nullptr};
                return around.tags.name(element.tag) == U"a" && find_given(element.verbatim, U"href", value);
            }
            default: return false;
        }
    }

    // Whether one of a test's compounds holds for an element.
    template <class Unit>
    bool is_among(const css::Simple& test, const Element<Unit>& element, const Around<Unit>& around) {
        return std::any_of(test.among.begin(), test.among.end(),
                           [&](const css::Compound& each) { return matches(each, element, around); });
    }

    // Whether none does for an element and those around it.
    template <class Unit>
    bool is_outside(const css::Simple& test, const Element<Unit>& element, const Around<Unit>& around) {
        if (is_among(test, element, around)) return false;
        for (std::size_t outer = around.family.open.size() - 1; outer-- > 1;) {
            if (!take_step() || is_among(test, around.family.open[outer], around)) return false;
        }
        return true;
    }

    // Compares the value of an attribute as the sign of an attribute selector says.
    template <class Unit>
    bool is_value(Slice<Unit> value, char sign, const css::Simple& test, const Text& wanted, const Entities& entities) {
        if (value.empty() && !(sign == '=' && wanted.empty())) return false;
        steps_ -= std::min(steps_, static_cast<std::uint64_t>(value.end - value.at));
        return with_resolved(entities, value, [&](auto given) {
            const auto size = static_cast<std::size_t>(given.end - given.at);
            const auto is_at = [&](auto at) {
                if (static_cast<std::size_t>(given.end - at) < wanted.size()) return false;
                for (const char32_t c : wanted) {
                    const auto one = static_cast<char32_t>(*at++);
                    if (one != c && !(test.is_folded && scan::lower(one) == scan::lower(c))) return false;
                }
                return true;
            };
            switch (sign) {
                case '=': return size == wanted.size() && is_at(given.at);
                case '^': return !wanted.empty() && is_at(given.at);
                case '$': return !wanted.empty() && size >= wanted.size() && is_at(given.end - wanted.size());
                case '|': return is_at(given.at) && (size == wanted.size() || given.at[wanted.size()] == '-');
                default: break;
            }
            if (wanted.empty()) return false;
            for (auto at = given.at; at < given.end; ++at) {
                if (!is_at(at)) continue;
                if (sign == '*') return true;
                const auto behind = at + wanted.size();
                if ((at == given.at || scan::is_space(at[-1])) && (behind == given.end || scan::is_space(*behind)))
                    return true;
            }
            return false;
        });
    }

    // Whether a tag has an attribute, and its value.
    template <class Unit>
    bool find_given(Slice<Unit> tag, View name, Slice<Unit>& value) {
        steps_ -= std::min(steps_, static_cast<std::uint64_t>(tag.end - tag.at));
        return moderation::find_given(tag, name, value);
    }

    bool take_step() {
        if (!steps_) return false;
        --steps_;
        return true;
    }

    std::uint64_t steps_ = 0;
    std::vector<Rule> rules_;
    std::vector<std::vector<Setting>> settings_;
    RuleIndex suspects_, painted_, all_;
    bool has_siblings_ = false;
    Relations relations_;
    Variables variables_;
    std::vector<Colour> grounds_{white};
    std::vector<Text> layers_;
    std::vector<Setting> unused_;
};

}  // namespace moderation
