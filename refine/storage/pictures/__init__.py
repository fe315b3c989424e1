"""Pictures of drawings: files by hash, and the transactions that keep file and row together.

Knows: files and their rows. Does not know: the dataset or the Hub.
"""
