"""Nothing a participant did is lost.

Knows: databases, files, the Hub. Does not know: what may happen in which order, or who looks at it.
"""
