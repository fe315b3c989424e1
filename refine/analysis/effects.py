"""The iteration effect: does similarity to the target change over the iterations of a trial?

Knows: score ~ C(iteration, reference = last) + (1|session) + (1|target), AR(1) residuals within a trial over the iteration
number. Does not know: how the model is fitted (mixed), where gains end (plateau), or how results are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from refine.analysis import model
from refine.analysis.estimates import Component, Contrast, Mean, TermTest, components, contrasts, means, term_tests
from refine.analysis.mixed import MixedResult
from refine.analysis.mixed.hypotheses import marginal_means
from refine.metrics import MetricInfo

EARLY = 6
"""The iteration up to which the paper saw gains; the early gain is counted up to here."""


@dataclass(frozen=True, slots=True)
class IterationEffect:
    """Of one metric; all scores are oriented (larger is more similar).

    `means` by iteration; `contrasts` of each iteration with the last, adjusted by Holm; `early_gain` is the mean of
    iteration 6 (or the last, if there are fewer) less that of the first. `test` is the F test of the iterations,
    `test_rho_known` the same with degrees of freedom that take rho for known, the kind of the paper's 1,451.
    `components`: variances of session, target and residual, and rho. `messages` are sentences the reader must know.
    `covariance` (k, k) is that of the means; `result` is the fit itself, from which a later one may start.

    With `undefined` ("undefined, because ...") there is nothing of this.
    """

    metric: MetricInfo
    sessions: int
    trials: int
    rows: int
    means: tuple[Mean, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    early_gain: Contrast | None = None
    test: TermTest | None = None
    test_rho_known: TermTest | None = None
    components: tuple[Component, ...] = ()
    messages: tuple[str, ...] = ()
    head: str = ""
    undefined: str = ""
    covariance: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)), repr=False, compare=False)
    result: MixedResult | None = field(default=None, repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """The result in the form of the APA."""
        if self.test is None or self.test_rho_known is None:
            return f"The effect of iteration on {self.metric.label} is {self.undefined}."
        verdict = "an" if self.test.p < 0.05 else "no significant"
        known = self.test_rho_known
        return (
            f"{self.head} showed {verdict} effect of iteration on {self.metric.label}, {self.test.words} "
            f"(Satterthwaite degrees of freedom; with ρ taken as known F({known.numdf}, {known.dendf:.2f}) = {known.F:.2f})."
        )


def iteration_effects(
    iterations: pd.DataFrame, metrics: Sequence[MetricInfo], earlier: Mapping[str, IterationEffect] | None = None
) -> tuple[IterationEffect, ...]:
    """The effect of each metric; `earlier` results, by metric id, are what the searches start from."""
    known = earlier or {}
    return tuple(iteration_effect(iterations, metric, known.get(metric.id)) for metric in metrics)


def iteration_effect(
    iterations: pd.DataFrame, metric: MetricInfo, earlier: IterationEffect | None = None
) -> IterationEffect:
    """Fit the model to one metric.

    `iterations` has a row an iteration with the columns `session`, `trial`, `target`, `iteration` and the metric's id
    (raw; rows without a score are left out, gaps are respected). `earlier`: a result of the same metric on fewer or more
    rows; the search starts from it and is quicker.
    """
    rows = model.table(iterations, metric)
    found = IterationEffect(metric, rows["session"].nunique(), rows["trial"].nunique(), len(rows))
    try:
        last = int(rows["iteration"].max()) if len(rows) else 0
        fit = model.fit(rows, f"C(iteration, Treatment({last}))", earlier.result if earlier else None)
    except model.UndefinedError as why:
        return replace(found, undefined=str(why))
    result = fit.result
    first, *_ = numbers = sorted(rows["iteration"].unique().tolist())
    early = max(number for number in numbers if number <= max(EARLY, numbers[1]))
    from_first = {one.first: one for one in contrasts(result.contrasts("iteration", first))}
    gain = from_first[str(early)]
    _, weights = marginal_means(result.model.design.spec, result.model.data, ["iteration"])
    return replace(
        found,
        means=means(result.means("iteration")),
        contrasts=contrasts(result.contrasts("iteration", last)),
        # It is one question of its own, not one of many: nothing to adjust.
        early_gain=replace(gain, p_holm=gain.p),
        test=term_tests(result)[0],
        test_rho_known=term_tests(result.taking_rho_as_known())[0],
        components=components(result),
        messages=fit.notes,
        head=fit.head,
        covariance=weights @ result.fixed.covariance @ weights.T,
        result=result,
    )
