"""The report of a training as a model card, with its plots."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from moderation.intervals import wilson
from moderation.model import PROTOCOL, Model
from moderation.training.calibrate import CUT, REVIEW, REVIEWED, Looked
from moderation.training.corpus import REAL
from moderation.training.dataset import CLEAN, Sources
from moderation.training.evaluate import Measure, PlantedResult, shares
from moderation.training.evasion import EVASIONS
from moderation.training.robustness import Robustness
from moderation.training.run import Report
from moderation.training.synthesis import LABELS

__all__ = ["evasion_measures", "metrics", "plot", "write_card"]

_MOST = 25
_ACTIONS = ("allow", "clean", "review", "reject")


def metrics(report: Report) -> dict[str, str]:
    """The measures as the manifest holds them: hits/total and the 95 % interval."""
    rows = {}
    for each in report.measures:
        low, high = each.interval
        rows[each.name] = f"{each.hits}/{each.total} ({low:.4f}-{high:.4f})"
    if report.found.rows:
        low, high = report.found.iou_interval()
        rows["mean IoU of spans, real phrases and names"] = f"{report.found.iou:.4f} ({low:.4f}-{high:.4f})"
    if report.planted.rows:
        low, high = report.planted.iou_interval()
        rows["mean IoU of spans found"] = f"{report.planted.iou:.4f} ({low:.4f}-{high:.4f})"
    for each in evasion_measures(report.robustness):
        low, high = each.interval
        rows[each.name] = f"{each.hits}/{each.total} ({low:.4f}-{high:.4f})"
    return rows


def evasion_measures(robustness: Robustness) -> list[Measure]:
    """Found of planted, all readable ways to escape together: each alone, and two at a time."""
    unreadable = {each.name for each in EVASIONS if not each.readable}
    single = [name for name in robustness.planted if name != "plain" and "+" not in name and name not in unreadable]
    double = [name for name in robustness.planted if "+" in name]
    found, planted = robustness.found, robustness.planted
    return [
        Measure(title, sum(found[name] for name in names), sum(planted[name] for name in names), floor=floor)
        for title, names, floor in (
            ("planted to escape in one way, found", single, 0.95),
            ("planted to escape in two ways, found", double, 0.90),
        )
        if names
    ]


def write_card(path: Path, report: Report, sources: Sources, command: str, plotted: bool) -> None:
    """Writes ``card.md``."""
    model = report.model
    lines = [
        f"# {model.manifest['name']}",
        "",
        f"Version `{model.manifest['version']}`, protocol {PROTOCOL}, {len(model.vocabulary):,} terms and",
        f"{len(model.judge_keys):,} features. Made by `{command}`.",
        "",
        "Finds spam injected into pages of Chinese sites: blocks of adult and gambling keywords, betting names in",
        "the place of institutions' names, also escort, fraud, drugs, piracy and other keyword stuffing. It judges",
        "stretches of a page, and has not been made to judge what people say to each other.",
        "",
        "How it works: jieba's words, pairs of words and pairs of sounds as binary TF-IDF terms propose stretches of",
        f"text (logistic regression with the smoothed norm x/√(‖x‖² + {model.smoothing:g})), a list of names proposes",
        "what stands in the place of names; a second logistic regression judges each with all that is known of it: its",
        "words and characters, the text around it, its place, the words of title and page. See docs/architecture.md.",
        "",
        "## Measures",
        "",
        "95 % Wilson intervals. Cross-validated: no page, phrase or name is judged by a model that saw its site,",
        "source, phrase or stem (a brand that the model knows is planted in another string). The first rows are of",
        "real pages and phrases; composed blocks come behind them. All at the model's own thresholds; the prior is",
        "set on these folds.",
        "",
        "| measure | hits | of | rate | 95 % interval | asked | met |",
        "|---|---|---|---|---|---|---|",
        *(_measure_row(each) for each in [*report.measures, *evasion_measures(report.robustness)]),
    ]
    for name, result in (("real phrases and names", report.found), ("composed blocks", report.planted)):
        if result.rows:
            low, high = result.iou_interval()
            met = "yes" if result.iou >= 0.98 else "**no**"
            lines.append(
                f"| mean IoU of spans, {name} | | | {result.iou:.4f} | {low:.4f}-{high:.4f} | ≥ 0.98 | {met} |"
            )
    lines += ["", "## Recall at fixed shares of honest pages flagged", "", *_shares(report.scored)]
    lines += ["", "## Honest pages flagged, by kind of site", "", *_sites(report.scored)]
    lines += ["", "## Real phrases and names, by where they were planted and by label", "", *_places(report)]
    if report.found.rows:
        lines += ["", "## Real phrases and names: spans and labels", "", *_planted(report.found)]
        lines += ["", "Label given, by label planted:", "", *_confusion(report.found)]
    if report.planted.rows:
        lines += ["", "## Composed blocks", "", *_planted(report.planted), "", "Label given, by label planted:", ""]
        lines += _confusion(report.planted)
    if report.decided:
        lines += ["", "## Decisions", "", *_decisions(report.decided)]
    if report.robustness.planted:
        lines += ["", "## Written to escape", "", *_escapes(report.robustness)]
    lines += ["", "## Thresholds", "", *_sweep(report)]
    if plotted:
        lines += ["", "![precision and recall](precision-recall.svg) ![calibration](calibration.svg)"]
    lines += ["", "## Calibration", "", *_calibration(model)]
    lines += ["", "## Trained on", "", *_data(report, sources)]
    lines += ["", "## Failures", "", *_failures(report)]
    lines += [
        "",
        "## Limits",
        "",
        "- A brand that nobody listed, and that no glued word gives away, is found far less often than a known one.",
        "- A single name inside a clause of prose is found less often than one in a title.",
        "- Other languages are covered by the keyword hacks composed for them, not by their language as such.",
        "- Probabilities are calibrated for candidates as they come up in pages, not for chat messages.",
        "",
    ]
    path.write_text("\n".join(lines), "utf-8")


def _measure_row(each: Measure) -> str:
    low, high = each.interval
    asked = ""
    if each.floor is not None:
        asked = f"≥ {each.floor:.4g}"
    elif each.ceiling is not None:
        asked = f"≤ {each.ceiling:.4g}"
    met = "" if not asked else "yes" if each.is_met else "**no**"
    return f"| {each.name} | {each.hits} | {each.total} | {each.rate:.4f} | {low:.4f}-{high:.4f} | {asked} | {met} |"


def _planted(planted: PlantedResult) -> list[str]:
    lines = ["| | found | of | mean IoU | cleaned exactly |", "|---|---|---|---|---|"]
    for column in (0, 1, 2):
        for key, (found, total, iou, exact) in planted.by(column).items():
            lines.append(f"| {key} | {found} | {total} | {iou:.3f} | {exact} |")
    return lines


def _confusion(planted: PlantedResult) -> list[str]:
    counts = planted.confusion()
    lines = ["| | " + " | ".join(LABELS) + " |", "|---" * (len(LABELS) + 1) + "|"]
    for true in LABELS:
        row = " | ".join(str(counts.get((true, given), 0)) for given in LABELS)
        lines.append(f"| {true} | {row} |")
    return lines


def _decisions(decided: Counter[tuple[str, str]]) -> list[str]:
    lines = [
        "Genuine pages, the same with one planted block, and pages composed of spam from title to footer;",
        "cross-validated as above. The first are to be allowed, the second cleaned or reviewed, the third rejected.",
        "",
        "| page | " + " | ".join(_ACTIONS) + " | as it should be |",
        "|---" * (len(_ACTIONS) + 2) + "|",
    ]
    for kind, right in (("genuine", ("allow",)), ("injected", ("clean", "review")), ("spam", ("reject",))):
        counts = [decided[kind, action] for action in _ACTIONS]
        hits = sum(decided[kind, action] for action in right)
        low, high = wilson(hits, sum(counts))
        cells = " | ".join(map(str, counts))
        lines.append(f"| {kind} | {cells} | {hits / max(1, sum(counts)):.3f} ({low:.3f}-{high:.3f}) |")
    return lines


def _escapes(robustness: Robustness) -> list[str]:
    """Recall by way, of what was planted as it was written and of what escaped; and the false alarms."""
    lines = [
        "Blocks of unseen words and families in pages of unseen sites, written in each way alone; false alarms are of",
        "genuine lines written and planted the same way. The ways are in `moderation/training/evasion.py`. What",
        "no reader without the key reads is measured, and has no floor.",
        "",
        "| way | found | of | recall | 95 % interval | ≥ 0.95 | genuine flagged | of |",
        "|---|---|---|---|---|---|---|---|",
    ]
    unreadable = {each.name for each in EVASIONS if not each.readable}
    for name in ("plain", *(each.name for each in EVASIONS)):
        found, planted = robustness.found[name], robustness.planted[name]
        if not planted:
            continue
        low, high = wilson(found, planted)
        kept = "" if name == "plain" else "not readable" if name in unreadable else _kept(found, planted, 0.95)
        lines.append(
            f"| {name} | {found} | {planted} | {found / planted:.3f} | {low:.3f}-{high:.3f} | {kept} "
            f"| {robustness.alarms[name]} | {robustness.lines[name]} |"
        )
    pairs = [name for name in robustness.planted if "+" in name]
    by_way: dict[str, list[str]] = {}
    for name in pairs:
        for way in name.split("+"):
            by_way.setdefault(way, []).append(name)
    lines += [
        "",
        "Two ways at a time, by each of the two:",
        "",
        "| way | found | of | recall | 95 % interval | ≥ 0.90 |",
        "|---|---|---|---|---|---|",
    ]
    for way in (each.name for each in EVASIONS if each.name in by_way):
        found = sum(robustness.found[name] for name in by_way[way])
        planted = sum(robustness.planted[name] for name in by_way[way])
        low, high = wilson(found, planted)
        kept = _kept(found, planted, 0.9)
        lines.append(f"| {way} | {found} | {planted} | {found / planted:.3f} | {low:.3f}-{high:.3f} | {kept} |")
    worst = sorted(pairs, key=lambda name: (robustness.found[name] / robustness.planted[name], name))
    lines += ["", "Worst pairs: " + ", ".join(f"{n} {robustness.found[n]}/{robustness.planted[n]}" for n in worst[:12])]
    return lines


def _kept(found: int, planted: int, floor: float) -> str:
    return "yes" if found >= floor * planted else "**no**"


def _share(hits: int, total: int) -> str:
    low, high = wilson(hits, total)
    return f"{hits}/{total} = {hits / max(1, total):.3f} ({low:.3f}-{high:.3f})"


def _shares(scored: Sequence[tuple[float, Looked]]) -> list[str]:
    lines = ["| found where this share of real honest pages is flagged | 1 % | 0.3 % | 0.1 % |", "|---|---|---|---|"]
    for kind, row in shares(scored):
        lines.append(f"| {kind} | " + " | ".join(_share(hits, total) for hits, total in row) + " |")
    return lines


def _sites(scored: Sequence[tuple[float, Looked]]) -> list[str]:
    kinds = sorted({each.site_kind for _, each in scored if each.kind == REAL})
    lines = ["| kind of site | flagged |", "|---|---|"]
    for kind in kinds:
        scores = [score for score, each in scored if each.kind == REAL and each.site_kind == kind]
        lines.append(f"| {kind or 'none given'} | {_share(sum(score >= REVIEW for score in scores), len(scores))} |")
    return lines


# What is told by place and label.
_TOLD = ("tampered-planted", "phrase-planted", "known-name-planted", "name-planted")


def _places(report: Report) -> list[str]:
    review = report.model.thresholds["review"]
    lines = ["| what | where | found |", "|---|---|---|"]
    for by in ("place", "label"):
        for kind in (*_TOLD, *(("phrase-alone",) if by == "label" else ())):
            units = [(score, getattr(each, by)) for score, each in report.scored if each.kind == kind]
            for value in sorted({value for _, value in units}):
                scores = [score for score, other in units if other == value]
                lines.append(f"| {kind} | {value} | {_share(sum(score >= review for score in scores), len(scores))} |")
    return lines


def _sweep(report: Report) -> list[str]:
    chosen = report.model.thresholds
    kinds = ("tampered-planted", "tampered-alone", "known-name-planted", "name-planted", "honest-name", "honest-line")
    lines = [
        f"`review` is 0.5: the prior is set so that {REVIEWED:.1%} of real honest pages reach it, out of fold.",
        f"`clean`: the lowest threshold from 0.60 on at which {CUT:.2%} are. Swept on the out-of-fold candidates:",
        "",
        "| threshold | real honest pages | " + " | ".join(kinds) + " | |",
        "|---" * (len(kinds) + 3) + "|",
    ]
    for number, step in enumerate(report.steps):
        marks = [name for name, value in chosen.items() if value == step.threshold]
        if number % 8 == 0 or marks:
            rates = [hits / max(1, total) for hits, total in (step.kinds.get(kind, (0, 0)) for kind in kinds)]
            cells = " | ".join(f"{rate:.3f}" for rate in rates)
            lines.append(f"| {step.threshold:.2f} | {step.honest:.4f} | {cells} | {', '.join(marks)} |")
    return lines


def _calibration(model: Model) -> list[str]:
    learned = model.calibration
    lines = [
        f"score = sigmoid({learned.bias:+.3f} {learned.judged:+.3f} · judged + signals).",
        "",
        "| signal | log-odds at full strength |",
        "|---|---|",
    ]
    lines += [f"| `{code}` | {weight:+.2f} |" for code, weight in sorted(learned.signals.items(), key=lambda x: -x[1])]
    return lines


# The set that rows of an origin are read from, where it has another name.
_SOURCES = {
    "real-clean": "clean-zh-0",
    "phrases": "spam-texts",
    "phrase-lists": "spam-texts",
    "honest-lines": "hard-clean",
}


def _data(report: Report, sources: Sources) -> list[str]:
    lines = ["| rows | label | count | licence |", "|---|---|---|---|"]
    for key, count in sorted(report.rows.items()):
        origin, _, label = key.rpartition("/")
        source = sources.all.get(_SOURCES.get(origin, "operator-keywords" if "keywords-" in origin else origin))
        licence = source.licence if source else "Apache-2.0, written for this project"
        lines.append(f"| {origin} | {label} | {count:,} | {licence} |")
    lines += ["", "Digests (SHA-256) of the public sets read:", ""]
    lines += [f"- {name} `{value}`" for name, value in sorted(sources.digests.items())]
    return lines


def _failures(report: Report) -> list[str]:
    lines: list[str] = []
    for each in report.measures:
        if each.failures:
            lines += [f"### {each.name}", "", *_listed(each.failures), ""]
    if report.planted.failures:
        kinds = Counter(line.split(", ", 1)[1] for line in report.planted.failures)
        lines += [f"### planted blocks missed or cut otherwise ({len(report.planted.failures)})", ""]
        lines += [f"- {count} × {kind}" for kind, count in kinds.most_common(_MOST)]
    return lines or ["None."]


def _listed(failures: Sequence[str]) -> Iterable[str]:
    yield from (f"- {failure}" for failure in failures[:_MOST])
    if len(failures) > _MOST:
        yield f"- and {len(failures) - _MOST} more"


def plot(folder: Path, scored: Sequence[tuple[float, Looked]]) -> None:
    """Writes the two plots as SVG, the same bytes for the same scores."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": hashlib.sha256(b"moderation").hexdigest(), "svg.fonttype": "none"})
    from matplotlib import pyplot
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import precision_recall_curve

    scored = [(score, each) for score, each in scored if each.samples]
    truth = np.array([each.label != CLEAN for _, each in scored])
    scores = np.array([score for score, _ in scored])
    precision, recall, _ = precision_recall_curve(truth, scores)
    figure, axes = pyplot.subplots(figsize=(4, 3))
    axes.plot(recall, precision)
    axes.set(xlabel="recall", ylabel="precision", title="Pages and texts, out of fold")
    _save(figure, folder / "precision-recall.svg")
    fraction, mean = calibration_curve(truth, scores, n_bins=10, strategy="quantile")
    figure, axes = pyplot.subplots(figsize=(4, 3))
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot(mean, fraction, marker="o")
    axes.set(xlabel="score", ylabel="share that is spam", title="Calibration, out of fold")
    _save(figure, folder / "calibration.svg")
    pyplot.close("all")


def _save(figure: object, path: Path) -> None:
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
