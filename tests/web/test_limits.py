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


def test_a_burst_is_allowed_and_then_a_rate(clock):
    limit = RateLimit(3, 0.5, clock)
    assert [limit.allows("a") for _ in range(5)] == [True, True, True, False, False]
    assert limit.allows("b")
    clock.now += 2
    assert [limit.allows("a") for _ in range(2)] == [True, False]
    clock.now += 1000
    assert [limit.allows("a") for _ in range(4)] == [True, True, True, False]


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
    limit, backoff = RateLimit(1, 0, clock), Backoff(free=1, clock=clock)
    for n in range(100):
        limit.allows(str(n))
        backoff.attempt(str(n))
    assert len(limit._left) == len(backoff._wrong) == 10
