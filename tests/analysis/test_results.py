"""One call gives everything, consistent with its parts; a start from earlier results changes nothing but the time."""

import numpy as np
import pandas as pd
import pytest

from refine.analysis.agreement import agreements
from refine.analysis.arms import arm_effect
from refine.analysis.composite import composite
from refine.analysis.effects import iteration_effect
from refine.analysis.plackett_luce import plackett_luce
from refine.analysis.plateau import plateau
from refine.analysis.recency import recency
from refine.analysis.results import COMPOSITE, analyse
from refine.analysis.simulate import simulate
from refine.analysis.summary import summarise
from tests.analysis.studies import BITS, COSINE, DISTANCE, METRICS


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return simulate(METRICS, sessions=20, trials=2, metric_noise=0.5)


def test_everything_as_its_parts_have_it(rows: pd.DataFrame) -> None:
    found = analyse(rows, METRICS, 10)
    assert found.summary == summarise(rows, METRICS, 10)
    assert found.plackett_luce == plackett_luce(rows, 10)
    assert found.recency == recency(rows, METRICS)
    score = composite(rows, agreements(rows, METRICS))
    assert found.composite.values.equals(score.values)
    with_score = rows.assign(composite=score.values)
    metrics = [*METRICS, COMPOSITE]
    assert found.effects == tuple(iteration_effect(with_score, metric) for metric in metrics)
    assert found.plateaus == tuple(plateau(effect) for effect in found.effects)
    assert found.arms == tuple(arm_effect(with_score, metric) for metric in metrics)
    assert "composite" not in rows


def test_an_earlier_result_is_where_searches_start(rows: pd.DataFrame) -> None:
    earlier = analyse(rows[rows["session"] != rows["session"].iloc[-1]], METRICS, 10)
    cold, warm = analyse(rows, METRICS, 10), analyse(rows, METRICS, 10, earlier)
    for one, other in zip([*cold.effects, *cold.arms], [*warm.effects, *warm.arms], strict=True):
        assert np.allclose(one.result.coefficients["p"], other.result.coefficients["p"], rtol=1e-5)
    assert warm.summary == cold.summary


def test_progress_is_told_to_its_end(rows: pd.DataFrame) -> None:
    told: list[tuple[int, int, str]] = []
    analyse(rows, METRICS, 10, progress=lambda *step: told.append(step))
    assert [done for done, _, _ in told] == list(range(13))
    assert {steps for _, steps, _ in told} == {12}
    assert told[4][2] == "iteration effect, Distance"


def test_metrics_without_scores_are_left_out(rows: pd.DataFrame) -> None:
    found = analyse(rows.assign(bits=np.nan), METRICS, 10)
    alone = analyse(rows, [DISTANCE, COSINE], 10)
    assert found == alone
    assert BITS not in [one.metric for one in found.summary.agreements]


def test_without_agreement_there_is_no_composite_score() -> None:
    found = analyse(simulate(METRICS, sessions=20, metric_noise=20.0), METRICS, 10)
    assert found.composite.values is None
    assert [effect.metric for effect in found.effects] == list(METRICS)


@pytest.mark.parametrize("sessions", [0, 1, 2])
def test_small_and_empty_studies(sessions: int) -> None:
    rows = simulate(METRICS, sessions=2)
    found = analyse(rows[rows["session"].isin(rows["session"].unique()[:sessions])], METRICS, 10)
    assert found.summary.sessions == sessions
    if sessions < 2:
        assert all(effect.undefined for effect in found.effects)
        assert all(one.last_different is None for one in found.plateaus)
    assert all(found.undefined for found in found.arms)
    assert (found.signs.seen, found.signs.unknown) == ((), ())
    assert "too few to judge" in found.signs.sentence
