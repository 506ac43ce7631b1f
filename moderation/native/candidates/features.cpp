#include "candidates/features.hpp"

#include <array>
#include <cmath>

namespace moderation::features {

namespace {

// `c` of the norms, by kind.
constexpr std::array<double, 9> floors{0.0, 4.0, 24.0, 12.0, 12.0, 6.0, 10.0, 12.0, 0.0};
constexpr std::array<double, 9> scales{1.0, 2.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0};

}  // namespace

Kind::~Kind() {
    const auto kind = static_cast<std::size_t>(from_);
    const double count = static_cast<double>(out_.size() - first_);
    const auto value = static_cast<float>(scales[kind] / std::sqrt(count + floors[kind]));
    for (std::size_t at = first_; at < out_.size(); ++at) out_[at].value = value;
}

Met& Kind::met() {
    thread_local Met met;
    return met;
}

}  // namespace moderation::features
