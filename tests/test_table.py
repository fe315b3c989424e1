"""What a study writes passes the check of the table; whatever else is in it is told by shard and row."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refine.arms import ARMS
from refine.table import COLUMNS, COUNTS, WORDS, TableCheck
from tests.analysis.studies import METRICS

SCORES = {metric.id: metric for metric in METRICS}


def sound_rows(orders: list[list[int]]) -> list[dict]:
    """A session a trial; `orders` has the ranks of its drawings, by iteration."""
    return [
        {
            "iteration_id": f"{trial}-{iteration}",
            "session_id": f"s{trial}",
            "trial_id": f"t{trial}",
            "target_id": "a target",
            "arm": ("scores", "no_scores")[trial % 2],
            "pixel_hash": f"{trial} {rank}",
            "profile": "world",
            "protocol_hash": "abc",
            "iteration": iteration,
            "rank": rank,
            "cosine": 0.5,
            "distance": None,
            "bits": math.nan,
        }
        for trial, ranks in enumerate(orders)
        for iteration, rank in enumerate(ranks, 1)
    ]


def faults(rows: list[dict], shards: int = 1) -> list[str]:
    """Of rows that lie in so many shards."""
    check = TableCheck(SCORES, ARMS)
    size = -(-len(rows) // shards)
    for shard in range(shards):
        check.add(f"{shard}.parquet", list(enumerate(rows[shard * size : (shard + 1) * size], 1)))
    return check.end()


orders = st.integers(1, 6).flatmap(
    lambda length: st.lists(st.permutations(range(1, length + 1)), min_size=2, max_size=4)
)


@given(orders, st.integers(1, 3), st.randoms())
def test_what_a_study_writes_has_no_fault_in_whatever_order_it_lies(orders, shards, random) -> None:
    rows = sound_rows(orders)
    random.shuffle(rows)
    assert faults(rows, min(shards, len(rows) // 2)) == []


@given(orders, st.data())
def test_whatever_is_in_a_cell_ends_in_a_sentence_and_never_in_a_crash(orders, data) -> None:
    rows = sound_rows(orders)
    row = data.draw(st.sampled_from(rows))
    name = data.draw(st.sampled_from([*COLUMNS, *SCORES]))
    anything = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.text())
    )
    row[name] = data.draw(anything)
    found = faults(rows)
    place = f"0.parquet, row {rows.index(row) + 1}: "
    if name in COUNTS and (not isinstance(row[name], int) or isinstance(row[name], bool) or row[name] < 1):
        assert found[0].startswith(f"{place}{name} is ")
    if name in WORDS and (not isinstance(row[name], str) or not row[name].strip()):
        assert found[0].startswith(f"{place}{name} is ")
    assert all(sentence.startswith("0.parquet, row ") and sentence.endswith(".") for sentence in found)


@given(orders, st.data())
def test_no_two_ranks_or_iterations_can_be_exchanged_for_others_unseen(orders, data) -> None:
    rows = sound_rows(orders)
    row, name = data.draw(st.sampled_from(rows)), data.draw(st.sampled_from(COUNTS))
    row[name] = data.draw(st.integers(1, 40).filter(lambda value: value != row[name]))
    (sentence,) = faults(rows)
    assert f"trial {row['trial_id']} " in sentence


@pytest.mark.parametrize(
    ("ranks", "hashes", "sound"),
    [
        ([1, 1, 3], "aab", True),
        ([1, 2, 2], "abb", True),
        ([1, 1, 1], "aaa", True),
        ([1, 1, 3], "abc", False),
        ([1, 1, 2], "aab", False),
        ([2, 2, 3], "aab", False),
    ],
)
def test_only_identical_drawings_share_a_rank_and_it_counts_those_before(ranks, hashes, sound) -> None:
    rows = sound_rows([ranks])
    for row, pixels in zip(rows, hashes, strict=True):
        row["pixel_hash"] = pixels
    assert (faults(rows) == []) == sound


def test_a_shard_that_lies_there_twice_is_told_once_not_row_by_row() -> None:
    rows = sound_rows([[1, 2, 3], [3, 2, 1]])
    (sentence,) = faults([*rows, *rows], shards=2)
    assert sentence == (
        "1.parquet, row 1: iteration 0-1 is there twice, first in 0.parquet, row 1: perhaps one of the shards is a copy, "
        "to be removed (5 more rows of this shard likewise)."
    )


@pytest.mark.parametrize(
    ("score", "value", "words"),
    [
        ("cosine", math.inf, "cosine is infinite"),
        ("distance", -math.inf, "distance is infinite"),
        ("cosine", 1.5, "cosine is 1.5, outside of its range, -1 to 1"),
        ("distance", -2, "distance is -2, outside of its range, 0 to inf"),
        ("bits", "7", "bits is '7', not a number"),
        ("bits", True, "bits is True, not a number"),
    ],
)
def test_scores_that_no_metric_gives_are_told(score, value, words) -> None:
    rows = sound_rows([[1, 2]])
    rows[1][score] = value
    (sentence,) = faults(rows)
    assert sentence.startswith(f"0.parquet, row 2: {words}")


def test_a_cosine_may_be_rounded_past_one() -> None:
    rows = sound_rows([[1, 2]])
    rows[0]["cosine"] = 1.0000002
    assert faults(rows) == []
