"""The mixed model's inference on small studies whose truth is known: the benchmark of coverage in little."""

import numpy as np
import pytest
from scipy import stats

from refine.analysis.mixed import fit_mixed
from refine.analysis.simulate import simulate
from refine.metrics import MetricInfo, Simulated

STUDIES = 200
GAIN = 0.9
USUAL, DEVIATION = 0.45, 0.05
"""Of the metric's values: where the true similarity is 0, and one unit of it."""
METRIC = MetricInfo("score", "Score", 1, 0.0, None, "", simulated=Simulated(USUAL, DEVIATION))


@pytest.fixture(scope="module")
def found() -> tuple[np.ndarray, np.ndarray]:
    """Whether each interval covers its truth (studies, coefficients), and whether F rejects where nothing grows."""
    # The intercept is the mean of the last iteration; the others are the rest less the last.
    truth = DEVIATION * np.array([GAIN, -GAIN, -GAIN / 2, 0.0])
    covered, rejected = [], []
    for seed in range(STUDIES):
        for gain in (GAIN, 0.0):
            rows = simulate(
                [METRIC],
                sessions=8,
                trials=4,
                iterations=4,
                targets=12,
                gain=gain,
                plateau=3,
                metric_noise=0,
                seed=2 * seed + (gain == 0),
            )
            rows["score"] -= USUAL
            fit = fit_mixed("score ~ C(iteration, Treatment(4))", rows, ["session", "target"], "trial", "iteration")
            if gain:
                table = fit.coefficients
                covered.append((table["lower"] <= truth) & (truth <= table["upper"]))
            else:
                rejected.append(fit.tests["p"].iat[0] < 0.05)
    return np.array(covered), np.array(rejected)


def test_intervals_cover_the_truth(found: tuple[np.ndarray, np.ndarray]) -> None:
    # 99.9% of correct intervals lie in here.
    low, high = stats.binom.ppf([0.0005, 0.9995], STUDIES, 0.95)
    counts = found[0].sum(axis=0)
    assert ((low <= counts) & (counts <= high)).all(), counts


def test_without_gains_the_test_rejects_at_its_level(found: tuple[np.ndarray, np.ndarray]) -> None:
    low, high = stats.binom.ppf([0.0005, 0.9995], STUDIES, 0.05)
    assert low <= found[1].sum() <= high
