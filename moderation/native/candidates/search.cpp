#include "candidates/search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "text/unicode.hpp"

namespace moderation {

namespace {

// A run worth a second look scores above this log-odds, with the ends that it was found with; the model's cut is above.
constexpr double least_logit = -4.0;
// Words that must speak for spam before a span is judged at all: one word, however loud, is no evidence.
constexpr std::size_t least_words = 2;
// Latin letters in a row that may be a word.
constexpr std::uint32_t least_letters = 3;

// All that is asked of one page, and what was found out about its lines on the way.
class CandidateSearch {
public:
    CandidateSearch(const Sheet& sheet, const Terms& terms, const Brands& names, Workspace& workspace, Budget& budget)
        : sheet_(sheet),
          terms_(terms),
          names_(names),
          work_(workspace),
          budget_(budget),
          least_gain_(std::max(run_floor, (least_logit - terms.bias) * std::sqrt(terms.smoothing))) {}

    SearchResult find(double cut) {
        SearchResult found;
        found.norm = std::sqrt(terms_.smoothing);
        std::vector<LineRun> runs;
        std::size_t looked = 0;
        for (std::uint32_t line = 0; line < sheet_.lines.size(); ++line) {
            // No run is worth more than all of its line that speaks for spam.
            if (sheet_.lines[line].gain >= least_gain_) look(line, runs);
            find_names(line);
            if (!budget_.spend(limits::look * (runs.size() + found_.size() - looked))) {
                found.lines = line + 1;
                break;
            }
            looked = runs.size() + found_.size();
        }
        if (runs.empty() && found_.empty()) return found;
        Surrounded around(sheet_, with_names(runs), work_.counts);
        std::size_t next = 0;
        for (std::size_t number = 0; number < runs.size(); ++number) {
            const std::uint32_t line = runs[number].line;
            for (; next < found_.size() && found_[next].line <= line; ++next) add(found_[next], found);
            if (is_full_) break;
            Run bounds{0, sheet_.lines[line].word_end - sheet_.lines[line].word};
            if (number && runs[number - 1].line == line) bounds.first = runs[number - 1].run.last;
            if (number + 1 < runs.size() && runs[number + 1].line == line) bounds.last = runs[number + 1].run.first;
            Candidate candidate{};
            if (!settle(runs[number], bounds, around, candidate) || candidate.logit < cut) continue;
            locate(candidate);
            // The name was found already, with its exact ends.
            if (!is_found(candidate)) keep(std::move(candidate), found);
        }
        for (; next < found_.size() && !is_full_; ++next) add(found_[next], found);
        count_copies(found);
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
        inside_.clear();
        inner_runs(words, sheet_.evidence.data() + sheet_.lines[number].word, inner_floor, work_.scratch, inside_);
        if (inside_.empty()) {
            for (const Run run : runs)
                if (const double logit = score(number, run); logit > least_logit)
                    runs_found.push_back({number, run, logit});
            return;
        }
        // By segment: the better of the two kinds.
        std::map<std::uint32_t, std::pair<double, Run>> scored;
        for (const Run run : inside_) scored[words.segment_of(run.first)] = {score(number, run), run};
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
            if (each.first > least_logit) {
                runs_found.push_back({number, each.second, each.first});
                if (std::binary_search(inside_.begin(), inside_.end(), each.second))
                    inner_.push_back(runs_found.back());
            }
    }

    // The names of a line.
    void find_names(std::uint32_t number) {
        if (names_.empty()) return;
        const Line& line = sheet_.lines[number];
        if (line.word == line.word_end) return;
        words_.clear();
        for (std::uint32_t at = line.word; at < line.word_end; ++at)
            words_.push_back({sheet_.words[at].start, sheet_.words[at].end});
        made_.clear();
        names_.find(sheet_.folded(line), words_, made_);
        for (const Brand& name : made_) {
            const auto first = std::partition_point(words_.begin(), words_.end(),
                                                    [&](const Span& word) { return word.end <= name.span.start; });
            const auto last =
                std::partition_point(first, words_.end(), [&](const Span& word) { return word.start < name.span.end; });
            if (first == last) continue;
            found_.push_back({number,
                              {static_cast<std::uint32_t>(first - words_.begin()),
                               static_cast<std::uint32_t>(last - words_.begin())},
                              name});
        }
    }

    // The likely runs and the names apart from them, in the order of the page. What is more likely genuine by its words
    // says what is the page's own.
    std::vector<LineRun> with_names(const std::vector<LineRun>& runs) const {
        std::vector<LineRun> all;
        all.reserve(runs.size() + found_.size());
        const auto before = [](const LineRun& one, const LineRun& two) {
            return one.line != two.line ? one.line < two.line : one.run.last <= two.run.first;
        };
        auto next = found_.begin();
        const auto add_free = [&](const LineRun* behind) {
            for (; next != found_.end(); ++next) {
                const LineRun at{next->line, next->run};
                if (behind && !before(at, *behind)) break;
                if (all.empty() || before(all.back(), at)) all.push_back(at);
            }
        };
        for (const LineRun& run : runs) {
            if (run.score <= 0.0) continue;
            add_free(&run);
            all.push_back(run);
            // A name inside a run is part of it.
            while (next != found_.end() && !before(run, {next->line, next->run}) &&
                   !before({next->line, next->run}, run))
                ++next;
        }
        add_free(nullptr);
        return all;
    }

    struct FoundName {
        std::uint32_t line;
        Run run;
        Brand name;
    };

    // Whether a text says anything in any language: single letters and digits are keys of tables, parts of codes,
    // noise.
    bool is_told(const Candidate& candidate) const {
        if (candidate.is_name && (candidate.name.sure || candidate.name.common)) return true;
        const View text = sheet_.folded(sheet_.lines[candidate.line]);
        std::uint32_t letters = 0;
        for (std::uint32_t at = candidate.folded.start; at < candidate.folded.end; ++at) {
            letters = text[at] >= 'a' && text[at] <= 'z' ? letters + 1 : 0;
            if (letters >= least_letters || (text[at] > 127 && unicode::is_alnum(text[at]))) return true;
        }
        return false;
    }

    // Keeps a candidate, if it says anything, and as far as the budget goes.
    void keep(Candidate&& candidate, SearchResult& result) {
        if (!is_told(candidate)) return;
        is_full_ |= result.candidates.size() * limits::candidate >= budget_.steps();
        if (is_full_) {
            result.lines = std::min(result.lines, candidate.line);
        } else {
            result.candidates.push_back(std::move(candidate));
        }
    }

    // A name as a candidate.
    void add(const FoundName& each, SearchResult& result) {
        if (is_full_) return;
        Candidate candidate{};
        candidate.line = each.line;
        candidate.run = each.run;
        candidate.is_name = true;
        candidate.name = each.name;
        candidate.folded = each.name.span;
        const Line& line = sheet_.lines[each.line];
        score_rows(candidate);
        candidate.text = unfolded(sheet_, line, candidate.folded);
        keep(std::move(candidate), result);
    }

    // Whether a run is a name, with the same ends.
    bool is_found(const Candidate& candidate) const {
        const auto each = std::partition_point(found_.begin(), found_.end(), [&](const FoundName& name) {
            return name.line != candidate.line ? name.line < candidate.line
                                               : name.name.span.start < candidate.folded.start;
        });
        return each != found_.end() && each->line == candidate.line &&
               each->name.span.start == candidate.folded.start && each->name.span.end == candidate.folded.end;
    }

    void score_rows(Candidate& candidate) {
        const Line& line = sheet_.lines[candidate.line];
        // What the first word makes with the one before it belongs to neither.
        for (std::uint32_t at = candidate.run.first; at < candidate.run.last; ++at)
            add_rows(sheet_, line.word + at, at > candidate.run.first, candidate.rows);
        candidate.logit = terms_.score(candidate.rows);
        // Of a run of many words few rows are left, each once.
        if (candidate.rows.capacity() > 64 && candidate.rows.capacity() > 2 * candidate.rows.size())
            candidate.rows.shrink_to_fit();
    }

    void count_copies(SearchResult& result) const {
        Quotes counts;
        counts.reset(result.candidates.size());
        const auto text_of = [&](const Candidate& each) {
            return sheet_.folded(sheet_.lines[each.line])
                .substr(each.folded.start, each.folded.end - each.folded.start);
        };
        for (const Candidate& each : result.candidates) ++counts.times(text_of(each));
        for (Candidate& each : result.candidates) each.copies = counts.times(text_of(each));
    }

    // Settles a run with its exact ends and its score; false if too few words in it speak for spam.
    bool settle(const LineRun& of, Run bounds, Surrounded& around, Candidate& candidate) {
        const Line& line = sheet_.lines[of.line];
        Run run = of.run;
        // The ends of a run inside a clause are those of its words.
        if (inner_.empty() || !holds(of)) {
            const Words words = words_of(sheet_, line);
            around.weigh(of, words, bounds, work_.values);
            run = moderation::settle(words, work_.values.data(), run, bounds, work_.scratch);
        }
        if (!has_words(line, run)) return false;
        candidate.line = of.line;
        candidate.run = run;
        score_rows(candidate);
        return true;
    }

    // Whether a run was found inside a clause.
    bool holds(const LineRun& run) const {
        return std::binary_search(inner_.begin(), inner_.end(), run, [](const LineRun& one, const LineRun& two) {
            return one.line != two.line ? one.line < two.line : one.run < two.run;
        });
    }

    // Whether enough different words of a run speak for spam by themselves, one of which not everybody uses.
    bool has_words(const Line& line, Run run) const {
        std::size_t found = 0;
        std::uint32_t first_found = 0;
        bool has_own = false;
        for (std::uint32_t at = line.word + run.first; at < line.word + run.last; ++at) {
            if (found == least_words && has_own) break;
            const std::uint32_t code = sheet_.words[at].code;
            const double worth = at == line.word + run.first ? (*sheet_.lexicon)[code].evidence : sheet_.evidence[at];
            if (worth <= 0) continue;
            has_own = has_own || (code > Lexicon::lengthy && !names_.is_idle(sheet_.lexicon->name(code)));
            if (found == least_words || (found && code == first_found)) continue;
            first_found = code;
            ++found;
        }
        return found == least_words && has_own;
    }

    void locate(Candidate& candidate) {
        const Line& line = sheet_.lines[candidate.line];
        const std::uint32_t first = line.word + candidate.run.first, last = line.word + candidate.run.last;
        const std::int64_t before = candidate.run.first ? static_cast<std::int64_t>(sheet_.words[first - 1].end) : -1;
        const std::int64_t behind = last < line.word_end ? static_cast<std::int64_t>(sheet_.words[last].start) : -1;
        const Span own{sheet_.words[first].start, sheet_.words[last - 1].end};
        candidate.folded = span_of(sheet_.folded(line), own, before, behind);
        candidate.text = unfolded(sheet_, line, candidate.folded);
    }

    const Sheet& sheet_;
    const Terms& terms_;
    const Brands& names_;
    Workspace& work_;
    Budget& budget_;
    bool is_full_ = false;          // no more candidates are kept
    std::vector<LineRun> inner_;    // runs inside clauses, in order
    std::vector<Run> inside_;       // those of one line
    std::vector<FoundName> found_;  // names, in order
    std::vector<Brand> made_;       // those of one line
    std::vector<Span> words_;       // where the words of one line stand
    double least_gain_;             // no run is worth a second look without this much evidence for spam
};

}  // namespace

SearchResult search(const Sheet& sheet, const Terms& terms, const Brands& names, double cut, Workspace& workspace,
                    Budget& budget) {
    return CandidateSearch(sheet, terms, names, workspace, budget).find(cut);
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
    return origin_of(sheet.pieces.data() + line.piece, sheet.pieces.data() + line.piece_end, span);
}

Span origin_of(const Piece* first, const Piece* last, Span span) {
    const auto at = [&](std::uint32_t index) {
        const Piece* piece = std::upper_bound(
            first, last, index, [](std::uint32_t value, const Piece& each) { return value < each.start; });
        if (piece != first) --piece;
        if (piece->width) return Span{piece->origin, piece->origin + piece->width};
        const std::uint32_t origin = piece->origin + index - piece->start;
        return Span{origin, origin + 1};
    };
    const Span from = at(span.start);
    if (span.end <= span.start) return {from.start, from.start};
    return {from.start, std::max(from.end, at(span.end - 1).end)};
}

}  // namespace moderation
