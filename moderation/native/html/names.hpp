// The strings of an outline, each once and with a number: paths and reasons, of which a page has few.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/keyed.hpp"
#include "text/text.hpp"
#include "text/utf8.hpp"

namespace moderation {

class Names {
public:
    // `names` come with the first one, the empty name.
    explicit Names(std::vector<std::string>& names) : names_(names), slots_(64) {}

    std::uint32_t of(std::string_view name) {
        if (name.empty()) return 0;
        if (2 * names_.size() >= slots_.size()) grow();
        const std::uint64_t hash = keyed_hash(name.data(), name.data() + name.size());
        for (std::size_t at = hash;; ++at) {
            Slot& slot = slots_[at & (slots_.size() - 1)];
            if (!slot.number) {
                slot = {hash, static_cast<std::uint32_t>(names_.size())};
                names_.emplace_back(name);
                return slot.number;
            }
            if (slot.hash == hash && names_[slot.number] == name) return slot.number;
        }
    }

    const std::string& operator[](std::uint32_t number) const { return names_[number]; }

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t number = 0;  // 0: free
    };

    void grow() {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (!slot.number) continue;
            std::size_t at = slot.hash;
            while (slots_[at & (slots_.size() - 1)].number) ++at;
            slots_[at & (slots_.size() - 1)] = slot;
        }
    }

    std::vector<std::string>& names_;
    std::vector<Slot> slots_;
};

inline void append_utf8(View text, std::string& out) {
    for (const char32_t c : text) append_utf8(c, out);
}

}  // namespace moderation
