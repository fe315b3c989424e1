"""Is late liked, or is late better? The choice of the favourite explained by its scores and its position.

Knows: the conditional logit model (McFadden, in Frontiers in Econometrics, 1974, 105). Does not know: how results are
shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import linprog

from refine.analysis.composite import standardised
from refine.analysis.newton import Array, maximise
from refine.analysis.trials import blocks
from refine.metrics import MetricInfo

POSITION = "position"
Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class Effect:
    """On the log odds of being the favourite: of one deviation of a metric, or of one iteration later (`position`).

    With standard error, Wald z, p and 95% interval; `odds` is the factor on the odds.
    """

    name: str
    estimate: float
    se: float
    z: float
    p: float
    lower: float
    upper: float

    @property
    def odds(self) -> float:
        """The factor by which the odds of being the favourite change."""
        return float(np.exp(self.estimate))


@dataclass(frozen=True, slots=True)
class Recency:
    """The fit: one effect a metric and last that of the position, with its likelihood ratio test (one df).

    With `undefined` ("undefined, because ...") there are no effects. Trials are taken for independent.
    What no metric sees but people do, and grows over the iterations, also shows as an effect of the position:
    it is a liking for late drawings *at equal scores*.
    """

    trials: int
    effects: tuple[Effect, ...]
    loglik: float
    chi2: float
    p: float
    undefined: str = ""

    @property
    def position(self) -> Effect | None:
        """The effect of the position, `None` if undefined."""
        return self.effects[-1] if self.effects else None

    @property
    def sentence(self) -> str:
        """What the position does, for the report."""
        found = self.position
        if found is None:
            return f"Whether late drawings are liked for being late is {self.undefined}."
        words = "p < .001" if self.p < 0.001 else f"p = {self.p:.3f}".replace("0.", ".", 1)
        return (
            f"At equal scores, each later iteration multiplies the odds of being ranked first by {found.odds:.2f} "
            f"[{np.exp(found.lower):.2f}, {np.exp(found.upper):.2f}], χ²(1, N = {self.trials}) = {self.chi2:.2f}, {words}."
        )


def recency(iterations: pd.DataFrame, metrics: Sequence[MetricInfo]) -> Recency:
    """Explain which drawing of a trial is ranked first.

    `iterations` has the columns `trial`, `iteration`, `rank` (1 = most similar) and the metrics' ids (raw). Trials
    in which a rank or a score is missing are left out, as are those of a single drawing, or of one picture all along.
    Drawings that share the first rank are each the favourite in equal parts.
    """
    names = [metric.id for metric in metrics] + [POSITION]
    missing = iterations[["rank", *names[:-1]]].isna().any(axis=1)
    rows = iterations[~missing.groupby(iterations["trial"]).transform("any")]
    columns = [standardised(rows, metric) for metric in metrics] + [rows["iteration"]]
    contrasts = []
    for block in blocks(rows):
        first = block.of(rows["rank"]) == 1
        seen = np.stack([block.of(column) for column in columns], axis=2)
        favourite = (seen * first[:, :, None]).sum(axis=1, keepdims=True) / first.sum(axis=1)[:, None, None]
        # All that matters is how each differs from the favourite.
        contrasts.append((seen - favourite)[~first.all(axis=1)])
    contrasts = [contrast for contrast in contrasts if len(contrast)]
    trials = sum(len(contrast) for contrast in contrasts)
    why = _no_maximum(contrasts, names)
    found = None if why else maximise(lambda effects: _likelihood(contrasts, effects), len(names))
    if found is None:
        return Recency(trials, (), 0.0, 0.0, 1.0, f"undefined, because {why or _separation(contrasts)}")
    without = [contrast[:, :, :-1] for contrast in contrasts]
    scores_only = maximise(lambda effects: _likelihood(without, effects), len(names) - 1)
    assert scores_only is not None, "A part of a model that has a maximum has one."
    chi2 = max(2 * (found.loglik - scores_only.loglik), 0.0)
    se = np.sqrt(np.diag(found.covariance))
    effects = tuple(
        Effect(name, b, s, b / s, float(2 * stats.norm.sf(abs(b / s))), b - Z * s, b + Z * s)
        for name, b, s in zip(names, found.parameters.tolist(), se.tolist(), strict=True)
    )
    return Recency(trials, effects, found.loglik, chi2, float(stats.chi2.sf(chi2, 1)))


def _likelihood(contrasts: list[Array], effects: Array) -> tuple[float, Array, Array]:
    size = len(effects)
    loglik, gradient, information = 0.0, np.zeros(size), np.zeros((size, size))
    for contrast in contrasts:
        utility = contrast @ effects
        top = utility.max(axis=1)
        weights = np.exp(utility - top[:, None])
        total = weights.sum(axis=1)
        chances = weights / total[:, None]
        loglik -= float((np.log(total) + top).sum())
        mean = np.einsum("tj,tjp->tp", chances, contrast)
        gradient -= mean.sum(axis=0)
        flat = contrast.reshape(-1, size)
        information += (flat * chances.reshape(-1, 1)).T @ flat - mean.T @ mean
    return loglik, gradient, information


def _no_maximum(contrasts: list[Array], names: Sequence[str]) -> str:
    """Which explanation adds nothing to those before it, in words; empty if all do."""
    if not contrasts:
        return "there are no trials"
    size = len(names)
    product = sum((flat.T @ flat for flat in (c.reshape(-1, size) for c in contrasts)), np.zeros((size, size)))
    scale = np.sqrt(np.diag(product))
    for i, name in enumerate(names):
        if scale[i] < 1e-12:
            return f"{name} does not vary within trials"
        upto = slice(0, i + 1)
        scaled = product[upto, upto] / np.outer(scale[upto], scale[upto])
        if np.linalg.eigvalsh(scaled)[0] < 1e-10:
            return f"{name} can be computed from the other explanations"
    return ""


def _separation(contrasts: list[Array]) -> str:
    """Why the search found no maximum: some mixture of the explanations may never be wrong."""
    rows = np.concatenate([contrast.reshape(-1, contrast.shape[2]) for contrast in contrasts])
    best = linprog(rows.sum(axis=0), A_ub=rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1))
    if best.status == 0 and best.fun < -1e-9:
        return "scores and position together pick the favourite without any mistake; more trials are needed"
    return "the fit fails"
