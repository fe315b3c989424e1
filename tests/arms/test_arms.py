"""Arms: what each shows, what it needs, and what a simulated participant makes of it."""

import statistics
from dataclasses import dataclass
from random import Random

import pytest

from refine.arms import ARMS, Arm, Given, check_arms
from refine.metrics import METRICS
from tests.storage.test_journal import an_iteration

HASH = METRICS["imagehash"]


@dataclass(frozen=True)
class Telepathy:
    """Feedback that no study can give."""

    id: str = "telepathy"
    needs: frozenset = frozenset({"thoughts"})

    def html(self, given):
        return "a thought"

    def perceived(self, similarity, rng):
        return similarity


def given(*numbers):
    return Given([HASH], [an_iteration(number) for number in numbers], {}, {})


def test_the_arm_without_feedback_shows_nothing_and_the_other_the_scores():
    assert ARMS["no_scores"].html(given(1, 2)) == ""
    assert 'data-metric="imagehash"' in ARMS["scores"].html(given(1, 2))
    assert ARMS["scores"].html(given()) == "", "there is no drawing yet"


def test_ids_fit_the_journal_and_the_first_arm_is_what_others_are_compared_with():
    assert all(len(name) <= 16 and name == arm.id for name, arm in ARMS.items())
    assert not next(iter(ARMS.values())).shows


def test_an_arm_shows_all_its_feedback(monkeypatch):
    both = Arm("both", "both", "all", (*ARMS["scores"].shows, Telepathy()))
    shown = both.html(given(1))
    assert shown.endswith("a thought") and 'data-metric="imagehash"' in shown


def test_an_arm_that_does_not_exist_or_needs_what_is_not_given_is_refused(monkeypatch):
    check_arms(("no_scores", "scores"), frozenset({"scores"}))
    with pytest.raises(ValueError, match=r"There is no arm 'other'. There are: no_scores, scores"):
        check_arms(("scores", "other"), frozenset({"scores"}))
    with pytest.raises(ValueError, match="The arm scores needs scores, which this study does not give"):
        check_arms(("scores",), frozenset())
    monkeypatch.setitem(ARMS, "psychic", Arm("psychic", "", "", (Telepathy(),)))
    with pytest.raises(ValueError, match="The arm psychic needs thoughts"):
        check_arms(("psychic",), frozenset({"scores"}))


def test_who_sees_scores_perceives_similarity_as_it_is_but_for_a_small_error():
    (scores,), rng = ARMS["scores"].shows, Random(1)
    seen = [scores.perceived(0.6, rng) for _ in range(2000)]
    assert statistics.mean(seen) == pytest.approx(0.6, abs=0.01)
    assert 0 < statistics.stdev(seen) < 0.05
    assert all(0 <= scores.perceived(end, rng) <= 1 for end in (0.0, 1.0) for _ in range(100))
