"""Runs the targets one after the other; ends with 1 where something was found.

python -m fuzz [TARGET …] [--seed N] [--seconds S | --rounds N] [--out DIR]
python -m fuzz TARGET --replay FILE
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fuzz.harness import HANG, Runner, fuzz
from fuzz.targets import TARGETS


def main() -> int:
    """Prints a line for each target and each finding; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs (default: 1)")
    parser.add_argument("--seconds", type=float, help="for each target (default: 24, without --rounds)")
    parser.add_argument("--rounds", type=int, help="inputs for each target")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), help="where findings go (default: build/fuzz)")
    parser.add_argument("--hang", type=float, default=HANG, help=f"seconds for one input (default: {HANG:g})")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="give one target this input alone")
    options = parser.parse_args()
    unknown = sorted(set(options.targets) - TARGETS.keys())
    if unknown:
        parser.error(f"no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    if options.replay and len(options.targets) != 1:
        parser.error("--replay takes one target: name the one that the input is for")
    seconds = 24.0 if options.seconds is None and options.rounds is None else options.seconds
    found = 0
    for name in options.targets or TARGETS:
        if options.replay:
            with Runner(TARGETS[name], hang=options.hang) as runner:
                answer = runner.ask(options.replay.read_bytes())
            print(f"{answer.kind}: {answer.key}\n{answer.detail}".rstrip())
            return int(answer.is_finding)
        report = fuzz(
            name,
            TARGETS[name],
            seed=options.seed,
            seconds=seconds,
            rounds=options.rounds,
            hang=options.hang,
        )
        answers = ", ".join(f"{key} {times:,}" for key, times in report.answers.most_common(8))
        print(f"{name:9}{report.inputs:>8,} inputs, {report.seconds:.0f} s: {answers}", flush=True)
        for finding in report.findings.values():
            path = finding.write(options.out)
            print(f"  {finding.answer.kind}: {finding.answer.key}, {finding.times} times: {path}", flush=True)
        found += len(report.findings)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
