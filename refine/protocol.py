"""The nouns of the study: what a protocol, a target, a session, a trial, an iteration and a ranking are.

Knows: names, types, units, and what makes a protocol the same protocol.
Does not know: the order in which things happen (study), where they are kept (storage), how a picture or a
score comes about (generation, similarity).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # analyses run without pictures
    from PIL import Image

Scores = Mapping[str, float]
"""Raw score by metric id, as the metric's library returns it (not oriented)."""

STEPS_BEFORE = ("welcome", "target", "rounds", "ranking", "thanks")
ARMS_BEFORE = {"always": ("scores",), "never": ("no_scores",), "random": ("no_scores", "scores")}
"""The only steps that there were before a protocol named them, and the arms by the policy that it named instead."""


@dataclass(frozen=True, slots=True)
class DrawingSettings:
    """Everything a drawing depends on besides the prompt. `width` and `height` in pixels."""

    model: str
    revision: str
    seed: int
    steps: int
    guidance_scale: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """When the rounds of a trial end: the id of a rule (`refine.flow.stopping`) and its parameters by name."""

    rule: str
    parameters: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Protocol:
    """The fixed conditions of a study, ids and parameters only. Data of two protocols is never pooled: every row carries the hash.

    `steps` are what a participant goes through, `arms` the groups that may see different things of a drawing. `measures` says of
    each of the `metrics` what its scores depend on: weights by their hash, how pictures are resized. It is empty in protocols from
    before that was said. `target_seed` is that of the noise of the targets, where it is not that of the drawings.
    """

    profile: str
    trials: int
    stopping: Stopping
    arms: tuple[str, ...]
    drawing: DrawingSettings
    metrics: tuple[str, ...]
    measures: tuple[str, ...] = ()
    steps: tuple[str, ...] = STEPS_BEFORE
    target_seed: int | None = None

    @property
    def target_drawing(self) -> DrawingSettings:
        """What targets that were drawn for this protocol depend on besides their prompts."""
        return self.drawing if self.target_seed is None else replace(self.drawing, seed=self.target_seed)

    @property
    def conditions(self) -> dict[str, Any]:
        """The protocol as JSON has it.

        What earlier software could say is written as it wrote it: the same conditions have the same hash, whoever wrote them.
        """
        told: dict[str, Any] = {
            "profile": self.profile,
            "trials": self.trials,
            "drawing": asdict(self.drawing),
            "metrics": list(self.metrics),
        }
        if self.measures:
            told["measures"] = list(self.measures)
        if self.target_seed is not None:
            told["target_seed"] = self.target_seed
        if self.steps != STEPS_BEFORE:
            told["steps"] = list(self.steps)
        if self.stopping.rule == "fixed_rounds":
            told["iterations"] = self.stopping.parameters["rounds"]
        else:
            told["stopping"] = {"rule": self.stopping.rule, "parameters": dict(self.stopping.parameters)}
        policy = next((name for name, arms in ARMS_BEFORE.items() if arms == self.arms), "")
        return told | ({"feedback": policy} if policy else {"arms": list(self.arms)})

    @property
    def hash(self) -> str:
        """The first 12 hex digits of the SHA-256 of the conditions as canonical JSON."""
        text = json.dumps(self.conditions, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Target:
    """A picture to be reached. `prompt` is hidden from participants until their session is complete.

    `picture` is the pixel hash of the picture (see `pixel_hash`). `grade` is how hard it is said to be; empty if nothing is said.
    """

    id: str
    subject: str
    prompt: str
    picture: str
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What drew a picture, so that it can be drawn again. `versions` by package name."""

    settings: DrawingSettings
    dtype: str
    device: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Iteration:
    """One prompt and its drawing. The page says *round* to participants.

    `number` counts from 1 within the trial. `picture` is a pixel hash. `unread` holds the end of the prompt that
    the text encoders did not read (usually empty). `asked_at` and `drawn_at` are UTC.
    """

    id: str
    trial_id: str
    number: int
    prompt: str
    unread: str
    picture: str
    scores: Scores
    drawing_seconds: float
    scoring_seconds: float
    asked_at: datetime
    drawn_at: datetime
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Ranking:
    """A participant's order of a trial's drawings: iteration numbers, the most similar first (rank 1).

    `tied` holds, as in `order`, the numbers that share the rank of the one before them: drawings of the same pixels.
    """

    order: tuple[int, ...]
    ranked_at: datetime
    tied: tuple[int, ...] = ()

    def rank_of(self, number: int) -> int:
        """The rank (1 = most similar) of the iteration `number`: 1, 2, 2, 4 where the second and third are tied."""
        place = self.order.index(number)
        while self.order[place] in self.tied:
            place -= 1
        return place + 1


@dataclass(frozen=True, slots=True)
class Trial:
    """One target in one session. `shuffled` is a random order of all rounds that there can be."""

    id: str
    session_id: str
    number: int
    target_id: str
    shuffled: tuple[int, ...]
    begun_at: datetime | None = None
    iterations: tuple[Iteration, ...] = ()
    ranking: Ranking | None = None

    @property
    def offered(self) -> tuple[int, ...]:
        """The order in which the drawings are offered for ranking: what was drawn, shuffled (of any order, a part is at random)."""
        drawn = {iteration.number for iteration in self.iterations}
        return tuple(number for number in self.shuffled if number in drawn)


@dataclass(frozen=True, slots=True)
class Session:
    """One participant's visit. `token_hash` is the SHA-256 of the secret resume token, which is not kept."""

    id: str
    token_hash: str
    withdrawal_code: str
    protocol_hash: str
    arm: str
    consent_version: str
    enrolled_at: datetime
    finished_at: datetime | None = None
    trials: tuple[Trial, ...] = field(default=())

    @property
    def current(self) -> Trial | None:
        """The first trial that is not ranked yet, or `None` when all are."""
        return next((trial for trial in self.trials if trial.ranking is None), None)


def fixed_rounds(rounds: int) -> Stopping:
    """Every trial has so many rounds."""
    return Stopping("fixed_rounds", {"rounds": rounds})


def read_protocol(stored: Mapping[str, Any]) -> Protocol:
    """A protocol from its `conditions`, of this or any earlier software.

    Raises `KeyError`, `TypeError` or `ValueError` if that is something else.
    """
    stopping = fixed_rounds(stored["iterations"]) if "iterations" in stored else Stopping(**stored["stopping"])
    return Protocol(
        profile=stored["profile"],
        trials=stored["trials"],
        stopping=stopping,
        arms=ARMS_BEFORE[stored["feedback"]] if "feedback" in stored else tuple(stored["arms"]),
        drawing=DrawingSettings(**stored["drawing"]),
        metrics=tuple(stored["metrics"]),
        measures=tuple(stored.get("measures", ())),
        steps=tuple(stored.get("steps", STEPS_BEFORE)),
        target_seed=stored.get("target_seed"),
    )


def ranked(order: Sequence[int], pixels: Mapping[int, str], at: datetime) -> Ranking:
    """The ranking that puts iterations in this order, those of the same pixels being tied.

    `pixels` is the pixel hash of each number in `order`. A drawing stands with the first that has its pixels, in order of
    their numbers: who sees them cannot tell them apart.
    """
    together: dict[str, list[int]] = {}
    for number in order:
        together.setdefault(pixels[number], []).append(number)
    ties = [sorted(numbers) for numbers in together.values()]
    tied = tuple(number for numbers in ties for number in numbers[1:])
    return Ranking(tuple(number for numbers in ties for number in numbers), at, tied)


def wrong_with_ranks(ranks: Sequence[int], pixels: Sequence[str]) -> str:
    """Why these are not the ranks of a trial's drawings, each with its pixel hash; empty if they are.

    A rank is 1 + the number of drawings that are ranked better; only drawings of the same pixels may share one, and need
    not: before ties were known, they were ordered like all others.
    """
    if any(rank != 1 + sum(other < rank for other in ranks) for rank in ranks):
        return f"not a permutation of 1 to {len(ranks)}, nor one with ties"
    picture = dict(zip(ranks, pixels, strict=True))
    if any(picture[rank] != own for rank, own in zip(ranks, pixels, strict=True)):
        return "shared by drawings that do not have the same pixels"
    return ""


def pixel_hash(picture: "Image.Image") -> str:
    """The SHA-256 (hex) of width and height (4 bytes each, big-endian) and the RGB bytes, row by row.

    It names a picture by what is seen: two files with the same pixels have the same hash.
    """
    rgb = picture.convert("RGB")
    size = rgb.width.to_bytes(4, "big") + rgb.height.to_bytes(4, "big")
    return hashlib.sha256(size + rgb.tobytes()).hexdigest()
