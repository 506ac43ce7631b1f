"""The catalogues of what people read: texts out of the sources, into ``.po`` files, and those into ``.mo`` files.

``make messages`` runs it. A translator fills what is empty in the ``.po`` files and runs it again; a test holds that
nothing is empty, and that the ``.mo`` files say the same. Babel is needed here and in that test, and nowhere else.
"""

from __future__ import annotations

import gettext
import io
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

__all__ = ["SETS", "Catalogues", "compiled", "extracted", "php_texts", "stored", "template_texts", "update"]

ROOT = Path(__file__).parent
# Beside Babel's own: P_ marks a word with its context, the rest are Django's, which it imports under these names.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "P_": ((1, "c"), 2),
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
# When and by what a file was made changes with every run and says nothing.
_HEAD = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To):.*\n',
    re.MULTILINE,
)
_PHP = re.compile(r"\b(?:esc_html|esc_attr)?_{1,2}e?\(\s*'(?P<text>(?:[^'\\]|\\.)*)',\s*'[a-z-]+'\s*\)")
# What WordPress translates of a plug-in's own head.
_PHP_HEAD = re.compile(r"^ \* (?:Plugin Name|Description):\s*(?P<text>\S.*)$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\'])")


class Catalogues(NamedTuple):
    """One set of texts, and where its translations are.

    Attributes:
        sources: folder that the texts stand in.
        po: the translation.
        language: of it, as the file's users name it.
        without: folders inside of ``sources`` that have catalogues of their own.
        template: a file with the texts alone, where one is shipped.
    """

    sources: Path
    po: Path
    language: str
    without: tuple[str, ...] = ()
    template: Path | None = None

    @property
    def mo(self) -> Path:
        """What is read when it runs."""
        return self.po.with_suffix(".mo")


_PLUGIN = ROOT / "plugins" / "wordpress" / "moderation"
SETS = {
    "package": Catalogues(
        ROOT / "moderation",
        ROOT / "moderation" / "locale" / "zh_CN" / "LC_MESSAGES" / "moderation.po",
        "zh_CN",
        ("django", "wagtail"),
    ),
    **{
        name: Catalogues(
            ROOT / "moderation" / name,
            ROOT / "moderation" / name / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po",
            "zh_Hans",
        )
        for name in ("django", "wagtail")
    },
    "wordpress": Catalogues(
        _PLUGIN,
        _PLUGIN / "languages" / "moderation-zh_CN.po",
        "zh_CN",
        template=_PLUGIN / "languages" / "moderation.pot",
    ),
}

_Text = tuple[int, str, Any, list[str]]


def template_texts(file: IO[bytes], keywords: Any, comments: Any, options: Any) -> Iterator[_Text]:
    """The texts of a template of Django's, which knows how to make a source of it."""
    from django.utils.translation.template import templatize

    source = templatize(file.read().decode("utf-8"))
    yield from extract_python(io.BytesIO(source.encode("utf-8")), keywords, comments, {"encoding": "utf-8"})


def php_texts(file: IO[bytes], keywords: Any, comments: Any, options: Any) -> Iterator[_Text]:
    """The texts of a file of PHP, as WordPress's functions take them."""
    source = file.read().decode("utf-8")
    found: re.Match[str]
    for found in [*_PHP_HEAD.finditer(source), *_PHP.finditer(source)]:
        line = source.count("\n", 0, found.start()) + 1
        yield line, "gettext", _ESCAPED.sub(r"\1", found["text"].rstrip()), []


def extracted(each: Catalogues) -> Catalog:
    """The texts of the sources, as they are now."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(project="moderation", charset="utf-8")
    rows = extract_from_dir(
        each.sources,
        methods,
        options,
        KEYWORDS,
        directory_filter=lambda folder: Path(folder).name not in each.without,
    )
    for name, _, message, _, context in sorted(rows, key=lambda row: (row[0], row[1])):
        where = Path(name).as_posix()
        known = found.get(message if isinstance(message, str) else message[0], context)
        if known is None or (where, None) not in known.locations:
            found.add(message, locations=[(where, None)], context=context)
    return found


def stored(each: Catalogues) -> Catalog:
    """The translation, as it is in its file; empty where there is none."""
    if not each.po.exists():
        return Catalog(locale=each.language, charset="utf-8")
    with each.po.open("rb") as file:
        return read_po(file, locale=each.language, charset="utf-8")


def compiled(each: Catalogues) -> gettext.GNUTranslations:
    """What is read when it runs."""
    with each.mo.open("rb") as file:
        return gettext.GNUTranslations(file)


def _written(catalog: Catalog) -> bytes:
    target = io.BytesIO()
    write_po(target, catalog, width=0, ignore_obsolete=True, include_lineno=False)
    return _HEAD.sub("", target.getvalue().decode("utf-8")).encode("utf-8")


def update(each: Catalogues) -> list[str]:
    """Brings the files of a set to what the sources say; the texts that are left to translate."""
    template = extracted(each)
    catalog = stored(each)
    # Nothing is guessed: a sentence that was changed is a new one.
    catalog.update(template, no_fuzzy_matching=True)
    catalog.fuzzy = False
    catalog.header_comment = f"# {each.language}: texts of {each.sources.relative_to(ROOT).as_posix()}."
    each.po.parent.mkdir(parents=True, exist_ok=True)
    each.po.write_bytes(_written(catalog))
    if each.template:
        template.header_comment = "# Texts to be translated."
        each.template.write_bytes(_written(template))
    catalog = stored(each)
    binary = _binary(catalog)
    # Its head has dates; what it says decides.
    if not each.mo.exists() or _said(compiled(each)) != _said(gettext.GNUTranslations(io.BytesIO(binary))):
        each.mo.write_bytes(binary)
    return [str(message.id) for message in catalog if message.id and not _is_done(message.string)]


def _binary(catalog: Catalog) -> bytes:
    """A catalogue as a ``.mo`` file; WordPress before 6.5 looks for its texts behind the hash table, if it is empty."""
    target = io.BytesIO()
    write_mo(target, catalog)
    binary = target.getvalue()
    (texts,) = struct.unpack_from("<I", binary, 8)
    tables, entry, place = 28, 16, 24
    return binary[:place] + struct.pack("<I", tables + entry * texts) + binary[place + 4 :]


def _said(translations: gettext.GNUTranslations) -> dict[Any, str]:
    return {key: said for key, said in translations._catalog.items() if key}  # type: ignore[attr-defined]


def _is_done(string: str | Iterable[str]) -> bool:
    return bool(string) if isinstance(string, str) else all(string)


def main() -> int:
    """Brings all files up to date; 1 where something is left to translate."""
    left = 0
    for name, each in SETS.items():
        missing = update(each)
        left += len(missing)
        print(f"{each.po.relative_to(ROOT)}: {len(missing)} to translate")
        for text in missing:
            print(f"  {name}: {text}")
    return 1 if left else 0


if __name__ == "__main__":
    # Babel's configuration names this file as a module.
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
