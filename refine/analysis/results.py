"""Everything that is said about a study, in one call.

Knows: which analyses there are, and what each needs of the others. Does not know: how any of them works, or how results
are shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from refine.analysis.arms import ArmEffect, arm_effect
from refine.analysis.ceiling import at_the_ceiling
from refine.analysis.composite import Composite, composite
from refine.analysis.effects import IterationEffect, iteration_effect
from refine.analysis.plackett_luce import PlackettLuce, plackett_luce
from refine.analysis.plateau import Plateau, plateau
from refine.analysis.recency import Recency, recency
from refine.analysis.signs import Signs, warning_signs
from refine.analysis.summary import Summary, summarise
from refine.analysis.trials import sample
from refine.metrics import MetricInfo

COMPOSITE = MetricInfo(
    "composite", "Composite score", 1, None, None, "Mean of the standardised metrics that agree with people."
)
"""The composite score as a metric of its own."""

EXAMPLES = 60
"""Single trials that are shown beside the means."""

Progress = Callable[[int, int, str], None]
"""Told how many of how many steps are done, and what comes next."""


@dataclass(frozen=True, slots=True)
class Results:
    """All results of one protocol's finished sessions.

    `effects`, `plateaus` and `arms` have one entry a metric that has scores, and last one for the composite score if there
    is one. `examples` are the rows of a few single trials, chosen evenly over the study, with a column `composite` if there
    is that score.
    """

    summary: Summary
    composite: Composite = field(compare=False)
    plackett_luce: PlackettLuce
    recency: Recency
    effects: tuple[IterationEffect, ...]
    plateaus: tuple[Plateau, ...]
    arms: tuple[ArmEffect, ...]
    signs: Signs
    examples: pd.DataFrame = field(compare=False, repr=False)


def analyse(
    iterations: pd.DataFrame,
    metrics: Sequence[MetricInfo],
    iterations_per_trial: int,
    earlier: Results | None = None,
    progress: Progress = lambda done, steps, what: None,
    noise: Mapping[str, float] | None = None,
) -> Results:
    """Analyse finished sessions of one protocol.

    `iterations` has a row an iteration with the columns `session`, `trial`, `target`, `arm`, `iteration`
    (1..`iterations_per_trial`, at least 2), `rank` (1 = most similar) and the metrics' ids (raw scores; metrics without any
    are left out). `earlier`: results of fewer or more of the same sessions; searches start from them and are
    quicker. `noise`: by metric id, what a rewording changes of a raw score; a ceiling is named only where it is known. What the
    data cannot carry is undefined and says why.
    """
    seen = [metric for metric in metrics if iterations[metric.id].notna().any()]
    steps = 4 + 2 * (len(seen) + 1)
    progress(0, steps, "agreement")
    summary = summarise(iterations, seen, iterations_per_trial)
    progress(1, steps, "rankings")
    worths = plackett_luce(iterations, iterations_per_trial)
    progress(2, steps, "recency")
    position = recency(iterations, seen)
    ceilings = at_the_ceiling(iterations, seen, noise or {})
    progress(3, steps, "composite score")
    score = composite(iterations, summary.agreements)
    if score.values is not None:
        iterations, seen = iterations.assign(**{COMPOSITE.id: score.values}), [*seen, COMPOSITE]
    before = {found.metric.id: found for found in earlier.effects} if earlier else {}
    arms_before = {found.metric.id: found for found in earlier.arms} if earlier else {}
    effects, arms = [], []
    for place, metric in enumerate(seen):
        progress(4 + 2 * place, steps, f"iteration effect, {metric.label}")
        effects.append(iteration_effect(iterations, metric, before.get(metric.id)))
        progress(5 + 2 * place, steps, f"feedback effect, {metric.label}")
        arms.append(arm_effect(iterations, metric, arms_before.get(metric.id)))
    progress(steps, steps, "done")
    return Results(
        summary=summary,
        composite=score,
        plackett_luce=worths,
        recency=position,
        effects=tuple(effects),
        plateaus=tuple(plateau(effect) for effect in effects),
        arms=tuple(arms),
        signs=warning_signs(summary.agreements, effects, position, summary.sessions, ceilings),
        examples=sample(iterations, EXAMPLES),
    )
