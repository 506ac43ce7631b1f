"""What an audit has written so far: the files that grow, and the word on each batch that makes it count."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from moderation.audit.judging import Judged, Summary, line
from moderation.audit.second_pass import part_of

__all__ = ["Journal"]


class Journal:
    """The files that grow, and what is said to be written of them."""

    def __init__(self, out: Path, names: Sequence[str]) -> None:
        self._path = out / "progress.jsonl"
        self._names = names
        self._files: list[IO[bytes]] = []
        for name in names:
            path = out / part_of(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files.append(path.open("ab"))
        self._progress: IO[bytes] | None = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (*self._files, self._progress):
            if file is not None:
                # A full disk was reported when it was written to; closing must not hide that.
                with suppress(OSError):
                    file.close()

    def recover(self, total: Summary) -> list[list[Any]]:
        """The batches that are written; adds up their counts, and cuts off what is not said to be written."""
        done = []
        sizes = [0] * len(self._files)
        whole = 0
        written = [os.fstat(file.fileno()).st_size for file in self._files]
        if self._path.exists():
            for text in self._path.read_bytes().splitlines(keepends=True):
                try:
                    row = json.loads(text) if text.endswith(b"\n") else None
                except ValueError:
                    row = None
                # Its lines may be missing where the machine itself went down.
                if row is None or any(size > have for size, have in zip(row["sizes"], written, strict=True)):
                    break
                done.append(row["batch"])
                sizes = row["sizes"]
                total.add(Summary.from_dict(row["summary"]))
                whole += len(text)
            os.truncate(self._path, whole)
        for file, size in zip(self._files, sizes, strict=True):
            file.truncate(size)
        self._progress = self._path.open("ab")
        return done

    def write(self, judged: Judged) -> None:
        """Writes a batch, and then that it is written."""
        assert self._progress is not None
        sizes = []
        for name, file in zip(self._names, self._files, strict=True):
            file.write(judged.data(name))
            file.flush()
            sizes.append(os.fstat(file.fileno()).st_size)
        row = {"batch": list(judged.batch), "sizes": sizes, "summary": judged.summary.to_dict()}
        self._progress.write(line(row))
        self._progress.flush()

    def finish(self) -> None:
        """Hands everything to the disk."""
        for file in self._files:
            os.fsync(file.fileno())
