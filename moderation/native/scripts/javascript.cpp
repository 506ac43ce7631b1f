#include "scripts/javascript.hpp"

#include <algorithm>

#include "html/scan.hpp"

namespace moderation::javascript {

namespace {

bool ends_line(char32_t c) {
    return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029;
}

bool is_digit(char32_t c) {
    return c >= '0' && c <= '9';
}

bool is_name(char32_t c) {
    if (c < 0x80) return scan::is(c, scan::letter | scan::digit) || c == '_' || c == '$' || c == '\\';
    return !scan::is_space(c) && c != 0xfeff;
}

class Lexer {
public:
    Lexer(View source, std::size_t most) : source_(source), most_(most) {}

    std::vector<Token> run() {
        while (tokens_.size() < most_ && skip_blank()) read();
        return std::move(tokens_);
    }

private:
    char32_t at(std::size_t index) const { return index < source_.size() ? source_[index] : U'\0'; }

    std::uint32_t here() const { return static_cast<std::uint32_t>(at_); }

    // Moves over white space and comments; false at the end.
    bool skip_blank() {
        while (at_ < source_.size()) {
            const char32_t c = source_[at_];
            if (scan::is_space(c) || c == 0xfeff) {
                ++at_;
            } else if (c == '/' && at(at_ + 1) == '/') {
                skip_line();
            } else if (c == '/' && at(at_ + 1) == '*') {
                const std::size_t close = source_.find(U"*/", at_ + 2);
                at_ = close == View::npos ? source_.size() : close + 2;
            } else if (c == '<' && source_.compare(at_, 4, U"<!--") == 0) {
                skip_line();
            } else {
                return true;
            }
        }
        return false;
    }

    void skip_line() {
        while (at_ < source_.size() && !ends_line(source_[at_])) ++at_;
    }

    void read() {
        const char32_t c = source_[at_];
        if (c == '"' || c == '\'') return read_text(c);
        if (c == '`') {
            ++at_;
            return read_chunk();
        }
        if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) return read_number();
        if (is_name(c)) return read_name();
        if (c == '/' && begins_pattern() && read_pattern()) return;
        read_sign();
    }

    Token& add(Kind kind, std::size_t start) {
        Token token{};
        token.start = static_cast<std::uint32_t>(start);
        token.end = here();
        token.partner = none;
        token.kind = kind;
        tokens_.push_back(token);
        return tokens_.back();
    }

    void read_text(char32_t quote) {
        const std::size_t start = at_++;
        bool has_escape = false, is_closed = false;
        while (at_ < source_.size()) {
            const char32_t c = source_[at_];
            if (c == quote) {
                is_closed = true;
                break;
            }
            if (c == '\n' || c == '\r') break;
            ++at_;
            if (c != '\\') continue;
            has_escape = true;
            if (at(at_) == '\r' && at(at_ + 1) == '\n') ++at_;
            if (at_ < source_.size()) ++at_;
        }
        at_ += is_closed;
        Token& token = add(Kind::text, start);
        token.has_escape = has_escape;
        token.is_closed = is_closed;
    }

    // A part of a template, up to its end or the next substitution, whose bracket is read too.
    void read_chunk() {
        const std::size_t start = at_;
        bool has_escape = false;
        while (at_ < source_.size() && source_[at_] != '`' && !(source_[at_] == '$' && at(at_ + 1) == '{')) {
            if (source_[at_] == '\\') {
                has_escape = true;
                ++at_;
            }
            if (at_ < source_.size()) ++at_;
        }
        Token& token = add(Kind::chunk, start);
        token.has_escape = has_escape;
        token.is_closed = at_ < source_.size();
        if (at_ == source_.size()) return;
        if (source_[at_] == '`') {
            ++at_;
            return;
        }
        at_ += 2;
        open(sign('$', '{'), at_ - 2);
    }

    void read_number() {
        const std::size_t start = at_;
        while (at_ < source_.size() && (scan::is(source_[at_], scan::letter | scan::digit) || source_[at_] == '.')) {
            ++at_;
        }
        add(Kind::number, start);
    }

    void read_name() {
        const std::size_t start = at_;
        bool has_escape = false;
        while (at_ < source_.size() && is_name(source_[at_])) {
            if (source_[at_] == '\\') {
                has_escape = true;
                if (at(at_ + 1) == 'u' && at(at_ + 2) == '{') {
                    at_ += 3;
                    while (scan::is(at(at_), scan::hexadecimal)) ++at_;
                    if (at(at_) != '}') continue;
                }
            }
            ++at_;
        }
        add(Kind::name, start).has_escape = has_escape;
    }

    // Whether a slash begins a pattern here, and divides nothing.
    bool begins_pattern() const {
        if (at_ < no_pattern_) return false;
        if (tokens_.empty()) return true;
        const Token& last = tokens_.back();
        if (last.kind == Kind::sign) return !last.is(sign(')')) && !last.is(sign(']')) && !last.is(sign('}'));
        if (last.kind != Kind::name) return false;
        const View name = source_.substr(last.start, last.end - last.start);
        for (const View word : {U"return", U"typeof", U"case", U"in", U"of", U"delete", U"void", U"throw", U"else"}) {
            if (name == word) return true;
        }
        return false;
    }

    bool read_pattern() {
        std::size_t at = at_ + 1;
        bool is_class = false;
        for (; at < source_.size() && !ends_line(source_[at]); ++at) {
            const char32_t c = source_[at];
            if (c == '/' && !is_class) break;
            if (c == '[') is_class = true;
            if (c == ']') is_class = false;
            if (c == '\\' && at + 1 < source_.size() && !ends_line(source_[at + 1])) ++at;
        }
        if (at >= source_.size() || source_[at] != '/') {
            // None begins on the rest of this line, so that it is read once.
            no_pattern_ = at;
            return false;
        }
        const std::size_t start = at_;
        at_ = at + 1;
        while (at_ < source_.size() && scan::is(source_[at_], scan::letter)) ++at_;
        add(Kind::pattern, start);
        return true;
    }

    // Whether two characters are one sign; the second is `at_`.
    bool is_of_two(char32_t c, char32_t next) const {
        if (next == '=' && View(U"=!<>+-*/%&|^").find(c) != View::npos) return true;
        if (next == c && View(U"&|?+-").find(c) != View::npos) return true;
        return (c == '=' && next == '>') || (c == '?' && next == '.' && !is_digit(at(at_ + 1)));
    }

    void read_sign() {
        const std::size_t start = at_;
        const char32_t c = source_[at_++];
        const char32_t next = at(at_);
        const auto one = static_cast<std::uint32_t>(c < 0x80 ? c : 0);
        if (c == '(' || c == '[' || c == '{') return open(one, start);
        if (c == ')' || c == ']' || c == '}') return close(one, start);
        const std::uint32_t two = is_of_two(c, next) ? next : 0;
        if (two) ++at_;
        // What "||=", "&&=" and "??=" may give is given.
        const bool is_given = two == one && View(U"|&?").find(c) != View::npos && at(at_) == '=' && at(at_ + 1) != '=';
        if (is_given) {
            ++at_;
            add(Kind::sign, start).sign = sign('=');
            return;
        }
        // "===" and "!==" are taken for their shorter forms.
        if (two == '=' && (c == '=' || c == '!') && at(at_) == '=') ++at_;
        add(Kind::sign, start).sign = one | two << 8;
    }

    void open(std::uint32_t what, std::size_t start) {
        add(Kind::sign, start).sign = what;
        open_.push_back(static_cast<std::uint32_t>(tokens_.size() - 1));
        braces_ += is_brace(what);
    }

    static bool is_brace(std::uint32_t what) { return what == sign('{') || what == sign('$', '{'); }

    // A bracket that has no partner closes nothing; a brace closes what was left open inside.
    void close(std::uint32_t what, std::size_t start) {
        add(Kind::sign, start).sign = what;
        const auto number = static_cast<std::uint32_t>(tokens_.size() - 1);
        if (what == sign('}')) {
            if (!braces_) return;
            while (!is_brace(tokens_[open_.back()].sign)) open_.pop_back();
        }
        if (open_.empty()) return;
        Token& partner = tokens_[open_.back()];
        const bool fits = what == sign('}') || partner.is(what == sign(')') ? sign('(') : sign('['));
        if (!fits) return;
        partner.partner = number;
        tokens_[number].partner = open_.back();
        open_.pop_back();
        if (what != sign('}')) return;
        --braces_;
        if (tokens_[tokens_[number].partner].is(sign('$', '{'))) read_chunk();
    }

    const View source_;
    const std::size_t most_;
    std::size_t at_ = 0, no_pattern_ = 0;
    std::vector<Token> tokens_;
    std::vector<std::uint32_t> open_;
    std::size_t braces_ = 0;
};

// Whether numbers in the brackets behind a token are characters.
bool makes_text(View source, const Token& before) {
    return before.is(sign(']')) || source.substr(before.start, before.end - before.start) == U"fromCharCode";
}

}  // namespace

std::vector<Token> read_tokens(View source, std::size_t most) {
    return Lexer(source, most).run();
}

std::vector<Literal> find_literals(View source) {
    const std::vector<Token> tokens = read_tokens(source, most_tokens);
    std::vector<Literal> literals;
    std::size_t list = 0;  // behind the bracket that opened a list of numbers so far
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        const Token& token = tokens[at];
        if (token.is(sign('[')) || (token.is(sign('(')) && at && makes_text(source, tokens[at - 1]))) {
            list = at + 1;
        } else if (token.is(sign(')')) || token.is(sign(']'))) {
            if (list && at > list && token.partner + 1 == list) {
                literals.push_back({tokens[list].start, tokens[at - 1].end, true, false});
            }
            list = 0;
        } else if (token.is_text()) {
            list = 0;
            const std::uint32_t start = token.inner_start(), end = token.inner_end();
            if (!token.is_closed || start == end) continue;
            const bool is_called = at + 1 < tokens.size() && tokens[at + 1].is(sign('.'));
            const bool is_markup = source.substr(start, end - start).find(U'<') != View::npos;
            literals.push_back({start, end, false, !is_called && !is_markup && !token.has_escape});
        } else if (token.kind != Kind::number && !token.is(sign(','))) {
            list = 0;
        }
    }
    return literals;
}

}  // namespace moderation::javascript
