"""Where a dataset is read from: a folder, or a commit on the Hub.

Knows: names and contents of files. Does not know: what is in them.
"""

import typing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from refine.storage.errors import DamagedError, StorageError
from refine.storage.hub import HubDataset, HubError

READERS = 4
"""Files under way at once: of thousands over the network each takes a while, and each may be 200 MB large."""

RETRIES = 5
"""Of a single file, after a passing fault of the Hub: all that was read before it would be in vain."""

LOOKS = 3
"""Of the first look: a start waits some seconds for a Hub that is busy, and goes on without one that is down."""

Content = typing.TypeVar("Content")


class Source(typing.Protocol):
    """A dataset that can be read. `place` is where it is, in words."""

    place: str

    def names(self) -> list[str]:
        """All files, sorted."""
        ...

    def read(self, name: str) -> bytes:
        """A file. Raises `StorageError`, and `DamagedError` if it is named but not there."""
        ...


class FolderSource:
    """A dataset in a folder."""

    def __init__(self, folder: Path) -> None:
        self.place = str(folder)
        self._folder = folder

    def names(self) -> list[str]:
        """All files that are written as a whole, sorted."""
        found = (path for path in self._folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, name: str) -> bytes:
        """A file. Raises `StorageError`."""
        try:
            return (self._folder / name).read_bytes()
        except OSError as fault:
            raise StorageError(f"{self._folder / name} cannot be read: {fault.strerror}.") from fault


class HubSource:
    """A dataset on the Hub, all of it as of one commit."""

    def __init__(self, hub: HubDataset, commit: str = "") -> None:
        """By default the newest `commit`. Raises `HubError`."""
        self.place = hub.repo
        self._hub = hub
        self.commit = commit or hub.head(LOOKS)

    def names(self) -> list[str]:
        """All files, sorted. Raises `HubError`."""
        return sorted(self._hub.names(self.commit))

    def read(self, name: str) -> bytes:
        """A file. Raises `HubError`, and `DamagedError` if it is named but not there."""
        content = self._hub.read(name, self.commit, RETRIES)
        if content is None:
            raise DamagedError(
                f"{name} is missing, though {self.place} names it. If somebody removed it just now, try again."
            )
        return content


def read_ahead(read: Callable[[str], Content], names: Iterable[str]) -> Iterator[tuple[str, Content]]:
    """Each name with what `read` makes of it, in order; the next few are being read meanwhile. Raises what it raises."""
    under_way: deque[tuple[str, Future[Content]]] = deque()
    with ThreadPoolExecutor(READERS, thread_name_prefix="read-ahead") as readers:
        for name in names:
            if len(under_way) == READERS:
                first, content = under_way.popleft()
                yield first, content.result()
            under_way.append((name, readers.submit(read, name)))
        for first, content in under_way:
            yield first, content.result()


def open_source(where: str, token: str | None = None) -> Source:
    """A folder of this name if there is one, else the Hub dataset `owner/name`. Raises `StorageError`."""
    if Path(where).is_dir():
        return FolderSource(Path(where))
    if where.count("/") != 1 or where.startswith(("/", ".")):
        raise StorageError(f"There is no folder {where}, and it is not the name of a Hub dataset (owner/name).")
    try:
        return HubSource(HubDataset(where, token, reading=True))
    except HubError as fault:
        raise StorageError(f"There is no folder {where} here. On the Hub: {fault}") from fault
