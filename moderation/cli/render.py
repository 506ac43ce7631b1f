"""Verdicts for people: a block in its context, the injected span marked, masked unless asked otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from moderation.cli.speech import left, right
from moderation.common.messages import gettext, ngettext
from moderation.data import Action, Finding, Page, Verdict
from moderation.engine import Explanation
from moderation.evaluation import NOWHERE, Case, Evaluation, Group
from moderation.evaluation.drift import Drift, Flip
from moderation.evaluation.intervals import Share
from moderation.inputs.rows import SPAM
from moderation.presentation.excerpt import Context, is_withheld, mask, plain, shorten
from moderation.presentation.wording import Likeness, joined, reasons_in_words, word

__all__ = [
    "Style",
    "drift_lines",
    "evaluation_lines",
    "explanation_lines",
    "flip_lines",
    "script_lines",
    "verdict_lines",
]

# Characters of context on either side.
_CONTEXT = 24
# Hosts that a comparison names.
_HOSTS = 20
# Width of a name in an evaluation's tables, and the groups that one names.
_NAME = 22
_GROUPS = 20
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
    summary = ngettext("  {count} finding", "  {count} findings", count).format(count=count) if count else ""
    yield f"{plain(name)}  {_action(verdict.action, style)}{summary}"
    withheld = is_withheld(verdict)
    context = Context(page, [finding.span for finding in verdict.findings], _CONTEXT, withheld=withheld)
    for finding in verdict.findings:
        start, end = finding.span
        hidden = gettext("  hidden: {how}").format(how=plain(finding.hidden)) if finding.hidden else ""
        label = style.paint(word("label", finding.label), "1")
        place = word("place", finding.place)
        yield f"  {label} {finding.score:.3f}  {place}  {start}-{end}  {plain(finding.path)}{hidden}"
        yield "    " + (style.mark(gettext("withheld")) if withheld else _in_context(context, finding, style))
        why = reasons_in_words(finding, page, masked=not style.show, withheld=withheld, likeness=likeness)
        if why:
            yield "    " + gettext("why: {reasons}").format(reasons=joined(why))


def _action(action: Action, style: Style) -> str:
    return style.paint(word("action", action).upper(), f"1;{_COLOURS[action]}")


def explanation_lines(row: Explanation, style: Style) -> Iterator[str]:
    """The lines of one explained candidate: every contribution in log-odds, largest first, and their sum."""
    yield from _part_lines(row, style)
    said = gettext("sum, of which structure counts up to the model's cap")
    yield f"    {sum(row.parts.values()):+8.3f}  {said}"


def script_lines(row: Explanation, style: Style) -> Iterator[str]:
    """The lines of what a script does, and where its score is from, which is no sum."""
    yield from _part_lines(row, style)
    said = gettext("nothing else of the page counts; the score is the one from which the policy counts a script")
    yield f"    {'':8}  {said}"


def _part_lines(row: Explanation, style: Style) -> Iterator[str]:
    text = gettext("withheld") if row.withheld else style.say(shorten(plain(row.text)))
    place = word("place", row.place)
    yield f"  {row.score:.3f}  {place}  {row.span.start}-{row.span.end}  {style.mark(text)}"
    for code, weight in sorted(row.parts.items(), key=lambda part: (-abs(part[1]), part[0])):
        yield f"    {weight:+8.3f}  {_code(code, style, row.withheld)}"


def flip_lines(name: str, flip: Flip) -> Iterator[str]:
    """The line of one page that two models judge differently."""
    labels = [f"+{word('label', label)}" for label in flip.gained] + [f"-{word('label', label)}" for label in flip.lost]
    old, new = (word("action", verdict.action).upper() for verdict in (flip.old, flip.new))
    yield f"{plain(name)}  {old} -> {new}  {' '.join(labels)}".rstrip()


def drift_lines(drift: Drift, old: str, new: str) -> Iterator[str]:
    """What changes between two models, in sum, by label and by host."""
    said = gettext("{old} -> {new}: {changed} of {pages} pages differ")
    yield said.format(old=old, new=new, changed=drift.changed, pages=drift.pages)
    for name, count in ((gettext("now flagged"), drift.flagged), (gettext("no longer flagged"), drift.cleared)):
        yield f"  {left(name, 24)}{count:>7}"
    for label in sorted(drift.gained | drift.lost):
        name = left(gettext("label {label}").format(label=word("label", label)), 24)
        yield f"  {name}{drift.gained[label]:>+7}{-drift.lost[label]:>+7}"
    ranked = sorted(drift.hosts.items(), key=lambda row: (-sum(row[1]), row[0]))
    for host, (flagged, cleared) in ranked[:_HOSTS]:
        name = left(gettext("host {host}").format(host=plain(host) or gettext("(not said)")), 36)
        yield f"  {name}{flagged:>+7}{-cleared:>+7}"
    if len(ranked) > _HOSTS:
        yield gettext("  and {count} more hosts").format(count=len(ranked) - _HOSTS)


def evaluation_lines(total: Evaluation, style: Style) -> Iterator[str]:
    """What came of an evaluation: shares with their intervals, by label and place, thresholds, the worst rows."""
    policy = total.moderator.policy
    said = gettext(", ").join(f"{word('action', name)} {value:g}" for name, value in total.thresholds.items())
    about = gettext("{model}, policy {policy}: {thresholds}")
    yield about.format(model=total.moderator.model.identity, policy=plain(policy.name), thresholds=said)
    yield _rows(total)
    yield _share(gettext("spam found"), total.all.spam)
    yield _share(gettext("honest flagged"), total.all.honest)
    if total.labelled_right.total:
        yield _share(gettext("label right"), total.labelled_right)
    if total.iou is not None:
        low, high = total.iou_interval
        yield _share(gettext("planted text touched"), total.touching)
        interval = gettext("({low} to {high})").format(low=f"{low:.4f}", high=f"{high:.4f}")
        yield "  " + left(gettext("mean IoU with it"), _NAME) + f"{total.iou:>18.4f}  {interval}"
    yield gettext("spam found, by label")
    for label, group in total.by_label:
        yield _share(gettext("any label") if label == SPAM else word("label", label), group.spam)
    if total.alarms:
        yield gettext("honest flagged, by label given")
        for label, count in total.alarms.most_common():
            yield _share(word("label", label), Share(count, total.all.honest_rows))
    yield from _group_lines(gettext("by place"), "place", total.places)
    yield from _group_lines(gettext("by form"), "form", total.kinds)
    yield from _threshold_lines(total)
    yield from _worst_lines(gettext("honest rows with the highest scores"), total.feared, style)
    yield from _worst_lines(gettext("spam rows with the lowest scores"), total.missed, style)


def _rows(total: Evaluation) -> str:
    said = gettext("{rows:,} rows: {spam:,} spam, {honest:,} honest").format(
        rows=total.rows, spam=total.all.spam_rows, honest=total.all.honest_rows
    )
    if total.left_out:
        said += gettext("; left out: {counts}").format(counts=_counted(total.left_out))
    if total.notes:
        said += gettext("; notes that cannot be used: {count:,}").format(count=total.notes)
    return said


def _counted(counts: Mapping[str, int]) -> str:
    return gettext(", ").join(f"{word('error', name)} {count:,}" for name, count in sorted(counts.items()))


def _share(name: str, share: Share) -> str:
    low, high = share.interval
    interval = gettext("({low} to {high} %)").format(low=f"{100 * low:.2f}", high=f"{100 * high:.2f}")
    return f"  {left(plain(name), _NAME)}{_hits(share)}{_percent(share.rate)}  {interval}"


def _hits(share: Share) -> str:
    return gettext("{hits} of {total}").format(hits=f"{share.hits:>7,}", total=f"{share.total:>7,}")


def _percent(rate: float | None) -> str:
    return f"{'-':>11}" if rate is None else f"{100 * rate:>9.2f} %"


def _group_lines(title: str, kind: str, groups: Mapping[str, Group]) -> Iterator[str]:
    yield left(title, _NAME + 2) + right(gettext("spam found"), 18) + right(gettext("honest flagged"), 31)
    ranked = sorted(groups.items(), key=lambda row: (-row[1].spam_rows - row[1].honest_rows, row[0]))
    for name, group in ranked[:_GROUPS]:
        sides = "".join(f"{_hits(share)}{_percent(share.rate)}  " for share in (group.spam, group.honest))
        said = gettext("no candidate") if name == NOWHERE else word(kind, name)
        yield f"  {left(plain(said), _NAME)}{sides}".rstrip()
    if len(ranked) > _GROUPS:
        yield gettext("  and {count} more").format(count=len(ranked) - _GROUPS)


def _threshold_lines(total: Evaluation) -> Iterator[str]:
    named = {value: word("action", name) for name, value in total.thresholds.items()}
    threshold, found = right(gettext("threshold"), 11), right(gettext("spam found"), 15)
    yield threshold + found + right(gettext("honest flagged"), 17)
    for at in total.sweep():
        name = f"  {named[at.threshold]}" if at.threshold in named else ""
        yield f"{at.threshold:>11g}{_percent(at.spam.rate):>15}{_percent(at.honest.rate):>17}{name}"
    yield threshold + found + "  " + gettext("if of the honest rows no more are flagged than")
    for row in total.at_shares():
        reached, rate = (f"{row.at.threshold:.6f}", row.at.spam.rate) if row.at else ("-", None)
        allowed = gettext("{share:.2f} %, which is {allowed:,} of {honest:,}").format(
            share=100 * row.share, allowed=row.allowed, honest=total.all.honest_rows
        )
        yield f"{reached:>11}{_percent(rate):>15}  {allowed}"


def _worst_lines(title: str, cases: Sequence[Case], style: Style) -> Iterator[str]:
    if cases:
        yield title
    for case in cases:
        outcome = case.outcome
        best = outcome.best
        found = gettext("no candidate")
        if best.label:
            found = gettext("{label} in {place}").format(label=word("label", best.label), place=_place(best.place))
        said = gettext("({truth}, {found})").format(truth=word("label", outcome.truth.label), found=found)
        yield f"  {best.score:.6f}  {_action(outcome.verdict.action, style)}  {shorten(plain(case.name))}  {said}"
        if case.withheld or case.text:
            yield "    " + style.mark(gettext("withheld") if case.withheld else style.say(shorten(plain(case.text))))


def _place(place: str) -> str:
    return gettext("no candidate") if place == NOWHERE else word("place", place)


def _code(code: str, style: Style, withheld: bool) -> str:
    kind, _, term = code.partition(":")
    if kind != "term":
        return code
    return "term:" + gettext("withheld") if withheld else f"term:{style.say(plain(term))}"


def _in_context(context: Context, finding: Finding, style: Style) -> str:
    before, after = context.around(finding.span)
    return f"{before}{style.mark(style.say(shorten(plain(finding.text))))}{after}"
