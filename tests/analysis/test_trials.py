"""Rows of trials: which belong together, and a few of many."""

import pandas as pd

from refine.analysis.simulate import simulate
from refine.analysis.trials import sample
from tests.analysis.studies import COSINE


def test_a_sample_has_whole_trials_from_the_first_to_the_last() -> None:
    rows = simulate([COSINE], sessions=30)
    names = rows["trial"].unique()
    found = sample(rows, 7)
    assert found["trial"].unique()[[0, -1]].tolist() == [names[0], names[-1]]
    assert found.groupby("trial").size().tolist() == [10] * 7
    gaps = pd.Series([list(names).index(name) for name in found["trial"].unique()]).diff().dropna()
    assert set(gaps) <= {4, 5}


def test_fewer_trials_than_asked_for_are_all_there() -> None:
    rows = simulate([COSINE], sessions=3)
    assert sample(rows, 7).equals(rows)
    assert sample(rows.head(0), 7).empty
