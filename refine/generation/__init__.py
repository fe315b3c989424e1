"""Prompt -> picture.

Knows: diffusion pipelines, their weights, the line of drawings. Does not know: participants, targets, scores.
"""
