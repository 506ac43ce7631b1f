"""What all words of a page say of it: counted and added up by the engine as scikit-learn does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from moderation.data import Page
from moderation.engine.reading import PageReader
from moderation.engine.search import find_candidates
from moderation.model import Model
from moderation.training.whole import PageWords, WholeSettings, WholeWords, read_words, with_whole
from tests.engine.test_brands import model as tiny

HONEST = [
    f"<title>阀门厂</title><p>本公司生产球阀和管道配件，第{at}车间，欢迎来电订购阀门。</p>" * 5 for at in range(6)
]
SPAM = [
    f"<title>娱乐城</title><p>百家乐开户送彩金，真人荷官，第{at}期投注，欢迎来玩老虎机。</p>" * 5 for at in range(6)
]
SETTINGS = WholeSettings(min_groups=2, shift=0.25, faint=0.0)


def rows(pages: list[str], is_spam: bool) -> list[tuple[str, str, bool]]:
    return [(page, f"site:{is_spam}-{at}", is_spam) for at, page in enumerate(pages)]


def counted(page: str) -> PageWords:
    (words,) = read_words([(page, "", False)])
    return words


@pytest.fixture(scope="module")
def trained() -> Model:
    words = read_words([*rows(HONEST, False), *rows(SPAM, True)])
    return with_whole(tiny(), WholeWords(words, SETTINGS), range(len(words)))


def whole(page: str, reader: PageReader) -> float:
    said = reader.engine.search(page, True).whole()
    assert said is not None
    return said


def test_words_are_counted_wherever_they_stand() -> None:
    words = counted("<title>阀门</title><p>阀门 球阀 阀门</p><p hidden>球阀</p><img alt='阀门'>")
    assert sorted(words.times.tolist()) == [2, 4]
    assert len(set(words.keys.tolist())) == 2


def test_numbers_and_addresses_are_no_words() -> None:
    # The scheme of an address is one.
    assert counted("<p>阀门 84375521 http://abc.com/x</p>").keys.tolist() == counted("<p>阀门 http</p>").keys.tolist()


def test_words_are_the_same_whatever_was_read_before() -> None:
    alone, (_, behind) = counted(SPAM[1]), read_words([*rows(HONEST[:1], False), *rows(SPAM[1:2], True)])
    assert alone.keys.tolist() == behind.keys.tolist()
    assert alone.times.tolist() == behind.times.tolist()


def test_score_is_that_of_logistic_regression_over_tfidf(trained: Model) -> None:
    # A known name, so that there is a candidate: a page without one is not asked.
    page = SPAM[2] + "<p>澳门银河</p>"
    words = counted(page)
    known = {key: at for at, key in enumerate(trained.whole_keys.tolist())}
    value = np.zeros(len(known))
    for key, times in zip(words.keys.tolist(), words.times.tolist(), strict=True):
        if key in known:
            value[known[key]] = (1 + np.log(times)) * float(trained.whole_idf[known[key]])
    expected = trained.manifest["whole"]["bias"] + value @ trained.whole_weights.astype(float) / np.linalg.norm(value)
    assert np.count_nonzero(value) > 5
    assert whole(page, PageReader(trained)) == pytest.approx(expected, abs=1e-9)


def test_spam_pages_and_honest_ones_are_told_apart(trained: Model) -> None:
    reader = PageReader(trained)
    name = "<p>澳门银河</p>"
    assert whole(SPAM[0] + name, reader) > 1 > -1 > whole(HONEST[0] + name, reader)


def test_page_without_candidate_is_not_asked(trained: Model) -> None:
    assert PageReader(trained).engine.search(HONEST[0], True).whole() is None


FACT = ("fact", "page:as-a-whole")


def test_only_what_speaks_for_spam_is_a_fact(trained: Model) -> None:
    def told(page: str) -> list[float]:
        found = find_candidates(Page(page, True), PageReader(trained), -np.inf).candidates
        return [each.value for one in found for each in one.features() if (each.kind, each.text) == FACT]

    said = whole(SPAM[0] + "<p>澳门银河</p>", PageReader(trained))
    assert told(SPAM[0] + "<p>澳门银河</p>") == [pytest.approx(min(said, 4.0), abs=1e-6)]
    assert told(HONEST[0] + "<p>澳门银河</p>") == []
    # A text without a page around it is no page.
    assert told("<p>百家乐开户 澳门银河</p>") == []


def test_text_without_a_page_is_not_asked(trained: Model) -> None:
    assert PageReader(trained).engine.search("<p>百家乐开户 澳门银河</p>", True).whole() is None


def test_words_of_one_site_say_nothing_of_pages() -> None:
    words = [each._replace(group="site:one") for each in read_words(rows(SPAM, True))]
    made = with_whole(tiny(), WholeWords([*words, *read_words(rows(HONEST, False))], SETTINGS), range(12))
    assert not np.isin(words[0].keys, made.whole_keys).all()


def test_nothing_is_learned_from_pages_of_one_kind() -> None:
    words = read_words(rows(HONEST, False))
    assert with_whole(tiny(), WholeWords(words, SETTINGS), range(len(words))).whole_keys.size == 0


def test_pages_are_chosen_by_number(trained: Model) -> None:
    words = read_words([*rows(HONEST, False), *rows(SPAM, True)])
    some = with_whole(tiny(), WholeWords(words, SETTINGS), [0, 1, 2, 6, 7, 8])
    all_but_names = replace(some, names=trained.names)
    assert all_but_names.whole_weights.tolist() != trained.whole_weights.tolist()


def test_score_is_the_same_when_words_were_forgotten(trained: Model) -> None:
    page = SPAM[0] + "<p>澳门银河</p>"
    reader = PageReader(trained)
    first, remembered = whole(page, reader), 0
    for part in range(20):
        before, remembered = remembered, reader.engine.remembered()
        if remembered < before:
            break
        # Words that no page has twice, until there is no more room for them.
        words = " ".join(f"w{part}x{number}y" for number in range(40_000))
        reader.engine.search(f"<p>{words}</p><p>澳门银河</p>", True)
    else:
        pytest.fail("nothing was forgotten")
    assert whole(page, reader) == first
