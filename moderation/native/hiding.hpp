// How a page keeps an element from a reader's eyes, or marks it as its end: what its attributes and the page's own
// style sheets say.
#pragma once

#include <string>
#include <string_view>

#include "attributes.hpp"
#include "entities.hpp"
#include "markup.hpp"
#include "names.hpp"
#include "styles.hpp"
#include "tags.hpp"

namespace moderation {

// A value as the tokenizer gives it.
template <class Unit>
Text resolved(const Entities& entities, Slice<Unit> value) {
    Text text;
    resolve_attribute(entities, value.at, value.end, text);
    return text;
}

template <class Unit>
bool has_reference(Slice<Unit> value) {
    return !value.empty() && scan::find<Unit>(value.at, value.end, '&') != value.end;
}

// Calls `run` with the code points of a value: those of the source, unless a reference is among them.
template <class Unit, class Run>
auto with_resolved(const Entities& entities, Slice<Unit> value, Run&& run) {
    if (!has_reference(value)) return run(value);
    const Text text = resolved(entities, value);
    return run(Slice<char32_t>{text.data(), text.data() + text.size()});
}

class Hiding {
public:
    // The reasons are numbers of `names`.
    Hiding(Helpers& helpers, Names& names) : helpers_(helpers), names_(names) {}

    // Reads a style sheet of the page.
    template <class Unit>
    void learn(Slice<Unit> sheet) {
        const bool is_plain = is_calm(sheet.at, sheet.end);  // most are throughout
        for_each_rule(sheet.at, sheet.end, [&](Slice<Unit> prelude, Slice<Unit> body) {
            const std::string reason = reason_of(body, is_plain || is_calm(body.at, body.end));
            if (reason.empty()) return;
            const std::uint32_t number = names_.of("sheet-" + reason);
            const Text selectors = sheets::selectors(sheets::prelude(prelude.at, prelude.end), prelude.end);
            for (std::size_t at = 0; at <= selectors.size();) {
                const std::size_t comma = std::min(selectors.find(U',', at), selectors.size());
                const View selector = scan::strip(View(selectors).substr(at, comma - at));
                if (is_simple(selector)) rules_.learn(selector, number);
                at = comma + 1;
            }
        });
    }

    // How an element is hidden by its own attributes or by the rules learned so far, or 0.
    template <class Unit>
    std::uint32_t of(const Facts& facts, const Attributes<Unit>& given) {
        using A = Attribute;
        if (!given[A::style].empty()) {
            const std::string reason = with_resolved(helpers_.entities, given[A::style], [&](auto style) {
                return reason_of(style, is_calm(style.at, style.end));
            });
            if (!reason.empty()) return names_.of(reason);
        }
        if (given.has(A::hidden) && resolved(helpers_.entities, given[A::hidden]) != U"until-found") {
            return names_.of("attribute");
        }
        if (facts.sized != Sized::no) {
            for (const Attribute side : {A::width, A::height}) {
                if (given[side].empty()) continue;
                const auto size = leading_number(resolved(helpers_.entities, given[side]), helpers_.decimal);
                // A marquee one or two pixels high is the classic hiding place of planted links.
                if (size && (facts.sized == Sized::marquee ? *size <= 6 : *size == 0)) return names_.of("zero-size");
            }
        }
        return rules_.empty() ? 0 : of_rules(given);
    }

    // Whether an id or classes say that an element is the end of its page.
    template <class Unit>
    bool is_footer(Slice<Unit> value) const {
        return with_resolved(helpers_.entities, value, [](auto names) { return says_footer(names.at, names.end); });
    }

private:
    // How a style hides, or an empty string.
    template <class Unit>
    std::string reason_of(Slice<Unit> style, bool is_plain) {
        if (is_plain && !may_hide(style.at, style.end)) return {};
        if (narrow(style.at, style.end, style_)) return std::string(hiding(style_));
        Text text;
        for (const Unit* at = style.at; at < style.end; ++at) {
            if (*at == '\r' && style.end - at > 1 && at[1] == '\n') ++at;
            text.push_back(*at == '\r' ? U'\n' : *at ? static_cast<char32_t>(*at) : U'\ufffd');
        }
        return helpers_.hiding_style(text);
    }

    // A class or an id and nothing else.
    bool is_simple(View selector) const {
        if (selector.size() < 2 || (selector[0] != '.' && selector[0] != '#')) return false;
        for (const char32_t c : selector.substr(1)) {
            const bool is_ascii_name = scan::is(c, scan::letter | scan::digit) || c == '_' || c == '-';
            if (!is_ascii_name && (c < 0x80 || !helpers_.is_alphanumeric(c))) return false;
        }
        return true;
    }

    // The reason of the first rule that meets the id or one of the classes, or 0.
    template <class Unit>
    std::uint32_t of_rules(const Attributes<Unit>& given) const {
        const auto of_id = [&](auto own) { return own.empty() ? 0 : rules_.of('#', own.at, own.end); };
        if (const std::uint32_t reason = with_resolved(helpers_.entities, given[Attribute::id], of_id)) return reason;
        return with_resolved(helpers_.entities, given[Attribute::class_], [&](auto classes) -> std::uint32_t {
            auto at = classes.at;
            while ((at = scan::skip_space(at, classes.end)) < classes.end) {
                const auto start = at;
                while (at < classes.end && !scan::is_space(*at)) ++at;
                if (const std::uint32_t reason = rules_.of('.', start, at)) return reason;
            }
            return 0;
        });
    }

    template <class Unit>
    static bool says_footer(const Unit* start, const Unit* end) {
        for (const Unit* at = start; at < end; ++at) {
            switch (*at | 0x20) {
                case 'f':
                    if (scan::starts_with_folded(at, end, "foot")) return true;
                    break;
                case 'c':
                    if (scan::starts_with_folded(at, end, "copyright")) return true;
                    break;
                case 'b':
                    if (scan::starts_with_folded(at, end, "bottom") &&
                        (at == start || scan::is_space(at[-1]) || at[-1] == '_' || at[-1] == '-')) {
                        return true;
                    }
                    break;
                default: break;
            }
        }
        return false;
    }

    Helpers& helpers_;
    Names& names_;
    HiddenRules rules_;
    std::string style_;  // kept for its memory
};

}  // namespace moderation
