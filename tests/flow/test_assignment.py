"""Assignment: arms and targets stay balanced whatever the lot says."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refine.flow.assignment import assign_arm, assign_targets
from refine.protocol import Target

TARGETS = [Target(f"{subject}-{i}", subject, "", "") for subject in ("animals", "food", "things") for i in range(4)]


def test_a_single_arm_is_everybodys():
    assert assign_arm(("scores",), {"scores": 5}, Random(0)) == "scores"


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_random_arms_never_differ_by_more_than_one(seed, sessions):
    rng, counts = Random(seed), Counter()
    for _ in range(sessions):
        counts[assign_arm(("no_scores", "scores"), counts, rng)] += 1
        assert abs(counts["scores"] - counts["no_scores"]) <= 1


def test_the_first_random_arm_is_a_matter_of_chance():
    assert {assign_arm(("no_scores", "scores"), {}, Random(seed)) for seed in range(20)} == {"scores", "no_scores"}


@given(st.integers(0, 2**32))
def test_targets_are_used_evenly(seed):
    rng, used = Random(seed), Counter()
    for _ in range(36):
        used.update(assign_targets(TARGETS, used, 1, rng))
    assert set(used.values()) == {3}


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_a_sessions_targets_differ_and_spread_over_the_subjects(seed, trials):
    chosen = assign_targets(TARGETS, {}, trials, Random(seed))
    assert len(set(chosen)) == trials
    subjects = Counter(name.split("-")[0] for name in chosen)
    assert max(subjects.values()) - min(subjects.get(s, 0) for s in ("animals", "food", "things")) <= 1


def test_too_few_targets_are_told():
    with pytest.raises(ValueError, match="13 trials need 13 different targets, and there are 12"):
        assign_targets(TARGETS, {}, 13, Random(0))
