#include "repeats.hpp"

namespace moderation {

void Repeats::prepare(const Sheet& sheet) {
    for (const Line& line : sheet.lines) {
        if (page_.size() >= searched) break;
        if (!page_.empty()) page_.push_back('\n');
        page_.append(sheet.folded(line));
    }
    if (page_.size() > searched) page_.resize(searched);
    heads_.assign(1 << 14, nowhere);
    next_.resize(page_.size());
    for (std::size_t at = page_.size(); at-- > 1;) {
        std::uint32_t& head = heads_[pair_at(page_[at - 1], page_[at])];
        next_[at - 1] = head;
        head = static_cast<std::uint32_t>(at - 1);
    }
}

std::uint32_t Repeats::count(View text) const {
    std::uint32_t found = 0;
    if (text.size() < 2) {
        for (const char32_t c : page_) found += c == text[0];
        return found;
    }
    std::size_t behind = 0;
    for (std::uint32_t at = heads_[pair_at(text[0], text[1])]; at != nowhere; at = next_[at]) {
        if (at < behind || page_.compare(at, text.size(), text) != 0) continue;
        ++found;
        behind = at + text.size();
    }
    return found;
}

}  // namespace moderation
