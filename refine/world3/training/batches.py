"""Batches of random scenes, put together by worker processes while a model learns from the last one.

Knows: where a batch comes from, and on which device models learn. Does not know: what is learned.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
Make = Callable[[random.Random], Any]


class _Made(IterableDataset[Any]):
    """What `make` makes, for ever, in each worker from chance of its own."""

    def __init__(self, make: Make, seed: str) -> None:
        self.make, self.seed = make, seed

    def __iter__(self) -> Iterator[Any]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        rng = random.Random(f"{self.seed} {worker.id if worker else 0}")
        while True:
            yield self.make(rng)


def batches(make: Make, seed: int, checkpoint: Path, workers: int) -> Iterator[Any]:
    """What `make` returns, called again and again.

    Args:
        make: Makes one batch from chance; tensors in it are on the CPU.
        seed: Which batches.
        checkpoint: A training that goes on from it sees batches that it did not see before.
        workers: Processes that make them ahead; with 0 each is made when it is asked for.
    """
    sitting = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    made = _Made(make, f"{seed} {sitting}")
    return iter(DataLoader(made, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None))


def autocast() -> torch.autocast:
    """Half precision (bfloat16) on the device that models learn on."""
    return torch.autocast(DEVICE.type, torch.bfloat16)
