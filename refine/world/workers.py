"""Worker processes for drawing: one thread each, since a drawing's last bits depend on the number of threads.

Knows: how to start them. Does not know: what they do.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch


def workers(jobs: int) -> ProcessPoolExecutor:
    """A pool of `jobs` processes that compute with one thread each."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,))
