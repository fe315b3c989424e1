"""Limits by client: so many calls, and ever longer waits after wrong secrets."""

import pytest

from refine.web import limits
from refine.web.limits import Backoff, RateLimit


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_burst_is_taken_at_once_and_more_at_a_rate_until_it_is_too_much(clock):
    limit = RateLimit(3, rate=0.5, patience=4, clock=clock)
    assert [limit.wait("a") for _ in range(7)] == [0, 0, 0, 2, 4, None, None]
    assert limit.wait("b") == 0, "others do not wait"
    clock.now += 2
    assert [limit.wait("a") for _ in range(2)] == [4, None]
    clock.now += 1000
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 2]


def test_wrong_secrets_cost_ever_longer_waits(clock):
    backoff = Backoff(free=3, first=2, longest=60, clock=clock)
    assert [backoff.attempt("a") for _ in range(3)] == [0, 0, 0]
    waits = []
    for _ in range(7):
        waits.append(backoff.attempt("a"))
        clock.now += waits[-1]
        assert backoff.attempt("a") == 0
    assert waits == [2, 4, 8, 16, 32, 60, 60]


def test_others_do_not_wait_and_the_right_secret_ends_it(clock):
    backoff = Backoff(free=1, clock=clock)
    assert backoff.attempt("a") == 0
    assert backoff.attempt("a") > 0
    assert backoff.attempt("b") == 0
    backoff.right("b")
    assert backoff.attempt("b") == 0


def test_who_has_long_been_quiet_begins_anew(clock):
    backoff = Backoff(free=1, first=2, longest=60, clock=clock)
    backoff.attempt("a")
    clock.now += 2 + 61
    backoff.attempt("a")
    assert backoff.attempt("a") == 2


def test_the_memory_of_clients_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(limits, "REMEMBERED", 10)
    limit, backoff = RateLimit(1, 1, 1, clock), Backoff(free=1, clock=clock)
    for n in range(100):
        limit.wait(str(n))
        backoff.attempt(str(n))
    assert len(limit._left) == len(backoff._wrong) == 10
