"""Admission: a client may begin many sessions, but not without end, and what is never used is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from refine import admission
from refine.admission import DAY, HOUR, Admission
from refine.storage.errors import StorageError
from refine.storage.journal.enrolments import Enrolments
from refine.study import StudyError
from tests.test_study import draw


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def study(open_small_study, monkeypatch):
    monkeypatch.setattr(admission, "MOST_IDLE", 3)
    return open_small_study()


def test_a_client_that_draws_nothing_is_told_what_to_do_and_others_are_let_in(study):
    tokens = [study.enrol(consent=True, client="one") for _ in range(3)]
    with pytest.raises(StudyError, match="nothing is drawn yet"):
        study.enrol(consent=True, client="one")
    study.enrol(consent=True, client="another")
    study.begin(tokens[0], 1)
    draw(study, tokens[0], 1)
    study.enrol(consent=True, client="one")
    with pytest.raises(StudyError, match="Please go on"):
        study.enrol(consent=True, client="one")


def test_a_day_later_a_client_may_again(study):
    clock = Clock()
    door = Admission(Enrolments(study._journal), clock)
    for _ in range(3):
        token = study.enrol(consent=True)
        door.began("one", study.state(token).session.id)
    assert not door.admits("one")
    clock.now += DAY - 1
    assert not door.admits("one")
    clock.now += HOUR + 1
    assert door.admits("one")
    assert door._begun == {}, "and is not remembered"


def test_sessions_without_a_drawing_are_forgotten_after_a_day(study, tmp_path):
    clock = Clock()
    door = Admission(Enrolments(study._journal), clock)
    idle, drawn, fresh = (study.enrol(consent=True) for _ in range(3))
    study.begin(drawn, 1)
    draw(study, drawn, 1)
    long_ago = datetime.now(UTC) - timedelta(days=1, hours=1, seconds=1)
    with sa.create_engine(f"sqlite:///{tmp_path / 'journal.sqlite'}").begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER sessions_update")  # nobody began yesterday in this test
        ids = "', '".join(study.state(token).session.id for token in (idle, drawn))
        at = long_ago.strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.exec_driver_sql(f"UPDATE sessions SET enrolled_at = '{at}' WHERE id IN ('{ids}')")
    assert door.admits("one")
    assert study.state(idle).session is not None, "once an hour, so that the replica is the first to forget"
    clock.now += HOUR
    assert door.admits("one")
    assert [study.state(token).session is None for token in (idle, drawn, fresh)] == [True, False, False]
    assert "not known here" in study.state(idle).notice


def test_a_journal_that_cannot_forget_lets_people_in_all_the_same(caplog):
    class Broken:
        def forget(self, before):
            raise StorageError("The disk is full.")

    clock = Clock()
    door = Admission(Broken(), clock)
    clock.now += HOUR
    assert door.admits("one")
    assert "could not be forgotten" in caplog.text
