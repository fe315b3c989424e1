"""The embedded world: how its pictures, weights and targets are made.

Knows: scenes, training, checks. Does not know: participants, studies, storage; it imports nothing else of
`refine`.
"""
