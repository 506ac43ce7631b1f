#include <Python.h>

#include <algorithm>

#include "study.hpp"

namespace moderation {

namespace {

// As in signals.py: letters of a run from which it is no longer thin, keywords of a list, visible characters from which
// there is a page around at all, and from which its words tell something.
constexpr double thick = 16.0;
constexpr std::uint32_t list_size = 4;
constexpr std::size_t some = 100, enough = 200;

// Whether the pattern of contacts in signals.py could match in a block.
bool may_hold_contact(View text) {
    const auto before = [&](std::size_t at, char32_t one, char32_t other) {
        return at && (text[at - 1] == one || text[at - 1] == other);
    };
    std::size_t digits = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        switch (text[at]) {
            case U'【': case U'《': case '[': case '(': case U'（': case U'微': case U'薇': case U'威': case U'扣':
            case U'飞': case U'电':
                return true;
            // qq, 加q, tg, telegram
            case 'q': case 'Q':
                if (before(at, 'q', 'Q') || before(at, U'加', U'加')) return true;
                break;
            case 'g': case 'G':
                if (before(at, 't', 'T')) return true;
                break;
            case 'm': case 'M':
                if (before(at, 'a', 'A')) return true;
                break;
            default:
                digits += Py_UNICODE_ISDECIMAL(text[at]) != 0;
        }
    }
    return digits >= 11;
}

}  // namespace

double bound(const Sheet& sheet, const Candidate& candidate, const Calibration& weights, const Situation& at,
             const Context& context) {
    const Line& line = sheet.lines[candidate.line];
    const std::uint32_t first = line.word + candidate.run.first, last = line.word + candidate.run.last;
    double letters = 0.0;
    for (std::uint32_t word = first; word < last; ++word) letters += sheet.words[word].end - sheet.words[word].start;
    const double outside =
        candidate.copies ? 0.0 : 1.0 - static_cast<double>(last - first) / (line.word_end - line.word);
    const std::uint32_t segments = sheet.words[last - 1].segment - sheet.words[first].segment + 1;
    const auto gain = [](double weight) { return std::max(0.0, weight); };
    double structure = weights.others + weights.thin * std::max(0.0, 1.0 - letters / thick) +
                       weights.fragment * outside + gain(weights.repeated);
    structure += segments >= list_size ? gain(weights.list) : gain(weights.prose);
    if (at.hidden) structure += weights.hidden;
    if (at.place == Place::title) structure += weights.title;
    if (at.place == Place::meta) structure += weights.meta;
    if (at.place == Place::links) structure += weights.links;
    if (at.first) structure += gain(weights.first_line);
    if (at.doubled) structure += weights.doubled;
    if (at.coded) structure += gain(weights.coded);
    if (at.marked) structure += gain(weights.marked);
    if (context.shown < some) {
        structure += weights.alone;
    } else if (context.words >= 2 && context.shown >= enough) {
        const double share = static_cast<double>(context.familiar) / static_cast<double>(context.words);
        if (share <= 0.25) structure += weights.foreign * (1.0 - share);
        if (share >= 0.5) structure += weights.familiar * share;
    }
    if (weights.contact > 0 && may_hold_contact(at.raw)) structure += weights.contact;
    return weights.bias + weights.text * candidate.logit + std::min(weights.cap, structure);
}

}  // namespace moderation
