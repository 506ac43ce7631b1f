// Runs of words, and where a planted text begins and ends.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "candidates/runs.hpp"
#include "support.hpp"

namespace moderation::tests {

namespace {

// By definition: the best subsequence, of equals the shortest, and the maximal ones on both sides of it.
void add_by_definition(const std::vector<double>& scores, std::uint32_t low, std::uint32_t high,
                       std::vector<Subsequence>& out) {
    Subsequence best{low, low, 0.0};
    for (std::uint32_t first = low; first < high; ++first) {
        double sum = 0.0;
        for (std::uint32_t last = first; last < high;) {
            sum += scores[last++];
            const bool is_shorter = sum == best.sum && last - first < best.last - best.first;
            if (sum > best.sum || is_shorter) best = {first, last, sum};
        }
    }
    if (best.sum <= 0.0) return;
    add_by_definition(scores, low, best.first, out);
    out.push_back(best);
    add_by_definition(scores, best.last, high, out);
}

std::string said(const std::vector<Subsequence>& runs) {
    std::vector<std::string> out;
    for (const Subsequence& each : runs)
        out.push_back(std::to_string(each.first) + "-" + std::to_string(each.last) + "=" +
                      std::to_string(static_cast<long>(each.sum)));
    return listed(out);
}

std::string maximal(const std::vector<double>& scores) {
    MaximalRuns runs;
    return said(runs.find(scores.data(), scores.size()));
}

// Segments with so many words each, and what stands before them.
struct Listed {
    std::vector<Segment> segments;
    Words words;

    explicit Listed(const std::vector<std::pair<std::uint32_t, std::uint8_t>>& sizes) {
        std::uint32_t word = 0;
        for (const auto& [size, joint] : sizes) {
            segments.push_back({0, 0, word, joint});
            word += size;
        }
        words = {segments.data(), static_cast<std::uint32_t>(segments.size()), 0, word};
    }
};

std::string said(const std::vector<Run>& runs) {
    std::vector<std::string> out;
    for (const Run& each : runs) out.push_back(std::to_string(each.first) + "-" + std::to_string(each.last));
    return listed(out);
}

std::string by_segment(const Listed& listed, const std::vector<double>& evidence, double floor = run_floor) {
    Scratch scratch;
    std::vector<Run> out;
    segment_runs(listed.words, evidence.data(), floor, scratch, out);
    return said(out);
}

std::string inside(const Listed& listed, const std::vector<double>& evidence) {
    Scratch scratch;
    std::vector<Run> out;
    inner_runs(listed.words, evidence.data(), inner_floor, scratch, out);
    return said(out);
}

std::string settled(const Listed& listed, const std::vector<double>& values, Run run) {
    Scratch scratch;
    return said({settle(listed.words, values.data(), run, {0, listed.words.words}, scratch)});
}

// `known`: the words that stand elsewhere on the page, by number.
std::string own(const Listed& listed, const std::vector<double>& evidence, const std::vector<std::uint32_t>& known = {},
                std::uint8_t joint = Segment::title) {
    const auto is_known = [&](std::uint32_t at) { return std::find(known.begin(), known.end(), at) != known.end(); };
    return said({within_joints(listed.words, evidence.data(), is_known, joint, {0, listed.words.words})});
}

std::string span(View text, std::uint32_t start, std::uint32_t end, std::int64_t before, std::int64_t behind) {
    const Span found = span_of(text, {start, end}, before, behind);
    return utf8(text.substr(found.start, found.end - found.start));
}

}  // namespace

TEST_CASE("maximal runs: named cases") {
    CHECK(maximal({}) == "");
    CHECK(maximal({-1, 0, -2}) == "");
    CHECK(maximal({4, -5, 3, -3, 1, 2, -2, 2, -2, 1, 5}) == "0-1=4|2-3=3|4-11=7");
    // What lies between two costs less than each of them is worth.
    CHECK(maximal({3, -1, 3}) == "0-3=5");
    CHECK(maximal({3, -3, 3}) == "0-1=3|2-3=3");
    CHECK(maximal({0, 1, 0}) == "1-2=1");
}

TEST_CASE("maximal runs: as the definition has them, on inputs at random") {
    Random random(5);
    MaximalRuns runs;
    for (int round = 0; round < 3000; ++round) {
        std::vector<double> scores(random.below(15));
        // Of large numbers hardly two sums are equal; all sums are exact.
        for (double& each : scores) each = static_cast<double>(random.below(2000001)) - 1000000.0;
        std::vector<Subsequence> wanted;
        add_by_definition(scores, 0, static_cast<std::uint32_t>(scores.size()), wanted);
        REQUIRE(said(runs.find(scores.data(), scores.size())) == said(wanted));
    }
}

TEST_CASE("maximal runs: where sums are equal each run still speaks from both of its ends") {
    Random random(6);
    MaximalRuns runs;
    for (int round = 0; round < 3000; ++round) {
        std::vector<double> scores(random.below(15));
        for (double& each : scores) each = static_cast<double>(random.below(7)) - 3.0;
        std::uint32_t behind = 0;
        double left_out = 0.0;
        for (const Subsequence& each : runs.find(scores.data(), scores.size())) {
            REQUIRE(each.first >= behind);
            for (; behind < each.first; ++behind) left_out = std::max(left_out, scores[behind]);
            for (double sum = 0.0; behind < each.last; ++behind) REQUIRE((sum += scores[behind]) > 0.0);
            double sum = 0.0;
            for (std::uint32_t at = each.last; at-- > each.first;) REQUIRE((sum += scores[at]) > 0.0);
            REQUIRE(sum == each.sum);
        }
        for (; behind < scores.size(); ++behind) left_out = std::max(left_out, scores[behind]);
        // Whatever speaks for spam is in a run.
        REQUIRE(left_out == 0.0);
    }
}

TEST_CASE("segment runs: whole segments, and what it costs to go on") {
    const Listed plain({{1, 0}, {1, 0}, {1, 0}});
    CHECK(by_segment(plain, {5, 0, 5}) == "0-3");
    // A segment that says nothing costs 1.5, so does the step behind it.
    CHECK(by_segment(plain, {5, -4, 5}) == "0-1");
    CHECK(by_segment(plain, {6, -4, 6}) == "0-1|2-3");
    CHECK(by_segment(plain, {3.9, 0, 0}) == "");
    CHECK(by_segment(plain, {4, 0, 0}) == "0-1");
    // A line break costs 12 more.
    const Listed lines({{1, 0}, {1, Segment::line}});
    CHECK(by_segment(lines, {9, 13}) == "0-1");
    CHECK(by_segment(lines, {20, 20}) == "0-2");
}

TEST_CASE("segment runs: one that says nothing belongs to none") {
    const Listed words({{2, 0}, {0, 0}, {2, 0}});
    CHECK(by_segment(words, {9, 9, 9, 9}) == "0-4");
    CHECK(words.words.segment_of(1) == 0);
    // Of an empty segment and the one behind it, a word is the latter's.
    CHECK(words.words.segment_of(2) == 2);
}

TEST_CASE("segment runs: many that say nothing end a run") {
    std::vector<std::pair<std::uint32_t, std::uint8_t>> sizes(42, {1, Segment::title});
    sizes[0].second = 0;
    std::vector<double> evidence(42, 0.0);
    evidence.front() = evidence.back() = 20;
    CHECK(by_segment(Listed(sizes), evidence) == "0-1|41-42");
}

TEST_CASE("maximal runs: a long text takes what its length says") {
    // A quadratic step would take hours here.
    MaximalRuns runs;
    for (const std::vector<double>& pattern :
         {std::vector<double>{1}, {1, -2}, {2, -1}, {-1}, {1, -1}, {5, -1, -1, -1}}) {
        std::vector<double> scores;
        for (int round = 0; round < 200000; ++round) scores.insert(scores.end(), pattern.begin(), pattern.end());
        CHECK(runs.find(scores.data(), scores.size()).empty() == (pattern == std::vector<double>{-1}));
    }
}

TEST_CASE("inner runs: a clause that says something else around them") {
    const Listed clause({{6, 0}});
    CHECK(inside(clause, {-9, -9, 10, 10, -9, -9}) == "2-4");
    // All of it speaks for spam: no run inside says more.
    CHECK(inside(clause, {9, 9, 10, 10, 9, 9}) == "");
    // One word is none, and too little is none: each word costs 1.
    CHECK(inside(clause, {-9, -9, 20, -20, -9, -9}) == "");
    CHECK(inside(clause, {-9, -9, 8, 8, -9, -9}) == "");
    CHECK(inside(clause, {-9, -9, 8.5, 8.5, -9, -9}) == "2-4");
    // Too short to hold another text.
    CHECK(inside(Listed({{3, 0}}), {-9, 10, 10}) == "");
    CHECK(inside(Listed({{6, 0}, {6, 0}}), {-9, -9, 10, 10, -9, -9, -9, 10, 10, 10, -9, -9}) == "2-4|7-10");
}

TEST_CASE("settle: ends move to where a planted text would end") {
    const Listed titles({{1, 0}, {1, Segment::title}, {1, Segment::prose}, {1, Segment::title}});
    // Out over a segment that says nothing, from a clause's end to that of a title.
    CHECK(settled(titles, {-40, 20, 0, -40}, {1, 2}) == "1-3");
    // Not where it speaks against spam as much as the end is worth.
    CHECK(settled(titles, {-40, 20, -20, -40}, {1, 2}) == "1-2");
    // The edge of a block draws most of all.
    CHECK(settled(titles, {-5, 20, 0, 0}, {1, 2}) == "0-4");
}

TEST_CASE("settle: ends move in over what is genuine") {
    const Listed words({{1, 0}, {1, Segment::title}, {1, Segment::title}, {1, 0}});
    CHECK(settled(words, {-60, 30, -60, -60}, {0, 3}) == "1-2");
}

TEST_CASE("settle: a list takes a line that says little along, a single line does not") {
    const std::uint8_t line = Segment::line;
    const Listed lines({{1, 0}, {1, line}, {1, line}, {1, line}});
    CHECK(settled(lines, {-60, 40, 10, -60}, {1, 2}) == "1-2");
    CHECK(settled(lines, {40, 40, 10, -60}, {0, 2}) == "0-3");
}

TEST_CASE("settle: no further than its bounds, whatever lies behind") {
    const Listed words({{1, 0}, {1, 0}, {1, 0}});
    Scratch scratch;
    const std::vector<double> values{9, 9, 9};
    CHECK(settle(words.words, values.data(), {1, 2}, {1, 2}, scratch) == Run{1, 2});
}

// What each word is worth, and the words that are left of a run over all of them.
TEST_CASE("titles: what stands behind a joint and is no spam by itself is the page's own") {
    constexpr std::uint8_t title = Segment::title;
    CHECK(own(Listed({{1, 0}, {2, title}}), {0.5, 20, 20}) == "1-3");
    CHECK(own(Listed({{2, 0}, {1, title}}), {20, 20, -3}) == "0-2");
    CHECK(own(Listed({{1, 0}, {1, title}, {1, title}, {1, title}}), {0, -2, 20, 0.9}) == "2-3");
    CHECK(own(Listed({{1, 0}, {1, title}, {1, title}}), {1, 20, 1}) == "0-3");
    CHECK(own(Listed({{1, 0}, {1, title}, {1, title}}), {20, -9, 20}) == "0-3");
    CHECK(own(Listed({{1, 0}, {1, Segment::prose}}), {0, 20}) == "0-2");
}

TEST_CASE("titles: a name that stands elsewhere on the page is the page's own, unless it is spam beyond doubt") {
    constexpr std::uint8_t title = Segment::title;
    const Listed parts({{2, 0}, {2, title}});
    CHECK(own(parts, {40, 40, 10, 15}) == "0-4");
    CHECK(own(parts, {40, 40, 10, 15}, {2}) == "0-4");
    CHECK(own(parts, {40, 40, 10, 15}, {2, 3}) == "0-2");
    CHECK(own(parts, {10, 15, 40, 40}, {0, 1}) == "2-4");
    CHECK(own(parts, {40, 40, 10, 30}, {2, 3}) == "0-4");
    // A part is left, whatever stands elsewhere.
    CHECK(own(parts, {10, 10, 10, 15}, {0, 1, 2, 3}) == "2-4");
    CHECK(own(Listed({{2, 0}, {2, Segment::prose}}), {40, 40, 10, 15}, {2, 3}) == "0-4");
}

TEST_CASE("headings: a line that is no spam by itself, or stands elsewhere on the page, is the page's own") {
    const std::uint8_t line = Segment::line;
    CHECK(own(Listed({{2, 0}, {1, line}}), {20, 20, -3}, {}, line) == "0-2");
    CHECK(own(Listed({{2, 0}, {2, line}}), {40, 40, 10, 15}, {2, 3}, line) == "0-2");
    CHECK(own(Listed({{2, 0}, {2, line}}), {40, 40, 10, 15}, {2}, line) == "0-4");
    // Within a line nothing is cut off here.
    CHECK(own(Listed({{2, 0}, {1, Segment::title}}), {20, 20, -3}, {}, line) == "0-3");
}

TEST_CASE("titles: a run keeps a word, whatever its parts are worth and however many segments have none") {
    constexpr std::uint8_t title = Segment::title;
    CHECK(own(Listed({{1, 0}, {0, title}, {1, title}}), {-1, -0.5}) == "1-2");
    CHECK(own(Listed({{1, 0}, {0, title}, {1, title}}), {-0.5, -1}) == "0-1");
    CHECK(own(Listed({{1, 0}, {0, title}, {0, title}, {1, title}, {1, title}}), {-1, 20, -1}) == "1-2");
    CHECK(own(Listed({{2, 0}, {1, title}, {2, Segment::line}}), {0, 0, 20, 0, 0}) == "2-5");
}

TEST_CASE("span: a run that fills its line takes the line") {
    CHECK(span(U"a\n 【开云】! \nb", 4, 6, 1, 10) == "【开云】!");
    CHECK(span(U"  开云。 ", 2, 4, -1, -1) == "开云。");
}

TEST_CASE("span: another one takes the brackets and the full stop next to it") {
    CHECK(span(U"你好【开云】。再见", 3, 5, 2, 7) == "【开云】。");
    CHECK(span(U"你好，开云，再见", 3, 5, 2, 6) == "开云");
    CHECK(span(U"你好 开云(再见", 3, 5, 2, 6) == "开云");
}

TEST_CASE("span: it holds its words and no others, nor a line break at an end") {
    Random random(7);
    const Text parts[] = {U"澳门", U"公司", U"_", U"\n", U"【", U"】", U" ", U"。", U"a"};
    for (int round = 0; round < 3000; ++round) {
        Text text;
        std::vector<Span> words;
        for (std::size_t count = random.below(16); count > 0; --count) {
            const std::size_t part = random.below(9);
            const auto start = static_cast<std::uint32_t>(text.size());
            text += parts[part];
            if (part < 2) words.push_back({start, start + 2});
        }
        if (words.empty()) continue;
        const std::size_t first = random.below(words.size()), last = first + random.below(words.size() - first);
        const std::int64_t before = first ? std::int64_t{words[first - 1].end} : -1;
        const std::int64_t behind = last + 1 < words.size() ? std::int64_t{words[last + 1].start} : -1;
        const Span found = span_of(text, {words[first].start, words[last].end}, before, behind);
        REQUIRE(found.start <= words[first].start);
        REQUIRE(found.end >= words[last].end);
        REQUIRE(static_cast<std::int64_t>(found.start) >= before);
        REQUIRE((behind < 0 || static_cast<std::int64_t>(found.end) <= behind));
        REQUIRE(text[found.start] != U'\n');
        REQUIRE(text[found.end - 1] != U'\n');
    }
}

}  // namespace moderation::tests
