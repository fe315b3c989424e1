"""Training of the CLIP pair: two `open_clip` models learn which picture a caption is of.

Knows: losses. Does not know: what the similarity is used for. Each batch holds pictures that differ in one facet only, so
that every facet counts and not only colours.
"""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from open_clip import CLIP
from transformers import CLIPTokenizer

from refine.world3.models.autoencoder import unit
from refine.world3.models.clip_pair import configuration
from refine.world3.scenes.compose import compose_pixels
from refine.world3.scenes.layout import arrange
from refine.world3.scenes.sampling import sample_description
from refine.world3.scenes.sprites import Sprites
from refine.world3.scenes.variations import CHANGES, vary
from refine.world3.training.attention import plain_attention
from refine.world3.training.loop import Average, muon_and_adam, rate, set_rate, train
from refine.world3.training.transformer import tokens
from refine.world3.words.captions import caption

TABLES = ("positional_embedding", "token_embedding", "class_embedding", "conv1")


def train_clip(
    name: str,
    checkpoint: Path,
    minutes: float,
    seed: int,
    sprites: Sprites,
    tokenizer: CLIPTokenizer,
    pairs: int = 48,
) -> CLIP:
    """Train one of the two by contrast between pictures and captions.

    Args:
        name: One of `refine.world3.models.clip_pair.SHAPES`.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        tokenizer: The one that also reads prompts.
        pairs: Scenes a step, each with a twin in which one facet is another.
    """
    torch.manual_seed(seed)
    model = CLIP(**configuration(name, len(tokenizer))["model_cfg"])
    (muon, adam), average = muon_and_adam(model, TABLES), Average(model, 0.998)
    facets = list(CHANGES)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([muon, adam], rate(2e-3, spent))
        scenes = [sample_description(rng) for _ in range(pairs)]
        for description, boxes in list(scenes):
            twin = vary(description, boxes, rng, rng.choice(facets))
            moved = arrange(twin[1].things) if twin else None
            if twin and moved:
                scenes.append((twin[1], moved))
        pixels = unit(np.stack([compose_pixels(*scene, sprites) for scene in scenes]))
        ids = tokens(tokenizer, [caption(description, rng) for description, _ in scenes])
        with torch.autocast("cpu", torch.bfloat16):
            pictures, texts = model.encode_image(pixels), model.encode_text(ids)
        pictures, texts = F.normalize(pictures.float(), dim=-1), F.normalize(texts.float(), dim=-1)
        logits = model.logit_scale.exp().clamp(max=100) * pictures @ texts.T
        own = torch.arange(len(scenes))
        loss = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
        loss.backward()
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update()
        return {"loss": loss.item(), "right": (logits.argmax(1) == own).float().mean().item()}

    with plain_attention():
        train(checkpoint, minutes, seed, {"model": model, "muon": muon, "adam": adam, "average": average}, step)
    average.apply()
    return model.eval()
