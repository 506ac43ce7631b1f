"""A fresh process from nothing to a verdict: seconds and resident memory, beside a bare interpreter and NumPy."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

PAGE = Path(__file__).parents[1] / "examples" / "hijacked.html"
# The peak of the process itself: what `getrusage` tells is inherited from the process that started it.
MEMORY = "; from pathlib import Path as P; print(P('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
RUNS = {
    "interpreter alone": "pass",
    "with NumPy": "import numpy",
    "moderation to a verdict": "from moderation import Moderator; from pathlib import Path; "
    f"Moderator.load().check(Path({str(PAGE)!r}).read_bytes())",
}


def start() -> dict[str, dict[str, float]]:
    """Seconds (median of nine runs), their ratio to the bare interpreter's, and MB, of each kind of process."""
    found: dict[str, dict[str, float]] = {}
    bare = 0.0
    for name, code in RUNS.items():
        seconds = []
        memory = 0
        for _ in range(9):
            began = time.perf_counter()
            answer = subprocess.run([sys.executable, "-c", code + MEMORY], check=True, capture_output=True, text=True)
            seconds.append(time.perf_counter() - began)
            memory = int(answer.stdout) // 1024
        median = statistics.median(seconds)
        bare = bare or median
        found[name] = {"seconds": round(median, 3), "ratio": round(median / bare, 1), "MB": memory}
    return found


def main() -> None:
    """Prints the table."""
    for name, row in start().items():
        print(f"{name:26}{row['seconds']:8.3f} s{row['ratio']:8.1f} ×{row['MB']:6} MB")


if __name__ == "__main__":
    main()
