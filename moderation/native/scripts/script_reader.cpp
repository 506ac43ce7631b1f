#include "scripts/script_reader.hpp"

#include <utility>

#include "html/scan.hpp"

namespace moderation::javascript {

namespace {

// Names such as "_0x3fa2" from which a script is one that a machine made unreadable; members whose names are written in
// escapes, from which it is one too.
constexpr std::size_t many_coded_names = 8, many_coded_members = 2;

bool holds(View text, View word) {
    return text.find(word) != View::npos;
}

}  // namespace

Deeds ScriptReader::run() {
    const auto& tokens = constants_.tokens();
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        const Token& token = tokens[at];
        constants_.look_from(at);
        switch (token.kind) {
            case Kind::name:
                count_name(token, at);
                read_name(at);
                break;
            case Kind::sign: read_sign(at); break;
            case Kind::text: note_packer(token); break;
            default: break;
        }
    }
    deeds_.is_unread |= tokens.size() >= most_tokens;
    deeds_.is_unreadable |= coded_names_ >= many_coded_names && asked_names_;
    deeds_.is_obfuscated |=
        deeds_.is_unreadable || coded_names_ >= many_coded_names || coded_members_ >= many_coded_members;
    judge_sinks();
    return std::move(deeds_);
}

void ScriptReader::count_name(const Token& name, std::size_t at) {
    const bool is_coded = name.end - name.start > 4 && source_[name.start] == '_' && source_[name.start + 1] == '0';
    if (!is_coded) return;
    ++coded_names_;
    asked_names_ += asks_for_text(at);
}

void ScriptReader::read_sign(std::size_t at) {
    const Token& here = token(at);
    if (here.is(sign('.')) || here.is(sign('?', '.')) || here.is(sign('['))) read_member(at);
    if (at && here.is(sign('=', '>'))) constants_.read_function(at);
}

void ScriptReader::note_packer(const Token& text) {
    constexpr std::size_t shortest = 9, longest = 63;
    const std::size_t size = text.end - text.start;
    if (size < shortest || size > longest) return;
    const View written = source_.substr(text.start, size);
    deeds_.is_unreadable |= holds(written, U"jsjiami.com") || holds(written, U"sojson.v");
}

bool ScriptReader::asks_for_text(std::size_t at) const {
    return token(at + 1).is(sign('(')) && (token(at + 2).kind == Kind::number || token(at + 2).is_text());
}

bool ScriptReader::is_in_escapes(const Token& text) const {
    constexpr std::size_t shortest = 2 + 3 * 4;
    if (text.kind != Kind::text || text.end - text.start < shortest) return false;
    std::size_t at = text.start + 1;
    while (at + 1 < text.end && source_[at] == '\\') {
        if (source_[at + 1] != 'x' && source_[at + 1] != 'u') return false;
        at += source_[at + 1] == 'x' ? 4 : 6;
    }
    return at + 1 == text.end;
}

void ScriptReader::read_name(std::size_t at) {
    if (is_member(at)) return;
    if (constants_.is_name(at, "function")) return constants_.read_function(at);
    const Token& next = token(at + 1);
    if (next.kind != Kind::sign) return;
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

void ScriptReader::read_call(View name, std::size_t at) {
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

void ScriptReader::read_member(std::size_t at) {
    token(at).is(sign('[')) ? read_computed_member(at) : read_named_member(at);
}

void ScriptReader::read_named_member(std::size_t at) {
    const Token& key = token(at + 1);
    if (key.kind != Kind::name) return;
    if (!is_used(at + 2)) {
        if (key.end - key.start >= 8) note_visitor(constants_.name(key));
        return;
    }
    const Text name(constants_.name(key));
    note_visitor(name);
    use_member(name, at, at + 2);
}

void ScriptReader::read_computed_member(std::size_t at) {
    // It is one only behind a value; what stands in front of lists is no value.
    if (!at || token(at).partner == none) return;
    const Token& before = token(at - 1);
    const bool is_value = before.kind == Kind::name || before.is(sign(')')) || before.is(sign(']'));
    const Token& key = token(at + 1);
    if (!is_value || key.kind == Kind::number || key.is(sign(']'))) return;
    coded_members_ += is_in_escapes(key);
    const bool is_word = key.is_text() || (constants_.is_item(at + 1) && token(at + 5).is(sign(']')));
    if (!is_word && !is_used(constants_.behind(at))) return;
    std::size_t behind = at + 2;
    const Text name = constants_.member(at, behind);
    const std::size_t closed = behind - 1;
    note_visitor(name);
    if (visitor(name)) asked_.emplace_back(closed, visitor(name));
    use_member(name, at, behind);
    closed_ = closed;
    closed_kind_ = kind_of(name);
}

void ScriptReader::use_member(View name, std::size_t at, std::size_t behind) {
    if (is_given(behind)) {
        read_given(name, at, behind + 1);
        constants_.assign_member(at, name, behind + 1);
    } else if (token(behind).is(sign('('))) {
        read_method(name, at, behind);
    }
}

bool ScriptReader::is_used(std::size_t at) const {
    const Token& here = token(at);
    return here.kind == Kind::sign && (is_given(at) || here.is(sign('(')) || here.is(sign('.')) || here.is(sign('[')));
}

void ScriptReader::note_visitor(View name) {
    if (name.size() != 8 && name.size() != 9) return;
    const char32_t* const at = name.data();
    deeds_.reads_visitor |= scan::starts_with_folded(at, at + name.size(), "referrer") ||
                            scan::starts_with_folded(at, at + name.size(), "useragent");
}

Value::Kind ScriptReader::kind_of(View name) {
    return name == U"document"   ? Value::Kind::document
           : name == U"location" ? Value::Kind::location
                                 : Value::Kind::unknown;
}

Value::Kind ScriptReader::base(std::size_t at) {
    if (!at) return Value::Kind::unknown;
    const Token& before = token(at - 1);
    if (before.is(sign(']'))) return closed_ == at - 1 ? closed_kind_ : Value::Kind::unknown;
    if (before.is(sign(')')) && before.partner != none) {
        std::size_t inner = before.partner + 1;
        return constants_.expression(inner).kind;
    }
    if (before.kind != Kind::name) return Value::Kind::unknown;
    if (is_member(at - 1)) return kind_of(constants_.name(before));
    return constants_.named(at - 1).kind;
}

std::size_t ScriptReader::statement(std::size_t at) const {
    while (at) {
        const Token& before = token(at - 1);
        if (before.kind == Kind::name) {
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

}  // namespace moderation::javascript
