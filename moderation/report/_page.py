"""The tables of an audit -> one HTML file, for somebody who never saw the tool.

Every string in it may come from a hostile page. It is escaped by the template engine, rid of what is not printable, and
never becomes an address, an attribute that does something, a style or a part of the script: addresses are those of our
own files and of ranks in the page. The file's own policy forbids every script and style but the ones whose digests it
names, and the script makes no markup: it reads the page's elements, moves and hides them.

It is in the language that is spoken where it is made, and so are the words that its script says: they stand in one
attribute, as JSON. What filters, orders and addresses go by are codes, which are the same in every language.

The page has a few megabytes at most, whatever the audit holds. What is made for each page, host and campaign is counted
in bytes, and when the room for its kind is used up, no more of it is put in.
"""

from __future__ import annotations

import json
import shlex
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from markupsafe import Markup

from moderation.common.messages import gettext, ngettext, pgettext, tag
from moderation.presentation.excerpt import mask, plain, shorten
from moderation.presentation.wording import word
from moderation.report._tables import EXPORTED
from moderation.report._view import View, overview

if TYPE_CHECKING:
    from jinja2.runtime import Context

__all__ = ["render"]

_HERE = Path(__file__).parent
# Bytes that the page has room for, of pages with their findings, of hosts and of campaigns.
_PAGES_SIZE = 2 << 20
_HOSTS_SIZE = 1 << 20
_CAMPAIGNS_SIZE = 1 << 19


def render(database: Path) -> Iterator[str]:
    """The HTML of an audit, piece by piece, in the language that is spoken.

    Args:
        database: ``audit.sqlite``, in the folder that the page will stand in: it links to the tables that are there.
    """
    style, script = ((_HERE / name).read_text("utf-8") for name in ("report.css", "report.js"))
    environment = _environment()
    with closing(sqlite3.connect(database)) as source:
        source.row_factory = sqlite3.Row
        shown = _shown(View(source), environment.get_template("parts.html.jinja").module)
        view = overview(source) | shown
    view |= {"style": Markup(style), "style_digest": _digest(style)}
    view |= {"script": Markup(script), "script_digest": _digest(script)}
    view |= {"language": tag(), "words": json.dumps(_words(), ensure_ascii=False)}
    return environment.get_template("report.html.jinja").generate(view, files=_files(database.parent))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
        extensions=["jinja2.ext.i18n"],
    )
    # As babel.cfg has it, by which the same texts are found.
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
    said: dict[str, Any] = environment.globals
    for name in ("gettext", "ngettext", "pgettext"):
        said[name] = _finalized(said[name])
    environment.filters |= {
        "plain": plain,
        "mask": mask,
        "shorten": shorten,
        "count": "{:,}".format,
        "percent": _percent,
        "day": lambda date: date[:10] or "–",
        "names": _names,
        "listed": lambda values: gettext(", ").join(values),
        "word": lambda code, kind: word(kind, code),
        "quoted": shlex.quote,
    }
    return environment


def _printable(value: Any) -> Any:
    """What stands in the page for a value; only what the templates made themselves is left as it is."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _finalized(said: Callable[..., str]) -> Callable[..., str]:
    """A way to say sentences whose values are printable too: Jinja finalizes only what stands in the page by itself."""

    @pass_context
    def speak(context: Context, *texts: Any, **values: Any) -> str:
        return said(context, *texts, **{name: _grouped(_printable(value)) for name, value in values.items()})

    return speak


def _grouped(value: Any) -> Any:
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.3g} %" if share < 1 else "100 %"


def _names(counts: dict[str, int] | str, kind: str, most: int = 4) -> str:
    """The words for codes of a kind, with their counts, the most frequent first."""
    found = json.loads(counts) if isinstance(counts, str) else counts
    ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    said = gettext(", ").join(f"{word(kind, name)} {count:,}" for name, count in ranked[:most])
    if len(ranked) > most:
        return gettext("{names} and {more} more").format(names=said, more=len(ranked) - most)
    return said or "–"


def _words() -> dict[str, str | dict[str, str]]:
    """What the script says: texts with places for what it counts; of plurals, each form.

    Forms are known by the names that ``Intl.PluralRules`` has for the numbers they are for, as far as our languages
    tell them apart.
    """

    def forms(said: Callable[[int], str]) -> dict[str, str]:
        return {"one": said(1), "other": said(2)}

    return {
        "previous": gettext("Previous"),
        "next": gettext("Next"),
        "stretch": gettext("{first} to {last} of {count}"),
        "hits": gettext("{count} match"),
        "more": forms(lambda n: ngettext("Show more of {count} page", "Show more of {count} pages", n)),
        "hosts": forms(lambda n: ngettext("{count} host", "{count} hosts", n)),
        "pages": forms(lambda n: ngettext("{count} page", "{count} pages", n)),
        "someHosts": forms(lambda n: ngettext("{part} of {count} host", "{part} of {count} hosts", n)),
        "somePages": forms(lambda n: ngettext("{part} of {count} page", "{part} of {count} pages", n)),
        "byHost": gettext("{hosts}, {pages}."),
        "byHostFiltered": gettext("{hosts}, {pages} match."),
        "byPage": gettext("{pages}."),
        "byPageFiltered": gettext("{pages} match."),
        "campaigns": forms(
            lambda n: ngettext(
                "{part} of {count} campaign match the filters above.",
                "{part} of {count} campaigns match the filters above.",
                n,
            )
        ),
    }


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _files(folder: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """The tables that lie beside the page, by kind, as names and addresses: of those that we write, what is there."""
    kinds = [("SQLite", [(gettext("all of it"), "audit.sqlite")])]
    kinds += [(kind, [(name, f"tables/{name}.{kind.lower()}") for name in EXPORTED]) for kind in ("CSV", "Parquet")]
    found = ((kind, [each for each in names if (folder / each[1]).exists()]) for kind, names in kinds)
    return [(kind, names) for kind, names in found if names]


def _shown(view: View, parts: Any) -> dict[str, Any]:
    """The markup of hosts with their pages, and of campaigns, as much as there is room for."""
    # Hosts and campaigns are counted first, the hosts without their pages, because pages name both by rank.
    hosts = list(_within(_HOSTS_SIZE, view.hosts(), lambda row: parts.host({**row, "left": 1}, [])))
    view.keep("chosen_hosts", len(hosts))
    campaigns = list(_within(_CAMPAIGNS_SIZE, view.campaigns(), lambda row: parts.campaign(row, row["named"])))
    view.keep("chosen_campaigns", len(campaigns))
    pages: dict[int, list[Markup]] = {row["number"]: [] for row, _ in hosts}
    for row, markup in _within(_PAGES_SIZE, view.pages(), parts.page):
        pages[row["host_number"]].append(markup)
    made = []
    for row, _ in hosts:
        found = pages[row["number"]]
        made.append(parts.host({**row, "left": row["flagged"] - row["withheld"] - len(found)}, found))
    return {
        "hosts": made,
        "campaigns": [markup for _, markup in campaigns],
        "pages_shown": sum(map(len, pages.values())),
    }


def _within(
    size: int, rows: Iterator[dict[str, Any]], made: Callable[[dict[str, Any]], Markup]
) -> Iterator[tuple[dict[str, Any], Markup]]:
    """Rows and what is made of each, until that has so many bytes."""
    for row in rows:
        markup = made(row)
        size -= len(markup.encode())
        if size < 0:
            return
        yield row, markup
