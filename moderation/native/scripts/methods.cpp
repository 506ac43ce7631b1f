// What the functions and methods that scripts build texts with come to.
#include <algorithm>
#include <cmath>
#include <utility>

#include "html/scan.hpp"
#include "scripts/constants.hpp"
#include "scripts/escapes.hpp"

namespace moderation::javascript {

using Kind_ = Value::Kind;
using Makes = Value::Function;

namespace {

bool is_any(View name, std::initializer_list<View> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Value text_of(Traced&& traced, const Value& like) {
    Value value;
    value.kind = Kind_::text;
    value.traced = std::move(traced);
    value.is_held = like.is_held;
    value.is_spread = like.is_spread;
    return value;
}

// The first argument as it is: what a function does to it changes nothing that is read.
Value first_of(std::vector<Value>&& given) {
    return given.empty() ? Value() : std::move(given[0]);
}

}  // namespace

Value::Function function_named(View name) {
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
        if (name == word) return function;
    }
    return Makes::none;
}

// ---------------------------------------------------------------------------------------------- functions

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

// What "escape" makes of a text.
Value Constants::escaped(const Value& value) {
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

Value Constants::decoded(const Value& value, bool is_unescape) {
    if (!take(value.traced.text.size())) return {};
    return text_of(from_percents(value.traced, is_unescape), value);
}

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
        case Makes::escape: return escaped(value);
        default: return {};
    }
}

// ---------------------------------------------------------------------------------------------- members

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

// The member of a value.
Value Constants::property(Value&& of, View name) {
    if (of.kind == Kind_::object) return member_of(std::move(of), name);
    if (name == U"length" && (of.is_text() || of.kind == Kind_::list || of.kind == Kind_::letters)) {
        Value value = Value::of(Kind_::number);
        value.number = static_cast<double>(of.kind == Kind_::list ? of.items.size() : of.traced.text.size());
        return value;
    }
    if (name == U"document") return Value::of(Kind_::document);
    if (name == U"location") return Value::of(Kind_::location);
    if (of.kind == Kind_::function) {
        const bool makes_characters = of.function == Makes::text && is_any(name, {U"fromCharCode", U"fromCodePoint"});
        return makes_characters ? Value::of(Makes::characters) : Value();
    }
    if (of.kind != Kind_::window) return {};
    if (is_any(name, {U"window", U"top", U"parent", U"self"})) return Value::of(Kind_::window);
    if (const Makes function = function_named(name); function != Makes::none) return Value::of(function);
    return variable(name, position_ ? position_ : none);
}

// A method of a value called with the arguments at token `at`.
Value Constants::method(Value&& of, View name, std::size_t at) {
    if (of.kind == Kind_::window) return call(property(std::move(of), name), at);
    if (of.kind == Kind_::function) return method_of_function(std::move(of), name, at);
    // Of what is not known, as "new TextDecoder()".
    if (name == U"decode" && !of.is_known()) return first_of(arguments(at));
    if (of.is_text()) return method_of_text(std::move(of), name, at);
    if (of.kind == Kind_::letters) return method_of_letters(std::move(of), name, at);
    if (of.kind == Kind_::list) return method_of_list(std::move(of), name, at);
    return {};
}

// "JSON.parse", "String.fromCharCode" and the same by "apply" and "call", "Array.from".
Value Constants::method_of_function(Value&& of, View name, std::size_t at) {
    switch (of.function) {
        case Makes::json: {
            if (name != U"parse") return {};
            std::vector<Value> given = arguments(at);
            return given.empty() ? Value() : parse(std::move(given[0]));
        }
        case Makes::characters: return is_any(name, {U"apply", U"call"}) ? applied(name, at) : Value();
        case Makes::text: return call(property(std::move(of), name), at);
        case Makes::from: return name == U"from" ? first_of(arguments(at)) : Value();
        default: return {};
    }
}

// "String.fromCharCode.apply(null, […])", and "call" with the codes behind it.
Value Constants::applied(View name, std::size_t at) {
    std::vector<Value> given = arguments(at);
    if (given.size() < 2) return {};
    if (name == U"call") {
        given.erase(given.begin());
        return from_codes(given, place(at + 1, std::max(at + 2, behind(at) - 1)));
    }
    const Value& codes = given[1];
    if (codes.kind != Kind_::list || codes.traced.origins.empty()) return {};
    Value value = from_codes(codes.items, codes.traced.hull());
    value.is_held |= codes.is_held;
    return value;
}

// ---------------------------------------------------------------------------------------------- of texts

Value Constants::method_of_text(Value&& of, View name, std::size_t at) {
    // What these change is not told apart from what was there.
    if (is_any(name, {U"toString", U"valueOf", U"trim", U"toLowerCase", U"toUpperCase", U"normalize", U"repeat"})) {
        return std::move(of);
    }
    if (is_any(name, {U"replace", U"replaceAll"})) return replace(std::move(of), at);
    if (!is_any(name, {U"concat", U"split", U"slice", U"substring", U"substr", U"charAt", U"at"})) return {};
    const std::vector<Value> given = arguments(at);
    if (name == U"concat") {
        for (const Value& each : given) add(of, each, place(at + 1, behind(at)));
        return std::move(of);
    }
    if (name == U"split") return split(std::move(of), given);
    if (is_any(name, {U"charAt", U"at"})) return index(std::move(of), given.empty() ? Value() : given[0]);
    return slice(of, name, given);
}

Value Constants::split(Value&& of, const std::vector<Value>& given) {
    if (given.empty() || !given[0].is_text()) return {};
    const View separator = given[0].traced.text;
    if (separator.empty()) {
        of.kind = Kind_::letters;
        return std::move(of);
    }
    Value found = Value::of(Kind_::list);
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

// "slice", "substring" and "substr", which count from the end where a number is negative, or do not, and take an end
// or a size.
Value Constants::slice(const Value& of, View name, const std::vector<Value>& given) {
    const auto size = static_cast<double>(of.traced.text.size());
    const auto number = [&](std::size_t which, double without) {
        if (which >= given.size()) return without;
        double asked = given[which].kind == Kind_::number ? given[which].number : 0;
        if (asked < 0) asked = name == U"substring" ? 0 : size + asked;
        return std::clamp(asked, 0.0, size);
    };
    const double start = number(0, 0);
    const double end = name == U"substr" ? std::min(size, start + number(1, size)) : number(1, size);
    return text_of(
        of.traced.part(static_cast<std::size_t>(std::min(start, end)), static_cast<std::size_t>(std::abs(end - start))),
        of);
}

namespace {

// What "replace" looks for: a text, or any one of several characters.
struct Searched {
    Text text;
    bool is_set = false, is_all = false;

    std::size_t size() const { return is_set ? 1 : text.size(); }
    bool is_at(View in, std::size_t at) const {
        return is_set ? text.find(in[at]) != Text::npos : in.compare(at, text.size(), text) == 0;
    }
};

// Of a pattern that is no more than a text or a set of characters; of any other an empty text.
Searched searched_by(View pattern) {
    Searched searched;
    const std::size_t end = pattern.rfind(U'/');
    searched.is_all = pattern.find(U'g', end) != View::npos;
    View inner = pattern.substr(1, end - 1);
    searched.is_set = inner.size() > 2 && inner.front() == '[' && inner.back() == ']' && inner[1] != '^';
    if (searched.is_set) inner = inner.substr(1, inner.size() - 2);
    const View signs = searched.is_set ? View(U"-") : View(U".*+?^$()[]{}|");
    for (std::size_t i = 0; i < inner.size(); ++i) {
        const bool is_escaped = inner[i] == '\\' && i + 1 < inner.size();
        if (is_escaped) ++i;
        const bool is_class = is_escaped && scan::is(inner[i], scan::letter | scan::digit);
        if (is_class || (!is_escaped && signs.find(inner[i]) != View::npos)) return {};
        searched.text.push_back(inner[i]);
    }
    return searched;
}

}  // namespace

// "replace" with a text, or a pattern that is a text or a set of characters.
Value Constants::replace(Value&& of, std::size_t at) {
    const Token& first = token(at + 1);
    std::vector<Value> given = arguments(at);
    if (given.size() != 2 || !given[1].is_text()) return {};
    Searched searched;
    if (first.kind == javascript::Kind::pattern) {
        searched = searched_by(source_.substr(first.start, first.end - first.start));
    } else if (given[0].is_text()) {
        searched.text = given[0].traced.text;
    }
    if (searched.text.empty() || searched.text.size() > 64) return {};
    Traced replaced;
    const View text = of.traced.text;
    bool is_done = false;
    for (std::size_t i = 0; i < text.size();) {
        if (is_done || !searched.is_at(text, i) || !take(given[1].traced.text.size() + 1)) {
            replaced.add(text[i], of.traced.origins[i]);
            ++i;
            continue;
        }
        replaced.add(given[1].traced);
        i += searched.size();
        is_done = !searched.is_all;
    }
    Value value = text_of(std::move(replaced), of);
    value.is_spread |= given[1].is_held && !given[1].traced.text.empty();
    return value;
}

// ---------------------------------------------------------------------------------------------- of lists

Value Constants::method_of_letters(Value&& of, View name, std::size_t at) {
    if (name == U"reverse") {
        std::reverse(of.traced.text.begin(), of.traced.text.end());
        std::reverse(of.traced.origins.begin(), of.traced.origins.end());
        return std::move(of);
    }
    // Its characters as bytes written "%41": what is decoded behind it says the same.
    if (name == U"map" && has_between(at, behind(at), "charCodeAt")) return std::move(of);
    if (name != U"join") return {};
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

Value Constants::method_of_list(Value&& of, View name, std::size_t at) {
    if (name == U"reverse") {
        std::reverse(of.items.begin(), of.items.end());
        return std::move(of);
    }
    if (name == U"map" && has_between(at, behind(at), "fromCharCode")) {
        Value value = from_codes(of.items, of.traced.hull());
        value.is_held |= of.is_held;
        if (value.is_text()) value.kind = Kind_::letters;
        return value;
    }
    if (name == U"concat") {
        for (Value& each : arguments(at)) {
            if (each.kind != Kind_::list) {
                of.items.push_back(std::move(each));
            } else {
                for (Value& item : each.items) of.items.push_back(std::move(item));
            }
        }
        return std::move(of);
    }
    return is_any(name, {U"join", U"toString"}) ? join(of, at) : Value();
}

// The items of a list with what stands between them.
Value Constants::join(const Value& of, std::size_t at) {
    const std::vector<Value> given = arguments(at);
    const View separator = given.empty() || !given[0].is_text() ? View(U",") : View(given[0].traced.text);
    Value value = Value::of(Kind_::text);
    for (std::size_t i = 0; i < of.items.size(); ++i) {
        const Origin here = of.items[i].traced.origins.empty() ? place(at, behind(at)) : of.items[i].traced.hull();
        if (i) {
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

}  // namespace moderation::javascript
