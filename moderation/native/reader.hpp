// Markup -> items: every stretch of text that stands together, with what is known of it.
//
// The page is read as the WHATWG tokenizer reads it, without tokens and without a tree: every construct is taken where
// it stands, so that offsets are those of the source by construction, and deep nesting costs nothing. What a tree would
// add (foster parenting, formatting elements) moves no text that matters here.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "markup.hpp"
#include "scripts.hpp"
#include "styles.hpp"
#include "tags.hpp"
#include "values.hpp"

namespace moderation {

// A stretch of text before lists are put together: its text and pieces as ranges of an Outline's. `container` is the
// same for the items of a list. `is_settled`: its place is, as that of a meta tag; `is_heading` and `is_footer` say what
// stands around the others. `coded` and `linked` count characters written as references and inside links.
struct Item {
    std::uint32_t text, text_end;
    std::uint32_t piece, piece_end;
    std::uint32_t end;  // in the source
    std::uint32_t path, hidden;
    std::uint32_t container;
    std::uint32_t ids;
    std::uint32_t coded, linked, links;
    Place place;
    bool is_settled, is_heading, is_footer;
};

// Strings with a number each.
class Names {
public:
    // `names` come with the first one, the empty name.
    explicit Names(std::vector<std::string>& names) : names_(names), slots_(64) {}

    std::uint32_t of(std::string_view name) {
        if (name.empty()) return 0;
        if (2 * names_.size() >= slots_.size()) grow();
        const std::uint64_t hash = keyed_hash(name.data(), name.data() + name.size());
        for (std::size_t at = hash;; ++at) {
            Slot& slot = slots_[at & (slots_.size() - 1)];
            if (!slot.number) {
                slot = {hash, static_cast<std::uint32_t>(names_.size())};
                names_.emplace_back(name);
                return slot.number;
            }
            if (slot.hash == hash && names_[slot.number] == name) return slot.number;
        }
    }

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t number = 0;  // 0: free
    };

    void grow() {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (!slot.number) continue;
            std::size_t at = slot.hash;
            while (slots_[at & (slots_.size() - 1)].number) ++at;
            slots_[at & (slots_.size() - 1)] = slot;
        }
    }

    std::vector<std::string>& names_;
    std::vector<Slot> slots_;
};

void append_utf8(View text, std::string& out);

// Code points that are written once and grow by doubling; `used` of them are written.
class Writer {
public:
    char32_t* room(std::size_t size) {
        if (used_ + size > text_.size()) text_.resize(std::max(2 * text_.size(), used_ + size + 1024));
        char32_t* at = text_.data() + used_;
        used_ += size;
        return at;
    }

    // Only what stands in front of `end`, of the room given last, is written.
    void use(const char32_t* end) { used_ = static_cast<std::size_t>(end - text_.data()); }

    std::uint32_t used() const { return static_cast<std::uint32_t>(used_); }
    char32_t* data() { return text_.data(); }

    Text take() {
        text_.resize(used_);
        return std::move(text_);
    }

private:
    Text text_;
    std::size_t used_ = 0;
};

template <class Unit>
class Reader {
public:
    Reader(const Unit* source, std::uint32_t size, Helpers& helpers, Outline& outline)
        : source_(source), size_(size), helpers_(helpers), outline_(outline), names_(outline.names) {
        stack_.push_back({});
        stack_[0].path = unknown;
    }

    // The items of the page, their texts in `outline`.
    std::vector<Item> run() {
        read(source_, source_ + size_, 0);
        flush();
        hide_by_script();
        outline_.text = writer_.take();
        return std::move(items_);
    }

private:
    static constexpr std::uint32_t unknown = ~std::uint32_t{0};
    // How deep raw text is read inside raw text: no page needs more, and each level reads the rest again.
    static constexpr int nested = 2;

    struct Range {
        const Unit* at;
        const Unit* end;

        bool empty() const { return at == end; }
    };

    // The attributes that the reader looks at.
    enum Attribute { id, class_, style, hidden, width, height, name, property, itemprop, content, alt, title, attributes };

    struct Attributes {
        std::uint32_t given = 0;  // bits
        std::array<Range, attributes> values;

        bool has(Attribute attribute) const { return given >> attribute & 1; }
        // The value, or an empty one.
        Range operator[](Attribute attribute) const { return has(attribute) ? values[attribute] : Range{nullptr, nullptr}; }
    };

    // What text inherits from the elements around it.
    struct State {
        std::uint32_t hidden = 0;
        std::uint32_t ids = 0;
        bool is_footer = false, is_link = false, is_heading = false, is_silent = false;
    };

    // An open element; `block` is where the nearest element of the stack that is not inline stands, itself counted.
    struct Open {
        std::uint32_t tag = Tags::none;
        std::uint32_t key = 0, parent = 0, block = 0;
        std::uint32_t path = unknown;
        State state;
    };

    // An id and those of the elements around it.
    struct Id {
        std::uint32_t outer;
        Range value;
    };

    // ---------------------------------------------------------------------------------------------- tokens

    static bool is_blank(Unit c) { return scan::is(c, scan::blank); }

    // Data state.
    void read(const Unit* at, const Unit* end, int depth) {
        has_nul_ = depth == 0;
        const Unit* start = at;
        while (true) {
            at = scan::find_either<Unit>(at, end, '<', '&');
            if (at == end) break;
            if (*at == '&') {
                read_reference_at(start, at, end);
                continue;
            }
            const Unit next = end - at > 1 ? at[1] : Unit{0};
            const bool is_end = next == '/';
            const bool is_construct = scan::is(next, scan::letter) || next == '!' || next == '?' || (is_end && end - at > 2);
            if (!is_construct) {
                ++at;
                continue;
            }
            add_text(start, at);
            if (is_end) {
                at = scan::is(at[2], scan::letter) ? read_end_tag(at, end) : skip_bogus_comment(at, end);
            } else if (next == '!' || next == '?') {
                at = skip_declaration(at, end);
            } else {
                at = read_start_tag(at, end, depth);
                has_nul_ = depth == 0;
            }
            start = at;
        }
        add_text(start, end);
    }

    // The text in front of an ampersand and the reference that begins there, if one does.
    void read_reference_at(const Unit*& start, const Unit*& at, const Unit* end) {
        const Unit* behind = at;
        resolved_.clear();
        if (!read_reference(helpers_.entities, behind, end, resolved_)) {
            ++at;
            return;
        }
        add_text(start, at);
        add_reference(at, behind);
        start = at = behind;
    }

    static const Unit* skip_bogus_comment(const Unit* at, const Unit* end) {
        const Unit* stop = scan::find<Unit>(at + 2, end, '>');
        return stop == end ? end : stop + 1;
    }

    // A comment, or what begins like one and ends with the first ">": a doctype, a processing instruction, CDATA.
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

    // Behind a tag whose attributes begin at `at`, or nullptr where the input ends inside it. `visit` is called with each
    // name and value, the value empty if there is none.
    template <class Visit>
    static const Unit* read_attributes(const Unit* at, const Unit* end, Visit&& visit) {
        while (true) {
            // Before attribute name state, self-closing start tag state.
            while (at < end && (is_blank(*at) || *at == '/')) ++at;
            if (at == end) return nullptr;
            if (*at == '>') return at + 1;
            // Attribute name state; an equals sign at its start is part of it.
            const Unit* start = at++;
            while (at < end && !scan::is(*at, scan::ends_attribute_name)) ++at;
            const Range given{start, at};
            // After attribute name state.
            while (at < end && is_blank(*at)) ++at;
            if (at == end) return nullptr;
            if (*at != '=') {
                visit(given, Range{at, at});
                continue;
            }
            // Before attribute value state.
            ++at;
            while (at < end && is_blank(*at)) ++at;
            if (at == end) return nullptr;
            start = at;
            if (*at == '"' || *at == '\'') {
                at = scan::find<Unit>(start + 1, end, *start);
                if (at == end) return nullptr;
                visit(given, Range{start + 1, at});
                ++at;
            } else {
                while (at < end && !scan::is(*at, scan::ends_unquoted)) ++at;
                visit(given, Range{start, at});
            }
        }
    }

    // Which of the attributes that matter has this name, or `attributes`.
    static Attribute attribute(Range given) {
        const auto size = static_cast<std::size_t>(given.end - given.at);
        const auto is = [&](std::string_view word, Attribute which) {
            return scan::starts_with_folded(given.at, given.end, word) ? which : attributes;
        };
        if (size > 8 || size < 2 || !scan::is(*given.at, scan::name_start)) return attributes;
        const Unit first = scan::lower(*given.at);
        switch (size) {
            case 2: return is("id", id);
            case 3: return is("alt", alt);
            case 4: return is("name", name);
            case 5:
                return first == 'c' ? is("class", class_) : first == 's' ? is("style", style)
                     : first == 'w' ? is("width", width) : is("title", title);
            case 6: return first == 'h' && scan::lower(given.at[1]) == 'e' ? is("height", height) : is("hidden", hidden);
            case 7: return is("content", content);
            default: return first == 'p' ? is("property", property) : is("itemprop", itemprop);
        }
    }

    // The name of a tag, at which `at` points and behind which it is moved.
    std::uint32_t read_tag_name(const Unit*& at, const Unit* end) {
        const Unit* start = at;
        std::uint64_t packed = 0;
        std::uint32_t other = 0;
        for (; at < end && !scan::is(*at, scan::ends_tag_name); ++at) {
            packed = packed << 8 | static_cast<std::uint8_t>(scan::lower(*at));
            other |= static_cast<std::uint32_t>(*at) | (*at ? 0u : 0x80u);
        }
        const auto size = static_cast<std::size_t>(at - start);
        if (size <= 8 && other < 0x80) return tags_.of_packed(packed);
        tag_name_.clear();
        for (const Unit* each = start; each < at; ++each) {
            tag_name_.push_back(*each ? static_cast<char32_t>(scan::lower(*each)) : U'\ufffd');
        }
        return tags_.of(tag_name_);
    }

    const Unit* read_end_tag(const Unit* at, const Unit* end) {
        at += 2;
        const std::uint32_t tag = read_tag_name(at, end);
        const Unit* behind = read_attributes(at, end, [](Range, Range) {});
        if (!behind) return end;
        end_element(tag);
        return behind;
    }

    const Unit* read_start_tag(const Unit* start, const Unit* end, int depth) {
        const Unit* at = start + 1;
        const std::uint32_t tag = read_tag_name(at, end);
        Attributes given;
        at = read_attributes(at, end, [&](Range word, Range value) {
            const Attribute which = attribute(word);
            if (which == attributes || given.has(which)) return;
            given.given |= 1u << which;
            given.values[which] = value;
        });
        if (!at) return end;
        const Facts& facts = tags_.facts(tag);
        start_element(tag, facts, given, {start, at});
        if (facts.content == Content::data) return at;
        return read_content(tag, facts.content, at, end, depth);
    }

    // ---------------------------------------------------------------------------------------------- raw content

    // What stands inside an element that is no markup to the tokenizer; comes back with where it ends.
    const Unit* read_content(std::uint32_t tag, Content content, const Unit* at, const Unit* end, int depth) {
        has_nul_ = false;
        if (content == Content::rcdata) return read_rcdata(tag, at, end);
        const Unit* stop = content == Content::plaintext ? end
                         : content == Content::script ? find_script_end(at, end) : find_end_tag(tag, at, end);
        if (stop == at) return stop;
        if (content == Content::style) {
            learn({at, stop});
        } else if (content == Content::script) {
            read_script({at, stop});
        } else if (content == Content::rawtext && depth < nested) {
            // With scripting on, the tokenizer takes these for raw text; a crawler reads the markup inside.
            read(at, stop, depth + 1);
            flush();
        } else if (content == Content::plaintext) {
            add_text(at, stop);
        } else {
            add_words(at, stop);
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

    const Unit* find_end_tag(std::uint32_t tag, const Unit* at, const Unit* end) const {
        const View name = tags_.name(tag);
        while (true) {
            at = scan::find<Unit>(at, end, '<');
            if (at == end || is_end_tag(at, end, name)) return at;
            ++at;
        }
    }

    const Unit* read_rcdata(std::uint32_t tag, const Unit* at, const Unit* end) {
        const View name = tags_.name(tag);
        const Unit* start = at;
        while (true) {
            at = scan::find_either<Unit>(at, end, '<', '&');
            if (at == end || (*at == '<' && is_end_tag(at, end, name))) break;
            if (*at == '&') {
                read_reference_at(start, at, end);
            } else {
                ++at;
            }
        }
        add_text(start, at);
        return at;
    }

    static const Unit* find_script_end(const Unit* at, const Unit* end) {
        constexpr View name = U"script";
        while (true) {
            // Script data state.
            at = scan::find<Unit>(at, end, '<');
            if (at == end || is_end_tag(at, end, name)) return at;
            if (!scan::starts_with(at, end, "<!--")) {
                ++at;
                continue;
            }
            // Script data escaped state, entered as behind two dashes, and the double escaped one.
            at += 2;
            bool is_double = false;
            while (true) {
                at = scan::find_either<Unit>(at, end, '<', '-');
                if (at == end) return at;
                if (*at == '-') {
                    const Unit* dash = at;
                    while (at < end && *at == '-') ++at;
                    if (at - dash > 1 && at < end && *at == '>') break;
                    continue;
                }
                if (!is_double && is_end_tag(at, end, name)) return at;
                // The names of start tags lead into the double escaped state, those of end tags out of it.
                const Unit* word = at + 1;
                ++at;
                if (is_double) {
                    if (at == end || *at != '/') continue;
                    word = ++at;
                }
                while (at < end && scan::is(*at, scan::letter)) ++at;
                if (at == end) return end;
                const bool is_script = at - word == 6 && scan::starts_with_folded(word, at, "script");
                if (is_script && scan::is(*at, scan::ends_tag_name)) is_double = !is_double;
            }
        }
    }

    void learn(Range sheet) {
        for_each_rule(sheet.at, sheet.end, [&](const Unit* words, const Unit* words_end, const Unit* body, const Unit* body_end) {
            const std::string reason = hiding_reason(body, body_end);
            if (reason.empty()) return;
            const std::uint32_t number = names_.of("sheet-" + reason);
            const Text selectors = sheets::selectors(sheets::prelude(words, words_end), words_end);
            for (std::size_t at = 0; at <= selectors.size();) {
                const std::size_t comma = std::min(selectors.find(U',', at), selectors.size());
                const View selector = scan::strip(View(selectors).substr(at, comma - at));
                if (is_simple(selector)) rules_.learn(selector, number);
                at = comma + 1;
            }
        });
    }

    // A class or an id and nothing else.
    bool is_simple(View selector) const {
        if (selector.size() < 2 || (selector[0] != '.' && selector[0] != '#')) return false;
        for (const char32_t c : selector.substr(1)) {
            const bool is_ascii_name = scan::is(c, scan::letter | scan::digit) || c == '_' || c == '-';
            if (!is_ascii_name && (c < 0x80 || !helpers_.is_alphanumeric(c))) return false;
        }
        return true;
    }

    void read_script(Range script) {
        for_each_hidden_id(script.at, script.end, helpers_.is_alphanumeric, [&](const Unit* at, const Unit* end) {
            hidden_ids_.emplace(at, end);
        });
        const auto titles = find_titles(script.at, script.end);
        if (titles.empty()) return;
        static const std::string path = "script[document.title]";
        for (const auto& title : titles) {
            if (title.text == title.text_end) continue;
            ValueReader<Unit> reader(helpers_.entities, source_, has_nul_);
            add_value(reader.read(title.text, title.text_end, true), Place::title, names_.of(path), 0);
        }
        if (tells_visitors_apart(script.at, script.end)) {
            const Mark mark{"script:title-switch", offset(titles.front().start), offset(titles.back().end()), "document.title"};
            outline_.marks.push_back(mark);
        }
    }

    // ---------------------------------------------------------------------------------------------- elements

    void start_element(std::uint32_t tag, const Facts& facts, const Attributes& given, Range verbatim) {
        if (facts.breaks) flush();
        if (facts.closes && tags_.facts(stack_[stack_.back().block].tag).kind & facts.closes) imply_end(facts);
        const Open top = stack_.back();
        State state = top.state;
        if (given.given) {
            if (!state.hidden) state.hidden = hiding(facts, given);
            if (!given[id].empty()) {
                ids_.push_back({state.ids, given[id]});
                state.ids = static_cast<std::uint32_t>(ids_.size());
            }
            if (!state.is_footer && !facts.is_inline) state.is_footer = is_footer(given[id]) || is_footer(given[class_]);
        }
        state.is_footer |= facts.is_footer;
        if (facts.is_meta) {
            read_meta(given, verbatim);
        } else if (given.given >> alt) {
            read_titles(tag, given, verbatim, state.hidden);
        }
        if (facts.is_void) return;
        if (facts.is_unshown && !state.hidden) {
            name_.clear();
            append_utf8(tags_.name(tag), name_);
            state.hidden = names_.of(name_);
        }
        state.is_link |= facts.is_link;
        state.is_heading |= facts.is_heading;
        state.is_silent |= facts.is_silent;
        if (!facts.is_inline || state.hidden != top.state.hidden) flush();
        ++keys_;
        const auto place = static_cast<std::uint32_t>(stack_.size());
        if (facts.is_inline) {
            stack_.push_back({tag, top.key, top.parent, top.block, unknown, state});
        } else {
            stack_.push_back({tag, keys_, top.key, place, unknown, state});
        }
        if (tag >= open_.size()) open_.resize(std::max<std::size_t>(tags_.size(), 2 * open_.size()));
        ++open_[tag];
        links_ += facts.is_link;
    }

    void end_element(std::uint32_t tag) {
        // An end tag without a start is skipped by the count, so that hostile nesting stays linear.
        if (tag >= open_.size() || !open_[tag]) {
            if (tag == Tags::p || tag == Tags::br) flush();
            return;
        }
        while (stack_.size() > 1) {
            const Open& top = stack_.back();
            const std::uint32_t ended = top.tag;
            if (!tags_.facts(ended).is_inline || top.state.hidden != stack_[stack_.size() - 2].state.hidden) flush();
            stack_.pop_back();
            --open_[ended];
            if (ended == tag) return;
        }
    }

    void imply_end(const Facts& facts) {
        // Inline elements are jumped over, so that thousands of them left open cost nothing.
        while (true) {
            const std::uint32_t back = stack_.back().block;
            const std::uint8_t kind = tags_.facts(stack_[back].tag).kind;
            if (!(kind & facts.closes)) return;
            flush();
            while (stack_.size() > back) {
                --open_[stack_.back().tag];
                stack_.pop_back();
            }
            if (!facts.ends_more(kind)) return;
        }
    }

    // ---------------------------------------------------------------------------------------------- attributes

    // A value as the tokenizer gives it.
    Text resolved(Range value) const {
        Text text;
        resolve_attribute(helpers_.entities, value.at, value.end, text);
        return text;
    }

    static bool has_reference(Range value) { return scan::find<Unit>(value.at, value.end, '&') != value.end; }

    // How an element's own attributes or the rules of a sheet hide it: the number of a name, or 0.
    std::uint32_t hiding(const Facts& facts, const Attributes& given) {
        if (!given[style].empty()) {
            const std::string reason = hiding_reason(given[style]);
            if (!reason.empty()) return names_.of(reason);
        }
        if (given.has(hidden) && resolved(given[hidden]) != U"until-found") return names_.of("attribute");
        if (facts.sized != Sized::no && given.given & (1u << width | 1u << height)) {
            for (const Attribute side : {width, height}) {
                const auto size = leading_number(resolved(given[side]), helpers_.decimal);
                // A marquee one or two pixels high is the classic hiding place of planted links.
                if (size && (facts.sized == Sized::marquee ? *size <= 6 : *size == 0)) return names_.of("zero-size");
            }
        }
        return rules_.empty() ? 0 : hiding_rule(given);
    }

    // How a style hides, or an empty string.
    template <class Char>
    std::string hiding_reason(const Char* at, const Char* end) {
        if (is_calm(at, end) && !may_hide(at, end)) return {};
        if (narrow(at, end, style_)) return std::string(moderation::hiding(style_));
        Text text;
        for (; at < end; ++at) {
            if (*at == '\r' && end - at > 1 && at[1] == '\n') ++at;
            text.push_back(*at == '\r' ? U'\n' : *at ? static_cast<char32_t>(*at) : U'\ufffd');
        }
        return helpers_.hiding_style(text);
    }

    std::string hiding_reason(Range style) {
        if (!has_reference(style)) return hiding_reason(style.at, style.end);
        const Text text = resolved(style);
        return hiding_reason(text.data(), text.data() + text.size());
    }

    // The reason of the first rule that meets the id or one of the classes, or 0.
    std::uint32_t hiding_rule(const Attributes& given) const {
        if (has_reference(given[id]) || has_reference(given[class_])) {
            const Text own = resolved(given[id]), classes = resolved(given[class_]);
            return hiding_rule(own.data(), own.data() + own.size(), classes.data(), classes.data() + classes.size());
        }
        return hiding_rule(given[id].at, given[id].end, given[class_].at, given[class_].end);
    }

    template <class Char>
    std::uint32_t hiding_rule(const Char* own, const Char* own_end, const Char* at, const Char* end) const {
        if (own < own_end) {
            if (const std::uint32_t reason = rules_.of('#', own, own_end)) return reason;
        }
        while ((at = scan::skip_space(at, end)) < end) {
            const Char* start = at;
            while (at < end && !scan::is_space(*at)) ++at;
            if (const std::uint32_t reason = rules_.of('.', start, at)) return reason;
        }
        return 0;
    }

    // Whether an id or classes say that an element is the end of its page.
    bool is_footer(Range value) const {
        if (has_reference(value)) {
            const Text text = resolved(value);
            return says_footer(text.data(), text.data() + text.size());
        }
        return says_footer(value.at, value.end);
    }

    template <class Char>
    static bool says_footer(const Char* start, const Char* end) {
        for (const Char* at = start; at < end; ++at) {
            switch (scan::lower(*at)) {
                case 'f':
                    if (scan::starts_with_folded(at, end, "foot")) return true;
                    break;
                case 'c':
                    if (scan::starts_with_folded(at, end, "copyright")) return true;
                    break;
                case 'b':
                    if (scan::starts_with_folded(at, end, "bottom") &&
                        (at == start || scan::is_space(at[-1]) || at[-1] == '_' || at[-1] == '-')) {
                        return true;
                    }
                    break;
                default: break;
            }
        }
        return false;
    }

    void read_meta(const Attributes& given, Range verbatim) {
        if (!given.has(content)) return;
        for (const Attribute which : {name, property, itemprop}) {
            if (given[which].empty()) continue;
            const Text text = resolved(given[which]);
            const View word = scan::strip(text);
            if (!is_meta_text(word)) return;
            flush();
            name_ = "meta[";
            for (const char32_t c : word) {
                if (c == 0x130) {
                    name_ += "i\u0307";
                } else {
                    const char32_t lower = c == 0x212a ? U'k' : scan::lower(c);
                    append_utf8({&lower, 1}, name_);
                }
            }
            name_ += ']';
            add_attribute("content", verbatim, Place::meta, name_, 0);
            return;
        }
    }

    // The metadata that is text, as search engines and people who share a page show it.
    static bool is_meta_text(View name) {
        // The longest of the words below.
        if (name.size() > 19) return false;
        std::string word;
        for (const char32_t c : name) {
            const std::uint32_t folded = scripts::folded(c);
            if (folded >= 0x80) return false;
            word.push_back(static_cast<char>(folded));
        }
        if (word == "description" || word == "keywords" || word == "title") return true;
        const std::size_t colon = word.find(':');
        if (colon == std::string::npos) return false;
        const std::string site = word.substr(0, colon), what = word.substr(colon + 1);
        return (site == "og" || site == "twitter") && (what == "title" || what == "description" || what == "site_name");
    }

    void read_titles(std::uint32_t tag, const Attributes& given, Range verbatim, std::uint32_t hidden) {
        for (const Attribute which : {alt, title}) {
            if (!given.has(which) || !is_foreign(given[which])) continue;
            flush();
            name_ = outline_.names[path()] + '/';
            append_utf8(tags_.name(tag), name_);
            name_ += which == alt ? "[alt]" : "[title]";
            const Place place = stack_.back().state.is_footer ? Place::footer : Place::body;
            add_attribute(which == alt ? "alt" : "title", verbatim, place, name_, hidden);
        }
    }

    // Whether a value has characters beyond ASCII and is not white space alone.
    bool is_foreign(Range value) const {
        const auto decide = [](auto at, auto end) {
            bool is_ascii = true, is_blank = true;
            for (; at < end; ++at) {
                is_ascii &= *at && *at < 0x80;
                is_blank &= scan::is_space(*at);
            }
            return !is_ascii && !is_blank;
        };
        if (!has_reference(value)) return decide(value.at, value.end);
        const Text text = resolved(value);
        return decide(text.begin(), text.end());
    }

    void add_attribute(std::string_view word, Range verbatim, Place place, const std::string& path, std::uint32_t hidden) {
        const auto [at, end] = find_attribute(verbatim.at, verbatim.end, word);
        if (at == end) return;
        ValueReader<Unit> reader(helpers_.entities, source_, has_nul_);
        add_value(reader.read(at, end, false), place, names_.of(path), hidden);
    }

    // ---------------------------------------------------------------------------------------------- text

    std::uint32_t offset(const Unit* at) const { return static_cast<std::uint32_t>(at - source_); }

    void add_text(const Unit* at, const Unit* end) {
        if (at == end) return;
        if (!stack_.back().state.is_silent) return add_words(at, end);
        // White space alone parts words even here.
        const Unit* start = at;
        while (at < end && is_blank(*at)) ++at;
        if (at == end) add_blank(start, end);
    }

    void add_words(const Unit* at, const Unit* end) {
        const State& state = stack_.back().state;
        if (state.is_silent) return;
        while (at < end) {
            const Unit* start = at;
            while (at < end && is_blank(*at)) ++at;
            if (at > start) add_blank(start, at);
            if (at == end) return;
            add_space();
            add_piece(offset(at), 0);
            const std::uint32_t size = copy_words(at, end);
            end_ = offset(at);
            if (state.is_link) linked_ += size;
        }
    }

    // Copies words with single blanks between them, which run with the source; says how much there was.
    std::uint32_t copy_words(const Unit*& at, const Unit* end) {
        char32_t* const first = writer_.room(static_cast<std::size_t>(end - at) + scan::spare);
        char32_t* to = first;
        while (true) {
            at = scan::copy_word(at, end, to);
            if (at == end) break;
            if (is_blank(*at) && (*at != ' ' || end - at < 2 || is_blank(at[1]))) break;
            *to++ = *at || has_nul_ ? static_cast<char32_t>(*at) : U'\ufffd';
            ++at;
        }
        writer_.use(to);
        return static_cast<std::uint32_t>(to - first);
    }

    void add_reference(const Unit* at, const Unit* behind) {
        const State& state = stack_.back().state;
        if (state.is_silent) return;
        if (resolved_ == U" " || resolved_ == U"\t" || resolved_ == U"\n") {
            add_blank(at, behind);
            return;
        }
        add_space();
        add_piece(offset(at), static_cast<std::uint32_t>(behind - at));
        std::copy(resolved_.begin(), resolved_.end(), writer_.room(resolved_.size()));
        end_ = offset(behind);
        coded_ += static_cast<std::uint32_t>(resolved_.size());
        if (state.is_link) linked_ += static_cast<std::uint32_t>(resolved_.size());
    }

    std::uint32_t size() const { return writer_.used() - text_; }

    // A piece of the current run that begins here, unless the last one runs on.
    void add_piece(std::uint32_t origin, std::uint32_t width) {
        auto& pieces = outline_.pieces;
        if (!width && pieces.size() > piece_) {
            const Piece& last = pieces.back();
            if (!last.width && last.origin + size() - last.start == origin) return;
        }
        pieces.push_back({size(), origin, width});
    }

    void add_blank(const Unit* at, const Unit* end) {
        if (!size()) return;
        if (!has_space_) space_ = offset(at);
        has_space_ = true;
        space_end_ = offset(end);
    }

    void add_space() {
        if (!has_space_) return;
        has_space_ = false;
        add_piece(space_, space_end_ - space_);
        *writer_.room(1) = ' ';
        end_ = space_end_;
    }

    // Ends the current run.
    void flush() {
        has_space_ = false;
        if (!size()) {
            links_ = 0;
            return;
        }
        const std::uint32_t path_of_run = path();
        const Open& owner = stack_.back();
        if (!waiting_.empty()) put_waiting_first();
        items_.push_back({text_, writer_.used(), piece_, pieces(), end_, path_of_run, owner.state.hidden, owner.parent,
                          owner.state.ids, coded_, linked_, links_, Place::body, false, owner.state.is_heading,
                          owner.state.is_footer});
        end_item();
        coded_ = linked_ = links_ = 0;
    }

    std::uint32_t pieces() const { return static_cast<std::uint32_t>(outline_.pieces.size()); }

    // A line break behind each item, so that items become one block by being taken together.
    void end_item() {
        outline_.pieces.push_back({writer_.used() - text_, 0, 0});
        *writer_.room(1) = '\n';
        text_ = writer_.used();
        piece_ = pieces();
    }

    // A block of its own: the value of an attribute, or a script's string. The latter may stand inside a run, which then
    // comes behind it.
    void add_value(Value&& value, Place place, std::uint32_t path, std::uint32_t hidden) {
        if (value.text.empty()) return;
        if (size()) {
            waiting_.push_back({std::move(value), place, path, hidden});
            return;
        }
        put(value, place, path, hidden);
    }

    void put(const Value& value, Place place, std::uint32_t path, std::uint32_t hidden) {
        std::copy(value.text.begin(), value.text.end(), writer_.room(value.text.size()));
        outline_.pieces.insert(outline_.pieces.end(), value.pieces.begin(), value.pieces.end());
        items_.push_back({text_, writer_.used(), piece_, pieces(), value.end, path, hidden, 0, 0, value.coded, 0, 0, place,
                          true, false, false});
        end_item();
    }

    void put_waiting_first() {
        const std::uint32_t first_text = text_, first_piece = piece_;
        text_ = writer_.used();
        piece_ = pieces();
        const std::uint32_t run_end = text_, run_pieces = piece_;
        const std::size_t first_item = items_.size();
        for (const Waiting& each : waiting_) put(each.value, each.place, each.path, each.hidden);
        waiting_.clear();
        std::rotate(writer_.data() + first_text, writer_.data() + run_end, writer_.data() + writer_.used());
        std::rotate(outline_.pieces.begin() + first_piece, outline_.pieces.begin() + run_pieces, outline_.pieces.end());
        const std::uint32_t text_moved = run_end - first_text, pieces_moved = run_pieces - first_piece;
        for (std::size_t at = first_item; at < items_.size(); ++at) {
            items_[at].text -= text_moved;
            items_[at].text_end -= text_moved;
            items_[at].piece -= pieces_moved;
            items_[at].piece_end -= pieces_moved;
        }
        text_ = writer_.used() - text_moved;
        piece_ = pieces() - pieces_moved;
    }

    // ---------------------------------------------------------------------------------------------- where we are

    // The names of the innermost six open elements, as the number of a name.
    std::uint32_t path() {
        Open& top = stack_.back();
        if (top.path != unknown) return top.path;
        std::array<std::uint32_t, 6> tags{};
        const std::size_t depth = std::min<std::size_t>(stack_.size(), tags.size());
        for (std::size_t i = 0; i < depth; ++i) tags[i] = stack_[stack_.size() - depth + i].tag;
        const auto [found, is_new] = paths_.try_emplace(tags, 0);
        if (is_new) {
            name_.clear();
            for (std::size_t i = 0; i < depth; ++i) {
                if (tags[i] == Tags::none) continue;
                if (!name_.empty()) name_ += '/';
                append_utf8(tags_.name(tags[i]), name_);
            }
            found->second = names_.of(name_.empty() ? "body" : name_);
        }
        return top.path = found->second;
    }

    // The items under an id that a script hides: it may stand behind what it hides.
    void hide_by_script() {
        if (hidden_ids_.empty()) return;
        // An element remembers this many ids of those around it.
        constexpr int remembered = 9;
        std::vector<bool> is_hidden(ids_.size() + 1);
        for (std::size_t at = 0; at < ids_.size(); ++at) {
            is_hidden[at + 1] = hidden_ids_.count(resolved(ids_[at].value)) != 0;
        }
        const std::uint32_t script = names_.of("script");
        for (Item& item : items_) {
            std::uint32_t at = item.ids;
            for (int i = 0; i < remembered && at && !item.hidden; ++i, at = ids_[at - 1].outer) {
                if (is_hidden[at]) item.hidden = script;
            }
        }
    }

    struct PathHash {
        std::size_t operator()(const std::array<std::uint32_t, 6>& tags) const {
            return keyed_hash(tags.data(), tags.data() + tags.size());
        }
    };

    struct Waiting {
        Value value;
        Place place;
        std::uint32_t path, hidden;
    };

    const Unit* const source_;
    const std::uint32_t size_;
    Helpers& helpers_;
    Outline& outline_;
    Names names_;
    Tags tags_;
    HiddenRules rules_;
    std::vector<Item> items_;
    std::vector<Open> stack_;
    std::vector<std::uint32_t> open_;  // how often each tag is open
    std::uint32_t keys_ = 0;
    std::vector<Id> ids_;  // numbered from 1
    std::set<Text> hidden_ids_;
    std::unordered_map<std::array<std::uint32_t, 6>, std::uint32_t, PathHash> paths_;
    bool has_nul_ = true;  // a NUL is one, and not read as U+FFFD

    // The current run: where its text and pieces begin, where it ends in the source, what it counts.
    Writer writer_;
    std::uint32_t text_ = 0, piece_ = 0, end_ = 0;
    std::uint32_t coded_ = 0, linked_ = 0, links_ = 0;
    bool has_space_ = false;
    std::uint32_t space_ = 0, space_end_ = 0;
    std::vector<Waiting> waiting_;

    // Kept for their memory.
    Text resolved_, tag_name_;
    std::string name_, style_;
};

}  // namespace moderation
