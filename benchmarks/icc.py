"""Claim: ICC of 10,000 trials with 1,000 bootstrap draws takes under 1 s, on one core.

    taskset -c 1 python benchmarks/icc.py

Ranks 10,000 simulated trials of ten drawings by person and metric, and computes all six coefficients, Spearman, Kendall, pairwise
accuracy and top-1 hit rate, each with an interval from 1,000 draws of whole trials. Beside it, in the same run, what
one would write with pandas: ranks by groupby, then each draw gathers the rows of its trials and computes ICC(C,1)
alone; timed over some draws and scaled to 1,000. With pingouin installed, one ICC by it as well.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  (the number of threads is read at import)
import pandas as pd  # noqa: E402

from refine.analysis.agreement import agreements  # noqa: E402
from refine.analysis.simulate import simulate  # noqa: E402
from refine.metrics import MetricInfo  # noqa: E402

TRIALS, LENGTH, DRAWS = 10_000, 10, 1_000
TIMED_DRAWS = 20
METRIC = MetricInfo("score", "Score", 1, None, None, "")


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """The median time of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def consistency(table: np.ndarray) -> float:
    """ICC(C,1) of a table (rows, 2), as in a textbook."""
    centred = table - table.mean(axis=0)
    between = 2 * centred.mean(axis=1) @ centred.mean(axis=1)
    error = (centred**2).sum() - between
    return float((between - error) / (between + error))


def plain(rows: pd.DataFrame, draws: int) -> tuple[float, list[float]]:
    """The same estimate with pandas: ranks by groupby, draws by gathering rows."""
    ranks = pd.DataFrame({"person": rows["rank"], "metric": rows.groupby("trial")["score"].rank(ascending=False)})
    places = list(rows.groupby("trial").indices.values())
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(draws):
        sample = np.concatenate([places[i] for i in rng.integers(0, len(places), len(places))])
        drawn.append(consistency(ranks.iloc[sample].to_numpy(dtype=float)))
    return consistency(ranks.to_numpy(dtype=float)), drawn


def main() -> int:
    """Measure, print, and return 0 if the claim holds."""
    rows = simulate([METRIC], sessions=TRIALS, iterations=LENGTH)
    [ours] = agreements(rows, [METRIC])
    assert abs(ours.icc.ICC3.value - plain(rows, 0)[0]) < 1e-12, "The two ways do not agree."
    fast = seconds(lambda: agreements(rows, [METRIC]), times=5)
    once = seconds(lambda: plain(rows, 0), times=3)
    slow = once + (seconds(lambda: plain(rows, TIMED_DRAWS)) - once) * DRAWS / TIMED_DRAWS
    interval = ours.bootstrap.ICC3
    print(f"ICC(C,1) = {ours.icc.ICC3.value:.4f}, bootstrap [{interval.lower:.4f}, {interval.upper:.4f}]")
    print(f"refine:  {fast:8.3f} s  ({TRIALS:,} trials, {DRAWS:,} draws, all coefficients)")
    print(f"pandas:  {slow:8.1f} s  (ICC(C,1) alone; from {TIMED_DRAWS} draws)")
    print(f"ratio:   {slow / fast:8.0f} x")
    if find_spec("pingouin"):
        import pingouin

        ranks = rows.assign(drawing=np.arange(len(rows)), metric=rows.groupby("trial")["score"].rank(ascending=False))
        long = ranks.melt(["drawing"], ["rank", "metric"], "rater", "value")
        one = seconds(lambda: pingouin.intraclass_corr(long, "drawing", "rater", "value"))
        print(f"pingouin: {one:7.1f} s  (one ICC, no draws)")
    print("The claim holds." if fast < 1 else "The claim does NOT hold: 1 s or more.")
    return 0 if fast < 1 else 1


if __name__ == "__main__":
    sys.exit(main())
