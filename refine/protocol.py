"""The nouns of the study: what a protocol, a target, a session, a trial, an iteration and a ranking are.

Knows: names, types, units, and what makes a protocol the same protocol.
Does not know: the order in which things happen (study), where they are kept (storage), how a picture or a
score comes about (generation, similarity).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from PIL import Image

Arm = Literal["scores", "no_scores"]
"""Feedback arm of a session: the participant sees the scores of each drawing, or does not."""

ARMS: tuple[Arm, ...] = ("scores", "no_scores")

FeedbackPolicy = Literal["always", "never", "random"]
"""How arms are given: everybody sees scores, nobody does, or a balanced random half."""

Scores = Mapping[str, float]
"""Raw score by metric id, as the metric's library returns it (not oriented)."""


class Step(StrEnum):
    """Where a participant stands."""

    WELCOME = "welcome"
    TARGET = "target"
    ROUNDS = "rounds"
    RANKING = "ranking"
    THANKS = "thanks"


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
class Protocol:
    """The fixed conditions of a study. Data of two protocols is never pooled: every row carries the hash.

    `measures` says of each of the `metrics` what its scores depend on: weights by their hash, how pictures are resized. It is
    empty in protocols from before that was said.
    """

    profile: str
    iterations: int
    trials: int
    feedback: FeedbackPolicy
    drawing: DrawingSettings
    metrics: tuple[str, ...]
    measures: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """The first 12 hex digits of the SHA-256 of the protocol's canonical JSON."""
        conditions = asdict(self)
        if not self.measures:
            del conditions["measures"]  # so that a protocol from before keeps its hash
        text = json.dumps(conditions, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Target:
    """A picture to be reached. `prompt` is hidden from participants until their session is complete.

    `picture` is the pixel hash of the picture (see `pixel_hash`).
    """

    id: str
    subject: str
    prompt: str
    picture: str


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
    """One target in one session. `shuffled` is the order in which the drawings are offered for ranking."""

    id: str
    session_id: str
    number: int
    target_id: str
    shuffled: tuple[int, ...]
    begun_at: datetime | None = None
    iterations: tuple[Iteration, ...] = ()
    ranking: Ranking | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One participant's visit. `token_hash` is the SHA-256 of the secret resume token, which is not kept."""

    id: str
    token_hash: str
    withdrawal_code: str
    protocol_hash: str
    arm: Arm
    consent_version: str
    enrolled_at: datetime
    finished_at: datetime | None = None
    trials: tuple[Trial, ...] = field(default=())

    @property
    def current(self) -> Trial | None:
        """The first trial that is not ranked yet, or `None` when all are."""
        return next((trial for trial in self.trials if trial.ranking is None), None)


def read_protocol(stored: dict[str, Any]) -> Protocol:
    """A protocol from its JSON, as journals and datasets have it; also one from before some condition was told."""
    drawing = DrawingSettings(**stored["drawing"])
    return Protocol(
        **{
            **stored,
            "drawing": drawing,
            "metrics": tuple(stored["metrics"]),
            "measures": tuple(stored.get("measures", ())),
        }
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


def pixel_hash(picture: Image.Image) -> str:
    """The SHA-256 (hex) of width and height (4 bytes each, big-endian) and the RGB bytes, row by row.

    It names a picture by what is seen: two files with the same pixels have the same hash.
    """
    rgb = picture.convert("RGB")
    size = rgb.width.to_bytes(4, "big") + rgb.height.to_bytes(4, "big")
    return hashlib.sha256(size + rgb.tobytes()).hexdigest()
