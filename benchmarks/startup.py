"""A fresh process from nothing to a verdict: seconds and resident memory, beside a bare interpreter and NumPy."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

PAGE = Path(__file__).parents[1] / "examples" / "hijacked.html"
MEMORY = "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
RUNS = {
    "interpreter alone": "pass",
    "with NumPy": "import numpy",
    "moderation to a verdict": "from moderation import Moderator; from pathlib import Path; "
    f"Moderator.load().check(Path({str(PAGE)!r}).read_bytes())",
}


def main() -> None:
    """Prints the median of nine runs each, and the ratio to the interpreter alone."""
    bare = 0.0
    for name, code in RUNS.items():
        seconds = []
        memory = 0
        for _ in range(9):
            start = time.perf_counter()
            answer = subprocess.run([sys.executable, "-c", code + MEMORY], check=True, capture_output=True, text=True)
            seconds.append(time.perf_counter() - start)
            memory = int(answer.stdout)
        median = statistics.median(seconds)
        bare = bare or median
        print(f"{name:26}{median:8.3f} s{median / bare:8.1f} ×{memory:6} MB")


if __name__ == "__main__":
    main()
