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

// How deep expressions are read, variables that hold others counted in.
constexpr int deepest = 48;
// What an item of a list takes of the budget of characters.
constexpr std::size_t item_size = 24;
// No list is longer whose items are looked up by number.
constexpr double most_items = 1e6;

using Kind_ = Value::Kind;
using Function = Value::Function;

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
    at = here.is(sign('{')) ? behind(at) : at;
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
    const auto function = [&](Function which) {
        value.kind = Kind_::function;
        value.function = which;
        return value;
    };
    if (written.size() > 2) {
        if (is({U"document"})) value.kind = Kind_::document;
        if (is({U"window", U"self", U"top", U"parent", U"this", U"globalThis", U"frames"})) value.kind = Kind_::window;
        if (is({U"location"})) value.kind = Kind_::location;
        if (value.kind != Kind_::unknown) return value;
        if (is({U"decodeURIComponent", U"decodeURI"})) return function(Function::decode);
        if (is({U"unescape"})) return function(Function::unescape);
        if (is({U"escape"})) return function(Function::escape);
        if (is({U"atob"})) return function(Function::decode_base64);
        if (is({U"String"})) return function(Function::text);
        if (is({U"Uint8Array", U"Array"})) return function(Function::from);
    }
    return variable(written, position_ ? position_ : none);
}

void Constants::assign(std::size_t at) {
    if (!page_.take(1)) return;
    const View written = name(token(at));
    const std::uint64_t hash = keyed_hash(written.data(), written.data() + written.size());
    const auto [found, is_new] = latest_.try_emplace(hash, none);
    const bool is_added = token(at + 1).is(sign('+', '='));
    assignments_.push_back({static_cast<std::uint32_t>(at + 2), found->second, is_added});
    found->second = static_cast<std::uint32_t>(assignments_.size() - 1);
}

std::size_t Constants::given(std::size_t at, bool& is_added) {
    const View written = name(token(at));
    const auto found = latest_.find(keyed_hash(written.data(), written.data() + written.size()));
    if (found == latest_.end()) return none;
    is_added = assignments_[found->second].is_added;
    return assignments_[found->second].value;
}

// The last assignment of a name in front of token `before`, or none.
std::uint32_t Constants::assignment(View name, std::size_t before) {
    const auto found = latest_.find(keyed_hash(name.data(), name.data() + name.size()));
    if (found == latest_.end()) return none;
    std::uint32_t number = found->second;
    while (number != none && assignments_[number].value >= before) {
        if (!take_step()) return none;
        number = assignments_[number].previous;
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
    const std::size_t list = assignments_[held].value;
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
    std::uint32_t number = assignment(name, before);
    if (number == none) return {};
    const auto step = [&] { return take_step(); };
    // The last one that gives a new value, and what is added to it afterwards.
    std::vector<std::uint32_t> given;
    for (; number != none && step(); number = assignments_[number].previous) {
        given.push_back(assignments_[number].value);
        if (!assignments_[number].is_added) break;
    }
    Value value;
    const std::size_t held = position_;
    std::size_t texts = 0;
    for (auto each = given.rbegin(); each != given.rend(); ++each) {
        std::size_t at = position_ = *each;
        Value part;
        for (Value& one : alternatives(at)) {
            if (part.kind == Kind_::unknown) part = std::move(one);
        }
        texts += part.is_text() && !part.traced.text.empty();
        if (each == given.rbegin()) {
            value = std::move(part);
        } else {
            add(value, part, place(*each, at));
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
    if (called.function == Function::characters) {
        return from_codes(arguments(at), place(at + 1, std::max(at + 2, behind(at) - 1)));
    }
    std::vector<Value> given = arguments(at);
    if (given.empty() || !given[0].is_text()) return {};
    Value& value = given[0];
    if (!take(value.traced.text.size())) return {};
    switch (called.function) {
        case Function::decode: return decoded(value, false);
        case Function::unescape: return decoded(value, true);
        case Function::decode_base64: return text_of(from_base64(value.traced), value);
        case Function::text:
        case Function::from: return std::move(value);
        case Function::escape: {
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
        Value value;
        if (is({U"length"}) && (of.is_text() || of.kind == Kind_::list || of.kind == Kind_::letters)) {
            value.kind = Kind_::number;
            value.number = static_cast<double>(of.kind == Kind_::list ? of.items.size() : of.traced.text.size());
        }
        if (is({U"document"})) value.kind = Kind_::document;
        if (is({U"location"})) value.kind = Kind_::location;
        if (is({U"window", U"top", U"parent", U"self"}) && of.kind == Kind_::window) value.kind = Kind_::window;
        if (of.kind == Kind_::function && of.function == Function::text && is({U"fromCharCode", U"fromCodePoint"})) {
            value.kind = Kind_::function;
            value.function = Function::characters;
        }
        if (of.kind == Kind_::window && value.kind == Kind_::unknown) {
            constexpr std::pair<View, Function> known[] = {
                {U"decodeURIComponent", Function::decode},
                {U"decodeURI", Function::decode},
                {U"unescape", Function::unescape},
                {U"atob", Function::decode_base64},
                {U"String", Function::text},
                {U"escape", Function::escape},
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
        const Function function = of.function;
        if (function == Function::characters && is({U"apply", U"call"})) {
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
        if (function == Function::text) return call(method(std::move(of), name, none), at);
        if (function == Function::from && is({U"from"})) {
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
