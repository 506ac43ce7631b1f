// What several tests share: texts as UTF-8, so that a failure can be read, and small tables in the place of the
// model's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "markup/markup.hpp"
#include "text/characters.hpp"
#include "words/segments.hpp"

namespace moderation::tests {

Text text(std::string_view utf8);
std::string utf8(View text);

// Parts with "|" between.
std::string listed(const std::vector<std::string>& parts);

// The classes of every character as `Characters` of _native.pyi has them, with a few characters to fold:
//     Ａ-Ｚ, １ → letters and digits       開 → 开                     U+200B is dropped
//     ㏄ → "cc"                            а (Cyrillic) → a, @ → a     女马 → 妈
//     (kai) behind a character is dropped   . and ★ are fillers
const Characters& characters();

// Some names of character references, with and without a semicolon.
const Entities& entities();

// The blocks of a page, "path: text" each; behind a hidden one the reason in braces.
std::vector<std::string> blocks(std::string_view page);
Outline outline(std::string_view page, std::uint64_t steps = limits::steps);

// Numbers that are the same on every machine; distributions of the standard library are not.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint32_t below(std::uint32_t bound) {
        state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
        return static_cast<std::uint32_t>(state_ >> 33) % bound;
    }

private:
    std::uint64_t state_;
};

}  // namespace moderation::tests
