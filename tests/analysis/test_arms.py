"""The feedback effect equals R's reference tests, finds what is there, and is undefined without two arms."""

import json
from pathlib import Path

import pandas as pd
import pytest

from refine.analysis.arms import arm_effect, arm_effects
from refine.analysis.simulate import simulate
from refine.metrics import MetricInfo
from tests.analysis.studies import COSINE, METRICS

DATA = Path(__file__).parent / "mixed_data"
SCORE = MetricInfo("score", "Score", 1, None, None, "")


def study(**conditions: object) -> pd.DataFrame:
    return simulate([COSINE], **{"sessions": 20, "trials": 2, "metric_noise": 0.0, **conditions})


def test_equal_to_the_reference_tests() -> None:
    rows = pd.read_csv(DATA / "E_rho0_2000_condition.csv")
    hidden, shown = sorted(rows["condition"].unique())
    rows["arm"] = rows["condition"].map({hidden: "no_scores", shown: "scores"})
    found = arm_effect(rows, SCORE)
    expected = json.loads((DATA / "fits.json").read_text())["E_condition_full"]["tests"]
    for test, wanted in ((found.test_arm, expected["condition"]), (found.test_interaction, expected["interaction"])):
        assert (test.F, test.dendf) == pytest.approx((wanted["F"], wanted["dendf"]), rel=1e-5)
        assert test.p == pytest.approx(wanted["p"], rel=1e-4)
    # The difference is the test: one degree of freedom.
    assert found.differences[0].t ** 2 == pytest.approx(found.test_arm.F, rel=1e-9)
    assert found.differences[0].df == pytest.approx(found.test_arm.dendf, rel=1e-9)


def test_the_difference_covers_the_truth_and_the_test_keeps_its_level() -> None:
    """With scores the gain is 1 unit (0.04) more; averaged over the growth of 4 iterations that is 0.04 * 0.625."""
    covered = rejected = 0
    for seed in range(25):
        rows = study(iterations=4, plateau=3, arm_gain=1.0, seed=seed)
        found = arm_effect(rows, COSINE).differences[0]
        covered += found.lower < 0.04 * (0 + 0.5 + 1 + 1) / 4 < found.upper
        null = arm_effect(study(iterations=4, plateau=3, seed=1000 + seed), COSINE)
        rejected += null.test_interaction.p < 0.05
    assert covered >= 21
    assert rejected <= 4


def test_a_large_study_finds_an_effect_and_says_it() -> None:
    rows = study(sessions=300, arm_gain=0.8)
    found = arm_effect(rows, COSINE)
    assert found.sessions == {"scores": 150, "no_scores": 150}
    assert found.differences[0].lower > 0
    assert found.test_interaction.p < 0.001
    assert (found.differences[0].first, found.differences[0].second) == ("scores", "no_scores")
    assert [mean.iteration for mean in found.means["scores"]] == list(range(1, 11))
    averages = {arm: sum(mean.estimate for mean in means) / 10 for arm, means in found.means.items()}
    assert averages["scores"] - averages["no_scores"] == pytest.approx(found.differences[0].estimate)
    assert found.sentence.startswith("Feedback had an effect on Cosine, F(1, ")
    assert (
        "(no scores: 150 sessions, scores shown: 150 sessions). The course over the iterations differs between the arms, F(9, "
        in (found.sentence)
    )


def test_an_earlier_result_changes_nothing() -> None:
    rows = study(seed=5)
    cold = arm_effect(rows, COSINE)
    warm = arm_effect(rows, COSINE, arm_effect(study(sessions=18, seed=5), COSINE))
    assert pytest.approx(cold.test_arm.F, rel=1e-6) == warm.test_arm.F
    (again,) = arm_effects(rows, [COSINE], {COSINE.id: cold})
    assert again.differences[0].estimate == pytest.approx(cold.differences[0].estimate, rel=1e-8)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (study().query("arm == 'scores'"), "there are no sessions but in the arm 'scores'"),
        (study(sessions=2), "there is only one session in the arm 'no_scores'"),
        (study().head(0), "there are no sessions"),
        (study().assign(cosine=0.1), "all scores are equal"),
        (
            study().query("not (arm == 'scores' and iteration == 4)"),
            "the model cannot be fitted: The predictors are not independent",
        ),
    ],
)
def test_what_data_cannot_carry_is_undefined(rows: pd.DataFrame, why: str) -> None:
    found = arm_effect(rows, COSINE)
    assert found.undefined.startswith(f"undefined, because {why}")
    assert found.sentence == f"The effect of feedback on Cosine is {found.undefined}."
    assert (found.differences, found.test_arm, dict(found.means)) == ((), None, {})


def test_every_metric_has_its_effect() -> None:
    rows = simulate(METRICS, sessions=10)
    assert [found.metric for found in arm_effects(rows, METRICS)] == list(METRICS)


def test_any_number_of_arms_is_compared_with_the_first() -> None:
    rows = study(sessions=60)
    other = rows["session"].isin(sorted(rows["session"].unique())[::3])
    rows["arm"] = rows["arm"].where(~other, "of another study")
    rows["cosine"] += 0.05 * other
    found = arm_effect(rows, COSINE)
    assert list(found.sessions) == ["no_scores", "scores", "of another study"]
    pairs = [(one.first, one.second) for one in found.differences]
    assert sorted(pairs) == [("of another study", "no_scores"), ("scores", "no_scores")]
    assert all(one.p <= one.p_holm for one in found.differences)
    better = next(one for one in found.differences if one.first == "of another study")
    assert better.lower < 0.05 < better.upper and better.p_holm < 0.001
    assert found.test_arm.numdf == 2
    assert "of another study less no scores, " in found.sentence and "(Holm)" in found.sentence
