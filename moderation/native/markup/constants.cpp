#include "markup/constants.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "markup/escapes.hpp"

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

Traced Traced::part(std::size_t start, std::size_t size) const {
    start = std::min(start, text.size());
    size = std::min(size, text.size() - start);
    Traced found;
    found.text = text.substr(start, size);
    const auto from = origins.begin() + static_cast<std::ptrdiff_t>(start);
    found.origins.assign(from, from + static_cast<std::ptrdiff_t>(size));
    return found;
}

Origin Traced::hull() const {
    if (origins.empty()) return {0, 0};
    Origin hull = origins.front();
    for (const Origin& each : origins) {
        hull.start = std::min(hull.start, each.start);
        hull.end = std::max(hull.end, each.end);
    }
    return hull;
}

Constants::Constants(View source, std::uint32_t base, const std::vector<Origin>* origins, Budget& page)
    : source_(source),
      base_(base),
      origins_(origins),
      page_(page),
      // Each of these is a multiple of the script: so the work is linear whatever is in it.
      own_{8 * source.size() + 4096, 16 * source.size() + 4096},
      tokens_(read_tokens(source, most_tokens)),
      end_{static_cast<std::uint32_t>(source.size()), static_cast<std::uint32_t>(source.size())} {}

Origin Constants::origin(std::size_t start, std::size_t end) const {
    if (!origins_) return {base_ + static_cast<std::uint32_t>(start), base_ + static_cast<std::uint32_t>(end)};
    if (start >= end) return {0, 0};
    const Origin first = (*origins_)[start], last = (*origins_)[end - 1];
    return {std::min(first.start, last.start), std::max(first.end, last.end)};
}

Origin Constants::place(std::size_t from, std::size_t to) const {
    return origin(token(from).start, token(to > from ? to - 1 : from).end);
}

std::size_t Constants::behind(std::size_t at) const {
    const std::uint32_t partner = token(at).partner;
    return partner == none ? tokens_.size() : partner + 1;
}

View Constants::name(const Token& token) {
    const View written = source_.substr(token.start, token.end - token.start);
    if (!token.has_escape) return written;
    name_.clear();
    for (std::size_t at = 0; at < written.size();) {
        const char32_t c = written[at] == '\\' ? read_escape(written, at) : written[at++];
        if (c < no_character) name_.push_back(c);
    }
    return name_;
}

View Constants::said(const Token& token) {
    const bool is_pattern = token.kind == javascript::Kind::pattern;
    const std::uint32_t start = token.inner_start() + is_pattern;
    const View written = source_.substr(start, std::max(token.inner_end(), start) - start);
    if (!token.has_escape && (!is_pattern || written.find(U'\\') == View::npos)) return written;
    said_.clear();
    for (std::size_t at = 0; at < written.size();) {
        const char32_t next = at + 1 < written.size() ? written[at + 1] : U'\0';
        if (written[at] != '\\' || (is_pattern && next != 'x' && next != 'u')) {
            if (written[at] == '\\') said_.push_back(written[at++]);
            if (at < written.size()) said_.push_back(written[at++]);
            continue;
        }
        const char32_t c = read_escape(written, at);
        if (c < no_character) said_.push_back(c);
    }
    return said_;
}

bool Constants::is_name(std::size_t at, std::string_view word) {
    const Token& found = token(at);
    if (found.kind != javascript::Kind::name) return false;
    const View here = name(found);
    return here.size() == word.size() && std::equal(here.begin(), here.end(), word.begin());
}

std::size_t Constants::end_of_statement(std::size_t at) {
    const std::size_t size = tokens_.size();
    while (at < size && take_step()) {
        const Token& here = token(at);
        if (here.is(sign(';'))) return at + 1;
        if (here.is(sign('}')) || here.is(sign(')'))) return at;
        at = here.partner != none && here.partner > at ? behind(at) : at + 1;
    }
    return at;
}

// ---------------------------------------------------------------------------------------------- expressions

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

// An object in braces: of one in a script its members are looked at where they are asked for.
Value Constants::object(std::size_t at) {
    Value value;
    value.kind = Kind_::object;
    value.number = static_cast<double>(at);
    if (!is_json_) return value;
    const std::size_t end = behind(at) - 1;
    for (++at; at < end && take_step() && take(item_size); ++at) {
        if (token(at).kind == javascript::Kind::text && token(at + 1).is(sign(':'))) {
            Value name = literal(token(at));
            at += 2;
            value.items.push_back(std::move(name));
            value.items.push_back(expression(at));
        }
        skip_to_comma(at, end);
    }
    return value;
}

// The tokens where the values of an object begin whose brace is token `brace`.
const Constants::Members& Constants::members_of(std::size_t brace) {
    const auto [found, is_new] = members_.try_emplace(brace);
    Members& members = found->second;
    if (!is_new) return members;
    const std::size_t end = behind(brace) - 1;
    for (std::size_t at = brace + 1; at < end && take_step(); ++at) {
        const Token& key = token(at);
        const View word = key.kind == javascript::Kind::name   ? this->name(key)
                          : key.kind == javascript::Kind::text ? said(key)
                                                               : View();
        if (token(at + 1).is(sign(':'))) {
            if (!word.empty()) members[hash_of(word)] = static_cast<std::uint32_t>(at + 2);
        } else if (key.kind == javascript::Kind::name && (token(at + 1).is(sign(',')) || at + 1 == end)) {
            members[hash_of(word)] = static_cast<std::uint32_t>(at);
        }
        skip_to_comma(at, end);
    }
    return members;
}

Value Constants::member_of(Value&& object, View name) {
    Value value;
    if (!object.items.empty()) {
        for (std::size_t at = 0; at + 1 < object.items.size(); at += 2) {
            if (View(object.items[at].traced.text) == name) value = std::move(object.items[at + 1]);
        }
        value.is_held |= object.is_held;
        return value;
    }
    const auto brace = static_cast<std::size_t>(object.number);
    if (is_json_ || !token(brace).is(sign('{')) || token(brace).partner == none) return value;
    const Members& members = members_of(brace);
    const auto known = members.find(hash_of(name));
    if (known == members.end() || is_too_deep()) return value;
    const std::size_t before = std::exchange(position_, brace);
    std::size_t at = known->second;
    ++depth_;
    for (Value& each : alternatives(at)) {
        if (value.kind == Kind_::unknown) value = std::move(each);
    }
    --depth_;
    position_ = before;
    value.is_held |= object.is_held;
    return value;
}

// What "JSON.parse" makes of a text.
Value Constants::parse(Value&& text) {
    if (is_json_ || !text.is_text() || !take(text.traced.text.size())) return {};
    Constants inner(text.traced.text, 0, &text.traced.origins, page_);
    inner.is_json_ = true;
    std::size_t at = 0;
    Value value = inner.expression(at);
    value.is_held |= text.is_held;
    return value;
}

double Constants::number(const Token& token) const {
    std::string digits;
    for (std::uint32_t each = token.start; each < std::min(token.end, token.start + 24); ++each) {
        digits.push_back(static_cast<char>(source_[each]));
    }
    const char* first = digits.data();
    const char* last = first + digits.size();
    const bool is_coded = digits.size() > 2 && digits[0] == '0' && !(digits[1] >= '0' && digits[1] <= '9');
    const int base = !is_coded ? 10 : (digits[1] | 0x20) == 'x' ? 16 : (digits[1] | 0x20) == 'o' ? 8 : 2;
    if (is_coded && digits[1] != '.') {
        long long whole = 0;
        std::from_chars(first + 2, last, whole, base);
        return static_cast<double>(whole);
    }
    double number = 0;
    std::from_chars(first, last, number);
    return number;
}

Value Constants::literal(const Token& token) {
    Value value;
    const std::size_t size = token.inner_end() - token.inner_start();
    if (!token.is_closed || !take(size)) return value;
    value.kind = Kind_::text;
    const View inner = source_.substr(token.inner_start(), size);
    Traced& traced = value.traced;
    traced.text.reserve(size);
    traced.origins.reserve(size);
    for (std::size_t at = 0; at < size;) {
        const std::size_t start = at;
        const char32_t c = inner[at] == '\\' ? read_escape(inner, at) : inner[at++];
        if (c < no_character) traced.add(c, origin(token.inner_start() + start, token.inner_start() + at));
    }
    if (token.has_escape) join_halves(traced);
    return value;
}

// A template with what is put in.
Value Constants::pattern(std::size_t& at) {
    Value value = literal(token(at++));
    while (token(at).is(sign('$', '{')) && token(at).partner != none) {
        const std::size_t end = token(at).partner;
        std::size_t inner = at + 1;
        const Value put = expression(inner);
        add(value, put, place(at + 1, end));
        at = end + 1;
        if (token(at).kind == javascript::Kind::chunk) {
            add(value, literal(token(at)), place(at, at + 1));
            ++at;
        }
    }
    return value;
}

Value Constants::list(std::size_t& at) {
    Value value;
    value.kind = Kind_::list;
    const std::size_t end = behind(at);
    value.items = arguments(at);
    if (end > at + 2) value.traced.origins = {place(at + 1, end - 1)};
    for (const Value& each : value.items) value.is_held |= each.is_held;
    at = end;
    return value;
}

}  // namespace moderation::javascript
