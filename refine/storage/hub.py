"""A dataset repository on the Hub: looked at, added to and erased from, every fault told in a sentence.

Knows: the Hub's client, and what its faults mean. Does not know: what is in a file, or when to push.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from pathlib import Path

import httpx2
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    DatasetInfo,
    HfApi,
    hf_hub_url,
    hf_raise_for_status,
    set_client_factory,
)
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.utils import build_hf_headers, http_backoff, parse_ratelimit_headers
from huggingface_hub.utils._http import default_client_factory

from refine.storage.errors import StorageError

PATIENCE = httpx2.Timeout(60, connect=10)
"""Seconds without a byte after which the Hub counts as silent. The client by itself waits for ever."""

A_DAY = 86400.0
"""Seconds. Whoever asks to wait longer is not taken at their word: it may be a mistake, and nobody would see it."""

FAULTS = (HfHubHTTPError, httpx2.HTTPError, httpx2.StreamError, OSError, ValueError, RuntimeError)
"""What the client raises: answers, lost connections, pages that are no JSON, uploads that were given up."""

# It warns of each upload that does not go by Xet; we mean it.
logging.getLogger("huggingface_hub._commit_api").addFilter(lambda record: "Xet" not in record.getMessage())

_WORDS = {
    401: "the Hub does not accept the token: it has expired or is not valid. Set HF_TOKEN to a token with write access",
    403: "the token may not write to it. Set HF_TOKEN to a token with write access",
    404: "it was deleted, renamed or made private, or never was there. Check REFINE_DATASET_REPO and HF_TOKEN",
    412: "somebody else wrote to it at the same moment",
    429: "the Hub asks for patience (too many requests)",
}


class HubError(StorageError):
    """The Hub did not do it. `retry_after`: the seconds it asks us to wait, or 0. `conflict`: another came before."""

    def __init__(self, message: str, retry_after: float = 0, conflict: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.conflict = conflict


class RepoMissingError(HubError):
    """There is no such repository, or this token may not see it."""


class HubDataset:
    """The dataset `repo` (`owner/name`). Every method raises `HubError`.

    A repository that was renamed is followed. Files go as plain HTTP uploads, whose faults are known.
    """

    def __init__(self, repo: str, token: str | None, endpoint: str | None = None, *, reading: bool = False) -> None:
        """`reading`: it is only to be read, and faults are told accordingly."""
        set_client_factory(_patient_client)
        self.repo = repo
        self._current = repo
        self._token = token
        self._reading = reading
        self._api = HfApi(endpoint=endpoint, token=token)

    def create(self, private: bool = False) -> None:
        """Make the repository unless it is there."""
        try:
            self._api.create_repo(self.repo, repo_type="dataset", private=private, exist_ok=True)
        except FAULTS as fault:
            raise hub_fault(self.repo, fault, self._reading) from fault

    def is_public(self) -> bool:
        """Whether everybody can read it. Raises `RepoMissingError` if there is no such repository."""
        try:
            return not self._api.repo_info(self._current, repo_type="dataset").private
        except FAULTS as fault:
            raise hub_fault(self.repo, fault, self._reading) from fault

    def head(self, retries: int = 0) -> str:
        """The newest commit. Raises `RepoMissingError` if there is no such repository.

        After a passing fault it is asked for again so often, ever more slowly, or when the Hub says.
        """
        try:
            info = DatasetInfo(**self._get(f"{self._api.endpoint}/api/datasets/{self.repo}", retries).json())
        except (*FAULTS, KeyError, TypeError) as fault:  # JSON that is something else
            raise hub_fault(self.repo, fault, self._reading) from fault
        self._current = info.id
        return str(info.sha)

    def names(self, commit: str) -> list[str]:
        """All files of a commit."""
        try:
            return list(self._api.list_repo_files(self._current, repo_type="dataset", revision=commit))
        except FAULTS as fault:
            raise hub_fault(self.repo, fault, self._reading) from fault

    def read(self, path: str, commit: str, retries: int = 0) -> bytes | None:
        """A file of a commit, never from a cache; `None` if it has none.

        After a passing fault it is tried again so often, ever more slowly, or when the Hub says.
        """
        url = hf_hub_url(self._current, path, repo_type="dataset", revision=commit, endpoint=self._api.endpoint or None)
        try:
            return self._get(url, retries).content
        except EntryNotFoundError:
            return None
        except FAULTS as fault:
            missing = not isinstance(fault, RepositoryNotFoundError | RevisionNotFoundError) and _status(fault) == 404
            if missing:  # a large file that was deleted for good, though a commit names it
                return None
            raise hub_fault(self.repo, fault, self._reading) from fault

    def commit(self, message: str, parent: str, add: Mapping[str, bytes | Path], delete: Collection[str] = ()) -> str:
        """Make one commit on `parent`, all or nothing. Returns its id.

        A fault whose `conflict` is set means that `parent` is not the newest any more. After any other fault the
        commit may be there or not: look before sending it again.
        """
        # New operations each time, because the client refuses used ones; buffers, because Xet would take paths.
        contents = {
            path: content if isinstance(content, bytes) else content.read_bytes() for path, content in add.items()
        }
        operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
            *(CommitOperationDelete(path) for path in delete),
            *(CommitOperationAdd(path, BytesIO(content)) for path, content in contents.items()),
        ]
        try:
            made = self._api.create_commit(
                self._current, operations, commit_message=message, repo_type="dataset", parent_commit=parent
            )
        except FAULTS as fault:
            raise hub_fault(self.repo, fault, self._reading) from fault
        return made.oid

    def erase_history(self) -> None:
        """Squash the history into one commit: what the newest commit does not have is in none."""
        try:
            self._api.super_squash_history(
                self._current, repo_type="dataset", commit_message="The data, after a withdrawal"
            )
        except FAULTS as fault:
            raise hub_fault(self.repo, fault, self._reading) from fault

    def erase_large_files(self, keys: Collection[str], digests: Collection[str] = ()) -> int:
        """Delete for good the large files whose names begin with one of `keys` and a dash, or of these SHA-256 (hex).

        A file that no commit ever named has no name there. Returns how many.
        """
        try:
            found = [
                file
                for file in self._api.list_lfs_files(self._current, repo_type="dataset")
                if (file.filename or "").split("/")[-1].rsplit("-", 1)[0] in keys or file.file_oid in digests
            ]
            self._api.permanently_delete_lfs_files(self._current, found, repo_type="dataset")
        except FAULTS as fault:
            raise hub_fault(self.repo, fault, self._reading) from fault
        return len(found)

    def _get(self, url: str, retries: int) -> httpx2.Response:
        headers = build_hf_headers(token=self._token)
        answer = http_backoff("GET", url, max_retries=retries, headers=headers, follow_redirects=True)
        hf_raise_for_status(answer)
        return answer


def hub_fault(repo: str, fault: Exception, reading: bool = False) -> HubError:
    """A fault of the client, met while writing or `reading`, as a sentence, with what the Hub asks for in its headers."""
    cause: BaseException | None = fault
    while cause is not None and not isinstance(cause, HfHubHTTPError | httpx2.HTTPError):
        cause = cause.__cause__  # an upload that was given up holds its reason inside
    status = _status(cause)
    if isinstance(cause, RepositoryNotFoundError):
        status = 404
    if isinstance(cause, httpx2.TimeoutException):
        what = "the Hub did not answer in time"
    elif isinstance(cause, httpx2.HTTPError) and not isinstance(cause, HfHubHTTPError):
        what = f"the Hub could not be reached, or the connection broke ({cause or type(cause).__name__})"
    elif isinstance(cause, RevisionNotFoundError | EntryNotFoundError):
        what = _WORDS[412]
    elif status in _WORDS:
        what = _WORDS[status]
    elif status >= 500:
        what = f"the Hub is out of order at the moment (HTTP {status})"
    else:
        what = f"the Hub answered with something unexpected ({' '.join(str(fault).split())[:200]})"
    kind = RepoMissingError if isinstance(cause, RepositoryNotFoundError) else HubError
    if reading:
        what = what.replace("may not write to it", "may not read it").replace("write access", "read access")
        sentence = f"The dataset {repo} cannot be read: {what}."
    else:
        sentence = f"The dataset {repo} was not updated: {what}. All data is kept in the data folder."
    # A commit or file that was there a moment ago: another writer squashed the history, or removed the file.
    outrun = status == 412 or isinstance(cause, RevisionNotFoundError | EntryNotFoundError)
    return kind(sentence, _asked_to_wait(cause), conflict=outrun)


def _status(fault: BaseException | None) -> int:
    return fault.response.status_code if isinstance(fault, HfHubHTTPError) else 0


def _asked_to_wait(cause: BaseException | None) -> float:
    """Seconds, from `Retry-After` (RFC 9110, 10.2.3: a number or a date) or the rate-limit headers."""
    if not isinstance(cause, HfHubHTTPError):
        return 0
    headers = cause.response.headers
    seconds = 0.0
    if after := headers.get("Retry-After", "").strip():
        try:
            seconds = float(after) if after.isdigit() else _until(after, headers.get("Date"))
        except (ValueError, TypeError):  # no date, or one without a zone
            seconds = 0.0
    limit = parse_ratelimit_headers(headers)
    if limit is not None and limit.remaining == 0:
        seconds = max(seconds, limit.reset_in_seconds)
    return min(max(seconds, 0.0), A_DAY)


def _until(date: str, now: str | None) -> float:
    # By the Hub's own clock where it tells it: ours may be wrong.
    today = parsedate_to_datetime(now) if now else datetime.now(UTC)
    return (parsedate_to_datetime(date) - today).total_seconds()


def _patient_client() -> httpx2.Client:
    client = default_client_factory()
    client.timeout = PATIENCE
    return client
