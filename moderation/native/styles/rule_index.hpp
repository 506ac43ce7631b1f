// Rules by the names that an element has to have.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "styles/selectors.hpp"
#include "text/keyed.hpp"

namespace moderation {

// Rules of one kind, by what their last compound asks for first.
class RuleIndex {
public:
    bool empty() const { return rules_.empty(); }
    // Whether a rule is for elements that need no class and no id.
    bool has_tags() const { return has_tags_; }

    void add(const css::Key& key, std::uint32_t rule) {
        const char sign = key.sign;
        const View name = key.name;
        const std::uint64_t hash = keyed_hash(name.data(), name.data() + name.size(), static_cast<char32_t>(sign));
        std::vector<std::uint32_t>& rules = rules_[hash];
        if (rules.size() < most_alike) {
            is_taken_.set(hash % is_taken_.size());
            rules.push_back(rule);
        }
        has_tags_ |= sign == '<' || sign == '*';
    }

    // Calls `visit` with the rules that may hold for an element that has a class ("."), an id ("#") or a tag ("<").
    template <class Unit, class Visit>
    void find(char sign, const Unit* name, const Unit* name_end, Visit&& visit) const {
        const std::uint64_t hash = keyed_hash(name, name_end, static_cast<char32_t>(sign));
        if (!is_taken_[hash % is_taken_.size()]) return;
        const auto found = rules_.find(hash);
        if (found == rules_.end()) return;
        for (const std::uint32_t rule : found->second) visit(rule);
    }

private:
    // Rules with one key.
    static constexpr std::size_t most_alike = 256;

    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> rules_;
    // By the last bits of a hash: of a page's classes hardly any has a rule.
    std::bitset<4096> is_taken_;
    bool has_tags_ = false;
};

}  // namespace moderation
