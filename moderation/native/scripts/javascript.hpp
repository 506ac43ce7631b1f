// The tokens of a script, as far as reading its literals takes them. Nothing of a script is ever run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limits.hpp"
#include "text/text.hpp"

namespace moderation::javascript {

// A text is a string in quotes, a chunk a part of a template between its backticks and substitutions.
enum class Kind : std::uint8_t { name, number, text, chunk, pattern, sign };

constexpr std::uint32_t none = ~std::uint32_t{0};

// A sign by its one or two characters.
constexpr std::uint32_t sign(char one, char two = '\0') {
    return static_cast<std::uint32_t>(one) | static_cast<std::uint32_t>(two) << 8;
}

// `start` and `end` count in the script, quotes included. `partner` is the number of the other bracket of a pair.
struct Token {
    std::uint32_t start, end;
    std::uint32_t partner = none;
    std::uint32_t sign = 0;
    Kind kind = Kind::sign;
    bool is_closed = true;    // of texts: their quote stands on their line
    bool has_escape = false;  // of texts, chunks and names

    bool is(std::uint32_t what) const { return kind == Kind::sign && sign == what; }
    bool is_text() const { return kind == Kind::text || kind == Kind::chunk; }
    std::uint32_t inner_start() const { return kind == Kind::text ? start + 1 : start; }
    std::uint32_t inner_end() const { return kind == Kind::text && is_closed ? end - 1 : end; }
};

// The tokens of a script in order, at most `most`; comments are left out. Takes linear time.
std::vector<Token> read_tokens(View source, std::size_t most);

// A stretch of a script that may be cut without making it another one: the inside of a string, or all numbers of a
// list. `is_prose`: nothing in it is markup or escaped, and no method is called on it.
struct Literal {
    std::uint32_t start, end;
    bool is_list, is_prose;
};

std::vector<Literal> find_literals(View source);

// Tokens of a script that are read.
inline constexpr std::size_t most_tokens = limits::script_tokens;

}  // namespace moderation::javascript
