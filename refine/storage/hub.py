"""The dataset's folder on the Hub.

Knows: commits and what the Hub's answers mean. Does not know: what is in a shard, or when to push.
"""

from pathlib import Path

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from refine.storage.errors import StorageError


def push(folder: Path, repo: str, token: str) -> int:
    """Bring the dataset `repo` (`owner/name`) to what is in `folder`; made if it is not there.

    Shards never change, so only names are compared. Shards of the Hub that are not in the folder stay, unless this
    folder's session withdrew them (see `retract`). Returns the number of files sent.
    Raises `StorageError` if the Hub cannot be reached or refuses.
    """
    api = HfApi(token=token)
    local = {path.relative_to(folder).as_posix(): path for path in folder.glob("data/*/*.parquet")}
    try:
        api.create_repo(repo, repo_type="dataset", exist_ok=True)
        there = set(api.list_repo_files(repo, repo_type="dataset"))
        new = [name for name in sorted(local) if name not in there]
        if new and "README.md" not in there:
            new.insert(0, "README.md")
        if new:
            api.create_commit(
                repo,
                [CommitOperationAdd(name, folder / name) for name in new],
                commit_message=f"Add {len(new)} files",
                repo_type="dataset",
            )
        return len(new)
    except (HfHubHTTPError, httpx2.HTTPError, OSError, ValueError) as fault:
        raise StorageError(_plain_words(repo, fault)) from fault


def retract(session_id: str, repo: str, token: str) -> None:
    """Remove the shards of a withdrawn session from the dataset `repo`.

    Raises `StorageError` if the Hub cannot be reached or refuses.
    """
    api = HfApi(token=token)
    try:
        names = [name for name in api.list_repo_files(repo, repo_type="dataset") if f"/{session_id}-" in name]
        if names:
            api.create_commit(
                repo,
                [CommitOperationDelete(name) for name in names],
                commit_message="Remove a withdrawn session",
                repo_type="dataset",
            )
    except RepositoryNotFoundError:
        return  # nothing was ever pushed
    except (HfHubHTTPError, httpx2.HTTPError, OSError, ValueError) as fault:
        raise StorageError(_plain_words(repo, fault)) from fault


def _plain_words(repo: str, fault: Exception) -> str:
    status = fault.response.status_code if isinstance(fault, HfHubHTTPError) else None
    what = {
        401: "the token is not valid. Set HF_TOKEN to a token with write access",
        403: "the token may not write to it. Set HF_TOKEN to a token with write access",
        404: "it does not exist, or the token may not see it. Check REFINE_DATASET_REPO and HF_TOKEN",
        429: "the Hub asks for patience (too many requests)",
    }.get(status or 0, f"the Hub could not be reached or answered with a fault ({fault})")
    return f"The dataset {repo} was not updated: {what}. All data is kept in the data folder."
