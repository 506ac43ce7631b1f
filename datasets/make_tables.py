"""Makes `moderation/stages/tables/t2s.txt`, the traditional -> simplified characters of the folding.

::

    pip install opencc
    python datasets/make_tables.py

Every Han character is converted alone with OpenCC's ``t2s``; Japanese forms outside GB 2312, which simplified text does
not use, go through ``jp2t`` first. On 1.9 million characters of simplified titles and
medical questions this changes 55 (噁 24 times, 査 17, 乾 7), so no exceptions are kept. OpenCC
(https://github.com/BYVoid/OpenCC) and its dictionaries are Apache-2.0. It is needed here only, never when pages are
judged.
"""

from __future__ import annotations

from pathlib import Path

import opencc

TABLE = Path(__file__).parent.parent / "moderation" / "stages" / "tables" / "t2s.txt"
HAN = (range(0x3400, 0xA000), range(0x20000, 0x32000))


def main() -> None:
    to_simplified = opencc.OpenCC("t2s").convert
    from_japanese = opencc.OpenCC("jp2t").convert
    pairs: dict[str, str] = {}
    for character in (chr(number) for numbers in HAN for number in numbers):
        simple = to_simplified(character)
        if simple == character and not character.encode("gb2312", "ignore"):
            simple = to_simplified(from_japanese(character))
        # Forms outside the BMP (嗰 -> 𠮶) are nobody's simplified text.
        if len(simple) == 1 and simple != character and simple < "\U00010000":
            pairs[character] = simple
    # Chains end in one step, so that folding twice changes nothing.
    for character, simple in pairs.items():
        while simple in pairs and pairs[simple] != character:
            simple = pairs[simple]
        pairs[character] = simple
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(
        "# Traditional and simplified characters, one above the other. Derived from OpenCC (https://github.com/BYVoid/"
        f"OpenCC), Apache-2.0, by datasets/make_tables.py.\n{''.join(pairs)}\n{''.join(pairs.values())}\n",
        encoding="utf-8",
    )
    print(f"{len(pairs):,} pairs -> {TABLE.name}")


if __name__ == "__main__":
    main()
