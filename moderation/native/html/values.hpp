// Text with its origin that stands for itself: the values of attributes and the strings of scripts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "html/entities.hpp"
#include "html/outline.hpp"
#include "limits.hpp"

namespace moderation {

// What a value says, and where each part comes from; `start` of a piece counts in this text, `coded` the characters
// written as references or escapes.
struct Value {
    Text text;
    std::vector<Piece> pieces;
    std::uint32_t end = 0;
    std::uint32_t coded = 0;
};

// Where the code points [start, start + size) of a value come from, as pieces that begin at `at`.
inline void trace(const std::vector<Piece>& pieces, std::uint32_t start, std::uint32_t size, std::uint32_t at,
                  std::vector<Piece>& out) {
    const auto behind = std::upper_bound(pieces.begin(), pieces.end(), start,
                                         [](std::uint32_t offset, const Piece& piece) { return offset < piece.start; });
    for (auto piece = behind - 1; size; ++piece) {
        const std::uint32_t here = start - piece->start;
        const std::uint32_t rest = piece + 1 == pieces.end() ? size : std::min(size, (piece + 1)->start - start);
        out.push_back({at, piece->width ? piece->origin : piece->origin + here, piece->width});
        start += rest;
        at += rest;
        size -= rest;
    }
}

// The stretch of the source that one of a value comes from; it is not empty.
inline std::pair<std::uint32_t, std::uint32_t> origin(const std::vector<Piece>& pieces, std::uint32_t start,
                                                      std::uint32_t end) {
    std::vector<Piece> first, last;
    trace(pieces, start, 1, 0, first);
    trace(pieces, end - 1, 1, 0, last);
    return {first[0].origin, last[0].origin + std::max(last[0].width, std::uint32_t{1})};
}

// A piece of a text that was made of a value, as pieces of what the value was made of; `end`: where in that text it
// ends.
inline void trace(const std::vector<Piece>& pieces, const Piece& piece, std::uint32_t end, std::vector<Piece>& out) {
    if (piece.width) {
        const auto [from, to] = origin(pieces, piece.origin, piece.origin + piece.width);
        out.push_back({piece.start, from, to - from});
    } else {
        trace(pieces, piece.origin, end - piece.start, piece.start, out);
    }
}

// A value that was read out of another one, with its places in what that one was made of.
inline Value traced(Value&& value, const std::vector<Piece>& pieces) {
    if (value.text.empty()) return std::move(value);
    const std::vector<Piece> own = std::move(value.pieces);
    value.pieces.clear();
    for (std::size_t at = 0; at < own.size(); ++at) {
        const std::uint32_t end =
            at + 1 < own.size() ? own[at + 1].start : static_cast<std::uint32_t>(value.text.size());
        trace(pieces, own[at], end, value.pieces);
    }
    value.end = origin(pieces, value.end - 1, value.end).second;
    return std::move(value);
}

// The byte that the escape of an address at `at` stands for, or -1.
inline std::int32_t escaped_byte(View text, std::size_t at) {
    if (at + 2 >= text.size() || text[at] != '%') return -1;
    const char32_t* next = text.data() + at + 1;
    const std::uint32_t number = read_number(next, text.data() + at + 3, 16, 2);
    return next == text.data() + at + 3 ? static_cast<std::int32_t>(number) : -1;
}

// How many bytes of UTF-8 follow a byte that begins a character; -1 of one that begins none.
inline int bytes_behind(std::int32_t lead) {
    if (lead < 0x80) return lead < 0 ? -1 : 0;
    if (lead < 0xc2) return -1;
    if (lead < 0xe0) return 1;
    return lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
}

// The character whose bytes stand at `at` as escapes of an address, and how much of the text they are: 0 if they are
// none.
inline std::pair<char32_t, std::uint32_t> escaped_character(View text, std::size_t at) {
    constexpr std::uint32_t escape = 3;  // "%E4"
    const std::int32_t lead = escaped_byte(text, at);
    const int more = bytes_behind(lead);
    if (more < 0) return {U'\0', 0};
    auto c = static_cast<char32_t>(more ? lead & (0x3f >> more) : lead);
    std::uint32_t size = escape;
    for (int each = 0; each < more; ++each, size += escape) {
        const std::int32_t next = escaped_byte(text, at + size);
        if (next < 0 || (next & 0xc0) != 0x80) return {U'\0', 0};
        c = c << 6 | static_cast<char32_t>(next & 0x3f);
    }
    return {c, size};
}

// The value with escapes of addresses ("%E4%B8%80") as what they stand for, where their bytes are UTF-8.
inline Value percent_decoded(Value&& value) {
    if (value.text.find(U'%') == Text::npos) return std::move(value);
    const View text = value.text;
    Value decoded;
    for (std::size_t at = 0; at < text.size();) {
        const auto [escaped, width] = escaped_character(text, at);
        const bool runs_on = !width && !decoded.pieces.empty() && !decoded.pieces.back().width;
        if (!runs_on) {
            decoded.pieces.push_back(
                {static_cast<std::uint32_t>(decoded.text.size()), static_cast<std::uint32_t>(at), width});
        }
        decoded.text.push_back(width ? escaped : text[at]);
        decoded.coded += width > 0;
        at += width ? width : 1;
    }
    decoded.end = static_cast<std::uint32_t>(text.size());
    return traced(std::move(decoded), value.pieces);
}

// A value as parts that each make one block, in order.
template <class Take>
void in_parts(Value&& value, Take&& take) {
    if (value.text.size() <= limits::block) return take(std::move(value));
    const char32_t* const text = value.text.data();
    const auto size = static_cast<std::uint32_t>(value.text.size());
    std::size_t piece = 0;
    for (std::uint32_t start = 0, stop; start < size; start = stop) {
        stop = start + scan::part_size(text + start, text + size);
        Value part;
        part.text.assign(text + start, text + stop);
        for (; piece < value.pieces.size() && value.pieces[piece].start < stop; ++piece) {
            Piece each = value.pieces[piece];
            const std::uint32_t end = piece + 1 < value.pieces.size() ? value.pieces[piece + 1].start : size;
            if (each.start < start) {
                if (!each.width) each.origin += start - each.start;
                each.start = start;
            }
            const std::uint32_t length = std::min(end, stop) - each.start;
            part.end = each.origin + (each.width ? each.width : length);
            if (each.width) part.coded += length;
            each.start -= start;
            part.pieces.push_back(each);
            if (end > stop) break;  // it goes on in the next part
        }
        take(std::move(part));
    }
}

// Reads values out of a source; `has_nul` says that a NUL of the source is one, and not read as U+FFFD.
template <class Unit>
class ValueReader {
public:
    ValueReader(const Entities& entities, const Unit* source, bool has_nul)
        : entities_(entities), source_(source), has_nul_(has_nul) {}

    // The text between `at` and `end`, white space at its ends taken off, references resolved; in a script's string
    // escapes too.
    Value read(const Unit* at, const Unit* end, bool has_escapes) {
        scan::strip(at, end);
        const Unit* plain = at;
        while (at < end) {
            const Unit* behind = at;
            resolved_.clear();
            bool is_resolved = false;
            if (*at == '&') {
                is_resolved = reference(behind, end);
            } else if (has_escapes && (*at == '\\' || *at == '%')) {
                is_resolved = escape(behind, end);
            }
            if (is_resolved) {
                add_plain(plain, at);
                if (!resolved_.empty()) add(at, behind);
                plain = behind;
            }
            at = behind > at ? behind : at + 1;
        }
        add_plain(plain, end);
        return std::move(value_);
    }

private:
    // Text that runs with the source; a CR LF is one newline that stands for both.
    void add_plain(const Unit* at, const Unit* end) {
        const auto start_piece = [&](std::uint32_t width) {
            value_.pieces.push_back({static_cast<std::uint32_t>(value_.text.size()), offset(at), width});
        };
        if (at < end) value_.end = offset(end);
        bool is_running = false;
        for (; at < end; ++at) {
            if (*at == '\r' && end - at > 1 && at[1] == '\n') {
                start_piece(2);
                value_.text.push_back('\n');
                ++at;
                is_running = false;
                continue;
            }
            if (!is_running) start_piece(0);
            is_running = true;
            value_.text.push_back(*at == '\r' ? U'\n' : !*at && !has_nul_ ? U'\ufffd' : static_cast<char32_t>(*at));
        }
    }

    void add(const Unit* at, const Unit* end) {
        value_.pieces.push_back(
            {static_cast<std::uint32_t>(value_.text.size()), offset(at), static_cast<std::uint32_t>(end - at)});
        value_.text.append(resolved_);
        value_.coded += static_cast<std::uint32_t>(resolved_.size());
        value_.end = offset(end);
    }

    std::uint32_t offset(const Unit* at) const { return static_cast<std::uint32_t>(at - source_); }

    // A reference of limited length; `at` is moved behind it even where it stands for nothing and is left as it is.
    bool reference(const Unit*& at, const Unit* end) {
        constexpr std::size_t digits = 7, hexadecimals = 6, letters = 32;
        const Unit* behind = at + 1;
        if (behind == end) return false;
        if (*behind == '#') {
            ++behind;
            const bool is_hexadecimal = behind < end && (*behind == 'x' || *behind == 'X');
            behind += is_hexadecimal;
            const Unit* first = behind;
            read_number(behind, end, is_hexadecimal ? 16 : 10, is_hexadecimal ? hexadecimals : digits);
            if (behind == first) return false;
        } else {
            if (!scan::is(*behind, scan::letter)) return false;
            const std::size_t size = read_run(behind, end, letters).size();
            if (size < 2) return false;
            behind += size;
        }
        if (behind < end && *behind == ';') ++behind;
        const std::string written(at + 1, behind);
        at = behind;
        return unescape(entities_, written, resolved_);
    }

    // "\u4e00", "\x41", "%u4e00"; a character beyond the BMP is written as two halves.
    bool escape(const Unit*& at, const Unit* end) {
        const bool is_backslash = *at == '\\';
        if (end - at < 2 || !(at[1] == 'u' || (is_backslash && at[1] == 'x'))) return false;
        const std::size_t digits = at[1] == 'u' ? 4 : 2;
        const std::uint32_t number = read_digits(at + 2, end, digits);
        if (number == no_code_point) return false;
        at += 2 + digits;
        const auto is_half = [](std::uint32_t half, std::uint32_t first) { return (half & 0xfc00) == first; };
        if (is_backslash && is_half(number, 0xd800) && end - at > 1 && at[0] == '\\' && at[1] == 'u') {
            const std::uint32_t low = read_digits(at + 2, end, 4);
            if (low != no_code_point && is_half(low, 0xdc00)) {
                at += 6;
                resolved_.push_back(0x10000 + ((number - 0xd800) << 10) + low - 0xdc00);
                return true;
            }
        }
        resolved_.push_back(number >= 0xd800 && number < 0xe000 ? U'\ufffd' : number);
        return true;
    }

    // A number of exactly so many hexadecimal digits, or `no_code_point`.
    static std::uint32_t read_digits(const Unit* at, const Unit* end, std::size_t digits) {
        const Unit* behind = at;
        const std::uint32_t number = read_number(behind, end, 16, digits);
        return static_cast<std::size_t>(behind - at) == digits ? number : no_code_point;
    }

    const Entities& entities_;
    const Unit* source_;
    const bool has_nul_;
    Value value_;
    Text resolved_;
};

}  // namespace moderation
