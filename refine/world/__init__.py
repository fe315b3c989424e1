"""The embedded world: how its pictures, weights and targets are made.

Knows: `scenes` (what a picture is), `words` (what is said of it), `models`, their `training`, `checks`, targets. Does not
know: participants, studies, storage. The study itself only reads what lies in `assets/world`.
"""
