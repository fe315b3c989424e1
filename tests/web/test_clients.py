"""Clients: who calls is told apart, cannot be made up, and is not kept."""

import time

import pytest
from fastapi import Request

from refine.web.clients import MARK, account_of, address_of, client_key, client_of


def scope(peer, *forwarded):
    return {"client": (peer, 1), "headers": [(b"x-forwarded-for", one.encode()) for one in forwarded]}


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (["8.8.8.8"], "8.8.8.8"),
        (["1.1.1.1, 8.8.8.8"], "8.8.8.8"),  # the first is what the client wrote itself
        (["1.1.1.1", "8.8.8.8"], "8.8.8.8"),
        (["1.1.1.1, 8.8.8.8, 10.16.3.80"], "8.8.8.8"),  # the last is a proxy of the Hub's own network
        (["2001:4860:4860::8888"], "2001:4860:4860::8888"),
        (["1.1.1.1, nonsense"], "10.16.3.80"),
        (["10.0.0.1"], "10.16.3.80"),
        ([""], "10.16.3.80"),
        ([], "10.16.3.80"),
    ],
)
def test_behind_the_hub_the_address_is_the_one_that_its_proxy_saw(forwarded, address):
    assert address_of(scope("10.16.3.80", *forwarded), behind_hub=True) == address


def test_elsewhere_a_header_is_not_believed():
    assert address_of(scope("192.0.2.1", "8.8.8.8"), behind_hub=False) == "192.0.2.1"
    assert address_of({"client": None, "headers": []}, behind_hub=False) == ""


def test_a_key_tells_clients_apart_and_says_nothing_of_them():
    assert client_key("192.0.2.1") != client_key("192.0.2.2")
    assert "192" not in client_key("192.0.2.1")
    assert client_key("2001:db8::1") == client_key("2001:db8::ffff:1")  # one household
    assert client_key("2001:db8::1") != client_key("2001:db8:0:1::1")
    assert client_key("::ffff:192.0.2.1") == client_key("192.0.2.1")
    assert client_key("192.0.2.1") != client_key("account 192.0.2.1")


def visitor(account=None, expires_at=None):
    session = {} if account is None else {"oauth_info": {"userinfo": {"preferred_username": account}}}
    if expires_at is not None:
        session["oauth_info"]["expires_at"] = expires_at
    return Request({"type": "http", "session": session, MARK: "an address"})


def test_who_is_signed_in_is_that_account_wherever_they_are():
    assert client_of(visitor()) == "an address"
    assert client_of(visitor("someone")) == client_key("account someone")
    assert client_of(None) == ""


def test_a_sign_in_expires():
    assert account_of(visitor("someone", time.time() + 60)) == "someone"
    assert account_of(visitor("someone", time.time() - 60)) == ""
    assert account_of(Request({"type": "http"})) == ""
