"""Power by simulation: about alpha without an effect, growing with size and effect, and the size that is needed."""

import pytest
from scipy import stats

from refine.analysis.power import Power, needed, power, table
from refine.cli.power import main


def test_without_an_effect_the_test_keeps_its_level():
    found = power(8, 60, "iteration", 0.05, 0, gain=0.0, iterations=4, plateau=3)
    # 99.9% of correct tests lie in here.
    assert found.detected <= stats.binom.ppf(0.999, 60, 0.05)


def test_power_grows_with_size_and_effect():
    small, large = (power(n, 25, "iteration", 0.05, 0, gain=0.6, iterations=4, plateau=3) for n in (6, 40))
    assert small.value < large.value
    assert power(40, 25, "iteration", 0.05, 0, gain=0.1, iterations=4, plateau=3).value < large.value


def test_the_feedback_question_needs_an_arm_effect():
    some = power(40, 15, "feedback", 0.05, 0, gain=0.5, arm_gain=2.5, iterations=3, plateau=2)
    none = power(40, 15, "feedback", 0.05, 0, gain=0.5, arm_gain=0.0, iterations=3, plateau=2)
    assert some.value > none.value + 0.3


def test_the_same_seed_gives_the_same_power():
    first, second = (power(10, 10, "iteration", 0.05, 3, gain=0.5, iterations=3, plateau=2) for _ in range(2))
    assert first == second


def test_neighbouring_seeds_share_no_study():
    seen: list[set[int]] = []

    def each(work, seeds):
        seen.append(set(seeds))
        return map(work, seeds)

    for seed, sessions in ((0, 6), (1, 6), (0, 7)):
        power(sessions, 5, "iteration", 0.05, seed, each, gain=0.5, iterations=3, plateau=2)
    assert len(set.union(*seen)) == 15


def test_processes_change_nothing_but_the_time(capsys):
    small = ["--iterations", "3", "--plateau", "2", "--studies", "6", "--sessions", "6", "8"]
    said = []
    for jobs in ("1", "2"):
        assert main([*small, "--jobs", jobs]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_what_cannot_be_tested_is_not_found():
    assert power(1, 3, "feedback", 0.05, 0, gain=0.5, iterations=3, plateau=2).value == 0


@pytest.mark.parametrize(
    ("values", "wanted", "expected"),
    [
        ([(10, 50), (20, 90)], 0.9, 20),
        ([(10, 50), (40, 90)], 0.7, 20),  # half way on the scale of the logarithm
        ([(10, 85)], 0.8, 10),
        ([(10, 20), (20, 30)], 0.8, None),
    ],
)
def test_the_size_that_is_needed(values, wanted, expected):
    assert needed([Power(sessions, 100, detected) for sessions, detected in values], wanted) == expected


def test_the_interval_is_wilsons():
    assert Power(10, 100, 50).interval == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert Power(10, 100, 100).interval[1] == 1


def test_the_table_says_when_no_size_is_enough():
    said = table([Power(10, 100, 20), Power(20, 100, 85)])
    assert "For a power of 80%: 19 participants." in said
    assert "For a power of 90%: more than 20 participants." in said


def test_the_command(tmp_path, capsys):
    plot = tmp_path / "power.html"
    small = ["--iterations", "3", "--plateau", "2", "--studies", "4", "--sessions", "6", "12", "--gain", "1"]
    assert main([*small, "--out", str(plot)]) == 0
    assert "For a power of 80%" in capsys.readouterr().out
    assert "plotly" in plot.read_text()
    assert 'src="http' not in plot.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--question", "feedback"], "--arm-gain"),
        (["--studies", "0"], "At least one study"),
        (["--trials", "200"], "needs as many targets"),
        (["--rho", "1"], "between -1 and 1"),
        (["--sessions", "1"], "at least 2 participants"),
        (["--gain", "-0.5"], "0 or more"),
        (["--gain", "nan"], "0 or more"),
        (["--noise", "-1"], "not -1.0"),
        (["--plateau", "11"], "from 2 to 10, not at 11"),
        (["--iterations", "1"], "at least two iterations"),
        (["--alpha", "1.5"], "not at 1.5"),
        (["--seed", "-1"], "not -1"),
        (["--jobs", "0"], "not 0"),
        (["--drop-out", "1"], "less than 1"),
        (["--out", "no/such/folder/plot.html"], "There is no folder no/such/folder"),
    ],
)
def test_impossible_studies_are_refused(arguments, words, capsys):
    assert main(arguments) == 2
    assert words in capsys.readouterr().err
