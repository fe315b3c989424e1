"""What went wrong with keeping things, in a sentence.

Knows: nothing else.
"""


class StorageError(RuntimeError):
    """Something could not be kept or read. The message is a plain sentence with what to do."""
