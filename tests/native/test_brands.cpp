// Names, and what they are put together from.
#include <doctest/doctest.h>

#include <stdexcept>

#include "candidates/brands.hpp"
#include "support.hpp"

namespace moderation::tests {

namespace {

const Brands& brands() {
    static const Brands of(
        "sure\tgambling\t开云\ncommon\tgambling\t皇冠\nbehind\t\t平台\nbehind\t\t官网\nstrong\t\t体育\nfront\t\t澳门\n"
        "slot\t\t学院\nslot\t\t欢迎\nidle\t\t联系\n",
        {"other", "gambling"});
    return of;
}

// The names of a text whose words are parted by "/", which is taken out.
std::vector<Brand> find(View parted, Text& text) {
    std::vector<Span> words;
    text.clear();
    std::uint32_t start = 0;
    for (std::size_t at = 0; at <= parted.size(); ++at) {
        if (at < parted.size() && parted[at] != '/') {
            text.push_back(parted[at]);
            continue;
        }
        const auto end = static_cast<std::uint32_t>(text.size());
        if (end > start) words.push_back({start, end});
        start = end;
    }
    std::vector<Brand> out;
    brands().find(text, words, out);
    return out;
}

std::string names(View parted) {
    Text text;
    std::vector<std::string> out;
    for (const Brand& each : find(parted, text))
        out.push_back(utf8(View(text).substr(each.span.start, each.span.end - each.span.start)));
    return listed(out);
}

Brand one(View parted) {
    Text text;
    const std::vector<Brand> found = find(parted, text);
    REQUIRE(found.size() == 1);
    return found[0];
}

}  // namespace

TEST_CASE("names: one that is nothing else is a name by itself") {
    CHECK(names(U"开云") == "开云");
    CHECK(names(U"你好/开云/你好") == "开云");
    CHECK(names(U"开云/你好/开云/平台") == "开云|开云平台");
    const Brand found = one(U"开云/平台/体育");
    CHECK(found.label == 1);
    CHECK(found.sure == 1);
    CHECK(found.glued == 2);
    CHECK(found.strong == 1);
}

TEST_CASE("names: an everyday word needs company") {
    CHECK(names(U"皇冠") == "");
    CHECK(names(U"皇冠/官网") == "皇冠官网");
    CHECK(names(U"皇冠/123") == "皇冠123");
    CHECK(names(U"澳门/皇冠") == "澳门皇冠");
    CHECK(names(U"皇冠/学院") == "皇冠");
    CHECK(one(U"欢迎/皇冠/学院").slots == 2);
    // Too far away.
    CHECK(names(U"学院/一/二/三/四/五/六/七/八/九/皇冠") == "");
}

TEST_CASE("names: a code needs a strong word, or to be letters with a number") {
    CHECK(names(U"abc/官网") == "");
    CHECK(names(U"abc/体育") == "abc体育");
    CHECK(names(U"tyc8722/官网") == "tyc8722官网");
    CHECK(names(U"mp3/官网") == "");
    CHECK(names(U"tyc8722") == "");
}

TEST_CASE("names: an unknown one needs two glued words or a strong one") {
    CHECK(names(U"金沙/官网/平台") == "金沙官网平台");
    CHECK(names(U"金沙/体育") == "金沙体育");
    CHECK(names(U"金沙/官网") == "");
    CHECK(names(U"abc/金沙/官网") == "abc金沙官网");
    // Everybody's words are no name, nor is half a word.
    CHECK(names(U"联系/体育") == "");
    CHECK(names(U"好/体育") == "");
    CHECK(names(U"金沙,体育") == "");
}

TEST_CASE("names: an end is no year and no bracket that is not closed") {
    CHECK(names(U"开云/2024/年") == "开云");
    CHECK(names(U"开云/2024/官网") == "开云2024官网");
    CHECK(names(U"开云·(中国)") == "开云");
    CHECK(names(U"开云(官网)/你好") == "开云(官网)");
    CHECK(names(U"开云(") == "开云");
    CHECK(names(U"开云)官网") == "开云)官网");
    CHECK(names(U"开云/澳门") == "开云");
}

TEST_CASE("names: letters and digits stand apart from others of their kind") {
    const Brands latin("sure\t\tbet\nsure\t\t365\n", {});
    const auto count = [&](View text) {
        std::vector<Brand> out;
        latin.find(text, {}, out);
        return out.size();
    };
    CHECK(count(U"bet") == 1);
    CHECK(count(U"bets") == 0);
    CHECK(count(U"abet") == 0);
    CHECK(count(U"13650") == 0);
    CHECK(count(U"bet365") == 1);
}

TEST_CASE("names: a chain that is longer than a name is one, from its beginning") {
    Text text = U"开云";
    for (int each = 0; each < 100; ++each) text += U"官网";
    std::vector<Brand> out;
    brands().find(text, {}, out);
    REQUIRE(out.size() == 1);
    CHECK(out[0].span.start == 0);
    CHECK(out[0].span.end == 60);
}

TEST_CASE("names: idle words are known, and found as nothing") {
    CHECK(brands().is_idle(U"联系"));
    CHECK_FALSE(brands().is_idle(U"开云"));
    CHECK(Brands("idle\t\t联系\n", {}).empty());
}

TEST_CASE("names: lines that are none") {
    for (const std::string lines : {"sure\t开云", "开云", "known\t\t开云", "sure\t\t开"}) {
        CAPTURE(lines);
        CHECK_THROWS_AS(Brands(lines, {}), std::invalid_argument);
    }
    CHECK(Brands("\n\n", {}).empty());
}

}  // namespace moderation::tests
