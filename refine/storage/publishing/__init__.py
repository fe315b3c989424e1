"""Publishing: from the journal to the dataset, here and on the Hub.

Knows: what waits, what is sent, how fast. Does not know: unfinished sessions (backup).
"""
