"""The perceptual metric: an `lpips.LPIPS` of the AlexNet kind, and what its heads weigh.

Knows: how it is kept and loaded. Does not know: how it is trained.
"""

from pathlib import Path

import lpips
import torch
from safetensors.torch import load_file, save_file


def differences(metric: lpips.LPIPS, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """What the heads weigh: mean squared difference of each normalised feature, (n, 1152)."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        layers = zip(*(metric.net(metric.scaling_layer(pixels)) for pixels in (one, other)), strict=True)
        parts = [
            (lpips.normalize_tensor(a.float()) - lpips.normalize_tensor(b.float())).square().mean((2, 3))
            for a, b in layers
        ]
    return torch.cat(parts, 1)


def save_metric(metric: lpips.LPIPS, path: Path) -> None:
    """Write the state of an `LPIPS(net="alex", pretrained=False, pnet_rand=True)` as safetensors.

    Convolutions are rounded to eight bits, which changes a distance by about a hundredth; the rest to sixteen.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    state = metric.state_dict()
    # A Space takes 60 MB without a second thought, and the backbone is the easiest to shrink.
    kinds = {
        key: torch.float8_e4m3fn if key.startswith("net.") and value.ndim == 4 else torch.float16
        for key, value in state.items()
    }
    save_file({key: value.to(kinds[key]).clone() for key, value in state.items()}, path)


def load_metric(path: Path) -> lpips.LPIPS:
    """Read what `save_metric` wrote."""
    metric = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    metric.load_state_dict(load_file(path))
    return metric.eval()
