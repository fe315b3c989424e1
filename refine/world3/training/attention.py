"""Attention as matrix products, which trains faster than the fused kernel on a processor.

Knows: `torch.nn.functional.scaled_dot_product_attention`. Does not know: models.
"""

import math

import torch
import torch.nn.functional as F


class plain_attention:
    """While this lasts, attention is written as matrix products: the CPU's fused kernel is slow backwards."""

    def __enter__(self) -> None:
        self.fused = F.scaled_dot_product_attention
        F.scaled_dot_product_attention = _attention

    def __exit__(self, *_: object) -> None:
        F.scaled_dot_product_attention = self.fused


def _attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    weights = (query * (scale or 1 / math.sqrt(query.shape[-1]))) @ key.transpose(-1, -2)
    if is_causal:
        weights = weights + torch.full((query.shape[-2], key.shape[-2]), -1e4, dtype=weights.dtype).triu(1)
    if attn_mask is not None:
        blocked = torch.zeros_like(attn_mask, dtype=weights.dtype)
        weights = weights + (blocked.masked_fill(~attn_mask, -1e4) if attn_mask.dtype == torch.bool else attn_mask)
    return weights.softmax(-1).to(value.dtype) @ value
