// What each word is worth -> the runs of words that may be planted.
//
// The best runs of a block judge it, never its average, so that a genuine paragraph of any length cannot dilute the
// line in front of it. Runs are found per segment (one keyword, one clause) with the linear-time algorithm for all
// maximal scoring subsequences (W. L. Ruzzo, M. Tompa, ISMB 1999), and their two ends are then settled segment by
// segment.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "words/page_text.hpp"

namespace moderation {

// Evidence (idf·w) of a run that is worth a second look, and of a run of words inside a clause that says something
// else.
constexpr double run_floor = 4.0, inner_floor = 15.0;

// Words [first, last).
struct Run {
    std::uint32_t first, last;

    bool operator==(const Run& other) const { return first == other.first && last == other.last; }
    bool operator<(const Run& other) const { return first != other.first ? first < other.first : last < other.last; }
};

struct Subsequence {
    std::uint32_t first, last;
    double sum;
};

// All maximal scoring subsequences in order; linear time. What is found is kept until the next search.
class MaximalRuns {
public:
    const std::vector<Subsequence>& find(const double* scores, std::size_t size);

private:
    struct Candidate {
        std::uint32_t first, last;
        double before, through;
        std::int64_t lower;  // next one on the left with a lower sum before it
    };
    std::vector<Candidate> candidates_;
    std::vector<Subsequence> runs_;
};

// The words of one block, in their segments: a view.
struct Words {
    const Segment* segment;  // the first one; Segment::word counts from `base`
    std::uint32_t segments, base, words;

    std::uint32_t first(std::uint32_t number) const { return number < segments ? segment[number].word - base : words; }
    std::uint8_t joint(std::uint32_t number) const { return segment[number].joint; }
    std::uint32_t segment_of(std::uint32_t word) const;
};

// The words of one block.
Words words_of(const PageText& page_text, const BlockText& block_text);

// What finding runs needs, kept from block to block.
struct Scratch {
    MaximalRuns maximal;
    std::vector<double> scores, of_segments;
};

// The runs of segments whose evidence adds up to `floor` or more, in order.
void segment_runs(const Words& words, const double* evidence, double floor, Scratch& scratch, std::vector<Run>& out);

// Runs of words inside one clause that says something else: a name that stands where another one stood. Of each segment
// the best run, where it adds up to `floor` and what the segment says besides speaks against it.
void inner_runs(const Words& words, const double* evidence, double floor, Scratch& scratch, std::vector<Run>& out);

// A run with its two ends settled: they move in over segments that are genuine and out over segments that say nothing,
// to where a planted text would end. `values` are what each word is worth, less what the rest of the page says against
// it; `bounds` is how far the run may grow, in whole segments.
Run settle(const Words& words, const double* values, Run run, Run bounds, Scratch& scratch);

// A run of a title or a heading without what stands at its ends behind a joint of that kind and is no spam by itself:
// that is the page's own, more likely than not. `is_known`: whether a word, by number, stands elsewhere on the page as
// well; `joint`: of titles in a title, of lines in headings, which stand below each other.
Run within_joints(const Words& words, const double* evidence, const std::function<bool(std::uint32_t)>& is_known,
                  std::uint8_t joint, Run run);

// Where a run stands in the folded text, with the punctuation that belongs to it: one that fills its line of text takes
// the line to both ends, another one the brackets and the full stop next to it. `before` is where the word before it
// ends and `behind` where the next one starts; -1 where there is none.
Span span_of(View text, Span run, std::int64_t before, std::int64_t behind);

}  // namespace moderation
