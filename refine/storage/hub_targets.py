"""Targets in a Hub dataset: what `targets.json` names is brought to this machine, and nothing else.

Knows: the Hub's cache. Does not know: what is in a picture (targets).
"""

from glob import escape
from pathlib import Path

import httpx2
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from refine.storage.errors import StorageError
from refine.target_list import LIST, TargetListError, read_list


def fetch_targets(repo: str) -> Path:
    """The folder with the targets of the Hub dataset `owner/name`, of one commit; offline, the one that was fetched before.

    Raises `StorageError` if it cannot be had, or its list cannot be used.
    """
    try:
        folder = Path(snapshot_download(repo, repo_type="dataset", allow_patterns=[LIST]))
        if not (folder / LIST).exists():
            raise StorageError(f"The Hub dataset {repo} has no {LIST}, which says what its pictures are.")
        # Names are not patterns, and none leads out of the folder: the list was checked.
        names = [escape(entry.file) for entry in read_list(folder / LIST)]
        return Path(snapshot_download(repo, repo_type="dataset", revision=folder.name, allow_patterns=[LIST, *names]))
    except TargetListError as fault:
        raise StorageError(f"{LIST} in the Hub dataset {repo} cannot be used: {fault}.") from fault
    except HFValidationError as fault:
        raise StorageError(
            f"There is no folder {repo}, and it is no name of a Hub dataset (owner/name) either."
        ) from fault
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as fault:
        raise StorageError(
            f"There is no folder {repo}, and no Hub dataset of that name could be read ({fault}). Check the name, the "
            "network and HF_TOKEN."
        ) from fault
