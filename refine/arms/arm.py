"""What an arm is: a group of participants who are given the same feedback on their drawings.

Knows: the form of arms and of feedback, and what feedback is made from. Does not know: any particular one, or how a map is made.
"""

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from refine.metrics import MetricInfo, Scale
from refine.protocol import Iteration


@dataclass(frozen=True, slots=True)
class MapView:
    """A map over a drawing, ready to be shown, and the same in numbers and in words.

    `amounts` has the mean of the map by place (ninth of the picture, in words): 0 (like the target) to 1 (like an unrelated
    picture), of a change -1 (went away) to 1 (came closer). `named` are the places that `words`, a sentence, says stand out.
    `drawing` and `colours` are pictures of one shape as data URIs. `legend` is the scale as CSS colours from the lowest to
    the highest, `ends` says what these two mean.
    """

    amounts: Mapping[str, float]
    named: tuple[str, ...]
    words: str
    drawing: str
    colours: str
    legend: tuple[str, ...]
    ends: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """What feedback is made from: the metrics of the study, and the drawings of a trial so far with their raw scores.

    `scales` are those of the metrics for the target, by id, as far as they are made; `noise` is what a rewording changes of a
    raw score, by metric id. At the end of a trial, `best` is the number of the drawing that was ranked first.
    `difference` is the map of the newest drawing, `change` what it did since the one before, above 0 where it came closer;
    instead of either there may be a sentence that says why it is not there, empty if there is nothing to say.
    """

    metrics: Sequence[MetricInfo]
    iterations: Sequence[Iteration]
    scales: Mapping[str, Scale]
    noise: Mapping[str, float]
    best: int | None = None
    difference: MapView | str = ""
    change: MapView | str = ""


@dataclass(frozen=True, slots=True)
class Perceived:
    """What a simulated participant takes from feedback on a drawing; what it does not learn of is not there.

    `similarity` is 0 (unrelated) to 1 (the target itself). `differs` is by place how much it differs, 0..1; `changed` by
    place what the last change did, -1 (went away) to 1 (came closer).
    """

    similarity: float | None = None
    differs: Mapping[str, float] = field(default_factory=dict)
    changed: Mapping[str, float] = field(default_factory=dict)


class Feedback(typing.Protocol):
    """One kind of feedback. `needs` names what the study must give for it: `scores`, `maps`."""

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

    def perceived(self, given: Given, rng: Random) -> Perceived:
        """What a simulated participant learns from what `html` shows, with the errors of an eye."""
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

    @property
    def needs(self) -> frozenset[str]:
        """What its feedback is made from, by name."""
        return frozenset[str]().union(*(feedback.needs for feedback in self.shows))

    def html(self, given: Given) -> str:
        """All that this arm shows."""
        return "".join(feedback.html(given) for feedback in self.shows)

    def perceived(self, given: Given, rng: Random) -> Perceived:
        """All that a simulated participant learns; of several that tell the same the first counts."""
        seen = [feedback.perceived(given, rng) for feedback in self.shows]
        return Perceived(
            next((one.similarity for one in seen if one.similarity is not None), None),
            next((one.differs for one in seen if one.differs), {}),
            next((one.changed for one in seen if one.changed), {}),
        )
