#include "substitution.hpp"

#include <algorithm>

namespace moderation {

namespace {

// Times that a name stands on a page; words it may be shortened by, less one.
constexpr std::uint32_t repeated = 3, shorter = 4;
// Texts that the search for names may count on a page.
constexpr std::size_t most_counted = 300;

}  // namespace

const std::vector<Run>& InnerRuns::of(std::uint32_t line) {
    const auto [known, is_new] = known_.try_emplace(line);
    if (is_new) {
        const Line& at = sheet_.lines[line];
        inner_runs(words_of(sheet_, at), sheet_.evidence.data() + at.word, inner_floor, scratch_, known->second);
    }
    return known->second;
}

bool InnerRuns::holds(const LineRun& run) {
    const std::vector<Run>& runs = of(run.line);
    return std::binary_search(runs.begin(), runs.end(), run.run);
}

Substitution::Substitution(const Sheet& sheet, InnerRuns& inner, const std::vector<LineRun>& runs, Repeats repeats)
    : sheet_(sheet), inner_(inner) {
    find(runs, repeats);
}

void Substitution::find(const std::vector<LineRun>& runs, Repeats& repeats) {
    std::unordered_map<View, std::uint32_t, Hash> counts;
    for (const LineRun& each : runs) {
        if (!inner_.holds(each)) continue;
        const Run run = each.run;
        const double* evidence = sheet_.evidence.data() + sheet_.lines[each.line].word;
        if (!repeats.ready()) repeats.prepare(sheet_);
        View best;
        std::uint32_t best_count = 0;
        double best_worth = 0.0;
        const std::uint32_t most = std::min(shorter, run.last - run.first - 1);
        for (std::uint32_t front = 0; front < most; ++front) {
            for (std::uint32_t back = 0; back < std::min(shorter, run.last - run.first - 1 - front); ++back) {
                const Run part{run.first + front, run.last - back};
                const View text = text_of({each.line, part});
                auto counted = counts.find(text);
                if (counted == counts.end()) {
                    if (counts.size() >= most_counted) return;
                    counted = counts.emplace(text, repeats.count(text)).first;
                }
                double worth = 0.0;
                for (std::uint32_t at = part.first; at < part.last; ++at) worth += evidence[at];
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
    drop_parts();
}

// A name inside another one is the other one.
void Substitution::drop_parts() {
    const auto is_part = [&](View name) {
        return std::any_of(order_.begin(), order_.end(),
                           [&](View other) { return name != other && other.find(name) != View::npos; });
    };
    std::vector<View> kept;
    for (const View name : order_) {
        if (is_part(name))
            names_.erase(name);
        else
            kept.push_back(name);
    }
    order_ = kept;
}

std::uint32_t Substitution::copies(const LineRun& run) const {
    if (names_.empty()) return 0;
    const auto found = names_.find(text_of(run));
    return found == names_.end() ? 0 : found->second;
}

View Substitution::text_of(const LineRun& run) const {
    const Line& line = sheet_.lines[run.line];
    const std::uint32_t start = sheet_.words[line.word + run.run.first].start;
    return sheet_.folded(line).substr(start, sheet_.words[line.word + run.run.last - 1].end - start);
}

std::vector<LineRun> Substitution::applied(const std::vector<LineRun>& runs) {
    if (names_.empty()) return runs;
    std::vector<LineRun> all;
    std::size_t next = 0;
    for (std::uint32_t number = 0; number < sheet_.lines.size(); ++number) {
        std::vector<Run> mine;
        for (; next < runs.size() && runs[next].line == number; ++next) mine.push_back(runs[next].run);
        for (const Run run : with_names(number, mine)) all.push_back({number, run});
    }
    return all;
}

std::vector<Run> Substitution::with_names(std::uint32_t number, const std::vector<Run>& runs) {
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
        if (!inner_.holds({number, run})) take(run);
    for (const View each : held) {
        for (std::size_t at = text.find(each); at != View::npos; at = text.find(each, at + each.size())) {
            const auto* first = std::lower_bound(
                words, words + size, at, [](const Word& word, std::size_t start) { return word.start < start; });
            const auto* last = std::lower_bound(words, words + size, at + each.size(),
                                                [](const Word& word, std::size_t end) { return word.end < end; });
            if (first == words + size || first->start != at) continue;
            if (last == words + size || last->end != at + each.size() || last < first) continue;
            take({static_cast<std::uint32_t>(first - words), static_cast<std::uint32_t>(last - words) + 1});
        }
    }
    for (const Run run : runs)
        if (inner_.holds({number, run})) take(run);
    std::sort(kept.begin(), kept.end());
    return kept;
}

}  // namespace moderation
