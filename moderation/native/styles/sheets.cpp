#include "styles/sheets.hpp"

#include <algorithm>
#include <optional>

#include "html/scan.hpp"
#include "styles/css_text.hpp"
#include "styles/media.hpp"
#include "styles/selectors.hpp"

namespace moderation::css {

namespace {

constexpr std::size_t longest_selector = 1000;
// Selectors of a sheet, and the characters of those that are put together for rules inside of rules: a rule of a few
// characters has as many selectors as all those around it make.
constexpr std::size_t most_in_sheet = 20'000, most_put_together = 1 << 20;

// A rule around others, whose selectors are taken apart where they are needed.
struct Scope {
    View prelude;
    const Scope* outer = nullptr;
    View limit;  // what stands in these is out of it
    mutable std::optional<std::vector<Text>> known;

    // `room`: characters that may still be put together.
    const std::vector<Text>& selectors(std::size_t& room) const {
        if (known) return *known;
        known.emplace();
        const std::vector<Text>* const parents = outer ? &outer->selectors(room) : nullptr;
        for (std::size_t at = 0; at < prelude.size() && known->size() < most_selectors;) {
            const std::size_t comma = find_outside(prelude, at, U",");
            const View one = stripped(prelude.substr(at, comma - at));
            at = comma + 1;
            if (one.size() > longest_selector) continue;
            if (!parents) {
                known->emplace_back(one);
                continue;
            }
            for (const Text& parent : *parents) {
                Text full = one.find(U'&') == View::npos ? parent + U' ' : Text();
                for (const char32_t c : one) c == '&' ? full += parent : full += c;
                if (!outer->limit.empty()) {
                    full += U':' + Text(outside_limit.begin(), outside_limit.end()) + U'(';
                    full.append(outer->limit).push_back(U')');
                }
                if (full.size() > room) return *known;
                room -= full.size();
                if (full.size() <= longest_selector && known->size() < most_selectors)
                    known->push_back(std::move(full));
            }
        }
        return *known;
    }
};

class SheetReader {
public:
    SheetReader(View sheet, Wanted wanted, std::vector<Text>& layers)
        : text_(sheet), wanted_(wanted), layers_(layers) {}

    std::vector<Rule> read() {
        while (at_ < text_.size()) {
            read_rules(nullptr, no_layer, 0);
            // A brace too many begins the selector of the next rule, which is none then.
            while (at_ < text_.size() && text_[at_] == '}') at_ = find_outside(text_, at_ + 1, U"{");
            if (at_ < text_.size()) at_ = behind_block(text_, at_);
        }
        return std::move(rules_);
    }

private:
    // Rules up to the end of the block, or of the sheet. In a rule's block declarations stand among them.
    void read_rules(const Scope* around, std::uint32_t layer, int depth) {
        std::vector<Declaration> declarations;
        const std::size_t place = rules_.size();
        while (true) {
            skip_blanks();
            if (at_ >= text_.size() || text_[at_] == '}') break;
            if (text_[at_] == '@') {
                read_at_rule(around, layer, depth);
                continue;
            }
            const std::size_t start = at_;
            at_ = find_outside(text_, at_, around ? View(U"{;}") : View(U"{}"));
            const View prelude = text_.substr(start, at_ - start);
            if (at_ < text_.size() && text_[at_] == '{') {
                read_rule(stripped(prelude), around, layer, depth);
            } else if (around) {
                read_declarations(prelude, wanted_, declarations);
            } else {
                break;
            }
        }
        if (declarations.empty()) return;
        Rule rule{{}, std::move(declarations), layer};
        if (selectors_ < most_in_sheet) rule.selectors = around->selectors(room_);
        selectors_ += rule.selectors.size();
        rules_.insert(rules_.begin() + static_cast<std::ptrdiff_t>(place), std::move(rule));
    }

    void skip_blanks() {
        while (at_ < text_.size()) {
            if (is_space(text_[at_]) || text_[at_] == ';') {
                ++at_;
            } else if (text_.substr(at_, 4) == U"<!--") {
                at_ += 4;
            } else if (text_.substr(at_, 3) == U"-->") {
                at_ += 3;
            } else {
                return;
            }
        }
    }

    // With `at_` at the brace.
    void read_rule(View prelude, const Scope* around, std::uint32_t layer, int depth) {
        if (depth == deepest) {
            at_ = behind_block(text_, at_);
            return;
        }
        ++at_;
        const Scope scope{prelude, around, {}, std::nullopt};
        read_rules(&scope, layer, depth + 1);
        if (at_ < text_.size()) ++at_;
    }

    void read_at_rule(const Scope* around, std::uint32_t layer, int depth) {
        ++at_;
        const std::string name = narrow(read_name(text_, at_));
        const std::size_t start = at_;
        at_ = find_outside(text_, at_, U"{;}");
        const View prelude = stripped(text_.substr(start, at_ - start));
        if (at_ == text_.size() || text_[at_] != '{') {
            if (name == "layer") {
                for (std::size_t at = 0; at < prelude.size();) {
                    const std::size_t comma = std::min(prelude.find(U',', at), prelude.size());
                    layer_of(stripped(prelude.substr(at, comma - at)));
                    at = comma + 1;
                }
            }
            return;
        }
        // Elements in those that a selector is for, as in a rule around others, and outside of a lower limit.
        View inner, limit;
        if (name == "scope" && depth < deepest && read_scope(prelude, inner, limit)) {
            ++at_;
            const Scope scope{inner, around, limit, std::nullopt};
            read_rules(&scope, layer, depth + 1);
            if (at_ < text_.size()) ++at_;
            return;
        }
        const bool is_layer = name == "layer";
        const bool is_read = is_layer || (name == "media" && holds(prelude)) ||
                             (name == "supports" && holds_supports(prelude)) ||
                             (name == "container" && has_containers() && holds_container(prelude));
        if (!is_read || depth == deepest) {
            at_ = behind_block(text_, at_);
            return;
        }
        ++at_;
        read_rules(around, is_layer ? layer_of(prelude) : layer, depth + 1);
        if (at_ < text_.size()) ++at_;
    }

    // "(.a)" or "(.a) to (.b)".
    static bool read_scope(View prelude, View& inner, View& limit) {
        if (prelude.size() < 3 || prelude.front() != '(') return false;
        const std::size_t end = find_outside(prelude, 1, U")");
        if (end >= prelude.size()) return false;
        inner = stripped(prelude.substr(1, end - 1));
        View rest = stripped(prelude.substr(end + 1));
        if (inner.empty() || rest.empty()) return !inner.empty();
        if (rest.substr(0, 2) != U"to") return false;
        rest = stripped(rest.substr(2));
        if (rest.size() < 3 || rest.front() != '(' || find_outside(rest, 1, U")") + 1 != rest.size()) return false;
        limit = stripped(rest.substr(1, rest.size() - 2));
        return !limit.empty();
    }

    // Whether the sheet makes containers, whose sizes others may ask for.
    bool has_containers() {
        if (!has_containers_) {
            has_containers_ = text_.find(U"container-type") != View::npos || text_.find(U"container:") != View::npos;
        }
        return *has_containers_;
    }

    std::uint32_t layer_of(View name) {
        const auto found = name.empty() ? layers_.end() : std::find(layers_.begin(), layers_.end(), name);
        const auto number = static_cast<std::uint32_t>(found - layers_.begin());
        constexpr std::uint32_t most = 64;
        if (found == layers_.end() && layers_.size() < most) layers_.emplace_back(name);
        return std::min(number, most);
    }

    View text_;
    const Wanted wanted_;
    std::vector<Text>& layers_;
    std::size_t at_ = 0;
    std::size_t selectors_ = 0, room_ = most_put_together;
    std::optional<bool> has_containers_;
    std::vector<Rule> rules_;
};

}  // namespace

void read_declarations(View style, Wanted wanted, std::vector<Declaration>& out) {
    for (std::size_t at = 0; at < style.size();) {
        const std::size_t end = find_outside(style, at, U";{}");
        if (end < style.size() && style[end] == '{') {  // what stands in braces is dropped with its name
            at = behind_block(style, end);
            continue;
        }
        const View one = stripped(style.substr(at, end - at));
        at = end + 1;
        // Most are not wanted, and have plain names.
        char plain[32];
        std::size_t behind = 0;
        while (behind < one.size() && behind < sizeof plain && one[behind] < 0x80 && is_name(one[behind])) {
            plain[behind] = static_cast<char>(scan::lower(one[behind]));
            ++behind;
        }
        const bool is_plain = behind < one.size() && behind < sizeof plain && one[behind] != '\\' && one[behind] < 0x80;
        if (is_plain && !wanted({plain, behind})) continue;
        behind = 0;
        const std::string name = narrow(read_name(one, behind));
        const View rest = stripped(one.substr(behind));
        if (name.empty() || rest.empty() || rest[0] != ':' || !wanted(name)) continue;
        Declaration made{name, {}, false};
        const View written = stripped(rest.substr(1));
        made.value = written.find(U'\\') == View::npos ? narrow(written) : narrow(unescaped(written));
        const std::size_t mark = made.value.rfind('!');
        if (mark != std::string::npos) {
            if (trimmed(std::string_view(made.value).substr(mark + 1)) != "important") continue;
            made.is_important = true;
            made.value = std::string(trimmed(std::string_view(made.value).substr(0, mark)));
        }
        if (!made.value.empty()) out.push_back(std::move(made));
    }
}

std::vector<Rule> read_sheet(View sheet, Wanted wanted, std::vector<Text>& layers) {
    if (sheet.find(U"/*") == View::npos) return SheetReader(sheet, wanted, layers).read();
    const Text text = without_comments(sheet);
    return SheetReader(text, wanted, layers).read();
}

}  // namespace moderation::css
