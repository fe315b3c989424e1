"""SIGKILL at random moments under participants who use the app over HTTP: every round that was ever shown is there once,
every session can go on, no picture is missing or orphaned.

With real drawings, as `python -m tests.violence` kills it two hundred times in an hour, the app is killed only a few
times here.
"""

import pytest

from tests.browser.server import Server
from tests.violence.forked import ForkedServer
from tests.violence.server_kills import ROUNDS, main


@pytest.mark.timeout(1500)
def test_two_hundred_kills_under_twenty_participants(tmp_path):
    server = ForkedServer(tmp_path / "data", REFINE_ITERATIONS=str(ROUNDS))
    try:
        print(main(server, kills=200, participants=20, seed=1, longest=2.6))
    finally:
        server.close()


def test_some_kills_of_a_server_with_its_journal_on_postgresql(tmp_path, postgres):
    server = ForkedServer(tmp_path / "data", REFINE_ITERATIONS=str(ROUNDS), REFINE_DATABASE_URL=postgres.new_database())
    try:
        print(main(server, kills=10, participants=10, seed=1, longest=4.0))
    finally:
        server.close()


def test_some_kills_of_an_app_that_draws(tmp_path):
    server = Server(tmp_path / "data", REFINE_ITERATIONS=str(ROUNDS))
    print(main(server, kills=4, participants=5, seed=1, longest=14.0))
