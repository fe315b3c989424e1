"""How many participants does a study need? By simulating studies with a known truth and analysing each.

Knows: which test answers which question, and how to count its successes. Does not know: any real data.
`python -m refine.analysis.power` runs the command line `refine.cli.power`.
"""

import math
import os
import runpy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

if __name__ == "__main__":
    # The matrices are small, and the number of threads is read at import: they would only wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy import stats

from refine.analysis.arms import arm_effect
from refine.analysis.effects import iteration_effect
from refine.analysis.simulate import simulate
from refine.metrics import MetricInfo

Question = Literal["iteration", "feedback"]

Each = Callable[[Callable[[int], bool], Sequence[int]], Iterable[bool]]
"""Like `map`: where and how the studies, by their seeds, are worked off."""

METRIC = MetricInfo("metric", "A metric", 1, None, None, "Any metric with as much noise as is said.")
SIZES = (5, 10, 20, 40, 80, 160, 320, 640)
WANTED = (0.8, 0.9)
ENOUGH = 0.97
"""Larger studies need not be simulated once one of these is as powerful as this."""


@dataclass(frozen=True, slots=True)
class Power:
    """Of `studies` simulated studies with `sessions` participants each, `detected` found the effect."""

    sessions: int
    studies: int
    detected: int

    @property
    def value(self) -> float:
        """The power, 0..1."""
        return self.detected / self.studies

    @property
    def interval(self) -> tuple[float, float]:
        """95% Monte Carlo interval (Wilson, JASA 22, 1927, 209)."""
        found = stats.binomtest(self.detected, self.studies).proportion_ci(method="wilson")
        return float(found.low), float(found.high)


def detects(rows: pd.DataFrame, question: Question, alpha: float) -> bool:
    """Whether a study finds an effect: of the iterations, or of showing the scores, by the F test of the mixed model.

    What cannot be tested is not found.
    """
    test = iteration_effect(rows, METRIC).test if question == "iteration" else arm_effect(rows, METRIC).test_arm
    return test is not None and test.p < alpha


def found_in(seed: int, sessions: int, question: Question, alpha: float, truth: Mapping[str, Any]) -> bool:
    """Whether the study that `simulate` makes of `truth` and `seed` finds the effect."""
    return detects(simulate([METRIC], sessions=sessions, seed=seed, **truth), question, alpha)


def power(
    sessions: int, studies: int, question: Question, alpha: float, seed: int, each: Each = map, **truth: Any
) -> Power:
    """Simulate and analyse `studies` studies. `truth` goes to `simulate`, which raises `ValueError` if there is none such.

    The same seed gives the same studies; another seed, or another number of sessions, gives other ones.
    """
    seeds = np.random.SeedSequence([seed, sessions]).generate_state(studies, np.uint64).tolist()
    work = partial(found_in, sessions=sessions, question=question, alpha=alpha, truth=truth)
    return Power(sessions, studies, sum(each(work, seeds)))


def curve(
    sizes: Iterable[int], studies: int, question: Question, alpha: float, seed: int, each: Each = map, **truth: Any
) -> Iterator[Power]:
    """The power of studies of growing size, until one is surely large enough."""
    for sessions in sorted(set(sizes)):
        found = power(sessions, studies, question, alpha, seed, each, **truth)
        yield found
        if found.value >= ENOUGH:
            return


def needed(found: Sequence[Power], wanted: float) -> int | None:
    """Participants for the power `wanted`, between the sizes that were simulated; `None` if none of them is enough.

    Power is taken to grow with the logarithm of the size from one to the next.
    """
    smaller: Power | None = None
    for one in found:
        if one.value >= wanted:
            if smaller is None:
                return one.sessions
            part = (wanted - smaller.value) / (one.value - smaller.value)
            return math.ceil(math.exp((1 - part) * math.log(smaller.sessions) + part * math.log(one.sessions)))
        smaller = one
    return None


def table(found: Sequence[Power]) -> str:
    """Sizes, power with its interval, and a bar for each, as text."""
    lines = ["participants   power  95% interval"]
    for one in found:
        low, high = one.interval
        bar = "█" * round(40 * one.value)
        lines.append(f"{one.sessions:12,}  {one.value:6.3f}  [{low:.3f}, {high:.3f}]  {bar}")
    for wanted in WANTED:
        size = needed(found, wanted)
        words = f"{size:,} participants" if size is not None else f"more than {found[-1].sessions:,} participants"
        lines.append(f"For a power of {wanted:.0%}: {words}.")
    return "\n".join(lines)


if __name__ == "__main__":
    runpy.run_module("refine.cli.power", run_name="__main__")  # by name: nothing down here knows of it
