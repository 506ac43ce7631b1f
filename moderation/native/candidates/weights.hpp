// Weights of a linear model by the keys of its features.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moderation {

class Weights {
public:
    Weights() = default;
    Weights(const std::uint32_t* keys, const float* weights, std::size_t size) {
        std::size_t slots = 2;
        shift_ = 31;
        while (slots < 2 * size + 2) {
            slots *= 2;
            --shift_;
        }
        slots_.assign(slots, {});
        for (std::size_t row = 0; row < size; ++row) {
            if (weights[row] == 0.0f) continue;
            std::size_t at = slot(keys[row]);
            while (slots_[at].weight != 0.0f) at = (at + 1) & (slots_.size() - 1);
            slots_[at] = {keys[row], weights[row]};
        }
    }

    // 0 of a feature that is not known.
    double of(std::uint32_t key) const {
        for (std::size_t at = slot(key);; at = (at + 1) & (slots_.size() - 1)) {
            if (slots_[at].weight == 0.0f) return 0.0;
            if (slots_[at].key == key) return static_cast<double>(slots_[at].weight);
        }
    }

private:
    struct Slot {
        std::uint32_t key = 0;
        float weight = 0.0f;  // 0: free
    };
    std::size_t slot(std::uint32_t key) const { return (key * 0x9e3779b1u) >> shift_; }

    std::vector<Slot> slots_ = std::vector<Slot>(2);
    int shift_ = 31;
};

}  // namespace moderation
