"""Values made on request: what the page asks for and can do without for a moment, made one by one in the background, and kept in memory.

Knows: what is wanted, what is made, when to forget. Does not know: what is made, or how.
"""

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from refine.similarity.panel import Panel

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class MadeOnRequest(ABC, Generic[Key, Value]):
    """Makes each value that is asked for, once. Safe to call from many threads.

    At most `most` values are kept, those that were asked for last; `None`: all.
    """

    def __init__(self, name: str, most: int | None) -> None:
        self._name = name
        self._most = most
        self._made: OrderedDict[Key, Value] = OrderedDict()
        self._wanted: list[Key] = []
        self._changed = threading.Condition()
        self.closing = False

    def made(self, key: Key) -> Value | None:
        """The value; `None` as long as it is not made, which this call asks for."""
        with self._changed:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            if key not in self._wanted:
                self._wanted.append(key)
                self._changed.notify_all()
            return None

    def put(self, key: Key, value: Value) -> None:
        """A value that somebody has made already."""
        with self._changed:
            self._made[key] = value
            self._made.move_to_end(key)
            if self._most is not None and len(self._made) > self._most:
                self._made.popitem(last=False)

    def start(self, panel: Panel) -> None:
        """Begin to make what is asked for, by `panel`."""
        threading.Thread(target=self._work, args=(panel,), name=self._name, daemon=True).start()

    def close(self) -> None:
        """Stop after the comparison at hand."""
        with self._changed:
            self.closing = True
            self._changed.notify_all()

    @abstractmethod
    def _make(self, panel: Panel, key: Key) -> Value:
        """Make a value; whatever goes wrong has a value too."""

    def _work(self, panel: Panel) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.closing or self._wanted)
                if self.closing:
                    return
                key = self._wanted[0]
            value = self._make(panel, key)
            self.put(key, value)
            with self._changed:
                self._wanted.remove(key)
