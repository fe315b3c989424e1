"""Client identification: who calls, told apart in memory and never written down.

Knows: addresses, proxies, and Gradio's sign-in. Does not know: what a client may do.
"""

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import MutableMapping
from typing import Any

from fastapi import Request

Scope = MutableMapping[str, Any]

MARK = "refine.client"
"""Where in a request's scope the gate leaves who calls."""

_SALT = secrets.token_bytes(16)


def address_of(scope: Scope, *, behind_hub: bool) -> str:
    """The address that a request came from.

    On a Space every request comes through the Hub's proxies, which write the address that they see at the right end of
    X-Forwarded-For, and may add their own, private ones; what a client writes there itself stays to the left of it, and
    is not believed. Elsewhere uvicorn has decided already: it believes the proxies in FORWARDED_ALLOW_IPS.
    """
    peer = str((scope.get("client") or ("",))[0])
    if not behind_hub:
        return peer
    named = [value.decode("latin1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    for one in reversed(",".join(named).split(",")):
        try:
            address = ipaddress.ip_address(one.strip())
        except ValueError:
            return peer
        if address.is_global:
            return str(address)
    return peer


def client_key(name: str) -> str:
    """An address or account as a key that says nothing about it, and is another one after a restart.

    An IPv6 address stands for its /64: that is what one household has.
    """
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        address = getattr(address, "ipv4_mapped", None) or address
        name = str(ipaddress.ip_network(f"{address}/{64 if address.version == 6 else 32}", strict=False))
    return hmac.new(_SALT, name.encode(), hashlib.sha256).hexdigest()[:16]


def account_of(request: Request | None) -> str:
    """The Hugging Face account that is signed in; empty if none is."""
    # Signed by the server, so a client cannot make one up; absent where nobody can sign in.
    session = (request.scope.get("session") if request else None) or {}
    signed_in = session.get("oauth_info") or {}
    if float(signed_in.get("expires_at") or "inf") < time.time():
        return ""
    return str((signed_in.get("userinfo") or {}).get("preferred_username", ""))


def client_of(request: Request | None) -> str:
    """Who calls: a key of the account that is signed in, else of the address. Empty if neither is known."""
    if account := account_of(request):
        return client_key(f"account {account}")
    return "" if request is None else str(request.scope.get(MARK, ""))
