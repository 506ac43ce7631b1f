// What structure could still lift: signals cost more than all before, and of a genuine page hardly a run gets to them.
#pragma once

#include <cstdint>
#include <vector>

#include "rest.hpp"
#include "surroundings.hpp"

namespace moderation {

// How text and structure become log-odds.
struct Calibration {
    double bias = 0.0, text = 1.0, cap = 0.0;
    // The least total (log-odds) that is of interest; what surely stays below it is left out.
    double least = 0.0;
    // Log-odds of the signals that are known here, and the sum of all others that speak for spam.
    double thin = 0.0, fragment = 0.0, title = 0.0, meta = 0.0, links = 0.0, first_line = 0.0, hidden = 0.0;
    double foreign = 0.0, familiar = 0.0, alone = 0.0;
    double contact = 0.0, list = 0.0, repeated = 0.0, prose = 0.0, doubled = 0.0, coded = 0.0, marked = 0.0;
    double others = 0.0;
};

struct Candidate {
    std::uint32_t line;
    Run run;  // words counted in the line
    std::uint32_t copies;
    double logit;
    Span text;  // in the block's own text
    std::vector<std::int32_t> rows;
};

// Bounds the log-odds of the candidates of one page. Signals that are known here are counted as they are, of the others
// all that could speak for spam; what it needs of the page is worked out when the first candidate comes.
class Bound {
public:
    Bound(const Outline& outline, const Sheet& sheet, const Calibration& weights)
        : outline_(outline), sheet_(sheet), weights_(weights) {}

    // Whether text and structure together may reach the least that is of interest.
    bool may_reach(const Candidate& candidate, const Surrounded& around);

private:
    void look(const Rest& rest);
    double shape(const Candidate& candidate) const;
    double place(const Block& block, std::uint32_t number) const;
    double context(const Candidate& candidate, const Surrounded& around);

    const Outline& outline_;
    const Sheet& sheet_;
    const Calibration& weights_;
    bool has_looked_ = false;
    std::size_t shown_ = 0;               // visible characters outside of the lines that hold a run
    std::int64_t first_ = -1;             // the first visible block
    std::vector<std::uint32_t> by_path_;  // titles and meta tags by path
    std::vector<std::uint32_t> codes_;
};

}  // namespace moderation
