"""The findings: what the finished sessions say, kept up to date while they come in.

Knows: which selection of the rows is meant, and what was computed already. Does not know: any statistic (analysis), or how anything looks (ui).
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from refine.analysis.summary import Summary, summarise
from refine.archive import Rows
from refine.protocol import MetricInfo

K = TypeVar("K")
V = TypeVar("V")

KEPT = 16
"""Selections whose results are kept."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows are meant: always one protocol, and of the rest all unless said otherwise.

    `since` and `until` are dates (YYYY-MM-DD), both included.
    """

    protocol: str
    arm: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows that are meant."""
        if rows.empty:
            return rows
        meant = rows["protocol"] == self.protocol
        for column, value in (("arm", self.arm), ("subject", self.subject)):
            if value:
                meant &= rows[column] == value
        if self.since:
            meant &= rows["date"] >= self.since
        if self.until:
            meant &= rows["date"] <= self.until
        return rows[meant]


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to select: a label by protocol hash, and subjects."""

    protocols: Mapping[str, str]
    subjects: tuple[str, ...]


class Findings:
    """What rows say. Safe to call from many threads."""

    def __init__(self, rows: Rows, metrics: Mapping[str, MetricInfo]) -> None:
        """`metrics` has all that may be among the rows' columns, by id."""
        self._rows = rows
        self._metrics = metrics
        self._summing = threading.Lock()
        self._summaries: OrderedDict[Selection, tuple[int, Summary]] = OrderedDict()

    @property
    def version(self) -> int:
        """A number that changes whenever there is something new to say."""
        return self._rows.version

    @property
    def choices(self) -> Choices:
        """What can be selected now."""
        rows = self._rows.frame()
        if rows.empty:
            return Choices({}, ())
        counts = rows.groupby(["profile", "protocol"])["session"].nunique()
        labels = {
            protocol: f"{profile}, protocol {protocol}, {n:,} sessions" for (profile, protocol), n in counts.items()
        }
        return Choices(labels, tuple(sorted(rows["subject"].unique())))

    def rows(self, selection: Selection) -> pd.DataFrame:
        """The rows of a selection, without columns of metrics that it has not."""
        return selection.of(self._rows.frame()).dropna(axis="columns", how="all")

    def metrics(self, rows: pd.DataFrame) -> list[MetricInfo]:
        """The metrics that rows have scores of, in the order of the catalogue."""
        return [metric for metric in self._metrics.values() if metric.id in rows]

    def summary(self, selection: Selection) -> Summary:
        """All that is quick to compute."""
        with self._summing:
            version, known = self.version, self._summaries.get(selection)
            if known is None or known[0] != version:
                rows = self.rows(selection)
                length = 0 if rows.empty else int(rows["iteration"].max())
                known = (version, summarise(rows, self.metrics(rows), length))
                _keep(self._summaries, selection, known)
            return known[1]


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > KEPT:
        kept.popitem(last=False)
