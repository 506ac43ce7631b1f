// The words of a page -> what may be injected, each located and judged: the first half of the flow.
//
//     PROPOSE, each block alone:
//         segment_runs, inner_runs, score             text evidence, word by word
//         Brands                                       names in the place of names
//     with the page around them:
//         rest, settle, score                         their ends; a fixed cut of the text's log-odds
//     JUDGE each of them:
//         Evidence, Judge                             all that is known of it, added up
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "candidates/brands.hpp"
#include "candidates/rest.hpp"

namespace moderation {

struct Candidate {
    std::uint32_t block;
    Run run;               // words counted in the block; of a name those that it touches
    std::uint32_t copies;  // candidates of the page with the same folded text
    double logit;          // of the text alone, by the terms
    Span folded;           // in the folded text of the block
    Span text;             // in the block's own text
    std::vector<std::int32_t> rows;
    bool is_name;         // found as a name, not as a run
    Brand name;           // if it is one
    double judged = 0.0;  // log-odds, by the judge
};

struct SearchResult {
    std::vector<Candidate> candidates;
    Rest rest;
    static constexpr std::uint32_t all = ~std::uint32_t{0};
    std::uint32_t blocks = all;   // so many were looked through before the budget was spent
    double norm = 1.0;            // of a text with few words, by which a word's evidence becomes log-odds
    std::optional<double> whole;  // log-odds of the page as one text, where it is one and the model judges pages
};

// What is needed while a page is searched, kept from page to page.
struct Workspace {
    WordCounts counts;
    Scratch scratch;
    std::vector<std::int32_t> rows;
    std::vector<double> values;
    std::vector<Run> runs;
};

// Finds what may be injected. `cut`: log-odds of a run's text below which it is left out; names have none.
SearchResult search(const PageText& page_text, const Terms& terms, const Brands& names, double cut,
                    Workspace& workspace, Budget& budget);

// Adds the rows of a word of the page; `is_behind`: with those it makes with the word before it in its segment.
void add_rows(const PageText& page_text, std::uint32_t word, bool is_behind, std::vector<std::int32_t>& rows);

// Where a span of a block's folded text stands in its own text.
Span unfolded(const PageText& page_text, const BlockText& block_text, Span span);

// Where a span of a derived text comes from, by some pieces; an empty one comes from an empty one.
Span origin_of(const Piece* first, const Piece* last, Span span);

}  // namespace moderation
