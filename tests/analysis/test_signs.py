"""Warning signs are seen where the truth has them, not where it has not, and what cannot be looked at is said."""

import pandas as pd
import pytest

from refine.analysis.agreement import agreements
from refine.analysis.ceiling import at_the_ceiling
from refine.analysis.effects import iteration_effects
from refine.analysis.recency import recency
from refine.analysis.signs import Signs, warning_signs
from refine.analysis.simulate import simulate
from tests.analysis.studies import COSINE, DISTANCE


def look(rows: pd.DataFrame, noise: dict[str, float] | None = None, metrics: tuple = (COSINE, DISTANCE)) -> Signs:
    found = agreements(rows, metrics), iteration_effects(rows, metrics), recency(rows, metrics)
    return warning_signs(*found, rows["session"].nunique(), at_the_ceiling(rows, metrics, noise or {}))


def study(**conditions: object) -> pd.DataFrame:
    sound = {"sessions": 150, "gain": 1.5, "metric_noise": 0.1, "human_noise": 0.1, "recency": 0.0, "seed": 8}
    return simulate([COSINE, DISTANCE], **{**sound, **conditions})


def kinds(found: Signs) -> set[tuple[str, str]]:
    return {(sign.kind, metric) for sign in found.seen for metric in sign.metrics or ("",)}


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
    assert sign.finding.startswith("Distance and people disagree, ICC(C,1) is below 0.5: 0.")
    assert "collect more" not in sign.advice


def test_a_disagreement_that_chance_may_explain_says_so() -> None:
    for seed in range(30):
        found = agreements(study(sessions=4, metric_noise=0.9, seed=seed), [COSINE])
        if found[0].icc.ICC3.value < 0.5 <= found[0].icc.ICC3.upper:
            break
    (sign,) = warning_signs(found, [], recency(study(), [COSINE]), 5).seen
    assert "collect more sessions before you judge" in sign.advice


def test_an_early_plateau() -> None:
    found = look(study(gain=0.0, plateau=1))
    assert ("early plateau", "cosine") in kinds(found)
    (sign,) = (sign for sign in found.seen if sign.kind == "early plateau")
    assert sign.metrics == ("cosine", "distance")
    assert sign.finding.startswith("By Cosine and Distance, drawings show no gain from iteration 1 to 6: Cosine ")
    assert "; Distance " in sign.finding
    assert "Look at some trials" in sign.advice
    falling = look(study(gain=-1.5))
    assert any(
        sign.finding.startswith("By Cosine and Distance, drawings fall from iteration 1 to 6") for sign in falling.seen
    )


def test_recency_bias_but_not_its_opposite() -> None:
    found = look(study(recency=1.5))
    assert kinds(found) == {("recency bias", "")}
    assert found.sentence == "1 warning sign is seen."
    assert "more often than their scores explain. At equal scores, each later iteration multiplies" in (
        found.seen[0].finding
    )
    assert kinds(look(study(recency=-1.5))) == set()


@pytest.mark.parametrize("sessions", [0, 1, 4])
def test_few_sessions_show_no_sign_and_that_is_said_once(sessions: int) -> None:
    rows = study(sessions=max(sessions, 1), gain=0.0, plateau=1, metric_noise=5.0, recency=5.0)
    found = look(rows if sessions else rows.head(0))
    assert (found.seen, found.unknown) == ((), ())
    assert found.sentence.count("too few to judge") == 1
    assert "whether metrics and people agree, whether drawings come closer and where gains end take 5" in found.sentence


def test_what_needs_more_sessions_than_there_are_is_left_out_and_the_rest_is_looked_at() -> None:
    rows = study(sessions=6, gain=0.0, plateau=1, recency=5.0)
    found = look(rows)
    assert "recency bias" not in {sign.kind for sign in found.seen}
    assert found.few == (
        "6 sessions are too few to judge: which round is liked best and whether seeing the scores matters take 10."
    )
    assert look(study(sessions=10)).few == ""


def test_a_sign_that_several_metrics_show_is_one_sign() -> None:
    found = look(study(gain=0.0, plateau=1, metric_noise=5.0))
    assert [sign.metrics for sign in found.seen if sign.kind == "disagreement"] == [("cosine", "distance")]
    disagreement = next(sign for sign in found.seen if sign.kind == "disagreement")
    assert disagreement.finding.startswith("Cosine and Distance and people disagree, ICC(C,1) are below 0.5: Cosine 0.")


def test_what_is_unknown_for_several_metrics_for_one_reason_is_said_once() -> None:
    rows = study(sessions=12)
    found = look(rows.assign(cosine=0.5, distance=0.5))
    assert [words for words in found.unknown if "early plateau" in words] == [
        "Whether Cosine and Distance have an early plateau is undefined, because all scores are equal."
    ]


def test_a_plateau_at_the_ceiling_is_called_that_where_the_noise_of_a_rewording_is_known() -> None:
    rows = study(gain=0.0, plateau=1)
    within = rows["cosine"].groupby(rows["trial"]).transform("max") - rows["cosine"]
    noise = float(within.quantile(0.8))
    found = look(rows, {"cosine": noise})
    ceiling, other = (sign for sign in found.seen if sign.kind == "early plateau")
    assert ceiling.metrics == ("cosine",)
    assert ceiling.finding.startswith("By Cosine, drawings are at a ceiling from iteration 1 to 6: ")
    assert "80% of the drawings are within the noise of a rewording from the best of their trial" in ceiling.finding
    assert "targets that are harder to describe" in ceiling.advice
    assert (other.metrics, "ceiling" in other.finding) == (("distance",), False)
    assert "ceiling" not in "".join(sign.finding for sign in look(rows, {"cosine": noise / 1000}).seen)
    assert "ceiling" not in "".join(sign.finding for sign in look(rows).seen)


def test_scores_that_still_rise_are_at_no_ceiling() -> None:
    assert look(study(), {"cosine": 1.0, "distance": 10.0}).seen == ()
