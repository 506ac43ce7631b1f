// The words of a page -> the runs of them that may be injected, each located: the first half of the flow.
//
//     for each block alone:
//         segment_runs, inner_runs, score             text evidence, word by word
//     for each run that could matter, with the page around it:
//         substitution, rest, settle, score, bound    exact ends; most of what is genuine goes no further
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "bound.hpp"
#include "rest.hpp"

namespace moderation {

struct Study {
    std::vector<Candidate> candidates;
    Rest rest;
};

// What is needed while a page is studied, kept from page to page.
struct Workspace {
    WordCounts counts;
    Scratch scratch;
    std::vector<std::int32_t> rows;
    std::vector<double> values;
    std::vector<Run> runs;
    std::vector<std::uint32_t> heads, next;
};

// Finds the runs of a page. `needed`: text log-odds below which a run is of no interest, whatever its signals; with a
// bound, those are left out too that no structure can lift.
Study study(const Sheet& sheet, const Terms& terms, double needed, Bound* bound, Workspace& workspace);

// Adds the rows of a word of the sheet; `is_behind`: with those it makes with the word before it in its segment.
void add_rows(const Sheet& sheet, std::uint32_t word, bool is_behind, std::vector<std::int32_t>& rows);

// Where a span of the folded text of a line stands in the text of its block.
Span unfolded(const Sheet& sheet, const Line& line, Span span);

}  // namespace moderation
