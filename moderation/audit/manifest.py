"""The manifest of an audit, `run.json`: what decides its result, what it counted, and the files that it leaves."""

from __future__ import annotations

import json
import platform
import re
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moderation import __version__
from moderation.audit.judging import Settings, Summary, line, moderator_of
from moderation.common.messages import gettext
from moderation.errors import AuditError
from moderation.inputs.archives import expand

__all__ = [
    "FORMAT",
    "REPORT",
    "begin",
    "clear",
    "finish",
    "finished",
    "is_audit",
    "unreported",
    "write_manifest",
    "written",
]

# Of the folder that an audit leaves.
FORMAT = 1
# The file that is made last: where it is, all of the report is.
REPORT = "report.html"
# Every file that an audit or its report writes, by its path in the folder.
_WRITTEN = re.compile(
    r"((findings|dropped|errors|hosts|campaigns|cleaned|notes)(\.part)?\.jsonl|progress\.jsonl|run\.json|audit\.sqlite"
    r"|cleaned\.(parquet|warc\.gz)|report\.html|tables/\w+\.(csv|parquet)"
    r"|dolma/(documents|attributes/moderation)/pages\.jsonl\.gz)(\.new|-journal|-wal|-shm)?"
)
_FOLDERS = ("tables", "dolma/documents", "dolma/attributes/moderation", "dolma/attributes", "dolma")


def begin(archives: Iterable[str], settings: Settings) -> dict[str, Any]:
    """What decides the result of a run: as ``run.json`` has it until it is finished.

    Raises:
        AuditError: there is no archive.
        ModelError, PolicyError: nothing can be judged.
    """
    inputs = [_input(path) for path in archives]
    if not inputs:
        raise AuditError(gettext("no archive; name files or folders"))
    moderator = moderator_of(settings.model, settings.policy)
    return {
        "format": FORMAT,
        "state": "unfinished",
        "model": moderator.model.identity,
        "policy": moderator.policy.name,
        "thresholds": {"review": moderator.policy.review, "clean": moderator.policy.clean},
        "settings": json.loads(json.dumps(asdict(settings))),
        "inputs": inputs,
    }


def finish(
    out: Path, manifest: dict[str, Any], total: Summary, decided: dict[str, int], workers: int, seconds: float
) -> None:
    """Writes ``hosts.jsonl``, and in ``run.json`` what was counted and that the run is finished."""
    hosts = ({"host": host, **row} for host, row in sorted(total.hosts.items()))
    _replace(out / "hosts.jsonl", b"".join(map(line, hosts)))
    finished = {
        **manifest,
        "state": "finished",
        "counters": {name: value for name, value in total.to_dict().items() if name != "hosts"},
        "settled": decided,
        "python": platform.python_version(),
        "moderation": __version__,
        "workers": workers,
        "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(seconds, 1),
    }
    write_manifest(out, finished)


def finished(out: Path, manifest: dict[str, Any]) -> Summary | None:
    """What a run has counted that is finished; None where the folder holds another one, or one that is not finished.

    Args:
        out: the folder of the run.
        manifest: what decides its result, as :func:`begin` gives it.
    """
    try:
        before = json.loads((out / "run.json").read_text("utf-8"))
        if before.get("state") != "finished" or any(
            before.get(key) != manifest[key] for key in manifest if key != "state"
        ):
            return None
        hosts = [json.loads(row) for row in (out / "hosts.jsonl").read_bytes().splitlines()]
        return Summary.from_dict({**before["counters"], "hosts": {row.pop("host"): row for row in hosts}})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def unreported(archives: Iterable[str | Path], out: str | Path, settings: Settings | None = None) -> Summary | None:
    """What this very run has counted, where it is finished in a folder that holds no report yet; else None.

    Args:
        archives: of the run, as :func:`moderation.audit.local.audit` takes them.
        out: the folder.
        settings: of the run.

    Raises:
        ModelError, PolicyError: nothing can be judged.
        AuditError: there is no archive.
    """
    out = Path(out)
    if not (out / "run.json").exists() or (out / REPORT).exists():
        return None
    return finished(out, begin(list(expand(archives)), settings or Settings()))


def clear(out: Path) -> None:
    """Takes an older audit out of its folder, so that a new one may begin there; nothing else in it is touched.

    Raises:
        AuditError: the folder holds something, and no audit that can be told as one.
        OSError: a file cannot be taken away.
    """
    if not out.exists() or not any(out.iterdir()):
        return
    if not is_audit(out):
        raise AuditError(
            gettext("{out}: holds no audit, and --force takes away nothing else; name an empty folder").format(out=out)
        )
    found = written(out)
    # Last what it is told by: who is interrupted here may say it again.
    for path in sorted(found, key=lambda path: path == out / "run.json"):
        path.unlink()
    for name in _FOLDERS:
        folder = out / name
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def is_audit(out: Path) -> bool:
    """Whether a folder holds an audit, by its own word in ``run.json``; a file of that name alone is none."""
    try:
        before = json.loads((out / "run.json").read_text("utf-8"))
        return isinstance(before["format"], int) and {"state", "model", "settings", "inputs"} <= set(before)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def written(out: Path) -> list[Path]:
    """What audits and their reports have written in a folder, sorted; other files in it are none of theirs."""
    return [path for path in sorted(out.rglob("*")) if _WRITTEN.fullmatch(path.relative_to(out).as_posix())]


def write_manifest(out: Path, manifest: dict[str, Any]) -> None:
    """Writes ``run.json``."""
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    _replace(out / "run.json", text.encode("utf-8", "backslashreplace"))


def _input(path: str) -> dict[str, Any]:
    try:
        about = Path(path).stat()
    except (OSError, ValueError):
        return {"path": path, "size": None, "changed": None}
    return {"path": path, "size": about.st_size, "changed": about.st_mtime_ns}


def _replace(path: Path, data: bytes) -> None:
    """Replaces a file at once, so that no reader and no kill leaves half of it."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(data)
    new.replace(path)
