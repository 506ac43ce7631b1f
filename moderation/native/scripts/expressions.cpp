#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "scripts/constants.hpp"
#include "scripts/escapes.hpp"

namespace moderation::javascript {

namespace {

using Kind_ = Value::Kind;

Traced written(double number, Origin place) {
    Traced traced;
    if (std::abs(number) > 1e15 || number != std::floor(number)) return traced;
    for (const char c : std::to_string(static_cast<long long>(number))) {
        traced.add(static_cast<char32_t>(c), place);
    }
    return traced;
}

}  // namespace

Value Constants::expression(std::size_t& at) {
    Value value = sum(at);
    // Of "a = b = c", c is the value.
    if (token(at).is(sign('=')) && !is_too_deep()) {
        ++depth_;
        value = expression(++at);
        --depth_;
    }
    return value;
}

std::vector<Value> Constants::alternatives(std::size_t& at) {
    std::vector<Value> values;
    values.push_back(expression(at));
    const auto is_any = [&](std::initializer_list<std::uint32_t> signs) {
        return token(at).kind == javascript::Kind::sign &&
               std::find(signs.begin(), signs.end(), token(at).sign) != signs.end();
    };
    while (take_step()) {
        if (is_any({sign('?'), sign(':'), sign('|', '|'), sign('&', '&'), sign('?', '?')})) {
            // What is asked is no value.
            if (token(at).is(sign('?'))) values.pop_back();
            ++at;
            values.push_back(expression(at));
        } else if (is_any({sign('=', '='), sign('!', '='), sign('<'), sign('>'), sign('<', '='), sign('>', '='),
                           sign('-'), sign('*'), sign('/'), sign('%'), sign('&'), sign('|'), sign('^')}) ||
                   is_name(at, "in") || is_name(at, "instanceof")) {
            ++at;
            expression(at);
            values.back() = Value();
        } else {
            break;
        }
    }
    return values;
}

void Constants::skip_to_comma(std::size_t& at, std::size_t end) const {
    while (at < end && !token(at).is(sign(',')))
        at = token(at).partner != none && token(at).partner > at ? behind(at) : at + 1;
}

std::vector<Value> Constants::arguments(std::size_t at) {
    std::vector<Value> values;
    const std::size_t end = behind(at) - 1;
    ++at;
    while (at < end && take_step() && take(item_size)) {
        std::vector<Value> given = alternatives(at);
        const auto known =
            std::find_if(given.begin(), given.end(), [](const Value& each) { return each.kind != Kind_::unknown; });
        values.push_back(known == given.end() ? Value() : std::move(*known));
        skip_to_comma(at, end);
        ++at;
    }
    return values;
}

// `unknown` is the place of what has no value: a blank stands for it.
void Constants::add(Value& left, const Value& right, Origin unknown) {
    if (left.kind == Kind_::number && right.kind == Kind_::number) {
        left.number += right.number;
        return;
    }
    const bool is_text = left.is_text() || right.is_text();
    const auto traced = [&](const Value& value) {
        if (value.is_text()) return value.traced;
        Traced found;
        if (value.kind == Kind_::number) found = written(value.number, unknown);
        if (value.kind != Kind_::number) found.add(U' ', unknown);
        return found;
    };
    if (!is_text || !take(right.traced.text.size() + 1)) {
        left = Value();
        return;
    }
    if (!left.is_text()) {
        Value text;
        text.kind = Kind_::text;
        text.traced = traced(left);
        text.is_held = left.is_held;
        left = std::move(text);
    }
    const auto says = [](const Value& value) { return value.is_text() && !value.traced.text.empty(); };
    left.is_spread |= right.is_spread || ((left.is_held || right.is_held) && says(left) && says(right));
    left.is_held |= right.is_held;
    if (right.is_text()) {
        left.traced.add(right.traced);
    } else {
        left.traced.add(traced(right));
    }
}

Value Constants::sum(std::size_t& at) {
    std::size_t start = at;
    Value left = operand(at);
    Origin place_of_left = place(start, at);
    while (token(at).is(sign('+'))) {
        start = ++at;
        const Value right = operand(at);
        // A blank in front of what is known comes from there.
        add(left, right, left.is_text() ? place(start, at) : place_of_left);
    }
    return left;
}

// Moves `at` behind the signs and words in front of an operand; whether they make it negative.
bool Constants::skip_prefixes(std::size_t& at) {
    bool is_negative = false;
    while (true) {
        const Token& here = token(at);
        if (here.is(sign('-'))) is_negative = !is_negative;
        const bool is_sign = here.is(sign('-')) || here.is(sign('+')) || here.is(sign('!')) || here.is(sign('~'));
        if (!is_sign && !is_name(at, "new") && !is_name(at, "void") && !is_name(at, "typeof") &&
            !is_name(at, "await")) {
            return is_negative;
        }
        ++at;
    }
}

Value Constants::operand(std::size_t& at) {
    if (is_too_deep() || !take_step()) {
        at = token(at).partner != none && token(at).partner > at ? behind(at) : at + (at < tokens_.size());
        return {};
    }
    ++depth_;
    const bool is_negative = skip_prefixes(at);
    Value value;
    const std::size_t first = at;
    if (!item(at, value)) value = primary(at);
    while (true) {
        const Token& here = token(at);
        if (here.is(sign('('))) {
            value = call(value, at);
            at = behind(at);
        } else if (here.is(sign('.')) || here.is(sign('?', '.')) || here.is(sign('['))) {
            access(value, at, first);
        } else {
            break;
        }
    }
    if (is_negative) value.number = -value.number;
    --depth_;
    return value;
}

// Makes of a value its member whose sign is token `at`, or what that comes to where it is called, with `at` moved
// behind it. `first` is the token where the value begins.
void Constants::access(Value& value, std::size_t& at, std::size_t first) {
    const std::size_t held = at;
    Text member;
    std::size_t next = at + 2;
    if (token(at).is(sign('['))) {
        std::size_t inner = at + 1;
        const Value key = expression(inner);
        next = behind(at);
        if (key.kind == Kind_::number) {
            value = index(std::move(value), key);
            at = next;
            return;
        }
        if (key.is_text()) member = key.traced.text;
    } else if (token(at + 1).kind == javascript::Kind::name) {
        member = name(token(at + 1));
    } else {
        next = at + 1;
    }
    at = next;
    if (token(at).is(sign('('))) {
        value = member.empty() ? Value() : method(std::move(value), member, at);
        at = behind(at);
    } else if (member.empty() || held >= tokens_.size()) {
        value = Value();
    } else if (const std::uint64_t key = held == first + 1 ? member_key(held, member) : 0; key) {
        value = variable(key, position_ ? position_ : none);
    } else {
        value = property(std::move(value), member);
    }
}

Value Constants::primary(std::size_t& at) {
    const Token& here = token(at);
    Value value;
    switch (here.kind) {
        case javascript::Kind::text: ++at; return literal(here);
        case javascript::Kind::chunk: return pattern(at);
        case javascript::Kind::pattern: ++at; return value;
        case javascript::Kind::number: {
            value.kind = Kind_::number;
            value.number = number(here);
            ++at;
            return value;
        }
        case javascript::Kind::name: {
            if (is_name(at, "function")) {
                // Its name, its arguments and what it does.
                while (at < tokens_.size() && !token(at).is(sign('('))) ++at;
                at = behind(at);
                if (token(at).is(sign('{'))) at = behind(at);
                return value;
            }
            return named(at++);
        }
        case javascript::Kind::sign: break;
    }
    if (here.is(sign('['))) return list(at);
    if (here.is(sign('('))) return bracketed(at);
    if (!here.is(sign('{'))) return value;
    value = object(at);
    at = behind(at);
    return value;
}

// What stands in brackets: of a sequence the last value that is known.
Value Constants::bracketed(std::size_t& at) {
    Value value;
    std::size_t inner = at + 1;
    const std::size_t end = behind(at) - 1;
    while (inner < end) {
        for (Value& each : alternatives(inner)) {
            if (each.kind != Kind_::unknown || value.kind == Kind_::unknown) value = std::move(each);
        }
        if (!token(inner).is(sign(','))) break;
        ++inner;
    }
    at = behind(at);
    // What "=>" stands behind are arguments.
    return token(at).is(sign('=', '>')) ? Value() : value;
}

}  // namespace moderation::javascript
