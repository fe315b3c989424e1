"""Warning signs: what in the results should make a researcher stop and think, in plain sentences with what to do.

Knows: the three signs of the design, when each is seen, and that metrics which show the same sign share a sentence. Does not
know: how a number came about.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from refine.analysis.agreement import Agreement
from refine.analysis.apa import number, p_words
from refine.analysis.ceiling import MOST
from refine.analysis.composite import LEAST_ICC
from refine.analysis.effects import IterationEffect
from refine.analysis.enough import Subject, enough, listed, too_few
from refine.analysis.recency import Recency

Kind = Literal["disagreement", "early plateau", "recency bias"]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: `finding` is what is seen, `advice` what to do about it. `metrics` are ids, none for recency bias."""

    kind: Kind
    metrics: tuple[str, ...]
    finding: str
    advice: str


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs that are seen, and sentences on what could not be looked at; `few` is the one on too few sessions."""

    seen: tuple[Sign, ...]
    unknown: tuple[str, ...]
    few: str = ""

    @property
    def sentence(self) -> str:
        """How many there are, for the head of the section."""
        if self.seen:
            said = f"{len(self.seen)} warning sign{'s are' if len(self.seen) > 1 else ' is'} seen."
        elif self.unknown or self.few:
            said = "No warning sign is seen in what can be looked at so far."
        else:
            said = (
                "No warning sign is seen: metrics and people agree, drawings come closer over the first iterations, and "
                "late drawings are not liked for being late."
            )
        return f"{said} {self.few}".rstrip()


@dataclass(slots=True)
class _Group:
    """What several metrics have in common: `labels` and ids, and what is said of each."""

    labels: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def warning_signs(
    agreements: Sequence[Agreement],
    effects: Sequence[IterationEffect],
    position: Recency,
    sessions: int,
    ceilings: Mapping[str, float] | None = None,
) -> Signs:
    """Look for metrics that disagree with people (ICC(C,1) < 0.5), early plateaus (no gain up to iteration 6) and recency
    bias (late drawings ranked first more often than their scores explain; p < .05).

    With fewer `sessions` than a kind needs (`enough`) it is not looked for, and that is said once. `ceilings`: by metric id, the share of drawings
    that a rewording cannot tell from the best of their trial (`ceiling`); a plateau at a ceiling is called that.
    """
    looks: dict[Subject, Callable[[], Iterable[Sign | str]]] = {
        "agreement": lambda: _disagreement(agreements),
        "gains": lambda: _early_plateau(effects, ceilings or {}),
        "favourites": lambda: _recency(position),
    }
    found = [one for subject, look in looks.items() if enough(sessions, subject) for one in look()]
    return Signs(
        seen=tuple(one for one in found if isinstance(one, Sign)),
        unknown=tuple(one for one in found if isinstance(one, str)),
        few=too_few(sessions),
    )


def _disagreement(agreements: Iterable[Agreement]) -> Iterable[Sign | str]:
    unknown: dict[str, _Group] = {}
    poor: dict[bool, _Group] = {}
    for found in agreements:
        icc = found.icc.ICC3
        if icc.undefined:
            _add(unknown, icc.undefined, found, "")
        elif icc.value < LEAST_ICC:
            value = (
                f"{icc.value:.2f} [{icc.lower:.2f}, {icc.upper:.2f}], {found.pairwise:.0%} of all pairs ordered alike"
            )
            _add(poor, icc.upper >= LEAST_ICC, found, value)
    for open_end, group in poor.items():
        names = listed(group.labels)
        them, their, are = ("them", "They are", "are") if len(group.labels) > 1 else ("it", "It is", "is")
        more = f" The interval reaches {LEAST_ICC} and more: collect more sessions before you judge." * open_end
        yield Sign(
            "disagreement",
            tuple(group.ids),
            f"{names} and people disagree, ICC(C,1) {are} below {LEAST_ICC}: {_each(group)} (guessing orders 50%).",
            f"Do not read {them} as similarity in the eyes of people: rely on the rankings and on metrics that agree with "
            f"them. {their} left out of the composite score.{more}",
        )
    for why, group in unknown.items():
        yield f"Whether {listed(group.labels)} and people agree is {why}."


def _early_plateau(effects: Iterable[IterationEffect], ceilings: Mapping[str, float]) -> Iterable[Sign | str]:
    unknown: dict[str, _Group] = {}
    seen: dict[tuple[str, str, str], _Group] = {}
    for found in effects:
        gain = found.early_gain
        if gain is None:
            _add(unknown, found.undefined, found, "")
        elif gain.estimate <= 0 or gain.p >= 0.05:
            falls = gain.estimate < 0 and gain.p < 0.05
            share = ceilings.get(found.metric.id, 0.0)
            what = "fall" if falls else "are at a ceiling" if share > MOST else "show no gain"
            value = f"{number(gain.estimate)} [{number(gain.lower)}, {number(gain.upper)}], {p_words(gain.p)}"
            if what == "are at a ceiling":
                value += (
                    f", {share:.0%} of the drawings are within the noise of a rewording from the best of their trial"
                )
            _add(seen, (what, gain.second, gain.first), found, value)
    for (what, first, last), group in seen.items():
        if what == "are at a ceiling":
            advice = (
                "Words cannot bring most drawings closer than they are: choose targets that are harder to describe, or "
                "fewer iterations."
            )
        else:
            advice = (
                "Look at some trials: can these targets be reached with words, and do participants change their prompts? If "
                "the interval is wide, collect more sessions; if it is narrow, fewer iterations would do."
            )
        finding = f"By {listed(group.labels)}, drawings {what} from iteration {first} to {last}: {_each(group)}."
        yield Sign("early plateau", tuple(group.ids), finding, advice)
    for why, group in unknown.items():
        verb = "has" if len(group.labels) == 1 else "have"
        yield f"Whether {listed(group.labels)} {verb} an early plateau is {why}."


def _recency(found: Recency) -> Iterable[Sign | str]:
    position = found.position
    if position is None:
        yield found.sentence
    elif position.estimate > 0 and found.p < 0.05:
        yield Sign(
            "recency bias",
            (),
            f"Late drawings are ranked first more often than their scores explain. {found.sentence}",
            "Do not take the counts of top-ranked iterations for progress alone: read them beside the scores. Either late "
            "drawings are liked for being late, or people see progress that no metric sees; look at trials in which a "
            "late drawing was put before one with better scores.",
        )


def _add(groups: dict[Key, _Group], key: Key, found: Agreement | IterationEffect, said: str) -> None:
    group = groups.setdefault(key, _Group())
    group.labels.append(found.metric.label)
    group.ids.append(found.metric.id)
    group.said.append(said)


def _each(group: _Group) -> str:
    """What is said of each metric, by its name where there are several."""
    if len(group.said) == 1:
        return group.said[0]
    return "; ".join(f"{label} {said}" for label, said in zip(group.labels, group.said, strict=True))
