"""Pages, phrases and lines as they were found on the web, read from the sets of use ``real`` in ``sources.toml``.

Nothing of them is copied into the project: what is read here lives as long as the training does. Rows that are labelled
wrongly are named in ``datasets/wrong_labels.tsv`` and left out.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from moderation.data import Page, Place, Span
from moderation.errors import DataSetError
from moderation.inputs.archives import Record, open_pages
from moderation.stages.blocks import outline
from moderation.training.dataset import CLEAN, HostPage, Source, Sources

__all__ = [
    "HonestLine",
    "LabelGuesser",
    "Phrase",
    "Reality",
    "SpamPage",
    "line_record",
    "phrase_group",
    "spam_spans",
    "wrong_labels",
]

_MIXED = "mixed"
_RECORD = re.compile(r"<urn:x-record:([^>]+)>")
_DIGIT = re.compile(r"\d")
_BLANKS = re.compile(r"\s+")
# Characters of a phrase that decide its group: variants of one phrase differ in their ends.
_HEAD = 8
# Code points from which a piece of text in a table of spam pages is the beginning of a longer one.
_KEPT = 199
_LISTS = frozenset([Place.LINKS, Place.FOOTER])
_TAMPERED = "XingZhou2024"
# Owners of sets that many hands wrote, so that the set itself is no group: phrases alike are.
_COLLECTORS = frozenset(["MarkIvory2973", "eMafeh", "gbennnn", "M4RV3L24", "skku-swlab", _TAMPERED])
# False wallets are fraud of today that the lexicon does not sell.
_WALLETS = ("钱包", "wallet", "imtoken", "数字货币", "虚拟货币", "区块链", "以太坊", "比特币")
# Roles of the lexicon that tell a label, by themselves or, in the second tier, where nothing tells more.
_TELLING = (
    (
        (
            "gambling",
            "brand brand_full strong_frame game lottery lottery_region state_lottery mark_six sport_term alias lure",
        ),
        ("adult", "act form zone card repeat site latin soft subtitle rating"),
        ("fraud", "invoice inv_act inv_ask paper paper_kw loan loan_adj ghost exam invest job fans"),
        ("escort", "service tea venue"),
        ("drugs", "knockout arouse narcotic ed rx ed_en rx_en"),
        ("piracy", "sf cheat crack watch book"),
        ("seo", "seo link birth detective hack"),
    ),
    (
        ("gambling", "ambiguous_brand product lottery_term mark_six_place mark_six_term bet_act agent_word event"),
        ("adult", "subject quality filler"),
        ("fraud", "paper_act inv_promise paper_promise"),
        ("escort", "person price area"),
    ),
)


class SpamPage(NamedTuple):
    """A real page with spam on it.

    ``where`` says where on the page (title, body, links, ...); ``injected`` whether the page around is probably
    genuine, False where the site itself or its title is spam; ``text`` is a piece of the spam, not always verbatim.
    """

    name: str
    content: str
    site: str
    url: str
    label: str
    labels: frozenset[str]
    where: str
    injected: bool
    text: str


class Phrase(NamedTuple):
    """A real spam text: a title, line, keyword, message or the name of a brand.

    ``label`` is empty where nobody gave one; ``lang`` is an ISO 639-1 code; ``group`` is what must not stand on both
    sides of a split; ``kind`` is the set's own word for what it is or where it stood.
    """

    text: str
    label: str
    lang: str
    group: str
    origin: str
    kind: str


class HonestLine(NamedTuple):
    """An honest line or name that shares words with spam; fields as those of :class:`Phrase`."""

    text: str
    kind: str
    lang: str
    group: str
    origin: str


def phrase_group(text: str) -> str:
    """The group of a phrase: its first eight characters, without width, case, blanks and the value of digits."""
    return f"phrase:{_DIGIT.sub('0', _plain(text))[:_HEAD]}"


def wrong_labels(folder: Path) -> dict[str, str]:
    """The records of ``wrong_labels.tsv`` in a datasets folder, each with the reason.

    Raises:
        DataSetError: a row has no reason, or stands there twice.
    """
    path = folder / "wrong_labels.tsv"
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines()[1:], 2):
        record, _, reason = line.partition("\t")
        if not record or not reason.strip():
            raise DataSetError(f"{path}:{number}: {line!r} is no record, tab and reason; write both")
        if record in found:
            raise DataSetError(f"{path}:{number}: {record} stands there twice; delete one row")
        found[record] = reason.strip()
    return found


def line_record(text: str) -> str:
    """What an honest line is called in ``wrong_labels.tsv``: its set has no names of its own, so by its SHA-256."""
    return f"hard_clean/{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


class LabelGuesser:
    """Guesses the label of a spam phrase by the lexicon's words.

    Args:
        folder: the project's ``datasets/``.
    """

    def __init__(self, folder: Path) -> None:
        lexica = {label: _lexicon(folder, label) for label, _ in _TELLING[0]}
        sellers = Counter(term for roles in lexica.values() for term in frozenset().union(*roles.values()))
        self._tiers = []
        for tier in _TELLING:
            patterns = []
            for label, names in tier:
                terms = frozenset().union(*(lexica[label][name] for name in names.split()))
                # What several labels say tells none of them.
                telling = {term for term in terms if sellers[term] == 1 and len(term) > 1}
                patterns.append((label, _any_of(telling.union(_WALLETS) if label == "fraud" else telling)))
            self._tiers.append(patterns)

    def guess_label(self, text: str) -> str:
        """The first label a word of which is in the text, gambling first; empty where none is."""
        plain = _plain(text)
        for tier in self._tiers:
            for label, words in tier:
                if words.search(plain):
                    return label
        return ""


def _plain(text: str) -> str:
    """A text without width, case and blanks."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text).lower())


def _lexicon(folder: Path, label: str) -> dict[str, frozenset[str]]:
    """The terms of a label by role, plain."""
    roles = tomllib.loads((folder / "lexicon" / f"{label}.toml").read_text("utf-8"))["roles"]
    return {role: frozenset(map(_plain, terms)) for role, terms in roles.items()}


def _any_of(terms: Iterable[str]) -> re.Pattern[str]:
    """A pattern of all terms, Latin ones only as whole words."""
    parts = []
    for term in sorted(terms):
        before = r"(?<![a-z0-9])" if term[0].isascii() else ""
        after = r"(?![a-z])" if term[-1].isascii() else ""
        parts.append(f"{before}{re.escape(term)}{after}")
    return re.compile("|".join(parts))


class Reality:
    """The real sets at hand, read anew at each call; without a folder of public sets every reader yields nothing.

    Args:
        sources: the public sets.
        folder: the project's ``datasets/``, for ``wrong_labels.tsv``.

    Attributes:
        left_out: the records no reader handed out, each with the reason; filled while pages are read.

    Raises:
        DataSetError: a set is missing or changed, or ``wrong_labels.tsv`` names a record that is in no table.
    """

    def __init__(self, sources: Sources, folder: Path) -> None:
        self.sources = sources
        self.left_out: dict[str, str] = {}
        self._wrong = wrong_labels(folder)
        self._tables = {source.label: self._table(source) for source in self._of("page-table")}
        known = {record for rows in self._tables.values() for record in rows}
        known |= {line_record(row["text"]) for row in self._hard_lines()}
        unknown = [record for record in self._wrong if record not in known]
        if unknown and self._tables:
            raise DataSetError(
                f"{folder / 'wrong_labels.tsv'}: no table has the record {unknown[0]}; write it as the table does, "
                "or delete the row"
            )

    def clean_pages(self) -> Iterator[HostPage]:
        """Honest pages of every kind; ``site`` is the table's, for ``site:<site>`` groups."""
        for record, content, origin in self._pages(CLEAN):
            row = self._tables[CLEAN][record]
            yield HostPage(record, content, row["site"], origin, row["url"], row["kind"], _set_of(row["words"]))

    def spam_pages(self) -> Iterator[SpamPage]:
        """Pages that hold spam, of the site itself or injected."""
        for record, content, _ in self._pages(_MIXED):
            row = self._tables[_MIXED][record]
            yield SpamPage(
                record,
                content,
                row["site"],
                row["url"],
                row["label"].partition(",")[0],
                _set_of(row["label"]),
                row["where"],
                row["mode"] == "injected?",
                row["text"],
            )

    def phrases(self) -> Iterator[Phrase]:
        """Spam texts: titles of tampered sites, texts of many sets, brands seen in pages.

        A title has the label that the same text has elsewhere in its set, else none; the set's texts that are such a
        title stand here once.
        """
        labels = self._tampered_labels()
        titles: set[str] = set()
        for source in self._of("tampered"):
            for text in dict.fromkeys(_lines(self.sources.path(source))):
                yield Phrase(text, labels.get(text, ""), "zh", phrase_group(text), source.name, "title")
                titles.add(text)
        for source in self._of("spam-texts"):
            for row in _json_rows(self.sources.path(source), ("text", "label", "lang", "kind", "source")):
                if row["text"] in titles and row["source"].startswith(_TAMPERED):
                    continue
                group = _owner_group(row["text"], row["source"])
                yield Phrase(row["text"], row["label"], row["lang"], group, row["source"], row["kind"])
        for source in self._of("spans"):
            for row in _table_rows(self.sources.path(source), ("span", "label", "lang", "role")):
                text = row["span"]
                yield Phrase(text, row["label"], row["lang"], phrase_group(text), source.name, row["role"])

    def honest_lines(self) -> Iterator[HonestLine]:
        """Honest lines and names that share words with spam."""
        for row in self._hard_lines():
            record = line_record(row["text"])
            if record in self._wrong:
                self.left_out[record] = f"wrong label: {self._wrong[record]}"
            else:
                yield HonestLine(row["text"], row["kind"], row["lang"], phrase_group(row["text"]), row["source"])
        for source in self._of("names"):
            for text in _lines(self.sources.path(source)):
                yield HonestLine(text, "name", _script_lang(text), phrase_group(text), source.name)

    def _hard_lines(self) -> Iterator[dict[str, str]]:
        for source in self._of("hard-lines"):
            yield from _json_rows(self.sources.path(source), ("text", "kind", "lang", "source"))

    def _tampered_labels(self) -> dict[str, str]:
        return {
            row["text"]: row["label"]
            for source in self._of("spam-texts")
            for row in _json_rows(self.sources.path(source), ("text", "label", "source"))
            if row["source"].startswith(_TAMPERED)
        }

    def _of(self, form: str) -> list[Source]:
        return [source for source in self.sources.using("real") if source.format == form]

    def _table(self, source: Source) -> dict[str, dict[str, str]]:
        columns = ("record", "url", "site", *(("kind", "words") if source.label == CLEAN else ("label", "where")))
        return {row["record"]: row for row in _table_rows(self.sources.path(source), columns)}

    def _pages(self, label: str) -> Iterator[tuple[str, str, str]]:
        """Record, content and set of every page that the table of a label has and no list leaves out."""
        rows = self._tables.get(label, {})
        read: set[str] = set()
        for source in self._of("warc-pages"):
            if source.label != label:
                continue
            for outcome in open_pages(self.sources.path(source)):
                named = _RECORD.fullmatch(outcome.id) if isinstance(outcome, Record) else None
                if not isinstance(outcome, Record) or named is None:
                    continue
                record = named.group(1)
                if record in self._wrong:
                    self.left_out[record] = f"wrong label: {self._wrong[record]}"
                elif record not in rows:
                    self.left_out[record] = "its table has no such row"
                elif record not in read:
                    yield record, outcome.page.content, source.name
                read.add(record)
        # What the archives hold unreadable has no name of its own: it is a row that no record came for.
        self.left_out.update((record, "the archives hold no page of it") for record in rows if record not in read)


def spam_spans(content: str, text: str) -> tuple[Span, ...]:
    """The parts of a page that hold a piece of text; the text may be cut or have other blanks.

    A block that is much of the piece is such a part, and so is the piece itself in a longer block. Tables of spam keep
    the first characters of a text: the block of a piece that long is spam as a whole, where it is a list of links or a
    footer, or the piece is much of it.
    """
    wanted = "".join(text.split())
    grams = {wanted[at : at + 6] for at in range(max(1, len(wanted) - 5))}
    is_cut = len(text) >= _KEPT
    found = []
    for block in outline(Page(content, True)).blocks:
        shown = [at for at, char in enumerate(block.text) if not char.isspace()]
        plain = "".join(block.text[at] for at in shown)
        own = [plain[at : at + 6] for at in range(max(1, len(plain) - 5))]
        if sum(gram in grams for gram in own) >= 0.6 * len(own) and len(plain) >= 4:
            found.append(block.span)
            continue
        at = plain.find(wanted) if len(wanted) >= 4 else -1
        if at >= 0 and is_cut and (block.place in _LISTS or len(wanted) >= 0.25 * len(plain)):
            found.append(block.span)
            continue
        while at >= 0:
            found.append(block.offsets.span(Span(shown[at], shown[at + len(wanted) - 1] + 1)))
            at = plain.find(wanted, at + len(wanted))
    return tuple(found)


def _set_of(cell: str) -> frozenset[str]:
    return frozenset(word for word in cell.split(",") if word)


def _owner_group(text: str, source: str) -> str:
    """The owner of the repository or issue a text is from; phrases alike where an owner only collected them."""
    owner = source.partition(":")[2] if source.startswith("github-issue:") else source.partition("/")[0]
    return phrase_group(text) if owner in _COLLECTORS else f"owner:{owner}"


def _script_lang(text: str) -> str:
    """``zh`` where a Chinese character is in a text, else ``en``, which is all that a bare name tells."""
    return "zh" if re.search("[\u4e00-\u9fff]", text) else "en"


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text("utf-8").split("\n") if line.strip()]


def _json_rows(path: Path, fields: tuple[str, ...]) -> Iterator[dict[str, str]]:
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.strip():
            row = json.loads(line)
            if any(not isinstance(row.get(field), str) for field in fields):
                raise DataSetError(f"{path}:{number}: a row needs the texts {', '.join(fields)}; get the named edition")
            yield row


def _table_rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
        missing = set(columns) - set(rows.fieldnames or ())
        if missing:
            raise DataSetError(f"{path}: no column {', '.join(sorted(missing))}; get the named edition")
        yield from rows
