"""Sums over units drawn with replacement: the bootstrap of whatever can be computed from sums.

Knows: how to draw quickly. Does not know: what the units are, or what is summed.
"""

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
"""Enough for two digits of the ends of a 95% interval."""

WEIGHTS = 1_000_000
"""How many weights are held in memory at a time (8 bytes each)."""


def resampled_sums(parts: NDArray[np.float64], draws: int = DRAWS, seed: int = 0) -> NDArray[np.float64]:
    """Sums (draws, columns) of what each unit brings, `parts` (units, columns), over as many units as there are.

    The same seed and number of units give the same draws. Efron & Tibshirani, An Introduction to the Bootstrap
    (1993), chapter 6.
    """
    units = len(parts)
    rng = np.random.default_rng(seed)
    batch = max(1, WEIGHTS // max(units, 1))
    sums = np.empty((draws, parts.shape[1]))
    for start in range(0, draws, batch):
        stop = min(start + batch, draws)
        # How often each unit is drawn; one product then gives all sums.
        times = [np.bincount(rng.integers(0, units, units), minlength=units) for _ in range(start, stop)]
        sums[start:stop] = np.array(times, dtype=float) @ parts
    return sums
