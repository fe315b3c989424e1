"""Steps and stopping rules: where a participant stands, by what is done; what does not exist is refused with what there is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from refine.flow.steps import RANKING, ROUNDS, STEPS, TARGET, THANKS, WELCOME, Progress, Step, due, steps_of
from refine.flow.stopping import FixedRounds, rule_of
from refine.protocol import Ranking, Stopping, Trial, fixed_rounds
from tests.storage.test_journal import a_session, an_iteration

NOW = datetime(2026, 11, 29, tzinfo=UTC)
RULE = FixedRounds(2)
TRIAL = Trial("s-01", "s", 1, "target", (2, 1))
BEGUN = replace(TRIAL, begun_at=NOW)


def drawn(count):
    return replace(BEGUN, iterations=tuple(an_iteration(number) for number in range(1, count + 1)))


@pytest.mark.parametrize(
    ("trial", "step"),
    [
        (TRIAL, TARGET),
        (BEGUN, ROUNDS),
        (drawn(1), ROUNDS),
        (drawn(2), RANKING),
        (None, THANKS),
    ],
)
def test_the_first_step_that_is_due(trial, step):
    assert due(tuple(STEPS.values()), Progress(a_session("s"), trial, RULE)) is step


def test_without_a_session_the_welcome_is_due():
    assert due(tuple(STEPS.values()), Progress(None, None, RULE)) is WELCOME


def test_a_step_more_in_the_list_is_a_step_more_for_everybody(monkeypatch):
    pause = Step("pause", "Pause", lambda done: done.trial is not None and len(done.trial.iterations) == 1)
    monkeypatch.setitem(STEPS, "pause", pause)
    steps = steps_of(("welcome", "target", "pause", "rounds", "ranking", "thanks"))
    found = [due(steps, Progress(a_session("s"), trial, RULE)).id for trial in (BEGUN, drawn(1), drawn(2))]
    assert found == ["rounds", "pause", "ranking"]


def test_steps_that_do_not_exist_or_have_no_end_are_refused():
    with pytest.raises(
        ValueError, match=r"There is no step 'lunch'. There are: welcome, target, rounds, ranking, thanks"
    ):
        steps_of(("welcome", "lunch", "thanks"))
    with pytest.raises(ValueError, match="begins with the step welcome and ends with thanks"):
        steps_of(("target", "rounds"))


def test_a_fixed_number_of_rounds():
    rule = rule_of(fixed_rounds(2))
    assert (rule.most, rule.label, rule_of(fixed_rounds(1)).label) == (2, "2 rounds", "1 round")
    assert [rule.must_stop(drawn(count).iterations) for count in (0, 1, 2, 3)] == [False, False, True, True]


def test_rules_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match=r"There is no stopping rule 'rain'. There are: fixed_rounds"):
        rule_of(Stopping("rain", {}))
    with pytest.raises(ValueError, match="fixed_rounds has other parameters"):
        rule_of(Stopping("fixed_rounds", {"least": 1}))


def test_what_is_offered_for_ranking_is_what_was_drawn_in_the_shuffled_order():
    trial = replace(drawn(2), shuffled=(4, 2, 3, 1))
    assert trial.offered == (2, 1)
    assert replace(trial, ranking=Ranking((1, 2), NOW)).offered == (2, 1)
