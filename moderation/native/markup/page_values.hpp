// The values of a page's attributes and scripts on their way to its items.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "html/entities.hpp"
#include "html/values.hpp"
#include "limits.hpp"
#include "markup/items.hpp"

namespace moderation {

// Where code stands: in the page itself, from `base` on, or in a text that was put together from `pieces` of it.
template <class Unit>
struct CodeOrigin {
    const Unit* base;
    const std::vector<Piece>* pieces;

    std::uint32_t offset(const Unit* at) const { return static_cast<std::uint32_t>(at - base); }
    Value placed(Value&& value) const { return pieces ? traced(std::move(value), *pieces) : std::move(value); }
};

// A text that was put together, as code, and where it stands.
inline Slice<char32_t> code_of(View text) {
    return {text.data(), text.data() + text.size()};
}
inline CodeOrigin<char32_t> code_origin(const Value& whole) {
    return {whole.text.data(), &whole.pieces};
}

// Takes values as items, and the steps that they cost.
class PageValues {
public:
    // `room` and `enough` are those of an ItemWriter.
    PageValues(const Entities& entities, Budget& budget, std::size_t room, std::size_t enough)
        : entities_(entities), budget_(budget), writer_(room, enough) {}

    // A value, as one item or, where it is too long for one block, as several. Throws Spent.
    void add(Value&& value, Place place, std::uint32_t path, std::uint32_t hidden) {
        Item item;
        item.place = place;
        item.path = path;
        item.hidden = hidden;
        in_parts(std::move(value), [&](Value&& part) {
            const std::uint64_t steps = limits::item + part.pieces.size() / limits::pieces;
            writer_.add_value(std::move(part), item);
            spend(steps);
        });
    }

    // Throws Spent where no more is left.
    void spend(std::uint64_t steps) {
        if (!budget_.spend(steps)) throw Spent{};
    }

    const Entities& entities() const { return entities_; }
    ItemWriter& writer() { return writer_; }

private:
    const Entities& entities_;
    Budget& budget_;
    ItemWriter writer_;
};

}  // namespace moderation
