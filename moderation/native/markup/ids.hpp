// The ids of elements, and which items stand in elements that have them.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "html/entities.hpp"
#include "markup/items.hpp"

namespace moderation {

// The ids of a page by number, from 1, each with the one around it.
template <class Unit>
class Ids {
public:
    explicit Ids(const Entities& entities) : entities_(entities) {}

    std::uint32_t add(Slice<Unit> value, std::uint32_t outer) {
        ids_.push_back({outer, value});
        return static_cast<std::uint32_t>(ids_.size());
    }

    // Which ids are among some, by number: each is read once, however many elements stand in its own.
    std::vector<bool> among(const std::set<Text>& some) const {
        std::vector<bool> found(ids_.size() + 1);
        for (std::size_t at = 0; at < ids_.size(); ++at) {
            found[at + 1] = some.count(resolved(entities_, ids_[at].value)) != 0;
        }
        return found;
    }

    // Whether an item stands in an element with one of some ids. It remembers so many, its own and those around it.
    bool are_around(const Item& item, const std::vector<bool>& some) const {
        constexpr int remembered = 9;
        std::uint32_t at = item.ids;
        for (int link = 0; link < remembered && at; ++link, at = ids_[at - 1].outer) {
            if (some[at]) return true;
        }
        return false;
    }

private:
    struct Id {
        std::uint32_t outer;
        Slice<Unit> value;
    };

    const Entities& entities_;
    std::vector<Id> ids_;
};

}  // namespace moderation
