"""Nothing that a person types of a trunk opens a line of its own in Asterisk's files, and what is wrong is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.base.errors import BadInput
from store.trunks.checking import Trunk, at, checked, good_password

PLAIN = Trunk("ovh", "sip.example.fr")


def test_host_and_port_are_parted() -> None:
    assert (at("ovh", "sip.example.fr:5080").host, at("ovh", "sip.example.fr:5080").port) == ("sip.example.fr", 5080)
    assert at("ovh", "192.0.2.7").port is None


@pytest.mark.parametrize("address", ["", "a b", "sip.example.fr:0", "sip.example.fr:x", "h\n[x]", "h;x", "h]:1", "::1"])
def test_what_is_no_host_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="HOST"):
        at("ovh", address)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "trunk"}, {"name": "OVH"}, {"name": "a.b"}, {"name": "a\nb"}, {"host": "h\ncontext=x"},
        {"domain": "d;x"}, {"username": "a\nb"}, {"username": "a;b"}, {"registers": True}, {"srtp": "require"},
        {"codecs": ["g729"]}, {"shows": ["0162"]}, {"shows": ["+33)|("]}, {"matches": ["1.2.3.4\nx"]},
        {"matches": ["127.0.0.2"]}, {"matches": ["127.0.0.1"], "host": "127.0.0.2"}, {"host": "127.0.0.1"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        checked(replace(PLAIN, **changes))  # pyright: ignore[reportArgumentType]
    assert caught.value.hint


def test_a_trunk_as_usual_is_taken_and_says_nothing_twice() -> None:
    good = checked(
        replace(PLAIN, shows=["+33162", "+33162"], matches=["192.0.2.0/28"], srtp="require", transport="tls")
    )
    assert (good.shows, good.matches, good.peers) == (["+33162"], ["192.0.2.0/28"], ["192.0.2.0/28"])
    assert checked(PLAIN).peers == ("sip.example.fr",)


@pytest.mark.parametrize("password", ["", "with blank", "two\nlines", "é", "x" * 129])
def test_a_password_that_the_file_cannot_hold_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(BadInput) as caught:
        good_password(password)
    assert not password or password not in str(caught.value)
