// One reader and one model used by several threads at once; with ThreadSanitizer they tell more (CONTRIBUTING.md).
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "candidates/judge.hpp"
#include "candidates/whole.hpp"
#include "support.hpp"
#include "text/folding.hpp"

namespace moderation::tests {

namespace {

constexpr std::size_t threads = 4;

// Runs something in several threads, each of which is told its number, and which begin at once.
template <class Run>
void at_once(Run&& run) {
    std::atomic<std::size_t> ready{0};
    std::vector<std::thread> running;
    for (std::size_t number = 0; number < threads; ++number)
        running.emplace_back([&, number] {
            ++ready;
            while (ready < threads) std::this_thread::yield();
            run(number);
        });
    for (std::thread& each : running) each.join();
}

// All that a page takes, with small tables in the place of a model's.
struct Parts {
    Terms terms{"开云\n体育\n~开云\n开云 体育\nw0x\n",
                {{9.0, 1.0}, {7.0, 1.0}, {2.0, 1.0}, {5.0, 1.0}, {3.0, 1.0}},
                {std::vector<float>(5, 1.0f), {0.0f}},
                1.0,
                0.0};
    Dictionary dictionary{"开云 9\n体育 3\n官网 2\n"};
    Brands brands{"sure\t\t开云\nbehind\t\t体育\n", {}};
    const std::uint32_t keys[2] = {Whole::key(U"开云"), Whole::key(U"体育")};
    const float idf[2] = {2.0f, 1.0f}, weights[2] = {3.0f, -1.0f};
    Whole whole{keys, idf, weights, 2, 0.0};
    Judge judge{keys, weights, 2, 0.5};
    TextReader reader{terms, characters(), dictionary};
};

// What comes out of a page, in words, with nothing that depends on what was read before.
std::string told(Parts& parts, std::string_view source, Workspace& workspace, PageCounts& counts) {
    const Outline page = outline(source);
    std::vector<Span> spans;
    for (const Block& each : page.blocks) spans.push_back({each.text, each.text_end});
    Budget reading(limits::steps), finding(limits::steps);
    const Fold by_steps = [](View text, Text& folded, std::vector<Piece>& pieces) {
        fold(characters(), text, {}, folded, pieces);
    };
    const PageText page_text = parts.reader.look_up(parts.reader.prepare(page.text, spans, by_steps, reading), reading);
    SearchResult found = search(page_text, parts.terms, parts.brands, -10.0, workspace, finding);
    std::string out = std::to_string(reading.used()) + " " + std::to_string(finding.used()) + " ";
    out += std::to_string(parts.whole.score(page_text, counts));
    for (std::size_t at = 0; at < page_text.words.size(); ++at)
        out += " " + utf8(page_text.lexicon->name(page_text.words[at].code)) + std::to_string(page_text.evidence[at]);
    Evidence evidence(page, page_text, found);
    std::vector<Feature> features;
    for (const Candidate& each : found.candidates) {
        evidence.of(each, features);
        out += " [" + std::to_string(each.folded.start) + "-" + std::to_string(each.folded.end) + " " +
               std::to_string(each.logit) + " " + std::to_string(parts.judge.score(features)) + "]";
    }
    return out;
}

// Pages that share some words, and have some that no other has.
std::string page(std::uint32_t number) {
    Random random(number);
    std::string out = "<title>开云体育官网 n" + std::to_string(number) + "q</title>";
    for (int block = 0; block < 3; ++block) {
        out += "<p style='color:red'>开云体育，官网。";
        for (int word = 0; word < 40; ++word)
            out += "w" + std::to_string(random.below(200)) + "x u" + std::to_string(random.below(1u << 30)) + "v ";
        out += "</p>";
    }
    return out;
}

}  // namespace

TEST_CASE("threads: pages read at once say what each says alone") {
    constexpr std::uint32_t pages = 120;
    std::vector<std::string> alone(pages);
    for (std::uint32_t number = 0; number < pages; ++number) {
        Parts parts;
        Workspace workspace;
        PageCounts counts;
        alone[number] = told(parts, page(number), workspace, counts);
    }
    REQUIRE(alone[0].find('[') != std::string::npos);
    Parts shared;
    std::vector<std::vector<std::string>> together(threads, std::vector<std::string>(pages));
    at_once([&](std::size_t thread) {
        Workspace workspace;
        PageCounts counts;
        // Each in another order, so that they meet new words and each other's.
        for (std::uint32_t at = 0; at < pages; ++at) {
            const std::uint32_t number = (at * 7 + static_cast<std::uint32_t>(thread) * 31) % pages;
            together[thread][number] = told(shared, page(number), workspace, counts);
        }
    });
    for (std::size_t thread = 0; thread < threads; ++thread) CHECK(together[thread] == alone);
}

TEST_CASE("threads: a word has one number, whoever learns it, and keeps its name") {
    const Parts parts;
    Lexicon lexicon(parts.terms, characters(), parts.dictionary);
    // More than a shelf of the lexicon and than the first tables hold.
    constexpr std::uint32_t words = 20'000;
    std::vector<std::vector<std::uint32_t>> codes(threads, std::vector<std::uint32_t>(words));
    at_once([&](std::size_t thread) {
        for (std::uint32_t at = 0; at < words; ++at) {
            const std::uint32_t number = thread % 2 ? words - 1 - at : at;
            const Text word = text("w" + std::to_string(number) + "x");
            codes[thread][number] = lexicon.code(word, Dictionary::none);
            if (lexicon.name(codes[thread][number]) != word) codes[thread][number] = 0;
        }
    });
    for (std::uint32_t number = 0; number < words; ++number) REQUIRE(codes[0][number] > Lexicon::lengthy);
    for (std::size_t thread = 1; thread < threads; ++thread) CHECK(codes[thread] == codes[0]);
    CHECK(lexicon.size() == words + 3);
}

TEST_CASE("threads: a full lexicon is begun anew by one and kept by those who read with it") {
    Parts parts;
    std::atomic<std::uint32_t> wrong{0}, most{0};
    at_once([&](std::size_t thread) {
        for (std::uint32_t round = 0; round < 8; ++round) {
            std::string many = "开云体育";
            const std::string mark = std::to_string(thread) + "k" + std::to_string(round);
            for (std::uint32_t at = 0; at < 10'000; ++at) many += " a" + mark + "b" + std::to_string(at) + "c";
            const Text all = text(many);
            Budget budget(limits::steps);
            const Fold none = [](View, Text&, std::vector<Piece>&) {};
            const std::vector<Span> spans{{0, static_cast<std::uint32_t>(all.size())}};
            const PageText page_text = parts.reader.look_up(parts.reader.prepare(all, spans, none, budget), budget);
            wrong += page_text.words.size() != 10'002;
            for (const Word& each : page_text.words) {
                const View name = View(page_text.text).substr(each.start, each.end - each.start);
                wrong += page_text.lexicon->name(each.code) != name;
            }
            const auto bytes = static_cast<std::uint32_t>(parts.reader.remembered());
            for (std::uint32_t known = most; bytes > known && !most.compare_exchange_weak(known, bytes);) continue;
        }
    });
    CHECK(wrong == 0);
    // So much was learned that it was full more than once.
    CHECK(most > limits::lexicon / 2);
    CHECK(parts.reader.remembered() < limits::lexicon + threads * 10'000 * 400);
}

}  // namespace moderation::tests
