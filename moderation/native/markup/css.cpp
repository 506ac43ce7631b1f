#include "markup/css.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "markup/names.hpp"

namespace moderation::css {

namespace {

// Rules inside of rules, and brackets of a selector inside of brackets; deeper ones are passed over.
constexpr int deepest = 8;
// What a selector asks for in a scope with a lower limit: no page writes it.
constexpr std::string_view outside_limit = "-outside-limit";
constexpr std::size_t most_selectors = 256, longest_selector = 1000, most_compounds = 8;
// Selectors of a sheet, and the characters of those that are put together for rules inside of rules: a rule of a few
// characters has as many selectors as all those around it make.
constexpr std::size_t most_in_sheet = 20'000, most_put_together = 1 << 20;

bool is_space(char32_t c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
bool is_name(char32_t c) {
    return scan::is(c, scan::letter | scan::digit) || c == '-' || c == '_' || c >= 0x80;
}

View stripped(View text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string narrow(View text) {
    std::string out;
    for (const char32_t c : text) append_utf8(scan::lower(c), out);
    return out;
}

// Behind the string whose quote stands at `at`; a line break ends a bad one.
std::size_t behind_string(View text, std::size_t at) {
    const char32_t quote = text[at++];
    for (; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == quote) {
            return at + 1;
        } else if (text[at] == '\n') {
            return at;
        }
    }
    return text.size();
}

// The signs that sheets are taken apart by.
constexpr bool is_sign(char32_t c) {
    switch (c) {
        case '"':
        case '\'':
        case '\\':
        case '(':
        case ')':
        case '[':
        case ']':
        case '{':
        case '}':
        case ';':
        case ',': return true;
        default: return false;
    }
}

struct Signs {
    bool of[128] = {};
    constexpr Signs() {
        for (int c = 0; c < 128; ++c) of[c] = is_sign(static_cast<char32_t>(c));
    }
};
constexpr Signs signs_of_css;

// The first of `signs` from `at` on that stands outside of strings and brackets, or the end.
std::size_t find_outside(View text, std::size_t at, View signs) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char32_t c = text[at];
        if (c >= 128 || !signs_of_css.of[c]) {
            ++at;
            continue;
        }
        if (c == '"' || c == '\'') {
            at = behind_string(text, at);
            continue;
        }
        if (c == '\\') {
            at += 2;
            continue;
        }
        if (!depth && signs.find(c) != View::npos) return at;
        if (c == '(' || c == '[') ++depth;
        if ((c == ')' || c == ']') && depth) --depth;
        // A brace that is not looked for ends what was left open.
        if (c == '}') return at;
        ++at;
    }
    return text.size();
}

// Behind the block whose brace stands at `at`.
std::size_t behind_block(View text, std::size_t at) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char32_t c = text[at];
        if (c == '"' || c == '\'') {
            at = behind_string(text, at);
            continue;
        }
        at += c == '\\' ? 2 : 1;
        if (c == '{') ++depth;
        if (c == '}' && --depth == 0) return at;
    }
    return text.size();
}

// The escape that begins with the backslash at `at`, which is moved behind it.
char32_t read_escape(View text, std::size_t& at) {
    ++at;
    if (at == text.size()) return 0xfffd;
    if (!scan::is(text[at], scan::hexadecimal)) return text[at++];
    std::uint32_t number = 0;
    for (int digits = 0; digits < 6 && at < text.size() && scan::is(text[at], scan::hexadecimal); ++digits, ++at) {
        number = number * 16 + (scan::is(text[at], scan::digit) ? text[at] - '0' : scan::lower(text[at]) - 'a' + 10);
    }
    if (at < text.size() && is_space(text[at])) ++at;
    return !number || number > 0x10ffff || (number >= 0xd800 && number < 0xe000) ? 0xfffd : number;
}

// The identifier at `at`, which is moved behind it; empty if there is none.
Text read_name(View text, std::size_t& at) {
    Text name;
    while (at < text.size()) {
        if (text[at] == '\\') {
            name.push_back(read_escape(text, at));
        } else if (is_name(text[at])) {
            name.push_back(text[at++]);
        } else {
            break;
        }
    }
    return name;
}

Text unescaped(View text) {
    Text out;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\\') {
            out.push_back(read_escape(text, at));
        } else {
            out.push_back(text[at++]);
        }
    }
    return out;
}

Text lowered(Text text) {
    for (char32_t& c : text) c = scan::lower(c);
    return text;
}

// ---------------------------------------------------------------------------------------------- selectors

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
        View inside;
        const bool has_brackets = !at_end() && text_[at_] == '(';
        if (has_brackets) {
            const std::size_t end = find_outside(text_, at_ + 1, U")");
            if (end == text_.size()) return false;
            inside = stripped(text_.substr(at_ + 1, end - at_ - 1));
            at_ = end + 1;
        }
        if (has_brackets) {
            if (depth_ == deepest) return false;
            if (name == "nth-child") return ++classes_, read_nth(inside, out);
            if (name == "has") return !is_inside_ && read_relations(inside, out);
            if (name == outside_limit) return read_list(inside, true, true, out) && limit(out.back());
            const bool is_not = name == "not";
            if (!is_not && name != "is" && name != "where" && name != "matches" && name != "-webkit-any") return false;
            return read_list(inside, is_not, name == "where", out);
        }
        ++classes_;
        Simple test = simple(Simple::never, {});
        const auto among = [&](std::string_view words) {
            return (' ' + std::string(words) + ' ').find(' ' + name + ' ') != std::string::npos;
        };
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
        } else if (!among(
                       "hover focus active visited target focus-within focus-visible fullscreen modal popover-open")) {
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

// ---------------------------------------------------------------------------------------------- conditions

// The length of a media feature in pixels.
std::optional<double> media_length(std::string_view text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc()) return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(read.ptr - text.data()));
    if (unit == "px" || (unit.empty() && value == 0)) return value;
    if (unit == "em" || unit == "rem") return 16 * value;
    return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
    while (!text.empty() && is_space(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return text;
}

constexpr double screen_width = 1280, screen_height = 800;

// A feature in brackets: "min-width: 600px", "width >= 600px", "hover".
bool holds_feature(std::string_view text) {
    const auto side = [](std::string_view name) -> std::optional<double> {
        if (name == "width" || name == "device-width") return screen_width;
        if (name == "height" || name == "device-height") return screen_height;
        return std::nullopt;
    };
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        const std::string_view name = trimmed(text.substr(0, colon)), value = trimmed(text.substr(colon + 1));
        const bool is_least = name.substr(0, 4) == "min-", is_most = name.substr(0, 4) == "max-";
        if (const auto has = side(is_least || is_most ? name.substr(4) : name)) {
            const auto wanted = media_length(value);
            return wanted && (is_least ? *has >= *wanted : is_most ? *has <= *wanted : *has == *wanted);
        }
        if (name == "orientation") return value == "landscape";
        if (name == "hover" || name == "any-hover") return value == "hover";
        if (name == "pointer" || name == "any-pointer") return value == "fine";
        if (name == "prefers-color-scheme") return value == "light";
        if (name.substr(0, 8) == "prefers-") return value == "no-preference";
        return name == "scripting" ? value == "enabled" : name == "update" && value == "fast";
    }
    const std::size_t sign = text.find_first_of("<>=");
    if (sign == std::string_view::npos) {
        const std::string_view name = trimmed(text);
        return side(name) || name == "color" || name == "hover" || name == "pointer";
    }
    const std::size_t behind = text.find_first_not_of("<>=", sign);
    if (behind == std::string_view::npos) return false;
    const std::string_view first = trimmed(text.substr(0, sign)), rest = text.substr(behind);
    const bool is_less = text[sign] == '<', is_more = text[sign] == '>', is_equal = text[behind - 1] == '=';
    const auto compare = [&](double one, double two) {
        return (is_less && one < two) || (is_more && one > two) || (is_equal && one == two);
    };
    if (const auto has = side(first)) {
        const auto wanted = media_length(trimmed(rest));
        return wanted && compare(*has, *wanted);
    }
    // "400px <= width <= 900px"
    const std::size_t second = rest.find_first_of("<>=");
    const auto has = side(trimmed(rest.substr(0, second)));
    const auto wanted = media_length(first);
    if (!has || !wanted || !compare(*wanted, *has)) return false;
    return second == std::string_view::npos ||
           holds_feature(std::string(trimmed(rest.substr(0, second))) + std::string(rest.substr(second)));
}

// A condition of brackets with "and", "or" and "not"; `holds_part` says what holds of what stands in brackets.
template <class Part>
bool holds_condition(std::string_view text, const Part& holds_part, int depth = 0) {
    text = trimmed(text);
    if (text.empty() || depth > deepest) return false;
    if (text.substr(0, 3) == "not" && text.size() > 3 &&
        (is_space(static_cast<unsigned char>(text[3])) || text[3] == '(')) {
        return !holds_condition(text.substr(3), holds_part, depth + 1);
    }
    bool result = false, is_first = true, is_or = false;
    while (!text.empty()) {
        std::size_t end = 0, open = 0;
        while (end < text.size()) {
            const char c = text[end++];
            if (c == '(') ++open;
            if (c == ')' && open && --open == 0) break;
            if (!open && is_space(static_cast<unsigned char>(c))) break;
        }
        const std::string_view part = trimmed(text.substr(0, end));
        text = trimmed(text.substr(end));
        if (part == "and" || part == "or") {
            is_or = part == "or";
            continue;
        }
        bool holds = false;
        if (part.size() > 1 && part.front() == '(' && part.back() == ')') {
            const std::string_view inside = trimmed(part.substr(1, part.size() - 2));
            const bool is_nested = !inside.empty() && (inside.front() == '(' || inside.substr(0, 4) == "not ");
            holds = is_nested ? holds_condition(inside, holds_part, depth + 1) : holds_part(inside, true);
        } else {
            holds = holds_part(part, false);
        }
        result = is_first ? holds : is_or ? result || holds : result && holds;
        is_first = false;
    }
    return result;
}

bool holds_query(std::string_view query) {
    query = trimmed(query);
    if (query.substr(0, 5) == "only ") query = trimmed(query.substr(5));
    if (query.substr(0, 4) == "not " && query.find('(') != 4) {
        const std::string_view rest = trimmed(query.substr(4));
        if (!rest.empty() && rest.front() != '(') return !holds_query(rest);
    }
    return holds_condition(query, [](std::string_view part, bool is_feature) {
        return is_feature ? holds_feature(part) : part == "screen" || part == "all";
    });
}

// What is supported is not known here: browsers of today support what sheets ask for, but for what nobody does.
bool holds_supports(View prelude) {
    return holds_condition(narrow(prelude), [](std::string_view part, bool) {
        const std::size_t colon = part.find(':');
        return part.substr(0, 9) == "selector(" || (colon != std::string_view::npos && colon > 0);
    });
}

// How wide a container is, is not known here: it is taken to be as wide as the screen, as what holds the text of a page
// is nearly. Of what else is asked of it nothing is taken to hold.
bool holds_container(View prelude) {
    std::string query = narrow(prelude);
    for (const std::string_view word : {"height", "block-size", "aspect-ratio", "orientation", "style(", "state("}) {
        if (query.find(word) != std::string::npos) return false;
    }
    constexpr std::string_view logical = "inline-size", physical = "width";
    for (std::size_t at = 0; (at = query.find(logical, at)) != std::string::npos;) {
        query.replace(at, logical.size(), physical);
    }
    // A name in front says which container.
    const std::size_t open = query.find('(');
    const std::string_view first = trimmed(std::string_view(query).substr(0, open));
    if (open != std::string::npos && first != "not") query.erase(0, open);
    return holds_condition(query,
                           [](std::string_view part, bool is_feature) { return is_feature && holds_feature(part); });
}

// ---------------------------------------------------------------------------------------------- sheets

// A rule around others, whose selectors are taken apart where they are needed.
struct Scope {
    View prelude;
    const Scope* outer = nullptr;
    View limit;  // what stands in these is out of it
    mutable std::optional<std::vector<Text>> known;

    // `room`: characters that may still be put together.
    const std::vector<Text>& selectors(std::size_t& room) const {
        if (known) return *known;
        known.emplace();
        const std::vector<Text>* const parents = outer ? &outer->selectors(room) : nullptr;
        for (std::size_t at = 0; at < prelude.size() && known->size() < most_selectors;) {
            const std::size_t comma = find_outside(prelude, at, U",");
            const View one = stripped(prelude.substr(at, comma - at));
            at = comma + 1;
            if (one.size() > longest_selector) continue;
            if (!parents) {
                known->emplace_back(one);
                continue;
            }
            for (const Text& parent : *parents) {
                Text full = one.find(U'&') == View::npos ? parent + U' ' : Text();
                for (const char32_t c : one) c == '&' ? full += parent : full += c;
                if (!outer->limit.empty()) {
                    full += U':' + Text(outside_limit.begin(), outside_limit.end()) + U'(';
                    full.append(outer->limit).push_back(U')');
                }
                if (full.size() > room) return *known;
                room -= full.size();
                if (full.size() <= longest_selector && known->size() < most_selectors)
                    known->push_back(std::move(full));
            }
        }
        return *known;
    }
};

class SheetReader {
public:
    SheetReader(View sheet, Wanted wanted, std::vector<Text>& layers)
        : text_(sheet), wanted_(wanted), layers_(layers) {}

    std::vector<Rule> read() {
        while (at_ < text_.size()) {
            read_rules(nullptr, no_layer, 0);
            // A brace too many begins the selector of the next rule, which is none then.
            while (at_ < text_.size() && text_[at_] == '}') at_ = find_outside(text_, at_ + 1, U"{");
            if (at_ < text_.size()) at_ = behind_block(text_, at_);
        }
        return std::move(rules_);
    }

private:
    // Rules up to the end of the block, or of the sheet. In a rule's block declarations stand among them.
    void read_rules(const Scope* around, std::uint32_t layer, int depth) {
        std::vector<Declaration> declarations;
        const std::size_t place = rules_.size();
        while (true) {
            skip_blanks();
            if (at_ >= text_.size() || text_[at_] == '}') break;
            if (text_[at_] == '@') {
                read_at_rule(around, layer, depth);
                continue;
            }
            const std::size_t start = at_;
            at_ = find_outside(text_, at_, around ? View(U"{;}") : View(U"{}"));
            const View prelude = text_.substr(start, at_ - start);
            if (at_ < text_.size() && text_[at_] == '{') {
                read_rule(stripped(prelude), around, layer, depth);
            } else if (around) {
                read_declarations(prelude, wanted_, declarations);
            } else {
                break;
            }
        }
        if (declarations.empty()) return;
        Rule rule{{}, std::move(declarations), layer};
        if (selectors_ < most_in_sheet) rule.selectors = around->selectors(room_);
        selectors_ += rule.selectors.size();
        rules_.insert(rules_.begin() + static_cast<std::ptrdiff_t>(place), std::move(rule));
    }

    void skip_blanks() {
        while (at_ < text_.size()) {
            if (is_space(text_[at_]) || text_[at_] == ';') {
                ++at_;
            } else if (text_.substr(at_, 4) == U"<!--") {
                at_ += 4;
            } else if (text_.substr(at_, 3) == U"-->") {
                at_ += 3;
            } else {
                return;
            }
        }
    }

    // With `at_` at the brace.
    void read_rule(View prelude, const Scope* around, std::uint32_t layer, int depth) {
        if (depth == deepest) {
            at_ = behind_block(text_, at_);
            return;
        }
        ++at_;
        const Scope scope{prelude, around, {}, std::nullopt};
        read_rules(&scope, layer, depth + 1);
        if (at_ < text_.size()) ++at_;
    }

    void read_at_rule(const Scope* around, std::uint32_t layer, int depth) {
        ++at_;
        const std::string name = narrow(read_name(text_, at_));
        const std::size_t start = at_;
        at_ = find_outside(text_, at_, U"{;}");
        const View prelude = stripped(text_.substr(start, at_ - start));
        if (at_ == text_.size() || text_[at_] != '{') {
            if (name == "layer") {
                for (std::size_t at = 0; at < prelude.size();) {
                    const std::size_t comma = std::min(prelude.find(U',', at), prelude.size());
                    layer_of(stripped(prelude.substr(at, comma - at)));
                    at = comma + 1;
                }
            }
            return;
        }
        // Elements in those that a selector is for, as in a rule around others, and outside of a lower limit.
        View inner, limit;
        if (name == "scope" && depth < deepest && read_scope(prelude, inner, limit)) {
            ++at_;
            const Scope scope{inner, around, limit, std::nullopt};
            read_rules(&scope, layer, depth + 1);
            if (at_ < text_.size()) ++at_;
            return;
        }
        const bool is_layer = name == "layer";
        const bool is_read = is_layer || (name == "media" && holds(prelude)) ||
                             (name == "supports" && holds_supports(prelude)) ||
                             (name == "container" && has_containers() && holds_container(prelude));
        if (!is_read || depth == deepest) {
            at_ = behind_block(text_, at_);
            return;
        }
        ++at_;
        read_rules(around, is_layer ? layer_of(prelude) : layer, depth + 1);
        if (at_ < text_.size()) ++at_;
    }

    // "(.a)" or "(.a) to (.b)".
    static bool read_scope(View prelude, View& inner, View& limit) {
        if (prelude.size() < 3 || prelude.front() != '(') return false;
        const std::size_t end = find_outside(prelude, 1, U")");
        if (end >= prelude.size()) return false;
        inner = stripped(prelude.substr(1, end - 1));
        View rest = stripped(prelude.substr(end + 1));
        if (inner.empty() || rest.empty()) return !inner.empty();
        if (rest.substr(0, 2) != U"to") return false;
        rest = stripped(rest.substr(2));
        if (rest.size() < 3 || rest.front() != '(' || find_outside(rest, 1, U")") + 1 != rest.size()) return false;
        limit = stripped(rest.substr(1, rest.size() - 2));
        return !limit.empty();
    }

    // Whether the sheet makes containers, whose sizes others may ask for.
    bool has_containers() {
        if (!has_containers_) {
            has_containers_ = text_.find(U"container-type") != View::npos || text_.find(U"container:") != View::npos;
        }
        return *has_containers_;
    }

    std::uint32_t layer_of(View name) {
        const auto found = name.empty() ? layers_.end() : std::find(layers_.begin(), layers_.end(), name);
        const auto number = static_cast<std::uint32_t>(found - layers_.begin());
        constexpr std::uint32_t most = 64;
        if (found == layers_.end() && layers_.size() < most) layers_.emplace_back(name);
        return std::min(number, most);
    }

    View text_;
    const Wanted wanted_;
    std::vector<Text>& layers_;
    std::size_t at_ = 0;
    std::size_t selectors_ = 0, room_ = most_put_together;
    std::optional<bool> has_containers_;
    std::vector<Rule> rules_;
};

}  // namespace

Text without_comments(View text) {
    Text out;
    out.reserve(text.size());
    std::size_t from = 0;  // what stands there and behind is not copied yet
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = text[at];
        if (c == '/' && at + 1 < text.size() && text[at + 1] == '*') {
            out.append(text.substr(from, at - from));
            const std::size_t end = text.find(U"*/", at + 2);
            from = at = end == View::npos ? text.size() : end + 2;
        } else if (c == '"' || c == '\'') {
            at = behind_string(text, at);
        } else {
            at += c == '\\' ? 2 : 1;
        }
    }
    return out.append(text.substr(from));
}

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

void read_declarations(View style, Wanted wanted, std::vector<Declaration>& out) {
    for (std::size_t at = 0; at < style.size();) {
        const std::size_t end = find_outside(style, at, U";{}");
        if (end < style.size() && style[end] == '{') {  // what stands in braces is dropped with its name
            at = behind_block(style, end);
            continue;
        }
        const View one = stripped(style.substr(at, end - at));
        at = end + 1;
        // Most are not wanted, and have plain names.
        char plain[32];
        std::size_t behind = 0;
        while (behind < one.size() && behind < sizeof plain && one[behind] < 0x80 && is_name(one[behind])) {
            plain[behind] = static_cast<char>(scan::lower(one[behind]));
            ++behind;
        }
        const bool is_plain = behind < one.size() && behind < sizeof plain && one[behind] != '\\' && one[behind] < 0x80;
        if (is_plain && !wanted({plain, behind})) continue;
        behind = 0;
        const std::string name = narrow(read_name(one, behind));
        const View rest = stripped(one.substr(behind));
        if (name.empty() || rest.empty() || rest[0] != ':' || !wanted(name)) continue;
        Declaration made{name, {}, false};
        const View written = stripped(rest.substr(1));
        made.value = written.find(U'\\') == View::npos ? narrow(written) : narrow(unescaped(written));
        const std::size_t mark = made.value.rfind('!');
        if (mark != std::string::npos) {
            if (trimmed(std::string_view(made.value).substr(mark + 1)) != "important") continue;
            made.is_important = true;
            made.value = std::string(trimmed(std::string_view(made.value).substr(0, mark)));
        }
        if (!made.value.empty()) out.push_back(std::move(made));
    }
}

std::vector<Rule> read_sheet(View sheet, Wanted wanted, std::vector<Text>& layers) {
    if (sheet.find(U"/*") == View::npos) return SheetReader(sheet, wanted, layers).read();
    const Text text = without_comments(sheet);
    return SheetReader(text, wanted, layers).read();
}

bool holds(View media) {
    const std::string list = narrow(media);
    if (trimmed(list).empty()) return true;
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t comma = std::min(list.find(',', at), list.size());
        if (holds_query(std::string_view(list).substr(at, comma - at))) return true;
        at = comma + 1;
    }
    return false;
}

}  // namespace moderation::css
