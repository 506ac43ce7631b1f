"""The source archive that `python -m build --sdist` makes, unpacked, as somebody has it who has nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

__all__ = ["source_archive", "unpacked"]

ROOT = Path(__file__).parent.parent


def source_archive(folder: Path) -> Path:
    command = [sys.executable, "-m", "build", "--sdist", "--outdir", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.glob("*.tar.gz")
    return made


def unpacked(archive: Path, folder: Path) -> Path:
    """The archive's one folder, with what a tree holds that was worked in: an engine of another machine, caches."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    for name in ("_native.cpython-38-arm-linux-gnu.so", "_native.cp38-win32.pyd", "__pycache__/data.cpython-38.pyc"):
        path = tree / "moderation" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"of another machine")
    return tree
