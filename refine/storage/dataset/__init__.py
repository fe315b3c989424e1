"""The dataset: finished sessions as Parquet shards, in a folder or on the Hub.

Knows: rows, shards, the card. Does not know: the journal, or when anything is sent.
"""
