// The words of a page and what each is worth, the page as a whole, what is around runs, and the budget of steps.
#include <doctest/doctest.h>

#include <cmath>

#include "candidates/judge.hpp"
#include "candidates/search.hpp"
#include "candidates/whole.hpp"
#include "support.hpp"
#include "text/folding.hpp"

namespace moderation::tests {

namespace {

// A model of seven terms. Evidence: 开云 8, its pair with 体育 16, its sounds 1, tyc0 4, <num> 2, 体育 4, 天气 -32.
class Model {
public:
    PageText read(const std::vector<View>& blocks, Budget& budget) {
        Text text;
        std::vector<Span> spans;
        for (const View each : blocks) {
            const auto start = static_cast<std::uint32_t>(text.size());
            text += each;
            spans.push_back({start, static_cast<std::uint32_t>(text.size())});
            text.push_back('\n');
        }
        const auto by_steps = [](View text, Text& folded, std::vector<Piece>& pieces) {
            fold(characters(), text, {}, folded, pieces);
        };
        return reader.look_up(reader.prepare(text, spans, by_steps, budget), budget);
    }

    PageText read(const std::vector<View>& blocks) {
        Budget budget(limits::steps);
        return read(blocks, budget);
    }

    Terms terms{"开云\n开云 体育\n~开云\ntyc0\n<num>\n体育\n天气\n",
                {{8, 1}, {16, 1}, {1, 1}, {4, 1}, {2, 1}, {4, 1}, {-32, 1}},
                {},
                1.0,
                -2.0};
    Dictionary dictionary{"开云 9\n体育 9\n天气 9\n"};
    TextReader reader{terms, characters(), dictionary};
};

// The words of a page with what each brings.
std::string said(const PageText& page_text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < page_text.words.size(); ++at)
        out.push_back(utf8(page_text.lexicon->name(page_text.words[at].code)) + "=" +
                      std::to_string(static_cast<int>(page_text.evidence[at])));
    return listed(out);
}

std::string counted(const PageText& page_text, PageCounts& counts, const std::vector<BlockSpan>& apart = {}) {
    std::vector<std::string> out;
    for (const auto& [code, times] : words_of_page(page_text, counts, apart))
        out.push_back(utf8(page_text.lexicon->name(code)) + "×" + std::to_string(times));
    return listed(out);
}

}  // namespace

TEST_CASE("words: pairs and sounds count inside a segment only") {
    Model model;
    CHECK(said(model.read({U"开云体育"})) == "开云=9|体育=20");
    CHECK(said(model.read({U"开云,体育"})) == "开云=9|体育=4");
    CHECK(said(model.read({U"开云", U"体育"})) == "开云=9|体育=4");
    CHECK(said(model.read({U"凯云"})) == "凯=0|云=1");
    CHECK(said(model.read({U"凯,云"})) == "凯=0|云=0");
    CHECK(said(model.read({U"kaiyun"})) == "kaiyun=1");
}

TEST_CASE("words: no text scores above what its words bring at most") {
    // What is below this bound is never looked at; a bound that were too low would hide candidates.
    Model model;
    Random random(8);
    const View parts[] = {U"开云", U"体育", U"天气", U"tyc123", U"凯云", U"1234", U"，", U"_", U"很"};
    for (int round = 0; round < 500; ++round) {
        Text text;
        for (std::size_t count = random.below(14); count > 0; --count) text += parts[random.below(9)];
        const PageText page_text = model.read({text});
        const BlockText& block_text = page_text.blocks[0];
        double all = 0.0;
        for (std::uint32_t first = block_text.word; first < block_text.word_end; ++first) {
            all += page_text.gain[first];
            double gain = 0.0;
            std::vector<std::int32_t> rows;
            for (std::uint32_t at = first; at < block_text.word_end; ++at) {
                gain += page_text.gain[at];
                add_rows(page_text, at, true, rows);
                std::vector<std::int32_t> some = rows;
                const double most = gain / std::sqrt(model.terms.smoothing) + model.terms.bias;
                REQUIRE(model.terms.score(some) <= doctest::Approx(most).epsilon(1e-12));
            }
        }
        REQUIRE(block_text.gain == doctest::Approx(all));
    }
}

TEST_CASE("words: numbers, addresses and what is too long") {
    Model model;
    CHECK(said(model.read({U"123 1234 12345"})) == "123=0|<num>=0|<num>=0");
    CHECK(said(model.read({U"bet.com"})) == "<url>=0");
    CHECK(said(model.read({Text(limits::word, 'a'), Text(limits::word + 1, 'a')})) ==
          std::string(limits::word, 'a') + "=0|<long>=0");
    // Of a name with digits only they change.
    CHECK(said(model.read({U"tyc8722,tyc1,8722"})) == "tyc8722=4|tyc1=4|<num>=0");
}

TEST_CASE("words: a block folded one to one has no pieces, another its own") {
    Model model;
    const PageText page_text = model.read({U"开云", U"开\u200b云", U"天气㏄"});
    REQUIRE(page_text.blocks.size() == 3);
    CHECK(page_text.blocks[0].piece == page_text.blocks[0].piece_end);
    CHECK(said(page_text) == "开云=9|开云=9|天气=-32|cc=0");
    const Span second = unfolded(page_text, page_text.blocks[1], {0, 2}),
               third = unfolded(page_text, page_text.blocks[2], {2, 4});
    CHECK(second.start == 0);
    CHECK(second.end == 3);
    CHECK(third.start == 2);
    CHECK(third.end == 3);
}

TEST_CASE("words: more of them than the lexicon has room for at first") {
    Model model;
    Text page;
    for (int each = 0; each < 5000; ++each) page += text("w" + std::to_string(each) + "x,");
    const PageText first = model.read({page}), second = model.read({page});
    REQUIRE(first.words.size() == 5000);
    for (std::size_t at = 0; at < first.words.size(); ++at) {
        REQUIRE(first.words[at].code == second.words[at].code);
        REQUIRE(utf8(first.lexicon->name(first.words[at].code)) == "w" + std::to_string(at) + "x");
    }
}

TEST_CASE("words: a block's gain is what speaks for spam in it") {
    Model model;
    const PageText page_text = model.read({U"开云体育天气", U"天气"});
    CHECK(page_text.blocks[0].gain == 29.0);
    CHECK(page_text.blocks[1].gain == 0.0);
}

TEST_CASE("terms: a text's log-odds have its rows once, and a norm") {
    const Model model;
    std::vector<std::int32_t> rows{5, 0, 5};
    CHECK(model.terms.score(rows) == doctest::Approx(12 / std::sqrt(3.0) - 2));
    CHECK(rows == std::vector<std::int32_t>{0, 5});
    rows.clear();
    CHECK(model.terms.score(rows) == -2.0);
    CHECK(model.terms.pair(-1, 0) == no_row);
    CHECK(model.terms.find(U"育").row == no_row);
    CHECK(model.terms.term(6) == "天气");
}

TEST_CASE("page as a whole: its words in their order, numbers and addresses apart") {
    Model model;
    PageCounts counts;
    const PageText page_text = model.read({U"体育,开云,体育", U"1234,bet.com,天气,开云,体育"});
    CHECK(counted(page_text, counts) == "体育×3|开云×2|天气×1");
    // What a span touches does not count.
    CHECK(counted(page_text, counts, {{0, {0, 4}}, {1, {13, 15}}}) == "体育×2|开云×1");
    CHECK(counted(page_text, counts, {{0, {0, 1}}}) == "开云×2|体育×2|天气×1");
    CHECK(counted(page_text, counts, {{0, {0, 8}}, {1, {0, 99}}}) == "");
}

TEST_CASE("page as a whole: log-odds by hand") {
    Model model;
    PageCounts counts;
    const std::uint32_t keys[] = {Whole::key(U"开云"), Whole::key(U"体育"), Whole::key(U"天气")};
    const float idf[] = {2.0f, 1.0f, 0.0f}, weights[] = {3.0f, -1.0f, 5.0f};
    const Whole whole(keys, idf, weights, 3, 0.5);
    const double twice = (1.0 + std::log(2.0)) * 2.0;
    CHECK(whole.score(model.read({U"开云,开云,体育,ab"}), counts) ==
          doctest::Approx(0.5 + (3.0 * twice - 1.0) / std::sqrt(twice * twice + 1.0)));
    CHECK(whole.score(model.read({U"开云"}), counts) == doctest::Approx(3.5));
    // A term without idf is none, and a page without terms says what no page says.
    CHECK(whole.score(model.read({U"天气,ab"}), counts) == 0.5);
    CHECK(whole.score(model.read({U"开云,体育"}), counts, {{0, {0, 2}}}) == doctest::Approx(-0.5));
    // What is kept of words is of one model.
    PageCounts others;
    CHECK(Whole().empty());
    CHECK(Whole().score(model.read({U"开云"}), others) == 0.0);
}

TEST_CASE("page as a whole: what is remembered of words changes nothing") {
    Model model, other;
    const std::uint32_t keys[] = {Whole::key(U"开云"), Whole::key(U"体育")};
    const float idf[] = {2.0f, 1.0f}, weights[] = {3.0f, -1.0f};
    const Whole whole(keys, idf, weights, 2, 0.0);
    PageCounts fresh, kept;
    const PageText page_text = model.read({U"ab,开云,体育,体育"});
    const double score = whole.score(page_text, fresh);
    whole.score(model.read({U"体育,开云"}), kept);
    CHECK(whole.score(page_text, kept) == score);
    // Another lexicon numbers words otherwise.
    CHECK(whole.score(other.read({U"体育,ab,开云,体育"}), kept) == doctest::Approx(score));
    CHECK(whole.score(page_text, kept) == score);
}

TEST_CASE("page as a whole: terms are found whatever slots their keys share") {
    Model model;
    PageCounts counts;
    std::vector<std::uint32_t> keys;
    for (std::uint32_t each = 0; each < 1000; ++each)
        keys.push_back(Whole::key(text("w" + std::to_string(each) + "x")));
    std::vector<float> weights(keys.size());
    for (std::size_t at = 0; at < keys.size(); ++at) weights[at] = static_cast<float>(at + 1);
    const Whole whole(keys.data(), std::vector<float>(keys.size(), 1.0f).data(), weights.data(), keys.size(), 0.0);
    for (std::uint32_t each = 0; each < 1000; each += 37) {
        const Text word = text("w" + std::to_string(each) + "x");
        CHECK(whole.score(model.read({word}), counts) == doctest::Approx(each + 1));
    }
}

// ------------------------------------------------------------------------------------------------ around the runs

namespace {

// What the words of the first block say, given a run and how far it may grow.
std::string weighed(const PageText& page_text, Run run, Run bounds) {
    WordCounts counts;
    Surrounded around(page_text, {{0, run}}, counts);
    std::vector<double> values;
    around.weigh({0, run}, words_of(page_text, page_text.blocks[0]), bounds, values);
    std::vector<std::string> out;
    for (const double each : values) out.push_back(std::to_string(static_cast<int>(each)));
    return listed(out);
}

}  // namespace

TEST_CASE("rest: a word counts once for each stretch between runs") {
    Model model;
    const PageText page_text = model.read({U"ab,ab,开云,ab", U"ab,cd"});
    WordCounts counts;
    for (int round = 0; round < 2; ++round) {
        const Surrounded around(page_text, {{0, {2, 3}}}, counts);
        CHECK(around.rest.mask == std::vector<std::uint8_t>{1, 1, 0, 1, 1, 1});
        CHECK(around.rest.taken == std::vector<std::uint8_t>{1, 0});
        CHECK(around.times(page_text.words[0].code) == 3);
        CHECK(around.times(page_text.words[2].code) == 0);
        CHECK(around.rest.counts.size() == 2);
    }
}

TEST_CASE("rest: what the page says elsewhere speaks against its being planted") {
    Model model;
    CHECK(weighed(model.read({U"开云,abcd", U"other"}), {0, 2}, {0, 2}) == "9|0");
    // A rare word costs 42, a whole segment 80 more; one of three characters is a word shared by chance.
    CHECK(weighed(model.read({U"开云,abcd", U"abcd"}), {0, 2}, {0, 2}) == "9|-122");
    CHECK(weighed(model.read({U"开云,abc", U"abc"}), {0, 2}, {0, 2}) == "9|-42");
    // A word that everybody uses and a single character cost nothing.
    CHECK(weighed(model.read({U"开云,体育,a", U"体育,a"}), {0, 3}, {0, 3}) == "9|4|0");
}

TEST_CASE("rest: what stands outside of its run is no witness against itself") {
    Model model;
    CHECK(weighed(model.read({U"开云,abcd"}), {0, 1}, {0, 2}) == "9|0");
    CHECK(weighed(model.read({U"开云,abcd", U"abcd"}), {0, 1}, {0, 2}) == "9|-122");
}

TEST_CASE("judge: weights are found whatever slots their keys share") {
    Random random(9);
    std::vector<std::uint32_t> keys;
    std::vector<float> weights;
    for (std::uint32_t each = 0; each < 1000; ++each) {
        keys.push_back(each << 22 | random.below(1 << 22));
        weights.push_back(static_cast<float>(each % 7) - 3.0f);
    }
    const Judge judge(keys.data(), weights.data(), keys.size(), 0.25);
    for (std::size_t at = 0; at < keys.size(); ++at)
        REQUIRE(judge.weight(keys[at]) == static_cast<double>(weights[at]));
    CHECK(judge.score({{keys[0], 2.0f, From::fact, 0, 0}, {keys[4], 2.0f, From::word, 0, 0}}) == -3.75);
    CHECK(Judge().weight(keys[0]) == 0.0);
}

// ------------------------------------------------------------------------------------------------ budget

TEST_CASE("budget: what is spent stays spent") {
    Budget budget(3);
    CHECK(budget.spend(2));
    CHECK(budget.spend(1));
    CHECK_FALSE(budget.spend(1));
    CHECK_FALSE(budget.spend(0));
    CHECK(budget.used() == 4);
}

TEST_CASE("budget: plain text is read as far as it goes") {
    const Text text = U"a\nb\r\n\nc\nd";
    const Source source{text.data(), 4, static_cast<std::uint32_t>(text.size())};
    Budget all(4 * limits::item), most(3 * limits::item), none(0);
    CHECK(read_text(source, all).unread == Outline::read_to_end);
    const Outline cut = read_text(source, most);
    CHECK(cut.blocks.size() == 3);
    CHECK(cut.unread == 8);
    CHECK(read_text(source, none).unread == 0);
}

TEST_CASE("budget: each step more reads as much of a page or more") {
    const std::string page = "<title>a</title><div><p>b<ul><li>c<li>d</ul><img alt=e><p hidden>f</div><svg><text>g";
    std::size_t blocks = 0;
    std::uint32_t unread = 0;
    for (std::uint64_t steps = 0;; ++steps) {
        REQUIRE(steps < 1000);
        const Outline found = outline(page, steps);
        CAPTURE(steps);
        REQUIRE(found.blocks.size() >= blocks);
        REQUIRE(found.unread >= unread);
        blocks = found.blocks.size();
        unread = found.unread;
        if (unread == Outline::read_to_end) break;
        REQUIRE(unread <= page.size());
    }
    CHECK(blocks == outline(page).blocks.size());
}

TEST_CASE("budget: words are read up to the block that spends it") {
    Model model;
    const std::vector<View> blocks{U"开云,体育", U"体育", U"天气"};
    Budget none(0);
    // The block that spends it is read as well.
    CHECK(said(model.read(blocks, none)) == "开云=9|体育=4");
    Budget all(limits::steps);
    model.read(blocks, all);
    Budget enough(all.used()), less(all.used() - 1);
    CHECK(model.read(blocks, enough).blocks.size() == 3);
    CHECK(less.spend(0));
    model.read(blocks, less);
    CHECK_FALSE(less.spend(0));
}

TEST_CASE("budget: a page takes the same steps whatever was read before") {
    Model model;
    const std::vector<View> blocks{U"abc,def,abc", U"abc,开云"};
    Budget first(limits::steps), second(limits::steps), known(limits::steps);
    model.read(blocks, first);
    model.read(blocks, second);
    CHECK(first.used() == second.used());
    // A word that no dictionary knows takes more, once.
    model.read({U"开云,体育,开云", U"开云,开云"}, known);
    CHECK(first.used() == known.used() + 2 * limits::new_word);
}

TEST_CASE("budget: a page is looked through up to the block that spends it") {
    Model model;
    const PageText page_text = model.read({U"开云体育", U"天气", U"开云体育", U"开云体育"});
    Workspace workspace;
    const auto found = [&](std::uint64_t steps) {
        Budget budget(steps);
        return search(page_text, model.terms, Brands("", {}), -10.0, workspace, budget);
    };
    const SearchResult all = found(limits::steps);
    CHECK(all.blocks == SearchResult::all);
    REQUIRE(all.candidates.size() == 3);
    CHECK(all.candidates[0].copies == 3);
    // As many candidates are kept as may be judged, but one is if any step is left.
    const SearchResult one = found(limits::look);
    CHECK(one.blocks == 2);
    CHECK(one.candidates.size() == 1);
    CHECK(found(1).blocks == 1);
    CHECK(found(1).candidates.size() == 1);
    CHECK(found(0).blocks == 0);
    CHECK(found(2 * limits::candidate).candidates.size() == 2);
}

}  // namespace moderation::tests
