"""Reading many files: the next are on their way while one is looked at."""

import threading

import pytest

from refine.storage.dataset.source import READERS, read_ahead
from refine.storage.errors import StorageError


def test_files_come_in_order_though_the_first_is_the_slowest():
    first = threading.Event()

    def read(name):
        if name == "0":
            assert first.wait(10)
        if name == str(READERS - 1):
            first.set()
        return f"content of {name}"

    names = [str(number) for number in range(3 * READERS)]
    assert list(read_ahead(read, names)) == [(name, f"content of {name}") for name in names]


def test_no_more_are_read_than_a_few_ahead():
    read = []
    found = read_ahead(read.append, [str(number) for number in range(100)])
    next(found)
    found.close()
    assert len(read) <= READERS + 1


def test_the_fault_of_one_file_is_raised_in_its_place():
    def read(name):
        if name == "b":
            raise StorageError(name)
        return name

    found = read_ahead(read, "abc")
    assert next(found) == ("a", "a")
    with pytest.raises(StorageError, match="b"):
        next(found)


def test_no_files_are_no_files():
    assert list(read_ahead(str.upper, [])) == []
