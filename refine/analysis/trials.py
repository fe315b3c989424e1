"""The rows of a study as arrays with a row a trial, so that statistics within trials need no loop over trials.

Knows: which rows belong together. Does not know: what is computed from them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Block:
    """All trials of one length: `rows` (trials, length) are positions in the frame, by iteration."""

    rows: NDArray[np.int64]

    def of(self, column: pd.Series) -> NDArray[np.float64]:
        """The numbers of a column of that frame, (trials, length)."""
        return column.to_numpy(dtype=float)[self.rows]


def sample(iterations: pd.DataFrame, trials: int) -> pd.DataFrame:
    """The rows of at most so many trials, chosen evenly over the study (a row an iteration, column `trial`)."""
    trial, names = pd.factorize(iterations["trial"])
    chosen = np.linspace(0, len(names) - 1, min(trials, len(names))).round()
    return iterations[np.isin(trial, chosen)]


def blocks(iterations: pd.DataFrame) -> list[Block]:
    """The trials of a frame (a row an iteration, columns `trial` and `iteration`), shortest first."""
    trial = pd.factorize(iterations["trial"])[0]
    order = np.lexsort((iterations["iteration"].to_numpy(), trial))
    lengths = np.bincount(trial)
    starts = np.cumsum(lengths) - lengths
    return [
        Block(order[starts[lengths == length][:, None] + np.arange(length)]) for length in np.unique(lengths) if length
    ]
