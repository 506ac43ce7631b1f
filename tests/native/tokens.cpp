// Prints what the scanner finds in given sources, for tests in Python that compare it with others' test cases
// (tests/test_html5lib.py). No test of doctest.
//
//     tokens NAMES < cases
//
// NAMES: a file of the names of character references, "name hex hex …" each. A case is a line "state name hex hex …":
// where the tokenizer begins (data, rcdata, rawtext, script, plaintext, cdata), inside of which element, and the code
// points. Of each comes a line of JSON, an array of
//     ["Character", text], ["StartTag", name, [[name, value], …], is_self_closing], ["EndTag", name]
//     ["Skipped", source]     what is no token of the scanner: a comment, a doctype, a tag without an end
// A source is read with code points of each width that has room for them; where that makes a difference, it ends
// with 1.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "html/tokenizer.hpp"

namespace moderation::tests {

namespace {

std::string json(View text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    const auto unit = [&](std::uint32_t of) {
        out += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) out += digits[of >> shift & 15];
    };
    for (const char32_t c : text) {
        if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
            out += static_cast<char>(c);
        } else if (c < 0x10000) {
            unit(c);
        } else {
            unit(0xd800 + ((c - 0x10000) >> 10));
            unit(0xdc00 + ((c - 0x10000) & 0x3ff));
        }
    }
    return out + "\"";
}

struct Case {
    std::string state;
    Text inside, source;
};

template <class Unit>
class Printer : public Tokenizer<Unit, Printer<Unit>> {
    using Base = Tokenizer<Unit, Printer<Unit>>;
    friend Base;

public:
    Printer(const Entities& entities, const Case& given) : Base(entities), entities_(entities), state_(given.state) {
        Text around = state_ == "data" ? U"" : U"<" + given.inside + U">";
        if (state_ == "cdata") around += U"<![CDATA[";
        source_.assign(around.begin(), around.end());
        before_ = source_.size();
        source_.insert(source_.end(), given.source.begin(), given.source.end());
        at_ = source_.data();
        this->read(source_.data(), source_.data() + source_.size(), 0);
    }

    std::string line() {
        end_text();
        std::string out;
        for (const std::string& each : tokens_) out += (out.empty() ? "" : ", ") + each;
        return "[" + out + "]";
    }

private:
    bool is_before(const Unit* at) const { return at < source_.data() + before_; }

    void end_text() {
        if (!text_.empty()) tokens_.push_back("[\"Character\", " + json(text_) + "]");
        text_.clear();
    }

    void add(const std::string& token) {
        end_text();
        tokens_.push_back(token);
    }

    // What the scanner went over without a word since the last construct.
    void skip_to(const Unit* at) {
        if (is_raw_read_) {
            // The markup inside of raw text was read as such; to the standard it is text.
            is_raw_read_ = false;
            put(at_, at, false);
        } else if (is_tag_) {
            is_tag_ = false;
        } else if (at > at_ && !is_before(at_)) {
            add("[\"Skipped\", " + json(Text(at_, at)) + "]");
        }
        at_ = at;
    }

    // Line breaks are those of the source; the standard makes one of "\r" and "\r\n" before the tokenizer sees them.
    void put(const Unit* at, const Unit* end, bool has_nul) {
        for (; at < end; ++at) {
            if (*at == '\r') {
                if (end - at < 2 || at[1] != '\n') text_ += U'\n';
            } else {
                text_ += *at || has_nul ? static_cast<char32_t>(*at) : U'\ufffd';
            }
        }
    }

    void on_text(const Unit* at, const Unit* end) {
        if (raw_) return;
        skip_to(at);
        put(at, end, this->has_nul());
        at_ = end;
    }

    void on_reference(const Unit* at, const Unit* end, const Text& text) {
        if (raw_) return;
        skip_to(at);
        text_ += text;
        at_ = end;
    }

    Content on_start(std::uint32_t tag, const Facts&, const Attributes<Unit>&, Slice<Unit> verbatim, bool is_closing) {
        if (raw_) return Content::data;
        at_ = verbatim.end;
        if (is_before(verbatim.at)) {
            return state_ == "rcdata"      ? Content::rcdata
                   : state_ == "rawtext"   ? Content::rawtext
                   : state_ == "script"    ? Content::script
                   : state_ == "plaintext" ? Content::plaintext
                                           : Content::data;
        }
        std::vector<std::pair<Text, Text>> given;
        const Unit* at = verbatim.at + 1;
        while (!scan::is(*at, scan::ends_tag_name)) ++at;
        bool is_closed = false;
        read_attributes(at, verbatim.end, is_closed, [&](Slice<Unit> name, Slice<Unit> value) {
            Text lower, resolved;
            for (const Unit* c = name.at; c < name.end; ++c) lower += *c ? scan::lower(*c) : U'\ufffd';
            for (const auto& [known, of] : given)
                if (known == lower) return;
            resolve_attribute(entities_, value.at, value.end, resolved);
            given.emplace_back(lower, resolved);
        });
        std::string said;
        for (const auto& [name, value] : given)
            said += (said.empty() ? "" : ", ") + ("[" + json(name) + ", " + json(value)) + "]";
        add("[\"StartTag\", " + json(this->tags_.name(tag)) + ", [" + said + "], " + (is_closing ? "true]" : "false]"));
        return Content::data;
    }

    void on_end(std::uint32_t tag, Slice<Unit>) {
        if (raw_) return;
        add("[\"EndTag\", " + json(this->tags_.name(tag)) + "]");
        is_tag_ = true;
    }

    bool is_foreign() const { return state_ == "cdata" && is_before(at_); }
    void on_style(Slice<Unit> sheet) { on_text(sheet.at, sheet.end); }
    void on_script(Slice<Unit> script) { on_text(script.at, script.end); }
    void on_raw_text(const Unit* at, const Unit* end) { on_text(at, end); }
    std::size_t on_raw_start() { return raw_++; }
    void on_raw_end(std::size_t mark) {
        raw_ = mark;
        is_raw_read_ = true;
    }

    const Entities& entities_;
    const std::string state_;
    std::vector<Unit> source_;
    std::size_t before_ = 0, raw_ = 0;
    const Unit* at_ = nullptr;
    bool is_raw_read_ = false, is_tag_ = false;
    Text text_;
    std::vector<std::string> tokens_;
};

Text code_points(std::istringstream& in) {
    Text out;
    for (std::uint32_t c; in >> std::hex >> c;) out.push_back(c);
    return out;
}

int print(const char* names_path) {
    std::vector<std::pair<std::string, Text>> names;
    std::ifstream file(names_path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream in(line);
        std::string name;
        in >> name;
        names.emplace_back(name, code_points(in));
    }
    if (names.empty()) {
        std::cerr << "tokens: there are no names in " << names_path << "\n";
        return 1;
    }
    const Entities entities(names);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream in(line);
        Case of;
        std::string inside;
        in >> of.state >> inside;
        of.inside.assign(inside.begin(), inside.end());
        of.source = code_points(in);
        char32_t most = 0;
        for (const char32_t c : of.source) most |= c;
        const std::string said = Printer<std::uint32_t>(entities, of).line();
        const bool is_same = (most > 0xffff || Printer<std::uint16_t>(entities, of).line() == said) &&
                             (most > 0xff || Printer<std::uint8_t>(entities, of).line() == said);
        if (!is_same) {
            std::cerr << "tokens: it depends on the width of the code points what is found in: " << line << "\n";
            return 1;
        }
        std::cout << said << "\n";
    }
    return 0;
}

}  // namespace

}  // namespace moderation::tests

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: tokens NAMES < cases\n";
        return 2;
    }
    return moderation::tests::print(arguments[1]);
}
