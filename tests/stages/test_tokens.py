"""Words: jieba's own, in segments, and the terms they bring."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import _native
from moderation.data import Page, Tokens
from moderation.stages.blocks import outline
from moderation.stages.decode import decode
from moderation.stages.normalize import fold
from moderation.stages.tokens import DOMAINS, LONG, NUMBER, SOUNDS, URL, dictionary, terms, tokenize


def segments(text: str) -> list[list[str]]:
    """The words of each segment."""
    tokens = tokenize(text)
    return [tokens.words[first:last] for first, last in zip(tokens.first, tokens.first[1:], strict=False)]


# -- the same words as jieba's


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> jieba.Tokenizer:
    """A tokenizer of our own: the module's would write its cache where every user of the machine may."""
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    tokenizer.cache_file = "jieba.cache"
    jieba.setLogLevel("ERROR")
    tokenizer.initialize()
    return tokenizer


def differences(lines: Iterable[str], reference: jieba.Tokenizer) -> list[str]:
    """The lines that the two cut differently, as they are and folded."""
    distinct = {each for line in lines for each in (line, fold(line).text)}
    return [line for line in distinct if dictionary().cut(line) != reference.lcut(line, HMM=False)]


def lines_of(page: Page) -> set[str]:
    return {line for block in outline(page).blocks for line in block.text.split("\n")}


def test_same_words_as_jieba_on_hard_negatives(datasets: Path, reference: jieba.Tokenizer) -> None:
    rows = (datasets / "hard_negatives.jsonl").read_text("utf-8").splitlines()
    texts = [line for row in map(json.loads, rows) for line in row.get("text", "").split("\n")]
    assert len(texts) > 300
    assert differences(texts, reference) == []


def test_same_words_as_jieba_on_the_lexicon(datasets: Path, reference: jieba.Tokenizer) -> None:
    terms_of = [
        term
        for path in sorted((datasets / "lexicon").glob("*.toml"))
        for table in (tomllib.loads(path.read_text("utf-8")),)
        # names.toml holds names by label and rank, the others terms by role.
        for roles in (table["names"].values() if "names" in table else [table["roles"]])
        for role in roles.values()
        for term in role
    ]
    assert len(terms_of) > 1000
    # Each alone, and all in one line as lists have them.
    assert len(differences([*terms_of, "".join(terms_of), "_".join(terms_of)], reference)) == 0


def test_same_words_as_jieba_on_our_pages(datasets: Path, reference: jieba.Tokenizer) -> None:
    pages = sorted((datasets / "pages").glob("*.html"))
    assert pages
    for path in pages:
        assert differences(lines_of(Page(path.read_text("utf-8"))), reference) == [], path.name


def test_same_words_as_jieba_on_real_pages(sources: Path, reference: jieba.Tokenizer) -> None:
    pages = sorted(path for path in (sources / "html_zh").rglob("*") if path.is_file())
    lines: set[str] = set()
    for path in pages:
        lines |= lines_of(Page(decode(path.read_bytes()).text))
    assert len(lines) > 5000
    # A number, not the lines: what is not ours is not printed.
    assert len(differences(lines, reference)) == 0


# -- segments

CUT = {
    "one": ("澳门威尼斯人", ["澳门威尼斯人"]),
    "bars": ("在线观看|一区二区|国产精品", ["在线观看", "一区二区", "国产精品"]),
    "underlines": ("在线观看_一区二区", ["在线观看", "一区二区"]),
    "a Han stroke as bar": ("在线丨一区", ["在线", "一区"]),
    "blanks": ("澳门 开户", ["澳门", "开户"]),
    "commas": ("澳门,开户，在线、一区", ["澳门", "开户", "在线", "一区"]),
    "a lone i as bar": ("澳门 i 开户 i 在线", ["澳门", "开户", "在线"]),
    "line break": ("澳门\n开户", ["澳门", "开户"]),
    "brackets": ("【澳门】(开户)", ["澳门", "开户"]),
    "latin words of one name": ("new york times", ["newyorktimes"]),
    "joints of latin": ("at&t wi-fi e.g", ["at&twi-fie.g"]),
    "latin and Han": ("bet365 官网", ["bet365", "官网"]),
    "latin inside Han": ("澳门app下载", ["澳门app下载"]),
    "two blanks between latin": ("new  york", ["new", "york"]),
    "nothing": ("", []),
    "signs": (" |_-,。 ", []),
}


@pytest.mark.parametrize(("text", "expected"), CUT.values(), ids=CUT)
def test_segments(text: str, expected: list[str]) -> None:
    joints = str.maketrans("", "", " ")
    assert ["".join(words).translate(joints) for words in segments(text)] == [
        each.replace("&", "").replace("-", "").replace(".", "") for each in expected
    ]


def test_separators() -> None:
    assert tokenize("【澳门】_ 开户 i 在线。").separators == ["【", "】_ ", " i "]


NUMBERS = {
    "2024": [NUMBER],
    "13800138000": [NUMBER],
    "0000": [NUMBER],
    "365": ["365"],
    "7": ["7"],
    "bet365": ["bet365"],
    "a2024": ["a2024"],
}


@pytest.mark.parametrize(("text", "words"), NUMBERS.items(), ids=NUMBERS)
def test_number(text: str, words: list[str]) -> None:
    assert tokenize(text).words == words


ADDRESSES = {
    "https://example.com/a/b.html?c=1&d=澳门": [URL, "澳门"],
    "www.example.com": [URL],
    "example.cn": [URL],
    "m.example.com.cn/path": [URL],
    "index.php": [URL],
    "someone@example.org": [URL],
    "公司 example.com开户": ["公司", URL, "开户"],
    "https://a.b 开户": [URL, "开户"],
}
NO_ADDRESSES = ["一区.二区", "3.14", "e.g", "1.example", "v2.0", "a.b.c", "examplecom", "a:b", "in.common"]


@pytest.mark.parametrize(("text", "words"), ADDRESSES.items(), ids=ADDRESSES)
def test_address(text: str, words: list[str]) -> None:
    assert tokenize(text).words == words


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_no_address(text: str) -> None:
    assert URL not in tokenize(text).words


def test_addresses_stand_where_they_stood() -> None:
    text = "去 www.example.com/x 开户"
    tokens = tokenize(text)
    at = tokens.words.index(URL)
    assert text[tokens.starts[at] : tokens.ends[at]] == "www.example.com/x"


# -- terms


def kinds_of(text: str) -> list[tuple[set[str], set[str]]]:
    """The words and the sounds each word of a text brings."""
    return [
        ({term for term in word if term[0] != SOUNDS}, {term[1:] for term in word if term[0] == SOUNDS})
        for word in terms(tokenize(text))
    ]


def test_terms_of_each_word() -> None:
    first, second, third = kinds_of("澳门开户app")
    assert first[0] == {"澳门"}
    assert second[0] == {"开户", "澳门 开户"}
    assert third == ({"app", "开户 app"}, set())
    # Pairs of sounds end in their word, and may begin in the word before.
    assert len(first[1]) == 1
    assert len(second[1]) == 2


@pytest.mark.parametrize("text", ["菠菜", "bocai", "博cai", "bo cai", "播材"])
def test_terms_of_what_sounds_alike(text: str) -> None:
    def sounds(text: str) -> set[str]:
        return set().union(*(kind[1] for kind in kinds_of(text)))

    assert sounds(text) == sounds("博彩")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("казино онлайн", ["казино", "онлайн"]),
        ("토토사이트 추천", ["토토사이트", "추천"]),
        ("スーパーコピーの通販", ["スーパーコピー", "の", "通", "贩"]),
        ("สล็อต", ["ส", "ล็", "อ", "ต"]),
        ("nha cai uy tin", ["nha", "cai", "uy", "tin"]),
    ],
)
def test_words_of_other_scripts(text: str, words: list[str]) -> None:
    assert tokenize(fold(text).text).words == words


def test_words_of_one_alphabet_are_one_segment() -> None:
    assert tokenize("казино онлайн, ставки").segments == [0, 0, 1]


def test_terms_do_not_reach_across_a_separator() -> None:
    (first, _), (second, characters) = kinds_of("澳门_开户")
    assert (first, second) == ({"澳门"}, {"开户"})
    assert "门开" not in characters


@pytest.mark.parametrize("text", ["", "。", "app", "字"])
def test_terms_of_little(text: str) -> None:
    assert [term for word in terms(tokenize(text)) for term in word] == [text] * (text not in ("", "。"))


# -- properties

TEXTS = st.lists(
    st.sampled_from(
        [
            "澳门",
            "威尼斯人",
            "国产精品",
            "在线",
            "一区",
            "a",
            "i",
            "app",
            "365",
            "2024",
            " ",
            "  ",
            "_",
            "|",
            "丨",
            ".",
            "-",
            "，",
            "\n",
            "http://",
            "www.",
            "example.com",
            "/",
            "@",
            "é",
            "あ",
            "\u200b",
            "\ud800",
            "𠀀",
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=500, deadline=None)
@given(st.one_of(TEXTS, st.text(max_size=40)))
def test_offsets(text: str) -> None:
    tokens = tokenize(text)
    assert len(tokens.words) == len(tokens.starts) == len(tokens.ends) == len(tokens.segments) == tokens.first[-1]
    assert len(tokens.separators) == len(tokens.first) - 1
    at = 0
    for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True):
        assert at <= start < end <= len(text)
        assert word in (text[start:end], URL, NUMBER, LONG)
        at = end
    for number, (first, last) in enumerate(zip(tokens.first, tokens.first[1:], strict=False)):
        assert set(tokens.segments[first:last]) <= {number}


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.data())
def test_terms_of_a_run_are_those_of_its_text_alone(text: str, data: st.DataObject) -> None:
    tokens = tokenize(text)
    count = len(tokens.first) - 1
    low = data.draw(st.integers(0, count))
    high = data.draw(st.integers(low, count))
    first, last = tokens.first[low], tokens.first[high]
    assert terms(tokens, first, last) == terms(_alone(tokens, first, last))


def _alone(tokens: Tokens, first: int, last: int) -> Tokens:
    """The tokens of a run of segments as a text of its own has them."""
    low = tokens.segments[first] if first < last else 0
    words = slice(first, last)
    high = tokens.segments[last - 1] + 1 if first < last else 0
    return Tokens(
        tokens.words[words],
        tokens.starts[words],
        tokens.ends[words],
        [number - low for number in tokens.segments[words]],
        [each - first for each in tokens.first[low : high + 1]] or [0],
        tokens.separators[low:high],
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["澳门威尼斯人", "开户", "国产精品", "一区二区", "在线观看", "app"]), min_size=1, max_size=8
    ),
    st.data(),
)
def test_segments_read_alone_read_the_same(keywords: list[str], data: st.DataObject) -> None:
    text = "_".join(keywords)
    low = data.draw(st.integers(0, len(keywords) - 1))
    high = data.draw(st.integers(low + 1, len(keywords)))
    tokens = tokenize(text)
    assert terms(tokens, tokens.first[low], tokens.first[high]) == terms(tokenize("_".join(keywords[low:high])))


@pytest.mark.parametrize(
    "unit",
    ["国", "a", "a ", "1", "_", "国_", ".", "a.", "www.", "http://", "@", "a@", "a.com", "i ", "丨", "-", "é", "国 i "],
)
def test_work_grows_with_the_text(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    tokens = tokenize(text)
    # Every character is in one word at most, and brings a bounded number of terms.
    assert all(end <= start for end, start in zip(tokens.ends, tokens.starts[1:], strict=False))
    assert len(tokens.words) <= len(text)
    assert sum(map(len, terms(tokens))) <= 4 * len(text)


# -- what the segments are, as one regular expression

# Dashes in front of a host are none of it; "www." is an address of the first kind.
_HOST = rf"(?<![a-z0-9.-])-*(?!www\.)(?P<host>[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:{'|'.join(DOMAINS)})(?![a-z0-9]))"
_ADDRESS = (
    r"(?:https?:/?/?|ftp://|www\.)[a-z0-9_./?=&%#:~+,;@!$*()-]+"
    r"|(?<![a-z0-9_.+-])[a-z0-9_.+-]++@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+"
    rf"|{_HOST}(?:[/?#][a-z0-9_./?=&%#:~+,;@-]*)?"
)
# 丨 is a Han stroke that lists use as a bar. Between letters of an alphabet and digits one blank or joint does not
# separate; the vowel signs of Indic scripts and of Thai are no letters to Python.
_BLANKED = "a-z0-9\\u00df-\\u052f\\u0900-\\u0e7f\\uac00-\\ud7a3"
_RUN = r"[^\W_丨]+(?:[\u0900-\u0e7f]+[^\W_丨]*)*"
_TEXT = f"{_RUN}(?:(?<=[{_BLANKED}])[ '.&+-](?=[{_BLANKED}]){_RUN})*"
_PLAIN, _MIXED = re.compile(_TEXT), re.compile(f"(?P<address>{_ADDRESS})|{_TEXT}")
_PIECES = st.sampled_from(
    [
        *"国澳门开户一丨々〇𠀀x7i_ .,'&+-|·()\n\t０é²½٣кあアーกำเขา한국@:/?#.",
        *["app ", "c++", " i ", "कि", "at&t", "1234", "казино", "カジノ", "สล็อต", "\ue000", "\x1f", "..", "--"],
        *["http://", "https:", "ftp://", "www.", ".com", ".cn", "a.b", "a@b.cc", ".online", ".comx", "://", "x.html?"],
    ]
)


def expected(text: str) -> list[tuple[int, int, bool]]:
    """Where the segments of a text stand, and which of them are addresses."""
    pattern = _MIXED if "." in text or "://" in text else _PLAIN
    spans = [
        (
            found.start("host") if found.groupdict().get("host") else found.start(),
            found.end(),
            found.lastgroup is not None,
        )
        for found in pattern.finditer(text)
    ]
    return [(start, end, address) for start, end, address in spans if text[start:end] != "i"]


@settings(max_examples=3000, deadline=None)
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_segments_are_those_of_the_expression(text: str) -> None:
    tokens = tokenize(text)
    segments = expected(text)
    assert len(tokens.first) == len(segments) + 1
    separators = [
        text[behind:start] for (_, behind, _), (start, _, _) in zip([(0, 0, False), *segments], segments, strict=False)
    ]
    assert tokens.separators == separators
    for number, (start, end, address) in enumerate(segments):
        words = range(tokens.first[number], tokens.first[number + 1])
        if address:
            assert [(tokens.words[at], tokens.starts[at], tokens.ends[at]) for at in words] == [(URL, start, end)]
        else:
            assert all(start <= tokens.starts[at] < tokens.ends[at] <= end for at in words)
            assert URL not in [tokens.words[at] for at in words]


@pytest.mark.parametrize("lines", [b"", b"\n\n", b"word\n", b" 3 n\n", "𠀀 3 n\n".encode()])
def test_what_is_no_dictionary_is_refused(lines: bytes) -> None:
    with pytest.raises(ValueError, match="dictionary"):
        _native.Dictionary(lines)
