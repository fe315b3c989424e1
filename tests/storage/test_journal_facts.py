"""Facts in the database itself: whoever writes SQL past the journal cannot change one, or add one after its end."""

import pytest
import sqlalchemy as sa

from refine.protocol import Ranking
from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal, Request
from tests.storage.test_journal import NOW, PROTOCOL, a_session, an_iteration, fill


@pytest.fixture
def journal(url):
    """A finished session `s`, one with three drawings and no ranking `t`, and one that withdrew, `u`."""
    journal = Journal(url)
    journal.add_protocol(PROTOCOL)
    for name in "stu":
        journal.add_session(a_session(name))
    fill(journal)
    for number in (1, 2, 3):
        journal.add_iteration(an_iteration(number, "t-01"))
    journal.delete_session("u")
    return journal


@pytest.fixture
def sql(journal, url):
    """A function that runs a statement past the journal and returns how many rows it touched."""
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))

    def run(statement):
        with engine.begin() as connection:
            return connection.exec_driver_sql(statement).rowcount

    yield run
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE protocols SET protocol = '{}'", "never changed"),
        ("DELETE FROM protocols", "never removed"),
        ("UPDATE sessions SET finished_at = '2030-01-01' WHERE id = 's'", "changes once"),
        ("UPDATE sessions SET finished_at = NULL WHERE id = 's'", "changes once"),
        ("UPDATE sessions SET arm = 'no_scores' WHERE id = 't'", "changes once"),
        ("UPDATE sessions SET finished_at = '2030-01-01' WHERE id = 't'", "every trial is ranked"),
        ("DELETE FROM sessions WHERE id = 't'", "with a drawing is removed only when its participant withdraws"),
        ("UPDATE withdrawals SET withdrawn_at = '2030-01-01'", "never changed"),
        ("DELETE FROM withdrawals", "never removed"),
        (
            "INSERT INTO trials (id, session_id, number, target_id, shuffled) VALUES ('s-02', 's', 2, 'x', '[]')",
            "after the end",
        ),
        ("UPDATE trials SET target_id = 'easier' WHERE id = 't-01'", "changes once"),
        ("UPDATE trials SET shuffled = '[1, 2, 3]', begun_at = '2030-01-01' WHERE id = 't-01'", "changes once"),
        ("DELETE FROM trials WHERE id = 't-01'", "only with its session"),
        ("UPDATE iterations SET prompt = 'better' WHERE id = 't-01-01'", "never changed"),
        ("DELETE FROM iterations WHERE id = 't-01-01'", "only with its session"),
        ("UPDATE ranks SET rank = 4 WHERE rank = 3", "never changed"),
        ("DELETE FROM ranks WHERE rank = 3", "only with its session"),
        (
            "INSERT INTO ranks (iteration_id, trial_id, rank, ranked_at) VALUES ('t-01-01', 't-01', 4, '2030-01-01')",
            "permutation",
        ),
        (
            "INSERT INTO ranks (iteration_id, trial_id, rank, ranked_at) VALUES ('s-01-01', 't-01', 1, '2030-01-01')",
            "permutation|replaced",
        ),
        (
            "INSERT INTO ranks (iteration_id, trial_id, rank, ranked_at) VALUES ('t-01-01', 't-01', 0, '2030-01-01')",
            "CHECK|check",
        ),
        (
            "INSERT INTO ranks (iteration_id, trial_id, rank, ranked_at, tied) "
            "VALUES ('t-01-01', 't-01', 1, '2030-01-01', TRUE)",
            "only drawings of the same pixels",
        ),
        (
            "INSERT INTO ranks (iteration_id, trial_id, rank, ranked_at) VALUES "
            "('t-01-01', 't-01', 1, '2030-01-01'), ('t-01-02', 't-01', 1, '2030-01-01')",
            "(?i)unique",
        ),
        (
            "INSERT INTO requests (trial_id, number, prompt, asked_at) VALUES ('s-01', 4, 'a cat', '2030-01-01')",
            "after the ranking",
        ),
    ],
)
def test_what_is_no_new_fact_is_refused(sql, journal, statement, sentence):
    before = [journal.session_by_id(name) for name in "st"]
    with pytest.raises(sa.exc.IntegrityError, match=sentence):
        sql(statement)
    assert [journal.session_by_id(name) for name in "st"] == before


@pytest.mark.parametrize("table", ["protocols", "sessions", "withdrawals", "trials", "iterations", "ranks"])
def test_no_fact_is_replaced(sql, journal, url, table):
    before = [journal.session_by_id(name) for name in "st"]
    way_around = f"TRUNCATE {table} CASCADE" if "postgres" in url else f"REPLACE INTO {table} SELECT * FROM {table}"
    with pytest.raises(sa.exc.IntegrityError, match=r"replaced|never removed"):
        sql(way_around)
    assert [journal.session_by_id(name) for name in "st"] == before


@pytest.mark.parametrize("change", ["id, 'other', number", "'other', trial_id, number"])
def test_a_new_row_takes_nobodys_place(sql, journal, url, change):
    before = journal.session_by_id("t")
    into = "INSERT INTO" if "postgres" in url else "REPLACE INTO"
    rest = "prompt, unread, picture, scores, drawing_ms, scoring_ms, asked_at, drawn_at, provenance"
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)unique"):
        sql(
            f"{into} iterations (id, trial_id, number, {rest}) SELECT {change}, {rest} FROM iterations WHERE id = 't-01-01'"
        )
    assert journal.session_by_id("t") == before


def test_a_round_after_the_ranking_is_refused(journal):
    with pytest.raises(StorageError, match="after the ranking"):
        journal.add_iteration(an_iteration(4))
    with pytest.raises(StorageError, match="after the ranking"):
        journal.ask(Request("s-01", 4, "a cat", NOW))
    assert len(journal.trial("s-01").iterations) == 3


def test_a_trial_that_is_ranked_in_part_cannot_be_finished(journal, sql):
    sql("INSERT INTO ranks (iteration_id, trial_id, rank, ranked_at) VALUES ('t-01-01', 't-01', 1, '2030-01-01')")
    with pytest.raises(StorageError, match="every trial is ranked"):
        journal.finish("t", NOW)


def test_a_session_without_a_ranking_cannot_be_finished_and_with_one_it_can(journal):
    with pytest.raises(StorageError, match="every trial is ranked"):
        journal.finish("t", NOW)
    journal.add_ranking("t-01", Ranking((1, 2, 3), NOW))
    journal.finish("t", NOW)
    assert journal.session_by_id("t").finished_at == NOW


def test_whoever_withdrew_does_not_come_back(journal):
    with pytest.raises(StorageError, match="does not come back"):
        journal.add_session(a_session("u"))
    assert journal.session_by_id("u") is None


def test_withdrawing_takes_everything_with_it(journal, sql):
    journal.begin_trial("t-01", NOW)
    for name in "st":
        journal.delete_session(name)
    for table in ("sessions", "trials", "requests", "iterations", "ranks"):
        assert sql(f"DELETE FROM {table}") == 0
    assert journal.finished_version() == 6
