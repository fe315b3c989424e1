"""The table of iterations, validated: what must hold of its rows, whoever wrote or reads them.

Knows: the columns that say who did what, their values, and how rows belong together. Does not know: files, pictures,
sessions' own rows, or statistics.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from refine.metrics import MetricInfo
from refine.protocol import wrong_with_ranks

WORDS = (
    "iteration_id",
    "session_id",
    "trial_id",
    "target_id",
    "arm",
    "pixel_hash",
    "profile",
    "protocol_hash",
)
"""Columns of text, which is never empty."""

COUNTS = ("iteration", "rank")
"""Columns of whole numbers from 1."""

COLUMNS = (*WORDS, *COUNTS)
"""What every row has. Scores may be missing."""

BELONGS = (
    ("trial_id", ("session_id", "target_id")),
    ("session_id", ("arm", "protocol_hash")),
    ("protocol_hash", ("profile",)),
)
"""Of the first one, all rows have the same of the others."""

ROUNDING = 1e-3
"""By which a score may lie outside of its range: a cosine in half precision does."""

Row = Mapping[str, Any]
R = TypeVar("R", bound=Row)


class Place(NamedTuple):
    """A row of a shard, counted from 1."""

    shard: str
    row: int

    def __str__(self) -> str:
        return f"{self.shard}, row {self.row}"


class _Ranked(NamedTuple):
    place: Place
    iteration: int
    rank: int
    pixel_hash: str
    protocol: str


class TableCheck:
    """What is wrong with a table that is read shard by shard, in sentences that name shard and row.

    Rows have `COLUMNS` and, perhaps, scores: a score that is missing, `None` or not a number, is no fault.
    """

    def __init__(self, metrics: Mapping[str, MetricInfo], arms: Collection[str]) -> None:
        """`metrics`: those whose scores may be there, by id; `arms`: those that a session may be in."""
        self._metrics = metrics
        self._arms = arms
        self._told: dict[tuple[str, str], tuple[str, int]] = {}
        self._ids: dict[str, Place] = {}
        self._belongs: dict[tuple[str, str, str], tuple[str, Place]] = {}
        self._trials: dict[str, list[_Ranked]] = {}
        self._spoilt: set[object] = set()

    def add(self, shard: str, numbered: Sequence[tuple[int, R]]) -> list[tuple[int, R]]:
        """Check rows, each with its number in `shard`; returns those whose cells are sound and whose id is new."""
        if not numbered:
            self.tell("empty", shard, f"{shard} has no rows: remove it")
        sound = []
        for number, row in numbered:
            place = Place(shard, number)
            if self._cells(place, row) and self._new(place, row):
                self._together(place, row)
                sound.append((number, row))
                ranked = _Ranked(place, row["iteration"], row["rank"], row["pixel_hash"], row["protocol_hash"])
                self._trials.setdefault(row["trial_id"], []).append(ranked)
        return sound

    def tell(self, kind: str, shard: str, words: str) -> None:
        """Tell a fault in `shard`: one sentence a kind, for whoever sees its first row knows where to look."""
        first, count = self._told.get((shard, kind), (words, 0))
        self._told[shard, kind] = first, count + 1

    def lacks(self, shard: str, columns: Iterable[str]) -> None:
        """Tell that the rows of a shard have not these columns, so that they cannot be read."""
        self.tell("columns", shard, f"{shard} lacks {', '.join(sorted(columns))}: it is no shard of this study")

    def end(self) -> list[str]:
        """All faults, a sentence for each kind in each shard, also those that only a whole trial or protocol shows.

        Called once, after the last row.
        """
        lengths: dict[str, Counter[int]] = {}
        whole = {trial: rows for trial, rows in self._trials.items() if trial not in self._spoilt}
        for trial, rows in whole.items():
            if self._numbered(trial, rows) and self._ranked(trial, rows):
                lengths.setdefault(rows[0].protocol, Counter())[len(rows)] += 1
        for trial, rows in whole.items():
            usual = lengths.get(rows[0].protocol, Counter[int]()).most_common(1)
            if usual and usual[0][0] != len(rows):
                words = f"trial {trial} has {len(rows)} rounds, other trials of its protocol have {usual[0][0]}"
                self._tell("length", rows[0].place, words)
        ends = {1: "", 2: " (1 more row of this shard likewise)"}
        return [
            f"{words}{ends.get(count, f' ({count - 1} more rows of this shard likewise)')}."
            for words, count in self._told.values()
        ]

    def _tell(self, kind: str, place: Place, words: str) -> None:
        self.tell(kind, place.shard, f"{place}: {words}")

    def _cells(self, place: Place, row: Row) -> bool:
        wrong = [
            *((name, words) for name in WORDS if (words := _of_text(row[name]))),
            *((name, words) for name in COUNTS if (words := _of_count(row[name]))),
            *((name, words) for name, metric in self._metrics.items() if (words := _of_score(row.get(name), metric))),
        ]
        if not wrong and row["arm"] not in self._arms:
            wrong.append(("arm", f"{_shown(row['arm'])}, none of {', '.join(self._arms)}"))
        for name, words in wrong:
            self._tell(name, place, f"{name} is {words}")
        if wrong and isinstance(row["trial_id"], str):
            self._spoilt.add(row["trial_id"])
        return not wrong

    def _new(self, place: Place, row: Row) -> bool:
        first = self._ids.setdefault(row["iteration_id"], place)
        if first is not place:
            hint = "" if first.shard == place.shard else ": perhaps one of the shards is a copy, to be removed"
            self._tell("twice", place, f"iteration {row['iteration_id']} is there twice, first in {first}{hint}")
            self._spoilt.add(row["trial_id"])
        return first is place

    def _together(self, place: Place, row: Row) -> None:
        for one, others in BELONGS:
            for other in others:
                said, where = self._belongs.setdefault((one, other, row[one]), (row[other], place))
                if said != row[other]:
                    self._tell(other, place, f"{one} {row[one]} has {other} {row[other]}, but {said} in {where}")
                    self._spoilt.add(row["trial_id"])

    def _numbered(self, trial: str, rows: list[_Ranked]) -> bool:
        first: dict[int, Place] = {}
        for one in rows:
            seen = first.setdefault(one.iteration, one.place)
            if seen is not one.place:
                self._tell(
                    "iterations", one.place, f"trial {trial} has iteration {one.iteration} twice, first in {seen}"
                )
                return False
            if one.iteration > len(rows):
                words = f"trial {trial} has {_counted(len(rows), 'round')}, but this is iteration {one.iteration}: each from 1 to"
                self._tell("iterations", one.place, f"{words} {len(rows)} must be there once")
                return False
        return True

    def _ranked(self, trial: str, rows: list[_Ranked]) -> bool:
        ranks = [one.rank for one in rows]
        fault = wrong_with_ranks(ranks, [one.pixel_hash for one in rows])
        if fault:
            first = {one.rank: one.pixel_hash for one in reversed(rows)}
            due = {rank: 1 + sum(other < rank for other in ranks) for rank in ranks}
            row = next(one for one in rows if one.rank != due[one.rank] or one.pixel_hash != first[one.rank])
            self._tell("ranks", row.place, f"the ranks of trial {trial} are {', '.join(map(str, ranks))}, {fault}")
        return not fault


def _of_text(value: object) -> str:
    if value is None:
        return "missing"
    if not isinstance(value, str):
        return f"{_shown(value)}, not text"
    return "" if value.strip() else "empty"


def _of_count(value: object) -> str:
    if value is None:
        return "missing"
    if not isinstance(value, int) or isinstance(value, bool):
        return f"{_shown(value)}, not a whole number (integer)"
    return "" if value >= 1 else f"{value}, but is counted from 1"


def _of_score(value: object, metric: MetricInfo) -> str:
    if value is None:
        return ""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return f"{_shown(value)}, not a number"
    if math.isinf(value):
        return "infinite: leave it empty if it could not be computed"
    lowest, highest = metric.bounds
    if value < lowest - ROUNDING or value > highest + ROUNDING:
        return f"{value:g}, outside of its range, {lowest:g} to {highest:g}"
    return ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
