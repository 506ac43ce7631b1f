"""The names are read as written, composed with what they say, and held out with all their spellings."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from moderation.errors import DataSetError
from moderation.stages.normalize import fold
from moderation.stages.signals import is_minor
from moderation.training.names import NAME_LABELS, Names, compose_honest, compose_name, load_names
from moderation.training.synthesis import fraction

DATASETS = Path(__file__).parents[2] / "datasets"
NAMES = load_names(DATASETS)
TOML = (DATASETS / "lexicon" / "names.toml").read_text("utf-8")
HALVES = [NAMES.restrict(lambda stem: fraction(stem) < 0.5), NAMES.restrict(lambda stem: fraction(stem) >= 0.5)]


def strings(names: Names, label: str, count: int = 2000) -> list[tuple[str, str]]:
    pick = random.Random(5)
    return [compose_name(names, pick, label) for _ in range(count)]


def honest(names: Names, count: int = 2000) -> list[tuple[str, str]]:
    pick = random.Random(6)
    return [compose_honest(names, pick) for _ in range(count)]


def test_every_word_is_written_as_it_is_compared() -> None:
    words = [name.text for name in NAMES.names]
    words += [word for list_ in NAMES.slots.values() for word in list_]
    words += [*NAMES.behind, *NAMES.in_front, *NAMES.strong, *NAMES.self_words, *NAMES.whole]
    assert [word for word in words if fold(word).text != word] == []


def test_there_is_enough_of_each_kind() -> None:
    assert sum(map(len, NAMES.slots.values())) >= 150
    assert len(NAMES.tails) >= 120
    assert all(len(tails) >= 8 for tails in NAMES.tails_of.values())
    assert len({row for kind in ("han", "han_weak", "latin", "bare") for row in NAMES.patterns[kind]}) >= 60


def test_same_stream_same_strings() -> None:
    assert strings(NAMES, "gambling", 50) == strings(load_names(DATASETS), "gambling", 50)
    assert honest(NAMES, 50) == honest(load_names(DATASETS), 50)


@pytest.mark.parametrize("label", NAME_LABELS)
def test_string_holds_a_spelling_of_its_stem(label: str) -> None:
    spellings: dict[str, list[str]] = {}
    for name in NAMES.names:
        if name.label == label:
            spellings.setdefault(name.stem, []).append(name.text)
    for text, stem in strings(NAMES, label):
        assert "{" not in text
        assert any(spelling in text for spelling in spellings[stem]) if stem else label == "gambling"


def test_common_name_never_stands_alone_and_loose_words_are_for_loose_stems() -> None:
    common = {name.text for name in NAMES.names if name.common}
    firm = re.compile(r"(.*)(集团|公司|有限公司|国际)")
    for label in NAME_LABELS:
        for text, stem in strings(NAMES, label):
            assert text not in common or stem in NAMES.loose
            found = firm.fullmatch(text)
            assert not found or found[1] not in common or stem in NAMES.loose


def test_stem_that_is_held_out_is_in_no_string() -> None:
    assert HALVES[0].stems | HALVES[1].stems == NAMES.stems
    assert not HALVES[0].stems & HALVES[1].stems
    for half, other in (HALVES, HALVES[::-1]):
        made = {stem for label in NAME_LABELS for _, stem in strings(half, label)} | {stem for _, stem in honest(half)}
        assert len(made) > 100
        assert not made & other.stems


def test_spellings_and_letters_go_with_their_stem() -> None:
    without = NAMES.restrict(lambda stem: stem != "新葡京")
    assert {"葡京", "新浦京", "xpj"} <= {name.text for name in NAMES.names} - {name.text for name in without.names}
    assert "新葡京" in NAMES.aliases
    assert "新葡京" not in without.aliases


def test_nothing_is_composed_of_no_names() -> None:
    nothing = NAMES.restrict(lambda stem: False)
    with pytest.raises(DataSetError, match="adult is left"):
        compose_name(nothing, random.Random(1), "adult")
    with pytest.raises(DataSetError, match="honest is left"):
        [compose_honest(nothing, random.Random(1)) for _ in range(100)]


def test_honest_names_are_no_betting_strings() -> None:
    sure = {name.text for name in NAMES.names if not name.common and len(name.text) > 2}
    made = honest(NAMES, 5000)
    assert sum(stem != "" for _, stem in made) > 4000
    assert sorted({text for text, _ in made if any(name in text for name in sure)}) == []


def test_adult_names_have_no_age_and_no_free_digits() -> None:
    numbers = {found for name in NAMES.names for found in re.findall(r"\d+", name.text)}
    for text, _ in strings(NAMES, "adult", 4000):
        assert not is_minor(text)
        assert set(re.findall(r"\d+", text)) <= numbers


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[aliases]", "[alias]", r"aliases: is no table; write \[aliases\]"),
        ('"华体会", "九游会"', '"华体会", "华体会"', "'华体会' stands twice"),
        ('"华体会", "九游会"', '"华体会", "九游会", "永利"', "names.gambling.common: '永利' is a name already"),
        ('"华体会", "九游会"', '"华体会", "九游会", "ly"', "'ly' is two letters; put it under"),
        ('"华体会", "九游会"', '"华体会", "九游会", "Leyu1"', "'Leyu1' holds capitals"),
        ('"华体会", "九游会"', '"华体会", "九游会", "乐"', "has 1 characters"),
        ("[names.fraud]", "[names.piracy]", "names.piracy: is no label of names"),
        ('"立博" = ["ladbrokes"]', '"立勃" = ["ladbrokes"]', "variants.立勃: is no name"),
        ('"立博" = ["ladbrokes"]', '"立博" = ["betway"]', "'betway' has a stem already"),
        ('"立博" = ["ladbrokes"]', '"立博" = ["missav"]', "'missav' has another label"),
        ('"太阳城" = ["tyc"', '"太阳成" = ["tyc"', "aliases: '太阳成' is no stem"),
        ('often = ["永利"', 'often = ["永丽"', "compose.often: '永丽' is no stem"),
        ('"立博" = ["文具"', '"华体会" = ["文具"', "honest.tails_of: '华体会' is no common name"),
        ('bare = ["{latin}体育官网"', 'bare = ["{name}体育官网"', "one of bare none"),
        ('adult = ["{name}官网"', 'adult = ["{name}{digits}"', "makes digits or letters; leave them out"),
        ('game = ["{name}"', 'game = ["{brand}{name}"', "has an unknown slot"),
        ("adult_weak = ", "adult_soft = ", "adult_soft: is missing or unknown"),
        ("places = [", "places = [1, ", "honest.places: is no list of words"),
        ("[slots]", "[slots", "cannot be read: .*restore it"),
    ],
)
def test_file_that_cannot_be_meant_is_named_with_its_fix(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TOML
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "names.toml").write_text(TOML.replace(old, new, 1), "utf-8")
    with pytest.raises(DataSetError, match=r"names\.toml.*" + message):
        load_names(tmp_path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"names\.toml cannot be read"):
        load_names(tmp_path)
