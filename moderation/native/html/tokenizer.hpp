// The WHATWG tokenizer (https://html.spec.whatwg.org/#tokenization) without tokens: what it finds is handed on as it
// stands in the source. What depends on the page's tree is asked of who walks over it: whether an element's content is
// markup, and whether a CDATA section may stand here.
#pragma once

#include <cstdint>

#include "html/attributes.hpp"
#include "html/entities.hpp"
#include "html/scan.hpp"
#include "html/tags.hpp"

namespace moderation {

// `Walk` derives from it and has the functions that are called on it:
//     on_text(at, end)             text between two constructs
//     on_reference(at, end, text)  a character reference, and what it stands for
//     on_start(tag, facts, attributes, verbatim, is_self_closing)   says how the content is to be read
//     on_end(tag, verbatim)
//     is_foreign()                 whether the innermost element is one of SVG or MathML
//     on_style(sheet), on_script(script)
//     on_raw_text(at, end)         raw text too deep inside raw text to be read as markup
//     on_raw_start(), on_raw_end(mark)   the ends of raw text that is read as markup; the first gives the mark
template <class Unit, class Walk>
class Tokenizer {
public:
    explicit Tokenizer(const Entities& entities) : entities_(entities) {}

protected:
    // Data state, inside `depth` elements of raw text.
    void read(const Unit* at, const Unit* end, int depth) {
        has_nul_ = depth == 0;
        const Unit* start = at;
        while (true) {
            at = scan::find_either<Unit>(at, end, '<', '&');
            if (at == end) break;
            if (*at == '&') {
                read_reference_behind(start, at, end);
                continue;
            }
            // Tag open state.
            const Unit next = end - at > 1 ? at[1] : Unit{0};
            const bool is_end = next == '/' && end - at > 2;
            const bool is_declaration = next == '!' || next == '?';
            if (!is_end && !is_declaration && !scan::is(next, scan::letter)) {
                ++at;
                continue;
            }
            walk().on_text(start, at);
            if (is_end) {
                at = scan::is(at[2], scan::letter) ? read_end_tag(at, end) : skip_bogus_comment(at, end);
            } else if (is_declaration) {
                at = scan::starts_with(at, end, "<![CDATA[") && walk().is_foreign() ? read_cdata(at, end)
                                                                                    : skip_declaration(at, end);
            } else {
                at = read_start_tag(at, end, depth);
                has_nul_ = depth == 0;
            }
            start = at;
        }
        walk().on_text(start, end);
    }

    // Whether a NUL of what is being read is one: inside elements that are no markup to the tokenizer it is U+FFFD.
    bool has_nul() const { return has_nul_; }

    Tags tags_;

private:
    // How deep raw text is read inside raw text: no page needs more, and each level reads the rest again.
    static constexpr int nested = 2;

    Walk& walk() { return static_cast<Walk&>(*this); }

    static bool is_blank(Unit c) { return scan::is(c, scan::blank); }

    // The text from `start` to the ampersand `at` and the reference that begins there; both are moved behind it. If
    // none does, the text goes on.
    void read_reference_behind(const Unit*& start, const Unit*& at, const Unit* end) {
        const Unit* behind = at;
        resolved_.clear();
        if (!read_reference(entities_, behind, end, resolved_)) {
            ++at;
            return;
        }
        walk().on_text(start, at);
        walk().on_reference(at, behind, resolved_);
        start = at = behind;
    }

    // Bogus comment state; a doctype, a processing instruction and CDATA end with the first ">" too.
    static const Unit* skip_bogus_comment(const Unit* at, const Unit* end) {
        const Unit* stop = scan::find<Unit>(at + 2, end, '>');
        return stop == end ? end : stop + 1;
    }

    // CDATA section state.
    const Unit* read_cdata(const Unit* at, const Unit* end) {
        at += std::string_view("<![CDATA[").size();
        const Unit* stop = at;
        while (true) {
            stop = scan::find_pair<Unit>(stop, end, ']', ']');
            if (stop == end || scan::starts_with(stop + 2, end, ">")) break;
            ++stop;
        }
        walk().on_text(at, stop);
        return stop == end ? end : stop + 3;
    }

    // Markup declaration open state, and the comment states.
    static const Unit* skip_declaration(const Unit* at, const Unit* end) {
        if (!scan::starts_with(at, end, "<!--")) return skip_bogus_comment(at, end);
        at += 4;
        if (scan::starts_with(at, end, ">")) return at + 1;
        if (scan::starts_with(at, end, "->")) return at + 2;
        while (true) {
            at = scan::find_pair<Unit>(at, end, '-', '-');
            if (at == end) return end;
            if (scan::starts_with(at + 2, end, ">")) return at + 3;
            if (scan::starts_with(at + 2, end, "!>")) return at + 4;
            ++at;
        }
    }

    // ---------------------------------------------------------------------------------------------- tags

    const Unit* read_start_tag(const Unit* start, const Unit* end, int depth) {
        const Unit* at = start + 1;
        const std::uint32_t tag = read_tag_name(at, end);
        Attributes<Unit> given;
        bool is_self_closing = false;
        at = read_attributes(at, end, is_self_closing,
                             [&](Slice<Unit> name, Slice<Unit> value) { given.add(name, value); });
        if (!at) return end;
        const Content content = walk().on_start(tag, tags_.facts(tag), given, Slice<Unit>{start, at}, is_self_closing);
        return content == Content::data ? at : read_content(tag, content, at, end, depth);
    }

    const Unit* read_end_tag(const Unit* at, const Unit* end) {
        const Unit* const start = at;
        at += 2;
        const std::uint32_t tag = read_tag_name(at, end);
        bool is_self_closing = false;
        at = read_attributes(at, end, is_self_closing, [](Slice<Unit>, Slice<Unit>) {});
        if (!at) return end;
        walk().on_end(tag, Slice<Unit>{start, at});
        return at;
    }

    // The name that begins at `at`, which is moved behind it.
    std::uint32_t read_tag_name(const Unit*& at, const Unit* end) {
        const Unit* start = at;
        std::uint64_t packed = 0;
        std::uint32_t bits = 0;
        for (; at < end && !scan::is(*at, scan::ends_tag_name); ++at) {
            packed = packed << 8 | static_cast<std::uint8_t>(scan::lower(*at));
            bits |= *at ? static_cast<std::uint32_t>(*at) : 0x80u;
        }
        if (at - start <= 8 && bits < 0x80) return tags_.of_packed(packed);
        tag_name_.clear();
        for (const Unit* each = start; each < at; ++each) {
            tag_name_.push_back(*each ? static_cast<char32_t>(scan::lower(*each)) : U'\ufffd');
        }
        return tags_.of(tag_name_);
    }

    // ---------------------------------------------------------------------------------------------- raw content

    // Reads what stands inside an element that is no markup to the tokenizer; comes back with where its end tag begins.
    const Unit* read_content(std::uint32_t tag, Content content, const Unit* at, const Unit* end, int depth) {
        has_nul_ = false;
        const View name = tags_.name(tag);
        if (content == Content::rcdata) return read_rcdata(name, at, end);
        const Unit* stop = content == Content::plaintext ? end
                           : content == Content::script  ? find_script_end(at, end)
                                                         : find_end_tag(name, at, end);
        if (stop == at) return stop;
        if (content == Content::style) {
            walk().on_style(Slice<Unit>{at, stop});
        } else if (content == Content::script) {
            walk().on_script(Slice<Unit>{at, stop});
        } else if (content == Content::plaintext) {
            walk().on_text(at, stop);
        } else if (depth < nested) {
            // With scripting on, the tokenizer takes these for raw text; a crawler reads the markup inside.
            const std::size_t mark = walk().on_raw_start();
            read(at, stop, depth + 1);
            walk().on_raw_end(mark);
        } else {
            walk().on_raw_text(at, stop);
        }
        return stop;
    }

    // Whether the end tag of an element begins at `at`, a "<".
    static bool is_end_tag(const Unit* at, const Unit* end, View name) {
        if (end - at < static_cast<std::ptrdiff_t>(name.size()) + 3 || at[1] != '/') return false;
        at += 2;
        for (const char32_t c : name) {
            if (static_cast<char32_t>(scan::lower(*at++)) != c) return false;
        }
        return scan::is(*at, scan::ends_tag_name);
    }

    // RAWTEXT state.
    static const Unit* find_end_tag(View name, const Unit* at, const Unit* end) {
        while (true) {
            at = scan::find<Unit>(at, end, '<');
            if (at == end || is_end_tag(at, end, name)) return at;
            ++at;
        }
    }

    // RCDATA state.
    const Unit* read_rcdata(View name, const Unit* at, const Unit* end) {
        const Unit* start = at;
        while (true) {
            at = scan::find_either<Unit>(at, end, '<', '&');
            if (at == end || (*at == '<' && is_end_tag(at, end, name))) break;
            if (*at == '&') {
                read_reference_behind(start, at, end);
            } else {
                ++at;
            }
        }
        walk().on_text(start, at);
        return at;
    }

    // Script data state.
    static const Unit* find_script_end(const Unit* at, const Unit* end) {
        while (true) {
            at = scan::find<Unit>(at, end, '<');
            if (at == end || is_end_tag(at, end, script_)) return at;
            if (!scan::starts_with(at, end, "<!--")) {
                ++at;
            } else if (!skip_escaped(at, end)) {
                return at;
            }
        }
    }

    // Script data escaped and double escaped state, entered with the "<!--" at `at`. False where the script ends, with
    // `at` there.
    static bool skip_escaped(const Unit*& at, const Unit* end) {
        // To its own dashes, which ">" may follow.
        at += 2;
        bool is_double = false;
        while (true) {
            at = scan::find_either<Unit>(at, end, '<', '-');
            if (at == end) return false;
            if (*at == '-') {
                const Unit* dash = at;
                while (at < end && *at == '-') ++at;
                if (at - dash > 1 && at < end && *at == '>') return true;
                continue;
            }
            if (!is_double && is_end_tag(at, end, script_)) return false;
            ++at;
            // The name of a start tag leads into the double escaped state, that of an end tag out of it.
            if (is_double) {
                if (at == end || *at != '/') continue;
                ++at;
            }
            const Unit* name = at;
            while (at < end && scan::is(*at, scan::letter)) ++at;
            const bool is_script = at - name == 6 && scan::starts_with_folded(name, at, "script");
            if (is_script && at < end && scan::is(*at, scan::ends_tag_name)) is_double = !is_double;
        }
    }

    static constexpr View script_ = U"script";

    const Entities& entities_;
    bool has_nul_ = true;
    // Kept for their memory.
    Text resolved_, tag_name_;
};

}  // namespace moderation
