// What the paths of blocks are made of: the names of the elements around a text, and of the attribute that it stands
// in.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "limits.hpp"
#include "markup/open_item.hpp"

namespace moderation {

// The paths of one page, each put together once, as numbers of names.
class Paths {
public:
    Paths(std::vector<OpenItem>& open, const Tags& tags, Names& names, Budget& budget)
        : open_(open), tags_(tags), names_(names), budget_(budget) {}

    // The names of the innermost six open elements.
    std::uint32_t here() {
        OpenItem& top = open_.back();
        return top.path == OpenItem::unknown ? top.path = of_innermost() : top.path;
    }

    // Those names, that of an element which stands here, and that of its attribute.
    std::uint32_t of_attribute(std::uint32_t tag, Attribute which, std::string_view name);

    // The same for an attribute of any name, put together anew each time.
    std::uint32_t of_attribute(std::uint32_t tag, View name);

private:
    template <std::size_t size>
    using Numbers = std::array<std::uint32_t, size>;

    struct Hash {
        template <std::size_t size>
        std::size_t operator()(const Numbers<size>& numbers) const {
            return keyed_hash(numbers.data(), numbers.data() + size);
        }
    };

    std::uint32_t of_innermost();

    // Adds the name of an element as a path tells it.
    void add_name(std::uint32_t tag);

    std::vector<OpenItem>& open_;
    const Tags& tags_;
    Names& names_;
    Budget& budget_;
    std::unordered_map<Numbers<6>, std::uint32_t, Hash> paths_;       // by the tags of a path
    std::unordered_map<Numbers<3>, std::uint32_t, Hash> attributes_;  // by path, tag and attribute
    std::string name_;                                                // kept for its memory
};

}  // namespace moderation
