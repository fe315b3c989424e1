"""A pipeline of the real classes, with so few numbers that it draws at once."""

import shutil

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

from refine.protocol import DrawingSettings

SETTINGS = DrawingSettings("test/tiny", "edition-0", seed=1029, steps=3, guidance_scale=5.0, width=64, height=64)
TOKENS = 16


def tokenizer():
    """A CLIP tokenizer that knows bytes and two whole words."""
    letters = sorted(ByteLevel.alphabet())
    pieces = ["<|startoftext|>", "<|endoftext|>", *letters, *(letter + "</w>" for letter in letters)]
    merges = [("c", "a"), ("ca", "t</w>"), ("d", "o"), ("do", "g</w>")]
    pieces += ["".join(pair) for pair in merges]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=TOKENS)


def text_encoder(words, width):
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=width,
        projection_dim=width,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=TOKENS,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return CLIPTextModelWithProjection(config)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """A folder with a pipeline, saved the way SD3 medium is."""
    torch.manual_seed(0)
    reader = tokenizer()
    pipeline = StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=16,
            patch_size=2,
            in_channels=4,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=2,
            joint_attention_dim=48,
            caption_projection_dim=16,
            pooled_projection_dim=48,
            out_channels=4,
            pos_embed_max_size=64,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=AutoencoderKL(
            block_out_channels=(8, 8, 8),
            down_block_types=("DownEncoderBlock2D",) * 3,
            up_block_types=("UpDecoderBlock2D",) * 3,
            latent_channels=4,
            norm_num_groups=4,
            shift_factor=0.0,
            scaling_factor=1.0,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=text_encoder(len(reader), 16),
        tokenizer=reader,
        text_encoder_2=text_encoder(len(reader), 32),
        tokenizer_2=reader,
        text_encoder_3=None,
        tokenizer_3=None,
    )
    folder = tmp_path_factory.mktemp("checkpoint")
    pipeline.save_pretrained(folder)
    return folder


@pytest.fixture
def own_checkpoint(checkpoint, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(checkpoint, tmp_path / "checkpoint")
