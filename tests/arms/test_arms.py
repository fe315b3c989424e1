"""Arms: what each shows, what it needs, and what a simulated participant makes of it."""

from dataclasses import dataclass

import pytest

from refine.arms import ARMS, Arm, Given, Perceived, check_arms, needs_of
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

    def perceived(self, given, rng):
        return Perceived(1.0)


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


def test_an_arm_of_maps_is_refused_where_no_metric_has_one_with_what_to_do():
    with pytest.raises(
        ValueError, match=r"The arm both needs maps, which .* not give. It takes a metric .* REFINE_METRICS"
    ):
        check_arms(("no_scores", "both"), frozenset({"scores"}))
    check_arms(tuple(ARMS), frozenset({"scores", "maps"}))


def test_maps_are_needed_only_by_arms_that_show_them():
    assert {name: needs_of([name]) for name in ARMS} == {
        "no_scores": frozenset(),
        "scores": {"scores"},
        "overlay": {"maps"},
        "both": {"scores", "maps"},
        "words": {"maps"},
    }
    assert needs_of(["no_scores", "words"]) == {"maps"}
