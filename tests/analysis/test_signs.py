"""Warning signs are seen where the truth has them, not where it has not, and what cannot be looked at is said."""

import pandas as pd
import pytest

from refine.analysis.agreement import agreements
from refine.analysis.effects import iteration_effects
from refine.analysis.recency import recency
from refine.analysis.signs import Signs, warning_signs
from refine.analysis.simulate import simulate
from tests.analysis.studies import COSINE, DISTANCE


def look(rows: pd.DataFrame) -> Signs:
    metrics = (COSINE, DISTANCE)
    return warning_signs(agreements(rows, metrics), iteration_effects(rows, metrics), recency(rows, metrics))


def study(**conditions: object) -> pd.DataFrame:
    sound = {"sessions": 150, "gain": 1.5, "metric_noise": 0.1, "human_noise": 0.1, "recency": 0.0, "seed": 8}
    return simulate([COSINE, DISTANCE], **{**sound, **conditions})


def kinds(found: Signs) -> set[tuple[str, str]]:
    return {(sign.kind, sign.metric) for sign in found.seen}


def test_a_sound_study_has_none_and_says_so() -> None:
    found = look(study())
    assert (found.seen, found.unknown) == ((), ())
    assert found.sentence.startswith("No warning sign is seen: metrics and people agree")


def test_a_metric_that_people_disagree_with() -> None:
    rows = study()
    noise = simulate([DISTANCE], sessions=150, seed=77)["distance"]
    found = look(rows.assign(distance=noise))
    assert ("disagreement", "distance") in kinds(found)
    assert ("disagreement", "cosine") not in kinds(found)
    sign = next(sign for sign in found.seen if sign.kind == "disagreement")
    assert sign.finding.startswith("Distance and people disagree: ICC(C,1) = 0.")
    assert "below 0.5" in sign.finding
    assert "collect more" not in sign.advice


def test_a_disagreement_that_chance_may_explain_says_so() -> None:
    for seed in range(30):
        found = agreements(study(sessions=4, metric_noise=0.9, seed=seed), [COSINE])
        if found[0].icc.ICC3.value < 0.5 <= found[0].icc.ICC3.upper:
            break
    (sign,) = warning_signs(found, [], recency(study(), [COSINE])).seen
    assert "collect more sessions before you judge" in sign.advice


def test_an_early_plateau() -> None:
    found = look(study(gain=0.0, plateau=1))
    assert ("early plateau", "cosine") in kinds(found)
    sign = next(sign for sign in found.seen if sign.kind == "early plateau")
    assert sign.finding.startswith("By Cosine, drawings show no gain from iteration 1 to 6: ")
    assert "Look at some trials" in sign.advice
    falling = look(study(gain=-1.5))
    assert any(sign.finding.startswith("By Cosine, drawings fall from iteration 1 to 6") for sign in falling.seen)


def test_recency_bias_but_not_its_opposite() -> None:
    found = look(study(recency=1.5))
    assert kinds(found) == {("recency bias", "")}
    assert found.sentence == "1 warning sign is seen."
    assert "more often than their scores explain. At equal scores, each later iteration multiplies" in (
        found.seen[0].finding
    )
    assert kinds(look(study(recency=-1.5))) == set()


@pytest.mark.parametrize("sessions", [0, 1])
def test_what_cannot_be_looked_at_is_said(sessions: int) -> None:
    rows = study(sessions=1)
    found = look(rows if sessions else rows.head(0))
    assert any(words.startswith("Whether Cosine has an early plateau is undefined, because") for words in found.unknown)
    if not sessions:
        assert found.sentence == "No warning sign is seen in what can be looked at so far."
        assert len(found.unknown) == 5
