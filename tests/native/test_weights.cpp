// The weights of a linear model by the keys of its features.
#include <doctest/doctest.h>

#include "candidates/weights.hpp"
#include "support.hpp"

namespace moderation::tests {

TEST_CASE("weights: of a key that is known, and 0 of another one") {
    const std::vector<std::uint32_t> keys{7, 0, 0xffffffffu, 70000};
    const std::vector<float> weights{0.5f, -1.5f, 3.25f, 0.0f};
    const Weights table(keys.data(), weights.data(), keys.size());
    CHECK(table.of(7) == 0.5);
    CHECK(table.of(0) == -1.5);
    CHECK(table.of(0xffffffffu) == 3.25);
    CHECK(table.of(70000) == 0.0);
    CHECK(table.of(8) == 0.0);
    CHECK(Weights().of(0) == 0.0);
}

TEST_CASE("weights: as many keys as there are, whatever they are") {
    Random random(11);
    std::vector<std::uint32_t> keys;
    std::vector<float> weights;
    for (std::uint32_t at = 0; at < 5000; ++at) {
        // Every other one in a row, so that many stand at the same place of the table.
        keys.push_back(at % 2 ? at : random.below(1u << 31) | 1u << 31);
        weights.push_back(static_cast<float>(at + 1));
    }
    const Weights table(keys.data(), weights.data(), keys.size());
    int wrong = 0;
    for (std::size_t at = 1; at < keys.size(); at += 2) wrong += table.of(keys[at]) != static_cast<double>(at + 1);
    CHECK(wrong == 0);
}

}  // namespace moderation::tests
