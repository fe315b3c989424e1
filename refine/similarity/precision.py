"""Scores that do not depend on how busy or how clever the machine is.

Knows: which of torch's shortcuts change the digits. Does not know: what is computed.
"""

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
R = TypeVar("R")

# The number of threads is one for the whole process: two callers would take each other's for their own.
_alone = threading.RLock()


def exact(compute: Callable[P, R]) -> Callable[P, R]:
    """Run on one thread (their number changes the order of a sum), in full float32, without gradients, one call at a time."""

    @functools.wraps(compute)
    def computed(*args: P.args, **kwargs: P.kwargs) -> R:
        with _alone:
            threads = torch.get_num_threads()
            torch.set_num_threads(1)
            try:
                # cuDNN would round the inputs of a convolution to 10 bits (TF32).
                with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
                    return compute(*args, **kwargs)
            finally:
                torch.set_num_threads(threads)

    return computed
