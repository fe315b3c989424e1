"""Who may see what is meant for the researcher only.

Knows: the two ways in: the Space's owner, signed in with Hugging Face, or whoever has the admin token of the settings.
Does not know: what there is to see.
"""

import hmac
from dataclasses import dataclass

from fastapi import Request


@dataclass(frozen=True, slots=True)
class Access:
    """`token` is the admin token, empty if there is none; `owner` the account that owns the Space, empty if nobody can
    sign in.
    """

    token: str
    owner: str

    def allows(self, given: str, request: Request | None) -> bool:
        """Whether the token given, or whoever is signed in, may look."""
        if self.token and hmac.compare_digest(given.encode(), self.token.encode()):
            return True
        # Signed by the server, so a client cannot make one up; absent where nobody can sign in.
        session = (request.scope.get("session") if request else None) or {}
        account = session.get("oauth_info", {}).get("userinfo", {}).get("preferred_username", "")
        return bool(self.owner) and account == self.owner
