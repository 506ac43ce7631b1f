// The elements of a page as selectors see them: those that are open, and their siblings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "html/attributes.hpp"
#include "html/scan.hpp"

namespace moderation {

// Some of the names that elements have, as bits of their hashes: most selectors ask for one that none around has.
struct Names256 {
    std::array<std::uint64_t, 4> bits{};

    void add(std::uint64_t hash) { bits[hash >> 6 & 3] |= std::uint64_t{1} << (hash & 63); }
    bool has(const Names256& wanted) const {
        return !((wanted.bits[0] & ~bits[0]) | (wanted.bits[1] & ~bits[1]) | (wanted.bits[2] & ~bits[2]) |
                 (wanted.bits[3] & ~bits[3]));
    }
};

// An element as selectors see it. `number` counts it among its siblings, from 1; `before` is the number of the one in
// front of it in `Family::all`, or 0; `place` counts the elements of the page, from 1.
template <class Unit>
struct Element {
    std::uint32_t tag = 0, number = 0, before = 0, place = 0;
    Slice<Unit> id{nullptr, nullptr}, classes{nullptr, nullptr}, verbatim{nullptr, nullptr};
    Names256 names;  // its own and those of the elements around it
};

// The children of an open element: how many so far, and the last one in `Family::all`.
struct Children {
    std::uint32_t count = 0, last = 0;
};

// The open elements, the outermost of which is none, and, where a selector asks for them, the siblings.
template <class Unit>
struct Family {
    std::vector<Element<Unit>> open = std::vector<Element<Unit>>(1);
    std::vector<Element<Unit>> all;
    std::uint32_t count = 0;

    // Makes an element the innermost one; `children` are those of the element around it.
    void enter(std::uint32_t tag, const Attributes<Unit>& given, Slice<Unit> verbatim, Children& children,
               bool has_siblings) {
        Element<Unit> element;
        element.tag = tag;
        element.number = ++children.count;
        element.before = children.last;
        element.place = ++count;
        element.id = given[Attribute::id];
        element.classes = given[Attribute::class_];
        element.verbatim = verbatim;
        // Of a page without measure the first ones.
        constexpr std::size_t most = 100'000;
        if (has_siblings && all.size() < most) {
            all.push_back(element);
            children.last = static_cast<std::uint32_t>(all.size());
        }
        open.push_back(element);
    }
};

}  // namespace moderation
