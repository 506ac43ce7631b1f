"""Parquet files -> rows of Python values, a few at a time.

A page of Parquet is unpacked whole, and a value in it may stand in any number of rows. So the headers of the pages are
read first: what is larger than it may be is refused, and the larger the pages, the fewer rows are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Any, NamedTuple

from moderation.common.messages import gettext
from moderation.inputs.archives._records import MAX_SIZE
from moderation.inputs.archives._streams import LEAST, RATIO, Damaged, Source
from moderation.inputs.intake import open_file

__all__ = ["Table", "table"]

# Rows in memory at a time, and bytes that they may take.
_ROWS = 64
_BYTES = MAX_SIZE
# Bytes of one page; of the footer; of a page's header. Names, and row groups or columns.
_PAGE = 8 * MAX_SIZE
_FOOTER = 2 * MAX_SIZE
_HEADER = 64 * 1024
_STRINGS, _PARTS = 16 * 1024 * 1024, 100_000
# Widest value of a type of fixed size.
_WIDTH = 64


class Table(NamedTuple):
    """An open file.

    Attributes:
        counts: rows of each group of rows.
        names: of all columns.
        columns: those of them that were wanted and hold simple values.
    """

    counts: list[int]
    names: list[str]
    columns: list[str]
    file: Any
    raw: BufferedReader

    def rows(self, group: int) -> Iterator[dict[str, Any] | ValueError]:
        """The rows of a group, or what is wrong with one; of a value in many rows not too much.

        Raises:
            Exception: of many kinds, where the group cannot be read any further.
        """
        size, left = self._largest(group)
        at_once = max(1, min(_ROWS, _BYTES // max(1, size)))
        for batch in self.file.iter_batches(at_once, [group], self.columns, use_threads=False):
            left -= batch.nbytes
            if left < 0:
                raise Damaged(gettext("it unpacks to more than {ratio:,} times its size").format(ratio=RATIO))
            columns = [batch.column(name) for name in self.columns]
            for number in range(batch.num_rows):
                try:
                    yield {name: column[number].as_py() for name, column in zip(self.columns, columns, strict=True)}
                # Bytes that are no UTF-8, dates that are none.
                except (ValueError, OverflowError) as error:
                    yield ValueError(str(error))

    def _largest(self, group: int) -> tuple[int, int]:
        """Bytes of the largest pages that are in memory at a time, one of each column; and those that all may give.

        Raises:
            Damaged: a page is larger than it may be.
        """
        about = self.file.metadata.row_group(group)
        total, left = 0, LEAST
        for number in range(about.num_columns):
            column = about.column(number)
            if column.path_in_schema not in self.columns:
                continue
            start = column.data_page_offset
            if column.has_dictionary_page and 0 < column.dictionary_page_offset < start:
                start = column.dictionary_page_offset
            sizes = _pages(Source(self.raw, start, start + column.total_compressed_size))
            largest = max(sizes, default=0)
            if largest > _PAGE:
                raise Damaged(
                    gettext("a page of {largest:,} bytes in column {column}; at most {most:,}").format(
                        largest=largest, column=column.path_in_schema, most=_PAGE
                    )
                )
            total += largest
            left += RATIO * max(0, column.total_compressed_size)
        return total, left


@contextmanager
def table(path: str, wanted: tuple[str, ...]) -> Iterator[Table]:
    """Opens a file.

    Args:
        path: of the file.
        wanted: names of columns.

    Raises:
        OSError: it cannot be opened.
        ValueError: pyarrow is not installed, or it is no Parquet file.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ValueError(gettext("Parquet takes pyarrow, which is not installed (moderation[parquet])")) from None
    with open_file(path) as raw, open_file(path) as file:
        source = Source(raw)
        source.seek(max(0, source.end - 8))
        footer = int.from_bytes(source.read(4), "little")
        if footer > _FOOTER:
            raise Damaged(gettext("a footer of {footer:,} bytes; at most {most:,}").format(footer=footer, most=_FOOTER))
        # Without a buffer all of a column is read at a time.
        opened = ParquetFile(
            file, buffer_size=_HEADER, thrift_string_size_limit=_STRINGS, thrift_container_size_limit=_PARTS
        )
        with opened:
            groups = opened.num_row_groups
            counts = [max(0, opened.metadata.row_group(number).num_rows) for number in range(groups)]
            leaves = [opened.schema.column(number) for number in range(len(opened.schema.names))]
            # In one row of a list there may be any number of values.
            simple = {
                leaf.path for leaf in leaves if leaf.physical_type != "FIXED_LEN_BYTE_ARRAY" or leaf.length <= _WIDTH
            }
            names = list(opened.schema_arrow.names)
            columns = [name for name in names if name in wanted and name in simple]
            yield Table(counts, names, list(dict.fromkeys(columns)), opened, raw)


# ------------------------------------------------------------------------------------------------- headers of the pages


def _pages(source: Source) -> Iterator[int]:
    """Bytes of each page of a column, packed or unpacked, whichever is more."""
    while source.position < source.end:
        start = source.position
        reader = _Thrift(source.peek(_HEADER))
        fields = reader.struct()
        packed, unpacked = fields.get(3, -1), fields.get(2, -1)
        if packed < 0 or unpacked < 0:
            raise Damaged(gettext("the header of a page is damaged"))
        yield max(packed, unpacked)
        source.seek(start + reader.at + packed)


class _Thrift:
    """Whole numbers of a struct in Thrift's compact protocol; all else is passed over."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int = 0) -> dict[int, int]:
        """The whole numbers of a struct, by the numbers of their fields.

        Raises:
            Damaged: it is none.
        """
        fields: dict[int, int] = {}
        number = 0
        while about := self._byte():
            kind, step = about & 15, about >> 4
            number = number + step if step else self._signed()
            value = self._value(kind, depth)
            if value is not None:
                fields[number] = value
        return fields

    def _value(self, kind: int, depth: int) -> int | None:
        if depth > 8:
            raise Damaged(gettext("the header of a page is nested too deeply"))
        if kind in (4, 5, 6):
            return self._signed()
        if kind == 3:
            self.at += 1
        elif kind == 7:
            self.at += 8
        elif kind == 8:
            size = self._number()
            self.at += size
        elif kind in (9, 10):
            self._list(depth)
        elif kind == 12:
            self.struct(depth + 1)
        elif kind not in (1, 2):
            raise Damaged(gettext("the header of a page is damaged"))
        return None

    def _list(self, depth: int) -> None:
        about = self._byte()
        size = about >> 4
        if size == 15:
            size = self._number()
        for _ in range(size):
            # In a list, true and false take a byte.
            if about & 15 in (1, 2):
                self.at += 1
            else:
                self._value(about & 15, depth + 1)
            if self.at > len(self._data):
                raise Damaged(gettext("the header of a page is damaged"))

    def _signed(self) -> int:
        number = self._number()
        return number >> 1 ^ -(number & 1)

    def _number(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7
            if shift > 63:
                raise Damaged(gettext("the header of a page is damaged"))

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise Damaged(gettext("the header of a page is cut off, or too long"))
        byte = self._data[self.at]
        self.at += 1
        return byte
