"""Target, picture -> scores.

Knows: metrics and their weights. Does not know: participants, prompts, how a picture came about.
"""
