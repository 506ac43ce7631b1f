#include "scripts/constants.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "scripts/escapes.hpp"

namespace moderation::javascript {

using Kind_ = Value::Kind;

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
