"""The study's order of things: what may come after what, and that a mistake or a fault loses nothing."""

import threading

import pytest

from refine.flow.steps import RANKING, ROUNDS, TARGET, THANKS, WELCOME
from refine.storage.errors import StorageError
from refine.study import StudyError, UnchangedOrderError
from tests.conftest import Painter
from tests.storage.test_journal import an_iteration


@pytest.fixture
def journal_url(url):
    return url


@pytest.fixture
def study(open_small_study):
    return open_small_study()


def draw(study, token, number, prompt="a cat", trial=1):
    study.draw(token, trial, number, prompt)
    assert study.wait(30)
    return study.state(token)


def play_rounds(study, token, trial=1):
    study.begin(token, trial)
    for number in range(1, study.rule.most + 1):
        state = draw(study, token, number, f"prompt {number} of {trial}", trial)
    return state


def finish(study, token, trial=1):
    state = play_rounds(study, token, trial)
    order = sorted(state.trial.shuffled, reverse=True)
    return study.rank(token, trial, order, unchanged_is_meant=True)


def test_a_whole_session(study):
    token = study.enrol(consent=True)
    state = study.state(token)
    assert state.step == TARGET
    assert study.begin(token, 1).step == ROUNDS
    for number in (1, 2, 3):
        state = draw(study, token, number, f"a cat {number}")
        assert len(state.trial.iterations) == number
    assert state.step == RANKING
    state = study.rank(token, 1, [3, 1, 2], unchanged_is_meant=True)
    assert state.step == THANKS
    assert state.trial.ranking.order == (3, 1, 2)
    assert state.session.finished_at is not None


def test_a_paper_session_has_many_trials_with_different_targets(open_small_study):
    study = open_small_study(trials=3)
    token = study.enrol(consent=True)
    for trial in (1, 2):
        assert finish(study, token, trial).step == TARGET
    state = finish(study, token, 3)
    assert state.step == THANKS
    assert len({trial.target_id for trial in state.session.trials}) == 3


def test_no_consent_no_session(study):
    with pytest.raises(StudyError, match="agree"):
        study.enrol(consent=False)


@pytest.mark.parametrize("token", [None, "", "nonsense", "' OR 1=1 --", "x" * 10_000])
def test_a_token_that_does_not_exist_leads_to_the_welcome_and_nowhere_else(study, token):
    assert study.state(token).step == WELCOME
    for call in (
        lambda: study.begin(token, 1),
        lambda: study.draw(token, 1, 1, "a cat"),
        lambda: study.rank(token, 1, [1, 2, 3]),
    ):
        with pytest.raises(StudyError, match="not known"):
            call()


def test_the_hidden_prompt_is_shown_only_at_the_end(study):
    token = study.enrol(consent=True)
    assert study.state(token).target.prompt == ""
    state = play_rounds(study, token)
    assert state.target.prompt == ""
    state = study.rank(token, 1, [1, 2, 3], unchanged_is_meant=True)
    assert state.target.prompt.startswith("hidden words")


def test_rounds_wait_for_the_target_to_be_seen(study):
    token = study.enrol(consent=True)
    with pytest.raises(StudyError, match="target"):
        study.draw(token, 1, 1, "a cat")


@pytest.mark.parametrize("number", [0, -1, 2, 99])
def test_only_the_next_round_can_be_drawn(study, number):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    with pytest.raises(StudyError, match="next round is round 1"):
        study.draw(token, 1, number, "a cat")


def test_a_double_click_draws_once(study):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    study.draw(token, 1, 1, "a cat")
    study.draw(token, 1, 1, "a cat")
    study.wait(30)
    study.draw(token, 1, 1, "a cat")
    study.wait(30)
    assert len(study.state(token).trial.iterations) == 1


def test_a_second_window_cannot_draw_the_same_round_anew(study):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    draw(study, token, 1, "a cat")
    with pytest.raises(StudyError, match="drawn already"):
        study.draw(token, 1, 1, "a dog")
    assert study.state(token).trial.iterations[0].prompt == "a cat"


class SlowPainter(Painter):
    """Paints when it is let go."""

    def __init__(self):
        self.go = threading.Event()
        self.asked = []

    def draw(self, prompt, progress):
        self.asked.append(prompt)
        progress(0.5)
        assert self.go.wait(30)
        return super().draw(prompt, progress)


def test_who_waits_sees_their_place_and_another_prompt_must_wait(open_small_study):
    painter = SlowPainter()
    study = open_small_study(painter)
    tokens = [study.enrol(consent=True) for _ in range(3)]
    for token in tokens:
        study.begin(token, 1)
        study.draw(token, 1, 1, "a cat")
    assert [study.state(token).pending.ahead for token in tokens] == [0, 1, 2]
    with pytest.raises(StudyError, match="being made already"):
        study.draw(tokens[0], 1, 1, "a dog")
    painter.go.set()
    study.wait(30)
    assert [len(study.state(token).trial.iterations) for token in tokens] == [1, 1, 1]


def test_a_round_that_another_server_has_drawn_meanwhile_is_not_drawn_again(open_small_study):
    painter = SlowPainter()
    study = open_small_study(painter)
    first, token = study.enrol(consent=True), study.enrol(consent=True)
    study.begin(first, 1)
    study.draw(first, 1, 1, "a boat")
    trial = study.begin(token, 1).trial
    study.draw(token, 1, 1, "a cat")
    study._journal.add_iteration(an_iteration(1, trial.id, prompt="a cat"))
    study.draw(token, 1, 2, "a dog")
    painter.go.set()
    assert study.wait(30)
    assert [iteration.prompt for iteration in study.state(token).trial.iterations] == ["a cat", "a dog"]
    assert painter.asked == ["a boat", "a dog"]


class BrokenPainter(Painter):
    """Fails once, then paints."""

    def __init__(self):
        self.broken = True

    def draw(self, prompt, progress):
        if self.broken:
            self.broken = False
            raise RuntimeError("out of paint")
        return super().draw(prompt, progress)


def test_a_failed_drawing_is_told_and_can_be_tried_again(open_small_study):
    study = open_small_study(BrokenPainter())
    token = study.enrol(consent=True)
    study.begin(token, 1)
    state = draw(study, token, 1)
    assert "try again" in state.notice
    assert state.pending is None
    assert state.trial.iterations == ()
    state = draw(study, token, 1)
    assert state.notice == ""
    assert len(state.trial.iterations) == 1


def test_a_failed_drawing_that_is_asked_for_again_at_once_is_made(open_small_study):
    study = open_small_study(BrokenPainter())
    token = study.enrol(consent=True)
    study.begin(token, 1)
    failed, asked = threading.Event(), threading.Event()
    drop = study._journal.drop_request

    def drop_and_wait(request):
        drop(request)
        failed.set()
        assert asked.wait(30)

    study._journal.drop_request = drop_and_wait
    study.draw(token, 1, 1, "a cat")
    assert failed.wait(30)
    assert study.draw(token, 1, 1, "a cat").pending is not None
    asked.set()
    assert study.wait(30)
    assert len(study.state(token).trial.iterations) == 1


def test_a_drawing_that_cannot_be_saved_is_told_and_can_be_tried_again(study, tmp_path):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    (tmp_path / "pictures").rename(tmp_path / "elsewhere")
    (tmp_path / "pictures").write_text("no folder can be made here")
    assert "Your prompt is kept" in draw(study, token, 1).notice
    (tmp_path / "pictures").unlink()
    assert len(draw(study, token, 1).trial.iterations) == 1


def test_ranking_comes_after_all_rounds(study):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    draw(study, token, 1)
    with pytest.raises(StudyError, match="all 3 rounds"):
        study.rank(token, 1, [1])


@pytest.mark.parametrize(
    "order", [[], [1], [1, 2], [1, 1, 2], [1, 2, 3, 3], [0, 1, 2], [1, 2, 4], ["a", "b", "c"], [None] * 3]
)
def test_a_ranking_that_is_no_permutation_is_refused_and_loses_nothing(study, order):
    token = study.enrol(consent=True)
    play_rounds(study, token)
    with pytest.raises(StudyError, match="exactly once"):
        study.rank(token, 1, order, unchanged_is_meant=True)
    assert study.state(token).step == RANKING


def test_the_unchanged_order_must_be_meant(study):
    token = study.enrol(consent=True)
    shuffled = play_rounds(study, token).trial.shuffled
    with pytest.raises(UnchangedOrderError):
        study.rank(token, 1, shuffled)
    assert study.rank(token, 1, shuffled, unchanged_is_meant=True).step == THANKS


@pytest.mark.parametrize("order", [(3, 1, 2), (3, 2, 1), (1, 2, 3), (1, 3, 2), (2, 3, 1)])
def test_drawings_of_the_same_pixels_are_tied_wherever_they_are_put(study, order):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    for number, prompt in enumerate(("a cat", "a cat", "a dog"), start=1):
        draw(study, token, number, prompt)
    ranking = study.rank(token, 1, order, unchanged_is_meant=True).trial.ranking
    assert [ranking.rank_of(n) for n in (1, 2, 3)] == ([2, 2, 1] if order[0] == 3 else [1, 1, 3])
    assert study.rank(token, 1, order).step == THANKS


def test_an_order_that_differs_from_the_offered_one_only_among_the_same_pixels_must_be_meant_too(study):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    for number, prompt in enumerate(("a cat", "a cat", "a dog"), start=1):
        shuffled = draw(study, token, number, prompt).trial.shuffled
    swapped = [{1: 2, 2: 1, 3: 3}[number] for number in shuffled]
    with pytest.raises(UnchangedOrderError):
        study.rank(token, 1, swapped)


def test_who_drew_one_picture_all_along_has_nothing_to_order_and_is_not_asked(study):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    for number in (1, 2, 3):
        shuffled = draw(study, token, number).trial.shuffled
    ranking = study.rank(token, 1, shuffled).trial.ranking
    assert {ranking.rank_of(n) for n in (1, 2, 3)} == {1}


def test_a_ranking_is_kept_once(study):
    token = study.enrol(consent=True)
    play_rounds(study, token)
    study.rank(token, 1, [2, 1, 3], unchanged_is_meant=True)
    assert study.rank(token, 1, [2, 1, 3]).step == THANKS
    with pytest.raises(StudyError, match="finished"):
        study.rank(token, 1, [3, 1, 2])
    assert study.state(token).trial.ranking.order == (2, 1, 3)


NO_END = {
    "sqlite": (
        "CREATE TRIGGER fault BEFORE UPDATE OF finished_at ON sessions BEGIN SELECT RAISE(ABORT, 'no space'); END",
        "DROP TRIGGER fault",
    ),
    "postgresql": (
        "ALTER TABLE sessions ADD CONSTRAINT fault CHECK (finished_at IS NULL)",
        "ALTER TABLE sessions DROP CONSTRAINT fault",
    ),
}
"""How a database is kept from writing an end, and let again."""


def test_the_end_comes_with_the_last_ranking_or_neither_does(study):
    token = study.enrol(consent=True)
    play_rounds(study, token)
    with study._journal.writing() as connection:
        keep, let = NO_END[connection.dialect.name]
        connection.exec_driver_sql(keep)
    with pytest.raises(StorageError):
        study.rank(token, 1, [3, 1, 2], unchanged_is_meant=True)
    assert study.state(token).step == RANKING
    with study._journal.writing() as connection:
        connection.exec_driver_sql(let)
    assert study.rank(token, 1, [3, 1, 2], unchanged_is_meant=True).step == THANKS


def test_nobody_reaches_anothers_session(study):
    mine, yours = study.enrol(consent=True), study.enrol(consent=True)
    study.begin(mine, 1)
    draw(study, mine, 1, "mine")
    assert study.state(yours).step == TARGET
    assert study.state(yours).session.id != study.state(mine).session.id


def test_a_restart_goes_on_where_it_was(open_small_study):
    study = open_small_study()
    token = study.enrol(consent=True)
    study.begin(token, 1)
    before = draw(study, token, 1, "a cat")
    study.close()
    after = open_small_study().state(token)
    assert after.trial == before.trial
    assert after.session.arm == before.session.arm


def stop_in_the_middle(study, painter):
    """Two participants have asked for a drawing, and the server stops after the first. Returns their tokens."""
    tokens = [study.enrol(consent=True) for _ in range(2)]
    for token in tokens:
        study.begin(token, 1)
        study.draw(token, 1, 1, "a cat")
    painter.go.set()
    study.close()  # drops what had not begun
    return tokens


def test_a_drawing_asked_for_before_the_stop_is_made_after_the_start(open_small_study):
    painter = SlowPainter()
    tokens = stop_in_the_middle(open_small_study(painter), painter)
    again = open_small_study()
    again.wait(30)
    assert [len(again.state(token).trial.iterations) for token in tokens] == [1, 1]


def test_a_drawing_asked_for_under_other_conditions_waits_until_they_are_back(open_small_study):
    painter = SlowPainter()
    tokens = stop_in_the_middle(open_small_study(painter), painter)
    other = open_small_study(iterations=4)
    assert other.wait(30)
    other.close()
    with other._journal.reading() as connection:
        rows = connection.exec_driver_sql("SELECT (SELECT count(*) FROM iterations), count(*) FROM requests")
        assert rows.one() == (1, 1)
    back = open_small_study()
    assert back.wait(30)
    assert [len(back.state(token).trial.iterations) for token in tokens] == [1, 1]


def test_other_conditions_are_another_study(open_small_study):
    token = open_small_study().enrol(consent=True)
    other = open_small_study(iterations=4)
    assert other.state(token).step == WELCOME
    assert "changed" in other.state(token).notice
    with pytest.raises(StudyError, match="changed"):
        other.begin(token, 1)


@pytest.mark.parametrize("spelling", [str, str.lower, lambda code: code.replace("-", " ")])
def test_a_withdrawal_code_removes_the_session(study, spelling):
    token = study.enrol(consent=True)
    code = finish(study, token).session.withdrawal_code
    study.wait(30)
    study.withdraw(spelling(code))
    assert study.state(token).step == WELCOME


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA", "; DROP TABLE sessions", "é"])
def test_a_wrong_withdrawal_code_is_told(study, code):
    with pytest.raises(StudyError, match="no session with this code"):
        study.withdraw(code)


def test_arms_are_balanced(study):
    arms = [study.state(study.enrol(consent=True)).session.arm for _ in range(20)]
    assert arms.count("scores") == 10


def test_many_threads_at_once_keep_one_row_a_round(study):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    threads = [threading.Thread(target=lambda: study.draw(token, 1, 1, "a cat")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    study.wait(30)
    assert [iteration.number for iteration in study.state(token).trial.iterations] == [1]


def test_a_start_that_is_asked_again_with_the_browsers_own_token_begins_one_session(study):
    token = "browser_token-0123456789abcdefgh"
    assert study.enrol(consent=True, token=token) == token
    study.begin(token, 1)
    assert study.enrol(consent=True, token=token) == token
    assert study.state(token).step == ROUNDS


@pytest.mark.parametrize("token", ["", "abc", "a" * 33, "ä" * 32, "a" * 31 + "\n", None])
def test_a_token_that_could_be_guessed_or_is_none_is_replaced(study, token):
    given = study.enrol(consent=True, token=token)
    assert given != token and len(given) == 32
