// What the names of a script stand for: variables, members that are given values, parameters of functions.
#include <algorithm>
#include <utility>

#include "scripts/constants.hpp"
#include "text/keyed.hpp"

namespace moderation::javascript {

using Kind_ = Value::Kind;
using Makes = Value::Function;

std::uint64_t Constants::hash_of(View name) {
    return keyed_hash(name.data(), name.data() + name.size());
}

std::uint64_t Constants::hash_of_member(View name) {
    return keyed_hash(name.data(), name.data() + name.size(), U'.');
}

std::uint64_t Constants::hash_of(View name, View member) {
    return hash_of(name) * 0x9e3779b97f4a7c15ull ^ hash_of(member);
}

bool Constants::is_function(std::size_t at) {
    for (const std::string_view word : {"decodeURIComponent", "decodeURI", "unescape", "atob", "String"}) {
        if (is_name(at, word)) return true;
    }
    return false;
}

Value Constants::named(std::size_t at) {
    const View written = name(token(at));
    const auto is = [&](std::initializer_list<View> names) {
        return std::find(names.begin(), names.end(), written) != names.end();
    };
    if (written.size() > 2) {
        if (is({U"document"})) return Value::of(Kind_::document);
        if (is({U"window", U"self", U"top", U"parent", U"this", U"globalThis", U"frames"})) {
            return Value::of(Kind_::window);
        }
        if (is({U"location"})) return Value::of(Kind_::location);
        if (is({U"Uint8Array", U"Array"})) return Value::of(Makes::from);
        if (const Makes function = function_named(written); function != Makes::none) return Value::of(function);
    }
    return variable(written, position_ ? position_ : none);
}

void Constants::assign(std::size_t at) {
    push(hash_of(name(token(at))), {static_cast<std::uint32_t>(at + 2), none, token(at + 1).is(sign('+', '='))});
}

void Constants::push(std::uint64_t name, Assignment given) {
    if (!page_.take(1)) return;
    auto& [numbers, firsts] = by_name_[name];
    if (!numbers.empty()) given.previous = numbers.back();
    numbers.push_back(static_cast<std::uint32_t>(assignments_.size()));
    for (std::size_t at = firsts.size(); at && firsts[at - 1] > given.value && take_step(); --at) {
        firsts[at - 1] = given.value;
    }
    firsts.push_back(given.value);
    assignments_.push_back(given);
}

void Constants::assign_member(std::size_t at, View member, std::size_t value) {
    if (!at || token(at - 1).kind != javascript::Kind::name) return;
    const bool is_added = token(value - 1).is(sign('+', '='));
    const View of = name(token(at - 1));
    // What a window is given is a name of its own.
    const bool is_global = of == U"window" || of == U"self" || of == U"top" || of == U"globalThis";
    const std::uint64_t key = is_global ? hash_of(member) : hash_of(of, member);
    push(key, {static_cast<std::uint32_t>(value), none, is_added});
}

// The hash of a name with its member, as "a.b" at token `at` of the sign, if it was given a value; otherwise 0.
std::uint64_t Constants::member_key(std::size_t at, View member) {
    if (token(at - 1).kind != javascript::Kind::name) return 0;
    const std::uint64_t key = hash_of(name(token(at - 1)), member);
    return assignment(key, position_ ? position_ : none) == none ? 0 : key;
}

// ---------------------------------------------------------------------------------------------- parameters

// What the function whose first token is `at` is called by, as in "name = function", or 0.
std::uint64_t Constants::called_by(std::size_t at) {
    if (at && is_name(at - 1, "async")) --at;
    if (at < 2 || token(at - 2).kind != javascript::Kind::name) return 0;
    const bool is_member = token(at - 1).is(sign(':')) || (at > 2 && token(at - 3).is(sign('.')));
    if (!is_member && !token(at - 1).is(sign('='))) return 0;
    const View name = this->name(token(at - 2));
    return is_member ? hash_of_member(name) : hash_of(name);
}

// "(a, b) => …", "a => …" with the arrow at token `at`.
Constants::Head Constants::arrow_head(std::size_t at) {
    const Token& before = token(at - 1);
    const bool is_single = before.kind == javascript::Kind::name;
    if (!is_single && (!before.is(sign(')')) || before.partner == none)) return {};
    const std::size_t open = is_single ? at - 1 : before.partner;
    Head head;
    head.from = is_single ? open : open + 1;
    head.to = is_single ? at : at - 1;
    head.name = called_by(open);
    for (head.end = at + 1; head.end < tokens_.size() && take_step();) {
        const Token& here = token(head.end);
        if (here.is(sign(';')) || here.is(sign(',')) || here.is(sign(')')) || here.is(sign('}'))) break;
        const bool is_body = head.end == at + 1 && here.is(sign('{'));
        head.end = here.partner != none && here.partner > head.end ? behind(head.end) : head.end + 1;
        if (is_body) break;
    }
    return head;
}

// "function name(a, b) {…}" with its first token at `at`.
Constants::Head Constants::function_head(std::size_t at) {
    Head head;
    std::size_t open = at + 1;
    if (token(open).is(sign('*'))) ++open;
    if (token(open).kind == javascript::Kind::name) head.name = hash_of(name(token(open++)));
    if (!head.name) head.name = called_by(at);
    if (!token(open).is(sign('(')) || !token(behind(open)).is(sign('{'))) return {};
    head.from = open + 1;
    head.to = behind(open) - 1;
    head.end = behind(behind(open));
    return head;
}

void Constants::read_function(std::size_t at) {
    const Head head = token(at).is(sign('=', '>')) ? arrow_head(at) : function_head(at);
    if (head.from >= head.to) return;
    Function function;
    function.name = head.name;
    std::size_t call = token(head.end).is(sign(')')) ? head.end + 1 : head.end;
    if (token(call).is(sign('.')) && (is_name(call + 1, "call") || is_name(call + 1, "apply"))) {
        function.is_applied = is_name(call + 1, "apply");
        function.skipped = 1;
        call += 2;
    }
    if (token(call).is(sign('('))) function.call = static_cast<std::uint32_t>(call);
    if (function.call != none || function.name) bind(head.from, head.to, head.end, function);
}

// Gives the parameters between two tokens their arguments.
void Constants::bind(std::size_t from, std::size_t to, std::size_t end, Function function) {
    constexpr std::size_t most = 32;
    const auto number = static_cast<std::uint32_t>(functions_.size());
    functions_.push_back(function);
    std::size_t parameter = 0;
    for (std::size_t at = from; at < to && parameter < most && take_step(); ++at, ++parameter) {
        const bool is_plain = token(at).kind == javascript::Kind::name && (at + 1 == to || token(at + 1).is(sign(',')));
        if (is_plain) {
            push(hash_of(name(token(at))),
                 {static_cast<std::uint32_t>(at), none, false, static_cast<std::uint8_t>(parameter), number,
                  static_cast<std::uint32_t>(end)});
        }
        skip_to_comma(at, to);
    }
}

// The brackets of the first calls of a function by the hash of its name.
std::vector<std::uint32_t> Constants::calls_of(std::uint64_t name) {
    if (!has_calls_) {
        has_calls_ = true;
        for (std::size_t at = 0; at + 1 < tokens_.size(); ++at) {
            if (token(at).kind != javascript::Kind::name || !token(at + 1).is(sign('('))) continue;
            if (at && is_name(at - 1, "function")) continue;
            const View called = this->name(token(at));
            const bool is_member = at && (token(at - 1).is(sign('.')) || token(at - 1).is(sign('?', '.')));
            calls_.emplace_back(is_member ? hash_of_member(called) : hash_of(called), at + 1);
        }
        std::sort(calls_.begin(), calls_.end());
    }
    std::vector<std::uint32_t> found;
    auto each = std::lower_bound(calls_.begin(), calls_.end(), std::pair<std::uint64_t, std::uint32_t>(name, 0));
    for (; each != calls_.end() && each->first == name && found.size() < most_calls; ++each) {
        found.push_back(each->second);
    }
    return found;
}

// The token of the argument that a parameter has its value from, and that of the call; none where there is no such.
std::pair<std::size_t, std::size_t> Constants::argument(const Assignment& of) {
    const Function function = functions_[of.function];
    std::size_t call = function.call;
    if (call == none) {
        const std::vector<std::uint32_t> calls = calls_of(function.name);
        if (calls.empty()) return {none, none};
        asking_.calls = std::max(asking_.calls, calls.size());
        call = calls[std::min(chosen_, calls.size() - 1)];
    }
    if (token(call).partner == none) return {none, none};
    std::size_t number = of.parameter;
    const std::vector<std::uint32_t>* given = &items_of(call);
    if (function.is_applied) {
        if (given->size() < 2 || !token((*given)[1]).is(sign('[')) || token((*given)[1]).partner == none)
            return {none, none};
        given = &items_of((*given)[1]);
    } else {
        number += function.skipped;
    }
    if (number >= given->size()) return {none, none};
    return {(*given)[number], call};
}

std::size_t Constants::given(std::size_t at, bool& is_added) {
    const auto found = by_name_.find(hash_of(name(token(at))));
    if (found == by_name_.end()) return none;
    const Assignment& last = assignments_[found->second.numbers.back()];
    if (last.function != none) return none;
    is_added = last.is_added;
    return last.value;
}

// The last assignment of a name in front of token `before`, or none.
std::uint32_t Constants::assignment(View name, std::size_t before) {
    return assignment(hash_of(name), before);
}

std::uint32_t Constants::assignment(std::uint64_t name, std::size_t before) {
    asking_.seen = std::max(asking_.seen, before);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return none;
    const auto& [numbers, firsts] = found->second;
    const auto behind = std::lower_bound(firsts.begin(), firsts.end(), before);
    std::uint32_t number = behind == firsts.begin() ? none : numbers[behind - firsts.begin() - 1];
    // Behind its function, a parameter is none.
    while (number != none && before != none && before >= assignments_[number].end) {
        number = take_step() ? assignments_[number].previous : none;
    }
    return number;
}

const std::vector<std::uint32_t>& Constants::items_of(std::size_t list) {
    const auto [found, is_new] = items_.try_emplace(list);
    std::vector<std::uint32_t>& starts = found->second;
    if (!is_new) return starts;
    const std::size_t end = behind(list) - 1;
    for (std::size_t at = list + 1; at < end; ++at) {
        starts.push_back(static_cast<std::uint32_t>(at));
        skip_to_comma(at, end);
    }
    return starts;
}

// "name[3]" of a name that holds a list written out: of the list that item alone is looked at. So a script that looks
// up all its words in one long list is read in time linear in both.
bool Constants::item(std::size_t& at, Value& value) {
    if (!is_item(at)) return false;
    const double index = number(token(at + 2));
    if (!(index >= 0 && index < most_items)) return false;
    const std::uint32_t held = assignment(name(token(at)), position_ ? position_ : none);
    if (held == none || assignments_[held].is_added) return false;
    const bool is_parameter = assignments_[held].function != none;
    const std::size_t list = is_parameter ? argument(assignments_[held]).first : assignments_[held].value;
    if (!token(list).is(sign('[')) || token(list).partner == none) return false;
    const Token& next = token(behind(list));
    constexpr std::uint32_t more[] = {sign('.'), sign('?', '.'), sign('['),      sign('('),
                                      sign('+'), sign('?'),      sign('|', '|'), sign('&', '&')};
    const bool is_more =
        next.kind == javascript::Kind::sign && std::find(std::begin(more), std::end(more), next.sign) != std::end(more);
    if (is_more) return false;
    const std::vector<std::uint32_t>& starts = items_of(list);
    at += 4;
    const auto number = static_cast<std::size_t>(index);
    if (number >= starts.size()) return true;
    const std::size_t before = std::exchange(position_, list);
    std::size_t inner = starts[number];
    for (Value& each : alternatives(inner)) {
        if (value.kind == Kind_::unknown) value = std::move(each);
    }
    position_ = before;
    value.is_held = true;
    return true;
}

Value Constants::variable(View name, std::size_t before) {
    return variable(hash_of(name), before);
}

// Whether the assignment comes to nothing, as far as that is known: it did before, or it is asked for its own value.
bool Constants::is_nothing(std::uint32_t number) {
    const Assignment& given = assignments_[number];
    if (given.asked != none) {
        asking_.outer = std::min(asking_.outer, given.asked);
        return true;
    }
    const Nothing& known = given.nothing;
    const bool holds = known.calls && (known.is_final || known.assignments == assignments_.size()) &&
                       (known.calls == 1 || known.chosen == chosen_);
    if (!holds) return false;
    asking_.calls = std::max(asking_.calls, known.calls);
    asking_.outer = std::min(asking_.outer, known.outer);
    return true;
}

// Decides the open assignments from `first` on, which were found while the name of number `own` was asked for.
void Constants::settle_open(std::size_t first, std::uint32_t own, bool is_nothing) {
    const bool is_decided = asking_.outer >= own;
    for (std::size_t at = first; at < open_.size(); ++at) {
        Nothing& each = assignments_[open_[at]].nothing;
        if (!is_nothing) each.calls = 0;
        if (is_decided) {
            each.outer = none;
        } else if (each.outer == own) {
            each.outer = asking_.outer;
        }
    }
    if (is_decided || !is_nothing) open_.resize(first);
}

Value Constants::variable(std::uint64_t name, std::size_t before) {
    const std::uint32_t number = assignment(name, before);
    if (number == none) return {};
    // What comes to nothing is not looked at again: in a script that a machine made shorter most names do, and each
    // stands in the values of many others and, by way of these, in its own.
    if (is_nothing(number)) {
        Value nothing;
        nothing.is_held = true;
        return nothing;
    }
    const std::uint32_t own = assignments_[number].asked = asked_++;
    const std::size_t open = open_.size();
    Asking outer = std::exchange(asking_, {});
    const std::vector<Given> given = given_to(number, before);
    Value value = sum_of(given);
    --asked_;
    assignments_[number].asked = none;
    // Other assignments of the name may not hold where it is asked for next.
    const bool is_only = given.size() == 1 && given.front().number == number && !assignments_[number].is_added;
    const bool is_nothing = value.kind == Kind_::unknown && !value.is_spread && is_only && !asking_.is_cut;
    settle_open(open, own, is_nothing);
    if (is_nothing) {
        const std::uint32_t left = asking_.outer < own ? asking_.outer : none;
        assignments_[number].nothing = {asking_.calls, chosen_, assignments_.size(), asking_.seen <= reached_, left};
        if (left != none) open_.push_back(number);
    }
    outer.calls = std::max(outer.calls, asking_.calls);
    outer.seen = std::max(outer.seen, asking_.seen);
    outer.is_cut |= asking_.is_cut;
    if (asking_.outer < own) outer.outer = std::min(outer.outer, asking_.outer);
    asking_ = outer;
    return value;
}

// The last assignment of a name, from `number` on, that gives it a new value, behind what is added to that afterwards.
std::vector<Constants::Given> Constants::given_to(std::uint32_t number, std::size_t before) {
    std::vector<Given> given;
    for (; number != none && take_step(); number = assignments_[number].previous) {
        const Assignment& here = assignments_[number];
        if (before != none && before >= here.end) continue;
        if (here.function == none) {
            given.push_back({here.value, here.value, number});
            if (!here.is_added) break;
        } else if (const auto [token, call] = argument(here); token != none) {
            given.push_back({token, call, number});
            break;
        }
    }
    return given;
}

// What these come to together.
Value Constants::sum_of(const std::vector<Given>& given) {
    Value value;
    const std::size_t held = position_;
    std::size_t texts = 0;
    for (auto each = given.rbegin(); each != given.rend(); ++each) {
        std::size_t at = each->value;
        position_ = each->from;
        Value part;
        for (Value& one : alternatives(at)) {
            if (part.kind == Kind_::unknown) part = std::move(one);
        }
        texts += part.is_text() && !part.traced.text.empty();
        if (each == given.rbegin()) {
            value = std::move(part);
        } else {
            add(value, part, place(each->value, at));
        }
    }
    position_ = held;
    value.is_held = true;
    value.is_spread |= texts > 1;
    return value;
}

Text Constants::member(std::size_t at, std::size_t& behind) {
    if (token(at).is(sign('['))) {
        behind = this->behind(at);
        std::size_t inner = at + 1;
        Value key = expression(inner);
        return key.is_text() && inner + 1 == behind ? std::move(key.traced.text) : Text();
    }
    behind = at + 2;
    return token(at + 1).kind == javascript::Kind::name ? Text(name(token(at + 1))) : Text();
}

bool Constants::has_between(std::size_t from, std::size_t to, std::string_view name) {
    for (; from < to && take_step(); ++from) {
        if (is_name(from, name)) return true;
    }
    return false;
}

}  // namespace moderation::javascript
