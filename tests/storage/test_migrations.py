"""Migrations: a journal of any edition opens with nothing lost, and the tables are those that the code declares."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from refine.protocol import Ranking
from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal, Request
from refine.storage.journal.schema import metadata
from tests.storage.test_journal import NOW, PROTOCOL, a_session, an_iteration

VERSION_1 = (Path(__file__).parent / "journals" / "version1.sql").read_text()
"""A journal as the first edition left it: one session finished, one open with a drawing asked for, one withdrawn."""


@pytest.fixture
def first_edition(tmp_path):
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(VERSION_1)
    return f"sqlite:///{path}"


def rows(url):
    with sa.create_engine(url).connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.text(f"SELECT * FROM {table.name}"))))
            for table in metadata.sorted_tables
            if table.name != "schema_version" and sa.inspect(connection).has_table(table.name)
        }


def test_the_first_editions_journal_opens_with_nothing_lost(first_edition):
    before = rows(first_edition)
    journal = Journal(first_edition)
    after = rows(first_edition)
    ranks = [row.replace(")", ", 0)") for row in before.pop("ranks")]  # nothing was tied then
    assert {table: after[table] for table in before} == before
    assert after["ranks"] == ranks
    assert journal.protocol(PROTOCOL.hash) == PROTOCOL
    assert journal.finished_ids() == ["done"]
    assert journal.session("hash done").trials[0].ranking == Ranking((3, 1, 2), NOW)
    assert journal.session("hash open").trials[0].iterations == (an_iteration(1, "open-01"),)
    assert journal.asked(PROTOCOL.hash) == [Request("open-01", 2, "a dog", NOW)]
    assert journal.session_by_id("gone") is None
    assert journal.finished_version() == 3


def test_a_migrated_journal_goes_on_under_todays_rules(first_edition):
    journal = Journal(first_edition)
    for number in (2, 3):
        journal.add_iteration(an_iteration(number, "open-01"))
    journal.add_ranking("open-01", Ranking((1, 2, 3), NOW))
    journal.finish("open", NOW)
    with pytest.raises(StorageError, match="after the ranking"):
        journal.add_iteration(an_iteration(4, "done-01"))
    with pytest.raises(StorageError, match="does not come back"):
        journal.add_session(a_session("gone"))


def test_a_session_that_a_kill_left_ranked_and_without_an_end_gets_it(first_edition):
    with sa.create_engine(first_edition).begin() as connection:
        for number in (2, 3):
            connection.exec_driver_sql(
                f"INSERT INTO iterations SELECT 'open-01-0{number}', trial_id, {number}, prompt, unread, picture, scores, "
                "drawing_ms, scoring_ms, asked_at, drawn_at, provenance FROM iterations WHERE id = 'open-01-01'"
            )
        for number in (1, 2, 3):
            connection.exec_driver_sql(
                f"INSERT INTO ranks VALUES ('open-01-0{number}', 'open-01', {number}, '2026-11-24 09:00:00.00000{number}')"
            )
    journal = Journal(first_edition)
    assert journal.session_by_id("open").finished_at == datetime(2026, 11, 24, 9, microsecond=3, tzinfo=UTC)
    assert sorted(journal.finished_ids()) == ["done", "open"]


def test_a_migration_that_fails_leaves_the_journal_as_it_was(first_edition):
    with sa.create_engine(first_edition).begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER ranks_insert BEFORE INSERT ON ranks BEGIN SELECT 1; END")
    before = rows(first_edition)
    with pytest.raises(StorageError, match="ranks_insert"):
        Journal(first_edition)
    assert rows(first_edition) == before
    with sa.create_engine(first_edition).begin() as connection:
        assert not sa.inspect(connection).has_table("alembic_version")
        connection.exec_driver_sql("DROP TRIGGER ranks_insert")
    assert Journal(first_edition).finished_ids() == ["done"]


def test_the_migrated_tables_are_those_declared(url):
    Journal(url)
    declared = sa.create_engine("sqlite://")
    metadata.create_all(declared)
    with sa.create_engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        # Alembic does not compare CHECK constraints; SQLite gives them back as they were written.
        if connection.dialect.name == "sqlite":
            for table in metadata.tables:
                made, meant = (sa.inspect(c).get_check_constraints(table) for c in (connection, declared))
                assert made == meant, table


def test_the_first_editions_tables_too_are_those_declared(first_edition):
    Journal(first_edition)
    with sa.create_engine(first_edition).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_again_changes_nothing(url):
    Journal(url).add_protocol(PROTOCOL)
    before = rows(url)
    Journal(url)
    assert rows(url) == before


def test_a_journal_of_a_newer_version_is_left_alone(url):
    Journal(url)
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = rows(url)
    with pytest.raises(StorageError, match=r"newer version of this software \(schema 9999"):
        Journal(url)
    assert rows(url) == before


def test_the_first_edition_refuses_todays_journal(url):
    Journal(url)
    with sa.create_engine(url).connect() as connection:
        assert connection.exec_driver_sql("SELECT version FROM schema_version").scalar_one() > 1
