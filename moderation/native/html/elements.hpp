// The open elements of a page, as far as tags say which they are: what a start tag ends, what an end tag does, and
// where SVG and MathML begin and end. Of all that the tree builder knows, these rules decide where markup is read as
// such.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "html/foreign.hpp"
#include "html/tokenizer.hpp"

namespace moderation {

// An open element; `block` is where the nearest element of the stack that is not inline stands, itself counted.
// `point` and `foreign` are where the innermost integration point stands, and the first of the elements of SVG or
// MathML that are innermost here; `namesake` is where the next one out with the same name stands.
struct Opened {
    std::uint32_t tag = Tags::none;
    std::uint32_t block = 0;
    std::uint32_t namesake = 0, point = 0, foreign = 0;
    Space space = Space::html;
    Point kind = Point::none;
};

// `Open` is an `Opened` with what `Walk` keeps of it. `Walk` derives from it, has the functions that the tokenizer
// calls, and:
//     pop()   ends the innermost element; calls `drop`
template <class Unit, class Walk, class Open>
class OpenElements : protected Tokenizer<Unit, Walk> {
protected:
    using Scanner = Tokenizer<Unit, Walk>;
    using Scanner::tags_;

    // The outermost element of the stack is none.
    explicit OpenElements(const Entities& entities) : Scanner(entities), stack_(1) {}

    bool is_foreign() const { return stack_.back().space != Space::html; }

    // Whether text is that of a script or a sheet, although the tokenizer takes it for text: so it is in SVG, and
    // references stand for characters there. In MathML there are no such elements.
    bool is_code() const {
        const Open& top = stack_.back();
        return top.space == Space::svg && (top.tag == Tags::style || top.tag == Tags::script);
    }

    // The space of the element that a start tag begins; foreign content that it breaks out of is ended.
    Space enter_space(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given) {
        if (is_foreign() && foreign::takes(stack_.back().tag, stack_.back().kind, tag)) {
            if (!foreign::breaks_out(tag, facts, given)) return stack_.back().space;
            leave_foreign();
        }
        return tag == Tags::svg ? Space::svg : tag == Tags::math ? Space::math : Space::html;
    }

    // Ends what a start tag of HTML ends.
    void imply_end(const Facts& facts) {
        // Inline elements are jumped over, so that thousands of them left open cost nothing.
        while (facts.closes) {
            const std::uint32_t back = stack_.back().block;
            const std::uint8_t kind = tags_.facts(stack_[back].tag).kind;
            if (!(kind & facts.closes)) return;
            close_to(back);
            if (!facts.ends_more(kind)) return;
        }
    }

    // Where the element stands that an end tag ends, or 0. An end tag without a start costs nothing, so that hostile
    // nesting stays linear.
    std::uint32_t ended_by(std::uint32_t tag) {
        if (is_foreign()) {
            if (tag == Tags::p || tag == Tags::br) {
                leave_foreign();
            } else if (const std::uint32_t at = innermost(tag, true); at && at >= stack_.back().foreign) {
                return at;
            }
        }
        // Elements around an integration point are out of reach.
        const std::uint32_t at = innermost(tag, false);
        return at > stack_.back().point ? at : 0;
    }

    // Makes an element the innermost one; `is_block`: what is inside does not stand in the line around it.
    void put(Open&& open, std::uint32_t tag, Space space, Point kind, bool is_block) {
        const Open& top = stack_.back();
        const auto here = static_cast<std::uint32_t>(stack_.size());
        open.tag = tag;
        open.space = space;
        open.kind = kind;
        open.block = is_block ? here : top.block;
        open.point = kind == Point::none ? top.point : here;
        open.foreign = space == Space::html ? 0 : top.space == Space::html ? here : top.foreign;
        std::vector<std::uint32_t>& open_here = open_[space != Space::html];
        if (tag >= open_here.size()) open_here.resize(std::max<std::size_t>(tags_.size(), 2 * open_here.size()));
        open.namesake = std::exchange(open_here[tag], here);
        stack_.push_back(std::move(open));
    }

    void drop() {
        const Open& top = stack_.back();
        open_[top.space != Space::html][top.tag] = top.namesake;
        stack_.pop_back();
    }

    // Ends elements until `size` are left; the outermost stays.
    void close_to(std::size_t size) {
        while (stack_.size() > std::max<std::size_t>(size, 1)) walk().pop();
    }

    std::vector<Open> stack_;

private:
    Walk& walk() { return static_cast<Walk&>(*this); }

    // Where the innermost open element of a name stands, or 0.
    std::uint32_t innermost(std::uint32_t tag, bool is_foreign) const {
        const std::vector<std::uint32_t>& open = open_[is_foreign];
        return tag < open.size() ? open[tag] : 0;
    }

    void leave_foreign() {
        while (is_foreign() && stack_.back().kind == Point::none) walk().pop();
    }

    // Where the innermost open element of each name stands, of HTML and of the others.
    std::array<std::vector<std::uint32_t>, 2> open_;
};

}  // namespace moderation
