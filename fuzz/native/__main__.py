"""Compiles the targets, runs them beside each other, and ends with 1 where one finds something; see the package."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import fuzz.native
from fuzz.targets._seeds import PAGES, SPAM, WORDS

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "native-fuzz"
TARGETS = ("markup", "folding", "page")
# Bytes of an input; seconds and megabytes that one may take, sanitizers included.
LARGEST, HANG, MEMORY = 8192, 20, 2048
# Seconds beyond those that were asked for, after which a target that has not ended is stopped.
GRACE = 120

# What the small tables of tests/native/support.cpp fold, and words that the small model of page.cpp knows.
_TEXTS = (
    "开云体育官网，开雲体育１２３ＡＢ",
    "а@bc pаypаl ㏄ 女马妈 开(kai)云 开.云.体.育 开★云★体★育\u200b官网",
    "欢迎来到皇冠平台 澳门开云官网 bet365 www.abc123.com 天气预报",
    "开*云**体***育\n公司阀门\n开云 体育\n" + SPAM[:24],
)
_SMALL_PAGES = (
    "<title>开云体育_澳门官网</title><p>公司阀门，天气。</p><div style='display:none'><a href=x>开云体育官网</a></div>",
    "<style>.a{left:-9999px;position:absolute}</style><p class=a>皇冠平台bet365</p><p>公司的阀门在学院</p>" * 2,
    "<script>document.write('<p>开云体育</p>');document.title='\\u5f00\\u4e91'</script><p>阀门公司学院</p>",
    "<ul><li>开云<li>体育<li>官网</ul><p>" + "公司阀门天气预报。" * 14 + "开云体育官网</p>",
)
# What pages are made of, in the dictionaries of libFuzzer.
_NAMES = (
    "开云",
    "体育",
    "官网",
    "澳门",
    "皇冠",
    "平台",
    "学院",
    "阀门",
    "女马",
    "(kai)",
    "@",
    "а",
    "★",
    "㏄",
    "\u200b",
)


class Ended(NamedTuple):
    """How a target ended, and what it wrote."""

    code: int
    log: str


def missing() -> str:
    """What is not there that the targets are compiled with, and how it is installed; empty if nothing is."""
    if _cmake() is None:
        return "CMake is missing (pip install cmake)"
    if shutil.which("clang++") is None:
        return "clang++ is missing, which libFuzzer comes with (Debian: apt-get install clang)"
    return ""


def _cmake() -> str | None:
    return shutil.which("cmake") or shutil.which("cmake", path=str(Path(sys.executable).parent))


def compiled() -> None:
    """Compiles what has changed.

    Raises:
        RuntimeError: something is missing, or the targets were not compiled; the message says what to do.
    """
    if said := missing():
        raise RuntimeError(said)
    built = ["--parallel", str(os.cpu_count() or 1), "--target", *(f"fuzz-{target}" for target in TARGETS)]
    for step in (["--preset", "native-fuzz", "--log-level=WARNING"], ["--build", "--preset", "native-fuzz", *built]):
        command = [str(_cmake()), *step]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{done.stdout}{done.stderr}\nthe targets were not compiled; CMake says why above")


def seeds(target: str) -> list[bytes]:
    """Inputs to begin with, all our own."""
    texts = [text.encode() for text in _TEXTS]
    pages = [text.encode() for text in _SMALL_PAGES]
    return {"markup": [*PAGES, *pages], "folding": [*texts, *PAGES[-4:]], "page": [*pages, *texts, *PAGES]}[target]


def dictionary(target: str) -> str:
    """Words that are put in as a whole, one a line, as libFuzzer reads them."""
    words = [name.encode() for name in _NAMES] + ([] if target == "folding" else list(WORDS))
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in words)


def start(target: str, out: Path, seconds: int, seed: int) -> subprocess.Popen[str]:
    """Begins to run a target; its corpus is ``out/corpus/target``, and findings are ``out/target-*``."""
    first, corpus = out / "seeds" / target, out / "corpus" / target
    for folder in (first, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(target)):
        (first / f"{number:02}").write_bytes(data)
    words = out / f"{target}.dict"
    words.write_text(dictionary(target), "ascii")
    command = [str(each) for each in (BUILD / f"fuzz-{target}", corpus, first)]
    command += [f"-dict={words}", f"-artifact_prefix={out}/{target}-"]
    command += [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LARGEST}", f"-timeout={HANG}"]
    command += [f"-rss_limit_mb={MEMORY}", "-print_final_stats=1", "-verbosity=1"]
    environment = {"UBSAN_OPTIONS": "print_stacktrace=1", **os.environ}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )


def ended(process: subprocess.Popen[str], seconds: int) -> Ended:
    """What came of a target that was started."""
    try:
        log, _ = process.communicate(timeout=seconds + GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        log, _ = process.communicate()
        return Ended(1, f"{log}\nit did not end and was stopped")
    return Ended(process.returncode, log)


def said(target: str, end: Ended) -> str:
    """A line for a target, and what is wrong if something is."""
    runs = re.search(r"number_of_executed_units: (\d+)", end.log)
    covered = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)", end.log)
    line = f"{target:9}{int(runs[1]) if runs else 0:>9,} inputs"
    if covered:
        line += f", {int(covered[-1][0]):,} places of the code reached, {int(covered[-1][1]):,} inputs kept"
    if end.code == 0:
        return line
    lines = end.log.splitlines()
    # What was said before the report is only how the search went.
    at = next((n for n, each in enumerate(lines) if re.search(r"runtime error|ERROR: |broken promise", each)), -60)
    found = re.search(r"Test unit written to (\S+)", end.log)
    again = f"\n  again: {BUILD / f'fuzz-{target}'} {found[1]}" if found else ""
    return f"{line}: ended with {end.code}\n" + "\n".join(f"  {each}" for each in lines[at:][:60]) + again


def main() -> int:
    """1 where a target finds something, 2 where none can be run."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.native", description=str(fuzz.native.__doc__).partition("\n")[0]
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="of what libFuzzer draws (default: 1)")
    parser.add_argument(
        "--out", type=Path, default=BUILD / "found", help=f"where inputs are kept (default: {BUILD / 'found'})"
    )
    options = parser.parse_args()
    if unknown := sorted(set(options.targets) - set(TARGETS)):
        parser.error(f"no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    try:
        compiled()
    except RuntimeError as error:
        print(f"python -m fuzz.native: {error}", file=sys.stderr)
        return 2
    out = options.out.resolve()
    running = {target: start(target, out, options.seconds, options.seed) for target in options.targets or TARGETS}
    code = 0
    for target, process in running.items():
        end = ended(process, options.seconds)
        print(said(target, end), flush=True)
        code |= end.code != 0
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
