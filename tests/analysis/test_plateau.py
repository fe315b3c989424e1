"""The end of gains: found where the truth has it, with an interval that covers, and nothing claimed without gains."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from refine.analysis.effects import iteration_effect
from refine.analysis.mixed import fit_mixed
from refine.analysis.plateau import broken_stick, plateau
from refine.analysis.simulate import simulate
from tests.analysis.studies import COSINE


def study(**conditions: object) -> pd.DataFrame:
    return simulate([COSINE], **{"sessions": 15, "trials": 4, "metric_noise": 0.0, "gain": 1.5, **conditions})


def test_intervals_cover_the_true_break() -> None:
    covered = 0
    for seed in range(60):
        found = broken_stick(iteration_effect(study(plateau=5, seed=seed), COSINE))
        covered += found.lower <= 5 <= found.upper
    assert 53 <= covered < 60


@pytest.mark.parametrize("true", [3, 6, 8])
def test_a_large_study_finds_the_break(true: int) -> None:
    found = broken_stick(iteration_effect(study(sessions=600, plateau=true, seed=1), COSINE))
    assert found.estimate == pytest.approx(true, abs=0.25)
    assert found.upper - found.lower < 1.0
    # 1.5 units of 0.04 in true - 1 equal steps.
    assert found.slope == pytest.approx(0.06 / (true - 1), rel=0.1)
    assert found.misfit.p > 0.01


def test_the_profile_is_that_of_the_mixed_model() -> None:
    """Twice the difference in log-likelihood between breaks, by full maximum likelihood of the model at each break."""
    rows = study(sessions=60, plateau=6, seed=2)

    def deviance(tau: float) -> float:
        bent = rows.assign(stick=np.minimum(rows["iteration"], tau))
        return -2 * fit_mixed("cosine ~ stick", bent, ["session", "target"], "trial", "iteration", reml=False).loglik

    effect = iteration_effect(rows, COSINE)
    found = broken_stick(effect)
    limit = stats.f.ppf(0.95, 1, effect.test.dendf)
    best = deviance(found.estimate)
    assert all(deviance(found.estimate + aside) >= best - 0.01 for aside in (-0.3, 0.3))
    assert deviance(found.lower) - best == pytest.approx(limit, abs=0.15)
    assert deviance(found.upper) - best == pytest.approx(limit, abs=0.15)


def test_the_last_iteration_that_differs_from_the_final_one() -> None:
    effect = iteration_effect(study(sessions=60, plateau=6, seed=2), COSINE)
    found = plateau(effect)
    different = [one.p_holm < 0.05 for one in effect.contrasts]
    assert different[found.last_different - 1]
    assert not any(different[found.last_different :])
    assert found.sentence.startswith(
        f"By Cosine, iteration {found.last_different} is the last that differs significantly from the final one (10) (Holm). "
        f"A broken stick has scores rise up to iteration {found.broken_stick.estimate:.1f} (95% CI ["
    )


def test_gains_that_do_not_end_are_said_to_be_open() -> None:
    found = plateau(iteration_effect(study(sessions=80, plateau=10, seed=4), COSINE))
    assert found.last_different >= 7
    assert found.broken_stick.upper == 10
    assert "the interval reaches the last iteration" in found.sentence


def test_a_fall_is_not_called_a_rise() -> None:
    rows = study(sessions=40, plateau=5).assign(cosine=lambda r: -r["cosine"])
    found = plateau(iteration_effect(rows, COSINE))
    assert found.broken_stick.slope < 0
    assert "scores fall up to" in found.sentence


def test_a_course_that_is_no_broken_stick_is_said_to_be_none() -> None:
    bent = study(sessions=80, gain=0.0).assign(cosine=lambda r: r["cosine"] - 0.006 * (r["iteration"] - 4) ** 2)
    found = plateau(iteration_effect(bent, COSINE))
    assert found.broken_stick.misfit.p < 0.001
    assert "the means do not follow it well, F(7, " in found.sentence


def test_without_gains_there_is_no_end_of_gains() -> None:
    found = plateau(iteration_effect(study(gain=0.0, seed=3), COSINE))
    assert found.last_different == 0
    assert found.broken_stick.undefined == (
        "undefined, because the scores do not change significantly over the iterations"
    )
    assert "no iteration differs significantly from the final one (10)" in found.sentence


def test_undefined_effects_and_short_trials() -> None:
    found = plateau(iteration_effect(study(sessions=1), COSINE))
    assert found.last_different is None
    assert found.sentence == "Where the gains of Cosine end is undefined, because there is only one session."
    short = plateau(iteration_effect(study(iterations=2, plateau=2), COSINE))
    assert short.broken_stick.undefined == "undefined, because there are fewer than three iterations"
    three = plateau(iteration_effect(study(iterations=3, plateau=2), COSINE))
    assert three.broken_stick.misfit is None
    assert 2 <= three.broken_stick.estimate <= 3
