#include "markup/constants.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "markup/scan.hpp"
#include "text/keyed.hpp"

namespace moderation::javascript {

namespace {

std::uint64_t hash_of(View name) {
    return keyed_hash(name.data(), name.data() + name.size());
}

// The same of a member that is called.
std::uint64_t hash_of_member(View name) {
    return keyed_hash(name.data(), name.data() + name.size(), U'.');
}

// The same of a member of a name, as "a.b".
std::uint64_t hash_of(View name, View member) {
    return hash_of(name) * 0x9e3779b97f4a7c15ull ^ hash_of(member);
}

// How deep expressions are read, variables that hold others counted in.
constexpr int deepest = 48;
// What an item of a list takes of the budget of characters.
constexpr std::size_t item_size = 24;
// No list is longer whose items are looked up by number.
constexpr double most_items = 1e6;

using Kind_ = Value::Kind;
using Makes = Value::Function;

bool is_high(std::uint32_t c) {
    return (c & 0xfffffc00) == 0xd800;
}
bool is_low(std::uint32_t c) {
    return (c & 0xfffffc00) == 0xdc00;
}

// Puts the halves of a character beyond the BMP together; half of one is no character.
void join_halves(Traced& traced) {
    const auto is_half = [](char32_t c) { return c >= 0xd800 && c < 0xe000; };
    if (std::none_of(traced.text.begin(), traced.text.end(), is_half)) return;
    std::size_t to = 0;
    for (std::size_t at = 0; at < traced.text.size(); ++at, ++to) {
        char32_t c = traced.text[at];
        Origin origin = traced.origins[at];
        if (is_high(c) && at + 1 < traced.text.size() && is_low(traced.text[at + 1])) {
            c = 0x10000 + ((c - 0xd800) << 10) + (traced.text[at + 1] - 0xdc00);
            origin.end = std::max(origin.end, traced.origins[++at].end);
        } else if (is_half(c)) {
            c = U'\ufffd';
        }
        traced.text[to] = c;
        traced.origins[to] = origin;
    }
    traced.text.resize(to);
    traced.origins.resize(to);
}

// The number of `digits` hexadecimal digits at `at`, or -1.
std::int32_t hexadecimal(View text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return -1;
    std::int32_t number = 0;
    for (std::size_t end = at + digits; at < end; ++at) {
        const char32_t c = text[at];
        if (!scan::is(c, scan::hexadecimal)) return -1;
        number = number * 16 + static_cast<std::int32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return number;
}

// The character of the escape whose backslash stands at `at`, which is moved behind it; `no_character` if it is none.
constexpr char32_t no_character = 0x110000;

char32_t read_escape(View text, std::size_t& at) {
    const char32_t c = at + 1 < text.size() ? text[at + 1] : U'\0';
    const auto of = [&](std::size_t digits) {
        const std::int32_t number = hexadecimal(text, at + 2, digits);
        if (number < 0) return U'\\';
        at += 1 + digits;
        return static_cast<char32_t>(number);
    };
    const std::size_t start = at++;
    char32_t found = c;
    if (c == 'x' || c == 'u') {
        --at;
        if (c == 'u' && start + 2 < text.size() && text[start + 2] == '{') {
            std::size_t end = start + 3;
            std::uint32_t number = 0;
            for (; end < text.size() && end < start + 11 && scan::is(text[end], scan::hexadecimal); ++end) {
                number = number * 16 + static_cast<std::uint32_t>(hexadecimal(text, end, 1));
            }
            if (end == start + 3 || end == text.size() || text[end] != '}' || number >= no_character) {
                return ++at, U'\\';
            }
            at = end + 1;
            return number;
        }
        found = of(c == 'x' ? 2 : 4);
        ++at;
        return found;
    }
    if (c >= '0' && c <= '7') {
        std::uint32_t number = 0;
        for (int digits = 0; digits < 3 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++digits) {
            const std::uint32_t longer = number * 8 + (text[at] - '0');
            if (longer > 0377) break;
            number = longer;
            ++at;
        }
        return number;
    }
    ++at;
    switch (c) {
        case 'n': return U'\n';
        case 'r': return U'\r';
        case 't': return U'\t';
        case 'b': return U'\b';
        case 'v': return U'\v';
        case 'f': return U'\f';
        case '\r': at += at < text.size() && text[at] == '\n'; return no_character;
        case '\n':
        case 0x2028:
        case 0x2029: return no_character;
        default: return found;
    }
}

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

// ---------------------------------------------------------------------------------------------- expressions

Value Constants::expression(std::size_t& at) {
    Value value = sum(at);
    // Of "a = b = c", c is the value.
    if (token(at).is(sign('=')) && depth_ < deepest) {
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
    while (own_.take_step() && page_.take_step()) {
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
    while (at < end && own_.take_step() && page_.take_step() && take(item_size)) {
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

Value Constants::operand(std::size_t& at) {
    if (depth_ >= deepest || !own_.take_step() || !page_.take_step()) {
        at = token(at).partner != none && token(at).partner > at ? behind(at) : at + (at < tokens_.size());
        return {};
    }
    ++depth_;
    bool is_negative = false;
    while (true) {
        const Token& here = token(at);
        if (here.is(sign('-'))) is_negative = !is_negative;
        const bool is_sign = here.is(sign('-')) || here.is(sign('+')) || here.is(sign('!')) || here.is(sign('~'));
        if (!is_sign && !is_name(at, "new") && !is_name(at, "void") && !is_name(at, "typeof") &&
            !is_name(at, "await")) {
            break;
        }
        ++at;
    }
    Value value;
    const std::size_t first = at;
    if (!item(at, value)) value = primary(at);
    while (true) {
        const Token& here = token(at);
        if (here.is(sign('('))) {
            value = call(value, at);
            at = behind(at);
            continue;
        }
        if (!here.is(sign('.')) && !here.is(sign('?', '.')) && !here.is(sign('['))) break;
        Text member;
        std::size_t next = at + 2;
        if (here.is(sign('['))) {
            std::size_t inner = at + 1;
            const Value key = expression(inner);
            next = behind(at);
            if (key.kind == Kind_::number) {
                value = index(std::move(value), key);
                at = next;
                continue;
            }
            if (key.is_text()) member = key.traced.text;
        } else if (token(at + 1).kind == javascript::Kind::name) {
            member = name(token(at + 1));
        } else {
            next = at + 1;
        }
        const std::size_t held = at;
        at = next;
        if (token(at).is(sign('('))) {
            value = member.empty() ? Value() : method(std::move(value), member, at);
            at = behind(at);
        } else if (member.empty() || held >= tokens_.size()) {
            value = Value();
        } else if (const std::uint64_t key = held == first + 1 ? member_key(held, member) : 0; key) {
            value = variable(key, position_ ? position_ : none);
        } else {
            value = method(std::move(value), member, none);
        }
    }
    if (is_negative) value.number = -value.number;
    --depth_;
    return value;
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
    if (here.is(sign('('))) {
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
    if (!here.is(sign('{'))) return value;
    value = object(at);
    at = behind(at);
    return value;
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
    const auto [found, is_new] = members_.try_emplace(brace);
    auto& members = found->second;
    if (is_new) {
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
    }
    const auto known = members.find(hash_of(name));
    if (known == members.end() || depth_ >= deepest) return value;
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

// ---------------------------------------------------------------------------------------------- names

bool Constants::is_function(std::size_t at) {
    for (const std::string_view word : {"decodeURIComponent", "decodeURI", "unescape", "atob", "String"}) {
        if (is_name(at, word)) return true;
    }
    return false;
}

Value Constants::named(std::size_t at) {
    const View written = name(token(at));
    Value value;
    const auto is = [&](std::initializer_list<View> names) {
        return std::find(names.begin(), names.end(), written) != names.end();
    };
    const auto function = [&](Makes which) {
        value.kind = Kind_::function;
        value.function = which;
        return value;
    };
    if (written.size() > 2) {
        if (is({U"document"})) value.kind = Kind_::document;
        if (is({U"window", U"self", U"top", U"parent", U"this", U"globalThis", U"frames"})) value.kind = Kind_::window;
        if (is({U"location"})) value.kind = Kind_::location;
        if (value.kind != Kind_::unknown) return value;
        if (is({U"decodeURIComponent", U"decodeURI"})) return function(Makes::decode);
        if (is({U"unescape"})) return function(Makes::unescape);
        if (is({U"escape"})) return function(Makes::escape);
        if (is({U"atob"})) return function(Makes::decode_base64);
        if (is({U"String"})) return function(Makes::text);
        if (is({U"Uint8Array", U"Array"})) return function(Makes::from);
        if (is({U"JSON"})) return function(Makes::json);
    }
    return variable(written, position_ ? position_ : none);
}

void Constants::assign(std::size_t at) {
    push(hash_of(name(token(at))), {static_cast<std::uint32_t>(at + 2), none, token(at + 1).is(sign('+', '='))});
}

void Constants::push(std::uint64_t name, Assignment given) {
    if (!page_.take(1)) return;
    const auto [found, is_new] = latest_.try_emplace(name, none);
    given.previous = std::exchange(found->second, static_cast<std::uint32_t>(assignments_.size()));
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

void Constants::read_function(std::size_t at) {
    Function function;
    std::size_t open = at + 1, from = 0, to = 0, end = 0;
    if (token(at).is(sign('=', '>'))) {
        const Token& before = token(at - 1);
        const bool is_single = before.kind == javascript::Kind::name;
        if (!is_single && (!before.is(sign(')')) || before.partner == none)) return;
        open = is_single ? at - 1 : before.partner;
        from = is_single ? open : open + 1;
        to = is_single ? at : at - 1;
        function.name = called_by(open);
        for (end = at + 1; end < tokens_.size() && take_step();) {
            const Token& here = token(end);
            if (here.is(sign(';')) || here.is(sign(',')) || here.is(sign(')')) || here.is(sign('}'))) break;
            const bool is_body = end == at + 1 && here.is(sign('{'));
            end = here.partner != none && here.partner > end ? behind(end) : end + 1;
            if (is_body) break;
        }
    } else {
        if (token(open).is(sign('*'))) ++open;
        if (token(open).kind == javascript::Kind::name) function.name = hash_of(name(token(open++)));
        if (!function.name) function.name = called_by(at);
        if (!token(open).is(sign('(')) || !token(behind(open)).is(sign('{'))) return;
        from = open + 1;
        to = behind(open) - 1;
        end = behind(behind(open));
    }
    if (from >= to) return;
    std::size_t call = token(end).is(sign(')')) ? end + 1 : end;
    if (token(call).is(sign('.')) && (is_name(call + 1, "call") || is_name(call + 1, "apply"))) {
        function.is_applied = is_name(call + 1, "apply");
        function.skipped = 1;
        call += 2;
    }
    if (token(call).is(sign('('))) function.call = static_cast<std::uint32_t>(call);
    if (function.call != none || function.name) bind(from, to, end, function);
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
        asked_calls_ = std::max(asked_calls_, calls.size());
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
    const auto found = latest_.find(hash_of(name(token(at))));
    if (found == latest_.end() || assignments_[found->second].function != none) return none;
    is_added = assignments_[found->second].is_added;
    return assignments_[found->second].value;
}

// The last assignment of a name in front of token `before`, or none.
std::uint32_t Constants::assignment(View name, std::size_t before) {
    return assignment(hash_of(name), before);
}

std::uint32_t Constants::assignment(std::uint64_t name, std::size_t before) {
    const auto found = latest_.find(name);
    if (found == latest_.end()) return none;
    std::uint32_t number = found->second;
    while (number != none) {
        const Assignment& given = assignments_[number];
        // Behind its function, a parameter is none.
        const bool is_over = before != none && before >= given.end;
        if (given.value < before && !is_over) return number;
        if (!take_step()) return none;
        number = given.previous;
    }
    return none;
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

Value Constants::variable(std::uint64_t name, std::size_t before) {
    std::uint32_t number = assignment(name, before);
    if (number == none) return {};
    // The last one that gives a new value, and what is added to it afterwards: where it stands, and from where it is
    // looked at.
    std::vector<std::pair<std::size_t, std::size_t>> given;
    for (; number != none && take_step(); number = assignments_[number].previous) {
        const Assignment& here = assignments_[number];
        if (before != none && before >= here.end) continue;
        if (here.function == none) {
            given.emplace_back(here.value, here.value);
            if (!here.is_added) break;
        } else if (const auto [token, call] = argument(here); token != none) {
            given.emplace_back(token, call);
            break;
        }
    }
    Value value;
    const std::size_t held = position_;
    std::size_t texts = 0;
    for (auto each = given.rbegin(); each != given.rend(); ++each) {
        std::size_t at = each->first;
        position_ = each->second;
        Value part;
        for (Value& one : alternatives(at)) {
            if (part.kind == Kind_::unknown) part = std::move(one);
        }
        texts += part.is_text() && !part.traced.text.empty();
        if (each == given.rbegin()) {
            value = std::move(part);
        } else {
            add(value, part, place(each->first, at));
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
    for (; from < to && own_.take_step() && page_.take_step(); ++from) {
        if (is_name(from, name)) return true;
    }
    return false;
}

// ---------------------------------------------------------------------------------------------- functions

// The escapes of addresses in a text: "%41" and, where `is_unescape`, "%u4e00". Bytes are UTF-8 where they can be.
Value Constants::decoded(const Value& value, bool is_unescape) {
    Value found;
    const Traced& from = value.traced;
    if (!value.is_text() || !take(from.text.size())) return found;
    found.kind = Kind_::text;
    found.is_held = value.is_held;
    found.is_spread = value.is_spread;
    const View text = from.text;
    for (std::size_t at = 0; at < text.size();) {
        const bool is_long = is_unescape && text[at] == '%' && at + 1 < text.size() && (text[at + 1] | 0x20) == 'u';
        const std::size_t size = text[at] != '%' ? 1 : is_long ? 6 : 3;
        std::int32_t c = text[at] == '%' ? hexadecimal(text, at + (is_long ? 2 : 1), size - (is_long ? 2 : 1)) : -1;
        if (c < 0) {
            found.traced.add(text[at], from.origins[at]);
            ++at;
            continue;
        }
        Origin origin{from.origins[at].start, from.origins[at + size - 1].end};
        if (from.origins[at + size - 1].start < origin.start) origin = from.part(at, size).hull();
        at += size;
        const int more = is_unescape || c < 0xc2 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
        std::uint32_t whole = more ? static_cast<std::uint32_t>(c) & (0x3f >> more) : static_cast<std::uint32_t>(c);
        std::size_t end = at;
        for (int each = 0; each < more; ++each, end += 3) {
            const std::int32_t next = end < text.size() && text[end] == '%' ? hexadecimal(text, end + 1, 2) : -1;
            if (next < 0 || (next & 0xc0) != 0x80) {
                end = 0;
                break;
            }
            whole = whole << 6 | (static_cast<std::uint32_t>(next) & 0x3f);
        }
        if (more && end) {
            origin.end = std::max(origin.end, from.origins[end - 1].end);
            at = end;
        } else if (!is_unescape && c >= 0x80) {
            whole = 0xfffd;
        }
        found.traced.add(whole, origin);
    }
    join_halves(found.traced);
    return found;
}

Value Constants::from_codes(const std::vector<Value>& codes, Origin place) {
    Value value;
    if (codes.empty() || !take(codes.size())) return value;
    for (const Value& code : codes) {
        if (code.kind != Kind_::number) return value;
        value.is_held |= code.is_held;
        const double number = code.number;
        value.traced.add(number >= 0 && number < 0x110000 ? static_cast<char32_t>(number) : U'\ufffd', place);
    }
    value.kind = Kind_::text;
    join_halves(value.traced);
    return value;
}

namespace {

// What a base64 text says, byte by byte; all of them come from all of it.
Traced from_base64(const Traced& coded) {
    Traced found;
    const Origin place = coded.hull();
    std::uint32_t bits = 0;
    int size = 0;
    for (const char32_t c : coded.text) {
        int number = -1;
        if (c >= 'A' && c <= 'Z') number = static_cast<int>(c - 'A');
        if (c >= 'a' && c <= 'z') number = static_cast<int>(c - 'a' + 26);
        if (c >= '0' && c <= '9') number = static_cast<int>(c - '0' + 52);
        if (c == '+' || c == '-') number = 62;
        if (c == '/' || c == '_') number = 63;
        if (number < 0) continue;
        bits = bits << 6 | static_cast<std::uint32_t>(number);
        size += 6;
        if (size < 8) continue;
        size -= 8;
        found.add(bits >> size & 0xff, place);
    }
    return found;
}

Value text_of(Traced&& traced, const Value& like) {
    Value value;
    value.kind = Kind_::text;
    value.traced = std::move(traced);
    value.is_held = like.is_held;
    value.is_spread = like.is_spread;
    return value;
}

}  // namespace

Value Constants::call(const Value& called, std::size_t at) {
    if (called.kind != Kind_::function) return {};
    if (called.function == Makes::characters) {
        return from_codes(arguments(at), place(at + 1, std::max(at + 2, behind(at) - 1)));
    }
    std::vector<Value> given = arguments(at);
    if (given.empty() || !given[0].is_text()) return {};
    Value& value = given[0];
    if (!take(value.traced.text.size())) return {};
    switch (called.function) {
        case Makes::decode: return decoded(value, false);
        case Makes::unescape: return decoded(value, true);
        case Makes::decode_base64: return text_of(from_base64(value.traced), value);
        case Makes::text:
        case Makes::from: return std::move(value);
        case Makes::escape: {
            Traced escaped;
            constexpr char digits[] = "0123456789ABCDEF";
            for (std::size_t i = 0; i < value.traced.text.size() && take(5); ++i) {
                const char32_t c = value.traced.text[i];
                const Origin origin = value.traced.origins[i];
                if (c < 0x100 && !scan::is(c, scan::letter | scan::digit)) {
                    escaped.add(U'%', origin);
                    escaped.add(static_cast<char32_t>(digits[c >> 4]), origin);
                    escaped.add(static_cast<char32_t>(digits[c & 15]), origin);
                } else {
                    escaped.add(c, origin);
                }
            }
            return text_of(std::move(escaped), value);
        }
        default: return {};
    }
}

Value Constants::index(Value&& of, const Value& index) {
    if (!(index.number >= 0 && index.number < most_items)) return {};
    const auto number = static_cast<std::size_t>(index.number);
    if (of.kind == Kind_::list) {
        if (number >= of.items.size()) return {};
        Value value = std::move(of.items[number]);
        value.is_held |= of.is_held;
        return value;
    }
    if ((of.is_text() || of.kind == Kind_::letters) && number < of.traced.text.size()) {
        return text_of(of.traced.part(number, 1), of);
    }
    return {};
}

// "replace" with a text, or a pattern that is a text or a set of characters.
Value Constants::replace(Value&& of, std::size_t at) {
    Text searched;
    bool is_set = false, is_all = false;
    const Token& first = token(at + 1);
    std::vector<Value> given = arguments(at);
    if (given.size() != 2 || !given[1].is_text()) return {};
    if (first.kind == javascript::Kind::pattern) {
        const View written = source_.substr(first.start, first.end - first.start);
        const std::size_t end = written.rfind(U'/');
        is_all = written.find(U'g', end) != View::npos;
        View inner = written.substr(1, end - 1);
        is_set = inner.size() > 2 && inner.front() == '[' && inner.back() == ']' && inner[1] != '^';
        if (is_set) inner = inner.substr(1, inner.size() - 2);
        for (std::size_t i = 0; i < inner.size(); ++i) {
            const bool is_escaped = inner[i] == '\\' && i + 1 < inner.size();
            if (is_escaped) ++i;
            const bool is_class = is_escaped && scan::is(inner[i], scan::letter | scan::digit);
            const View signs = is_set ? View(U"-") : View(U".*+?^$()[]{}|");
            if (is_class || (!is_escaped && signs.find(inner[i]) != View::npos)) return {};
            searched.push_back(inner[i]);
        }
    } else if (given[0].is_text()) {
        searched = given[0].traced.text;
    }
    if (searched.empty() || searched.size() > 64) return {};
    Traced replaced;
    const View text = of.traced.text;
    bool is_done = false;
    for (std::size_t i = 0; i < text.size();) {
        const bool is_found =
            is_set ? searched.find(text[i]) != Text::npos : text.compare(i, searched.size(), searched) == 0;
        if (is_done || !is_found || !take(given[1].traced.text.size() + 1)) {
            replaced.add(text[i], of.traced.origins[i]);
            ++i;
            continue;
        }
        replaced.add(given[1].traced);
        i += is_set ? 1 : searched.size();
        is_done = !is_all;
    }
    Value value = text_of(std::move(replaced), of);
    value.is_spread |= given[1].is_held && !given[1].traced.text.empty();
    return value;
}

// A method of a value called with the arguments at token `at`, or its property if that is `none`.
Value Constants::method(Value&& of, View name, std::size_t at) {
    const bool is_called = at != none;
    const auto is = [&](std::initializer_list<View> names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!is_called) {
        if (of.kind == Kind_::object) return member_of(std::move(of), name);
        Value value;
        if (is({U"length"}) && (of.is_text() || of.kind == Kind_::list || of.kind == Kind_::letters)) {
            value.kind = Kind_::number;
            value.number = static_cast<double>(of.kind == Kind_::list ? of.items.size() : of.traced.text.size());
        }
        if (is({U"document"})) value.kind = Kind_::document;
        if (is({U"location"})) value.kind = Kind_::location;
        if (is({U"window", U"top", U"parent", U"self"}) && of.kind == Kind_::window) value.kind = Kind_::window;
        if (of.kind == Kind_::function && of.function == Makes::text && is({U"fromCharCode", U"fromCodePoint"})) {
            value.kind = Kind_::function;
            value.function = Makes::characters;
        }
        if (of.kind == Kind_::window && value.kind == Kind_::unknown) {
            constexpr std::pair<View, Makes> known[] = {
                {U"decodeURIComponent", Makes::decode},
                {U"decodeURI", Makes::decode},
                {U"unescape", Makes::unescape},
                {U"atob", Makes::decode_base64},
                {U"String", Makes::text},
                {U"escape", Makes::escape},
                {U"JSON", Makes::json},
            };
            for (const auto& [word, function] : known) {
                if (name != word) continue;
                value.kind = Kind_::function;
                value.function = function;
            }
            if (value.kind == Kind_::unknown) value = variable(name, position_ ? position_ : none);
        }
        return value;
    }
    if (of.kind == Kind_::window) return call(method(std::move(of), name, none), at);
    if (of.kind == Kind_::function) {
        const Makes function = of.function;
        if (function == Makes::json) {
            if (!is({U"parse"})) return {};
            std::vector<Value> given = arguments(at);
            return given.empty() ? Value() : parse(std::move(given[0]));
        }
        if (function == Makes::characters && is({U"apply", U"call"})) {
            std::vector<Value> given = arguments(at);
            if (given.size() < 2) return {};
            if (name == U"apply") {
                Value& codes = given[1];
                if (codes.kind != Kind_::list || codes.traced.origins.empty()) return {};
                Value value = from_codes(codes.items, codes.traced.hull());
                value.is_held |= codes.is_held;
                return value;
            }
            given.erase(given.begin());
            return from_codes(given, place(at + 1, std::max(at + 2, behind(at) - 1)));
        }
        if (function == Makes::text) return call(method(std::move(of), name, none), at);
        if (function == Makes::from && is({U"from"})) {
            std::vector<Value> given = arguments(at);
            return given.empty() ? Value() : std::move(given[0]);
        }
        return {};
    }
    if (is({U"decode"}) && !of.is_known()) {
        std::vector<Value> given = arguments(at);
        return given.empty() ? Value() : std::move(given[0]);
    }
    if (of.is_text()) {
        if (is({U"toString", U"valueOf", U"trim", U"toLowerCase", U"toUpperCase", U"normalize", U"repeat"})) {
            return std::move(of);
        }
        if (is({U"replace", U"replaceAll"})) return replace(std::move(of), at);
        if (!is({U"concat", U"split", U"slice", U"substring", U"substr", U"charAt", U"at"})) return {};
        const std::vector<Value> given = arguments(at);
        if (is({U"concat"})) {
            for (const Value& each : given) add(of, each, place(at + 1, behind(at)));
            return std::move(of);
        }
        if (is({U"split"})) {
            if (given.empty() || !given[0].is_text()) return {};
            const View separator = given[0].traced.text;
            if (separator.empty()) {
                of.kind = Kind_::letters;
                return std::move(of);
            }
            Value found;
            found.kind = Kind_::list;
            found.is_held = of.is_held;
            const View text = of.traced.text;
            for (std::size_t start = 0; start <= text.size() && take(item_size);) {
                const std::size_t end = std::min(text.find(separator, start), text.size());
                found.items.push_back(text_of(of.traced.part(start, end - start), of));
                start = end + separator.size();
                if (end == text.size()) break;
            }
            return found;
        }
        const auto size = static_cast<double>(of.traced.text.size());
        const auto number = [&](std::size_t which, double without) {
            if (which >= given.size()) return without;
            double asked = given[which].kind == Kind_::number ? given[which].number : 0;
            if (asked < 0) asked = is({U"slice", U"substr", U"at"}) ? size + asked : 0;
            return std::clamp(asked, 0.0, size);
        };
        if (is({U"charAt", U"at"})) return index(std::move(of), given.empty() ? Value() : given[0]);
        const double start = number(0, 0);
        const double end = is({U"substr"}) ? std::min(size, start + number(1, size)) : number(1, size);
        return text_of(of.traced.part(static_cast<std::size_t>(std::min(start, end)),
                                      static_cast<std::size_t>(std::abs(end - start))),
                       of);
    }
    if (of.kind == Kind_::letters) {
        if (is({U"reverse"})) {
            std::reverse(of.traced.text.begin(), of.traced.text.end());
            std::reverse(of.traced.origins.begin(), of.traced.origins.end());
            return std::move(of);
        }
        // Its characters as bytes written "%41": what is decoded behind it says the same.
        if (is({U"map"}) && has_between(at, behind(at), "charCodeAt")) return std::move(of);
        if (!is({U"join"})) return {};
        const std::vector<Value> given = arguments(at);
        if (given.size() != 1 || !given[0].is_text()) return {};
        const Traced& separator = given[0].traced;
        if (separator.text.empty()) {
            of.kind = Kind_::text;
            return std::move(of);
        }
        Traced joined;
        for (std::size_t i = 0; i < of.traced.text.size() && take(1 + separator.text.size()); ++i) {
            if (i) {
                for (const char32_t c : separator.text) joined.add(c, of.traced.origins[i]);
            }
            joined.add(of.traced.text[i], of.traced.origins[i]);
        }
        return text_of(std::move(joined), of);
    }
    if (of.kind == Kind_::list) {
        if (is({U"reverse"})) {
            std::reverse(of.items.begin(), of.items.end());
            return std::move(of);
        }
        if (is({U"map"}) && has_between(at, behind(at), "fromCharCode")) {
            Value value = from_codes(of.items, of.traced.hull());
            value.is_held |= of.is_held;
            if (value.is_text()) value.kind = Kind_::letters;
            return value;
        }
        if (is({U"concat"})) {
            for (Value& each : arguments(at)) {
                if (each.kind != Kind_::list) {
                    of.items.push_back(std::move(each));
                } else {
                    for (Value& item : each.items) of.items.push_back(std::move(item));
                }
            }
            return std::move(of);
        }
        if (!is({U"join", U"toString"})) return {};
        const std::vector<Value> given = arguments(at);
        const bool is_plain = given.empty() || !given[0].is_text();
        Value value;
        value.kind = Kind_::text;
        for (std::size_t i = 0; i < of.items.size(); ++i) {
            const Origin here = of.items[i].traced.origins.empty() ? place(at, behind(at)) : of.items[i].traced.hull();
            if (i) {
                const View separator = is_plain ? View(U",") : View(given[0].traced.text);
                if (!take(separator.size())) return {};
                for (const char32_t c : separator) value.traced.add(c, {here.start, here.start + 1});
            }
            add(value, of.items[i], here);
            if (!value.is_text()) return {};
        }
        value.is_held |= of.is_held;
        // The parts of one list stand together.
        value.is_spread = false;
        for (const Value& each : of.items) value.is_spread |= each.is_spread;
        return value;
    }
    return {};
}

}  // namespace moderation::javascript
