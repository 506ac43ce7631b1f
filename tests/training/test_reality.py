"""What was found on the web is read whole, labelled, grouped for the split, and left out where its label is wrong."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path

import pytest

from moderation.errors import DataSetError
from moderation.training.corpus import fold_of
from moderation.training.dataset import Sources, digest, own_pages
from moderation.training.planting import PHRASE_PLACEMENTS, inject
from moderation.training.reality import LabelGuesser, Reality, phrase_group, spam_spans
from moderation.training.synthesis import Injection

DATASETS = Path(__file__).parents[2] / "datasets"
LISTING = DATASETS / "sources.toml"


def member(record: str, body: bytes) -> bytes:
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Record-ID: <urn:x-record:{record}>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        "WARC-Type: response\r\nWARC-Target-URI: http://www.example.com/\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + b"\r\n\r\n")


@pytest.fixture
def small(tmp_path: Path) -> tuple[Sources, Path]:
    """A few rows of each kind, written here, as the real sets are laid out."""
    folder = tmp_path / "sets"
    folder.mkdir()
    page = "<html><head><title>{}</title></head><body><p>一段文字</p></body></html>"
    files: list[tuple[str, str, str, bytes]] = [
        (
            "clean.tsv",
            "page-table",
            "clean",
            b"\n".join(
                [
                    b"record\turl\tsite\tkind\tscript\tcharset\twords",
                    b"clean/1.html\thttp://a.example/1\ta.example\tschool\tzh-Hans\tgb18030\tgambling,adult",
                    b"clean/2.html\thttp://a.example/2\ta.example\tnews\tzh-Hans\tutf-8\t",
                    b"clean/3.html\thttp://b.example/\tb.example\tnews\tzh-Hans\tutf-8\t",
                ]
            ),
        ),
        (
            "clean.warc.gz",
            "warc-pages",
            "clean",
            member("clean/1.html", page.format("东岭中学的新闻和通知").encode("gb18030"))
            + member("clean/2.html", page.format("二").encode())
            + member("clean/9.html", page.format("九").encode())
            # Neither text nor page.
            + member("clean/3.html", b"\x89PNG\r\n" + bytes(200)),
        ),
        (
            "spam.tsv",
            "page-table",
            "mixed",
            "record\turl\tsite\tlabel\twhere\tmode\ttext\n"
            'spam/1.html\thttp://c.example/\tc.example\tgambling\ttitle\tinjected?\t"甲某\n'
            "spam/2.html\thttp://d.example/\td.example\tadult\tbody\town/title\t乙\n".encode(),
        ),
        (
            "spam.warc.gz",
            "warc-pages",
            "mixed",
            member("spam/1.html", page.format("甲").encode()) + member("spam/2.html", page.format("乙").encode()),
        ),
        ("titles.txt", "tampered", "mixed", "甲某体育平台\n乙某资料大全\n\n".encode()),
        (
            "texts.jsonl",
            "spam-texts",
            "mixed",
            "\n".join(
                json.dumps({"text": text, "label": label, "lang": "zh", "kind": "title", "source": source})
                for text, label, source in [
                    ("甲某体育平台", "gambling", "XingZhou2024/WebsiteTamperingDetector"),
                    ("丙某", "adult", "someone/one"),
                    ("丁某", "adult", "github-issue:someone"),
                    ("戊某 12345", "fraud", "MarkIvory2973/tg-spam"),
                ]
            ).encode(),
        ),
        ("spans.tsv", "spans", "mixed", "span\tlabel\tlang\trole\thosts\n己某66\tgambling\tzh\tin-prose\t3\n".encode()),
        (
            "hard.jsonl",
            "hard-lines",
            "clean",
            json.dumps({"text": "庚某公司", "kind": "company", "lang": "zh", "source": "x/y"}).encode(),
        ),
        ("names.txt", "names", "clean", "辛某学校\nXin\n".encode()),
    ]
    listing = []
    for name, form, label, content in files:
        (folder / name).write_bytes(content)
        fields = {"name": name, "path": name, "format": form, "label": label, "use": "real", "licence": "own"}
        rows = {**fields, "url": "own", "sha256": digest(folder / name)}
        listing.append("[[source]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items()))
    (tmp_path / "sources.toml").write_text("\n".join(listing), "utf-8")
    (tmp_path / "wrong_labels.tsv").write_text("record\treason\n", "utf-8")
    return Sources(tmp_path / "sources.toml", folder), tmp_path


def test_pages_are_read_with_what_their_table_says(small: tuple[Sources, Path]) -> None:
    real = Reality(*small)
    first, second = real.clean_pages()
    assert (first.name, first.site, first.url, first.kind) == (
        "clean/1.html",
        "a.example",
        "http://a.example/1",
        "school",
    )
    assert first.words == {"gambling", "adult"}
    assert second.words == frozenset()
    assert "东岭中学" in first.content
    one, two = real.spam_pages()
    assert (one.label, one.labels, one.where, one.injected, one.text) == (
        "gambling",
        frozenset({"gambling"}),
        "title",
        True,
        '"甲某',
    )
    assert not two.injected


def test_what_is_not_handed_out_is_named(small: tuple[Sources, Path]) -> None:
    sources, folder = small
    (folder / "wrong_labels.tsv").write_text("record\treason\nclean/2.html\tits title sells bets\n", "utf-8")
    real = Reality(sources, folder)
    assert [page.name for page in real.clean_pages()] == ["clean/1.html"]
    assert real.left_out == {
        "clean/2.html": "wrong label: its title sells bets",
        "clean/9.html": "its table has no such row",
        "clean/3.html": "the archives hold no page of it",
    }


def test_list_of_wrong_labels_is_checked(small: tuple[Sources, Path]) -> None:
    sources, folder = small
    listing = folder / "wrong_labels.tsv"
    for text, problem in [
        ("clean/7.html\tno such page", "clean/7.html"),
        ("clean/1.html", "no record, tab and reason"),
        ("clean/1.html\ta\nclean/1.html\tb", "twice"),
    ]:
        listing.write_text(f"record\treason\n{text}\n", "utf-8")
        with pytest.raises(DataSetError, match=problem):
            Reality(sources, folder)


def test_phrases_have_labels_and_groups(small: tuple[Sources, Path]) -> None:
    found = {phrase.text: phrase for phrase in Reality(*small).phrases()}
    assert len(found) == len(list(Reality(*small).phrases())) == 6
    # A title takes the label that the same text has in its set.
    assert (found["甲某体育平台"].label, found["乙某资料大全"].label) == ("gambling", "")
    assert found["甲某体育平台"].origin == "titles.txt"
    assert found["丙某"].group == found["丁某"].group == "owner:someone"
    assert found["戊某 12345"].group == phrase_group("戊某99999") == "phrase:戊某00000"
    assert found["己某66"].kind == "in-prose"


def test_honest_lines_are_read(small: tuple[Sources, Path]) -> None:
    lines = list(Reality(*small).honest_lines())
    assert [(line.text, line.kind, line.lang) for line in lines] == [
        ("庚某公司", "company", "zh"),
        ("辛某学校", "name", "zh"),
        ("Xin", "name", "en"),
    ]


def test_bad_rows_of_a_set_are_named(small: tuple[Sources, Path]) -> None:
    _, folder = small
    (folder / "sets" / "hard.jsonl").write_text('{"text": 3}\n', "utf-8")
    found = digest(folder / "sets" / "hard.jsonl")
    listing = folder / "sources.toml"
    listing.write_text(
        re.sub(r'(name = "hard.jsonl"[^\[]*sha256 = )"\w+"', rf'\1"{found}"', listing.read_text("utf-8")), "utf-8"
    )
    with pytest.raises(DataSetError, match=r"hard\.jsonl:1"):
        list(Reality(Sources(listing, folder / "sets"), folder).honest_lines())


def test_without_public_sets_there_is_nothing() -> None:
    real = Reality(Sources(LISTING, None), DATASETS)
    assert not [*real.clean_pages(), *real.spam_pages(), *real.phrases(), *real.honest_lines()]


def test_groups_of_like_phrases_are_one() -> None:
    assert phrase_group("ＡＢ某 2023年 最新入口") == phrase_group("ab某2024年最新 官网")
    assert phrase_group("甲某体育") != phrase_group("乙某体育")


def test_label_is_guessed_by_what_only_one_label_says() -> None:
    guess = LabelGuesser(DATASETS).guess_label
    assert guess("必 威 体育") == guess("澳门三肖资料") == "gambling"
    assert guess("某某钱包官方下载") == "fraud"
    assert guess("代开发票") == "fraud"
    assert guess("品茶工作室") == "escort"
    assert guess("江北的春天") == ""


@pytest.mark.parametrize("placement", PHRASE_PLACEMENTS)
def test_phrase_is_planted_where_it_is_said_to_be(placement: str) -> None:
    for host in own_pages(DATASETS):
        made = inject(
            host.content, Injection("甲某体育", "gambling", frozenset(), "phrase"), placement, random.Random(1)
        )
        assert made is not None
        copy = made.content[made.span.start : made.span.end]
        assert made.content != made.original
        if placement == "title-replaced":
            assert "<title>甲某体育</title>" in made.content
            assert "<title></title>" in made.original
        elif placement == "h1":
            assert "<h1>甲某体育</h1>" in made.content
        else:
            assert copy == "甲某体育" or copy.startswith("&#")


def test_real_sets_are_read_whole(sources: Path) -> None:
    if not (sources / "real").is_dir():
        pytest.skip("needs the folder real/ of the public sources")
    real = Reality(Sources(LISTING, sources), DATASETS)
    spam = list(real.spam_pages())
    left = sum(reason.startswith("wrong label") for reason in real.left_out.values())
    assert len(spam) + left == 397
    assert len(real.left_out) == left
    assert {page.label for page in spam} <= {"gambling", "adult", "fraud", "drugs", "escort", "piracy", "seo"}
    phrases = list(real.phrases())
    assert len(phrases) == 10_763
    assert {fold_of(phrase.group) for phrase in phrases} == {0, 1, 2, 3, 4}
    lines = list(real.honest_lines())
    assert len(lines) == 2_958
    clean = real.clean_pages()
    first = [next(clean) for _ in range(50)]
    assert all(page.url and page.kind and page.content.count("\ufffd") < 0.1 * len(page.content) for page in first)


PAGE = "<html><head><title>东岭中学</title></head><body>{}</body></html>"
SPAM = "澳门甲某赌场 官网注册送彩金 乙某棋牌下载"


def of(content: str, text: str) -> list[str]:
    return [content[span.start : span.end] for span in spam_spans(content, text)]


def test_spam_is_found_again_in_other_blanks_and_cut() -> None:
    content = PAGE.format(f"<p>{SPAM}</p>")
    assert of(content, SPAM.replace(" ", "")[:16]) == [SPAM]
    assert of(content, "丙某彩票平台开户网址大全") == []


def test_piece_in_a_longer_block_is_found_where_it_stands() -> None:
    sentence = "<p>学校今天举行运动会，全体师生参加，家长也来到操场上加油。<b>甲某赌场</b> 开户，然后大家一起回家。</p>"
    assert of(PAGE.format(sentence * 2), "甲某赌场开户") == ["甲某赌场</b> 开户"] * 2


@pytest.mark.parametrize(
    ("place", "share", "whole"),
    [("ul", 0.1, True), ("footer", 0.1, True), ("p", 0.5, True), ("p", 0.1, False)],
)
def test_piece_that_was_cut_stands_for_its_list(place: str, share: float, whole: bool) -> None:
    """What a table cut off is spam as well where it is a list of links or a footer, or not much."""
    texts = [f"甲某赌场第{number}厅开户" for number in range(round(20 / share))]
    item = "<li><a href=/>{}</a></li>" if place == "ul" else "{} "
    content = PAGE.format(f"<{place}>" + "".join(item.format(text) for text in texts) + f"</{place}>")
    found = of(content, " ".join(texts)[:200])
    assert found
    assert (texts[-1] in "".join(found)) is whole
