"""Consent: what participants agree to, and which version of it.

Knows: the text. Does not know: who has agreed.
"""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Consent:
    """What participants agree to. `version` is kept with each session."""

    text: str

    @property
    def version(self) -> str:
        """The first 8 hex digits of the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:8]
