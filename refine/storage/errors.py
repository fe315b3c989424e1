"""What went wrong with keeping things, in a sentence.

Knows: nothing else.
"""


class StorageError(RuntimeError):
    """Something could not be kept or read. The message is a plain sentence with what to do."""


class DamagedError(StorageError):
    """What is read is not what was written. It is so again next time, and says nothing of its neighbours."""


class ContradictionError(StorageError):
    """What is to be written cannot be true together with what is there."""
