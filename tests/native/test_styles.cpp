// Style sheets and what they hide.
#include <doctest/doctest.h>

#include "styles/css_text.hpp"
#include "styles/looks.hpp"
#include "styles/media.hpp"
#include "styles/selectors.hpp"
#include "styles/sheets.hpp"
#include "support.hpp"

namespace moderation::tests {

namespace {

std::string said(const std::vector<css::Declaration>& declarations) {
    std::vector<std::string> out;
    for (const css::Declaration& each : declarations)
        out.push_back(each.name + "=" + each.value + (each.is_important ? "!" : ""));
    return listed(out);
}

std::string declared(View style) {
    std::vector<css::Declaration> out;
    css::read_declarations(css::without_comments(style), is_wanted, out);
    return said(out);
}

// The specificity of a selector, or "none".
std::string specificity(View selector) {
    const auto found = css::read_selector(selector);
    if (!found) return "none";
    const std::uint32_t of = found->specificity;
    return std::to_string(of >> 16) + "," + std::to_string(of >> 8 & 0xff) + "," + std::to_string(of & 0xff);
}

std::string sheet(View rules) {
    std::vector<Text> layers;
    std::vector<std::string> out;
    for (const css::Rule& each : css::read_sheet(css::without_comments(rules), is_wanted, layers)) {
        std::string said_of;
        for (const Text& selector : each.selectors) said_of += (said_of.empty() ? "" : ",") + utf8(selector);
        if (each.layer != css::no_layer) said_of += "@" + std::to_string(each.layer);
        out.push_back(said_of + "{" + said(each.declarations) + "}");
    }
    return listed(out);
}

// The reason why the text "x" of a page is hidden, or nothing.
std::string hidden(const std::string& page) {
    for (const std::string& each : blocks(page)) {
        if (each.find(": x") == std::string::npos) continue;
        const std::size_t at = each.find(" {");
        return at == std::string::npos ? "" : each.substr(at + 2, each.size() - at - 3);
    }
    return "no block";
}

}  // namespace

TEST_CASE("style sheets: declarations") {
    CHECK(declared(U"display:none") == "display=none");
    CHECK(declared(U" DISPLAY : None ! IMPORTANT ; color:red") == "display=none!|color=red");
    CHECK(declared(U"/*;*/display:/**/none;;:;a") == "display=none");
    CHECK(declared(U"d\\69splay:none") == "display=none");
    // A string or a bracket holds what would end it.
    CHECK(declared(U"content:';display:block';display:none") == "display=none");
    CHECK(declared(U"background:url(a;display:block);display:none").find("display=block") == std::string::npos);
    CHECK(declared(U"a{display:block}display:none") == "display=none");
}

TEST_CASE("style sheets: selectors and their specificity") {
    CHECK(specificity(U"*") == "0,0,0");
    CHECK(specificity(U"a b>c+d~e") == "0,0,5");
    CHECK(specificity(U"#a.b[c]:first-child d") == "1,3,1");
    CHECK(specificity(U"a:not(#b)") == "1,0,1");
    CHECK(specificity(U":is(a,.b)") == "0,1,0");
    CHECK(specificity(U":where(#a) b") == "0,0,1");
    CHECK(specificity(U"a:has(> #b .c, d)") == "1,1,1");
    CHECK(specificity(U"a:not(:has(.b))") == "0,1,1");
    for (const View selector : {View(U""), View(U"a>"), View(U"a:unheard-of"), View(U"a["), View(U"a::before"),
                                View(U".1"), View(U"a:has()"), View(U"a:has(>)"), View(U"a:has(b,)"),
                                View(U"a:has(> > b)"), View(U"a:has(:has(b))"), View(U"a:has(:not(:has(b)))")}) {
        CAPTURE(utf8(selector));
        CHECK(specificity(selector) == "none");
    }
}

TEST_CASE("style sheets: brackets of a selector in brackets, as far as they are read") {
    const auto nested = [](std::size_t times) {
        Text text;
        for (std::size_t at = 0; at < times; ++at) text += U":is(";
        return text + U"a" + Text(times, U')');
    };
    CHECK(specificity(nested(8)) == "0,0,1");
    // What `:is()` does not know is none of its selectors.
    CHECK(specificity(nested(9)) == "0,0,0");
    CHECK(specificity(U":not(" + nested(8) + U")") == "0,0,0");
}

TEST_CASE("style sheets: rules inside of one with many selectors") {
    std::string rules = "a{b{opacity:0}}a";
    for (int at = 1; at < 256; ++at) rules += ",a";
    rules += '{';
    for (int at = 0; at < 200; ++at) rules += "b{opacity:0}";
    std::vector<Text> layers;
    const std::vector<css::Rule> read = css::read_sheet(text(rules), is_wanted, layers);
    CHECK(read.size() == 201);
    std::size_t selectors = 0;
    for (const css::Rule& each : read) selectors += each.selectors.size();
    // The last rule that had room left is whole.
    CHECK(selectors == 1 + 79 * 256);
}

TEST_CASE("styles: what an element has, as far as that is looked for") {
    const auto page = [](int more, const std::string& kind) {
        std::string rules;
        for (int at = 0; at < more; ++at) rules += ".y:has(.a" + std::to_string(at) + "){opacity:0}";
        return "<style>" + rules + ".z:" + kind + "{opacity:0}</style><p class=z>x<b>y</b>";
    };
    CHECK(hidden(page(255, "has(b)")) == "sheet-opacity");
    // What is too much is neither there nor missing.
    CHECK(hidden(page(256, "has(b)")) == "");
    CHECK(hidden(page(255, "not(:has(i))")) == "sheet-opacity");
    CHECK(hidden(page(256, "not(:has(i))")) == "");
    // The work for it is bounded, and that for other rules is not spent by it.
    std::string costly, many;
    for (int at = 0; at < 200; ++at) costly += ".z:has(b:not(.c" + std::to_string(at) + ")){opacity:0}";
    for (int at = 0; at < 5000; ++at) many += "<b class=a></b>";
    const std::string rest = "</style><p class=z>x</p><p class=z>" + many;
    CHECK(hidden("<style>.z:has(+ p){opacity:0}" + rest) == "sheet-opacity");
    CHECK(hidden("<style>.z:has(+ p){opacity:0}" + costly + rest) == "");
    CHECK(hidden("<style>.z{clip-path:inset(50%)}" + costly + rest) == "sheet-clipped");
}

TEST_CASE("style sheets: rules that hold on a screen") {
    CHECK(sheet(U"a,b{display:none}c{unknown:1}") == "a,b{display=none}");
    CHECK(sheet(U"@media print{a{display:none}}@media screen{b{display:none}}") == "b{display=none}");
    CHECK(sheet(U"@layer x,y;@layer y{a{display:none}}b{display:none}@layer x{c{display:none}}") ==
          "a@1{display=none}|b{display=none}|c@0{display=none}");
    CHECK(sheet(U"@import 'a';@font-face{display:none}a{display:none") == "a{display=none}");
    // A brace too many takes the next rule with it.
    CHECK(sheet(U"a{}}b{display:none}c{display:none}") == "c{display=none}");
    CHECK(sheet(U"}}@media screen{a{display:none}}b{display:none}") == "b{display=none}");
}

TEST_CASE("style sheets: media") {
    for (const View media :
         {View(U""), View(U"all"), View(U"print, screen"), View(U"not print"), View(U"(min-width: 600px)"),
          View(U"screen and (max-width: 1280px)"), View(U"(width >= 80em)"), View(U"(hover)")}) {
        CAPTURE(utf8(media));
        CHECK(css::holds(media));
    }
    for (const View media : {View(U"print"), View(U"not screen"), View(U"(max-width: 600px)"),
                             View(U"screen and (min-width: 1281px)"), View(U"(orientation: portrait)")}) {
        CAPTURE(utf8(media));
        CHECK_FALSE(css::holds(media));
    }
}

TEST_CASE("styles: colours") {
    for (const std::string value : {"#fff", "#ffffff", "#ffff", "white", "rgb(255, 255, 255)", "rgb(100% 100% 100%)",
                                    "rgba(255,255,255,1)", "hsl(0,0%,100%)", "hsl(120deg 40% 100%)"}) {
        CAPTURE(value);
        CHECK(colour_of(value) == white);
    }
    CHECK(colour_of("#12a") == 0x11122aa);
    CHECK(colour_of("hsl(0, 100%, 50%)") == 0x1ff0000);
    CHECK(colour_of("hsl(-240, 100%, 50%)") == 0x100ff00);
    CHECK(colour_of("hsl(240deg 100% 25%)") == 0x1000080);
    for (const std::string value : {"transparent", "rgba(0,0,0,0)", "#0000"}) {
        CAPTURE(value);
        CHECK(colour_of(value) == clear_colour);
    }
    for (const std::string value : {"", "#12", "#ggg", "none", "currentcolor"}) {
        CAPTURE(value);
        CHECK(colour_of(value) == unknown_colour);
    }
    CHECK(is_same(white, white));
    CHECK(is_same(white, 0x1fffffe));
    CHECK_FALSE(is_same(white, 0x1000000));
    CHECK_FALSE(is_same(unknown_colour, unknown_colour));
}

TEST_CASE("styles: what a browser drops sets nothing") {
    const auto set = [](const char* name, const char* value) {
        Variables variables;
        std::vector<Setting> out;
        read_settings({name, value, false}, variables, out);
        return out.size();
    };
    CHECK(set("opacity", "0") == 1);
    CHECK(set("opacity", "none") == 0);
    CHECK(set("display", "nothing") == 0);
    CHECK(set("width", "wide") == 0);
    CHECK(set("width", "0") == 1);
    CHECK(set("font-size", "0px") == 1);
    CHECK(set("color", "#ggg") == 0);
}

TEST_CASE("hiding: attributes") {
    CHECK(hidden("<p>x") == "");
    CHECK(hidden("<p hidden>x") == "attribute");
    CHECK(hidden("<p hidden=until-found>x") == "");
    CHECK(hidden("<dialog>x</dialog>") == "dialog");
    CHECK(hidden("<dialog open>x</dialog>") == "");
    CHECK(hidden("<marquee height=2>x</marquee>") == "zero-size");
    CHECK(hidden("<marquee height=20>x</marquee>") == "");
}

TEST_CASE("hiding: what an inner element can undo, and what it cannot") {
    CHECK(hidden("<div style=display:none><p style=display:block>x") == "display-none");
    CHECK(hidden("<div style=visibility:hidden><p>x") == "visibility");
    CHECK(hidden("<div style=visibility:hidden><p style=visibility:visible>x") == "");
    CHECK(hidden("<div style=font-size:0><p style=font-size:16px>x") == "");
    CHECK(hidden("<div style=color:#fff><p>x") == "same-colour");
    CHECK(hidden("<div style=color:#fff><p style=color:red>x") == "");
    CHECK(hidden("<div style=color:#fff><p style=background:#000>x") == "");
}

TEST_CASE("hiding: the cascade") {
    CHECK(hidden("<style>p{display:none}</style><p>x") == "sheet-display-none");
    CHECK(hidden("<style>.a{display:block}p{display:none}</style><p class=a>x") == "");
    CHECK(hidden("<style>.a{display:block}p{display:none!important}</style><p class=a>x") == "sheet-display-none");
    CHECK(hidden("<style>p{display:none}</style><p style=display:block>x") == "");
    CHECK(hidden("<style>p{display:none}p{display:block}</style><p>x") == "");
    // A layer gives way to what is in none.
    CHECK(hidden("<style>p{display:block}@layer a{p{display:none}}</style><p>x") == "");
    // A sheet holds for what stands before it.
    CHECK(hidden("<p class=a>x</p><style>.a{display:none}</style>") == "sheet-display-none");
    CHECK(hidden("<style media=print>p{display:none}</style><p>x") == "");
    CHECK(hidden("<style>p{--a:none;display:var(--a)}</style><p>x") == "sheet-display-none");
}

}  // namespace moderation::tests
