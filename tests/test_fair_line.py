"""Fairness: a crowd of sessions of one client holds up nobody, and drop-outs tilt no arm."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from refine.study import StudyError
from tests.conftest import Painter


class HeldPainter(Painter):
    """Begins with the second picture only when it is told to, and remembers the order."""

    def __init__(self):
        self.begun, self.go_on, self.order = threading.Event(), threading.Event(), []

    def draw(self, prompt, progress):
        self.order.append(prompt)
        self.begun.set()
        self.go_on.wait(60)
        return super().draw(prompt, progress)


@pytest.fixture
def painter():
    return HeldPainter()


@pytest.fixture
def study(open_small_study, painter):
    yield open_small_study(painter)
    painter.go_on.set()


def begin(study, client):
    token = study.enrol(consent=True, client=client)
    study.begin(token, 1)
    return token


def test_a_newcomer_waits_for_two_drawings_at_most_behind_sixty_sessions_of_one_client(study, painter):
    flood = [begin(study, "flood") for _ in range(60)]
    for number, token in enumerate(flood):
        study.draw(token, 1, 1, f"flood {number}", client="flood")
    assert painter.begun.wait(30)
    newcomer = begin(study, "newcomer")
    pending = study.draw(newcomer, 1, 1, "newcomer", client="newcomer").pending
    assert pending.ahead <= 2
    painter.go_on.set()
    assert study.wait(60)
    assert painter.order.index("newcomer") <= 2
    # And so in each round, though the other sessions ask again and again.
    for number, token in enumerate(flood):
        study.draw(token, 1, 2, f"flood again {number}", client="flood")
    study.draw(newcomer, 1, 2, "newcomer again", client="newcomer")
    before = len(painter.order)
    assert study.wait(60)
    assert painter.order.index("newcomer again") - before <= 2


def test_a_session_has_one_drawing_in_the_line(study, painter):
    token = begin(study, "one")
    study.draw(token, 1, 1, "a cat", client="one")
    assert painter.begun.wait(30)
    for _ in range(5):
        with pytest.raises(StudyError, match="being made already"):
            study.draw(token, 1, 1, "a dog", client="another")
    painter.go_on.set()
    assert study.wait(60)
    assert painter.order == ["a cat"]


def test_arms_are_balanced_among_those_who_drew(open_small_study, monkeypatch):
    study, now, drawn = open_small_study(), datetime(2026, 1, 1, tzinfo=UTC), Counter()
    monkeypatch.setattr("refine.study._now", lambda: now)
    for number in range(45):
        now += timedelta(hours=1)
        token = study.enrol(consent=True)
        arm = study.state(token).session.arm
        if arm == "scores" and number % 3:
            continue  # in this arm most leave before they draw
        study.begin(token, 1)
        study.draw(token, 1, 1, "a cat")
        assert study.wait(30)
        drawn[arm] += 1
    assert abs(drawn["scores"] - drawn["no_scores"]) <= 1


def test_arms_are_balanced_among_those_who_begin_together(open_small_study):
    study = open_small_study()
    arms = Counter(study.state(study.enrol(consent=True)).session.arm for _ in range(30))
    assert set(arms.values()) == {15}
