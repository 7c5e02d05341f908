"""A carrier that a test plays: one UDP socket that speaks SIP as it is told to, and keeps all that it was asked."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

SECONDS = 30.0

_KEPT = re.compile(r"^(?:Via|From|To|Call-ID|CSeq|Record-Route):.*$", re.MULTILINE)


def header(text: str, name: str) -> str:
    """The value of a header; '' where there is none."""
    found = re.search(rf"^{name}:\s*(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def user(text: str, name: str) -> str:
    """The user part of the SIP address in a header."""
    found = re.search(r"sip:([^@;>]+)@", header(text, name))
    return found[1] if found else ""


@dataclass
class CarrierPeer(asyncio.DatagramProtocol):
    """`invited`: what an INVITE is answered (200 answers the call); `options`: whether OPTIONS are.

    `realm`: a password is asked for in its name; `refused`: what a REGISTER is answered, 0: it is taken.
    `moved`: the Contact of a 302.
    `requests`: all that came, once for each transaction; `up`: calls that are answered and not hung up.
    """

    address: str
    invited: int = 200
    options: bool = True
    ringing: bool = False
    realm: str = ""
    refused: int = 0
    moved: str = ""
    requests: list[str] = field(default_factory=list[str])
    up: dict[str, str] = field(default_factory=dict[str, str])
    most: int = 0
    _seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _transport: asyncio.DatagramTransport | None = None

    async def open(self) -> CarrierPeer:
        loop = asyncio.get_running_loop()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        sock.bind((self.address, 0))
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=sock)
        return self

    def close(self) -> None:
        assert self._transport
        self._transport.close()

    @property
    def port(self) -> int:
        assert self._transport
        return int(self._transport.get_extra_info("sockname")[1])

    def of(self, method: str) -> list[str]:
        """The requests of one method, each once."""
        return [text for text in self.requests if text.startswith(f"{method} ")]

    async def until(self, what: str, look: Callable[[], bool]) -> None:
        """Until `look` holds, looked at whenever something came."""
        try:
            async with asyncio.timeout(SECONDS):
                while not look():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"within {SECONDS:.0f} s: no {what} at {self.address}") from None

    async def asked(self, method: str, count: int = 1) -> str:
        """The last of the first `count` requests of a method."""
        await self.until(f"{count} {method}", lambda: len(self.of(method)) >= count)
        return self.of(method)[count - 1]

    def send(self, text: str, to: tuple[str, int]) -> None:
        assert self._transport
        self._transport.sendto(text.replace("\n", "\r\n").encode(), to)

    def call(self, to: tuple[str, int], callee: str, caller: str, *, at: str = "") -> str:
        """A call in; its Call-ID. `callee` in To; `at`: whom the request is for, where that is somebody else."""
        call = uuid4().hex
        body = self._body(self.address)
        self.send(
            f"INVITE sip:{at or callee}@{to[0]}:{to[1]} SIP/2.0\n"
            f"Via: SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{uuid4().hex};rport\nMax-Forwards: 70\n"
            f"From: <sip:{caller}@{self.address}>;tag=x\nTo: <sip:{callee}@{to[0]}>\nCall-ID: {call}\nCSeq: 1 INVITE\n"
            f"Contact: <sip:carrier@{self.address}:{self.port}>\nContent-Type: application/sdp\n"
            f"Content-Length: {len(body) + body.count(chr(10))}\n\n{body}", to,
        )  # fmt: skip
        return call

    # -- what comes

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode(errors="replace")
        self._changed.set()
        if text.startswith("SIP/2.0") or not text.strip():
            self.requests.append(text)
            return
        method, key = text.split(" ", 1)[0], (header(text, "Via"), text.split(" ", 1)[0])
        if key not in self._seen:
            self._seen.add(key)
            self.requests.append(text)
        match method:
            case "OPTIONS" if self.options:
                self._answer(text, addr, 200)
            case "REGISTER":
                self._register(text, addr)
            case "INVITE":
                self._invite(text, addr)
            case "BYE" | "CANCEL":
                self.up.pop(header(text, "Call-ID"), None)
                self._answer(text, addr, 200)
            case _:
                pass

    def _register(self, text: str, addr: tuple[str, int]) -> None:
        if self.refused:
            self._answer(text, addr, self.refused)
        elif self.realm and not header(text, "Authorization"):
            self._answer(text, addr, 401, f'WWW-Authenticate: Digest realm="{self.realm}", nonce="n1", qop="auth"\n')
        else:
            self._answer(text, addr, 200, f"Contact: {header(text, 'Contact')};expires={header(text, 'Expires')}\n")

    def _invite(self, text: str, addr: tuple[str, int]) -> None:
        call = header(text, "Call-ID")
        if self.realm and not header(text, "Authorization"):
            self._answer(text, addr, 401, f'WWW-Authenticate: Digest realm="{self.realm}", nonce="n1", qop="auth"\n')
            return
        if self.invited != 200:
            self._answer(text, addr, 100)
            if self.ringing:
                self._answer(text, addr, 180)
            if self.invited:
                self._answer(text, addr, self.invited, f"Contact: {self.moved}\n" if self.moved else "")
            return
        self.up[call] = text
        self.most = max(self.most, len(self.up))
        self._answer(text, addr, 200, f"Contact: <sip:carrier@{self.address}:{self.port}>\n", self._body(self.address))

    def _answer(self, text: str, addr: tuple[str, int], code: int, extra: str = "", body: str = "") -> None:
        tag = "" if code == 100 or "tag=" in header(text, "To") else f";tag=t{header(text, 'Call-ID')[:8]}"
        lines = [line.rstrip("\r") + (tag if line.startswith("To:") else "") for line in _KEPT.findall(text)]
        kind = "Content-Type: application/sdp\n" if body else ""
        length = len(body) + body.count("\n")
        self.send("\n".join([f"SIP/2.0 {code} As told", *lines]) + f"\n{extra}{kind}Content-Length: {length}\n\n{body}",
                  addr)  # fmt: skip

    def hang_up(self, call: str, to: tuple[str, int]) -> None:
        """End a call that the house placed here."""
        text = self.up.pop(call)
        theirs, ours = header(text, "From"), header(text, "To") + f";tag=t{call[:8]}"
        target = re.search(r"<(sip:[^>]+)>", header(text, "Contact"))
        assert target
        self.send(
            f"BYE {target[1]} SIP/2.0\nVia: SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{uuid4().hex};rport\n"
            f"Max-Forwards: 70\nFrom: {ours}\nTo: {theirs}\nCall-ID: {call}\nCSeq: 9 BYE\nContent-Length: 0\n\n", to,
        )  # fmt: skip

    @staticmethod
    def _body(address: str) -> str:
        return (
            f"v=0\no=- 1 1 IN IP4 {address}\ns=-\nc=IN IP4 {address}\nt=0 0\n"
            "m=audio 40000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
        )
