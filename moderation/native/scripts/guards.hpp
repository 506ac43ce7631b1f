// Whom a script leads where: visitors from search engines, their robots, some browsers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scripts/constants.hpp"
#include "scripts/written_markup.hpp"

namespace moderation::javascript {

// Where a script leads its visitors.
struct Sink {
    std::size_t token;    // where
    std::size_t address;  // the token of an expression, or none
    Reach reach;
    std::vector<std::string> hosts;
};

// What a name reads of the visitor, as bits, or 0.
std::uint8_t visitor(View name);

// Finds what is sent only where the visitor comes from a search engine, or is its robot: in what an "if" guards
// whose condition reads the visitor and names an engine, by itself or through names that hold such.
class Guards {
public:
    // `sinks`: in order. `asked`: what is read of the visitor by computed names, by the brackets that close these.
    // Hosts that some browsers are sent to are added to `parted`, those of search engines' visitors to `cloaked`.
    Guards(Constants& constants, View source, const std::vector<Sink>& sinks,
           std::vector<std::pair<std::size_t, std::uint8_t>> asked, std::vector<std::string>& parted,
           std::vector<std::string>& cloaked);

    void find();

private:
    using Counts = std::array<std::uint32_t, 7>;  // by what is known

    // An open bracket: what was counted before it, before its statement and before what a name in it is given. `asked`:
    // of a "switch", what is compared with its cases; `is_case`: the statement is one of them, up to its colon.
    struct Open {
        Counts before, statement, given;
        std::uint64_t target = 0;
        std::size_t bracket = none;
        std::uint8_t asked = 0;
        bool is_case = false;
    };

    const Token& token(std::size_t at) const { return constants_.token(at); }
    static std::uint8_t bits(const Counts& now, const Counts& then);

    void count(std::uint8_t found);
    void count_in(View text);
    void end_given();
    void begin_statement();
    void aim(std::size_t at);
    void guard(std::uint8_t found, std::size_t end);
    void keep_for_robots(std::uint8_t found, std::size_t from, std::size_t end);
    void reach(std::size_t at, Reach how, const std::string& host);

    void read_sinks(std::size_t at);
    void work_out(std::size_t at);
    void read_name(std::size_t at);
    void read_held(std::size_t at);
    void open(std::size_t at);
    void close(std::size_t at);
    std::uint8_t leave(std::size_t partner);
    void read_sign(std::size_t at);
    void read_case(std::size_t at);
    void read_choice(std::size_t at);

    bool is_made_up(std::size_t at);
    bool is_sum(std::size_t at);
    bool is_negated(std::size_t from, std::size_t to);
    bool begins_statement(std::size_t at);
    std::pair<std::size_t, std::size_t> branch(std::size_t at, bool is_other, std::size_t bracket);
    std::size_t end_of_case(std::size_t at);
    std::size_t end_of_guarded(std::size_t at, std::size_t bracket);
    std::size_t end_of_branch(std::size_t at);
    std::size_t end_of_branch_behind(std::size_t condition);

    Constants& constants_;
    const View source_;
    const std::vector<Sink>& sinks_;
    std::vector<std::pair<std::size_t, std::uint8_t>> asked_;
    std::vector<std::string>& parted_;
    std::vector<std::string>& cloaked_;
    Counts counts_{};
    std::unordered_map<std::uint64_t, std::uint8_t> taints_;               // of names
    std::unordered_map<std::uint64_t, std::vector<std::string>> senders_;  // the hosts that they lead to
    std::vector<Open> open_ = std::vector<Open>(1);
    // Tokens in front of these are guarded: by the browser's name, by a search engine's or its robot's, by where the
    // visitor comes from.
    std::size_t end_of_parted_ = 0, end_of_cloaked_ = 0, end_of_referred_ = 0;
    // Tokens from the first to the second are for robots alone.
    std::pair<std::size_t, std::size_t> robots_{0, 0};
    std::size_t next_ = 0, next_asked_ = 0;  // of the sinks, of what is asked by computed names
    std::size_t made_ = 0;                   // what stands in front of this token was worked out,
    bool is_known_ = false;                  // and is counted as the text that it is
    std::uint8_t compared_ = 0;              // by the last "switch"
};

}  // namespace moderation::javascript
