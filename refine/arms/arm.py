"""What an arm is: a group of participants who are given the same feedback on their drawings.

Knows: the form of arms and of feedback. Does not know: any particular one.
"""

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from refine.metrics import MetricInfo, Scale
from refine.protocol import Iteration


@dataclass(frozen=True, slots=True)
class Given:
    """What feedback is made from: the metrics of the study, and the drawings of a trial so far with their raw scores.

    `scales` are those of the metrics for the target, by id, as far as they are made; `noise` is what a rewording changes of a
    raw score, by metric id. At the end of a trial, `best` is the number of the drawing that was ranked first.
    """

    metrics: Sequence[MetricInfo]
    iterations: Sequence[Iteration]
    scales: Mapping[str, Scale]
    noise: Mapping[str, float]
    best: int | None = None


class Feedback(typing.Protocol):
    """One kind of feedback. `needs` names what the study must give for it, such as `scores`."""

    @property
    def id(self) -> str:
        """Its name in lists and messages."""
        ...

    @property
    def needs(self) -> frozenset[str]:
        """What it is made from, by name."""
        ...

    def html(self, given: Given) -> str:
        """What is shown of the newest drawing, or of the best; empty before there is one. Changes nothing."""
        ...

    def perceived(self, similarity: float, rng: Random) -> float:
        """What a simulated participant takes the similarity of a drawing for, 0 (unrelated) to 1 (the target itself)."""
        ...


@dataclass(frozen=True, slots=True)
class Arm:
    """A group of participants. `label` names it on figures, `meaning` in the dataset ("the participant saw ...").

    `id` has at most 16 characters.
    """

    id: str
    label: str
    meaning: str
    shows: tuple[Feedback, ...]

    def html(self, given: Given) -> str:
        """All that this arm shows."""
        return "".join(feedback.html(given) for feedback in self.shows)

    def lacks(self, given: frozenset[str]) -> frozenset[str]:
        """What its feedback needs that a study does not give."""
        return frozenset[str]().union(*(feedback.needs for feedback in self.shows)) - given
