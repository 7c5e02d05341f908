"""What a trunk may be written as: what goes into Asterisk's files is of characters that cannot end a line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_network
from typing import Literal

from store.base.errors import BadInput
from store.base.settings import loopback

Transport = Literal["udp", "tcp", "tls"]
Srtp = Literal["off", "offer", "require"]
FormatOut = Literal["e164", "plain", "national", "00"]
FormatIn = Literal["auto", "plain"]
Identity = Literal["pai", "ppi", "none"]

OF_SETTINGS = "trunk"
"""The name of the trunk that the settings describe."""

CODECS = ("alaw", "ulaw", "g722", "opus")
"""What our Asterisk can speak."""

EXPIRY = 1800
"""Seconds a registration is asked for."""

OPTIONS = 15
"""Seconds between two OPTIONS; none answered within 2 s: calls leave by the next trunk."""

PRIORITY = 10
"""The settings' trunk has 0, and so comes first."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_USER = re.compile(r"[A-Za-z0-9+._-]{1,64}")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_PASSWORD = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class Trunk:
    """One trunk. `channels` counts calls both ways, `cps` calls out in any second; 0: any number of them.

    `shows`: prefixes (+33162) of the numbers that may leave by it; none: all. `matches`: addresses that its calls come
    from, `host` where none is named. `expiry`, `options_seconds`: seconds.
    """

    name: str
    host: str
    port: int | None = None
    transport: Transport = "udp"
    srtp: Srtp = "off"
    username: str = ""
    registers: bool = False
    expiry: int = EXPIRY
    domain: str = ""
    matches: Sequence[str] = ()
    codecs: Sequence[str] = CODECS
    priority: int = PRIORITY
    weight: int = 1
    channels: int = 0
    cps: int = 0
    shows: Sequence[str] = ()
    format_out: FormatOut = "e164"
    format_in: FormatIn = "auto"
    identity: Identity = "pai"
    options_seconds: int = OPTIONS
    added_at: datetime | None = None

    @property
    def address(self) -> str:
        """host[:port], as in a SIP address."""
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def peers(self) -> Sequence[str]:
        """Where its calls come from."""
        return self.matches or (self.host,)


def at(name: str, address: str) -> Trunk:
    """A trunk at host[:port], all else as usual. Raises BadInput."""
    host, colon, port = address.partition(":")
    if not _HOST.fullmatch(host) or (colon and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        raise BadInput(f"--host {address!r} is not HOST[:PORT]", hint="--host sip.example.fr:5060")
    return Trunk(name, host, int(port) if colon else None)


def checked(trunk: Trunk) -> Trunk:
    """The trunk, each list in the order given and without what is there twice. Raises BadInput naming what is wrong."""
    wrong = next(_wrong(trunk), None)
    if wrong is not None:
        raise BadInput(wrong[0], hint=wrong[1])
    return replace(
        trunk, matches=_once(trunk.matches), codecs=_once(trunk.codecs), shows=_once(trunk.shows)
    )  # fmt: skip


def good_password(text: str) -> str:
    """A password Asterisk's file can hold: printable, no blank. Raises BadInput, which does not repeat it."""
    if not _PASSWORD.fullmatch(text):
        raise BadInput("the password is empty, or holds a blank or a character beyond ASCII",
                       hint="1 to 128 printable characters")  # fmt: skip
    return text


def _once(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _wrong(trunk: Trunk) -> Iterator[tuple[str, str]]:
    """(what, what to do) of each thing that is wrong."""
    if not _NAME.fullmatch(trunk.name) or trunk.name == OF_SETTINGS:
        yield f"{trunk.name!r} cannot be a trunk's name", "a-z, 0-9 and -, a letter first; `trunk` is the settings' own"
    if not _HOST.fullmatch(trunk.host):
        yield f"--host {trunk.host!r} is no host", "--host sip.example.fr:5060"
    if trunk.domain and not _HOST.fullmatch(trunk.domain):
        yield f"--domain {trunk.domain!r} is no domain", "--domain example.fr"
    if trunk.username and not _USER.fullmatch(trunk.username):
        yield f"--user {trunk.username!r} is no account", "letters, digits and . _ + -"
    if trunk.registers and not trunk.username:
        yield "--register needs an account", "--user NAME"
    if trunk.srtp == "require" and trunk.transport != "tls":
        yield "--srtp require without --transport tls would send its keys in clear", "--transport tls"
    for codec in trunk.codecs:
        if codec not in CODECS:
            yield f"--codec {codec!r} is not spoken here", f"one of {', '.join(CODECS)}"
    for prefix in trunk.shows:
        if not _PREFIX.fullmatch(prefix):
            yield f"--shows {prefix!r} is no prefix", "--shows +33162"
    for peer in trunk.matches:
        yield from _wrong_peer(trunk, peer)
    if not trunk.matches and trunk.host in {"127.0.0.1", "localhost"}:
        yield from _wrong_peer(trunk, trunk.host)


def _wrong_peer(trunk: Trunk, peer: str) -> Iterator[tuple[str, str]]:
    try:
        ip_network(peer)
    except ValueError:
        if not _HOST.fullmatch(peer):
            yield f"--match {peer!r} is no address", "--match 192.0.2.7, or 192.0.2.0/28"
            return
    if peer.split("/")[0] in {"127.0.0.1", "localhost", "::1"}:
        yield (f"calls from {peer} would swallow the registrations of local phones",
               "give the peer another loopback address, such as 127.0.0.2")  # fmt: skip
    elif loopback(peer) and not loopback(trunk.host):
        yield f"--match {peer}: any user of this machine would be the trunk", "the addresses that its calls come from"
