"""The nouns: what makes a protocol the same, which numbers are the ranks of a trial's drawings."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refine.protocol import DrawingSettings, Protocol, Stopping, fixed_rounds, ranked, read_protocol, wrong_with_ranks

NOW = datetime(2026, 11, 29, tzinfo=UTC)
BEFORE = Protocol(
    "test",
    1,
    fixed_rounds(3),
    ("no_scores", "scores"),
    DrawingSettings("painter", "1", 1029, 10, 5.0, 32, 32),
    ("imagehash",),
)


def test_what_a_metric_measures_with_makes_another_protocol():
    one, other = (replace(BEFORE, measures=(f"SHA-256 of weights {digest}",)) for digest in ("ab12", "cd34"))
    assert len({BEFORE.hash, one.hash, other.hash}) == 3
    assert read_protocol(json.loads(json.dumps(one.conditions))) == one


def test_a_protocol_of_the_first_release_keeps_its_hash_and_its_json():
    stored = {
        "profile": "test",
        "iterations": 3,
        "trials": 1,
        "feedback": "random",
        "drawing": {
            "model": "painter",
            "revision": "1",
            "seed": 1029,
            "steps": 10,
            "guidance_scale": 5.0,
            "width": 32,
            "height": 32,
        },
        "metrics": ["imagehash"],
    }
    assert read_protocol(stored) == BEFORE
    assert (BEFORE.conditions, BEFORE.hash) == (stored, "d8d588a7d036")


@pytest.mark.parametrize(
    "changed",
    [
        {"arms": ("scores",)},
        {"arms": ("no_scores",)},
        {"arms": ("no_scores", "another")},
        {"steps": ("welcome", "target", "rounds", "ranking", "questions", "thanks")},
        {"stopping": fixed_rounds(4)},
        {"stopping": Stopping("when_it_rains", {"least": 3, "most": 20})},
        {"trials": 2},
        {"target_seed": 7},
    ],
)
def test_every_condition_is_in_the_json_and_the_hash(changed):
    other = replace(BEFORE, **changed)
    assert other.hash != BEFORE.hash
    assert read_protocol(json.loads(json.dumps(other.conditions))) == other


@pytest.mark.parametrize(
    ("ranks", "pixels", "wrong"),
    [
        ((3, 1, 2), "abc", ""),
        ((1, 1, 1), "aaa", ""),
        ((1, 2, 2, 4), "abbc", ""),
        ((1, 2, 3), "aab", ""),  # as before ties were known
        ((1, 1, 1), "abc", "same pixels"),
        ((1, 2, 2, 4), "abca", "same pixels"),
        ((1, 1, 2), "aab", "permutation"),
        ((1, 2, 2, 3), "abbc", "permutation"),
        ((2, 2, 1.5), "abb", "permutation"),
        ((0, 1, 2), "abc", "permutation"),
        ((1, 2, 4), "abc", "permutation"),
        ((2, 3), "ab", "permutation"),
    ],
)
def test_ranks_are_a_permutation_in_which_only_the_same_pixels_may_share_one(ranks, pixels, wrong):
    found = wrong_with_ranks(ranks, pixels)
    assert (wrong in found) if wrong else not found


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=8), st.randoms())
def test_every_order_of_any_drawings_is_a_ranking_with_the_same_pixels_tied(pictures, random):
    pixels = dict(enumerate(pictures, start=1))
    order = random.sample(sorted(pixels), len(pixels))
    ranking = ranked(order, pixels, NOW)
    ranks = [ranking.rank_of(number) for number in sorted(pixels)]
    assert wrong_with_ranks(ranks, pictures) == ""
    assert len(set(ranks)) == len(set(pictures))
    assert min(ranks) == ranking.rank_of(order[0]) == 1
    assert ranked(ranking.order, pixels, NOW) == ranking
