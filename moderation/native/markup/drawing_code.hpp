// The scripts and sheets inside of drawings: there they are text with references, sections and elements in it, and are
// put together before they are read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "html/outline.hpp"
#include "html/values.hpp"
#include "limits.hpp"

namespace moderation {

template <class Unit>
class DrawingCode {
public:
    // A script or sheet that is being read, and how many elements are open in it and around it. `whole` is empty as
    // long as it is no more than the text `first`.
    struct Code {
        std::size_t depth;
        bool is_style;
        Slice<Unit> first;
        Value whole;
    };

    DrawingCode(const Unit* source, Outline& outline) : source_(source), outline_(outline) {}

    bool empty() const { return codes_.empty(); }

    // Whether the innermost one stands at this depth.
    bool stands_at(std::size_t depth) const { return !codes_.empty() && codes_.back().depth == depth; }

    // Text between two constructs, or a reference and what it stands for.
    void add(Slice<Unit> written, const Text& resolved, std::size_t depth, bool is_style) {
        if (!stands_at(depth)) {
            codes_.push_back({depth, is_style, written, {}});
            if (!resolved.empty()) put(written, resolved);
            return;
        }
        if (codes_.back().whole.text.empty()) put(codes_.back().first, Text());
        put(written, resolved);
    }

    // The innermost one, which ends.
    Code take() {
        Code code = std::move(codes_.back());
        codes_.pop_back();
        return code;
    }

private:
    void put(Slice<Unit> written, const Text& resolved) {
        Value& whole = codes_.back().whole;
        const auto size = static_cast<std::size_t>(written.end - written.at);
        const auto start = static_cast<std::uint32_t>(written.at - source_);
        if (whole.text.size() + size > limits::pieced_code) {
            outline_.unread = std::min(outline_.unread, start);
            return;
        }
        const auto width = resolved.empty() ? 0 : static_cast<std::uint32_t>(size);
        whole.pieces.push_back({static_cast<std::uint32_t>(whole.text.size()), start, width});
        if (resolved.empty()) {
            whole.text.append(written.at, written.end);
        } else {
            whole.text += resolved;
        }
    }

    const Unit* const source_;
    Outline& outline_;
    std::vector<Code> codes_;
};

}  // namespace moderation
