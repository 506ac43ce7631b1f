#include "study.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "repeats.hpp"

namespace moderation {

namespace {

// A run worth a second look scores above this log-odds; that and the floors are far below what any threshold needs: they
// bound the work, not the verdict.
constexpr double least_logit = -3.0;
// Times that a name stands on a page; words it may be shortened by, less one.
constexpr std::uint32_t repeated = 3, shorter = 4;
// Words that must speak for spam before a span is judged at all: one word, however loud, is no evidence.
constexpr std::size_t least_words = 2;
// A word of the run that the rest of the page uses counts against it by this much for each unit of IDF above common.
constexpr double familiar = 6.0, common = 4.0, rare = 11.0;
// A segment of this many characters that stands elsewhere on the page, word for word, counts against it by this much.
constexpr std::uint32_t quote = 4;
constexpr double quoted = 80.0;

struct Rough {
    std::uint32_t line;
    Run run;
};

// All that is asked of one page, and what was found out about its lines on the way.
class Page {
public:
    Page(const Sheet& sheet, const Terms& terms, const Limits& limits, Workspace& workspace)
        : sheet_(sheet),
          terms_(terms),
          limits_(limits),
          work_(workspace),
          least_gain_(std::max(run_floor, (least_logit - terms.bias) * std::sqrt(terms.smoothing))) {}

    Study study(double needed, const Calibration* calibration, const std::vector<Situation>& situations) {
        Study found;
        std::vector<Rough> rough;
        for (std::uint32_t line = 0; line < sheet_.lines.size(); ++line)
            // No run is worth more than all of its line that speaks for spam.
            if (sheet_.lines[line].gain >= least_gain_) look(line, rough);
        if (rough.empty()) return found;
        found.has_runs = true;
        names(rough);
        if (!names_.empty()) rough = named(rough);
        rest(rough, found.rest);
        for (std::size_t number = 0; number < rough.size(); ++number) {
            const auto& [line, run] = rough[number];
            Run bounds{0, sheet_.lines[line].word_end - sheet_.lines[line].word};
            if (number && rough[number - 1].line == line) bounds.first = rough[number - 1].run.last;
            if (number + 1 < rough.size() && rough[number + 1].line == line) bounds.last = rough[number + 1].run.first;
            Candidate candidate;
            if (!settled(line, run, bounds, candidate) || candidate.logit < needed) continue;
            if (calibration && bound(sheet_, candidate, *calibration, situations[line],
                                     context(candidate, situations, found.rest)) < calibration->least)
                continue;
            locate(candidate);
            found.candidates.push_back(std::move(candidate));
        }
        return found;
    }

private:
    const double* evidence(std::uint32_t number) const { return sheet_.evidence.data() + sheet_.lines[number].word; }

    // The runs inside clauses of a line, found when they are asked for.
    const std::vector<Run>& inner(std::uint32_t number) {
        const auto known = inner_.find(number);
        if (known != inner_.end()) return known->second;
        std::vector<Run>& runs = inner_[number];
        inner_runs(words_of(sheet_, sheet_.lines[number]), evidence(number), inner_floor, work_.scratch, runs);
        return runs;
    }

    bool is_inner(std::uint32_t number, Run run) {
        const std::vector<Run>& runs = inner(number);
        return std::binary_search(runs.begin(), runs.end(), run);
    }

    // The text's score of a run; for one that cannot be worth a second look, what it is at most.
    double score(std::uint32_t number, Run run) {
        const Line& line = sheet_.lines[number];
        double gain = 0.0;
        for (std::uint32_t at = line.word + run.first; at < line.word + run.last; ++at) gain += sheet_.gain[at];
        if (gain < least_gain_) return least_logit;
        work_.rows.clear();
        for (std::uint32_t at = line.word + run.first; at < line.word + run.last; ++at) {
            const Word& word = sheet_.words[at];
            const Lexicon::Entry& entry = (*sheet_.lexicon)[word.code];
            work_.rows.insert(work_.rows.end(), sheet_.lexicon->rows(entry), sheet_.lexicon->rows_end(entry));
            if (word.pair != no_row) work_.rows.push_back(word.pair);
            if (word.met != no_row) work_.rows.push_back(word.met);
        }
        return terms_.score(work_.rows);
    }

    // The runs of a line that are worth a second look, in order. Where clauses say something else as well, the runs inside
    // them are looked at if one says more for itself.
    void look(std::uint32_t number, std::vector<Rough>& rough) {
        const Words words = words_of(sheet_, sheet_.lines[number]);
        std::vector<Run>& runs = work_.runs;
        runs.clear();
        segment_runs(words, evidence(number), run_floor, work_.scratch, runs);
        const std::vector<Run>& inside = inner(number);
        if (inside.empty()) {
            for (const Run run : runs)
                if (score(number, run) > least_logit) rough.push_back({number, run});
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
            if (each.first > least_logit) rough.push_back({number, each.second});
    }

    View name(std::uint32_t number, Run run) const {
        const Line& line = sheet_.lines[number];
        const std::uint32_t start = sheet_.words[line.word + run.first].start;
        return sheet_.folded(line).substr(start, sheet_.words[line.word + run.last - 1].end - start);
    }

    // What stands inside one clause and again elsewhere on the page, with how often: a name, or what took its place. Each
    // run inside a clause is shortened at either end to what is repeated most, so that the word behind a name that happens
    // to speak for spam as well is left out.
    void names(const std::vector<Rough>& rough) {
        std::unordered_map<View, std::uint32_t, Hash> counts;
        for (const auto& [number, run] : rough) {
            if (!is_inner(number, run)) continue;
            if (!repeats_.ready()) repeats_.prepare(sheet_);
            View best;
            std::uint32_t best_count = 0;
            double best_worth = 0.0;
            const std::uint32_t most = std::min(shorter, run.last - run.first - 1);
            for (std::uint32_t front = 0; front < most; ++front) {
                for (std::uint32_t back = 0; back < std::min(shorter, run.last - run.first - 1 - front); ++back) {
                    const Run part{run.first + front, run.last - back};
                    const View text = name(number, part);
                    auto counted = counts.find(text);
                    if (counted == counts.end()) {
                        if (counts.size() >= limits_.counted) return;
                        counted = counts.emplace(text, repeats_.count(text)).first;
                    }
                    double worth = 0.0;
                    for (std::uint32_t at = part.first; at < part.last; ++at) worth += evidence(number)[at];
                    if (counted->second >= repeated &&
                        (worth > best_worth || (worth == best_worth && counted->second > best_count))) {
                        best = text;
                        best_count = counted->second;
                        best_worth = worth;
                    }
                }
            }
            if (!best.empty() && best_worth >= inner_floor && !names_.count(best)) {
                names_.emplace(best, best_count);
                order_.push_back(best);
            }
        }
        // A name inside another one is the other one.
        std::vector<View> kept;
        for (const View each : order_) {
            const bool inside = std::any_of(order_.begin(), order_.end(), [&](View other) {
                return each != other && other.find(each) != View::npos;
            });
            if (!inside) kept.push_back(each);
        }
        for (const View each : order_)
            if (std::find(kept.begin(), kept.end(), each) == kept.end()) names_.erase(each);
        order_ = kept;
    }

    // The runs with every repeated name: runs inside a clause give way to the name they hold.
    std::vector<Rough> named(const std::vector<Rough>& rough) {
        std::vector<Rough> all;
        std::size_t next = 0;
        for (std::uint32_t number = 0; number < sheet_.lines.size(); ++number) {
            std::vector<Run> mine;
            for (; next < rough.size() && rough[next].line == number; ++next) mine.push_back(rough[next].run);
            for (const Run run : with_names(number, mine)) all.push_back({number, run});
        }
        return all;
    }

    std::vector<Run> with_names(std::uint32_t number, const std::vector<Run>& runs) {
        const Line& line = sheet_.lines[number];
        const View text = sheet_.folded(line);
        std::vector<View> held;
        for (const View each : order_)
            if (text.find(each) != View::npos) held.push_back(each);
        if (held.empty()) return runs;
        const std::uint32_t size = line.word_end - line.word;
        std::vector<std::uint8_t> taken(size, 0);
        std::vector<Run> kept;
        const auto take = [&](Run run) {
            if (std::any_of(taken.begin() + run.first, taken.begin() + run.last, [](auto each) { return each != 0; }))
                return;
            std::fill(taken.begin() + run.first, taken.begin() + run.last, std::uint8_t{1});
            kept.push_back(run);
        };
        const Word* words = sheet_.words.data() + line.word;
        for (const Run run : runs)
            if (!is_inner(number, run)) take(run);
        for (const View each : held) {
            for (std::size_t at = text.find(each); at != View::npos; at = text.find(each, at + each.size())) {
                const auto* first = std::lower_bound(words, words + size, at, [](const Word& word, std::size_t start) {
                    return word.start < start;
                });
                const auto* last = std::lower_bound(words, words + size, at + each.size(),
                                                    [](const Word& word, std::size_t end) { return word.end < end; });
                if (first == words + size || first->start != at) continue;
                if (last == words + size || last->end != at + each.size() || last < first) continue;
                take({static_cast<std::uint32_t>(first - words), static_cast<std::uint32_t>(last - words) + 1});
            }
        }
        for (const Run run : runs)
            if (is_inner(number, run)) take(run);
        std::sort(kept.begin(), kept.end());
        return kept;
    }

    // Looks at the page around the runs.
    void rest(const std::vector<Rough>& rough, Rest& rest) {
        rest.mask.assign(sheet_.words.size(), 1);
        rest.taken.assign(sheet_.lines.size(), 0);
        if (work_.counts.size() < sheet_.lexicon->size()) work_.counts.resize(sheet_.lexicon->size());
        ++work_.page;
        quotes_.reset(sheet_.segments.size());
        std::vector<std::uint32_t> codes;
        std::size_t next = 0;
        constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
        for (std::uint32_t number = 0; number < sheet_.lines.size(); ++number) {
            const Line& line = sheet_.lines[number];
            // A stretch is what stands between two runs or ends of blocks; each word of it counts once.
            ++work_.stretch;
            std::uint32_t segment = none;
            for (std::uint32_t at = line.word; at < line.word_end; ++at) {
                if (next < rough.size() && rough[next].line == number && at == line.word + rough[next].run.first) {
                    const std::uint32_t last = line.word + rough[next].run.last;
                    std::fill(rest.mask.begin() + at, rest.mask.begin() + last, std::uint8_t{0});
                    rest.taken[number] = 1;
                    at = last - 1;
                    ++next;
                    ++work_.stretch;
                    segment = none;
                    continue;
                }
                const Word& word = sheet_.words[at];
                Workspace::Count& count = work_.counts[word.code];
                if (count.stretch != work_.stretch) {
                    if (count.page != work_.page) {
                        count.times = 0;
                        codes.push_back(word.code);
                    }
                    count.stretch = work_.stretch;
                    count.page = work_.page;
                    ++count.times;
                }
                if (word.segment != segment) {
                    segment = word.segment;
                    const View text = segment_text(line, segment);
                    // A short segment is a word that two texts share by chance.
                    if (text.size() >= quote) ++quotes_.times(text);
                }
            }
        }
        rest.counts.reserve(codes.size());
        for (const std::uint32_t code : codes) rest.counts.emplace_back(code, work_.counts[code].times);
    }

    // How often a word stands outside of the runs.
    std::uint32_t times(std::uint32_t code) const {
        const Workspace::Count& count = work_.counts[code];
        return count.page == work_.page ? count.times : 0;
    }

    View segment_text(const Line& line, std::uint32_t segment) const {
        const std::uint32_t first = sheet_.segments[segment].word, last = sheet_.word_end(segment);
        const std::uint32_t start = sheet_.words[first].start;
        return sheet_.folded(line).substr(start, sheet_.words[last - 1].end - start);
    }

    // A run with its exact ends and its score, if enough words in it speak for spam.
    bool settled(std::uint32_t number, Run run, Run bounds, Candidate& candidate) {
        const auto repeats = names_.empty() ? names_.end() : names_.find(name(number, run));
        candidate.copies = repeats == names_.end() ? 0 : repeats->second;
        candidate.is_inner = is_inner(number, run);
        if (!candidate.copies && !candidate.is_inner) {
            const Words words = words_of(sheet_, sheet_.lines[number]);
            weigh(number, words, run, bounds);
            run = moderation::settle(words, work_.values.data(), run, bounds, work_.scratch);
        }
        const std::uint32_t base = sheet_.lines[number].word;
        std::uint32_t known_codes = 0;
        std::uint32_t one = 0;
        candidate.rows.clear();
        for (std::uint32_t at = base + run.first; at < base + run.last; ++at) {
            double worth = sheet_.evidence[at];
            if (at == base + run.first && is_cut_before(number, run)) {
                worth = (*sheet_.lexicon)[sheet_.words[at].code].evidence;
            }
            const std::uint32_t code = sheet_.words[at].code;
            if (worth > 0 && known_codes < least_words && (!known_codes || code != one)) {
                one = code;
                ++known_codes;
            }
        }
        if (known_codes < least_words) return false;
        candidate.line = number;
        candidate.run = run;
        rows_of(sheet_, sheet_.lines[number], run, candidate.rows);
        candidate.logit = terms_.score(candidate.rows);
        return true;
    }

    // Whether the word before a run stands in the same segment, so that the pair with it is no part of the run.
    bool is_cut_before(std::uint32_t number, Run run) const {
        const std::uint32_t first = sheet_.lines[number].word + run.first;
        return run.first && sheet_.words[first - 1].segment == sheet_.words[first].segment;
    }

    // What each word says: its evidence, less what the rest of the page says against its being planted. A word that the
    // rest of the page uses as well is genuine the more likely, the rarer it is in general; a whole segment that stands
    // elsewhere on the page nearly always is.
    void weigh(std::uint32_t number, const Words& words, Run run, Run bounds) {
        const Line& line = sheet_.lines[number];
        if (work_.values.size() < words.words) work_.values.resize(words.words);
        double* values = work_.values.data();
        const std::uint32_t low = words.segment_of(bounds.first), high = words.segment_of(bounds.last - 1);
        std::copy(evidence(number) + words.first(low), evidence(number) + words.first(high + 1), values + words.first(low));
        for (std::uint32_t at = bounds.first; at < bounds.last; ++at) {
            const std::uint32_t code = sheet_.words[line.word + at].code;
            const Lexicon::Entry& entry = (*sheet_.lexicon)[code];
            // What stands outside the run is part of the rest itself, once.
            const std::uint32_t own = at >= run.first && at < run.last ? 0 : 1;
            if (entry.common || times(code) <= own) continue;
            const double rarity = std::isinf(entry.rarity) ? rare : entry.rarity;
            values[at] -= familiar * std::max(0.0, rarity - common);
        }
        for (std::uint32_t segment = low; segment <= high; ++segment) {
            const std::uint32_t first = words.first(segment);
            const View text = segment_text(line, line.segment + segment);
            if (text.size() < quote) continue;
            const std::uint32_t own = first >= run.first && first < run.last ? 0 : 1;
            if (quotes_.times(text) > own) values[first] -= quoted;
        }
    }

    Context context(const Candidate& candidate, const std::vector<Situation>& situations, const Rest& rest) {
        if (shown_ < 0) {
            shown_ = 0;
            for (std::size_t line = 0; line < situations.size(); ++line)
                if (situations[line].shown && !rest.taken[line])
                    shown_ += static_cast<std::int64_t>(situations[line].raw.size());
        }
        codes_.clear();
        const std::uint32_t base = sheet_.lines[candidate.line].word;
        for (std::uint32_t at = base + candidate.run.first; at < base + candidate.run.last; ++at) {
            const std::uint32_t code = sheet_.words[at].code;
            const View name = sheet_.lexicon->name(code);
            const bool is_ascii = std::all_of(name.begin(), name.end(), [](char32_t c) { return c < 128; });
            if (name.size() > 1 && !is_ascii) codes_.push_back(code);
        }
        std::sort(codes_.begin(), codes_.end());
        codes_.erase(std::unique(codes_.begin(), codes_.end()), codes_.end());
        const auto familiar = std::count_if(codes_.begin(), codes_.end(), [&](std::uint32_t code) { return times(code) > 0; });
        return {static_cast<std::size_t>(shown_), codes_.size(), static_cast<std::size_t>(familiar)};
    }

    void locate(Candidate& candidate) const {
        const Line& line = sheet_.lines[candidate.line];
        const std::uint32_t first = line.word + candidate.run.first, last = line.word + candidate.run.last;
        const std::int64_t before = candidate.run.first ? static_cast<std::int64_t>(sheet_.words[first - 1].end) : -1;
        const std::int64_t behind = last < line.word_end ? static_cast<std::int64_t>(sheet_.words[last].start) : -1;
        const Span span = span_of(sheet_.folded(line), sheet_.words[first].start, sheet_.words[last - 1].end, before, behind);
        candidate.text = unfolded(sheet_, line, span);
    }

    const Sheet& sheet_;
    const Terms& terms_;
    const Limits& limits_;
    Workspace& work_;
    double least_gain_;  // no run is worth a second look without this much evidence for spam
    std::unordered_map<std::uint32_t, std::vector<Run>> inner_;
    std::int64_t shown_ = -1;
    std::vector<std::uint32_t> codes_;
    Repeats repeats_{work_.heads, work_.next};
    std::unordered_map<View, std::uint32_t, Hash> names_;
    std::vector<View> order_;
    Quotes quotes_;
};

}  // namespace

Study study(const Sheet& sheet, const Terms& terms, double needed, const Calibration* calibration,
            const std::vector<Situation>& situations, const Limits& limits, Workspace& workspace) {
    return Page(sheet, terms, limits, workspace).study(needed, calibration, situations);
}

Words words_of(const Sheet& sheet, const Line& line) {
    return {sheet.segments.data() + line.segment, line.segment_end - line.segment, line.word, line.word_end - line.word};
}

void rows_of(const Sheet& sheet, const Line& line, Run run, std::vector<std::int32_t>& rows) {
    for (std::uint32_t at = line.word + run.first; at < line.word + run.last; ++at) {
        const Word& word = sheet.words[at];
        const Lexicon::Entry& entry = (*sheet.lexicon)[word.code];
        rows.insert(rows.end(), sheet.lexicon->rows(entry), sheet.lexicon->rows_end(entry));
        // What the first word makes with the one before it belongs to neither.
        if (at == line.word + run.first) continue;
        if (word.pair != no_row) rows.push_back(word.pair);
        if (word.met != no_row) rows.push_back(word.met);
    }
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
