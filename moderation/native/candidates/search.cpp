#include "candidates/search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "text/unicode.hpp"

namespace moderation {

namespace {

// A run worth a second look scores above this log-odds, with the ends that it was found with; the model's cut is above.
constexpr double min_logit = -4.0;
// Words that must speak for spam before a span is judged at all: one word, however loud, is no evidence.
constexpr std::size_t min_words = 2;
// Latin letters in a row that may be a word.
constexpr std::uint32_t min_letters = 3;

// All that is asked of one page, and what was found out about its blocks on the way.
class CandidateSearch {
public:
    CandidateSearch(const PageText& page_text, const Terms& terms, const Brands& names, Workspace& workspace,
                    Budget& budget)
        : page_text_(page_text),
          terms_(terms),
          names_(names),
          work_(workspace),
          budget_(budget),
          min_gain_(std::max(run_floor, (min_logit - terms.bias) * std::sqrt(terms.smoothing))) {}

    SearchResult find(double cut) {
        SearchResult found;
        found.norm = std::sqrt(terms_.smoothing);
        std::vector<BlockRun> runs;
        std::size_t looked = 0;
        for (std::uint32_t block = 0; block < page_text_.blocks.size(); ++block) {
            // No run is worth more than all of its block that speaks for spam.
            if (page_text_.blocks[block].gain >= min_gain_) look(block, runs);
            find_names(block);
            if (!budget_.spend(limits::look * (runs.size() + found_.size() - looked))) {
                found.blocks = block + 1;
                break;
            }
            looked = runs.size() + found_.size();
        }
        if (runs.empty() && found_.empty()) return found;
        Surrounded around(page_text_, with_names(runs), work_.counts);
        std::size_t next = 0;
        for (std::size_t number = 0; number < runs.size(); ++number) {
            const std::uint32_t block = runs[number].block;
            for (; next < found_.size() && found_[next].block <= block; ++next) add(found_[next], found);
            if (is_full_) break;
            Candidate candidate{};
            if (!make_candidate(runs[number], bounds_of(runs, number), around, candidate) || candidate.logit < cut)
                continue;
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
    // The words of its block that a run may reach over: up to those of the runs beside it.
    Run bounds_of(const std::vector<BlockRun>& runs, std::size_t number) const {
        const std::uint32_t block = runs[number].block;
        Run bounds{0, page_text_.blocks[block].word_end - page_text_.blocks[block].word};
        if (number && runs[number - 1].block == block) bounds.first = runs[number - 1].run.last;
        if (number + 1 < runs.size() && runs[number + 1].block == block) bounds.last = runs[number + 1].run.first;
        return bounds;
    }

    // The text's score of a run; for one that cannot be worth a second look, what it is at most.
    double score(std::uint32_t number, Run run) {
        const BlockText& block_text = page_text_.blocks[number];
        double gain = 0.0;
        for (std::uint32_t at = block_text.word + run.first; at < block_text.word + run.last; ++at)
            gain += page_text_.gain[at];
        if (gain < min_gain_) return min_logit;
        work_.rows.clear();
        for (std::uint32_t at = block_text.word + run.first; at < block_text.word + run.last; ++at)
            add_rows(page_text_, at, true, work_.rows);
        return terms_.score(work_.rows);
    }

    // The runs of a block that are worth a second look, in order. Where clauses say something else as well, the runs
    // inside them are looked at if one says more for itself.
    void look(std::uint32_t number, std::vector<BlockRun>& runs_found) {
        const Words words = words_of(page_text_, page_text_.blocks[number]);
        std::vector<Run>& runs = work_.runs;
        runs.clear();
        segment_runs(words, page_text_.evidence.data() + page_text_.blocks[number].word, run_floor, work_.scratch,
                     runs);
        inside_.clear();
        inner_runs(words, page_text_.evidence.data() + page_text_.blocks[number].word, inner_floor, work_.scratch,
                   inside_);
        if (inside_.empty()) {
            for (const Run run : runs)
                if (const double logit = score(number, run); logit > min_logit)
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
            double other = first == behind ? min_logit : -std::numeric_limits<double>::infinity();
            for (auto each = first; each != behind; ++each) other = std::max(other, each->second.first);
            if (best > other) {
                scored.erase(first, behind);
                scored[words.segment_of(run.first)] = {best, run};
            }
        }
        for (const auto& [segment, each] : scored)
            if (each.first > min_logit) {
                runs_found.push_back({number, each.second, each.first});
                if (std::binary_search(inside_.begin(), inside_.end(), each.second))
                    inner_.push_back(runs_found.back());
            }
    }

    // The names of a block.
    void find_names(std::uint32_t number) {
        if (names_.empty()) return;
        const BlockText& block_text = page_text_.blocks[number];
        if (block_text.word == block_text.word_end) return;
        words_.clear();
        for (std::uint32_t at = block_text.word; at < block_text.word_end; ++at)
            words_.push_back({page_text_.words[at].start, page_text_.words[at].end});
        made_.clear();
        names_.find(page_text_.folded(block_text), words_, made_);
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
    std::vector<BlockRun> with_names(const std::vector<BlockRun>& runs) const {
        std::vector<BlockRun> all;
        all.reserve(runs.size() + found_.size());
        const auto before = [](const BlockRun& one, const BlockRun& two) {
            return one.block != two.block ? one.block < two.block : one.run.last <= two.run.first;
        };
        auto next = found_.begin();
        const auto add_free = [&](const BlockRun* behind) {
            for (; next != found_.end(); ++next) {
                const BlockRun at{next->block, next->run};
                if (behind && !before(at, *behind)) break;
                if (all.empty() || before(all.back(), at)) all.push_back(at);
            }
        };
        for (const BlockRun& run : runs) {
            if (run.score <= 0.0) continue;
            add_free(&run);
            all.push_back(run);
            // A name inside a run is part of it.
            while (next != found_.end() && !before(run, {next->block, next->run}) &&
                   !before({next->block, next->run}, run))
                ++next;
        }
        add_free(nullptr);
        return all;
    }

    struct FoundName {
        std::uint32_t block;
        Run run;
        Brand name;
    };

    // Whether a text says anything in any language: single letters and digits are keys of tables, parts of codes,
    // noise.
    bool is_told(const Candidate& candidate) const {
        if (candidate.is_name && (candidate.name.sure || candidate.name.common)) return true;
        const View text = page_text_.folded(page_text_.blocks[candidate.block]);
        std::uint32_t letters = 0;
        for (std::uint32_t at = candidate.folded.start; at < candidate.folded.end; ++at) {
            letters = text[at] >= 'a' && text[at] <= 'z' ? letters + 1 : 0;
            if (letters >= min_letters || (text[at] > 127 && unicode::is_alnum(text[at]))) return true;
        }
        return false;
    }

    // Keeps a candidate, if it says anything, and as far as the budget goes.
    void keep(Candidate&& candidate, SearchResult& result) {
        if (!is_told(candidate)) return;
        is_full_ |= result.candidates.size() * limits::candidate >= budget_.steps();
        if (is_full_) {
            result.blocks = std::min(result.blocks, candidate.block);
        } else {
            result.candidates.push_back(std::move(candidate));
        }
    }

    // A name as a candidate.
    void add(const FoundName& each, SearchResult& result) {
        if (is_full_) return;
        Candidate candidate{};
        candidate.block = each.block;
        candidate.run = each.run;
        candidate.is_name = true;
        candidate.name = each.name;
        candidate.folded = each.name.span;
        const BlockText& block_text = page_text_.blocks[each.block];
        score_rows(candidate);
        candidate.text = unfolded(page_text_, block_text, candidate.folded);
        keep(std::move(candidate), result);
    }

    // Whether a run is a name, with the same ends.
    bool is_found(const Candidate& candidate) const {
        const auto each = std::partition_point(found_.begin(), found_.end(), [&](const FoundName& name) {
            return name.block != candidate.block ? name.block < candidate.block
                                                 : name.name.span.start < candidate.folded.start;
        });
        return each != found_.end() && each->block == candidate.block &&
               each->name.span.start == candidate.folded.start && each->name.span.end == candidate.folded.end;
    }

    void score_rows(Candidate& candidate) {
        const BlockText& block_text = page_text_.blocks[candidate.block];
        // What the first word makes with the one before it belongs to neither.
        for (std::uint32_t at = candidate.run.first; at < candidate.run.last; ++at)
            add_rows(page_text_, block_text.word + at, at > candidate.run.first, candidate.rows);
        candidate.logit = terms_.score(candidate.rows);
        // Of a run of many words few rows are left, each once.
        if (candidate.rows.capacity() > 64 && candidate.rows.capacity() > 2 * candidate.rows.size())
            candidate.rows.shrink_to_fit();
    }

    void count_copies(SearchResult& result) const {
        Quotes counts;
        counts.reset(result.candidates.size());
        const auto text_of = [&](const Candidate& each) {
            return page_text_.folded(page_text_.blocks[each.block])
                .substr(each.folded.start, each.folded.end - each.folded.start);
        };
        for (const Candidate& each : result.candidates) ++counts.times(text_of(each));
        for (Candidate& each : result.candidates) each.copies = counts.times(text_of(each));
    }

    // Makes a candidate of a run, with its ends settled, and its score; false if too few words in it speak for spam.
    bool make_candidate(const BlockRun& of, Run bounds, Surrounded& around, Candidate& candidate) {
        const BlockText& block_text = page_text_.blocks[of.block];
        Run run = of.run;
        // The ends of a run inside a clause are those of its words.
        if (inner_.empty() || !holds(of)) {
            const Words words = words_of(page_text_, block_text);
            around.weigh(of, words, bounds, work_.values);
            run = settle(words, work_.values.data(), run, bounds, work_.scratch);
        }
        if (!has_words(block_text, run)) return false;
        candidate.block = of.block;
        candidate.run = run;
        score_rows(candidate);
        return true;
    }

    // Whether a run was found inside a clause.
    bool holds(const BlockRun& run) const {
        return std::binary_search(inner_.begin(), inner_.end(), run, [](const BlockRun& one, const BlockRun& two) {
            return one.block != two.block ? one.block < two.block : one.run < two.run;
        });
    }

    // Whether enough different words of a run speak for spam by themselves, one of which not everybody uses.
    bool has_words(const BlockText& block_text, Run run) const {
        std::size_t found = 0;
        std::uint32_t first_found = 0;
        bool has_own = false;
        for (std::uint32_t at = block_text.word + run.first; at < block_text.word + run.last; ++at) {
            if (found == min_words && has_own) break;
            const std::uint32_t code = page_text_.words[at].code;
            const double evidence =
                at == block_text.word + run.first ? (*page_text_.lexicon)[code].evidence : page_text_.evidence[at];
            if (evidence <= 0) continue;
            has_own = has_own || (code > Lexicon::lengthy && !names_.is_idle(page_text_.lexicon->name(code)));
            if (found == min_words || (found && code == first_found)) continue;
            first_found = code;
            ++found;
        }
        return found == min_words && has_own;
    }

    void locate(Candidate& candidate) {
        const BlockText& block_text = page_text_.blocks[candidate.block];
        const std::uint32_t first = block_text.word + candidate.run.first, last = block_text.word + candidate.run.last;
        const std::int64_t before =
            candidate.run.first ? static_cast<std::int64_t>(page_text_.words[first - 1].end) : -1;
        const std::int64_t behind =
            last < block_text.word_end ? static_cast<std::int64_t>(page_text_.words[last].start) : -1;
        const Span own{page_text_.words[first].start, page_text_.words[last - 1].end};
        candidate.folded = span_of(page_text_.folded(block_text), own, before, behind);
        candidate.text = unfolded(page_text_, block_text, candidate.folded);
    }

    const PageText& page_text_;
    const Terms& terms_;
    const Brands& names_;
    Workspace& work_;
    Budget& budget_;
    bool is_full_ = false;          // no more candidates are kept
    std::vector<BlockRun> inner_;   // runs inside clauses, in order
    std::vector<Run> inside_;       // those of one block
    std::vector<FoundName> found_;  // names, in order
    std::vector<Brand> made_;       // those of one block
    std::vector<Span> words_;       // where the words of one block stand
    double min_gain_;               // no run is worth a second look without this much evidence for spam
};

}  // namespace

SearchResult search(const PageText& page_text, const Terms& terms, const Brands& names, double cut,
                    Workspace& workspace, Budget& budget) {
    return CandidateSearch(page_text, terms, names, workspace, budget).find(cut);
}

void add_rows(const PageText& page_text, std::uint32_t word, bool is_behind, std::vector<std::int32_t>& rows) {
    const Word& at = page_text.words[word];
    const Lexicon::Entry& entry = (*page_text.lexicon)[at.code];
    rows.insert(rows.end(), page_text.lexicon->rows(entry), page_text.lexicon->rows_end(entry));
    if (!is_behind) return;
    if (at.pair != no_row) rows.push_back(at.pair);
    if (at.met != no_row) rows.push_back(at.met);
}

Span unfolded(const PageText& page_text, const BlockText& block_text, Span span) {
    if (block_text.piece == block_text.piece_end) return span;
    return origin_of(page_text.pieces.data() + block_text.piece, page_text.pieces.data() + block_text.piece_end, span);
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
