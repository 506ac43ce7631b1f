#include "scripts/guards.hpp"

#include <algorithm>
#include <string_view>

#include "html/scan.hpp"

namespace moderation::javascript {

namespace {

bool is_letter(char32_t c) {
    return c < 0x80 && scan::is(c, scan::letter);
}

// What is known of a name or a condition: bits. `robot`: of the names of engines, one that robots alone have, and no
// browser of the engine's.
enum Taint : std::uint8_t { referrer = 1, agent = 2, engine = 4, robot = 8, sends = 16, loads = 32, shows = 64 };

std::uint8_t taint_of(Reach reach) {
    return static_cast<std::uint8_t>(sends << static_cast<unsigned>(reach));
}

bool may_begin_engine(char32_t c) {
    return c == 'b' || c == 'g' || c == 'h' || c == 's' || c == 't' || c == 'y' || c == 'c';
}

// What a text names of search engines and their robots.
std::uint8_t engines_in(View text) {
    std::uint8_t found = 0;
    constexpr std::string_view words[] = {"baidu",  "bing",    "bytespider", "google",   "haosou",
                                          "sm.cn",  "so.com",  "sm\\.cn",    "so\\.com", "sogou",
                                          "spider", "toutiao", "yahoo",      "yisou",    "crawler"};
    const char32_t* const end = text.data() + text.size();
    for (const char32_t* at = text.data(); at < end; ++at) {
        if (!may_begin_engine(*at | 0x20)) continue;
        // "climbing" names none, "Baiduspider" does.
        const bool is_inside = at > text.data() && is_letter(at[-1]);
        for (const std::string_view word : words) {
            if (is_inside && word != "spider") continue;
            if (!scan::starts_with_folded(at, end, word)) continue;
            found |= engine;
            const bool is_robot = word == "spider" || word == "crawler" || word == "bytespider" ||
                                  scan::starts_with_folded(at + word.size(), end, "bot");
            if (is_robot) return found | robot;
        }
    }
    return found;
}

// Whether a condition reads the visitor.
bool is_of_visitor(std::uint8_t found) {
    return found & (referrer | agent);
}

}  // namespace

std::uint8_t visitor(View name) {
    const char32_t* const at = name.data();
    if (name.size() == 8 && scan::starts_with_folded(at, at + 8, "referrer")) return referrer;
    return name.size() == 9 && scan::starts_with_folded(at, at + 9, "useragent") ? agent : 0;
}

Guards::Guards(Constants& constants, View source, const std::vector<Sink>& sinks,
               std::vector<std::pair<std::size_t, std::uint8_t>> asked, std::vector<std::string>& parted,
               std::vector<std::string>& cloaked)
    : constants_(constants),
      source_(source),
      sinks_(sinks),
      asked_(std::move(asked)),
      parted_(parted),
      cloaked_(cloaked) {
    std::sort(asked_.begin(), asked_.end());
}

void Guards::find() {
    for (std::size_t at = 0; at < constants_.tokens().size(); ++at) {
        const Token& here = token(at);
        read_sinks(at);
        if (at >= made_ && is_made_up(at)) work_out(at);
        if (here.is_text() || here.kind == javascript::Kind::pattern) {
            count_in(constants_.said(here));
        } else if (here.kind == javascript::Kind::name) {
            read_name(at);
        } else if (here.is(sign('(')) || here.is(sign('[')) || here.is(sign('{')) || here.is(sign('$', '{'))) {
            open(at);
        } else if (here.is(sign(')')) || here.is(sign(']')) || here.is(sign('}'))) {
            close(at);
        } else {
            read_sign(at);
        }
    }
}

// ---------------------------------------------------------------------------------------------- what is known

std::uint8_t Guards::bits(const Counts& now, const Counts& then) {
    std::uint8_t found = 0;
    for (std::size_t at = 0; at < now.size(); ++at) found |= static_cast<std::uint8_t>((now[at] > then[at]) << at);
    return found;
}

void Guards::count(std::uint8_t found) {
    for (std::size_t at = 0; at < counts_.size(); ++at) counts_[at] += found >> at & 1;
}

void Guards::count_in(View text) {
    count(engines_in(text));
    count(visitor(text));
}

// Ends what a name is given: it holds what was counted in that.
void Guards::end_given() {
    Open& level = open_.back();
    if (!level.target) return;
    const std::uint8_t found = bits(counts_, level.given);
    if (found) taints_[level.target] |= found;
    level.target = 0;
}

void Guards::begin_statement() {
    end_given();
    open_.back().statement = counts_;
}

// What follows is given to the name at `at`.
void Guards::aim(std::size_t at) {
    end_given();
    open_.back().target = constants_.hash(at);
    open_.back().given = counts_;
}

void Guards::guard(std::uint8_t found, std::size_t end) {
    if (!is_of_visitor(found)) return;
    end_of_parted_ = std::max(end_of_parted_, end);
    if (!(found & engine)) return;
    end_of_cloaked_ = std::max(end_of_cloaked_, end);
    if (found & referrer) end_of_referred_ = std::max(end_of_referred_, end);
}

void Guards::keep_for_robots(std::uint8_t found, std::size_t from, std::size_t end) {
    if (!(found & agent) || !(found & robot) || from < robots_.second) return;
    robots_ = {from, end};
}

// Programs that show advertisements do not load them for robots; so what is loaded counts by the referrer, or where
// robots alone load it.
void Guards::reach(std::size_t at, Reach how, const std::string& host) {
    const bool is_for_robots = at >= robots_.first && at < robots_.second;
    const bool is_cloaked = how == Reach::sent     ? at < end_of_cloaked_
                            : how == Reach::loaded ? at < end_of_referred_ || is_for_robots
                                                   : is_for_robots;
    if (is_cloaked) add_host(cloaked_, host);
    if (how == Reach::sent && at < end_of_parted_) add_host(parted_, host);
}

// ---------------------------------------------------------------------------------------------- token by token

// What leads away at token `at`.
void Guards::read_sinks(std::size_t at) {
    for (; next_ < sinks_.size() && sinks_[next_].token <= at; ++next_) {
        count(taint_of(sinks_[next_].reach));
        for (const std::string& host : sinks_[next_].hosts) {
            reach(at, sinks_[next_].reach, host);
            // The functions around it, of many the innermost.
            for (std::size_t back = 1; back <= std::min<std::size_t>(open_.size(), 8); ++back) {
                const std::uint64_t target = open_[open_.size() - back].target;
                if (target) add_host(senders_[target], host);
            }
        }
    }
}

// Counts what the expression at `at` comes to.
void Guards::work_out(std::size_t at) {
    std::size_t end = at;
    constants_.look_from(at);
    const Value value = constants_.expression(end);
    made_ = std::max(end, at + 1);
    is_known_ = value.is_text();
    if (is_known_) count_in(value.traced.text);
}

void Guards::read_name(std::size_t at) {
    count(visitor(constants_.name(token(at))));
    const bool is_item = is_known_ && at < made_ && constants_.is_item(at);
    if (!is_item) read_held(at);
    if (begins_statement(at)) {
        begin_statement();
        open_.back().is_case = constants_.is_name(at, "case");
    }
    if (constants_.is_name(at, "function") && token(at + 1).kind == javascript::Kind::name) {
        aim(at + 1);
    } else if (token(at + 1).is(sign('='))) {
        aim(at);
    }
}

// What the name at `at` holds.
void Guards::read_held(std::size_t at) {
    const std::uint64_t name = constants_.hash(at);
    const auto found = taints_.find(name);
    if (found == taints_.end()) return;
    count(found->second);
    // What holds the question as well asks it by itself, where it leads away: a library is no condition of what it
    // does.
    if (is_of_visitor(found->second) && found->second & engine) return;
    for (const Reach how : {Reach::sent, Reach::loaded, Reach::shown}) {
        if (!(found->second & taint_of(how))) continue;
        for (const std::string& host : senders_[name]) reach(at, how, host);
        break;
    }
}

void Guards::open(std::size_t at) {
    const Token& before = token(at - 1);
    const bool is_switch = token(at).is(sign('{')) && at && before.is(sign(')')) && before.partner != none &&
                           before.partner && constants_.is_name(before.partner - 1, "switch");
    open_.push_back({counts_, counts_, counts_, 0, at, is_switch ? compared_ : std::uint8_t{0}, false});
}

// Closes the brackets up to `partner`; comes back with what was counted in that.
std::uint8_t Guards::leave(std::size_t partner) {
    std::uint8_t inside = 0;
    while (open_.size() > 1) {
        end_given();
        const std::size_t bracket = open_.back().bracket;
        inside = bits(counts_, open_.back().before);
        open_.pop_back();
        if (bracket <= partner) break;
    }
    return inside;
}

void Guards::close(std::size_t at) {
    const Token& here = token(at);
    if (here.partner == none) return;
    const std::uint8_t inside = leave(here.partner);
    while (next_asked_ < asked_.size() && asked_[next_asked_].first <= at) count(asked_[next_asked_++].second);
    const bool is_condition =
        here.partner && (constants_.is_name(here.partner - 1, "if") || constants_.is_name(here.partner - 1, "while"));
    if (here.is(sign(')')) && is_condition && is_of_visitor(inside)) {
        guard(inside, end_of_guarded(at + 1, open_.back().bracket));
        if (inside & robot) {
            const auto [from, end] = branch(at + 1, is_negated(here.partner, at), open_.back().bracket);
            keep_for_robots(inside, from, end);
        }
    }
    if (here.partner && constants_.is_name(here.partner - 1, "switch")) compared_ = inside;
    if (here.is(sign('}'))) begin_statement();
}

void Guards::read_sign(std::size_t at) {
    const Token& here = token(at);
    if (here.is(sign(','))) {
        // What is joined by commas is given, and asks, for itself: "a = b, a && f(), c && g()".
        begin_statement();
    } else if (here.is(sign(';'))) {
        begin_statement();
        open_.back().is_case = false;
    } else if (here.is(sign(':')) && open_.back().is_case) {
        read_case(at);
    } else if (here.is(sign('?')) || here.is(sign('&', '&')) || here.is(sign('|', '|'))) {
        read_choice(at);
    }
}

// The colon of a "case".
void Guards::read_case(std::size_t at) {
    open_.back().is_case = false;
    const std::uint8_t asked = bits(counts_, open_.back().statement) | open_.back().asked;
    if (is_of_visitor(asked)) {
        const std::size_t end = end_of_case(at + 1);
        guard(asked, end);
        keep_for_robots(asked, at + 1, end);
    }
    open_.back().statement = counts_;
}

// "a && f()", "a || f()" and "a ? f() : g()", outside of the brackets of an "if".
void Guards::read_choice(std::size_t at) {
    const std::size_t bracket = open_.back().bracket;
    const bool is_condition = bracket != none && bracket && constants_.is_name(bracket - 1, "if");
    const std::uint8_t asked = bits(counts_, open_.back().statement);
    if (is_condition || !is_of_visitor(asked)) return;
    const std::size_t end = constants_.end_of_statement(at + 1);
    guard(asked, end);
    if (token(at).is(sign('&', '&'))) keep_for_robots(asked, at + 1, end);
}

// ---------------------------------------------------------------------------------------------- what is guarded

// Whether the token at `at` begins what is made of literals and is no single one: 'bai'+'du',
// ['bai','du'].join(''), atob('…'), words[3], a+b.
bool Guards::is_made_up(std::size_t at) {
    const Token& here = token(at);
    const Token& next = token(at + 1);
    if (here.kind == javascript::Kind::sign) {
        return here.is(sign('[')) && here.partner != none && token(constants_.behind(at)).is(sign('.'));
    }
    if (next.kind != javascript::Kind::sign || constants_.is_member(at)) return false;
    if (here.is_text()) return next.is(sign('+')) || next.is(sign('.')) || next.is(sign('$', '{'));
    if (here.kind != javascript::Kind::name) return false;
    if (constants_.is_item(at)) return true;
    if (next.is(sign('(')) || next.is(sign('.'))) return constants_.is_function(at);
    return is_sum(at);
}

// Whether the name at `at` holds, and adds to or is added to, a short text: those alone are worth a look.
bool Guards::is_sum(std::size_t at) {
    constexpr std::uint32_t longest = 40;
    bool is_added = false;
    const std::size_t given = constants_.given(at, is_added);
    if (given == none || !(is_added || token(at + 1).is(sign('+')))) return false;
    return !constants_.is_given(at + 1) && token(given).is_text() && token(given).end - token(given).start < longest;
}

// Whether a condition between two brackets holds where what it asks for is not so: "!x", "x == -1", "x < 0".
bool Guards::is_negated(std::size_t from, std::size_t to) {
    for (std::size_t at = from + 1; at < to && constants_.take_step(); ++at) {
        const Token& here = token(at);
        if (here.is(sign('!'))) return !token(at + 1).is(sign('!'));
        if (here.is(sign('<')) && source_[token(at + 1).start] == '0') return true;
        if (!here.is(sign('=', '='))) continue;
        if (token(at + 1).is(sign('-')) || constants_.is_name(at + 1, "null") || constants_.is_name(at + 1, "false"))
            return true;
    }
    return false;
}

// Of what a condition in front of token `at` guards, where it holds or, if `is_other`, where it does not.
std::pair<std::size_t, std::size_t> Guards::branch(std::size_t at, bool is_other, std::size_t bracket) {
    const std::size_t end = end_of_branch(at);
    if (!is_other) return {at, end};
    const std::size_t first = token(at).is(sign('{')) ? at + 1 : at;
    if (constants_.is_name(first, "return")) {
        return {end, bracket == none ? constants_.tokens().size() : constants_.behind(bracket)};
    }
    if (constants_.is_name(end, "else")) return {end + 1, end_of_branch(end + 1)};
    return {0, 0};
}

// Behind the statements of a case, and of those it falls through to: behind a "break" or "return", or the block.
std::size_t Guards::end_of_case(std::size_t at) {
    const std::size_t size = constants_.tokens().size();
    while (at < size && constants_.take_step()) {
        if (token(at).is(sign('}'))) return at;
        if (constants_.is_name(at, "break")) return at;
        if (constants_.is_name(at, "return")) return constants_.end_of_statement(at);
        at = token(at).partner != none && token(at).partner > at ? constants_.behind(at) : at + 1;
    }
    return at;
}

bool Guards::begins_statement(std::size_t at) {
    for (const std::string_view word :
         {"if", "for", "while", "var", "let", "const", "switch", "return", "try", "case", "default"}) {
        if (constants_.is_name(at, word)) return true;
    }
    return false;
}

// Behind what the condition in front of token `at` guards, with what follows an "else"; of "return" all that
// follows in the block at `bracket`.
std::size_t Guards::end_of_guarded(std::size_t at, std::size_t bracket) {
    const std::size_t first = token(at).is(sign('{')) ? at + 1 : at;
    if (constants_.is_name(first, "return")) {
        return bracket == none ? constants_.tokens().size() : constants_.behind(bracket);
    }
    std::size_t end = end_of_branch(at);
    while (constants_.is_name(end, "else") && constants_.take_step()) end = end_of_branch(end + 1);
    return end;
}

std::size_t Guards::end_of_branch(std::size_t at) {
    if (constants_.is_name(at, "if") && token(at + 1).is(sign('('))) return end_of_branch_behind(at + 1);
    if (token(at).is(sign('{'))) return constants_.behind(at);
    return constants_.end_of_statement(at);
}

std::size_t Guards::end_of_branch_behind(std::size_t condition) {
    const std::size_t at = constants_.behind(condition);
    return token(at).is(sign('{')) ? constants_.behind(at) : constants_.end_of_statement(at);
}

}  // namespace moderation::javascript
