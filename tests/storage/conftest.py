"""An empty database for each test: a SQLite file, or one of a real PostgreSQL server."""

import pytest

from tests.storage.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres():
    """The server that all tests share which do not stop it."""
    server = PostgresServer(fsync="off", max_connections=400)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The url of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.sqlite'}"
    return request.getfixturevalue("postgres").new_database()
