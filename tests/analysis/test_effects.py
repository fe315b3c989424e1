"""The iteration effect equals the model of the design, says what it leaves out, and has words where there is no value."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from refine.analysis.effects import IterationEffect, iteration_effect, iteration_effects
from refine.analysis.mixed import fit_mixed
from refine.analysis.simulate import simulate
from refine.metrics import MetricInfo
from tests.analysis.studies import BITS, COSINE, DISTANCE, METRICS

DATA = Path(__file__).parent / "mixed_data"
FITS = json.loads((DATA / "fits.json").read_text())
FILES = {name.name[0]: name for name in DATA.glob("*.csv")}
SCORE = MetricInfo("score", "Score", 1, None, None, "")
LOSS = MetricInfo("score", "Loss", -1, None, None, "")


def study(**conditions: object) -> pd.DataFrame:
    return simulate(METRICS, **{"sessions": 12, "trials": 3, "seed": 3, **conditions})


@pytest.mark.parametrize("name", ["A", "C"])
def test_equal_to_the_reference_fits(name: str) -> None:
    found, expected = iteration_effect(pd.read_csv(FILES[name]), SCORE), FITS[f"{name}_full"]
    test, known, wanted = found.test, found.test_rho_known, expected["tests"]["iteration"]
    assert (test.F, test.numdf, test.dendf) == pytest.approx((wanted["F"], 9, wanted["dendf"]), rel=1e-5)
    assert (known.F, known.dendf) == pytest.approx((wanted["F"], expected["dendf_rho_known"]), rel=1e-5)
    assert found.means[-1].estimate == pytest.approx(expected["beta"][0], abs=1e-9)
    assert [one.estimate for one in found.contrasts] == pytest.approx(expected["beta"][1:], abs=1e-9)
    assert [one.se for one in found.contrasts] == pytest.approx(expected["se"][1:], rel=1e-6)
    components = {one.name: one.estimate for one in found.components}
    assert components == pytest.approx({**expected["variance"], "rho": expected["rho"]}, rel=1e-5)
    assert [(one.first, one.second) for one in found.contrasts] == [(str(i), "10") for i in range(1, 10)]
    assert found.covariance.shape == (10, 10)
    half = [(mean.upper - mean.lower) / 2 for mean in found.means]
    assert half == pytest.approx((2.0 * np.sqrt(np.diag(found.covariance))).tolist(), rel=0.06)


def test_everything_is_oriented() -> None:
    rows = study()
    mirrored = rows.assign(distance=-rows["cosine"])
    one, other = iteration_effect(mirrored, COSINE), iteration_effect(mirrored, DISTANCE)
    assert [m.estimate for m in one.means] == pytest.approx([m.estimate for m in other.means])
    assert [c.p_holm for c in one.contrasts] == pytest.approx([c.p_holm for c in other.contrasts])
    assert one.early_gain.estimate > 0
    assert one.means[0].estimate < one.means[-1].estimate


def test_p_of_contrasts_are_adjusted_and_the_early_gain_is_not() -> None:
    found = iteration_effect(study(), COSINE)
    assert all(one.p_holm >= one.p for one in found.contrasts)
    assert any(one.p_holm > one.p for one in found.contrasts)
    gain = found.early_gain
    assert (gain.first, gain.second, gain.p_holm) == ("6", "1", gain.p)
    assert gain.estimate == pytest.approx(found.means[5].estimate - found.means[0].estimate)
    short = iteration_effect(study(iterations=4), COSINE).early_gain
    assert (short.first, short.second) == ("4", "1")


def test_the_sentence_in_the_form_of_the_apa() -> None:
    sentence = iteration_effect(pd.read_csv(FILES["A"]), SCORE).sentence
    assert sentence.startswith(
        "A linear mixed model (REML) with random intercepts for session and target and AR(1) residuals within trials "
        "(ρ = -.27) showed an effect of iteration on Score, F(9, "
    )
    assert "p < .001 (Satterthwaite degrees of freedom; with ρ taken as known F(9, 1873.45) = 67.71)." in sentence


def test_intervals_of_means_cover_the_truth() -> None:
    """The true mean is 0.72 at first and 0.048 higher from iteration 3 on; no noise but AR(1)."""
    covered = total = 0
    for seed in range(40):
        rows = simulate([COSINE], sessions=15, trials=3, iterations=4, plateau=3, metric_noise=0, seed=seed)
        truth = (0.72, 0.744, 0.768, 0.768)
        for mean, true in zip(iteration_effect(rows, COSINE).means, truth, strict=True):
            covered += mean.lower < true < mean.upper
            total += 1
    assert covered / total > 0.9


def test_an_earlier_result_is_a_start_and_changes_nothing() -> None:
    earlier = iteration_effect(study(), COSINE)
    rows = study(sessions=13)
    cold, warm = iteration_effect(rows, COSINE), iteration_effect(rows, COSINE, earlier)
    assert pytest.approx(cold.test.F, rel=1e-6) == warm.test.F
    assert [m.estimate for m in warm.means] == pytest.approx([m.estimate for m in cold.means], rel=1e-8)
    again = iteration_effects(rows, METRICS, {COSINE.id: cold})
    assert [effect.metric for effect in again] == list(METRICS)
    # Of other grouping factors it is of no use, and no harm.
    assert iteration_effect(study(targets=1, trials=1), COSINE, earlier).test is not None


def test_rows_without_a_score_are_left_out_and_gaps_respected() -> None:
    rows = study()
    rows.loc[rows["iteration"].eq(4) & rows["trial"].str.endswith("0"), "cosine"] = np.nan
    found = iteration_effect(rows, COSINE)
    kept = rows.dropna(subset=["cosine"])
    formula = "cosine ~ C(iteration, Treatment(10))"
    expected = fit_mixed(formula, kept, ["session", "target"], "trial", "iteration")
    assert found.rows == len(kept)
    assert pytest.approx(expected.tests["F"][0]) == found.test.F


def test_factors_that_cannot_be_told_apart_are_left_out_and_named() -> None:
    own = iteration_effect(study(sessions=8, trials=1, targets=1000), COSINE)
    assert [one.name for one in own.components] == ["session", "residual", "rho"]
    assert own.messages[0].startswith("Every session had a target of its own")
    assert "random intercepts for session and AR(1)" in own.sentence
    same = iteration_effect(study(trials=1, targets=1), COSINE)
    assert same.messages[0].startswith("All trials have the same target")


def test_a_variance_at_its_boundary_is_said() -> None:
    rows = study(session_sd=0.0)
    rows["cosine"] -= rows.groupby("session")["cosine"].transform("mean")
    found = iteration_effect(rows, COSINE)
    assert any("variance of 'session' is estimated as zero" in message for message in found.messages)
    session = next(one for one in found.components if one.name == "session")
    assert (session.estimate, session.se, session.lower, session.upper) == (0, None, None, None)


UNDEFINED = {
    "no rows": (study().head(0), "there are no scores"),
    "no scores": (study().assign(cosine=np.nan), "there are no scores"),
    "one session": (study(sessions=1), "there is only one session"),
    "one iteration": (study().query("iteration == 3"), "there is only one iteration"),
    "equal scores": (study().assign(cosine=0.5), "all scores are equal"),
    "too few rows": (study(sessions=2, trials=1, iterations=2).drop(index=[1, 2]), "the model cannot be fitted: "),
    "scores that never change in a trial": (
        study(trials=1).assign(cosine=lambda r: pd.factorize(r["trial"])[0] / 10),
        "the model cannot be fitted: ",
    ),
}


@pytest.mark.parametrize("case", UNDEFINED)
def test_what_data_cannot_carry_is_undefined(case: str) -> None:
    rows, why = UNDEFINED[case]
    found = iteration_effect(rows, COSINE)
    assert found.undefined.startswith(f"undefined, because {why}")
    assert found.sentence == f"The effect of iteration on Cosine is {found.undefined}."
    assert found == IterationEffect(COSINE, found.sessions, found.trials, found.rows, undefined=found.undefined)


def test_whole_numbers_are_scores_too() -> None:
    assert iteration_effect(study(sessions=30), BITS).test.p < 0.05
