"""The models that draw: two text encoders and a transformer, in the classes of Stable Diffusion 3.

Knows: their sizes, and how captions become what the transformer reads. Does not know: training, pictures.
"""

import torch
from diffusers import SD3Transformer2DModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

from refine.world3.models.layers import CHANNELS, GRID
from refine.world3.words.tokenizer import LENGTH

TEXT_WIDTHS = (128, 192)
TEXT_LAYERS = 3
LAYERS, HEADS, HEAD_WIDTH = 6, 4, 64
ABSENT_TOKENS = 1
"""Zeros where the pipeline puts the third text encoder that it does without: its `max_sequence_length`."""


class TextToLatents(nn.Module):
    """The two text encoders and the transformer, as one thing to train."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.small, self.large = (text_encoder(words, width) for width in TEXT_WIDTHS)
        self.transformer = SD3Transformer2DModel(
            sample_size=GRID,
            patch_size=2,
            in_channels=CHANNELS,
            out_channels=CHANNELS,
            num_layers=LAYERS,
            attention_head_dim=HEAD_WIDTH,
            num_attention_heads=HEADS,
            joint_attention_dim=sum(TEXT_WIDTHS),
            caption_projection_dim=HEADS * HEAD_WIDTH,
            pooled_projection_dim=sum(TEXT_WIDTHS),
            pos_embed_max_size=GRID,
            qk_norm="rms_norm",
        )

    def forward(self, ids: torch.Tensor, latents: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        """Guess the velocity.

        Args:
            ids: Token ids, (n, 56).
            latents: Noisy latents, (n, 65, 16, 16).
            times: 0 (clean) .. 1 (noise), (n,).

        Returns:
            Noise minus clean latents, (n, 65, 16, 16).
        """
        small, large = (encoder(ids, output_hidden_states=True) for encoder in (self.small, self.large))
        words = torch.cat([small.hidden_states[-2], large.hidden_states[-2]], -1)
        words = torch.cat([words, torch.zeros_like(words[:, :ABSENT_TOKENS])], 1)
        pooled = torch.cat([small.text_embeds, large.text_embeds], -1)
        return self.transformer(
            hidden_states=latents,
            encoder_hidden_states=words,
            pooled_projections=pooled,
            timestep=times * 1000,
            return_dict=False,
        )[0]


def text_encoder(words: int, width: int) -> CLIPTextModelWithProjection:
    """A text encoder with random weights, for a vocabulary of `words` tokens."""
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=TEXT_LAYERS,
        num_attention_heads=width // 32,
        max_position_embeddings=LENGTH,
        projection_dim=width,
        hidden_act="gelu",
        bos_token_id=0,
        # The pipeline takes the pooled state where this token is.
        eos_token_id=1,
        pad_token_id=1,
    )
    return CLIPTextModelWithProjection(config)
