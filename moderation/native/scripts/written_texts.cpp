#include "scripts/written_texts.hpp"

#include <algorithm>
#include <utility>

#include "html/scan.hpp"

namespace moderation::javascript {

namespace {

void strip(Traced& traced) {
    const View stripped = scan::strip(traced.text);
    if (stripped.size() == traced.text.size()) return;
    traced = traced.part(static_cast<std::size_t>(stripped.data() - traced.text.data()), stripped.size());
}

bool is_ascii(View text) {
    return std::none_of(text.begin(), text.end(), [](char32_t c) { return c >= 0x80; });
}

// Whether the characters of a text stand in the source in the order that they have in it.
bool is_in_order(const std::vector<Origin>& origins) {
    for (std::size_t at = 1; at < origins.size(); ++at) {
        const Origin one = origins[at - 1], two = origins[at];
        if (one.start > two.start || one.end > two.end) return false;
    }
    return true;
}

// The longest stretch of the source that a text comes from without a gap.
Origin largest(const Traced& traced) {
    Origin best{0, 0};
    std::size_t best_size = 0, first = 0;
    for (std::size_t at = 1; at <= traced.origins.size(); ++at) {
        if (at < traced.origins.size()) {
            const Origin one = traced.origins[at - 1], two = traced.origins[at];
            if (two.start == one.end || two.start == one.start) continue;
        }
        if (at - first > best_size) {
            best_size = at - first;
            best = traced.part(first, best_size).hull();
        }
        first = at;
    }
    return best;
}

Place place_of(Form form) {
    if (form == Form::title) return Place::title;
    return form == Form::meta ? Place::meta : Place::script;
}

}  // namespace

void WrittenTexts::add(Traced&& traced, bool is_spread, bool is_held, const char* how, Form form, Origin place) {
    if (form == Form::title) resolve(traced);
    strip(traced);
    if (traced.text.empty()) return;
    // Metadata that is text has more than ASCII.
    if (form == Form::meta && is_ascii(traced.text)) return;
    if (is_spread || !is_in_order(traced.origins)) {
        // All of it stands at one place.
        const Origin all = is_spread ? largest(traced) : is_held ? traced.hull() : place;
        std::fill(traced.origins.begin(), traced.origins.end(), all);
    }
    written_.push_back({how, place_of(form), placed(std::move(traced))});
}

moderation::Value WrittenTexts::placed(Traced&& traced) const {
    moderation::Value value;
    for (std::size_t at = 0; at < traced.text.size(); ++at) {
        const Origin origin = traced.origins[at];
        const std::uint32_t width = origin.end - origin.start;
        const bool is_itself = width == 1 && script_[origin.start - base_] == traced.text[at];
        value.coded += !is_itself;
        const auto start = static_cast<std::uint32_t>(at);
        if (!value.pieces.empty()) {
            const Piece& last = value.pieces.back();
            const bool runs_on = is_itself ? !last.width && last.origin + start - last.start == origin.start
                                           : last.width == width && last.origin == origin.start;
            if (runs_on) continue;
        }
        value.pieces.push_back({start, origin.start, is_itself ? 0 : width});
    }
    value.end = traced.origins.back().end;
    value.text = std::move(traced.text);
    return value;
}

void WrittenTexts::resolve(Traced& traced) const {
    const View text = traced.text;
    if (text.find_first_of(U"&%") == View::npos) return;
    Traced found;
    for (std::size_t at = 0; at < text.size();) {
        Text resolved;
        std::size_t behind = resolve_at(text, at, resolved);
        if (resolved.empty()) resolved.push_back(text[at]), behind = at + 1;
        const Origin origin = traced.part(at, behind - at).hull();
        for (const char32_t c : resolved) found.add(c, origin);
        at = behind;
    }
    traced = std::move(found);
}

std::size_t WrittenTexts::resolve_at(View text, std::size_t at, Text& resolved) const {
    const char32_t* const start = text.data();
    const char32_t* const end = start + text.size();
    if (text[at] == '&') {
        const char32_t* next = start + at;
        if (read_reference(entities_, next, end, resolved)) return static_cast<std::size_t>(next - start);
    } else if (text[at] == '%' && at + 5 < text.size() && text[at + 1] == 'u') {
        const char32_t* next = start + at + 2;
        const std::uint32_t number = read_number(next, end, 16, 4);
        if (next == start + at + 6) {
            resolved.push_back(number >= 0xd800 && number < 0xe000 ? U'\ufffd' : number);
            return at + 6;
        }
    }
    return at + 1;
}

}  // namespace moderation::javascript
