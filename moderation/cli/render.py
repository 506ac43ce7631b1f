"""Verdicts for people: a block in its context, the injected span marked, masked unless asked otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from moderation.data import Action, Finding, Page, Verdict
from moderation.drift import Drift, Flip
from moderation.engine import Explanation
from moderation.evaluation import NOWHERE, Case, Evaluation, Group
from moderation.excerpt import Context, is_withheld, mask, plain, shorten
from moderation.intervals import Share
from moderation.rows import SPAM
from moderation.wording import Likeness, reasons_in_words

__all__ = ["Style", "drift_lines", "evaluation_lines", "explanation_lines", "flip_lines", "verdict_lines"]

# Characters of context on either side.
_CONTEXT = 24
# Hosts that a comparison names.
_HOSTS = 20
# Width of a name in an evaluation's tables, and the groups that one names.
_NAME = 22
_GROUPS = 20
_NO_CANDIDATE = {NOWHERE: "no candidate"}
_COLOURS = {Action.ALLOW: "32", Action.CLEAN: "33", Action.REVIEW: "35", Action.REJECT: "31"}


@dataclass(frozen=True, slots=True)
class Style:
    """How to print.

    Attributes:
        colour: whether to mark with ANSI colours; brackets mark otherwise.
        show: whether findings are printed as they are, not masked.
    """

    colour: bool = False
    show: bool = False

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def mark(self, text: str) -> str:
        return self.paint(text, "1;41;97") if self.colour else f"[[{text}]]"

    def say(self, text: str) -> str:
        return text if self.show else mask(text)


def verdict_lines(
    name: str, page: Page, verdict: Verdict, style: Style, likeness: Likeness | None = None
) -> Iterator[str]:
    """The lines of one verdict; ``likeness`` knows what disguised words sound like."""
    count = len(verdict.findings)
    summary = f"  {count} finding{'s' if count > 1 else ''}" if count else ""
    yield f"{plain(name)}  {style.paint(verdict.action.upper(), f'1;{_COLOURS[verdict.action]}')}{summary}"
    withheld = is_withheld(verdict)
    context = Context(page, [finding.span for finding in verdict.findings], _CONTEXT, withheld=withheld)
    for finding in verdict.findings:
        start, end = finding.span
        hidden = f"  hidden: {plain(finding.hidden)}" if finding.hidden else ""
        label = style.paint(finding.label, "1")
        yield f"  {label} {finding.score:.3f}  {finding.place}  {start}-{end}  {plain(finding.path)}{hidden}"
        yield f"    {style.mark('withheld') if withheld else _in_context(context, finding, style)}"
        why = reasons_in_words(finding, page, masked=not style.show, withheld=withheld, likeness=likeness)
        if why:
            yield f"    why: {'; '.join(why)}"


def explanation_lines(row: Explanation, style: Style) -> Iterator[str]:
    """The lines of one explained candidate: every contribution in log-odds, largest first, and their sum."""
    text = "withheld" if row.withheld else style.say(shorten(plain(row.text)))
    yield f"  {row.score:.3f}  {row.place}  {row.span.start}-{row.span.end}  {style.mark(text)}"
    for code, weight in sorted(row.parts.items(), key=lambda part: (-abs(part[1]), part[0])):
        yield f"    {weight:+8.3f}  {_code(code, style, row.withheld)}"
    yield f"    {sum(row.parts.values()):+8.3f}  sum, of which structure counts up to the model's cap"


def flip_lines(name: str, flip: Flip) -> Iterator[str]:
    """The line of one page that two models judge differently."""
    labels = [f"+{label}" for label in flip.gained] + [f"-{label}" for label in flip.lost]
    yield f"{plain(name)}  {flip.old.action.upper()} -> {flip.new.action.upper()}  {' '.join(labels)}".rstrip()


def drift_lines(drift: Drift, old: str, new: str) -> Iterator[str]:
    """What changes between two models, in sum, by label and by host."""
    yield f"{old} -> {new}: {drift.changed} of {drift.pages} pages differ"
    yield f"  {'now flagged':<24}{drift.flagged:>7}"
    yield f"  {'no longer flagged':<24}{drift.cleared:>7}"
    for label in sorted(drift.gained | drift.lost):
        yield f"  label {label:<18}{drift.gained[label]:>+7}{-drift.lost[label]:>+7}"
    ranked = sorted(drift.hosts.items(), key=lambda row: (-sum(row[1]), row[0]))
    for host, (flagged, cleared) in ranked[:_HOSTS]:
        yield f"  host {plain(host) or '(not said)':<31}{flagged:>+7}{-cleared:>+7}"
    if len(ranked) > _HOSTS:
        yield f"  and {len(ranked) - _HOSTS} more hosts"


def evaluation_lines(total: Evaluation, style: Style) -> Iterator[str]:
    """What came of an evaluation: shares with their intervals, by label and place, thresholds, the worst rows."""
    policy = total.moderator.policy
    said = ", ".join(f"{name} {value:g}" for name, value in total.thresholds.items())
    yield f"{total.moderator.model.identity}, policy {plain(policy.name)}: {said}"
    left = f"; left out: {_counted(total.left_out)}" if total.left_out else ""
    notes = f"; notes that cannot be used: {total.notes:,}" if total.notes else ""
    yield f"{total.rows:,} rows: {total.all.spam_rows:,} spam, {total.all.honest_rows:,} honest{left}{notes}"
    yield _share("spam found", total.all.spam)
    yield _share("honest flagged", total.all.honest)
    if total.labelled_right.total:
        yield _share("label right", total.labelled_right)
    if total.iou is not None:
        low, high = total.iou_interval
        yield _share("planted text touched", total.touching)
        yield f"  {'mean IoU with it':<{_NAME}}{total.iou:>18.4f}  ({low:.4f} to {high:.4f})"
    yield "spam found, by label"
    for label, group in total.by_label:
        yield _share("any label" if label == SPAM else label, group.spam)
    if total.alarms:
        yield "honest flagged, by label given"
        for label, count in total.alarms.most_common():
            yield _share(label, Share(count, total.all.honest_rows))
    yield from _group_lines("place", total.places)
    yield from _group_lines("form", total.kinds)
    yield from _threshold_lines(total)
    yield from _worst_lines("honest rows with the highest scores", total.feared, style)
    yield from _worst_lines("spam rows with the lowest scores", total.missed, style)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def _share(name: str, share: Share) -> str:
    low, high = share.interval
    counts = f"{share.hits:>7,} of {share.total:>7,}"
    return f"  {plain(name):<{_NAME}}{counts}{_percent(share.rate)}  ({100 * low:.2f} to {100 * high:.2f} %)"


def _percent(rate: float | None) -> str:
    return f"{'-':>11}" if rate is None else f"{100 * rate:>9.2f} %"


def _group_lines(title: str, groups: Mapping[str, Group]) -> Iterator[str]:
    yield f"by {title:<{_NAME - 1}}{'spam found':>18}{'honest flagged':>31}"
    ranked = sorted(groups.items(), key=lambda row: (-row[1].spam_rows - row[1].honest_rows, row[0]))
    for name, group in ranked[:_GROUPS]:
        sides = "".join(
            f"{share.hits:>7,} of {share.total:>7,}{_percent(share.rate)}  " for share in (group.spam, group.honest)
        )
        yield f"  {plain(_NO_CANDIDATE.get(name, name)):<{_NAME}}{sides}".rstrip()
    if len(ranked) > _GROUPS:
        yield f"  and {len(ranked) - _GROUPS} more"


def _threshold_lines(total: Evaluation) -> Iterator[str]:
    named = {value: name for name, value in total.thresholds.items()}
    yield f"{'threshold':>11}{'spam found':>15}{'honest flagged':>17}"
    for at in total.sweep():
        name = f"  {named[at.threshold]}" if at.threshold in named else ""
        yield f"{at.threshold:>11g}{_percent(at.spam.rate):>15}{_percent(at.honest.rate):>17}{name}"
    yield f"{'threshold':>11}{'spam found':>15}  if of the honest rows no more are flagged than"
    for row in total.at_shares():
        threshold, rate = (f"{row.at.threshold:.6f}", row.at.spam.rate) if row.at else ("-", None)
        allowed = f"{row.allowed:,} of {total.all.honest_rows:,}"
        yield f"{threshold:>11}{_percent(rate):>15}  {100 * row.share:.2f} %, which is {allowed}"


def _worst_lines(title: str, cases: Sequence[Case], style: Style) -> Iterator[str]:
    if cases:
        yield title
    for case in cases:
        outcome = case.outcome
        action = style.paint(outcome.verdict.action.upper(), f"1;{_COLOURS[outcome.verdict.action]}")
        best = outcome.best
        said = f"{outcome.truth.label}, {f'{best.label} in {best.place}' if best.label else 'no candidate'}"
        yield f"  {best.score:.6f}  {action}  {shorten(plain(case.name))}  ({said})"
        if case.withheld or case.text:
            yield f"    {style.mark('withheld' if case.withheld else style.say(shorten(plain(case.text))))}"


def _code(code: str, style: Style, withheld: bool) -> str:
    kind, _, term = code.partition(":")
    if kind != "term":
        return code
    return "term:withheld" if withheld else f"term:{style.say(plain(term))}"


def _in_context(context: Context, finding: Finding, style: Style) -> str:
    before, after = context.around(finding.span)
    return f"{before}{style.mark(style.say(shorten(plain(finding.text))))}{after}"
