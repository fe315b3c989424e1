"""Thousand Prompts: an online study of how people refine prompts towards a target picture."""
