"""A candidate -> why its score is what it is: all that adds up to it, what of that is worth naming, and its labels."""

from __future__ import annotations

from heapq import nsmallest

from moderation.data import Reason, Span
from moderation.engine.search import Candidate
from moderation.model import Calibration, Model
from moderation.policy import is_structural

__all__ = ["GROUPS", "contributions", "labels_of", "quotes", "reasons_of"]

# Words of a finding that are worth naming, and other reasons.
_WORDS, _FACTS = 8, 6
# Log-odds from which a reason is worth naming.
_TELLING = 0.1
# Labels below this probability are not named; beside the label of a name, only from this one on.
_NEGLIGIBLE, _CERTAIN = 0.1, 0.9
# The reasons that sum up what the judge reads around a candidate, by kind of feature.
GROUPS = {"before": "context:before", "behind": "context:behind", "title": "page:title", "page": "page:words"}
# A reason that is no word: its code, weight in log-odds, place and detail.
_Part = tuple[str, float, Span | None, str]


def quotes(code: str) -> bool:
    """Whether a reason quotes the page."""
    return code.startswith("term:")


def labels_of(candidate: Candidate, model: Model) -> tuple[tuple[str, float], ...]:
    """The labels a candidate may have with their probabilities, most probable first; a known name has its own."""
    logits = candidate.reading.page_reading.label_logits(candidate.number, model.native)
    scores = model.ranked_labels(logits)
    if candidate.name is not None:
        # Nearly all such names are of betting shops.
        label = model.labels[candidate.name.label] if candidate.name.label >= 0 else "gambling"
        scores = ((label, 1.0), *(pair for pair in scores if pair[0] != label and pair[1] >= _CERTAIN))
    return tuple(pair for at, pair in enumerate(scores) if not at or pair[1] >= _NEGLIGIBLE)


def _parts(candidate: Candidate, model: Model, calibration: Calibration) -> tuple[dict[int, float], list[_Part]]:
    """All that adds up to the log-odds of a candidate, but the bias: by word of its block, and the other reasons.

    What the judge reads of characters and words is told by word: an n-gram's share is split among the words that it
    touches.
    """
    page_reading = candidate.reading.page_reading
    words, facts, groups = page_reading.shares(candidate.number, model.native, model.judge, calibration.judged)
    others: list[_Part] = [(GROUPS[kind], share, None, "") for kind, share in groups.items()]
    others += [(code, share, None, "") for code, share in facts]
    others += [
        (signal.code, calibration.signals.get(signal.code, 0.0) * signal.strength, signal.span, signal.detail)
        for signal in candidate.signals
    ]
    return words, others


def contributions(candidate: Candidate, model: Model, calibration: Calibration) -> dict[str, float]:
    """Every contribution to a candidate's score in log-odds, by reason code, the bias among them."""
    parts = {"bias": calibration.bias + calibration.judged * float(model.manifest["judge"]["bias"])}
    words, others = _parts(candidate, model, calibration)
    for index, share in words.items():
        code = f"term:{candidate.reading.tokens.words[index]}"
        parts[code] = parts.get(code, 0.0) + share
    for part in others:
        parts[part[0]] = parts.get(part[0], 0.0) + part[1]
    return parts


def reasons_of(candidate: Candidate, model: Model, calibration: Calibration, cut: Span) -> list[Reason]:
    """The parts of a score that are worth naming, heaviest first; a word that stands there twice is named once.

    Args:
        candidate: what is found.
        model: its words and weights.
        calibration: of the score.
        cut: where it begins and ends in the text of its block; words outside are not named.
    """
    shares, others = _parts(candidate, model, calibration)
    tokens = candidate.reading.tokens
    terms: dict[str, tuple[float, int]] = {}
    words, page_reading = tokens.words, candidate.reading.page_reading
    inside = None if cut == candidate.text_span else set(page_reading.touched(candidate.number, cut.start, cut.end))
    for index, share in shares.items():
        if inside is not None and index not in inside:
            continue
        word = words[index]
        before = terms.get(word)
        terms[word] = (share + before[0], before[1]) if before else (share, index)
    ranked = nsmallest(_WORDS, terms.items(), key=lambda term: (-term[1][0], term[0]))
    number = candidate.reading.number
    heaviest = [
        Reason(
            f"term:{word}",
            round(share, 4),
            Span(*page_reading.origin(number, tokens.starts[index], tokens.ends[index])),
        )
        for word, (share, index) in ranked
        if share > 0
    ]
    # What a policy decides by is always told.
    built = [part for part in others if part[1] and is_structural(part[0])]
    said = [part for part in others if abs(part[1]) >= _TELLING and not is_structural(part[0])]
    said = sorted(said, key=lambda part: (-abs(part[1]), part[0]))[:_FACTS]
    telling = [Reason(code, round(share, 4), span, detail) for code, share, span, detail in (*built, *said)]
    return sorted([*heaviest, *telling], key=lambda reason: (-reason.weight, reason.code))
