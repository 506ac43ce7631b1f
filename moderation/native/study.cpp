#include "study.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "substitution.hpp"

namespace moderation {

namespace {

// A run worth a second look scores above this log-odds; that and the floors are far below what any threshold needs:
// they bound the work, not the verdict.
constexpr double least_logit = -3.0;
// Words that must speak for spam before a span is judged at all: one word, however loud, is no evidence.
constexpr std::size_t least_words = 2;

// All that is asked of one page, and what was found out about its lines on the way.
class Page {
public:
    Page(const Sheet& sheet, const Terms& terms, Workspace& workspace)
        : sheet_(sheet),
          terms_(terms),
          work_(workspace),
          inner_(sheet, workspace.scratch),
          least_gain_(std::max(run_floor, (least_logit - terms.bias) * std::sqrt(terms.smoothing))) {}

    Study study(double needed, Bound* bound) {
        Study found;
        std::vector<LineRun> runs;
        for (std::uint32_t line = 0; line < sheet_.lines.size(); ++line)
            // No run is worth more than all of its line that speaks for spam.
            if (sheet_.lines[line].gain >= least_gain_) look(line, runs);
        if (runs.empty()) return found;
        Substitution names(sheet_, inner_, runs, Repeats(work_.heads, work_.next));
        runs = names.applied(runs);
        Surrounded around(sheet_, runs, work_.counts);
        for (std::size_t number = 0; number < runs.size(); ++number) {
            const auto& [line, run] = runs[number];
            Run bounds{0, sheet_.lines[line].word_end - sheet_.lines[line].word};
            if (number && runs[number - 1].line == line) bounds.first = runs[number - 1].run.last;
            if (number + 1 < runs.size() && runs[number + 1].line == line) bounds.last = runs[number + 1].run.first;
            Candidate candidate;
            candidate.copies = names.copies(runs[number]);
            if (!settle(runs[number], bounds, around, candidate) || candidate.logit < needed) continue;
            if (bound && !bound->may_reach(candidate, around)) continue;
            locate(candidate);
            found.candidates.push_back(std::move(candidate));
        }
        found.rest = std::move(around.rest);
        return found;
    }

private:
    // The text's score of a run; for one that cannot be worth a second look, what it is at most.
    double score(std::uint32_t number, Run run) {
        const Line& line = sheet_.lines[number];
        double gain = 0.0;
        for (std::uint32_t at = line.word + run.first; at < line.word + run.last; ++at) gain += sheet_.gain[at];
        if (gain < least_gain_) return least_logit;
        work_.rows.clear();
        for (std::uint32_t at = line.word + run.first; at < line.word + run.last; ++at)
            add_rows(sheet_, at, true, work_.rows);
        return terms_.score(work_.rows);
    }

    // The runs of a line that are worth a second look, in order. Where clauses say something else as well, the runs
    // inside them are looked at if one says more for itself.
    void look(std::uint32_t number, std::vector<LineRun>& runs_found) {
        const Words words = words_of(sheet_, sheet_.lines[number]);
        std::vector<Run>& runs = work_.runs;
        runs.clear();
        segment_runs(words, sheet_.evidence.data() + sheet_.lines[number].word, run_floor, work_.scratch, runs);
        const std::vector<Run>& inside = inner_.of(number);
        if (inside.empty()) {
            for (const Run run : runs)
                if (score(number, run) > least_logit) runs_found.push_back({number, run});
            return;
        }
        // By segment: the better of the two kinds.
        std::map<std::uint32_t, std::pair<double, Run>> scored;
        for (const Run run : inside) scored[words.segment_of(run.first)] = {score(number, run), run};
        for (const Run run : runs) {
            const double best = score(number, run);
            const auto first = scored.lower_bound(words.segment_of(run.first));
            const auto behind = scored.upper_bound(words.segment_of(run.last - 1));
            double other = first == behind ? least_logit : -std::numeric_limits<double>::infinity();
            for (auto each = first; each != behind; ++each) other = std::max(other, each->second.first);
            if (best > other) {
                scored.erase(first, behind);
                scored[words.segment_of(run.first)] = {best, run};
            }
        }
        for (const auto& [segment, each] : scored)
            if (each.first > least_logit) runs_found.push_back({number, each.second});
    }

    // Settles a run with its exact ends and its score; false if too few words in it speak for spam.
    bool settle(const LineRun& of, Run bounds, Surrounded& around, Candidate& candidate) {
        const Line& line = sheet_.lines[of.line];
        Run run = of.run;
        if (!candidate.copies && !inner_.holds(of)) {
            const Words words = words_of(sheet_, line);
            around.weigh(of, words, bounds, work_.values);
            run = moderation::settle(words, work_.values.data(), run, bounds, work_.scratch);
        }
        if (!has_words(line, run)) return false;
        candidate.line = of.line;
        candidate.run = run;
        // What the first word makes with the one before it belongs to neither.
        for (std::uint32_t at = run.first; at < run.last; ++at)
            add_rows(sheet_, line.word + at, at > run.first, candidate.rows);
        candidate.logit = terms_.score(candidate.rows);
        return true;
    }

    // Whether enough different words of a run speak for spam by themselves.
    bool has_words(const Line& line, Run run) const {
        std::size_t found = 0;
        std::uint32_t first_found = 0;
        for (std::uint32_t at = line.word + run.first; at < line.word + run.last && found < least_words; ++at) {
            const std::uint32_t code = sheet_.words[at].code;
            const double worth = at == line.word + run.first ? (*sheet_.lexicon)[code].evidence : sheet_.evidence[at];
            if (worth <= 0 || (found && code == first_found)) continue;
            first_found = code;
            ++found;
        }
        return found == least_words;
    }

    void locate(Candidate& candidate) const {
        const Line& line = sheet_.lines[candidate.line];
        const std::uint32_t first = line.word + candidate.run.first, last = line.word + candidate.run.last;
        const std::int64_t before = candidate.run.first ? static_cast<std::int64_t>(sheet_.words[first - 1].end) : -1;
        const std::int64_t behind = last < line.word_end ? static_cast<std::int64_t>(sheet_.words[last].start) : -1;
        const Span span =
            span_of(sheet_.folded(line), sheet_.words[first].start, sheet_.words[last - 1].end, before, behind);
        candidate.text = unfolded(sheet_, line, span);
    }

    const Sheet& sheet_;
    const Terms& terms_;
    Workspace& work_;
    InnerRuns inner_;
    double least_gain_;  // no run is worth a second look without this much evidence for spam
};

}  // namespace

Study study(const Sheet& sheet, const Terms& terms, double needed, Bound* bound, Workspace& workspace) {
    return Page(sheet, terms, workspace).study(needed, bound);
}

void add_rows(const Sheet& sheet, std::uint32_t word, bool is_behind, std::vector<std::int32_t>& rows) {
    const Word& at = sheet.words[word];
    const Lexicon::Entry& entry = (*sheet.lexicon)[at.code];
    rows.insert(rows.end(), sheet.lexicon->rows(entry), sheet.lexicon->rows_end(entry));
    if (!is_behind) return;
    if (at.pair != no_row) rows.push_back(at.pair);
    if (at.met != no_row) rows.push_back(at.met);
}

Span unfolded(const Sheet& sheet, const Line& line, Span span) {
    if (line.piece == line.piece_end) return span;
    const auto at = [&](std::uint32_t index) {
        const auto first = sheet.pieces.begin() + line.piece, last = sheet.pieces.begin() + line.piece_end;
        auto piece = std::upper_bound(first, last, index,
                                      [](std::uint32_t value, const Piece& each) { return value < each.start; });
        if (piece != first) --piece;
        if (piece->width) return Span{piece->origin, piece->origin + piece->width};
        const std::uint32_t origin = piece->origin + index - piece->start;
        return Span{origin, origin + 1};
    };
    const Span first = at(span.start);
    if (span.end <= span.start) return {first.start, first.start};
    return {first.start, std::max(first.end, at(span.end - 1).end)};
}

}  // namespace moderation
