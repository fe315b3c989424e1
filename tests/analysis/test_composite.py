"""Standardised scores and the composite: which metrics it holds, and that it says so."""

import numpy as np
import pytest

from refine.analysis.agreement import agreements
from refine.analysis.composite import composite, standardised
from refine.analysis.simulate import simulate
from tests.analysis.studies import BITS, COSINE, DISTANCE, METRICS


def test_standardised_is_oriented_with_mean_0_and_deviation_1() -> None:
    rows = simulate(METRICS, sessions=20)
    for metric in METRICS:
        scores = standardised(rows, metric)
        assert (scores.mean(), scores.std()) == pytest.approx((0, 1))
        assert np.corrcoef(scores, rows[metric.id])[0, 1] == pytest.approx(metric.direction)
    assert (standardised(rows.assign(cosine=0.3), COSINE) == 0).all()


def test_composite_holds_the_metrics_that_agree_and_names_them() -> None:
    rows = simulate(METRICS, sessions=200, seed=1)
    rows["bits"] = np.random.default_rng(0).integers(0, 65, len(rows))
    found = composite(rows, agreements(rows, METRICS))
    assert found.metrics == (DISTANCE, COSINE)
    expected = (standardised(rows, DISTANCE) + standardised(rows, COSINE)) / 2
    assert found.values is not None
    assert found.values.tolist() == pytest.approx(expected.tolist())
    assert "Distance (ICC 0." in found.statement and "Bits" not in found.statement


def test_composite_agrees_better_than_its_parts() -> None:
    rows = simulate(METRICS, sessions=500, seed=3)
    parts = agreements(rows, METRICS)
    mean = composite(rows, parts).values
    together = agreements(rows.assign(cosine=mean), [COSINE])[0]
    assert together.icc.ICC3.value > max(part.icc.ICC3.value for part in parts)


def test_without_a_metric_that_agrees_there_is_no_composite() -> None:
    rows = simulate([BITS], sessions=100, metric_noise=20.0)
    found = composite(rows, agreements(rows, [BITS]))
    assert (found.values, found.metrics) == (None, ())
    assert found.statement.startswith("The composite score is undefined, because no metric agrees with people")
