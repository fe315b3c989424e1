"""The feedback effect: does it matter what participants see of their drawings?

Knows: the mixed model of the iteration effect, with the arm and arm x iteration. Does not know: how arms are given, or
how results are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from refine.analysis import model
from refine.analysis.apa import number, p_words
from refine.analysis.estimates import Contrast, Mean, TermTest, contrasts, means, term_tests
from refine.analysis.mixed import MixedResult
from refine.arms import ARMS
from refine.metrics import MetricInfo


@dataclass(frozen=True, slots=True)
class ArmEffect:
    """Of one metric; all scores are oriented (larger is more similar).

    `sessions` by arm, the first being what the others are compared with. `differences` are the means of the others less that of
    the first, averaged over the iterations, with p adjusted by Holm; `test_arm` and `test_interaction` are type III F tests (is
    there a difference; does it change over the iterations); `means` by arm and iteration. `messages` are sentences the reader
    must know. With `undefined` ("undefined, because ...") there is nothing of this.
    """

    metric: MetricInfo
    sessions: Mapping[str, int]
    differences: tuple[Contrast, ...] = ()
    test_arm: TermTest | None = None
    test_interaction: TermTest | None = None
    means: Mapping[str, tuple[Mean, ...]] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    undefined: str = ""
    result: MixedResult | None = field(default=None, repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """The result in the form of the APA."""
        if self.test_arm is None or self.test_interaction is None:
            return f"The effect of feedback on {self.metric.label} is {self.undefined}."
        verdict = "an" if self.test_arm.p < 0.05 else "no significant"
        course = "differs" if self.test_interaction.p < 0.05 else "does not differ significantly"
        counts = ", ".join(f"{arm_label(arm)}: {count} sessions" for arm, count in self.sessions.items())
        return (
            f"Feedback had {verdict} effect on {self.metric.label}, {self.test_arm.words}: "
            f"{'; '.join(map(self._told, self.differences))} ({counts}). The course over the "
            f"iterations {course} between the arms, {self.test_interaction.words}."
        )

    def _told(self, one: Contrast) -> str:
        words = f"{arm_label(one.first)} less {arm_label(one.second)}, {number(one.estimate)}"
        words += f" [{number(one.lower)}, {number(one.upper)}]"
        return words if len(self.differences) == 1 else f"{words}, {p_words(one.p_holm)} (Holm)"


def arm_label(arm: str) -> str:
    """An arm's name for readers; of one that this software does not know its id."""
    return ARMS[arm].label if arm in ARMS else arm


def arm_effects(
    iterations: pd.DataFrame, metrics: Sequence[MetricInfo], earlier: Mapping[str, ArmEffect] | None = None
) -> tuple[ArmEffect, ...]:
    """The effect on each metric; `earlier` results, by metric id, are what the searches start from."""
    known = earlier or {}
    return tuple(arm_effect(iterations, metric, known.get(metric.id)) for metric in metrics)


def arm_effect(iterations: pd.DataFrame, metric: MetricInfo, earlier: ArmEffect | None = None) -> ArmEffect:
    """Fit the model to one metric.

    `iterations` as for `effects.iteration_effect`, with the column `arm` (ids). All arms with sessions are compared.
    """
    rows = model.table(iterations, metric, "arm")
    sessions = rows.groupby("arm")["session"].nunique()
    order = [*ARMS, *sorted(set(sessions.index) - set(ARMS))]
    counts = {arm: int(sessions[arm]) for arm in order if arm in sessions.index}
    found = ArmEffect(metric, counts)
    if len(counts) < 2:
        only = "".join(f" but in the arm '{arm}'" for arm in counts)
        return replace(found, undefined=f"undefined, because there are no sessions{only}")
    for arm, count in counts.items():
        if count < 2:
            return replace(found, undefined=f"undefined, because there is only one session in the arm '{arm}'")
    reference = next(iter(counts))
    fixed = f"C(iteration, Treatment({rows['iteration'].max()})) * C(arm, Treatment('{reference}'))"
    try:
        fit = model.fit(rows, fixed, _start(found, earlier))
    except model.UndefinedError as why:
        return replace(found, undefined=str(why))
    result = fit.result
    _, test_arm, test_interaction = term_tests(result)
    cells = result.means("arm", "iteration")
    return replace(
        found,
        differences=contrasts(result.contrasts("arm", reference)),
        test_arm=test_arm,
        test_interaction=test_interaction,
        means={arm: means(cells[cells["arm"] == arm]) for arm in counts},
        messages=fit.notes,
        result=result,
    )


def _start(found: ArmEffect, earlier: ArmEffect | None) -> MixedResult | None:
    """An earlier fit of the same arms."""
    return earlier.result if earlier is not None and set(earlier.sessions) == set(found.sessions) else None
