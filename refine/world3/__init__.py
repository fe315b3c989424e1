"""The third edition of the embedded world: how its pictures, weights and targets are made.

Knows: `scenes` (what a picture is), `words` (what is said of it), `models`, their `training`, `checks`, targets. Does not
know: participants, studies, storage. Until it is trained the study draws with the second edition (`refine.world`).
"""
