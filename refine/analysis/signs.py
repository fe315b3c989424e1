"""Warning signs: what in the results should make a researcher stop and think, in plain sentences with what to do.

Knows: the three signs of the design and when each is seen. Does not know: how a number came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from refine.analysis.agreement import Agreement
from refine.analysis.apa import number, p_words
from refine.analysis.effects import IterationEffect
from refine.analysis.orient import LEAST_ICC
from refine.analysis.recency import Recency

Kind = Literal["disagreement", "early plateau", "recency bias"]


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: `finding` is what is seen, `advice` what to do about it. `metric` is an id, empty for recency bias."""

    kind: Kind
    metric: str
    finding: str
    advice: str


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs that are seen, and sentences on what could not be looked at."""

    seen: tuple[Sign, ...]
    unknown: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """How many there are, for the head of the section."""
        if self.seen:
            return f"{len(self.seen)} warning sign{'s are' if len(self.seen) > 1 else ' is'} seen."
        if self.unknown:
            return "No warning sign is seen in what can be looked at so far."
        return (
            "No warning sign is seen: metrics and people agree, drawings come closer over the first iterations, and "
            "late drawings are not liked for being late."
        )


def warning_signs(agreements: Sequence[Agreement], effects: Sequence[IterationEffect], position: Recency) -> Signs:
    """Look for metrics that disagree with people (ICC(C,1) < 0.5), early plateaus (no gain up to iteration 6) and recency
    bias (late drawings ranked first more often than their scores explain; p < .05).
    """
    found = [*map(_disagreement, agreements), *map(_early_plateau, effects), _recency(position)]
    return Signs(
        seen=tuple(one for one in found if isinstance(one, Sign)),
        unknown=tuple(one for one in found if isinstance(one, str)),
    )


def _disagreement(found: Agreement) -> Sign | str | None:
    name, icc = found.metric.label, found.icc.ICC3
    if icc.undefined:
        return f"Whether {name} and people agree is {icc.undefined}."
    if icc.value >= LEAST_ICC:
        return None
    open_end = f" The interval reaches {LEAST_ICC} and more: collect more sessions before you judge." * (
        icc.upper >= LEAST_ICC
    )
    return Sign(
        "disagreement",
        found.metric.id,
        f"{name} and people disagree: ICC(C,1) = {icc.value:.2f} [{icc.lower:.2f}, {icc.upper:.2f}], below {LEAST_ICC}. It "
        f"orders {found.pairwise:.0%} of all pairs of drawings as people do; guessing orders 50%.",
        f"Do not read {name} as similarity in the eyes of people: rely on the rankings and on metrics that agree with "
        f"them. It is left out of the composite score.{open_end}",
    )


def _early_plateau(found: IterationEffect) -> Sign | str | None:
    name, gain = found.metric.label, found.early_gain
    if gain is None:
        return f"Whether {name} has an early plateau is {found.undefined}."
    if gain.estimate > 0 and gain.p < 0.05:
        return None
    falls = gain.estimate < 0 and gain.p < 0.05
    what = "fall" if falls else "show no gain"
    return Sign(
        "early plateau",
        found.metric.id,
        f"By {name}, drawings {what} from iteration {gain.second} to {gain.first}: {number(gain.estimate)} "
        f"[{number(gain.lower)}, {number(gain.upper)}], {p_words(gain.p)}.",
        "Look at some trials: can these targets be reached with words, and do participants change their prompts? If the "
        "interval is wide, collect more sessions; if it is narrow, fewer iterations would do.",
    )


def _recency(found: Recency) -> Sign | str | None:
    position = found.position
    if position is None:
        return found.sentence
    if position.estimate <= 0 or found.p >= 0.05:
        return None
    return Sign(
        "recency bias",
        "",
        f"Late drawings are ranked first more often than their scores explain. {found.sentence}",
        "Do not take the counts of top-ranked iterations for progress alone: read them beside the scores. Either late "
        "drawings are liked for being late, or people see progress that no metric sees; look at trials in which a "
        "late drawing was put before one with better scores.",
    )
