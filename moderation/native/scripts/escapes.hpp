// How a character is written by others: escapes of scripts and of addresses, base64.
#pragma once

#include <cstdint>

#include "scripts/constants.hpp"

namespace moderation::javascript {

// The character of the escape whose backslash stands at `at`, which is moved behind it; `no_character` if it is none.
constexpr char32_t no_character = 0x110000;
char32_t read_escape(View text, std::size_t& at);

// Puts the halves of a character beyond the BMP together; half of one is no character.
void join_halves(Traced& traced);

// Bytes that are UTF-8 read as that: what a script decodes by itself.
void join_bytes(Traced& traced);

// The escapes of addresses in a text: "%41" and, where `is_unescape`, "%u4e00". Bytes are UTF-8 where they can be.
Traced from_percents(const Traced& coded, bool is_unescape);

// What a base64 text says, byte by byte; all of them come from all of it.
Traced from_base64(const Traced& coded);

}  // namespace moderation::javascript
