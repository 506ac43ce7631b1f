// Names that stand where others stood: the commonest gambling case is a brand in the place of an institution's name.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "repeats.hpp"
#include "rest.hpp"

namespace moderation {

// The runs inside clauses of a page's lines, found when they are asked for.
class InnerRuns {
public:
    InnerRuns(const Sheet& sheet, Scratch& scratch) : sheet_(sheet), scratch_(scratch) {}

    const std::vector<Run>& of(std::uint32_t line);
    bool holds(const LineRun& run);

private:
    const Sheet& sheet_;
    Scratch& scratch_;
    std::unordered_map<std::uint32_t, std::vector<Run>> known_;
};

class Substitution {
public:
    // What stands inside one clause and again elsewhere on the page: a name, or what took its place. Each run inside a
    // clause is shortened at either end to what is repeated most, so that the word behind a name that happens to speak
    // for spam as well is left out.
    Substitution(const Sheet& sheet, InnerRuns& inner, const std::vector<LineRun>& runs, Repeats repeats);

    // How often a run stands on the page, if it is such a name; else 0.
    std::uint32_t copies(const LineRun& run) const;

    // The runs of the page with every such name: runs inside a clause give way to the name they hold.
    std::vector<LineRun> applied(const std::vector<LineRun>& runs);

private:
    View text_of(const LineRun& run) const;
    void find(const std::vector<LineRun>& runs, Repeats& repeats);
    void drop_parts();
    std::vector<Run> with_names(std::uint32_t line, const std::vector<Run>& runs);

    const Sheet& sheet_;
    InnerRuns& inner_;
    std::unordered_map<View, std::uint32_t, Hash> names_;
    std::vector<View> order_;
};

}  // namespace moderation
