"""The files of a pipeline: where they are, whether they are whole, how much memory they will take.

Knows: folders, the Hub and what it refuses, the safetensors format. Does not know: how to draw.
"""

import json
import math
import os
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]
import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from refine.generation.generator import GenerationError

MODELS = ("transformer", "vae", "text_encoder", "text_encoder_2")
# The third text encoder of SD3 (T5, 11 GB) is left out: the model was trained to do without it as well.
PARTS = (*MODELS, "tokenizer", "tokenizer_2", "scheduler")
ASKED = "drawing.json"
"""What weights may say of how they are to be asked."""
VARIANTS = ("*.fp16.*", "*.fp16-*", "*.bin", "*.msgpack")


def locate(source: str | Path, revision: str, token: str | None) -> tuple[Path, str]:
    """The folder with the pipeline's files, fetched from the Hub if `source` is no path, and its revision.

    For a Hub repository `revision` may be a branch or a tag; what comes back is the commit. Raises
    `GenerationError`.
    """
    if Path(source).is_dir():
        return Path(source), revision
    if isinstance(source, Path) or source.startswith((".", "/", "~")) or source.count("/") != 1:
        raise GenerationError(f"There is no folder {source} with the weights of a pipeline.")
    try:
        patterns = ["model_index.json", ASKED, *(f"{part}/*" for part in PARTS)]
        folder = snapshot_download(
            source, revision=revision, token=token, allow_patterns=patterns, ignore_patterns=list(VARIANTS)
        )
    except GatedRepoError as fault:
        raise GenerationError(_gated(source, token)) from fault
    except RepositoryNotFoundError as fault:
        raise GenerationError(
            f"The Hub knows no model {source}, or it is private and "
            + ("HF_TOKEN may not read it." if token else "HF_TOKEN is not set.")
            + " Check the name and the token."
        ) from fault
    except RevisionNotFoundError as fault:
        raise GenerationError(f"The model {source} on the Hub has no revision {revision!r}.") from fault
    except (LocalEntryNotFoundError, HfHubHTTPError, httpx.HTTPError) as fault:
        raise GenerationError(
            f"The weights of {source} are not on this machine yet, and the Hub could not be reached to fetch "
            f"them ({brief(fault)}). Check the network and try again; fetched once, they are kept."
        ) from fault
    except HFValidationError as fault:
        raise GenerationError(f"{source!r} is neither a folder nor the name of a model on the Hub.") from fault
    except OSError as fault:
        raise GenerationError(f"The weights of {source} could not be kept on this machine: {fault}.") from fault
    return Path(folder), Path(folder).name


def zeros_of_third_encoder(folder: Path, usual: int) -> int:
    """How many zeros stand where the third text encoder would be, as the folder's `drawing.json` says, or as usual.

    A transformer that was trained with another number draws worse. Raises `GenerationError` if the file says no number.
    """
    if not (folder / ASKED).exists():
        return usual
    try:
        said = json.loads((folder / ASKED).read_text())["max_sequence_length"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise GenerationError(f"Weights are damaged: {folder / ASKED} cannot be read. Get them again.") from fault
    if not isinstance(said, int) or not 1 <= said <= 512:
        raise GenerationError(f"{folder / ASKED} says max_sequence_length {said!r}; it must be a number from 1 to 512.")
    return said


def count_parameters(folder: Path) -> int:
    """How many numbers the pipeline's models hold, read from the headers of their files.

    Raises `GenerationError` if a file is missing or does not have the length that its own header states.
    """
    return sum(_parameters(file) for model in MODELS for file in _files(folder / model))


def require_memory(parameters: int, dtype: torch.dtype, device: str) -> None:
    """Raise `GenerationError` if the weights alone will not fit into the memory that is free now."""
    needed = parameters * dtype.itemsize
    if device.startswith("cuda"):
        free, place = torch.cuda.mem_get_info(device)[0], "the GPU"
    else:
        free, place = psutil.virtual_memory().available, "this machine"
    if needed > free:
        raise GenerationError(
            f"Too little memory: the weights need {needed / 2**30:.1f} GiB, and {place} has "
            f"{free / 2**30:.1f} GiB free. Close other programs or use a larger machine."
        )


def _files(model: Path) -> list[Path]:
    files = sorted(file for file in model.glob("*.safetensors") if ".fp16" not in file.name)
    indexed: set[str] = set()
    for index in model.glob("*.safetensors.index.json"):
        try:
            indexed |= set(json.loads(index.read_text())["weight_map"].values())
        except (ValueError, KeyError, AttributeError) as fault:
            raise _damaged(index, "is not a list of weights") from fault
    missing = indexed - {file.name for file in files}
    if missing or not files:
        lost = ", ".join(sorted(missing)) or "any *.safetensors file"
        raise GenerationError(f"Weights are missing: {model} lacks {lost}. Get the weights again.")
    return files


def _parameters(file: Path) -> int:
    # The format: 8 bytes length of the header, a JSON header with shape and offsets of each tensor, the data.
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        size = os.fstat(stream.fileno()).st_size
        if length > size:
            raise _damaged(file, "has no readable header")
        try:
            header = json.loads(stream.read(length))
            tensors = [tensor for name, tensor in header.items() if name != "__metadata__"]
            expected = 8 + length + max(tensor["data_offsets"][1] for tensor in tensors)
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise _damaged(file, "has no readable header") from fault
    if size != expected:
        raise _damaged(file, f"has {size:,} bytes instead of {expected:,}")
    return sum(math.prod(tensor["shape"]) for tensor in tensors)


def _damaged(file: Path, what: str) -> GenerationError:
    return GenerationError(f"Weights are damaged: {file} {what}. Delete the file and get the weights again.")


def _gated(source: str, token: str | None) -> str:
    page = f"https://huggingface.co/{source}"
    if token is None:
        return (
            f"The model {source} is given only to people who accepted its licence, and HF_TOKEN is not set. "
            f"Accept the licence on {page}, make a token with read access, and set HF_TOKEN."
        )
    return (
        f"The licence of {source} is not accepted by the owner of HF_TOKEN, or the token may not read gated "
        f"models. Accept the licence on {page} while logged in as that owner, and check the token's rights."
    )


def brief(fault: Exception) -> str:
    """The first line of what a library says about a fault, to be quoted in a sentence."""
    return str(fault).strip().split("\n")[0].rstrip(".:") or type(fault).__name__
