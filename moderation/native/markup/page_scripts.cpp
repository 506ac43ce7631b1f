#include "markup/page_scripts.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "html/scan.hpp"
#include "scripts/scripts.hpp"

namespace moderation {

template <class Unit>
void PageScripts::read(Slice<Unit> script, const CodeOrigin<Unit>& origin, Standing standing) {
    for_each_hidden_id(script.at, script.end, [&](const Unit* at, const Unit* end) { hidden_ids_.emplace(at, end); });
    read_writings(script, origin, standing);
}

template <class Unit>
void PageScripts::read_writings(Slice<Unit> script, const CodeOrigin<Unit>& origin, Standing standing) {
    script_.assign(script.at, script.end);
    const std::uint32_t start = origin.offset(script.at);
    const std::size_t marked = outline_.marks.size();
    for (Writing& writing : writings_.read(script_, start, standing, outline_.marks)) {
        values_.add(origin.placed(std::move(writing.value)), writing.place, names_.of(writing.how), 0);
    }
    if (origin.pieces) place_marks(marked, *origin.pieces);
    if (!writings_.is_unread()) return;
    outline_.unread = std::min(outline_.unread, origin.pieces ? origin.pieces->front().origin : start);
}

void PageScripts::place_marks(std::size_t first, const std::vector<Piece>& pieces) {
    for (std::size_t at = first; at < outline_.marks.size(); ++at) {
        Mark& mark = outline_.marks[at];
        std::tie(mark.start, mark.end) = origin(pieces, mark.start, std::max(mark.end, mark.start + 1));
    }
}

template <class Unit>
void PageScripts::read_data(Slice<Unit> data, const CodeOrigin<Unit>& origin, bool has_nul) {
    const std::uint32_t path = names_.of("script[ld+json]");
    for (const Unit* at = data.at; (at = scan::find<Unit>(at, data.end, '"')) < data.end;) {
        const Unit* const start = ++at;
        bool is_text = false;
        while (at < data.end && *at != '"') {
            is_text |= *at >= 0x80 || (*at == '\\' && data.end - at > 1 && at[1] == 'u');
            at += *at == '\\' && data.end - at > 1 ? 2 : 1;
        }
        const Unit* const end = std::min(at, data.end);
        at = std::min(at + 1, data.end);
        const Unit* behind = scan::skip_space(at, data.end);
        const bool is_name = behind < data.end && *behind == ':';
        if (!is_text || is_name) continue;
        ValueReader<Unit> reader(values_.entities(), origin.base, has_nul);
        values_.add(origin.placed(reader.read(start, end, true)), Place::meta, path, 0);
    }
}

template <class Unit>
void PageScripts::read_handlers(const Attributes<Unit>& given, const Unit* source, bool has_nul) {
    using A = Attribute;
    for (const A each : {A::onload, A::onerror}) {
        if (given.has(each)) read_handler(given[each], source, has_nul, false, false);
    }
    for (const A each : {A::href, A::src}) {
        const Slice<Unit> value = given[each];
        const Unit* const first = scan::skip_space(value.at, value.end);
        const bool may_be_code = first < value.end && (*first == 'j' || *first == 'J' || *first == '&');
        if (may_be_code) read_handler(value, source, has_nul, true, each == A::href);
    }
}

template <class Unit>
void PageScripts::read_handler(Slice<Unit> value, const Unit* source, bool has_nul, bool is_address, bool is_clicked) {
    // What says more than "javascript:void(0)" or hides a picture; most are that.
    constexpr std::ptrdiff_t least = 20;
    constexpr std::string_view scheme = "javascript:";
    if (value.end - value.at < least) return;
    ValueReader<Unit> reader(values_.entities(), source, has_nul);
    Value code = reader.read(value.at, value.end, false);
    std::size_t start = 0;
    if (is_address) {
        const View written = code.text;
        if (!scan::starts_with_folded(written.data(), written.data() + written.size(), scheme)) return;
        code = percent_decoded(std::move(code));
        start = scheme.size();
    }
    values_.spend(limits::item);
    const Slice<char32_t> script = code_of(View(code.text).substr(start));
    if (!is_clicked) return read(script, code_origin(code), Standing::inside);
    // What a click does hides nothing, and leads where links may lead.
    const std::size_t marked = outline_.marks.size();
    read_writings(script, code_origin(code), Standing::inside);
    outline_.marks.resize(marked);
}

template void PageScripts::read(Slice<std::uint8_t>, const CodeOrigin<std::uint8_t>&, Standing);
template void PageScripts::read(Slice<std::uint16_t>, const CodeOrigin<std::uint16_t>&, Standing);
template void PageScripts::read(Slice<std::uint32_t>, const CodeOrigin<std::uint32_t>&, Standing);
template void PageScripts::read(Slice<char32_t>, const CodeOrigin<char32_t>&, Standing);
template void PageScripts::read_data(Slice<std::uint8_t>, const CodeOrigin<std::uint8_t>&, bool);
template void PageScripts::read_data(Slice<std::uint16_t>, const CodeOrigin<std::uint16_t>&, bool);
template void PageScripts::read_data(Slice<std::uint32_t>, const CodeOrigin<std::uint32_t>&, bool);
template void PageScripts::read_data(Slice<char32_t>, const CodeOrigin<char32_t>&, bool);
template void PageScripts::read_handlers(const Attributes<std::uint8_t>&, const std::uint8_t*, bool);
template void PageScripts::read_handlers(const Attributes<std::uint16_t>&, const std::uint16_t*, bool);
template void PageScripts::read_handlers(const Attributes<std::uint32_t>&, const std::uint32_t*, bool);

}  // namespace moderation
