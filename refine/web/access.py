"""Who may see what is meant for the researcher only.

Knows: the two ways in: the Space's owner, signed in with Hugging Face, or whoever has the admin token of the settings.
Does not know: what there is to see.
"""

import hmac
from dataclasses import dataclass

from fastapi import Request

from refine.web.clients import account_of


@dataclass(frozen=True, slots=True)
class Access:
    """`token` is the admin token, empty if there is none; `owner` the account that owns the Space, empty if nobody can
    sign in.
    """

    token: str
    owner: str

    def is_owner(self, request: Request | None) -> bool:
        """Whether the Space's owner is signed in."""
        return bool(self.owner) and account_of(request) == self.owner

    def opens(self, given: str) -> bool:
        """Whether this is the admin token."""
        return bool(self.token) and hmac.compare_digest(given.encode(errors="replace"), self.token.encode())
