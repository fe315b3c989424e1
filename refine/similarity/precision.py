"""Scores that do not depend on how busy or how clever the machine is.

Knows: which of torch's shortcuts change the digits. Does not know: what is computed.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
R = TypeVar("R")


def exact(compute: Callable[P, R]) -> Callable[P, R]:
    """Run on one thread (their number changes the order of a sum), in full float32, without gradients."""

    @functools.wraps(compute)
    def computed(*args: P.args, **kwargs: P.kwargs) -> R:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            # cuDNN would round the inputs of a convolution to 10 bits (TF32).
            with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
                return compute(*args, **kwargs)
        finally:
            torch.set_num_threads(threads)

    return computed
