"""The report of a training as a model card, with its plots."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from moderation.evaluation.intervals import wilson
from moderation.model import PROTOCOL, Calibration, Model
from moderation.training.calibrate import CUT, REVIEWED, Looked
from moderation.training.corpus import REAL
from moderation.training.dataset import Sources
from moderation.training.evaluate import SHARES_FLAGGED, Measure, PlantedResult, shares
from moderation.training.evasion import EVASIONS
from moderation.training.own import ORIGIN as ADDED
from moderation.training.robustness import Robustness
from moderation.training.run import Report
from moderation.training.synthesis import LABELS

__all__ = ["evasion_measures", "metrics", "plot", "write_card"]

# What is asked of the mean overlap of a span that is found with the one that was planted.
_IOU = 0.98

_MOST = 25
_ACTIONS = ("allow", "clean", "review", "reject")


def metrics(report: Report) -> dict[str, str]:
    """The measures as the manifest holds them: hits/total and the 95 % interval."""
    rows = {}
    for each in report.measures:
        low, high = each.interval
        rows[each.name] = f"{each.hits}/{each.total} ({low:.4f}-{high:.4f})"
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
            ("planted to escape in one way, found", single, 0.84),
            ("planted to escape in two ways, found", double, 0.76),
        )
        if names
    ]


def write_card(
    path: Path, report: Report, sources: Sources, command: str, plotted: bool, wrong: Mapping[str, str]
) -> None:
    """Writes ``card.md``.

    Args:
        path: of the card.
        report: of the training.
        sources: the public sets.
        command: that made the model.
        plotted: whether :func:`plot` wrote its pictures beside the card.
        wrong: the records that are left out, each with the reason (:func:`reality.wrong_labels`).
    """
    model = report.model
    lines = [
        f"# {model.manifest['name']}",
        "",
        f"Version `{model.manifest['version']}`, protocol {PROTOCOL}, {len(model.vocabulary):,} terms,",
        f"{len(model.judge_keys):,} features of the judge. Made by `{command}`.",
        "",
        "Finds spam injected into pages of Chinese sites: blocks of adult and gambling keywords above all, also",
        "escort, fraud, drugs, piracy and other keyword stuffing. It judges stretches of a page, not whole pages,",
        "and has not been made to judge what people say to each other.",
        "",
        "How it works: jieba's words, pairs of words and pairs of sounds as binary TF-IDF terms propose, with the",
        f"smoothed norm x/√(‖x‖² + {model.smoothing:g}) and a cut at {model.cut:g} log-odds, and so do known names; a",
        "linear judge reads each proposal with the page around it; structural signals are added in log-odds, and",
        "their sum is calibrated on pages no model saw. One more linear model says where findings begin and end.",
        "See docs/architecture.md.",
        "",
        "## Measures",
        "",
        "Real pages and phrases first, then composed ones. 95 % Wilson intervals, at the model's own thresholds.",
        "Cross-validated: no page is judged by a model that saw its site, no phrase by one that saw its group;",
        "composed blocks are of template families that model never saw. The thresholds are chosen on the same folds,",
        "the calibration on the other four.",
        "",
        "| measure | hits | of | rate | 95 % interval | asked | met |",
        "|---|---|---|---|---|---|---|",
        *(_measure_row(each) for each in [*report.measures, *evasion_measures(report.robustness)]),
    ]
    if report.found.rows:
        lines.append(_iou_row("real phrases and names: mean IoU of spans found", report.found))
    if report.planted.rows:
        lines.append(_iou_row("mean IoU of spans found", report.planted))
    lines += ["", "## At equal false alarms", "", *_shares(report), *_by_kind(report)]
    if report.planted.rows:
        lines += ["", "## Planted blocks", "", *_planted(report.planted), "", "Label given, by label planted:", ""]
        lines += _confusion(report.planted)
    if report.decided:
        lines += ["", "## Decisions", "", *_decisions(report.decided)]
    if report.robustness.planted:
        lines += ["", "## Written to escape", "", *_escapes(report.robustness)]
    lines += ["", "## Thresholds", "", *_sweep(report)]
    if plotted:
        lines += ["", "![precision and recall](precision-recall.svg) ![calibration](calibration.svg)"]
    lines += ["", "## Calibration", "", *_calibration(model)]
    lines += ["", "## Trained on", "", *_data(report, sources, wrong)]
    lines += ["", "## Failures", "", *_failures(report)]
    lines += [
        "",
        "## Limits",
        "",
        "- A brand that is an ordinary word (米兰, 太阳) inside a genuine sentence gives too little evidence.",
        "- A single phrase of one or two words abstains by design; so does what is written in an unknown jargon.",
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


def _iou_row(name: str, planted: PlantedResult) -> str:
    low, high = planted.iou_interval()
    met = "yes" if planted.iou >= _IOU else "**no**"
    return f"| {name} | | | {planted.iou:.4f} | {low:.4f}-{high:.4f} | ≥ {_IOU} | {met} |"


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
        "Real pages, honest, with spam in them, and spam themselves; whether a page with spam is the one or the other,",
        "its set only guesses. Genuine pages, the same with one planted block, and pages composed of spam from title",
        "to footer. Cross-validated as above. Honest pages are to be allowed, those with spam in them cleaned or",
        "reviewed, spam rejected.",
        "",
        "| page | " + " | ".join(_ACTIONS) + " | as it should be |",
        "|---" * (len(_ACTIONS) + 2) + "|",
    ]
    for kind, right in (
        ("real honest", ("allow",)),
        ("real, spam in it", ("clean", "review")),
        ("real, spam itself", ("reject",)),
        ("genuine", ("allow",)),
        ("injected", ("clean", "review")),
        ("spam", ("reject",)),
    ):
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


def _shares(report: Report) -> list[str]:
    heads = " | ".join(f"{share:.1%} of honest pages flagged" for share in SHARES_FLAGGED)
    lines = [f"| kind | of | {heads} |", "|---" * (len(SHARES_FLAGGED) + 2) + "|"]
    for kind, counts in shares(report.scored):
        lines.append(f"| {kind} | {counts[0][1]} | {' | '.join(_rate(*each) for each in counts)} |")
    return lines


def _rate(hits: int, total: int) -> str:
    low, high = wilson(hits, total)
    return f"{hits / max(1, total):.4f} ({low:.4f}-{high:.4f})"


def _by_kind(report: Report) -> list[str]:
    """Real phrases planted, by placement and by label, and honest pages by kind of site."""
    threshold = report.model.thresholds["review"]
    planted = [(score, each) for score, each in report.scored if each.kind in ("phrase-planted", "tampered-planted")]
    honest = [(score, each) for score, each in report.scored if each.is_found]
    lines: list[str] = []
    kinds: tuple[tuple[str, list[tuple[float, Looked]], Callable[[Looked], str]], ...] = (
        ("Real phrases planted in pages, found by placement:", planted, lambda each: each.place),
        ("Found by label:", planted, lambda each: each.label),
        ("Honest pages flagged, by kind of site:", honest, lambda each: each.site_kind or each.kind),
    )
    for title, units, key in kinds:
        groups: dict[str, list[float]] = {}
        for score, each in units:
            groups.setdefault(key(each), []).append(score)
        if groups:
            lines += ["", title, "", "| | flagged | of | rate |", "|---|---|---|---|"]
        for name, scores in sorted(groups.items()):
            hits = sum(score >= threshold for score in scores)
            lines.append(f"| {name} | {hits} | {len(scores)} | {_rate(hits, len(scores))} |")
    return lines


# Kinds of units whose recall the sweep tells.
_SWEPT = ("spam-page", "tampered-planted", "tampered-alone", "known-name-planted", "name-planted", "composed-planted")


def _sweep(report: Report) -> list[str]:
    chosen = report.model.thresholds
    kinds = [kind for kind in _SWEPT if kind in report.steps[0].kinds]
    lines = [
        f"`review` is 0.5: the prior is set so that {REVIEWED:.2%} of the real honest pages reach it, out of fold.",
        f"`clean`: the lowest threshold from 0.60 on at which at most {CUT:.2%} do.",
        "Without real pages, those of the project's own data stand for them. Swept on the out-of-fold candidates:",
        "",
        f"| threshold | honest pages flagged | {' | '.join(kinds)} | |",
        "|---" * (len(kinds) + 3) + "|",
    ]
    for number, step in enumerate(report.steps):
        marks = [name for name, value in chosen.items() if value == step.threshold]
        if number % 5 == 0 or marks:
            cells = " | ".join(f"{step.kinds[kind][0] / step.kinds[kind][1]:.4f}" for kind in kinds)
            lines.append(f"| {step.threshold:.2f} | {step.honest:.4f} | {cells} | {', '.join(marks)} |")
    return lines


def _calibration(model: Model) -> list[str]:
    learned = model.calibration
    lines = [
        f"score = sigmoid({learned.bias:+.3f} {learned.judged:+.3f} · judge + signals), for candidates to which the",
        f"judge gives log-odds of {learned.judge_threshold:g} or more.",
        "",
        "| signal | log-odds at full strength |",
        "|---|---|",
    ]
    lines += [f"| `{code}` | {weight:+.2f} |" for code, weight in sorted(learned.signals.items(), key=lambda x: -x[1])]
    return lines


# Rows that are made of the sets of use "real".
_REAL_ROWS = frozenset([REAL, "phrases", "phrase-lists", "honest-lines"])


def _data(report: Report, sources: Sources, wrong: Mapping[str, str]) -> list[str]:
    lines = ["| rows | label | count | licence |", "|---|---|---|---|"]
    for key, count in sorted(report.rows.items()):
        origin, _, label = key.rpartition("/")
        source = sources.all.get(origin) or (sources.all.get("operator-keywords") if "keywords-" in origin else None)
        licence = source.licence if source else "Apache-2.0, written for this project"
        if origin in _REAL_ROWS:
            licence = "of the real sets below"
        elif origin == ADDED:
            licence = "of who added them"
        lines.append(f"| {origin} | {label} | {count:,} | {licence} |")
    lines += ["", "Pages and texts the judge learned from, by kind:", "", "| kind | count |", "|---|---|"]
    lines += [f"| {kind} | {count:,} |" for kind, count in sorted(report.proposed.items())]
    real = sources.using("real")
    if real:
        lines += ["", "Real sets, of which weights and counts are kept:", "", "| set | licence |", "|---|---|"]
        lines += [f"| {each.name} | {each.licence} |" for each in real]
        lines += ["", "Records left out because their label is wrong:", ""]
        lines += [f"- `{record}`: {reason}" for record, reason in sorted(wrong.items())] or ["None."]
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


def plot(folder: Path, scored: Sequence[tuple[float, Looked]], calibration: Calibration) -> None:
    """Writes the two plots as SVG, the same bytes for the same scores.

    Args:
        folder: of the model.
        scored: all that was looked at; its candidates are plotted, where it is certain what they are.
        calibration: of the judge's log-odds and the signals.
    """
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": hashlib.sha256(b"moderation").hexdigest(), "svg.fonttype": "none"})
    from matplotlib import pyplot
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import precision_recall_curve

    samples = [sample for _, each in scored for sample in each.samples if sample.spam is not None]
    truth = np.array([bool(sample.spam) for sample in samples])
    scores = np.array([calibration.score(sample.judged, sample.strengths) for sample in samples])
    precision, recall, _ = precision_recall_curve(truth, scores)
    figure, axes = pyplot.subplots(figsize=(4, 3))
    axes.plot(recall, precision)
    axes.set(xlabel="recall", ylabel="precision", title="Candidates, out of fold")
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
