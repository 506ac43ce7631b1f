#include <Python.h>

#include "bound.hpp"

#include <algorithm>

namespace moderation {

namespace {

// As in signals.py: letters of a run from which it is no longer thin, keywords of a list, visible characters from which
// there is a page around at all, and from which its words tell something.
constexpr double thick = 16.0;
constexpr std::uint32_t list_size = 4;
constexpr std::size_t some = 100, enough = 200;

double gain(double weight) {
    return std::max(0.0, weight);
}

// Whether the pattern of contacts in signals.py could match in a block.
bool may_hold_contact(View text) {
    const auto before = [&](std::size_t at, char32_t one, char32_t other) {
        return at && (text[at - 1] == one || text[at - 1] == other);
    };
    std::size_t digits = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        switch (text[at]) {
            case U'【':
            case U'《':
            case '[':
            case '(':
            case U'（':
            case U'微':
            case U'薇':
            case U'威':
            case U'扣':
            case U'飞':
            case U'电': return true;
            // qq, 加q, tg, telegram
            case 'q':
            case 'Q':
                if (before(at, 'q', 'Q') || before(at, U'加', U'加')) return true;
                break;
            case 'g':
            case 'G':
                if (before(at, 't', 'T')) return true;
                break;
            case 'm':
            case 'M':
                if (before(at, 'a', 'A')) return true;
                break;
            default: digits += Py_UNICODE_ISDECIMAL(text[at]) != 0;
        }
    }
    return digits >= 11;
}

}  // namespace

bool Bound::may_reach(const Candidate& candidate, const Surrounded& around) {
    if (!has_looked_) look(around.rest);
    const Block& block = outline_.blocks[candidate.line];
    double structure = weights_.others + shape(candidate) + place(block, candidate.line) + context(candidate, around);
    if (weights_.contact > 0 && may_hold_contact(outline_.of(block))) structure += weights_.contact;
    return weights_.bias + weights_.text * candidate.logit + std::min(weights_.cap, structure) >= weights_.least;
}

void Bound::look(const Rest& rest) {
    has_looked_ = true;
    by_path_ = heads_by_path(outline_);
    for (std::uint32_t number = 0; number < outline_.blocks.size(); ++number) {
        const Block& block = outline_.blocks[number];
        if (!is_shown(block)) continue;
        if (first_ < 0) first_ = number;
        if (!rest.taken[number]) shown_ += block.text_end - block.text;
    }
}

double Bound::shape(const Candidate& candidate) const {
    const Line& line = sheet_.lines[candidate.line];
    const std::uint32_t first = line.word + candidate.run.first, last = line.word + candidate.run.last;
    double letters = 0.0;
    for (std::uint32_t word = first; word < last; ++word) letters += sheet_.words[word].end - sheet_.words[word].start;
    const double outside =
        candidate.copies ? 0.0 : 1.0 - static_cast<double>(last - first) / (line.word_end - line.word);
    const std::uint32_t segments = sheet_.words[last - 1].segment - sheet_.words[first].segment + 1;
    return weights_.thin * std::max(0.0, 1.0 - letters / thick) + weights_.fragment * outside +
           gain(weights_.repeated) + gain(segments >= list_size ? weights_.list : weights_.prose);
}

double Bound::place(const Block& block, std::uint32_t number) const {
    double structure = 0.0;
    if (block.hidden) structure += weights_.hidden;
    if (block.place == Place::title) structure += weights_.title;
    if (block.place == Place::meta) structure += weights_.meta;
    if (block.place == Place::links) structure += weights_.links;
    if (number == first_) structure += gain(weights_.first_line);
    if (by_path_[block.path] > 1) structure += weights_.doubled;
    if (block.coded >= 0.8) structure += gain(weights_.coded);
    const bool is_head = block.place == Place::title || block.place == Place::meta;
    if (is_head && !outline_.marks.empty()) structure += gain(weights_.marked);
    return structure;
}

double Bound::context(const Candidate& candidate, const Surrounded& around) {
    if (shown_ < some) return weights_.alone;
    if (shown_ < enough) return 0.0;
    // The distinct words of the run that can tell.
    codes_.clear();
    const std::uint32_t base = sheet_.lines[candidate.line].word;
    for (std::uint32_t at = base + candidate.run.first; at < base + candidate.run.last; ++at) {
        const View name = sheet_.lexicon->name(sheet_.words[at].code);
        const bool is_ascii = std::all_of(name.begin(), name.end(), [](char32_t c) { return c < 128; });
        if (name.size() > 1 && !is_ascii) codes_.push_back(sheet_.words[at].code);
    }
    std::sort(codes_.begin(), codes_.end());
    codes_.erase(std::unique(codes_.begin(), codes_.end()), codes_.end());
    if (codes_.size() < 2) return 0.0;
    const auto shared =
        std::count_if(codes_.begin(), codes_.end(), [&](std::uint32_t code) { return around.times(code) > 0; });
    const double share = static_cast<double>(shared) / static_cast<double>(codes_.size());
    return share <= 0.25 ? weights_.foreign * (1.0 - share) : share >= 0.5 ? weights_.familiar * share : 0.0;
}

}  // namespace moderation
