"""Live results: what the finished sessions say, kept up to date while they come in.

Knows: what is quick enough to be computed when asked for, what is fitted in the background, and which selection of the
rows is meant. Does not know: any statistic (analysis), or how anything looks (ui).
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from refine.analysis.report import Origin, write_report
from refine.analysis.results import Results, analyse
from refine.analysis.summary import Summary, summarise
from refine.live.rows import Rows
from refine.metrics import MetricInfo, rewording_noise
from refine.storage.errors import StorageError

K = TypeVar("K")
V = TypeVar("V")

log = logging.getLogger(__name__)

REFIT_SECONDS = 3.0
"""Between two fits of the mixed models at least."""

SETTLE_SECONDS = 0.7
"""After something new, before it is fitted: the quick figures come first, with the processor to themselves."""

KEPT = 8
"""Selections whose results are kept; those of 10,000 sessions take 200 MB."""


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


@dataclass(frozen=True, slots=True, eq=False)
class FittedResults:
    """All results of a selection, the slow ones too, of its first `sessions` sessions; made at `at` (seconds, Unix).

    It took `seconds`. `results` is `None` without any session, or after a `fault` (a sentence).
    """

    version: int
    sessions: int
    at: float
    results: Results | None = None
    fault: str = ""
    seconds: float = 0.0


class LiveResults:
    """What rows say. Safe to call from many threads; only `fit` is ever older than the rows."""

    def __init__(self, rows: Rows, metrics: Mapping[str, MetricInfo]) -> None:
        """`metrics` has all that may be among the rows' columns, by id."""
        self._rows = rows
        self._metrics = metrics
        self._summing = threading.Lock()
        self._lock = threading.Lock()
        self._summaries: OrderedDict[Selection, tuple[int, Summary]] = OrderedDict()
        self._fits: OrderedDict[Selection, FittedResults] = OrderedDict()
        self._underway: set[Selection] = set()
        self._closing = threading.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="results")

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
                known = (version, summarise(rows, self.metrics(rows), _length(rows)))
                _keep(self._summaries, selection, known)
            return known[1]

    def fit(self, selection: Selection) -> FittedResults | None:
        """The latest fit of the mixed models, if there is one. Returns at once; a newer one is begun if it is due."""
        with self._lock:
            known = self._fits.get(selection)
            due = known is None or known.version != self.version
            room = len(self._underway) < KEPT  # selections can be asked for faster than they are fitted
            if due and room and selection not in self._underway and not self._closing.is_set():
                self._underway.add(selection)
                self._worker.submit(self._refit, selection, known)
            return known

    def write(self, selection: Selection, folder: Path, source: str, *, simulated: bool) -> list[Path]:
        """Write the rows as CSV and, if there are any, the report of all of them into `folder`.

        Takes as long as a fit. Returns the files: rows, report as a page, report as JSON.
        """
        rows = self.rows(selection)
        data = folder / "iterations.csv"
        rows.to_csv(data, index=False)
        if rows.empty:
            return [data]
        earlier = self.fit(selection)
        results = self._analyse(rows, earlier)
        origin = Origin(source, str(rows["profile"].iat[0]), selection.protocol, simulated)
        return [data, write_report(results, origin, folder), folder / "report.json"]

    def close(self) -> None:
        """Stop fitting."""
        self._closing.set()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _refit(self, selection: Selection, earlier: FittedResults | None) -> None:
        try:
            wait = 0.0 if earlier is None else REFIT_SECONDS - (time.time() - earlier.at)
            if self._closing.wait(max(SETTLE_SECONDS, wait)):
                return
            fit = self._fit(selection, earlier)
            with self._lock:
                _keep(self._fits, selection, fit)
        except StorageError as fault:
            log.error("The rows could not be read for the mixed models, and will be when somebody looks: %s", fault)
        finally:
            with self._lock:
                self._underway.discard(selection)

    def _analyse(self, rows: pd.DataFrame, earlier: FittedResults | None) -> Results:
        before = earlier.results if earlier else None
        noise = rewording_noise(str(rows["profile"].iat[0]))
        return analyse(rows, self.metrics(rows), _length(rows), before, noise=noise)

    def _fit(self, selection: Selection, earlier: FittedResults | None) -> FittedResults:
        version, rows = self.version, self.rows(selection)
        if rows.empty:
            return FittedResults(version, 0, time.time())
        sessions, began = int(rows["session"].nunique()), time.monotonic()
        try:
            results = self._analyse(rows, earlier)
        except Exception:
            log.exception("The mixed models could not be fitted")
            return FittedResults(
                version, sessions, time.time(), fault="The mixed models could not be fitted; the log says why."
            )
        return FittedResults(version, sessions, time.time(), results, seconds=time.monotonic() - began)


def _length(rows: pd.DataFrame) -> int:
    # Of one protocol all finished trials are equally long.
    return 0 if rows.empty else int(rows["iteration"].max())


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > KEPT:
        kept.popitem(last=False)
