"""The line of drawings: order, places, faults, and that nothing begins before it is opened."""

import subprocess
import sys
import threading

import pytest

from refine.generation.queue import DrawingQueue, Place


class Line(DrawingQueue):
    """A line of names, each of which stands for something to do."""

    def __init__(self):
        self.jobs = {}
        super().__init__(lambda name, progress: self.jobs[name](progress))

    def submit(self, name, job, client=""):
        self.jobs.setdefault(name, job)
        super().submit(name, client)


@pytest.fixture
def queue():
    queue = Line()
    yield queue
    queue.close()


def test_jobs_wait_until_the_line_is_opened_and_are_done_in_order(queue):
    done = []
    for key in "abc":
        queue.submit(key, lambda progress, key=key: done.append(key))
    assert not queue.join(0.1)
    assert not done
    assert [queue.place(key).ahead for key in "abc"] == [0, 1, 2]
    queue.open()
    assert queue.join(10)
    assert done == ["a", "b", "c"]
    assert queue.place("a") is None


def test_places_move_up_and_show_progress(queue):
    queue.open()
    halfway, go_on = threading.Event(), threading.Event()

    def first(progress):
        progress(0.5)
        halfway.set()
        go_on.wait(10)

    queue.submit("first", first)
    queue.submit("second", lambda progress: None)
    assert halfway.wait(10)
    assert queue.place("first") == Place(0, 0.5)
    assert queue.place("second") == Place(1, 0.0)
    go_on.set()
    assert queue.join(10)


def test_a_key_stands_in_the_line_once(queue):
    done = []
    for word in ("asked", "asked again"):
        queue.submit("same", lambda progress, word=word: done.append(word))
    queue.open()
    assert queue.join(10)
    assert done == ["asked"]


def order_of(queue, *asked):
    """Put jobs of clients (`client`, `name`) in a line that is not open yet; returns the names as they are done."""
    done = []
    for client, name in asked:
        queue.submit(name, lambda progress, name=name: done.append(name), client)
    places = {name: queue.place(name).ahead for _, name in asked}
    queue.open()
    assert queue.join(10)
    assert [places[name] for name in done] == list(range(len(done))), "the places that were told are kept"
    return done


def test_clients_take_turns_and_each_ones_jobs_are_done_in_order(queue):
    asked = [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")]
    assert order_of(queue, *asked) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_comes_new_is_next_however_many_others_one_client_has(queue):
    queue.open()
    begun, go_on, done = threading.Event(), threading.Event(), []

    def job(name):
        def run(progress):
            begun.set()
            go_on.wait(10)
            done.append(name)

        return run

    for number in range(60):
        queue.submit(number, job(number), "flood")
    assert begun.wait(10)
    queue.submit("newcomer", job("newcomer"), "newcomer")
    assert queue.place("newcomer").ahead == 1
    assert queue.place(59).ahead == 60
    go_on.set()
    assert queue.join(10)
    assert done.index("newcomer") == 1


def test_who_was_just_served_does_not_come_before_those_who_wait(queue):
    done = []

    def again(progress):
        done.append("a1")
        queue.submit("a2", lambda progress: done.append("a2"), "a")

    queue.submit("a1", again, "a")
    queue.submit("b1", lambda progress: done.append("b1"), "b")
    queue.open()
    assert queue.join(10)
    assert done == ["a1", "b1", "a2"]


def test_a_job_that_fails_does_not_hold_up_the_next(queue, caplog):
    def broken(progress):
        raise RuntimeError("out of paint")

    done = []
    queue.submit("broken", broken)
    queue.submit("whole", lambda progress: done.append("whole"))
    queue.open()
    assert queue.join(10)
    assert done == ["whole"]
    assert "out of paint" in caplog.text


def test_a_line_that_was_never_opened_can_be_closed():
    queue, done = Line(), []
    queue.submit("a", lambda progress: done.append("a"))
    queue.close()
    assert not done


def test_a_process_that_never_opens_its_line_can_end():
    program = "from refine.generation.queue import DrawingQueue as Q; Q(print).submit('a')"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0
