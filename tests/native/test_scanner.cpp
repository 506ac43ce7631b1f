// The scanner of markup: the states of the WHATWG tokenizer, and the loops that look at many code points at once.
#include <doctest/doctest.h>

#include <algorithm>

#include "html/tokenizer.hpp"
#include "support.hpp"

namespace moderation::tests {

namespace {

// Says what the tokenizer finds: (text), [reference=text], <name attribute…>, </name>; {…} is what no tokenizer reads.
template <class Unit>
class Recorder : public Tokenizer<Unit, Recorder<Unit>> {
    using Base = Tokenizer<Unit, Recorder<Unit>>;
    friend Base;

public:
    explicit Recorder(const std::vector<Unit>& source) : Base(entities()) {
        this->read(source.data(), source.data() + source.size(), 0);
    }

    std::string said;

private:
    static std::string of(const Unit* at, const Unit* end) { return utf8(Text(at, end)); }

    void on_text(const Unit* at, const Unit* end) {
        if (at < end) said += "(" + of(at, end) + ")";
    }
    void on_reference(const Unit* at, const Unit* end, const Text& text) {
        said += "[" + of(at, end) + "=" + utf8(text) + "]";
    }
    Content on_start(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given, Slice<Unit>,
                     bool is_self_closing) {
        said += "<" + utf8(this->tags_.name(tag));
        const std::pair<const char*, Attribute> names[] = {
            {"id", Attribute::id}, {"class", Attribute::class_}, {"title", Attribute::title}};
        for (const auto& [name, which] : names) {
            if (!given.has(which)) continue;
            Text value;
            resolve_attribute(entities(), given[which].at, given[which].end, value);
            said += std::string(" ") + name + "=" + utf8(value);
        }
        said += is_self_closing ? "/>" : ">";
        is_foreign_ |= tag == Tags::svg;
        return is_foreign_ ? Content::data : facts.content;
    }
    void on_end(std::uint32_t tag, Slice<Unit>) {
        said += "</" + utf8(this->tags_.name(tag)) + ">";
        is_foreign_ &= tag != Tags::svg;
    }
    bool is_foreign() const { return is_foreign_; }
    void on_style(Slice<Unit> sheet) { said += "{style " + of(sheet.at, sheet.end) + "}"; }
    void on_script(Slice<Unit> script) { said += "{script " + of(script.at, script.end) + "}"; }
    void on_raw_text(const Unit* at, const Unit* end) { said += "{raw " + of(at, end) + "}"; }
    std::size_t on_raw_start() {
        said += "{";
        return said.size();
    }
    void on_raw_end(std::size_t mark) {
        CHECK(mark <= said.size());
        said += "}";
    }

    bool is_foreign_ = false;
};

template <class Unit>
std::string read_as(const Text& page) {
    return Recorder<Unit>(std::vector<Unit>(page.begin(), page.end())).said;
}

std::string read(std::string_view page) {
    return read_as<char32_t>(text(page));
}

}  // namespace

TEST_CASE("names: every code point as UTF-8, half of a pair as three bytes") {
    CHECK(utf8(Text{'a', 0xe9, 0x95e8, 0x1f600}) == "a\xc3\xa9\xe9\x97\xa8\xf0\x9f\x98\x80");
    CHECK(utf8(Text{0xd83d}) == "\xed\xa0\xbd");
}

TEST_CASE("characters: letters and digits make words, a bar between titles does not") {
    using C = Characters;
    CHECK((C::plain(U'门') & (C::word | C::han | C::other)) == (C::word | C::han));
    CHECK((C::plain(U'丨') & (C::word | C::han)) == 0);
    CHECK((C::plain(U'é') & (C::word | C::other | C::blanked)) == (C::word | C::other | C::blanked));
    CHECK((C::plain('7') & (C::word | C::other | C::blanked)) == (C::word | C::blanked));
    CHECK((C::plain('-') & 0xffff) == '-');
}

TEST_CASE("scanner: tags and what is none") {
    CHECK(read("a<b>c</b>") == "(a)<b>(c)</b>");
    CHECK(read("<B\tID=x>") == "<b id=x>");
    CHECK(read("1 < 2 <3 <") == "(1 < 2 <3 <)");
    CHECK(read("a</>b") == "(a)(b)");
    CHECK(read("a</") == "(a</)");
    CHECK(read("a</1>b") == "(a)(b)");
    CHECK(read("<a-very-long-name>") == "<a-very-long-name>");
    CHECK(read("<br/></br/ id=x>") == "<br/></br>");
}

TEST_CASE("scanner: a tag that the page does not end is none") {
    for (const std::string page : {"a<b", "a<b ", "a<b id", "a<b id=", "a<b id='x>c", "a</b"}) {
        CAPTURE(page);
        CHECK(read(page) == "(a)");
    }
}

TEST_CASE("scanner: attributes") {
    CHECK(read("<p id=a class='b \"c' title=\"d>e\">") == "<p id=a class=b \"c title=d>e>");
    // Of two with one name the first holds.
    CHECK(read("<p id=a ID=b>") == "<p id=a>");
    // A slash belongs to a value without quotes, and parts names.
    CHECK(read("<p id=a/>") == "<p id=a/>");
    CHECK(read("<p id/class=b>") == "<p id= class=b>");
    CHECK(read("<p id = a / >") == "<p id=a>");
    // An equals sign begins a name.
    CHECK(read("<p =id=a id=b>") == "<p id=b>");
    CHECK(read("<p id=>x") == "<p id=>(x)");
    CHECK(read("<p id='a'class='b'>") == "<p id=a class=b>");
    CHECK(read("<p id=a\rclass=b\fx>") == "<p id=a class=b>");
}

TEST_CASE("scanner: comments and what ends them") {
    CHECK(read("<!--a-->b") == "(b)");
    CHECK(read("<!-->b") == "(b)");
    CHECK(read("<!--->b") == "(b)");
    CHECK(read("<!--a--!>b") == "(b)");
    CHECK(read("<!--a->b-- >c--->d") == "(d)");
    CHECK(read("a<!--b<p>") == "(a)");
    CHECK(read("<!doctype html>a<?php b>c<!-d>e") == "(a)(c)(e)");
}

TEST_CASE("scanner: a CDATA section is one in foreign content only") {
    CHECK(read("<![CDATA[a>b]]>") == "(b]]>)");
    CHECK(read("<svg><![CDATA[a>b]]]>c</svg>") == "<svg>(a>b])(c)</svg>");
    CHECK(read("<svg><![CDATA[a]]b") == "<svg>(a]]b)");
}

TEST_CASE("scanner: raw text ends with its own end tag") {
    CHECK(read("<style>a</styles></b></STYLE >c") == "<style>{style a</styles></b>}</style>(c)");
    CHECK(read("<style></style>") == "<style></style>");
    CHECK(read("<style>a</style") == "<style>{style a</style}");
    CHECK(read("<textarea>&lt;<b></textarea>") == "<textarea>[&lt;=<](<b>)</textarea>");
    CHECK(read("<plaintext>a</plaintext>") == "<plaintext>(a</plaintext>)");
    CHECK(read("<noscript>a<b>c</noscript>") == "<noscript>{(a)<b>(c)}</noscript>");
}

TEST_CASE("scanner: raw text in raw text is read to a depth") {
    CHECK(read("<xmp><iframe><noscript><b></noscript></iframe></xmp>") ==
          "<xmp>{<iframe>{<noscript>{raw <b>}</noscript>}</iframe>}</xmp>");
}

TEST_CASE("scanner: a script that is escaped twice holds its end tag") {
    CHECK(read("<script>a</script>b") == "<script>{script a}</script>(b)");
    CHECK(read("<script><!--a</script>b") == "<script>{script <!--a}</script>(b)");
    CHECK(read("<script><!--<script>a</script>b--></script>c") ==
          "<script>{script <!--<script>a</script>b-->}</script>(c)");
    CHECK(read("<script><!--<script></script></script>c") == "<script>{script <!--<script></script>}</script>(c)");
    CHECK(read("<script><!--<scripts></script>c") == "<script>{script <!--<scripts>}</script>(c)");
    CHECK(read("<script><!--><script></script>c") == "<script>{script <!--><script>}</script>(c)");
    // Nothing ends it.
    CHECK(read("<script><!--<script></script>c") == "<script>{script <!--<script></script>c}");
}

TEST_CASE("scanner: character references in text") {
    CHECK(read("a&amp;b&ampc &am; &") == "(a)[&amp;=&](b)[&ampc=&c]( &am; &)");
    CHECK(read("&notin;&notit;") == "[&notin;=∉][&notit=¬it](;)");
    CHECK(read("&#65;&#x42&#X43;&#;&#x;") == "[&#65;=A][&#x42=B][&#X43;=C](&#;&#x;)");
    // What pages take from windows-1252; no code points at all.
    CHECK(read("&#150;") == "[&#150;=–]");
    CHECK(read("&#0;&#xd800;&#x110000;&#99999999999999999999;") ==
          "[&#0;=�][&#xd800;=�][&#x110000;=�][&#99999999999999999999;=�]");
}

TEST_CASE("scanner: a name without semicolon may be part of an address") {
    CHECK(read("<p title='?a&copy=b&copyc&copy;&copy '>") == "<p title=?a&copy=b&copyc©© >");
    CHECK(read("<p title='&#65b&fjlig;'>") == "<p title=Abfj>");
}

TEST_CASE("scanner: what html.unescape makes of a reference") {
    const auto made = [](const char* reference) {
        Text out;
        return unescape(entities(), reference, out) ? "=" + utf8(out) : std::string("left");
    };
    CHECK(made("copy;") == "=©");
    CHECK(made("notit;") == "=¬it;");
    CHECK(made("#x1;") == "=");
    CHECK(made("#13;") == "=\r");
    CHECK(made("#x80;") == "=€");
    CHECK(made("nothing") == "=¬hing");
    CHECK(made("nil;") == "left");
    CHECK(made("#x;") == "left");
}

TEST_CASE("scanner: a page reads the same whatever the width of its code points") {
    const std::string page =
        "<p id=a>b&amp;c<!--d--><script>e</script><svg><![CDATA[f]]></svg><textarea>g</textarea><noscript>h</noscript>";
    // Each construct stands once at every place of a step of sixteen bytes.
    for (std::size_t shift = 0; shift < 33; ++shift) {
        const Text shifted = text(std::string(shift, 'x') + page);
        const std::string wide = read_as<char32_t>(shifted);
        CAPTURE(shift);
        CHECK(read_as<std::uint8_t>(shifted) == wide);
        CHECK(read_as<std::uint16_t>(shifted) == wide);
    }
}

TEST_CASE("scanner: wide letters that end in the byte of an ASCII one are none") {
    // U+013C ends in that of "<", U+4E3E in that of ">", U+0126 in that of "&".
    CHECK(read("aļb舾Ħlt;") == "(aļb舾Ħlt;)");
    CHECK(read("<Ļ>") == "(<Ļ>)");
    CHECK(read("<bĻ>") == "<bĻ>");
}

TEST_CASE_TEMPLATE("scanner: loops over many code points find what a plain loop finds", Unit, std::uint8_t,
                   std::uint16_t, std::uint32_t) {
    Random random(7);
    for (int round = 0; round < 3000; ++round) {
        std::vector<Unit> units(random.below(50));
        for (Unit& each : units) each = static_cast<Unit>("ab\x01 "[random.below(4)]);
        if (random.below(2)) std::replace(units.begin(), units.end(), Unit{'a'}, Unit{'x'});
        const Unit* const at = units.data();
        const Unit* const end = at + units.size();
        const std::vector<Unit> pair{'a', 'b'};
        REQUIRE(scan::find<Unit>(at, end, 'a') == std::find(at, end, Unit{'a'}));
        const Unit* const either = std::find_if(at, end, [](Unit c) { return c == 'a' || c == 1; });
        REQUIRE(scan::find_either<Unit>(at, end, 'a', 1) == either);
        REQUIRE(scan::find_pair<Unit>(at, end, 'a', 'b') == std::search(at, end, pair.begin(), pair.end()));
        std::vector<char32_t> copied(units.size() + scan::spare);
        char32_t* to = copied.data();
        const Unit* const stop = std::find_if(at, end, [](Unit c) { return c <= ' '; });
        REQUIRE(scan::copy_word(at, end, to) == stop);
        REQUIRE(to - copied.data() == stop - at);
        REQUIRE(std::equal(at, stop, copied.begin()));
    }
}

TEST_CASE("scanner: a long text parts where it reads best") {
    const auto part = [](std::string_view utf8, std::uint32_t most) {
        const Text of = text(utf8);
        return scan::part_size(of.data(), of.data() + of.size(), most);
    };
    CHECK(part("abc", 3) == 3);
    CHECK(part("abcd", 3) == 3);
    CHECK(part("a bcd", 4) == 2);
    // A full stop is better than a blank behind it, a blank than nothing.
    CHECK(part("a。b cde", 6) == 2);
    CHECK(part("a\nb。cde", 6) == 4);
}

TEST_CASE("scanner: a name has one number, however it is asked for") {
    Tags tags;
    const std::uint64_t packed = 'x' << 8 | 'y';
    const std::uint32_t number = tags.of(U"xy");
    CHECK(tags.of_packed(packed) == number);
    CHECK(tags.of(U"script") == Tags::script);
    CHECK(tags.of(U"annotation-xml") == Tags::annotation_xml);
    CHECK(utf8(tags.name(number)) == "xy");
    // Nine characters are more than a number holds.
    CHECK(tags.of(U"abcdefghi") != tags.of(U"bcdefghi"));
    CHECK_FALSE(tags.facts(number).is_void);
}

TEST_CASE("scanner: beyond a limit all names that nobody knows are one") {
    Tags tags;
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t each = 0; each < limits::element_names + 5; ++each)
        numbers.push_back(tags.of(text("x" + std::to_string(each))));
    CHECK(numbers[0] == tags.of(U"x0"));
    CHECK(numbers[limits::element_names] == numbers[limits::element_names + 4]);
    CHECK(utf8(tags.name(numbers.back())) == "*");
    CHECK(tags.of(U"script") == Tags::script);
}

TEST_CASE("foreign content: a start tag of HTML ends it") {
    CHECK(listed(blocks("<svg><text>a</text></svg>")) == "svg/text: a");
    CHECK(listed(blocks("<svg><g><p>a")) == "p: a");
    CHECK(listed(blocks("<svg><font>a")) == "svg/font: a {svg}");
    CHECK(listed(blocks("<svg><font color=red>a")) == "font: a");
}

TEST_CASE("foreign content: integration points hold HTML") {
    CHECK(listed(blocks("<svg><foreignObject width=90 height=9><p>a")) == "svg/foreignobject/p: a");
    CHECK(listed(blocks("<math><mi><p>a")) == "math/mi/p: a");
    CHECK(listed(blocks("<math><annotation-xml><p>a")) == "p: a");
    CHECK(listed(blocks("<math><annotation-xml encoding=Text/HTML><p>a")).find("annotation-xml/p: a") !=
          std::string::npos);
}

}  // namespace moderation::tests
