// The words of a page -> the runs of them that may be injected, each located: the first half of the flow.
//
//     for each block alone:
//         segment_runs, inner_runs, score             text evidence, word by word
//     for each run that could matter, with the page around it:
//         names, settle, score, bound of structure    exact ends; most of what is genuine goes no further
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "runs.hpp"

namespace moderation {

// Evidence (idf·w) of a run that is worth a second look, and of a run of words inside a clause that says something else.
constexpr double run_floor = 4.0, inner_floor = 15.0;

// How text and structure become log-odds, for what structure may add at most; see `bound`.
struct Calibration {
    double bias = 0.0, text = 1.0, cap = 0.0;
    // The least total (log-odds) that is of interest; what surely stays below it is left out.
    double least = 0.0;
    // Log-odds of the signals that are known here, and the sum of all others that speak for spam.
    double thin = 0.0, fragment = 0.0, title = 0.0, meta = 0.0, links = 0.0, first_line = 0.0, hidden = 0.0;
    double foreign = 0.0, familiar = 0.0, alone = 0.0;
    double contact = 0.0, list = 0.0, repeated = 0.0, prose = 0.0, doubled = 0.0, coded = 0.0, marked = 0.0;
    double others = 0.0;
};

// What of a block the bound looks at; `raw` is its text, not folded.
struct Situation {
    View raw;
    Place place;
    bool shown, hidden, first, doubled, coded, marked;
};

// What the page around a candidate says of its words: visible characters outside of all lines that hold a run, the run's
// distinct words that can tell, and how many of these stand outside of the runs.
struct Context {
    std::size_t shown, words, familiar;
};

struct Candidate {
    std::uint32_t line;
    Run run;  // words counted in the line
    bool is_inner;
    std::uint32_t copies;
    double logit;
    Span text;  // in the block's own text
    std::vector<std::int32_t> rows;
};

// The page without its runs.
struct Rest {
    std::vector<std::uint8_t> mask;  // whether each word of the sheet stands outside of the runs
    std::vector<std::uint8_t> taken;  // lines that hold a run
    // Words by code, with how often each stands there, once for each stretch between two runs.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> counts;
};

struct Study {
    std::vector<Candidate> candidates;
    bool has_runs = false;
    Rest rest;
};

struct Limits {
    std::uint32_t counted = 300;  // texts that are counted on a page in search of names
};

// What is needed while a page is studied, kept from page to page.
struct Workspace {
    struct Count {
        std::uint64_t stretch = 0, page = 0;  // in which the word was seen last
        std::uint32_t times = 0;
    };
    std::vector<Count> counts;  // by code
    std::uint64_t stretch = 0, page = 0;
    Scratch scratch;
    std::vector<std::int32_t> rows;
    std::vector<double> values;
    std::vector<Run> runs;
    std::vector<std::uint32_t> heads, next;
};

// Finds the runs of a page. `needed`: text log-odds below which a run is of no interest, whatever its signals; with a
// calibration, those are left out too that no structure can lift. `situations` by line, with `raw`, their unfolded texts.
Study study(const Sheet& sheet, const Terms& terms, double needed, const Calibration* calibration,
            const std::vector<Situation>& situations, const Limits& limits, Workspace& workspace);

// The log-odds, text and structure together, that no candidate surpasses: signals that are known here are counted as they
// are, of the others all that could speak for spam. Signals cost more than all before, and of a genuine page hardly a run
// gets to them.
double bound(const Sheet& sheet, const Candidate& candidate, const Calibration& weights, const Situation& at,
             const Context& context);

// The words of one line for what runs are made of.
Words words_of(const Sheet& sheet, const Line& line);

// Rows of a run, were it a text of its own; `run` counts words of the line.
void rows_of(const Sheet& sheet, const Line& line, Run run, std::vector<std::int32_t>& rows);

// Where a span of the folded text of a line stands in the text of its block.
Span unfolded(const Sheet& sheet, const Line& line, Span span);

}  // namespace moderation
