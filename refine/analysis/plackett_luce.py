"""How good is each iteration, judged by the whole rankings? The Plackett-Luce model.

Knows: rankings of iterations. Does not know: scores, or how results are shown.
Model: the best is chosen from all with chances in proportion to the items' worths, then the next from the rest, and
so on (Luce, Individual Choice Behavior, 1959; Plackett, Applied Statistics 24 (1975), 193). Ties by Efron's likelihood
(Journal of the American Statistical Association 72 (1977), 557), of which this model is a case.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse.csgraph import connected_components

from refine.analysis.newton import Array, maximise
from refine.analysis.trials import blocks

Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class Worth:
    """Of one iteration: the log of its worth (mean 0 over iterations), standard error, 95% interval.

    `share` is the chance (0..1) of being ranked first among all, `share_lower` and `share_upper` its 95% interval.
    """

    iteration: int
    log_worth: float
    se: float
    lower: float
    upper: float
    share: float
    share_lower: float
    share_upper: float


@dataclass(frozen=True, slots=True)
class PlackettLuce:
    """The fit: `worths` by iteration, and the likelihood ratio test against equal worths.

    With `undefined` ("undefined, because ...") there are no worths and the numbers mean nothing. Intervals take
    the trials for independent.
    """

    trials: int
    worths: tuple[Worth, ...]
    loglik: float
    chi2: float
    df: int
    p: float
    undefined: str = ""


def plackett_luce(iterations: pd.DataFrame, length: int) -> PlackettLuce:
    """Fit the worths of `length` iterations to rankings, whole or of some of the iterations.

    `iterations` has the columns `trial`, `iteration` (1..`length`) and `rank` (1 = most similar; ties share one).
    """
    ranked = iterations.dropna(subset=["rank"])
    orders = []
    for block in blocks(ranked):
        ranks, items = block.of(ranked["rank"]), block.of(ranked["iteration"]).astype(int) - 1
        if ranks.shape[1] > 1:
            best_first = np.argsort(ranks, axis=1, kind="stable")
            orders.append(_Order(*(np.take_along_axis(part, best_first, axis=1) for part in (items, ranks))))
    trials = sum(len(order.items) for order in orders)
    why = _no_maximum(orders, length)
    found = None if why else maximise(lambda free: _likelihood(orders, np.append(free, 0.0)), length - 1)
    if found is None:
        return PlackettLuce(trials, (), 0.0, 0.0, length - 1, 1.0, f"undefined, because {why or 'the fit fails'}")
    equal = _likelihood(orders, np.zeros(length))[0]
    chi2 = max(2 * (found.loglik - equal), 0.0)
    # The last worth is fixed at 0 in the search; what is shown is about the mean.
    about_mean = np.eye(length)[:, :-1] - 1 / length
    log_worth = about_mean @ found.parameters
    covariance = about_mean @ found.covariance @ about_mean.T
    return PlackettLuce(
        trials=trials,
        worths=_worths(log_worth, covariance),
        loglik=found.loglik,
        chi2=chi2,
        df=length - 1,
        p=float(stats.chi2.sf(chi2, length - 1)),
    )


@dataclass(frozen=True, slots=True)
class _Order:
    """Trials of one length: their `items` from the best to the last, and the `ranks` of these, (trials, length)."""

    items: NDArray[np.int64]
    ranks: Array

    def left(self, place: int) -> Array:
        """What of each item is still to be chosen from at a place, 0..1: of m that are tied, m - 1 after the first."""
        own = self.ranks[:, place, None]
        tied = self.ranks == own
        gone = tied[:, :place].sum(axis=1, keepdims=True) / tied.sum(axis=1, keepdims=True)
        return (self.ranks > own) + tied * (1 - gone)


def _likelihood(orders: list[_Order], log_worth: Array) -> tuple[float, Array, Array]:
    """Log-likelihood, gradient and information, both without the last item, which is fixed."""
    items = len(log_worth)
    loglik, gradient, information = 0.0, np.zeros(items), np.zeros((items, items))
    for order in orders:
        worth = np.exp(log_worth - log_worth.max())[order.items]
        for place in range(order.items.shape[1]):
            left = np.zeros((len(worth), items))
            np.put_along_axis(left, order.items, worth * order.left(place), axis=1)
            total = left.sum(axis=1, keepdims=True)
            chances = left / total
            loglik += float(np.log(worth[:, place] / total[:, 0]).sum())
            expected = chances.sum(axis=0)
            gradient += np.bincount(order.items[:, place], minlength=items) - expected
            information += np.diag(expected) - chances.T @ chances
    return loglik, gradient[:-1], information[:-1, :-1]


def _no_maximum(orders: list[_Order], length: int) -> str:
    """Why the likelihood has no maximum (Ford's condition, American Mathematical Monthly 64 (1957), 28), or nothing."""
    if not orders:
        return "there are no trials"
    ahead = np.zeros((length, length), dtype=bool)
    for order in orders:
        for place in range(order.items.shape[1] - 1):
            this, following = order.items[:, place], order.items[:, place + 1]
            tied = order.ranks[:, place] == order.ranks[:, place + 1]
            ahead[this, following] = True
            ahead[following[tied], this[tied]] = True
    parts, label = connected_components(ahead, directed=True, connection="strong")
    if parts == 1:
        return ""
    for part in range(parts):
        inside = label == part
        if not ahead[np.ix_(~inside, inside)].any():
            names = ", ".join(str(i + 1) for i in np.flatnonzero(inside))
            return f"no ranking so far puts another iteration before iteration {names}"
    raise AssertionError("Some part of a graph that is not strongly connected has no edge into it.")


def _worths(log_worth: Array, covariance: Array) -> tuple[Worth, ...]:
    se = np.sqrt(np.diag(covariance))
    share = np.exp(log_worth - log_worth.max())
    share /= share.sum()
    # The delta method on the logit scale, where an interval stays within 0..1.
    others = share[None, :] / (1 - share[:, None])
    np.fill_diagonal(others, 0.0)
    slope = np.eye(len(share)) - others
    half = Z * np.sqrt(np.einsum("ij,jk,ik->i", slope, covariance, slope))
    logit = np.log(share) - np.log1p(-share)
    lower, upper = 1 / (1 + np.exp(half - logit)), 1 / (1 + np.exp(-half - logit))
    columns = (log_worth, se, log_worth - Z * se, log_worth + Z * se, share, lower, upper)
    return tuple(Worth(i + 1, *(float(value) for value in row)) for i, row in enumerate(zip(*columns, strict=True)))
