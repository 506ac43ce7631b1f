// A walk over a page whose rules are known, for what their `:has()` ask for: which elements have what stands in them or
// behind them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "html/elements.hpp"
#include "html/foreign.hpp"
#include "limits.hpp"
#include "markup/items.hpp"
#include "styles/cascade.hpp"

namespace moderation {

// An open element, and what stands inside it.
struct Relative : Opened {
    Children children;
};

// It takes the same constructs for elements as the reader of blocks does, which tells them by their number.
template <class Unit>
class Surveyor : private OpenElements<Unit, Surveyor<Unit>, Relative> {
public:
    Surveyor(const Helpers& helpers, Cascade& cascade)
        : Base(helpers.entities), entities_(helpers.entities), cascade_(cascade) {}

    // Whether all of the page was walked over.
    bool run(const Unit* source, std::uint32_t size) {
        cascade_.begin_survey();
        try {
            this->read(source, source + size, 0);
        } catch (const Spent&) {
            return false;
        }
        return true;
    }

private:
    using Base = OpenElements<Unit, Surveyor<Unit>, Relative>;
    using Base::stack_, Base::tags_;
    friend Base;
    friend Tokenizer<Unit, Surveyor<Unit>>;

    void on_text(const Unit*, const Unit*) {}
    void on_reference(const Unit*, const Unit*, const Text&) {}
    void on_raw_text(const Unit*, const Unit*) {}
    void on_style(Slice<Unit>) {}
    void on_script(Slice<Unit>) {}
    std::size_t on_raw_start() const { return stack_.size(); }
    void on_raw_end(std::size_t mark) { this->close_to(mark); }

    Content on_start(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given, Slice<Unit> verbatim,
                     bool is_self_closing) {
        const Space space = this->enter_space(tag, facts, given);
        const bool is_html = space == Space::html;
        if (is_html) this->imply_end(facts);
        family_.enter(tag, given, verbatim, stack_.back().children, cascade_.has_siblings());
        if (!cascade_.survey(tags_, entities_, family_)) throw Spent{};
        if (is_html ? facts.is_void : is_self_closing) {
            family_.open.pop_back();
            return Content::data;
        }
        const Point kind = is_html ? Point::none : foreign::point_of(tag, space, facts, given, entities_);
        const bool is_block = is_html ? !facts.is_inline : kind != Point::none;
        this->put(Relative(), tag, space, kind, is_block);
        return is_html ? facts.content : Content::data;
    }

    void on_end(std::uint32_t tag, Slice<Unit>) {
        if (const std::uint32_t at = this->ended_by(tag)) this->close_to(at);
    }

    void pop() {
        this->drop();
        family_.open.pop_back();
    }

    const Entities& entities_;
    Cascade& cascade_;
    Family<Unit> family_;
};

// Finds what the elements of a page have; whether that is known now.
template <class Unit>
bool survey(const Unit* source, std::uint32_t size, const Helpers& helpers, Cascade& cascade) {
    cascade.restart(size);
    const bool is_whole = Surveyor<Unit>(helpers, cascade).run(source, size);
    cascade.end_survey(is_whole);
    return is_whole;
}

}  // namespace moderation
