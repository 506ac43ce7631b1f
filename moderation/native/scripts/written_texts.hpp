// The texts that scripts write, with their places in the page.
#pragma once

#include <cstdint>
#include <vector>

#include "html/entities.hpp"
#include "scripts/constants.hpp"
#include "scripts/writings.hpp"

namespace moderation::javascript {

// What is written, and where: as the page's title, as its metadata, as text, as markup.
enum class Form : std::uint8_t { title, meta, text, markup };

// Takes what a script of the page writes, and what the scripts in it do.
class WrittenTexts {
public:
    // `script`: that of the page, which begins at `base`.
    WrittenTexts(const Entities& entities, View script, std::uint32_t base, std::vector<Writing>& written)
        : entities_(entities), script_(script), base_(base), written_(written) {}

    // Adds what is written; `place` is that of the whole expression. `is_spread` and `is_held` are those of its Value.
    void add(Traced&& traced, bool is_spread, bool is_held, const char* how, Form form, Origin place);

private:
    // A text as a value of the page, each character where it comes from.
    moderation::Value placed(Traced&& traced) const;

    // References in a title, and escapes of "unescape", which some templates leave in.
    void resolve(Traced& traced) const;

    // What stands at `at` for others; `resolved` is what, or empty. Comes back with where it ends.
    std::size_t resolve_at(View text, std::size_t at, Text& resolved) const;

    const Entities& entities_;
    const View script_;
    const std::uint32_t base_;
    std::vector<Writing>& written_;
};

}  // namespace moderation::javascript
