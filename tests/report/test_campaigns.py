"""Campaigns: what was shuffled and exchanged in part is the same block, what shares nothing is not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from moderation.report.campaigns import Campaigns
from moderation.training.synthesis import LABELS, Composer, load_grammars

WORDS = "澳门,百家乐,棋牌,开户,真人,电子,老虎机,彩票,体育,投注,官网,下载".split(",")


def add(found: Campaigns, text: str, number: int, host: str = "", date: str = "") -> None:
    found.add(text, label="gambling", place="title", page=str(number), host=host or f"h{number}", date=date)


@pytest.fixture
def composer(datasets: Path) -> Composer:
    return Composer(load_grammars(datasets), 11)


def test_shuffled_and_exchanged_words_are_one_campaign() -> None:
    found = Campaigns()
    pick = random.Random(1)
    for number in range(20):
        words = [*WORDS, f"新词{number}"]
        words.remove(pick.choice(WORDS))
        pick.shuffle(words)
        add(found, "|".join(words), number)
    (row,) = found.rows()
    assert row["pages"] == row["findings"] == 20
    assert len(row["hosts"]) == 20
    assert row["texts"] == 20


def test_spelling_does_not_matter() -> None:
    found = Campaigns()
    add(found, "澳门百家乐开户", 1)
    add(found, "澳門百家樂開戶", 2)
    add(found, "澳\u200b门百家乐开户", 3)
    (row,) = found.rows()
    assert row["pages"] == 3


def test_different_blocks_are_different_campaigns(composer: Composer) -> None:
    found = Campaigns()
    texts = list(dict.fromkeys(composer.injection(label).text for label in LABELS for _ in range(8)))
    for copy in range(2):
        for number, text in enumerate(texts):
            add(found, text, 1000 * copy + number)
    rows = list(found.rows())
    # Frames of one template with other names may meet; what is planted in fifty wordings is no ten campaigns.
    assert len(rows) > 0.8 * len(texts)
    assert sum(row["pages"] for row in rows) == 2 * len(texts)


def test_order_of_the_texts_decides_and_nothing_else(composer: Composer) -> None:
    texts = [composer.injection(label).text for label in LABELS for _ in range(20)]
    results = []
    for _ in range(2):
        found = Campaigns()
        for number, text in enumerate(2 * texts):
            add(found, text, number // 2)
        results.append(list(found.rows()))
    assert results[0] == results[1]
    assert results[0]


def test_dates_hosts_and_labels() -> None:
    found = Campaigns()
    add(found, "澳门百家乐开户", 1, "b", "2024-03-01T00:00:00Z")
    add(found, "澳门百家乐开户", 2, "a", "2024-01-01T00:00:00Z")
    found.add("澳门百家乐开户", label="seo", place="meta", page="2", host="a", date="2024-01-01T00:00:00Z")
    add(found, "澳门百家乐开户", 3, "a")
    (row,) = found.rows()
    assert row["first"] == "2024-01-01T00:00:00Z"
    assert row["last"] == "2024-03-01T00:00:00Z"
    assert row["hosts"] == {"a": 2, "b": 1}
    assert (row["pages"], row["findings"], row["label"]) == (3, 4, "gambling")
    assert row["places"] == {"meta": 1, "title": 3}
    assert row["where"] == "1"


def test_one_page_is_no_campaign() -> None:
    found = Campaigns()
    add(found, "澳门百家乐开户", 1)
    add(found, "澳门百家乐开户", 1)
    add(found, "！！！", 2)
    add(found, "！！！", 3)
    assert list(found.rows()) == []
    assert found.of("澳门百家乐开户") == found.of("！！！") == found.of("没有见过") == ""
    add(found, "澳门百家乐开户", 4)
    (row,) = found.rows()
    assert found.of("澳门百家乐开户") == row["campaign"]


def test_half_a_character_is_no_fault() -> None:
    found = Campaigns()
    add(found, "澳门\ud83d百家乐", 1)
    add(found, "澳门\ud83d百家乐", 2)
    assert [row["pages"] for row in found.rows()] == [2]
