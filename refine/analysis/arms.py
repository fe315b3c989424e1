"""The feedback effect: does it matter whether participants see the scores?

Knows: the mixed model of the iteration effect, with the arm and arm x iteration. Does not know: how arms are given, or
how results are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from refine.analysis import model
from refine.analysis.apa import number
from refine.analysis.estimates import Contrast, Mean, TermTest, contrasts, means, term_tests
from refine.analysis.mixed import MixedResult
from refine.metrics import MetricInfo
from refine.protocol import ARMS, Arm

SHOWN, HIDDEN = ARMS


@dataclass(frozen=True, slots=True)
class ArmEffect:
    """Of one metric; all scores are oriented (larger is more similar).

    `sessions` by arm. `difference` is the mean with scores shown less that without, averaged over the iterations;
    `test_arm` and `test_interaction` are type III F tests (is there a difference; does it change over the iterations);
    `means` by arm and iteration. `messages` are sentences the reader must know. With `undefined` ("undefined,
    because ...") there is nothing of this.
    """

    metric: MetricInfo
    sessions: Mapping[Arm, int]
    difference: Contrast | None = None
    test_arm: TermTest | None = None
    test_interaction: TermTest | None = None
    means: Mapping[Arm, tuple[Mean, ...]] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    undefined: str = ""
    result: MixedResult | None = field(default=None, repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """The result in the form of the APA."""
        found = self.difference
        if found is None or self.test_arm is None or self.test_interaction is None:
            return f"The effect of showing scores on {self.metric.label} is {self.undefined}."
        verdict = "an" if self.test_arm.p < 0.05 else "no significant"
        course = "differs" if self.test_interaction.p < 0.05 else "does not differ significantly"
        return (
            f"Showing scores had {verdict} effect on {self.metric.label}, {self.test_arm.words}: with scores less "
            f"without, {number(found.estimate)} [{number(found.lower)}, {number(found.upper)}] "
            f"({self.sessions[SHOWN]} and {self.sessions[HIDDEN]} sessions). The course over the "
            f"iterations {course} between the arms, {self.test_interaction.words}."
        )


def arm_effects(
    iterations: pd.DataFrame, metrics: Sequence[MetricInfo], earlier: Mapping[str, ArmEffect] | None = None
) -> tuple[ArmEffect, ...]:
    """The effect on each metric; `earlier` results, by metric id, are what the searches start from."""
    known = earlier or {}
    return tuple(arm_effect(iterations, metric, known.get(metric.id)) for metric in metrics)


def arm_effect(iterations: pd.DataFrame, metric: MetricInfo, earlier: ArmEffect | None = None) -> ArmEffect:
    """Fit the model to one metric.

    `iterations` as for `effects.iteration_effect`, with the column `arm` (`scores` or `no_scores`).
    """
    rows = model.table(iterations, metric, "arm")
    sessions = rows.groupby("arm")["session"].nunique()
    counts: dict[Arm, int] = {arm: int(sessions.get(arm, 0)) for arm in ARMS}
    found = ArmEffect(metric, counts)
    for arm, count in counts.items():
        if count < 2:
            few = "only one session" if count else "no session"
            return replace(found, undefined=f"undefined, because there is {few} in the arm '{arm}'")
    fixed = f"C(iteration, Treatment({rows['iteration'].max()})) * C(arm, Treatment('{HIDDEN}'))"
    try:
        fit = model.fit(rows, fixed, earlier.result if earlier else None)
    except model.UndefinedError as why:
        return replace(found, undefined=str(why))
    result = fit.result
    _, test_arm, test_interaction = term_tests(result)
    cells = result.means("arm", "iteration")
    return replace(
        found,
        difference=contrasts(result.contrasts("arm", HIDDEN))[0],
        test_arm=test_arm,
        test_interaction=test_interaction,
        means={arm: means(cells[cells["arm"] == arm]) for arm in ARMS},
        messages=fit.notes,
        result=result,
    )
