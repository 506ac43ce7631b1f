// Folding and the way back, the dictionary's cuts, segments and joints.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "candidates/search.hpp"
#include "support.hpp"
#include "text/folding.hpp"
#include "text/utf8.hpp"
#include "words/dictionary.hpp"
#include "words/page_text.hpp"

namespace moderation::tests {

namespace {

// A text that was folded, each character with the stretch of the source that it stands for.
struct Folded {
    bool is_done = true;
    Text text;
    std::vector<Piece> pieces;

    std::string origins() const {
        std::string out;
        for (std::uint32_t at = 0; at < text.size(); ++at) {
            const Span from = pieces.empty() ? Span{at, at + 1}
                                             : origin_of(pieces.data(), pieces.data() + pieces.size(), {at, at + 1});
            out += (at ? " " : "") + std::to_string(from.start);
            if (from.end != from.start + 1) out += "-" + std::to_string(from.end);
        }
        return out;
    }
};

Folded by_table(View text) {
    Folded made;
    made.is_done = fold_by_table(characters(), text, made.text, made.pieces);
    return made;
}

Folded by_steps(View text, const std::vector<Change>& repairs = {}) {
    Folded made;
    fold(characters(), text, repairs, made.text, made.pieces);
    return made;
}

}  // namespace

TEST_CASE("folding: what the table folds, and where it comes from") {
    const Folded even = by_table(U"Ａ１開b");
    REQUIRE(even.is_done);
    CHECK(utf8(even.text) == "a1开b");
    CHECK(even.pieces.empty());
    const Folded dropped = by_table(U"开\u200b\u200bＡ");
    REQUIRE(dropped.is_done);
    CHECK(utf8(dropped.text) == "开a");
    CHECK(dropped.origins() == "0 3");
    const Folded first = by_table(U"\u200ba\u200b");
    REQUIRE(first.is_done);
    CHECK(utf8(first.text) == "a");
    CHECK(first.origins() == "1");
    CHECK(by_table(U"\u200b").text.empty());
}

TEST_CASE("folding: the table leaves to the steps what takes more") {
    for (const View text : {View(U"㏄"), View(U"bа"), View(U"女马"), View(U"开(kai)"), View(U"开*开"), View(U"𠀀")}) {
        CAPTURE(utf8(text));
        CHECK_FALSE(by_table(text).is_done);
    }
    // An alike letter among others of its script stands for itself.
    CHECK(by_table(U"аа").is_done);
}

TEST_CASE("folding: each step leads back") {
    const auto folded = [](View text) {
        const Folded made = by_steps(text);
        return utf8(made.text) + " " + made.origins();
    };
    CHECK(folded(U"x㏄y") == "xccy 0 1 1 2");
    CHECK(folded(U"bа") == "ba 0 1");
    CHECK(folded(U"x女马y") == "x妈y 0 1-3 3");
    CHECK(folded(U"开(kai)云") == "开云 0 6");
    CHECK(folded(U"开(kaj)云") == "开(kaj)云 0 1 2 3 4 5 6");
    CHECK(folded(U"开***云") == "开云 0 4");
    CHECK(folded(U"开****云") == "开****云 0 1 2 3 4 5");
    CHECK(folded(U"开★云★体") == "开云体 0 2 4");
    CHECK(folded(U"女\u200b马") == "妈 0-3");
}

TEST_CASE("folding: repairs come first and keep their origin") {
    const Folded made = by_steps(U"ab??c", {{2, 4, U"Ａ女马"}});
    CHECK(utf8(made.text) == "aba妈c");
    CHECK(made.origins() == "0 1 2-4 2-4 4");
    const Folded gone = by_steps(U"ab", {{0, 2, {}}});
    CHECK(gone.text.empty());
}

TEST_CASE("folding: fillers join where they repeat, pictures where they differ") {
    const auto joins = [](View text) { return joined(characters(), text, 0) == text.size(); };
    CHECK(joins(U"开.云.体"));
    CHECK(joins(U"开..云..体"));
    CHECK_FALSE(joins(U"开.云"));
    CHECK_FALSE(joins(U"开.云..体"));
    CHECK(joins(U"开→云↓体"));
    // Words are no single characters.
    CHECK_FALSE(joins(U"开.云云.体"));
}

TEST_CASE("folding: table and steps agree on texts at random") {
    constexpr View alphabet = U"aＡ1開开云女马(ki).★☬⚅\u200b*а \n";
    Random random(11);
    int done = 0;
    for (int round = 0; round < 4000; ++round) {
        Text text;
        for (std::uint32_t size = random.below(12); size; --size)
            text.push_back(alphabet[random.below(static_cast<std::uint32_t>(alphabet.size()))]);
        const Folded one = by_table(text), other = by_steps(text);
        CAPTURE(utf8(text));
        REQUIRE(one.text.size() <= text.size());
        if (!one.is_done) continue;
        ++done;
        REQUIRE(utf8(one.text) == utf8(other.text));
        REQUIRE(one.origins() == other.origins());
    }
    CHECK(done > 1000);
}

TEST_CASE("folding: a span of pieces is the hull of its ends") {
    const Piece pieces[] = {{0, 10, 0}, {3, 20, 5}, {5, 25, 0}};
    const auto origin = [&](std::uint32_t start, std::uint32_t end) {
        const Span span = origin_of(std::begin(pieces), std::end(pieces), {start, end});
        return std::to_string(span.start) + "-" + std::to_string(span.end);
    };
    CHECK(origin(0, 2) == "10-12");
    CHECK(origin(2, 4) == "12-25");
    CHECK(origin(4, 6) == "20-26");
    // An empty one comes from an empty one.
    CHECK(origin(1, 1) == "11-11");
    CHECK(origin(4, 4) == "20-20");
}

TEST_CASE("UTF-8: damage costs one byte, and all else comes back") {
    CHECK(utf8(text("aé开𠀀")) == "aé开𠀀");
    CHECK(text("\xff"
               "a") == U"\ufffda");
    CHECK(text("\xe5\xbc") == U"\ufffd\ufffd");
    CHECK(text("\xc0\xaf") == U"\ufffd\ufffd");
    Text all;
    for (const char32_t c : {0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff}) all.push_back(c);
    CHECK(text(utf8(all)) == all);
}

// ------------------------------------------------------------------------------------------------ dictionary

namespace {

std::string cut(const Dictionary& dictionary, View text) {
    Dictionary::Scratch scratch;
    std::vector<CutWord> words;
    dictionary.cut(text, 0, scratch, words);
    std::vector<std::string> out;
    for (const CutWord& word : words) out.push_back(utf8(text.substr(word.start, word.end - word.start)));
    return listed(out);
}

}  // namespace

TEST_CASE("dictionary: the most probable path, not the longest word") {
    const Dictionary dictionary("研究 100 v\n研究生 10 n\n生命 100 n\n命 1 n\n起源 50\n");
    CHECK(cut(dictionary, U"研究生命") == "研究|生命");
    CHECK(cut(dictionary, U"研究生") == "研究生");
    CHECK(cut(dictionary, U"研究起源") == "研究|起源");
}

TEST_CASE("dictionary: of two equal paths the one with the longer word") {
    // With 16 in all, log 4/16 twice is log 1/16.
    const Dictionary dictionary("开 4\n云 4\n开云 1\n体 7\n");
    CHECK(cut(dictionary, U"开云") == "开云");
}

TEST_CASE("dictionary: what it does not hold") {
    const Dictionary dictionary("开云 9\nc++ 3\n");
    CHECK(cut(dictionary, U"开体育") == "开|体|育");
    // Letters and digits in a row are one word, signs between them words of their own.
    CHECK(cut(dictionary, U"abc123-d4") == "abc123|-|d4");
    CHECK(cut(dictionary, U"abc开云x") == "abc|开云|x");
    CHECK(cut(dictionary, U"c++") == "c++");
    CHECK(cut(dictionary, U"c+") == "c|+");
    CHECK(cut(dictionary, U"кот") == "к|о|т");
    CHECK(cut(dictionary, U"") == "");
}

TEST_CASE("dictionary: a word of frequency 0 is a prefix only") {
    const Dictionary dictionary("开云 0\n开云体育 5\n开 1\n");
    CHECK(cut(dictionary, U"开云") == "开|云");
    CHECK(cut(dictionary, U"开云体育") == "开云体育");
}

TEST_CASE("dictionary: a place in it is the same for a word, wherever it stands") {
    const Dictionary dictionary("开云 9\n体育 3\n");
    Dictionary::Scratch scratch;
    std::vector<CutWord> words;
    dictionary.cut(U"开云体育开云", 100, scratch, words);
    REQUIRE(words.size() == 3);
    CHECK(words[0].start == 100);
    CHECK(words[2].end == 106);
    CHECK(words[0].node == words[2].node);
    CHECK(words[0].node != words[1].node);
    CHECK(words[0].node < dictionary.nodes());
}

TEST_CASE("dictionary: prefixes outgrow the table that words are counted for") {
    std::string word;
    Text all;
    for (char32_t c = 0x4e00; c < 0x4e00 + 300; ++c) {
        append_utf8(c, word);
        all.push_back(c);
    }
    const Dictionary dictionary(word + " 5\n");
    CHECK(dictionary.nodes() == 300);
    CHECK(cut(dictionary, all) == word);
}

TEST_CASE("dictionary: files that are none") {
    for (const std::string lines : {"", "\n", "开云\n", " 5\n", "𠀀开 5\n"}) {
        CAPTURE(lines);
        CHECK_THROWS_AS(Dictionary{lines}, std::invalid_argument);
    }
}

TEST_CASE("dictionary: no path is more probable, on texts at random") {
    const std::map<Text, double> counts{{U"一", 50}, {U"二", 7},     {U"一二", 20}, {U"二三", 11},
                                        {U"三", 2},  {U"一二三", 3}, {U"三一", 17}, {U"二三一二", 1}};
    std::string lines;
    double total = 0;
    for (const auto& [word, count] : counts) {
        lines += utf8(word) + " " + std::to_string(static_cast<int>(count)) + "\n";
        total += count;
    }
    const Dictionary dictionary(lines);
    const auto worth = [&](View word) {
        const auto found = counts.find(Text(word));
        if (found != counts.end()) return std::log(found->second / total);
        return word.size() == 1 ? -std::log(total) : -1e9;
    };
    Random random(3);
    for (int round = 0; round < 500; ++round) {
        Text text;
        for (std::uint32_t size = 1 + random.below(9); size; --size) text.push_back(U"一二三四"[random.below(4)]);
        // Each bit says whether the text is cut behind a character.
        double best = -1e18;
        for (std::uint32_t bits = 0; bits < 1u << (text.size() - 1); ++bits) {
            double path = 0;
            std::size_t start = 0;
            for (std::size_t at = 1; at <= text.size(); ++at) {
                if (at < text.size() && !(bits >> (at - 1) & 1)) continue;
                path += worth(View(text).substr(start, at - start));
                start = at;
            }
            best = std::max(best, path);
        }
        Dictionary::Scratch scratch;
        std::vector<CutWord> words;
        dictionary.cut(text, 0, scratch, words);
        double made = 0;
        for (const CutWord& word : words) made += worth(View(text).substr(word.start, word.end - word.start));
        CAPTURE(utf8(text));
        REQUIRE(made == doctest::Approx(best));
    }
}

// ------------------------------------------------------------------------------------------------ segments

namespace {

// The segments of a folded text, each with its parts: "~" a word of its own, "@" an address.
std::string segments(View text) {
    std::vector<Span> spans;
    std::vector<Part> parts;
    split(characters(), text, spans, parts);
    std::vector<std::string> out(spans.size());
    for (const Part& part : parts) {
        std::string& to = out.at(part.segment);
        to += to.empty() ? "" : " ";
        to += part.kind == Part::lone ? "~" : part.kind == Part::address ? "@" : "";
        to += utf8(text.substr(part.start, part.end - part.start));
    }
    return listed(out);
}

}  // namespace

TEST_CASE("segments: what separates") {
    CHECK(segments(U"开云,体育 官网") == "开云|体育|官网");
    CHECK(segments(U"free bet") == "free bet");
    CHECK(segments(U"free  bet") == "free|bet");
    CHECK(segments(U"free bet-now, c") == "free bet-now|c");
    CHECK(segments(U"开云 bet") == "开云|bet");
    CHECK(segments(U"bet 开云") == "bet|开云");
    CHECK(segments(U"") == "");
    // A lone "i" between others was a separator.
    CHECK(segments(U"开云,i,体育") == "开云|体育");
    CHECK(segments(U"开云丨体育") == "开云|体育");
}

TEST_CASE("segments: scripts that jieba does not cut") {
    CHECK(segments(U"ゲームの开云") == "~ゲーム ~の 开云");
    CHECK(segments(U"кот开云") == "~кот 开云");
    CHECK(segments(U"게임 bet") == "~게임 ~  bet");
}

TEST_CASE("segments: addresses are segments of their own") {
    CHECK(segments(U"开云 bet.com体育") == "开云|@bet.com|体育");
    // One that stands right behind a word is part of it.
    CHECK(segments(U"开云bet.com") == "开云bet.com");
    CHECK(segments(U"http://a/b?c=d e") == "@http://a/b?c=d|e");
    CHECK(segments(U"a.b@c.cn") == "@a.b@c.cn");
    CHECK(segments(U"bet.com/a") == "@bet.com/a");
    CHECK(segments(U"www.a") == "@www.a");
    // No host ends so.
    CHECK(segments(U"bet.exe") == "bet.exe");
    CHECK(segments(U"bet.comx") == "bet.comx");
}

TEST_CASE("segments: joints are what stands between") {
    CHECK(joint_of(U" ") == 0);
    CHECK(joint_of(U" | ") == Segment::title);
    CHECK(joint_of(U"，\n") == (Segment::prose | Segment::line));
    CHECK(joint_of(U"。") == 0);
}

TEST_CASE("segments: a part is cut without the signs between words") {
    const Dictionary dictionary("开云 9\n");
    Dictionary::Scratch scratch;
    std::vector<CutWord> words;
    const Text text = U"x开云-a+b";
    cut_part(dictionary, text, {1, 7, 0, Part::cut}, scratch, words);
    REQUIRE(words.size() == 3);
    CHECK(words[0].start == 1);
    CHECK(words[1].start == 4);
    CHECK(words[2].end == 7);
    cut_part(dictionary, text, {3, 4, 0, Part::lone}, scratch, words);
    CHECK(words.empty());
}

}  // namespace moderation::tests
