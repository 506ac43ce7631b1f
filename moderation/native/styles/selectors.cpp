#include "styles/selectors.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "styles/css_text.hpp"

namespace moderation::css {

namespace {

constexpr std::size_t most_compounds = 8;

class SelectorReader {
public:
    // `depth`: of the brackets that it stands in. `is_relative`: it is what `:has(…)` asks for; `is_inside`: it stands
    // in that, where there is no other `:has`.
    explicit SelectorReader(View text, int depth = 0, bool is_relative = false, bool is_inside = false)
        : text_(text), depth_(depth), is_relative_(is_relative), is_inside_(is_relative || is_inside) {}

    // A whole selector.
    std::optional<Selector> read() {
        Selector selector;
        char leading = ' ';
        if (is_relative_ && !at_end() && is_combinator(text_[at_])) leading = read_combinator();
        while (true) {
            Compound compound;
            if (!read_compound(compound)) return std::nullopt;
            selector.compounds.insert(selector.compounds.begin(), std::move(compound));
            const char combinator = read_combinator();
            if (at_ == text_.size()) {
                if (combinator != ' ' && combinator) return std::nullopt;
                break;
            }
            if (!combinator || selector.compounds.size() == most_compounds) return std::nullopt;
            selector.combinators.insert(selector.combinators.begin(), combinator);
        }
        const auto clamped = [](std::uint32_t count) { return std::min(count, std::uint32_t{255}); };
        selector.specificity = clamped(ids_) << 16 | clamped(classes_) << 8 | clamped(tags_);
        if (is_relative_) selector.combinators.push_back(leading);
        return selector;
    }

private:
    bool at_end() const { return at_ == text_.size(); }
    static bool is_combinator(char32_t c) { return c == '>' || c == '+' || c == '~'; }

    char read_combinator() {
        const std::size_t start = at_;
        while (!at_end() && is_space(text_[at_])) ++at_;
        if (at_end()) return start < at_ ? ' ' : 0;
        const char32_t c = text_[at_];
        if (!is_combinator(c)) return start < at_ ? ' ' : 0;
        ++at_;
        while (!at_end() && is_space(text_[at_])) ++at_;
        return static_cast<char>(c);
    }

    bool read_compound(Compound& out) {
        const std::size_t start = at_;
        if (!at_end() && text_[at_] == '*') {
            ++at_;
        } else if (!at_end() && (is_name(text_[at_]) || text_[at_] == '\\')) {
            if (scan::is(text_[at_], scan::digit)) return false;
            out.push_back(simple(Simple::tag, lowered(read_name(text_, at_))));
            ++tags_;
        }
        while (!at_end()) {
            const char32_t c = text_[at_];
            if (c == '#' || c == '.') {
                ++at_;
                const Text name = read_name(text_, at_);
                if (name.empty() || (c == '.' && scan::is(text_[at_ - name.size()], scan::digit) &&
                                     text_[at_ - name.size() - 1] == '.')) {
                    return false;
                }
                out.push_back(simple(c == '#' ? Simple::id : Simple::class_, name));
                ++(c == '#' ? ids_ : classes_);
            } else if (c == '[') {
                if (!read_attribute(out)) return false;
            } else if (c == ':') {
                if (!read_pseudo(out)) return false;
            } else {
                break;
            }
        }
        return at_ > start;
    }

    static Simple simple(Simple::Kind kind, Text name) {
        Simple made;
        made.kind = kind;
        made.name = std::move(name);
        return made;
    }

    bool read_attribute(Compound& out) {
        const std::size_t end = find_outside(text_, at_ + 1, U"]");
        if (end == text_.size()) return false;
        View inside = stripped(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        std::size_t at = 0;
        Simple test = simple(Simple::attribute, lowered(read_name(inside, at)));
        if (test.name.empty()) return false;
        ++classes_;
        inside = stripped(inside.substr(at));
        if (!inside.empty()) {
            test.sign = static_cast<char>(inside[0]);
            if (test.sign != '=') {
                if (View(U"~|^$*").find(inside[0]) == View::npos) return false;
                inside.remove_prefix(1);
            }
            if (inside.empty() || inside[0] != '=') return false;
            inside = stripped(inside.substr(1));
            if (inside.empty()) return false;
            View flag;
            if (inside[0] == '"' || inside[0] == '\'') {
                const std::size_t behind = behind_string(inside, 0);
                if (behind < 2) return false;
                test.value = unescaped(inside.substr(1, behind - 2));
                flag = stripped(inside.substr(behind));
            } else {
                std::size_t value = 0;
                test.value = read_name(inside, value);
                if (!value) return false;
                flag = stripped(inside.substr(value));
            }
            if (flag == U"i" || flag == U"I") {
                test.is_folded = true;
            } else if (!flag.empty() && flag != U"s" && flag != U"S") {
                return false;
            }
        }
        out.push_back(std::move(test));
        return true;
    }

    bool read_pseudo(Compound& out) {
        ++at_;
        if (!at_end() && text_[at_] == ':') return false;
        const std::string name = narrow(read_name(text_, at_));
        if (at_end() || text_[at_] != '(') return ++classes_, read_state(name, out);
        const std::size_t end = find_outside(text_, at_ + 1, U")");
        if (end == text_.size()) return false;
        const View inside = stripped(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return depth_ < deepest && read_function(name, inside, out);
    }

    // A pseudo-class with brackets.
    bool read_function(std::string_view name, View inside, Compound& out) {
        if (name == "nth-child") return ++classes_, read_nth(inside, out);
        if (name == "has") return !is_inside_ && read_relations(inside, out);
        if (name == outside_limit) return read_list(inside, true, true, out) && limit(out.back());
        const bool is_not = name == "not";
        if (!is_not && name != "is" && name != "where" && name != "matches" && name != "-webkit-any") return false;
        return read_list(inside, is_not, name == "where", out);
    }

    // A pseudo-class without brackets.
    static bool read_state(std::string_view name, Compound& out) {
        // What only a reader's hand makes of an element.
        constexpr std::string_view never[] = {"hover",        "focus",         "active",     "visited", "target",
                                              "focus-within", "focus-visible", "fullscreen", "modal",   "popover-open"};
        Simple test = simple(Simple::never, {});
        if (name == "root") {
            test.kind = Simple::root;
        } else if (name == "first-child") {
            test.kind = Simple::nth_child;
            test.offset = 1;
        } else if (name == "link" || name == "any-link") {
            test.kind = Simple::link;
        } else if (name == "checked" || name == "disabled" || name == "required") {
            test.kind = Simple::attribute;
            test.name.assign(name.begin(), name.end());
        } else if (std::find(std::begin(never), std::end(never), name) == std::end(never)) {
            return false;
        }
        out.push_back(std::move(test));
        return true;
    }

    static bool limit(Simple& test) {
        if (test.kind == Simple::none_of) test.kind = Simple::outside;
        return true;
    }

    // What `:has(…)` asks for: one of these.
    bool read_relations(View inside, Compound& out) {
        Simple any = simple(Simple::any_of, {});
        std::uint32_t most = 0;
        for (std::size_t at = 0; at <= inside.size();) {
            const std::size_t comma = find_outside(inside, at, U",");
            const View one = stripped(inside.substr(at, comma - at));
            auto selector = SelectorReader(one, depth_ + 1, true).read();
            if (!selector || any.among.size() == most_selectors) return false;
            most = std::max(most, selector->specificity);
            Simple test = simple(Simple::has, Text(one));
            test.relative.push_back(std::move(*selector));
            any.among.push_back({std::move(test)});
            at = comma + 1;
        }
        add_specificity(most);
        if (any.among.size() == 1) {
            Simple only = std::move(any.among[0][0]);
            out.push_back(std::move(only));
        } else {
            out.push_back(std::move(any));
        }
        return true;
    }

    void add_specificity(std::uint32_t of) { ids_ += of >> 16, classes_ += of >> 8 & 255, tags_ += of & 255; }

    // The selectors of `:not(…)` and `:is(…)`: compounds alone.
    bool read_list(View inside, bool is_not, bool is_where, Compound& out) {
        Simple test = simple(is_not ? Simple::none_of : Simple::any_of, {});
        std::uint32_t most = 0;
        for (std::size_t at = 0; at <= inside.size() && test.among.size() < most_selectors;) {
            const std::size_t comma = find_outside(inside, at, U",");
            const auto selector =
                SelectorReader(stripped(inside.substr(at, comma - at)), depth_ + 1, false, is_inside_).read();
            if (selector && selector->compounds.size() == 1) {
                most = std::max(most, selector->specificity);
                test.among.push_back(selector->compounds[0]);
            } else if (is_not) {
                return false;
            }
            at = comma + 1;
        }
        if (!is_where) add_specificity(most);
        out.push_back(std::move(test));
        return true;
    }

    // "odd", "even", "3", "2n+1", "-n + 3".
    static bool read_nth(View inside, Compound& out) {
        std::string written;
        for (const char c : narrow(inside)) {
            if (!is_space(static_cast<unsigned char>(c)) && c != '+') written.push_back(c);
        }
        Simple test = simple(Simple::nth_child, {});
        if (written == "odd" || written == "even") {
            test.step = 2;
            test.offset = written == "odd";
        } else {
            const std::size_t n = written.find('n');
            const auto number = [](std::string_view text, std::int32_t& value) {
                if (text.size() > 6) return false;
                const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
                return read.ec == std::errc() && read.ptr == text.data() + text.size();
            };
            const std::string_view all = written;
            if (n == std::string::npos) {
                if (!number(all, test.offset)) return false;
            } else {
                const std::string_view step = all.substr(0, n), offset = all.substr(n + 1);
                if (step.empty() || step == "-") {
                    test.step = step.empty() ? 1 : -1;
                } else if (!number(step, test.step)) {
                    return false;
                }
                if (!offset.empty() && !number(offset, test.offset)) return false;
            }
        }
        out.push_back(std::move(test));
        return true;
    }

    View text_;
    const int depth_;
    const bool is_relative_, is_inside_;
    std::size_t at_ = 0;
    std::uint32_t ids_ = 0, classes_ = 0, tags_ = 0;
};

}  // namespace

Key key_of(const Compound& compound) {
    Key found{'*', {}};
    for (const Simple& each : compound) {
        if (each.kind == Simple::id) return {'#', each.name};
        if (each.kind == Simple::class_ && found.sign != '.') found = {'.', each.name};
        if (each.kind == Simple::tag && found.sign == '*') found = {'<', each.name};
    }
    return found;
}

Key key_of(View text) {
    text = stripped(text);
    // Plain names are looked at as they stand; all else is taken apart.
    std::size_t start = text.size();
    while (start && (is_name(text[start - 1]) || text[start - 1] == '.' || text[start - 1] == '#')) --start;
    const bool is_plain = start < text.size() && text.find_first_of(U"\\[(:") == View::npos;
    if (is_plain) {
        const View last = text.substr(start);
        std::size_t sign = last.find(U'#');
        if (sign == View::npos) sign = last.find(U'.');
        if (sign == View::npos) return {'<', lowered(Text(last))};
        const std::size_t end = std::min(last.find_first_of(U".#", sign + 1), last.size());
        return {static_cast<char>(last[sign]), Text(last.substr(sign + 1, end - sign - 1))};
    }
    const auto selector = read_selector(text);
    return selector ? key_of(selector->compounds[0]) : Key{'*', {}};
}

std::optional<Selector> read_selector(View text) {
    return SelectorReader(text).read();
}

}  // namespace moderation::css
