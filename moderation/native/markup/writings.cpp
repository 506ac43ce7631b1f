#include "markup/writings.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "markup/escapes.hpp"
#include "markup/guards.hpp"
#include "markup/names.hpp"
#include "markup/scan.hpp"
#include "markup/written_markup.hpp"

namespace moderation {

namespace {

using javascript::add_host;
using javascript::Constants;
using javascript::Guards;
using javascript::host_of;
using javascript::join_bytes;
using javascript::none;
using javascript::Origin;
using javascript::Reach;
using javascript::read_markup;
using javascript::sign;
using javascript::Sink;
using javascript::Token;
using javascript::Traced;
using javascript::visitor;
using javascript::WrittenMarkup;
using TokenKind = javascript::Kind;
using Constant = javascript::Value;
using ConstantKind = javascript::Value::Kind;

// How deep scripts are read that scripts write.
constexpr int nested = 3;
// Marks of a page.
constexpr std::size_t most_marks = 32;
// Names such as "_0x3fa2" from which a script is one that a machine made unreadable; members whose names are written in
// escapes, from which it is one too.
constexpr std::size_t many_coded_names = 8, many_coded_members = 2;

bool holds(View text, View word) {
    return text.find(word) != View::npos;
}

bool is_letter(char32_t c) {
    return c < 0x80 && scan::is(c, scan::letter);
}

// Whether a script names a host in letters that can be read. What stands in front of its domain may be put there by
// what asks for the page's scheme: ("https:" == … ? "//ssl" : "//www") + ".stats.example".
bool names_host(View script, std::string_view host) {
    if (std::count(host.begin(), host.end(), '.') > 1) host.remove_prefix(host.find('.') + 1);
    const auto is_same = [](char32_t one, char two) { return scan::lower(one) == static_cast<unsigned char>(two); };
    return std::search(script.begin(), script.end(), host.begin(), host.end(), is_same) != script.end();
}

// What a script does, beside what it writes.
struct Deeds {
    bool is_unread = false;  // it has more tokens than are read
    bool reads_visitor = false;
    bool is_obfuscated = false;
    bool is_unreadable = false;  // what it does is decoded by what only running it tells
    bool sets_title = false;
    Origin title{0, 0};  // the first and the last statement
    // Hosts: where visitors are led, whoever they are; where some browsers are sent; where those are who come from a
    // search engine, or are none.
    std::array<std::vector<std::string>, 3> led;  // by Reach
    std::vector<std::string> parted, cloaked;
};

// Reads one script, and those it writes.
class Walk {
public:
    // `source` is the script; `whole`, of a script in a script, where it stands in the page as a whole.
    Walk(const Entities& entities, View page_script, std::uint32_t base, javascript::Budget& budget,
         std::vector<Writing>& written)
        : entities_(entities), top_(page_script), base_(base), budget_(budget), written_(written) {}

    Deeds run(View source, const std::vector<Origin>* origins, Origin whole, int depth);

private:
    class Level;

    // What is written, and where: as the page's title, as its metadata, as text, as markup.
    enum class Form { title, meta, text, markup };

    // Adds what is written; `place` is that of the whole expression.
    void write(Traced&& traced, bool is_spread, bool is_held, const char* how, Form form, Origin place) {
        if (form == Form::title) resolve(traced);
        strip(traced);
        if (traced.text.empty()) return;
        // Metadata that is text has more than ASCII.
        const auto is_foreign = [](char32_t c) { return c >= 0x80; };
        if (form == Form::meta && std::none_of(traced.text.begin(), traced.text.end(), is_foreign)) return;
        Writing writing{how, form == Form::title ? Place::title : form == Form::meta ? Place::meta : Place::script, {}};
        Value& value = writing.value;
        bool is_plain = !is_spread;
        for (std::size_t at = 1; at < traced.origins.size() && is_plain; ++at) {
            const Origin one = traced.origins[at - 1], two = traced.origins[at];
            is_plain = one.start <= two.start && one.end <= two.end;
        }
        if (is_spread) place = largest(traced);
        if (!is_plain && !is_spread && is_held) place = traced.hull();
        for (std::size_t at = 0; at < traced.text.size(); ++at) {
            const Origin origin = is_plain ? traced.origins[at] : place;
            const std::uint32_t width = origin.end - origin.start;
            const bool is_itself = width == 1 && top_[origin.start - base_] == traced.text[at];
            value.coded += !is_itself;
            const std::uint32_t start = static_cast<std::uint32_t>(at);
            if (!value.pieces.empty()) {
                const Piece& last = value.pieces.back();
                const bool runs_on = is_itself ? !last.width && last.origin + start - last.start == origin.start
                                               : last.width == width && last.origin == origin.start;
                if (runs_on) continue;
            }
            value.pieces.push_back({start, origin.start, is_itself ? 0 : width});
        }
        value.end = is_plain ? traced.origins.back().end : place.end;
        value.text = std::move(traced.text);
        written_.push_back(std::move(writing));
    }

    // The longest stretch of the source that a text comes from without a gap.
    static Origin largest(const Traced& traced) {
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

    // References in a title, and escapes of "unescape", which some templates leave in.
    void resolve(Traced& traced) {
        const View text = traced.text;
        if (text.find_first_of(U"&%") == View::npos) return;
        Traced found;
        const char32_t* const start = text.data();
        const char32_t* const end = start + text.size();
        for (std::size_t at = 0; at < text.size();) {
            Text resolved;
            std::size_t behind = at + 1;
            if (text[at] == '&') {
                const char32_t* next = start + at;
                if (read_reference(entities_, next, end, resolved)) behind = static_cast<std::size_t>(next - start);
            } else if (text[at] == '%' && at + 5 < text.size() && text[at + 1] == 'u') {
                const char32_t* next = start + at + 2;
                const std::uint32_t number = read_number(next, end, 16, 4);
                if (next == start + at + 6) {
                    behind = at + 6;
                    resolved.push_back(number >= 0xd800 && number < 0xe000 ? U'\ufffd' : number);
                }
            }
            if (resolved.empty()) resolved.push_back(text[at]), behind = at + 1;
            const Origin origin = traced.part(at, behind - at).hull();
            for (const char32_t c : resolved) found.add(c, origin);
            at = behind;
        }
        traced = std::move(found);
    }

    static void strip(Traced& traced) {
        const View stripped = scan::strip(traced.text);
        if (stripped.size() == traced.text.size()) return;
        traced = traced.part(static_cast<std::size_t>(stripped.data() - traced.text.data()), stripped.size());
    }

    const Entities& entities_;
    const View top_;
    const std::uint32_t base_;
    javascript::Budget& budget_;
    std::vector<Writing>& written_;
};

class Walk::Level {
public:
    Level(Walk& walk, View source, const std::vector<Origin>* origins, Origin whole, int depth)
        : walk_(walk),
          constants_(source, walk.base_, origins, walk.budget_),
          source_(source),
          whole_(whole),
          depth_(depth) {}

    Deeds run() {
        const auto& tokens = constants_.tokens();
        std::size_t coded = 0, asked = 0;
        for (std::size_t at = 0; at < tokens.size(); ++at) {
            const Token& token = tokens[at];
            constants_.look_from(at);
            if (token.kind == TokenKind::name) {
                const bool is_coded =
                    token.end - token.start > 4 && source_[token.start] == '_' && source_[token.start + 1] == '0';
                coded += is_coded;
                asked += is_coded && asks_for_text(at);
                read_name(at);
            } else if (token.kind == TokenKind::sign) {
                if (token.is(sign('.')) || token.is(sign('?', '.')) || token.is(sign('['))) read_member(at);
                if (at && token.is(sign('=', '>'))) constants_.read_function(at);
            } else if (token.kind == TokenKind::text && token.end - token.start > 8) {
                const View text = source_.substr(token.start, token.end - token.start);
                deeds_.is_unreadable |= text.size() < 64 && (holds(text, U"jsjiami.com") || holds(text, U"sojson.v"));
            }
        }
        deeds_.is_unread |= tokens.size() >= javascript::most_tokens;
        deeds_.is_unreadable |= coded >= many_coded_names && asked;
        deeds_.is_obfuscated |=
            deeds_.is_unreadable || coded >= many_coded_names || coded_members_ >= many_coded_members;
        judge_sinks();
        return std::move(deeds_);
    }

private:
    const Token& token(std::size_t at) const { return constants_.token(at); }

    bool is_member(std::size_t at) const { return constants_.is_member(at); }
    bool is_given(std::size_t at) const { return constants_.is_given(at); }

    // Whether the name at `at` is called with a number or a text first: "_0x3fa2(0x1c3)", "_0x3fa2('0x1', 'k3y')".
    bool asks_for_text(std::size_t at) const {
        return token(at + 1).is(sign('(')) && (token(at + 2).kind == TokenKind::number || token(at + 2).is_text());
    }

    // Whether a text is written in escapes alone.
    bool is_in_escapes(const Token& text) const {
        constexpr std::size_t shortest = 2 + 3 * 4;
        if (text.kind != TokenKind::text || text.end - text.start < shortest) return false;
        std::size_t at = text.start + 1;
        while (at + 1 < text.end && source_[at] == '\\') {
            if (source_[at + 1] != 'x' && source_[at + 1] != 'u') return false;
            at += source_[at + 1] == 'x' ? 4 : 6;
        }
        return at + 1 == text.end;
    }

    // ------------------------------------------------------------------------------------------ names and members

    void read_name(std::size_t at) {
        if (is_member(at)) return;
        if (constants_.is_name(at, "function")) return constants_.read_function(at);
        const Token& next = token(at + 1);
        if (next.kind != TokenKind::sign) return;
        if (is_given(at + 1)) {
            if (constants_.is_name(at, "location")) {
                send(at, at + 2);
            } else {
                constants_.assign(at);
            }
        } else if (next.is(sign('('))) {
            if (token(at).end - token(at).start >= 4) read_call(constants_.name(token(at)), at + 1);
            if (is_query(at)) read_new(at + 1);
        }
    }

    // What is called by its bare name, with the bracket at `at`.
    void read_call(View name, std::size_t at) {
        if (name == U"eval" || name == U"execScript") {
            if (!unpack(at)) run_text(at, true);
        } else if (name == U"setTimeout" || name == U"setInterval") {
            run_text(at, false);
        } else if (name == U"Function") {
            run_text(at, true);
        } else if (name == U"open") {
            read_open(at - 1, at);
        } else if (name == U"fetch") {
            read_request(at - 1, at);
        } else if (name == U"import") {
            sinks_.push_back({at - 1, at + 1, Reach::loaded, {}});
        }
    }

    void read_member(std::size_t at) {
        Text name;
        std::size_t behind = at + 2;
        std::size_t closed = none;
        if (token(at).is(sign('['))) {
            // It is one only behind a value; what stands in front of lists is no value.
            if (!at || token(at).partner == none) return;
            const Token& before = token(at - 1);
            const bool is_value = before.kind == TokenKind::name || before.is(sign(')')) || before.is(sign(']'));
            const Token& key = token(at + 1);
            if (!is_value || key.kind == TokenKind::number || key.is(sign(']'))) return;
            coded_members_ += is_in_escapes(key);
            const bool is_word = key.is_text() || (constants_.is_item(at + 1) && token(at + 5).is(sign(']')));
            if (!is_word && !is_used(constants_.behind(at))) return;
            name = constants_.member(at, behind);
            closed = behind - 1;
        } else {
            const Token& key = token(at + 1);
            if (key.kind != TokenKind::name || !is_used(behind)) {
                if (key.kind == TokenKind::name && key.end - key.start >= 8) note_visitor(constants_.name(key));
                return;
            }
            name = constants_.name(key);
        }
        note_visitor(name);
        if (closed != none && visitor(name)) asked_.emplace_back(closed, visitor(name));
        if (is_given(behind)) {
            read_given(name, at, behind + 1);
            constants_.assign_member(at, name, behind + 1);
        } else if (token(behind).is(sign('('))) {
            read_method(name, at, behind);
        }
        if (closed == none) return;
        closed_ = closed;
        closed_kind_ = kind_of(name);
    }

    // Whether what stands at `at` may do something with the member in front of it.
    bool is_used(std::size_t at) const {
        const Token& here = token(at);
        return here.kind == TokenKind::sign &&
               (is_given(at) || here.is(sign('(')) || here.is(sign('.')) || here.is(sign('[')));
    }

    void note_visitor(View name) {
        if (name.size() != 8 && name.size() != 9) return;
        const char32_t* const at = name.data();
        deeds_.reads_visitor |= scan::starts_with_folded(at, at + name.size(), "referrer") ||
                                scan::starts_with_folded(at, at + name.size(), "useragent");
    }

    static ConstantKind kind_of(View name) {
        return name == U"document"   ? ConstantKind::document
               : name == U"location" ? ConstantKind::location
                                     : ConstantKind::unknown;
    }

    // What stands in front of the "." or "[" at `at`.
    ConstantKind base(std::size_t at) {
        if (!at) return ConstantKind::unknown;
        const Token& before = token(at - 1);
        if (before.is(sign(']'))) return closed_ == at - 1 ? closed_kind_ : ConstantKind::unknown;
        if (before.is(sign(')')) && before.partner != none) {
            std::size_t inner = before.partner + 1;
            return constants_.expression(inner).kind;
        }
        if (before.kind != TokenKind::name) return ConstantKind::unknown;
        if (is_member(at - 1)) return kind_of(constants_.name(before));
        return constants_.named(at - 1).kind;
    }

    // The token where the statement begins that the member at `at` belongs to, as far as it is a chain of names.
    std::size_t statement(std::size_t at) const {
        while (at) {
            const Token& before = token(at - 1);
            if (before.kind == TokenKind::name) {
                --at;
                if (!is_member(at)) return at;
                --at;
            } else if ((before.is(sign(']')) || before.is(sign(')'))) && before.partner != none) {
                at = before.partner;
            } else {
                break;
            }
        }
        return at;
    }

    // ------------------------------------------------------------------------------------------ elements

    // Whether the name at `at` is jQuery's function.
    bool is_query(std::size_t at) { return constants_.is_name(at, "$") || constants_.is_name(at, "jQuery"); }

    // What the text at token `at` says, if there is one.
    View text_at(std::size_t at) { return token(at).kind == TokenKind::text ? constants_.said(token(at)) : View(); }

    // Whether the name at `at` finds or makes an element by the text in the brackets behind it.
    bool is_finder(std::size_t at) {
        if (token(at).kind != TokenKind::name || !token(at + 1).is(sign('('))) return false;
        if (is_query(at)) return true;
        for (const std::string_view word :
             {"querySelector", "querySelectorAll", "getElementsByTagName", "createElement"}) {
            if (constants_.is_name(at, word)) return true;
        }
        return false;
    }

    // The tag of the elements that a selector is for, in lower case, or an empty text: of "head > title" "title".
    static Text tag_of(View selector) {
        selector = scan::strip(selector);
        const std::size_t part = selector.find_last_of(U" >+~]");
        if (part != View::npos && selector[part] != ']') selector.remove_prefix(part + 1);
        Text tag;
        for (const char32_t c : selector) {
            if (!is_letter(c) || tag.size() > 16) break;
            tag.push_back(scan::lower(c));
        }
        return tag;
    }

    // The tag of the element whose member's "." or "[" is token `at`, where the script finds it by its tag:
    // document.querySelector("title").text, $("title").html, getElementsByTagName("title")[0].firstChild.nodeValue, or
    // a name that holds such. Of new elements it is the tag that they are made with.
    Text element(std::size_t at) {
        constexpr int longest = 8;
        for (int link = 0; at && link < longest; ++link) {
            const Token& before = token(at - 1);
            if ((before.is(sign(']')) || before.is(sign(')'))) && before.partner != none && before.partner) {
                at = before.partner;
                if (!before.is(sign(')'))) continue;
                if (is_finder(at - 1)) return tag_of(text_at(at + 1));
                if (token(at - 1).kind != TokenKind::name || !is_member(at - 1)) return {};
                at -= 2;
            } else if (before.kind != TokenKind::name) {
                return {};
            } else if (is_member(at - 1)) {
                at -= 2;
            } else {
                return held_element(at - 1);
            }
        }
        return {};
    }

    // The tag of the element that the name at `at` holds.
    Text held_element(std::size_t at) {
        constexpr std::size_t most = 16;
        const std::size_t given = constants_.given(at);
        for (std::size_t each = given; given != none && each < given + most; ++each) {
            if (token(each).is(sign(';'))) break;
            if (is_finder(each)) return tag_of(text_at(each + 2));
        }
        return {};
    }

    // Whether the member at `at` is one of what jQuery found.
    bool is_of_query(std::size_t at) {
        constexpr int longest = 8;
        for (int link = 0; at && link < longest; ++link) {
            const Token& before = token(at - 1);
            if (before.is(sign(')')) && before.partner != none && before.partner) {
                at = before.partner;
                if (!is_member(at - 1)) return is_query(at - 1);
                at -= 2;
            } else {
                // By custom such names hold what was found.
                return before.kind == TokenKind::name && source_[before.start] == '$' && before.end > before.start + 1;
            }
        }
        return false;
    }

    // "$('<p>…</p>')", with the bracket at `call`.
    void read_new(std::size_t call) {
        if (token(call + 1).is_text() && source_[token(call + 1).inner_start()] == '<') {
            read_written(call + 1, "script[jQuery]", Form::markup, call - 1);
        }
    }

    // "x.html(…)" and the like of jQuery.
    void read_query(View name, std::size_t at, std::size_t call) {
        if (token(call + 1).is(sign(')')) || !is_of_query(at)) return;
        if (name == U"attr" || name == U"prop") {
            const Constant which = constants_.expression(++call);
            if (!which.is_text() || which.traced.text != U"content" || !token(call).is(sign(','))) return;
            read_written(call + 1, "script[meta]", Form::meta, at);
        } else if (element(at) == U"title") {
            write_title(call + 1, "script[title]", at);
        } else {
            const bool is_text = name == U"text";
            read_written(call + 1,
                         is_text           ? "script[text]"
                         : name == U"html" ? "script[html]"
                                           : "script[append]",
                         is_text ? Form::text : Form::markup, at);
        }
    }

    // Writes the values of the expression at token `value` as titles.
    void write_title(std::size_t value, const char* how, std::size_t at) {
        std::size_t end = value;
        if (!read_values(end, how, Form::title, at)) return;
        const Origin whole = placed(statement(at), end);
        if (!deeds_.sets_title) deeds_.title = whole;
        deeds_.title = {std::min(deeds_.title.start, whole.start), std::max(deeds_.title.end, whole.end)};
        deeds_.sets_title = true;
    }

    // "x.name = …", the value at token `value`.
    void read_given(View name, std::size_t at, std::size_t value) {
        const bool is_text = name == U"textContent" || name == U"innerText" || name == U"nodeValue";
        const bool is_markup = name == U"innerHTML" || name == U"outerHTML";
        if (name == U"title") {
            if (base(at) == ConstantKind::document) write_title(value, "script[document.title]", at);
        } else if ((is_text || name == U"innerHTML" || name == U"text" || name == U"data") && element(at) == U"title") {
            write_title(value, "script[title]", at);
        } else if (is_markup) {
            read_written(value, name == U"innerHTML" ? "script[innerHTML]" : "script[outerHTML]", Form::markup, at);
        } else if (is_text) {
            read_written(value, name == U"nodeValue" ? "script[nodeValue]" : "script[textContent]", Form::text, at);
        } else if (name == U"content") {
            if (element(at) == U"meta") read_written(value, "script[meta]", Form::meta, at);
        } else if (name == U"location" || (name == U"href" && base(at) == ConstantKind::location)) {
            send(at, value);
        } else if (name == U"src" && is_loader(at)) {
            sinks_.push_back({at, value, Reach::loaded, {}});
        } else if (name == U"href" || name == U"action") {
            note_aim(name, at, value);
        }
    }

    // "x.name(…)", the bracket at `call`.
    void read_method(View name, std::size_t at, std::size_t call) {
        using Read = void (Level::*)(View, std::size_t, std::size_t);
        constexpr std::pair<View, Read> methods[] = {
            {U"write", &Level::read_write},
            {U"writeln", &Level::read_write},
            {U"call", &Level::read_applied},
            {U"apply", &Level::read_applied},
            {U"html", &Level::read_query},
            {U"text", &Level::read_query},
            {U"append", &Level::read_query},
            {U"prepend", &Level::read_query},
            {U"before", &Level::read_query},
            {U"after", &Level::read_query},
            {U"replaceWith", &Level::read_query},
            {U"attr", &Level::read_query},
            {U"prop", &Level::read_query},
            {U"insertAdjacentHTML", &Level::read_insertion},
            {U"insertAdjacentText", &Level::read_insertion},
            {U"createTextNode", &Level::read_new_text},
            {U"replace", &Level::read_move},
            {U"assign", &Level::read_move},
            {U"setAttribute", &Level::read_attribute},
            {U"open", &Level::read_window},
            {U"click", &Level::read_click},
            {U"submit", &Level::read_click},
            {U"getScript", &Level::read_loaded},
            {U"get", &Level::read_answer},
            {U"post", &Level::read_answer},
        };
        for (const auto& [word, read] : methods) {
            if (name == word) return (this->*read)(name, at, call);
        }
        read_call(name, call);
    }

    void read_write(View name, std::size_t at, std::size_t call) {
        if (base(at) != ConstantKind::document) return;
        write_all(call + 1, constants_.behind(call) - 1, how_written(name), at);
    }

    void read_insertion(View name, std::size_t at, std::size_t call) {
        std::size_t second = call + 1;
        constants_.expression(second);
        if (!token(second).is(sign(','))) return;
        const bool is_markup = name == U"insertAdjacentHTML";
        read_written(second + 1, is_markup ? "script[insertAdjacentHTML]" : "script[insertAdjacentText]",
                     is_markup ? Form::markup : Form::text, at);
    }

    void read_new_text(View, std::size_t at, std::size_t call) {
        read_written(call + 1, "script[createTextNode]", Form::text, at);
    }

    void read_move(View, std::size_t at, std::size_t call) {
        if (base(at) == ConstantKind::location) send(at, call + 1);
    }

    void read_attribute(View, std::size_t at, std::size_t call) {
        std::size_t second = call + 1;
        const Constant which = constants_.expression(second);
        if (!which.is_text() || !token(second).is(sign(','))) return;
        const View attribute = which.traced.text;
        if (attribute == U"src" && is_loader(at)) sinks_.push_back({at, second + 1, Reach::loaded, {}});
        if (attribute == U"href" || attribute == U"action") note_aim(attribute, at, second + 1);
        if (attribute == U"content") read_written(second + 1, "script[meta]", Form::meta, at);
    }

    void read_window(View, std::size_t at, std::size_t call) { read_open(at, call); }

    void read_click(View, std::size_t at, std::size_t) { follow(at); }

    void read_loaded(View, std::size_t at, std::size_t call) { sinks_.push_back({at, call + 1, Reach::loaded, {}}); }

    void read_answer(View, std::size_t at, std::size_t call) {
        if (is_query(at - 1)) read_request(at, call);
    }

    static const char* how_written(View name) {
        return name == U"write" ? "script[document.write]" : "script[document.writeln]";
    }

    // Writes the arguments or items between two tokens.
    void write_all(std::size_t at, std::size_t end, const char* how, std::size_t statement) {
        for (; at < end && constants_.take_step(); ++at) {
            at = read_written(at, how, Form::markup, statement);
            if (!token(at).is(sign(','))) return;
        }
    }

    // "document.write.call(document, …)" and "document.write.apply(document, […])", the last sign at `at`.
    void read_applied(View how_called, std::size_t at, std::size_t call) {
        if (at < 2 || !is_member(at - 1)) return;
        const bool is_call = how_called == U"call";
        const View name = constants_.name(token(at - 1));
        if ((name != U"write" && name != U"writeln") || base(at - 2) != ConstantKind::document) return;
        const char* how = how_written(constants_.name(token(at - 1)));
        std::size_t second = call + 1;
        constants_.expression(second);
        if (!token(second).is(sign(','))) return;
        if (is_call) return write_all(second + 1, constants_.behind(call) - 1, how, at);
        const std::size_t list = second + 1;
        if (token(list).is(sign('['))) write_all(list + 1, constants_.behind(list) - 1, how, at);
    }

    // ------------------------------------------------------------------------------------------ what is written

    Origin placed(std::size_t from, std::size_t to) const { return depth_ ? whole_ : constants_.place(from, to); }

    // Writes the values of the expression at token `at`; comes back with the token behind it.
    std::size_t read_written(std::size_t at, const char* how, Form form, std::size_t statement) {
        read_values(at, how, form, statement);
        return at;
    }

    // The same, with `at` moved behind the expression; whether a value of it is known. Of the parameters of a function
    // those that each call of it gives.
    bool read_values(std::size_t& at, const char* how, Form form, std::size_t statement) {
        const std::size_t start = at;
        bool is_known = false;
        for (std::size_t call = 0, calls = 1; call < calls && constants_.take_step(); ++call) {
            constants_.choose(call);
            at = start;
            std::vector<Constant> values = constants_.alternatives(at);
            calls = constants_.asked_calls();
            const Origin place = placed(start, at);
            for (Constant& value : values) {
                is_known |= value.is_text();
                write(std::move(value), how, form, place, statement);
            }
        }
        constants_.choose(0);
        return is_known;
    }

    void write(Constant&& value, const char* how, Form form, Origin place, std::size_t statement) {
        if (!value.is_text()) return;
        join_bytes(value.traced);
        if (form != Form::markup) {
            return walk_.write(std::move(value.traced), value.is_spread, value.is_held, how, form, place);
        }
        WrittenMarkup markup = read_markup(walk_.entities_, value.traced);
        add_sinks(statement, markup.led);
        const bool is_text = std::count_if(markup.text.text.begin(), markup.text.text.end(),
                                           [](char32_t c) { return c >= 0x80 || is_letter(c); }) > 1;
        if (is_text) walk_.write(std::move(markup.text), value.is_spread, value.is_held, how, form, place);
        for (const Traced& script : markup.scripts) descend(script, place, statement);
    }

    // Reads a script that is written or run by this one.
    void descend(const Traced& script, Origin place, std::size_t statement) {
        if (depth_ + 1 >= nested) return;
        const Deeds inner = walk_.run(script.text, &script.origins, place, depth_ + 1);
        deeds_.reads_visitor |= inner.reads_visitor;
        deeds_.is_obfuscated |= inner.is_obfuscated;
        deeds_.is_unreadable |= inner.is_unreadable;
        if (inner.sets_title) {
            deeds_.title = deeds_.sets_title ? deeds_.title : inner.title;
            deeds_.sets_title = true;
        }
        for (const std::string& host : inner.cloaked) add_host(deeds_.cloaked, host);
        for (const std::string& host : inner.parted) add_host(deeds_.parted, host);
        add_sinks(statement, inner.led);
    }

    void add_sinks(std::size_t at, const std::array<std::vector<std::string>, 3>& led) {
        for (const Reach reach : {Reach::sent, Reach::loaded, Reach::shown}) {
            const std::vector<std::string>& hosts = led[static_cast<std::size_t>(reach)];
            if (!hosts.empty()) sinks_.push_back({at, none, reach, hosts});
        }
    }

    // The text that is run as a script, the first argument or, of "Function", the last.
    void run_text(std::size_t at, bool is_obfuscated) {
        const std::size_t end = constants_.behind(at) - 1;
        std::size_t behind = at + 1;
        if (behind >= end || token(behind).is(sign('{')) || constants_.is_name(behind, "function")) return;
        std::vector<Constant> values = constants_.arguments(at);
        if (values.empty()) return;
        Constant& value = values.back().is_text() ? values.back() : values.front();
        if (!value.is_text() || value.traced.text.empty()) return;
        join_bytes(value.traced);
        // A blank stands for what is not known.
        const auto is_coded = [&](std::size_t at) {
            return is_letter(value.traced.text[at]) &&
                   value.traced.origins[at].end - value.traced.origins[at].start > 1;
        };
        std::size_t coded = 0;
        for (std::size_t each = 0; each < value.traced.text.size(); ++each) coded += is_coded(each);
        deeds_.is_obfuscated |= is_obfuscated && coded;
        descend(value.traced, placed(at, end + 1), at);
    }

    // "eval(function(p,a,c,k,e,d){…}('…',62,9,'…|…'.split('|'),0,{}))": words by number, as D. Edwards's packer does.
    bool unpack(std::size_t at) {
        if (!constants_.is_name(at + 1, "function") || !token(at + 2).is(sign('('))) return false;
        if (!constants_.is_name(at + 3, "p") || !constants_.is_name(at + 5, "a")) return false;
        const std::size_t body = constants_.behind(at + 2);
        if (!token(body).is(sign('{'))) return false;
        const std::size_t call = constants_.behind(body);
        if (!token(call).is(sign('('))) return false;
        deeds_.is_obfuscated = true;
        const std::vector<Constant> given = constants_.arguments(call);
        if (given.size() < 4 || !given[0].is_text() || given[1].kind != ConstantKind::number) return true;
        if (given[3].kind != ConstantKind::list || given[1].number < 2 || given[1].number > 62) return true;
        const Traced unpacked = expand(given[0].traced, static_cast<std::size_t>(given[1].number), given[3].items);
        descend(unpacked, placed(at, constants_.behind(at)), at);
        return true;
    }

    Traced expand(const Traced& packed, std::size_t radix, const std::vector<Constant>& words) {
        Traced found;
        const View text = packed.text;
        const auto is_word = [](char32_t c) {
            return c == '_' || (c < 0x80 && scan::is(c, scan::letter | scan::digit));
        };
        for (std::size_t at = 0; at < text.size();) {
            std::size_t end = at;
            std::size_t number = 0;
            for (; end < text.size() && is_word(text[end]); ++end) {
                const char32_t c = text[end];
                const std::size_t digit = c == '_'   ? radix
                                          : c <= '9' ? c - '0'
                                          : c >= 'a' ? c - 'a' + 10
                                                     : c - 'A' + 36;
                number = digit < radix && number < words.size() ? number * radix + digit : words.size();
            }
            const bool is_known = end > at && number < words.size() && words[number].is_text() &&
                                  !words[number].traced.text.empty() &&
                                  constants_.take(words[number].traced.text.size());
            if (is_known) {
                found.add(words[number].traced);
            } else {
                if (end == at) ++end;
                found.add(packed.part(at, end - at));
            }
            at = end;
        }
        return found;
    }

    // ------------------------------------------------------------------------------------------ who is sent where

    // Notes that the script sends to the address at token `value`.
    void send(std::size_t at, std::size_t value) { sinks_.push_back({at, value, Reach::sent, {}}); }

    // "open(address, '_self')": a page in a window of its own is none that a visitor is sent to.
    void read_open(std::size_t at, std::size_t call) {
        std::size_t second = call + 1;
        constants_.expression(second);
        if (!token(second).is(sign(','))) return;
        const Constant target = constants_.expression(++second);
        if (!target.is_text()) return;
        const View where = target.traced.text;
        if (where == U"_self" || where == U"_top" || where == U"_parent") send(at, call + 1);
    }

    // A request whose answer takes the place of the page or is run: the statement goes on with that.
    void read_request(std::size_t at, std::size_t call) {
        constexpr std::size_t most = 200;  // tokens that are looked through
        const std::size_t end = std::min(constants_.end_of_statement(call), call + most);
        for (std::size_t each = constants_.is_name(call - 1, "fetch") ? constants_.behind(call) : call + 1;
             each < end && constants_.take_step(); ++each) {
            if (token(each).kind != TokenKind::name) continue;
            const View name = constants_.name(token(each));
            const bool is_written = name == U"write" || name == U"writeln";
            if (!is_written && name != U"eval" && name != U"innerHTML") continue;
            sinks_.push_back({at, call + 1, is_written ? Reach::sent : Reach::loaded, {}});
            return;
        }
    }

    // "a.href = …" of a new link and "form.action = …" of a new form, which are followed by a script's own click.
    void note_aim(View name, std::size_t at, std::size_t value) {
        if (is_made(at, name == U"href" ? View(U"a") : View(U"form"))) aims_[constants_.hash(at - 1)] = value;
    }

    void follow(std::size_t at) {
        if (!at || token(at - 1).kind != TokenKind::name || is_member(at - 1)) return;
        const auto found = aims_.find(constants_.hash(at - 1));
        if (found != aims_.end()) send(at, found->second);
    }

    // Calls `visit` with the words in what the name in front of the member at `at` was given.
    template <class Visit>
    bool any_word_of(std::size_t at, Visit&& visit) {
        if (!at || token(at - 1).kind != TokenKind::name || is_member(at - 1)) return false;
        constexpr std::size_t most = 12;  // document[words[1]](words[0])
        const std::size_t given = constants_.given(at - 1);
        for (std::size_t each = given; given != none && each < given + most; ++each) {
            if (token(each).is(sign(';'))) break;
            if (token(each).kind == TokenKind::text && visit(constants_.said(token(each)))) return true;
            if (!constants_.is_item(each)) continue;
            std::size_t item = each;
            const Constant word = constants_.expression(item);
            if (word.is_text() && visit(View(word.traced.text))) return true;
        }
        return false;
    }

    // Whether the name in front of the member at `at` holds a new script or frame: pictures count visitors.
    bool is_loader(std::size_t at) {
        return any_word_of(at, [](View word) { return holds(word, U"script") || holds(word, U"frame"); });
    }

    bool is_made(std::size_t at, View tag) {
        return any_word_of(
            at, [&](View word) { return word == tag || (word.size() == 1 && word[0] == (tag[0] & ~0x20u)); });
    }

    void judge_sinks() {
        if (sinks_.empty()) return;
        std::stable_sort(sinks_.begin(), sinks_.end(),
                         [](const Sink& one, const Sink& two) { return one.token < two.token; });
        for (Sink& sink : sinks_) {
            if (sink.address == none) continue;
            constants_.look_from(sink.token);
            std::size_t at = sink.address;
            for (const Constant& value : constants_.alternatives(at)) {
                if (value.is_text()) add_host(sink.hosts, host_of(value.traced.text));
            }
        }
        const auto is_empty = [](const Sink& sink) { return sink.hosts.empty(); };
        sinks_.erase(std::remove_if(sinks_.begin(), sinks_.end(), is_empty), sinks_.end());
        for (const Sink& sink : sinks_) {
            for (const std::string& host : sink.hosts) add_host(deeds_.led[static_cast<std::size_t>(sink.reach)], host);
        }
        if (deeds_.reads_visitor && !sinks_.empty()) {
            Guards(constants_, source_, sinks_, std::move(asked_), deeds_.parted, deeds_.cloaked).find();
        }
    }

    Walk& walk_;
    Constants constants_;
    const View source_;
    const Origin whole_;
    const int depth_;
    std::size_t closed_ = none;  // the last bracket of a member that was closed, and what it is
    ConstantKind closed_kind_ = ConstantKind::unknown;
    std::size_t coded_members_ = 0;  // members whose names are written in escapes
    std::vector<Sink> sinks_;
    std::unordered_map<std::uint64_t, std::size_t> aims_;      // of new links and forms, by the names that hold them
    std::vector<std::pair<std::size_t, std::uint8_t>> asked_;  // of the visitor, by closed brackets
    Deeds deeds_;
};

Deeds Walk::run(View source, const std::vector<Origin>* origins, Origin whole, int depth) {
    return Level(*this, source, origins, whole, depth).run();
}

}  // namespace

std::vector<Writing> Writings::read(View script, std::uint32_t base, Standing standing, std::vector<Mark>& marks) {
    std::vector<Writing> written;
    const Origin all{base, base + static_cast<std::uint32_t>(script.size())};
    const Deeds deeds = Walk(entities_, script, base, budget_, written).run(script, nullptr, all, 0);
    const auto mark = [&](const char* code, Origin place, const std::string& detail) {
        if (marked_++ < most_marks) marks.push_back({code, place.start, place.end, detail});
    };
    if (deeds.sets_title && deeds.reads_visitor) mark("script:title-switch", deeds.title, "document.title");
    for (const std::string& host : deeds.cloaked) mark("script:cloaking", all, host);
    for (const std::string& host : deeds.cloaked.empty() ? deeds.parted : std::vector<std::string>()) {
        mark("script:redirect", all, host);
    }
    is_unread_ |= deeds.is_unread;
    if (deeds.is_obfuscated) mark("script:obfuscated", all, "");
    // Where it leads, unless that can be read, or it is told as cloaking. What sends visitors away is told wherever it
    // stands; what is loaded from elsewhere, of those that intruders put where no page writes yet.
    const std::size_t marked = marks.size();
    for (const Reach how : {Reach::sent, Reach::loaded}) {
        if ((how == Reach::loaded && standing == Standing::inside) || !deeds.cloaked.empty()) break;
        for (const std::string& host : deeds.led[static_cast<std::size_t>(how)]) {
            if (deeds.is_obfuscated || !names_host(script, host)) mark("script:veiled", all, host);
        }
    }
    const bool is_veiled =
        standing == Standing::front ? deeds.is_unreadable : standing == Standing::behind && deeds.is_obfuscated;
    if (is_veiled && deeds.cloaked.empty() && marks.size() == marked) mark("script:veiled", all, "");
    // In the order of the source; of two that share a stretch of it, the first.
    const auto start = [](const Writing& writing) { return writing.value.pieces.front().origin; };
    std::stable_sort(written.begin(), written.end(),
                     [&](const Writing& one, const Writing& two) { return start(one) < start(two); });
    std::uint32_t end = 0;
    const auto overlaps = [&](const Writing& writing) {
        if (start(writing) < end) return true;
        end = writing.value.end;
        return false;
    };
    written.erase(std::remove_if(written.begin(), written.end(), overlaps), written.end());
    return written;
}

}  // namespace moderation
