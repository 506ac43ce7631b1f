"""Cleaners that keep what looks like the main content: what stands inside it stays, whatever it says."""

from __future__ import annotations

from typing import Any

from alternatives.base import NotInstalled, Training, visible_lines

__all__ = ["JusText", "Readability", "Resiliparse", "Trafilatura"]


class Trafilatura:
    """trafilatura with its defaults."""

    name = "trafilatura"
    about = "trafilatura.extract with its defaults"

    def prepare(self, training: Training) -> None:
        try:
            import trafilatura
        except ImportError:
            raise NotInstalled("trafilatura") from None
        self._extract: Any = trafilatura.extract

    def clean(self, content: str, fold: int) -> str:
        return self._extract(content) or ""


class Readability:
    """readability-lxml, a port of arc90's bookmarklet."""

    name = "readability-lxml"
    about = "text of Document(html).summary()"

    def prepare(self, training: Training) -> None:
        try:
            from readability import Document
        except ImportError:
            raise NotInstalled("readability-lxml") from None
        self._document: Any = Document

    def clean(self, content: str, fold: int) -> str:
        try:
            return "\n".join(visible_lines(self._document(content).summary()))
        # It raises whatever its parser does on pages without a body.
        except Exception:
            return ""


class Resiliparse:
    """resiliparse's main content."""

    name = "resiliparse"
    about = "extract_plain_text(html, main_content=True)"

    def prepare(self, training: Training) -> None:
        try:
            from resiliparse.extract.html2text import extract_plain_text
        except ImportError:
            raise NotInstalled("resiliparse") from None
        self._extract: Any = extract_plain_text

    def clean(self, content: str, fold: int) -> str:
        return str(self._extract(content, main_content=True))


class JusText:
    """jusText without a stop list, which it has for no Chinese."""

    name = "jusText"
    about = "paragraphs that are no boilerplate; language-independent settings (no stop list), as it has no Chinese one"

    def prepare(self, training: Training) -> None:
        try:
            import justext
        except ImportError:
            raise NotInstalled("jusText") from None
        self._split: Any = justext.justext

    def clean(self, content: str, fold: int) -> str:
        try:
            found = self._split(content, frozenset(), stopwords_low=0, stopwords_high=0)
        except Exception:  # as for readability
            return ""
        return "\n".join(paragraph.text for paragraph in found if not paragraph.is_boilerplate)
