// A page that was read, as Python asks for it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "candidates/ends.hpp"
#include "candidates/judge.hpp"
#include "candidates/surroundings.hpp"
#include "candidates/whole.hpp"
#include "python/python.hpp"

namespace moderation {

// A page that was read, and what was found in it. Holds all that it refers to.
class PageReading {
public:
    Outline outline;
    PageText page_text;
    SearchResult result;
    std::array<std::uint64_t, 3> steps{};  // that each stage took

    // Where in the source reading ended before its end, or None.
    py::object unread() const {
        if (outline.unread == Outline::read_to_end) return py::none();
        return py::int_(outline.unread);
    }

    const BlockText& block_text(std::size_t number) const { return page_text.blocks.at(number); }

    py::tuple block(std::size_t number) const {
        const Block& block = outline.blocks.at(number);
        const py::list pieces = to_list(outline.pieces, block.piece, block.piece_end);
        return py::make_tuple(to_str(outline.of(block)), py::make_tuple(block.start, block.end),
                              static_cast<int>(block.place), name(block.path), pieces, name(block.hidden), block.coded,
                              number);
    }

    // A name of the outline, made once: thousands of blocks may share one, and a page may give its elements names of a
    // megabyte. Of such a path the end is kept, which tells what it is.
    py::str name(std::uint32_t number) const {
        constexpr std::size_t longest = 1000;
        if (names_.size() < outline.names.size()) names_.resize(outline.names.size());
        py::object& made = names_[number];
        if (!made) {
            std::string_view text = outline.names[number];
            if (text.size() > longest) text.remove_prefix(text.size() - longest);
            while (!text.empty() && (text[0] & 0xc0) == 0x80) text.remove_prefix(1);
            // A tag may be named with half of a surrogate pair, as a text may hold one.
            made = py::reinterpret_steal<py::object>(
                PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogatepass"));
            if (!made) throw py::error_already_set();
        }
        return made;
    }

    py::list marks() const {
        py::list out;
        for (const Mark& mark : outline.marks)
            out.append(py::make_tuple(mark.code, py::make_tuple(mark.start, mark.end), mark.detail));
        return out;
    }

    py::tuple folded(std::size_t number) const {
        const BlockText& at = block_text(number);
        return py::make_tuple(to_str(page_text.folded(at)), to_list(page_text.pieces, at.piece, at.piece_end));
    }

    py::tuple tokens(std::size_t number) const {
        const BlockText& at = block_text(number);
        py::list words, starts, ends, segments, first;
        for (std::uint32_t each = at.word; each < at.word_end; ++each) {
            const Word& word = page_text.words[each];
            words.append(to_str(page_text.lexicon->name(word.code)));
            starts.append(word.start);
            ends.append(word.end);
            segments.append(word.segment - at.segment);
        }
        const auto begin = page_text.segments.begin() + at.segment, end = page_text.segments.begin() + at.segment_end;
        for (auto each = begin; each != end; ++each) first.append(each->word - at.word);
        first.append(at.word_end - at.word);
        return py::make_tuple(words, starts, ends, segments, first, separators(page_text.folded(at), begin, end));
    }

    // Of words [first, last) of a block.
    py::list rows(std::size_t number, std::uint32_t first, std::uint32_t last) const {
        py::list out;
        const std::uint32_t end =
            std::min(last, block_text(number).word_end - block_text(number).word) + block_text(number).word;
        for (std::uint32_t each = block_text(number).word + first; each < end; ++each) {
            std::vector<std::int32_t> rows;
            add_rows(page_text, each, true, rows);
            py::tuple made(rows.size());
            for (std::size_t at = 0; at < rows.size(); ++at) made[at] = py::int_(rows[at]);
            out.append(made);
        }
        return out;
    }

    py::list evidence(std::size_t number) const {
        py::list out;
        for (std::uint32_t each = block_text(number).word; each < block_text(number).word_end; ++each)
            out.append(page_text.evidence[each]);
        return out;
    }

    py::list candidates() const {
        py::list out;
        for (const Candidate& each : result.candidates) out.append(found(each));
        return out;
    }

    // The numbers of the candidates with these log-odds of the judge, and what is said of each; at most so many.
    py::list passing(double threshold, std::size_t limit) const {
        py::list out;
        for (std::size_t number = 0; number < result.candidates.size() && out.size() < limit; ++number) {
            const Candidate& each = result.candidates[number];
            if (each.judged >= threshold) out.append(py::make_tuple(number, found(each)));
        }
        return out;
    }

    // Where a span of the folded text of a block stands in the source.
    py::tuple origin(std::size_t number, std::uint32_t start, std::uint32_t end) const {
        const Block& block = outline.blocks.at(number);
        const Span span = origin_of(outline.pieces.data() + block.piece, outline.pieces.data() + block.piece_end,
                                    unfolded(page_text, block_text(number), {start, end}));
        return py::make_tuple(span.start, span.end);
    }

    // The log-odds of each label, if a candidate is spam.
    std::vector<double> label_logits(std::size_t number, const Terms& terms) const {
        return terms.label_logits(distinct_rows(result.candidates.at(number)));
    }

    // What each of a candidate's words brings of its log-odds, by word of the block; the facts in their order; and what
    // the text around it brings, by kind. What is read of characters is split among the words that it touches.
    py::tuple shares(std::size_t number, const Terms& terms, const Judge& judge, double scale) const {
        const Candidate& candidate = result.candidates.at(number);
        const BlockText& at = block_text(candidate.block);
        const Word* const first = page_text.words.data() + at.word + candidate.run.first;
        const Word* const last = page_text.words.data() + at.word + candidate.run.last;
        std::vector<double> words(candidate.run.last - candidate.run.first, 0.0);
        std::vector<std::uint8_t> is_touched(words.size(), 0);
        std::array<double, kinds.size()> groups{};
        std::vector<From> met;
        std::map<std::uint32_t, double> by_fact;
        std::vector<Feature> found;
        around().of(candidate, found);
        for (const Feature& each : found) {
            const double share = scale * judge.weight(each.key) * static_cast<double>(each.value);
            if (share == 0.0) continue;
            switch (each.from) {
                case From::fact:
                case From::placed: by_fact[each.start] += share; break;
                case From::word:
                case From::own:
                case From::shape: {
                    // The words that it touches; of what stands between two the one before.
                    const Word* low =
                        std::partition_point(first, last, [&](const Word& word) { return word.end <= each.start; });
                    const Word* high =
                        std::partition_point(first, last, [&](const Word& word) { return word.start < each.end; });
                    low = std::min(low, last - 1);
                    high = std::max(high, low + 1);
                    for (const Word* word = low; word < high; ++word) {
                        words[static_cast<std::size_t>(word - first)] += share / static_cast<double>(high - low);
                        is_touched[static_cast<std::size_t>(word - first)] = 1;
                    }
                    break;
                }
                default: {
                    if (std::find(met.begin(), met.end(), each.from) == met.end()) met.push_back(each.from);
                    groups[static_cast<std::size_t>(each.from)] += share;
                }
            }
        }
        py::list facts;
        for (const auto& [fact, share] : by_fact) {
            const char* const name = Evidence::fact(fact);
            const bool is_words = std::string_view(name) == Evidence::text_words;
            facts.append(
                py::make_tuple(name, is_words ? share_terms(candidate, terms, share, words, is_touched) : share));
        }
        py::dict by_word, by_kind;
        for (std::size_t word = 0; word < words.size(); ++word)
            if (is_touched[word]) by_word[py::int_(word + candidate.run.first)] = words[word];
        for (const From kind : met)
            by_kind[kinds[static_cast<std::size_t>(kind)]] = groups[static_cast<std::size_t>(kind)];
        return py::make_tuple(by_word, facts, by_kind);
    }

    // The blocks that hold a run.
    py::list taken() const {
        py::list out;
        for (std::size_t number = 0; number < result.rest.taken.size(); ++number)
            if (result.rest.taken[number]) out.append(number);
        return out;
    }

    // The features of a candidate as (kind, key, value, text): what each is read from.
    py::list features(std::size_t number) const {
        const Candidate& candidate = result.candidates.at(number);
        std::vector<Feature> found;
        around().of(candidate, found);
        const View text = page_text.folded(page_text.blocks[candidate.block]);
        py::list out;
        for (const Feature& each : found) {
            const char* kind = kinds[static_cast<std::size_t>(each.from)];
            const bool is_word = each.from == From::title || each.from == From::page;
            const bool is_fact = each.from == From::fact || each.from == From::placed;
            const py::object said = is_fact   ? py::object(py::str(Evidence::fact(each.start)))
                                    : is_word ? py::object(to_str(page_text.lexicon->name(each.start)))
                                              : py::object(to_str(text.substr(each.start, each.end - each.start)));
            // Words of the title and of the page have numbers there, which the pages read before decide; so have facts.
            const bool is_span = !is_word && !is_fact;
            const std::uint32_t start = is_span ? each.start : 0, end = is_span ? each.end : 0;
            out.append(py::make_tuple(kind, each.key, each.value, said, start, end));
        }
        return out;
    }

    // The features of all candidates: how many each has, their keys, their values.
    py::tuple matrix() const {
        std::vector<std::int64_t> sizes;
        std::vector<std::uint32_t> keys;
        std::vector<float> values;
        std::vector<Feature> found;
        if (!result.candidates.empty()) {
            Evidence evidence(outline, page_text, result);
            for (const Candidate& candidate : result.candidates) {
                evidence.of(candidate, found);
                sizes.push_back(static_cast<std::int64_t>(found.size()));
                for (const Feature& each : found) {
                    keys.push_back(each.key);
                    values.push_back(each.value);
                }
            }
        }
        return py::make_tuple(to_array(sizes), to_array(keys), to_array(values));
    }

    // The places where a candidate may begin, or end: before which word of its block each is, how many keys it has, and
    // the keys.
    py::tuple gaps(std::size_t number, bool is_end) const {
        std::vector<std::uint32_t> at, keys;
        std::vector<std::int64_t> sizes;
        for (const Gap& each : moderation::gaps(outline, page_text, repeats(), result.candidates.at(number),
                                                is_end ? Side::end : Side::begin)) {
            at.push_back(each.at);
            sizes.push_back(static_cast<std::int64_t>(each.keys.size()));
            keys.insert(keys.end(), each.keys.begin(), each.keys.end());
        }
        return py::make_tuple(to_array(at), to_array(sizes), to_array(keys));
    }

    // Where a candidate stands in the text of its block, with its ends settled, and how certain that is.
    py::tuple settled(std::size_t number, const Ends& ends) const {
        const Candidate& each = result.candidates.at(number);
        const Settled found = ends.settled(outline, page_text, repeats(), each);
        const bool is_moved = found.folded.start != each.folded.start || found.folded.end != each.folded.end;
        const Span text = is_moved ? unfolded(page_text, page_text.blocks[each.block], found.folded) : each.text;
        return py::make_tuple(text.start, text.end, found.certainty);
    }

    // The words of a candidate, by number in their block, that a stretch of the text of its block touches.
    std::vector<std::uint32_t> touched(std::size_t number, std::uint32_t start, std::uint32_t end) const {
        const Candidate& each = result.candidates.at(number);
        const BlockText& at = block_text(each.block);
        std::vector<std::uint32_t> found;
        for (std::uint32_t word = each.run.first; word < each.run.last; ++word) {
            const Word& one = page_text.words[at.word + word];
            const Span text = unfolded(page_text, at, {one.start, one.end});
            if (text.start < end && start < text.end) found.push_back(word);
        }
        return found;
    }

    // What the words of a run are worth that stand in none of some names, which are in order and apart.
    double worth_beside(std::size_t number, const std::vector<std::size_t>& names) const {
        const Candidate& run = result.candidates.at(number);
        const std::uint32_t first = block_text(run.block).word;
        double total = 0.0;
        auto next = names.begin();
        for (std::uint32_t at = first + run.run.first; at < first + run.run.last; ++at) {
            const Word& word = page_text.words[at];
            while (next != names.end() && result.candidates.at(*next).folded.end <= word.start) ++next;
            if (next == names.end() || word.end <= result.candidates.at(*next).folded.start)
                total += page_text.evidence[at];
        }
        return total;
    }

    // The words of the page as a whole: the keys of different ones in the order of the page, and how often each is.
    py::tuple page_words() const {
        PageCounts counts;
        std::vector<std::uint32_t> keys, times;
        for (const auto& [code, often] : words_of_page(page_text, counts)) {
            keys.push_back(Whole::key(page_text.lexicon->name(code)));
            times.push_back(often);
        }
        return py::make_tuple(to_array(keys), to_array(times));
    }

    // The log-odds of the page as one text without the words of some of its candidates, by number, to their ends.
    double whole_without(const std::vector<std::size_t>& candidates, const Whole& whole, const Ends& ends) const {
        std::vector<BlockSpan> apart;
        for (const std::size_t number : candidates) {
            const Candidate& each = result.candidates.at(number);
            apart.push_back({each.block, ends.settled(outline, page_text, repeats(), each).folded});
        }
        std::sort(apart.begin(), apart.end(), [](const BlockSpan& one, const BlockSpan& two) {
            return one.block != two.block ? one.block < two.block : one.folded.start < two.folded.start;
        });
        PageCounts counts;
        return whole.score(page_text, counts, apart);
    }

    // Code points of the blocks that a reader sees on the page itself.
    std::size_t shown() const { return shown_characters(outline); }

    // What is around the blocks `taken`, as the fields of `signals.Surroundings` of the same names.
    py::dict surroundings(const std::vector<std::size_t>& taken, const Characters& characters) const {
        std::vector<std::uint8_t> left_out(outline.blocks.size(), 0);
        for (const std::size_t number : taken) left_out.at(number) = 1;
        const Surroundings found = look_around(outline, left_out, characters);
        py::set doubled;
        for (const std::uint32_t name : found.doubled) doubled.add(this->name(name));
        py::dict out;
        out["traditional"] = found.scripts.traditional;
        out["simplified"] = found.scripts.simplified;
        out["glosses"] = found.glosses;
        out["doubled"] = doubled;
        out["coded"] = found.coded;
        return out;
    }

private:
    static constexpr std::array<const char*, 9> kinds{"fact",  "word", "own",   "before", "behind",
                                                      "title", "page", "shape", "placed"};

    // What is said of the page is found out once, however many candidates are asked about.
    Evidence& around() const {
        if (!evidence_) evidence_ = std::make_unique<Evidence>(outline, page_text, result);
        return *evidence_;
    }

    const Repeats& repeats() const {
        if (!repeats_) repeats_ = std::make_unique<Repeats>(page_text, result.candidates, result.rest);
        return *repeats_;
    }

    py::tuple found(const Candidate& each) const {
        return py::make_tuple(each.block, each.run.first, each.run.last, each.judged, each.logit,
                              py::make_tuple(each.text.start, each.text.end),
                              py::make_tuple(each.folded.start, each.folded.end),
                              origin(each.block, each.folded.start, each.folded.end), name_of(each));
    }

    static std::vector<std::int32_t> distinct_rows(const Candidate& candidate) {
        std::vector<std::int32_t> rows = candidate.rows;
        std::sort(rows.begin(), rows.end());
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        return rows;
    }

    // Shares out among the words what the log-odds of the text are worth, and returns what no word brings. The log-odds
    // count up to a bound; beyond it each word counts as much less.
    double share_terms(const Candidate& candidate, const Terms& terms, double share, std::vector<double>& words,
                       std::vector<std::uint8_t>& is_touched) const {
        const std::vector<std::int32_t> rows = distinct_rows(candidate);
        double norm = terms.smoothing, total = terms.bias, left = 0.0;
        for (const std::int32_t row : rows) norm += terms.worth(row).energy;
        const double one = 1.0 / std::sqrt(norm);
        for (const std::int32_t row : rows) total += terms.worth(row).evidence * one;
        if (total == 0.0) return share;
        const double unit = share / total;
        std::vector<std::uint8_t> is_used(rows.size(), 0);
        std::vector<std::int32_t> brought;
        const std::uint32_t first = block_text(candidate.block).word + candidate.run.first;
        for (std::size_t word = 0; word < words.size(); ++word) {
            brought.clear();
            add_rows(page_text, first + static_cast<std::uint32_t>(word), true, brought);
            for (const std::int32_t row : brought) {
                const auto at =
                    static_cast<std::size_t>(std::lower_bound(rows.begin(), rows.end(), row) - rows.begin());
                if (at == rows.size() || rows[at] != row || is_used[at]) continue;
                is_used[at] = is_touched[word] = 1;
                words[word] += unit * (terms.worth(row).evidence * one);
                left += terms.worth(row).evidence * one;
            }
        }
        return share - unit * left;
    }

    // How a name is made: its label (-1: none), known, common, codes, glued, strong, in front, slots; empty for a run.
    static py::tuple name_of(const Candidate& each) {
        const Brand& name = each.name;
        if (!each.is_name) return py::tuple();
        return py::make_tuple(name.label, name.sure, name.common, name.codes, name.glued, name.strong, name.front,
                              name.slots);
    }

    mutable std::vector<py::object> names_;
    mutable std::unique_ptr<Evidence> evidence_;
    mutable std::unique_ptr<Repeats> repeats_;
};

}  // namespace moderation
