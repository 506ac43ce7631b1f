#include "candidates/runs.hpp"
#include "text/unicode.hpp"

#include <algorithm>

namespace moderation {

namespace {

// What a segment costs that says nothing: it keeps a run from wandering through neutral text.
constexpr double idle = 1.5;
// Words of a clause that can hold another text.
constexpr std::uint32_t clause_words = 4;
// What a word costs that says nothing, inside one clause.
constexpr double mute = 1.0;
// How well a planted text may end somewhere, in units of evidence: at the edge of its block, of a line, at a joint of
// titles; least of all between two clauses. Of 359 spans planted out of fold, 16 were cut otherwise than planted with
// 30 for the block, 22 with 24, 28 with 21.
constexpr double block_end = 30.0, line_end = 20.0, joint_end = 6.0, clause_end = -10.0;
// What a line break costs on top: lines of a planted list are each worth more, a genuine neighbour is not.
constexpr double line_break = 12.0;
// What it costs a single planted line to take the next one along.
constexpr double line_fence = 25.0;
// Evidence from which the outer part of a title is spam by itself.
constexpr double own_part = 1.0;
// The same where all of its words stand elsewhere on the page as well: names of media are learned from spam that
// borrows them (evidence of 7 to 38), and what is spam is worth more.
constexpr double known_part = 40.0;
// Nothing behind this much evidence against spam can bring an end back.
constexpr double hopeless = 200.0;

constexpr View opening = U"【[(（《「『“\"'<";
constexpr View closing = U"】])）》」』”\"'>!！?？。.…~";

// What it costs to come to a segment from the one before it.
double step(const Words& words, std::uint32_t segment) {
    if (!segment) return 0.0;
    return words.joint(segment) & Segment::line ? idle + line_break : idle;
}

// How well a planted text may end before a segment.
double ending(const Words& words, std::uint32_t boundary) {
    if (boundary == 0 || boundary == words.segments) return block_end;
    const std::uint8_t joint = words.joint(boundary);
    if (joint & Segment::line) return line_end;
    if (joint & Segment::title) return joint_end;
    return joint & Segment::prose ? clause_end : 0.0;
}

double sum(const double* values, std::uint32_t first, std::uint32_t last) {
    double total = 0.0;
    for (std::uint32_t at = first; at < last; ++at) total += values[at];
    return total;
}

// The one with the greatest sum, of equals the first.
std::vector<Subsequence>::const_iterator best_of(const std::vector<Subsequence>& runs) {
    return std::max_element(runs.begin(), runs.end(),
                            [](const auto& one, const auto& two) { return one.sum < two.sum; });
}

// The best boundary from `at` outwards, counted from `base`; `fence` is what it costs to step over a line break.
std::uint32_t edge(const Words& words, const std::vector<double>& of_segments, std::uint32_t base, std::uint32_t at,
                   bool outwards, double fence) {
    double best = ending(words, base + at), total = 0.0;
    std::uint32_t chosen = at;
    while (total > -hopeless) {
        if (outwards ? at == of_segments.size() : at == 0) break;
        at = outwards ? at + 1 : at - 1;
        const std::uint32_t from = outwards ? at - 1 : at + 1;
        // The separator that is stepped over stands before the segment that was left.
        if (fence != 0.0 && base + from < words.segments && words.joint(base + from) & Segment::line) total -= fence;
        total += of_segments[outwards ? at - 1 : at] - idle;
        const double score = total + ending(words, base + at);
        if (score > best) {
            best = score;
            chosen = at;
        }
    }
    return chosen;
}

}  // namespace

const std::vector<Subsequence>& MaximalRuns::find(const double* scores, std::size_t size) {
    candidates_.clear();
    double total = 0.0;
    for (std::size_t index = 0; index < size; ++index) {
        double left = total;
        total += scores[index];
        if (scores[index] <= 0) continue;
        auto first = static_cast<std::uint32_t>(index);
        while (true) {
            // The links skip what cannot be, which keeps this linear.
            std::int64_t back = static_cast<std::int64_t>(candidates_.size()) - 1;
            while (back >= 0 && candidates_[static_cast<std::size_t>(back)].before >= left)
                back = candidates_[static_cast<std::size_t>(back)].lower;
            if (back < 0 || candidates_[static_cast<std::size_t>(back)].through >= total) {
                candidates_.push_back({first, static_cast<std::uint32_t>(index) + 1, left, total, back});
                break;
            }
            first = candidates_[static_cast<std::size_t>(back)].first;
            left = candidates_[static_cast<std::size_t>(back)].before;
            candidates_.resize(static_cast<std::size_t>(back));
        }
    }
    runs_.clear();
    for (const Candidate& each : candidates_) runs_.push_back({each.first, each.last, each.through - each.before});
    return runs_;
}

std::uint32_t Words::segment_of(std::uint32_t word) const {
    const Segment* behind =
        std::upper_bound(segment, segment + segments, base + word,
                         [](std::uint32_t value, const Segment& each) { return value < each.word; });
    return static_cast<std::uint32_t>(behind - segment) - 1;
}

Words words_of(const PageText& page_text, const BlockText& block_text) {
    return {page_text.segments.data() + block_text.segment, block_text.segment_end - block_text.segment,
            block_text.word, block_text.word_end - block_text.word};
}

void segment_runs(const Words& words, const double* evidence, double floor, Scratch& scratch, std::vector<Run>& out) {
    scratch.scores.clear();
    for (std::uint32_t segment = 0; segment < words.segments; ++segment)
        scratch.scores.push_back(sum(evidence, words.first(segment), words.first(segment + 1)) - step(words, segment));
    for (const Subsequence& each : scratch.maximal.find(scratch.scores.data(), scratch.scores.size()))
        if (each.sum >= floor) out.push_back({words.first(each.first), words.first(each.last)});
}

void inner_runs(const Words& words, const double* evidence, double floor, Scratch& scratch, std::vector<Run>& out) {
    for (std::uint32_t segment = 0; segment < words.segments; ++segment) {
        const std::uint32_t low = words.first(segment), high = words.first(segment + 1);
        if (high - low < clause_words) continue;
        double gain = 0.0, lowest = evidence[low];
        for (std::uint32_t at = low; at < high; ++at) {
            if (evidence[at] > 0) gain += evidence[at];
            lowest = std::min(lowest, evidence[at]);
        }
        if (gain < floor || lowest >= 0) continue;
        scratch.scores.assign(evidence + low, evidence + high);
        for (double& score : scratch.scores) score -= mute;
        const std::vector<Subsequence>& runs = scratch.maximal.find(scratch.scores.data(), scratch.scores.size());
        const auto best = best_of(runs);
        if (best == runs.end()) continue;
        if (best->sum >= floor && best->last - best->first > 1 && sum(evidence, low, high) < best->sum)
            out.push_back({low + best->first, low + best->last});
    }
}

Run settle(const Words& words, const double* values, Run run, Run bounds, Scratch& scratch) {
    const std::uint32_t base = words.segment_of(bounds.first);
    const std::uint32_t behind = words.segment_of(bounds.last - 1) + 1;
    std::vector<double>& of_segments = scratch.of_segments;
    of_segments.clear();
    for (std::uint32_t segment = base; segment < behind; ++segment)
        of_segments.push_back(sum(values, words.first(segment), words.first(segment + 1)));
    std::uint32_t low = words.segment_of(run.first) - base, high = words.segment_of(run.last - 1) + 1 - base;
    scratch.scores.clear();
    for (std::uint32_t at = low; at < high; ++at) scratch.scores.push_back(of_segments[at] - step(words, base + at));
    const std::vector<Subsequence>& inner = scratch.maximal.find(scratch.scores.data(), scratch.scores.size());
    if (!inner.empty()) {
        const auto best = best_of(inner);
        high = low + best->last;
        low += best->first;
    }
    // A list planted line by line goes on over a line that says nothing; a single planted line does not.
    bool lines = false;
    for (std::uint32_t at = low + 1; at < high; ++at) lines |= (words.joint(base + at) & Segment::line) != 0;
    const double fence = lines ? 0.0 : line_fence;
    low = edge(words, of_segments, base, low, false, fence);
    high = edge(words, of_segments, base, high, true, fence);
    return {words.first(base + low), words.first(base + high)};
}

Run within_joints(const Words& words, const double* evidence, const std::function<bool(std::uint32_t)>& is_known,
                  std::uint8_t joint, Run run) {
    std::uint32_t low = words.segment_of(run.first), high = words.segment_of(run.last - 1);
    const auto evidence_of = [&](std::uint32_t boundary, std::uint32_t first, std::uint32_t last) {
        if (low == high || !(words.joint(boundary) & joint)) return own_part;
        const double total = sum(evidence, first, last);
        if (total < own_part || total >= known_part) return std::min(own_part, total);
        for (std::uint32_t at = first; at < last; ++at)
            if (!is_known(at)) return own_part;
        return total - known_part;
    };
    const auto left_part = [&] { return evidence_of(low + 1, run.first, words.first(low + 1)); };
    const auto right_part = [&] { return evidence_of(high, words.first(high), run.last); };
    // Each part is added up once: the side that was not moved is known. Segments of signs alone go with their
    // neighbour.
    double left = left_part(), right = right_part();
    while (low < high && std::min(left, right) < own_part) {
        if (left < right) {
            do run.first = words.first(++low);
            while (low < high && words.first(low + 1) == run.first);
            left = left_part();
        } else {
            do run.last = words.first(high--);
            while (high > low && words.first(high) == run.last);
            right = right_part();
        }
    }
    return run;
}

Span span_of(View text, Span run, std::int64_t before, std::int64_t behind) {
    // Only what stands between it and the words around it is looked at.
    const auto low = static_cast<std::uint32_t>(std::max<std::int64_t>(before, 0));
    const auto high = behind < 0 ? static_cast<std::uint32_t>(text.size()) : static_cast<std::uint32_t>(behind);
    std::uint32_t start = run.start, end = run.end, left = start, right = end;
    while (left > low && text[left - 1] != '\n') --left;
    while (right < high && text[right] != '\n') ++right;
    if (before < 0 || left > low) {
        for (start = left; start < run.start && unicode::is_space(text[start]);) ++start;
    } else {
        while (start > left && opening.find(text[start - 1]) != View::npos) --start;
    }
    if (behind < 0 || right < high) {
        for (end = right; end > run.end && unicode::is_space(text[end - 1]);) --end;
    } else {
        while (end < right && closing.find(text[end]) != View::npos) ++end;
    }
    return {start, end};
}

}  // namespace moderation
