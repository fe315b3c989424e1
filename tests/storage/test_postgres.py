"""A PostgreSQL server that is there, gone, back, or refuses: told in a sentence, survived where it can be."""

import subprocess
import sys
import threading

import psycopg
import pytest
import sqlalchemy as sa

from refine.storage.errors import StorageError
from refine.storage.journal.engine import DatabaseLock, place, reach
from refine.storage.journal.journal import Journal
from tests.storage.postgres import PASSWORD, PostgresServer
from tests.storage.test_journal import PROTOCOL, a_session, an_iteration


def opened(url):
    return Journal(url.render_as_string(hide_password=False))


@pytest.mark.parametrize("drivername", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_url_may_be_as_hosts_of_databases_write_it(postgres, drivername):
    journal = opened(sa.make_url(postgres.new_database()).set(drivername=drivername))
    assert journal.finished_ids() == []


def test_the_doctor_learns_where_it_is_and_that_it_answers_but_not_the_password(postgres):
    url = postgres.new_database()
    assert place(url) == url.replace("p%40ss%2Fword", "***")
    assert reach(url).startswith("postgresql ")
    with psycopg.connect(postgres.conninfo(sa.make_url(url).database)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    with pytest.raises(StorageError, match="cannot be reached"):
        reach(postgres.url("postgres", port=1).render_as_string(hide_password=False))


def test_a_wrong_password_is_told_and_not_repeated(postgres):
    with pytest.raises(StorageError, match="refuses the user or the password") as fault:
        opened(postgres.url("postgres", password="guess-me"))
    assert "guess-me" not in str(fault.value)


def test_a_database_that_is_not_there_is_told(postgres):
    with pytest.raises(StorageError, match=r"database 'nowhere'.*is not there.*createdb"):
        opened(postgres.url("nowhere"))


def test_a_server_that_is_not_there_is_told(postgres):
    with pytest.raises(StorageError, match="cannot be reached") as fault:
        opened(postgres.url("postgres", port=1))
    assert PASSWORD not in str(fault.value)


def test_a_host_that_is_not_there_is_told(postgres):
    with pytest.raises(StorageError, match="cannot be reached"):
        opened(postgres.url("postgres", host="no-such-host.invalid"))


def test_a_user_who_may_only_read_is_told(postgres):
    url = sa.make_url(postgres.new_database())
    journal = opened(url)
    with journal._engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {url.database} SET default_transaction_read_only = on")
    journal._engine.dispose()
    with pytest.raises(StorageError, match="cannot be written to"):
        journal.add_protocol(PROTOCOL)
    with pytest.raises(StorageError, match="knows no protocol"):
        journal.protocol(PROTOCOL.hash)


def test_a_commit_is_on_disk_whatever_the_servers_default(postgres):
    url = sa.make_url(postgres.new_database())
    with psycopg.connect(postgres.conninfo(url.database), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} SET synchronous_commit = off")
    with opened(url)._engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_two_servers_that_start_at_once_migrate_once(postgres):
    url = postgres.new_database()
    faults = []

    def start():
        try:
            Journal(url).add_protocol(PROTOCOL)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert Journal(url).protocol(PROTOCOL.hash) == PROTOCOL


def test_a_restart_of_the_server_in_between_is_survived_and_while_it_is_gone_it_is_told():
    server = PostgresServer()
    try:
        journal = Journal(server.new_database())
        journal.add_protocol(PROTOCOL)
        journal.add_session(a_session())
        journal.add_iteration(an_iteration(1))
        server.stop()
        with pytest.raises(StorageError, match="cannot be reached"):
            journal.add_iteration(an_iteration(2))
        with pytest.raises(StorageError, match="cannot be reached"):
            journal.session("hash s")
        server.start()
        journal.add_iteration(an_iteration(2))
        assert journal.trial("s-01").iterations == (an_iteration(1), an_iteration(2))
    finally:
        server.remove()


def test_a_database_belongs_to_one_server_until_that_ends(postgres, monkeypatch):
    monkeypatch.setattr("refine.storage.journal.engine.PATIENCE_SECONDS", 1)
    url = postgres.new_database()
    first = DatabaseLock(url)
    with pytest.raises(StorageError, match=r"is in use by another process.*Stop the other one") as fault:
        DatabaseLock(url)
    assert "p%40ss" not in str(fault.value)
    assert Journal(url).finished_ids() == [], "guests are not kept out"
    DatabaseLock(postgres.new_database()).release()
    first.release()
    DatabaseLock(url).release()


def test_a_killed_server_gives_the_database_back(postgres):
    url = postgres.new_database()
    program = "import sys, time; from refine.storage.journal.engine import DatabaseLock as D; d = D(sys.argv[1]); print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        server.kill()
    DatabaseLock(url).release()
