// How far a cut of a text reaches: over separators, whole escapes and literals of a script, whole lines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "html/entities.hpp"
#include "html/scan.hpp"
#include "scripts/javascript.hpp"
#include "text/text.hpp"

namespace moderation {

// The spans that hold something, in order and apart: those that touch are one.
inline std::vector<Span> merged(std::vector<Span> spans) {
    const auto is_before = [](const Span& one, const Span& other) {
        return one.start != other.start ? one.start < other.start : one.end < other.end;
    };
    if (!std::is_sorted(spans.begin(), spans.end(), is_before)) std::sort(spans.begin(), spans.end(), is_before);
    std::size_t count = 0;
    for (const Span& span : spans) {
        if (span.start >= span.end) continue;
        if (count && span.start <= spans[count - 1].end) {
            spans[count - 1].end = std::max(spans[count - 1].end, span.end);
        } else {
            spans[count++] = span;
        }
    }
    spans.resize(count);
    return spans;
}

// What may stand between two texts. In code ">" ends a tag.
enum class Joints : std::uint8_t { text, code };

template <class Unit>
class Reach {
public:
    // `entities`: of a source that has character references, else nullptr.
    Reach(const Unit* source, std::uint32_t size, const Entities* entities)
        : source_(source), size_(size), entities_(entities) {}

    // The spans of one text with the separators between them and what stays on their line; `spans` are in order, apart
    // and inside of `bounds`.
    //
    // A cut at an end of its line takes the separator next to it; one in the middle, between two, takes the one in
    // front, so that one is left between the neighbours. Separators beyond that one were there before.
    std::vector<Span> over_joints(const std::vector<Span>& spans, Span bounds, Joints joints = Joints::text) const {
        struct Edge {
            std::uint32_t front;
            Span span;
            std::uint32_t back;
        };
        std::vector<Edge> edges;
        for (const Span& span : spans) {
            const std::uint32_t front = before(span.start, bounds.start, joints, false);
            const std::uint32_t back = behind(span.end, bounds.end, joints, false);
            if (!edges.empty() && front <= edges.back().span.end) {
                // Nothing but separators between two cuts: they are one.
                edges.back().span.end = span.end;
                edges.back().back = back;
            } else {
                edges.push_back({front, span, back});
            }
        }
        std::vector<Span> grown;
        grown.reserve(edges.size());
        for (const auto& [front, span, back] : edges) {
            const bool has_before = front > bounds.start && !is_edge(source_[front - 1]);
            const bool has_behind = back < bounds.end && !is_edge(source_[back]);
            Span cut = span;
            if (!has_behind) cut.start = front;
            // Behind a genuine text that ended in a blank of its own, that blank stays.
            if (!has_before || (!has_behind && !is_blank({span.end, back}))) cut.end = back;
            if (has_before && (!has_behind || back > span.end)) {
                cut.start = before(span.start, bounds.start, joints, true);
            }
            if (has_behind && !has_before) cut.end = behind(span.end, bounds.end, joints, true);
            grown.push_back(cut);
        }
        return grown;
    }

    // What to cut of a script so that it stays one: the insides of its strings, and lists of numbers as a whole. A span
    // over all of the script takes it as a whole. `spans` are in order, apart and inside of `script`.
    std::vector<Span> in_script(const std::vector<Span>& spans, Span script) const {
        for (const Span& span : spans) {
            if (span.start <= script.start && span.end >= script.end) return {script};
        }
        std::vector<Span> found;
        std::size_t first = 0;
        const Text text(source_ + script.start, source_ + script.end);
        for (const javascript::Literal& each : javascript::find_literals(text)) {
            const Span literal{script.start + each.start, script.start + each.end};
            while (first < spans.size() && spans[first].end <= literal.start) ++first;
            std::vector<Span> inside;
            for (std::size_t at = first; at < spans.size() && spans[at].start < literal.end; ++at) {
                inside.push_back({std::max(spans[at].start, literal.start), std::min(spans[at].end, literal.end)});
            }
            if (inside.empty()) continue;
            const std::vector<Span> cuts = each.is_list    ? std::vector<Span>{literal}
                                           : each.is_prose ? over_joints(inside, literal)
                                                           : over_escapes(std::move(inside), literal);
            if (is_broken(cuts, literal)) {
                found.push_back(literal);
            } else {
                found.insert(found.end(), cuts.begin(), cuts.end());
            }
        }
        return found;
    }

    // A cut of a text, with the beginning of a tag or reference before it, which the text behind would finish: it is
    // none as long as the cut stands between.
    Span over_begun_mark(Span cut, Span bounds) const {
        if (cut.end >= bounds.end) return cut;
        constexpr std::uint32_t longest = 31;
        std::uint32_t at = cut.start;
        bool is_name = true;
        while (at > bounds.start && cut.start - at < longest && scan::is(source_[at - 1], scan::letter | scan::digit)) {
            is_name &= scan::is(source_[--at], scan::letter);
        }
        const auto is_at = [&](std::uint32_t back, char what) {
            return at - bounds.start >= back && source_[at - back] == static_cast<Unit>(what);
        };
        const bool is_whole = at == cut.start;  // nothing but signs
        if (is_at(1, '&') || (is_name && is_at(1, '<'))) return {at - 1, cut.end};
        if (is_at(2, '&') && is_at(1, '#')) return {at - 2, cut.end};
        if (is_at(2, '<') && ((is_name && is_at(1, '/')) || (is_whole && is_at(1, '!')))) return {at - 2, cut.end};
        if (!is_whole || !is_at(1, '-')) return cut;
        if (is_at(3, '<') && is_at(2, '!')) return {at - 3, cut.end};
        if (is_at(4, '<') && is_at(3, '!') && is_at(2, '-')) return {at - 4, cut.end};
        return cut;
    }

    // Takes the line break, and one blank line, along with a cut that had its lines to itself.
    Span over_line(Span cut) const {
        Span line = cut;
        while (line.start && is_indent(source_[line.start - 1])) --line.start;
        while (line.end < size_ && is_indent(source_[line.end])) ++line.end;
        if ((line.start && !is_break(source_[line.start - 1])) || (line.end < size_ && !is_break(source_[line.end]))) {
            return cut;
        }
        if (line.end == size_) return line;
        line.end = behind_break(line.end);
        // Between two blank lines, or at the very start, the blank line behind belonged to the cut line.
        const bool is_between = line.start == 0 || ends_with(line.start, "\n\n") || ends_with(line.start, "\r\n\r\n") ||
                                ends_with(line.start, "\r\r");
        if (is_between && line.end < size_ && is_break(source_[line.end])) line.end = behind_break(line.end);
        return line;
    }

    // Whether something else than white space is in a stretch.
    bool has_text(Span span) const {
        return scan::skip_space(source_ + span.start, source_ + span.end) < source_ + span.end;
    }

private:
    static constexpr View blanks = U" \t\u00a0\u3000";
    static constexpr View joints_of_text = U" \t\u00a0\u3000_|丨,，、-–—·•:：;；/»~～>";

    static bool is_among(char32_t c, View any) { return any.find(c) != View::npos; }

    static bool is_joint(char32_t c, Joints joints) {
        return is_among(c, joints_of_text) && (joints == Joints::text || c != '>');
    }

    // Where a text ends within another one: a line's end, and the quotes of a script's string.
    static bool is_edge(Unit c) { return is_break(c) || c == '"' || c == '\'' || c == '`'; }
    static bool is_break(Unit c) { return c == '\r' || c == '\n'; }
    static bool is_indent(Unit c) { return c == ' ' || c == '\t'; }

    bool is_blank(Span span) const {
        return std::all_of(source_ + span.start, source_ + span.end, [](Unit c) { return is_among(c, blanks); });
    }

    std::uint32_t behind_break(std::uint32_t at) const {
        return source_[at] == '\r' && at + 1 < size_ && source_[at + 1] == '\n' ? at + 2 : at + 1;
    }

    bool ends_with(std::uint32_t end, std::string_view word) const {
        return end >= word.size() && scan::starts_with(source_ + end - word.size(), source_ + end, word);
    }

    // ---------------------------------------------------------------------------------------------- separators

    // One separator between two texts: a mark, repeated or not, with the blanks around it.
    class Joint {
    public:
        // Whether the next character or reference belongs to it.
        bool takes(View text) {
            if (std::all_of(text.begin(), text.end(), [](char32_t c) { return is_among(c, blanks); })) {
                is_over_ = !mark_.empty();
                return true;
            }
            if (is_over_ || (!mark_.empty() && text != mark_)) return false;
            mark_ = text;
            return true;
        }

    private:
        Text mark_;
        bool is_over_ = false;
    };

    // Where the separators begin that end at `at`; with `is_one` the last of them.
    std::uint32_t before(std::uint32_t at, std::uint32_t low, Joints joints, bool is_one) const {
        Joint joint;
        Text meant;
        while (at > low && is_joint(source_[at - 1], joints)) {
            std::uint32_t start = at - 1;
            meant.assign(1, source_[start]);
            if (entities_ && source_[start] == ';') {
                if (const std::uint32_t reference = reference_before(at, low); reference < at) {
                    if (!is_joint({reference, at}, joints, meant)) break;
                    start = reference;
                }
            }
            if (is_one && !joint.takes(meant)) break;
            at = start;
        }
        return at;
    }

    // Where the separators end that begin at `at`; with `is_one` the first of them.
    std::uint32_t behind(std::uint32_t at, std::uint32_t high, Joints joints, bool is_one) const {
        Joint joint;
        Text meant;
        while (at < high) {
            std::uint32_t end = at + 1;
            meant.assign(1, source_[at]);
            if (!is_joint(source_[at], joints)) {
                if (!entities_ || source_[at] != '&') break;
                end = behind_reference(at, high);
                if (end == at || !is_joint({at, end}, joints, meant)) break;
            }
            if (is_one && !joint.takes(meant)) break;
            at = end;
        }
        return at;
    }

    // Where the reference ends that begins with the ampersand at `at`; `at` if none does.
    std::uint32_t behind_reference(std::uint32_t at, std::uint32_t high) const {
        constexpr std::uint32_t longest_number = 7, longest_name = 16;
        std::uint32_t end = at + 1;
        const bool is_number = end < high && source_[end] == '#';
        if (is_number) ++end;
        const std::uint32_t first = end, most = is_number ? longest_number : longest_name;
        while (end < high && end - first < most && scan::is(source_[end], scan::letter | scan::digit)) ++end;
        return end > first && end < high && source_[end] == ';' ? end + 1 : at;
    }

    // Where the reference begins that ends at `at`; `at` if none does.
    std::uint32_t reference_before(std::uint32_t at, std::uint32_t low) const {
        constexpr std::uint32_t longest = 18;
        for (std::uint32_t start = at; start > low && at - start < longest;) {
            if (source_[--start] == '&') return behind_reference(start, at) == at ? start : at;
        }
        return at;
    }

    // Whether a reference is a separator, and what it stands for.
    bool is_joint(Span reference, Joints joints, Text& meant) const {
        std::string name(source_ + reference.start + 1, source_ + reference.end);
        if (name[0] == '#') {
            const bool is_hexadecimal = scan::lower(name[1]) == 'x';
            const auto is_digit = [&](char c) {
                return scan::is(static_cast<std::uint8_t>(c), is_hexadecimal ? scan::hexadecimal : scan::digit);
            };
            // What stands behind the digits stays as it is.
            if (!std::all_of(name.begin() + (is_hexadecimal ? 2 : 1), name.end() - 1, is_digit)) return false;
        } else if (!entities_->find(name)) {
            return false;
        }
        meant.clear();
        return unescape(*entities_, name, meant) &&
               std::all_of(meant.begin(), meant.end(), [&](char32_t c) { return is_joint(c, joints); });
    }

    // ---------------------------------------------------------------------------------------------- scripts

    // The spans, each with the escapes that it would cut in two.
    std::vector<Span> over_escapes(std::vector<Span> spans, Span literal) const {
        std::size_t next = 0;
        for (std::uint32_t at = literal.start; at < literal.end && next < spans.size();) {
            const std::uint32_t end = source_[at] == '\\' ? behind_escape(at, literal.end) : at + 1;
            for (; next < spans.size(); ++next) {
                Span& span = spans[next];
                if (at < span.start && span.start < end) span.start = at;
                if (span.end > end) break;
                if (at < span.end) span.end = end;
            }
            at = end;
        }
        return merged(std::move(spans));
    }

    // How many hexadecimal digits stand in [from, end), `most` of them at most.
    std::uint32_t digits(std::uint32_t from, std::uint32_t end, std::uint32_t most) const {
        std::uint32_t to = from;
        while (to < end && to - from < most && scan::is(source_[to], scan::hexadecimal)) ++to;
        return to - from;
    }

    // Whether four digits there are half of a surrogate pair; `seconds`: the second digit of such a half.
    bool is_half(std::uint32_t from, std::uint32_t end, std::string_view seconds) const {
        return digits(from, end, 4) == 4 && scan::lower(source_[from]) == 'd' &&
               seconds.find(static_cast<char>(scan::lower(source_[from + 1]))) != std::string_view::npos;
    }

    // Where an escape of four digits ends that begins with the "u" at `at`, both halves of a pair taken together; 0
    // where there is none.
    std::uint32_t behind_code_unit(std::uint32_t at, std::uint32_t end) const {
        if (digits(at + 1, end, 4) < 4) return 0;
        const std::uint32_t behind = at + 5;
        const bool is_pair = is_half(at + 1, end, "89ab") && behind + 1 < end && source_[behind] == '\\' &&
                             source_[behind + 1] == 'u' && is_half(behind + 2, end, "cdef");
        return is_pair ? behind + 6 : behind;
    }

    // Where the escape in a string ends that begins with the backslash at `at`.
    std::uint32_t behind_escape(std::uint32_t at, std::uint32_t end) const {
        const auto is_at = [&](std::uint32_t place, char what) {
            return place < end && source_[place] == static_cast<Unit>(what);
        };
        const std::uint32_t what = at + 1;
        if (what >= end) return end;
        if (is_at(what, 'u')) {
            if (is_at(what + 1, '{')) {
                const std::uint32_t count = digits(what + 2, end, 8);
                if (count && is_at(what + 2 + count, '}')) return what + 3 + count;
            }
            if (const std::uint32_t behind = behind_code_unit(what, end)) return behind;
        }
        if (is_at(what, 'x') && digits(what + 1, end, 2) == 2) return what + 3;
        std::uint32_t octal = 0;
        while (octal < 3 && what + octal < end && source_[what + octal] >= '0' && source_[what + octal] <= '7') ++octal;
        if (octal) return what + octal;
        return is_at(what, '\r') && is_at(what + 1, '\n') ? what + 2 : what + 1;
    }

    // Whether what the cuts leave of a string is no string any more: it would end the script, or begin a substitution.
    bool is_broken(const std::vector<Span>& cuts, Span literal) const {
        Text kept;
        std::uint32_t at = literal.start;
        for (const Span& cut : cuts) {
            kept.append(source_ + at, source_ + cut.start);
            at = cut.end;
        }
        kept.append(source_ + at, source_ + literal.end);
        return breaks(kept.data(), kept.data() + kept.size()) > breaks(source_ + literal.start, source_ + literal.end);
    }

    template <class Of>
    static std::size_t breaks(const Of* at, const Of* end) {
        std::size_t count = 0;
        for (; at < end; ++at) {
            count +=
                (*at == '<' && (scan::starts_with(at, end, "<!--") || scan::starts_with_folded(at, end, "</script"))) ||
                (*at == '$' && scan::starts_with(at, end, "${"));
        }
        return count;
    }

    const Unit* const source_;
    const std::uint32_t size_;
    const Entities* const entities_;
};

}  // namespace moderation
