"""The third edition of the embedded world, in the making: scenes of many facets, said in any order and to any depth.

Knows: descriptions, pictures, layered latents, training, depth. Does not know: participants, studies, storage. The
second edition (`refine.world`) is what ships until this one is better; its training loop and artwork are used here.
"""
