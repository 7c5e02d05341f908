"""A house behind a carrier that is one UDP socket: it sends what it likes, and sees all that leaves by the trunk."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from ari_app.switch.asterisk.events import Entry
from asterisk_conf.server import Asterisk
from tests.asterisk_fixture import asterisk_settings, free_port
from tests.integration.call.conftest import SECONDS, Linked, linked

CARRIER, HOUSE = "127.0.0.2", "127.0.0.3"
CALLER, OURS = "+33612345678", "+33162001234"


@dataclass
class Carrier:
    """The operator's side, in raw SIP. `left`: the requests that the house sent out."""

    socket: socket.socket
    house_port: int
    line: Linked
    server: Asterisk
    left: list[str] = field(default_factory=list[str])

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def send(self, text: str) -> None:
        self.socket.sendto(text.replace("\n", "\r\n").encode(), (HOUSE, self.house_port))

    def request(
        self, method: str, callee: str, call: str, *, caller: str = CALLER, to_tag: str = "", extra: str = "",
        seq: int = 1, body: str = "",
    ) -> None:  # fmt: skip
        """One request in the dialog `call`, whole lines of headers in `extra`."""
        kind = "Content-Type: application/sdp\n" if body else ""
        tag = f";tag={to_tag}" if to_tag else ""
        self.send(
            f"{method} sip:{callee}@{HOUSE}:{self.house_port} SIP/2.0\n"
            f"Via: SIP/2.0/UDP {CARRIER}:{self.port};branch=z9hG4bK{uuid4().hex};rport\nMax-Forwards: 70\n"
            f"From: <sip:{caller}@{CARRIER}>;tag=x{call[:8]}\nTo: <sip:{callee}@{HOUSE}>{tag}\nCall-ID: {call}\n"
            f"CSeq: {seq} {method}\nContact: <sip:carrier@{CARRIER}:{self.port}>\n{extra}{kind}"
            f"Content-Length: {len(body.replace(chr(10), chr(13) + chr(10)))}\n\n{body}"
        )

    def invite(self, callee: str, *, caller: str = CALLER, extra: str = "") -> str:
        """A call in; its Call-ID."""
        call = uuid4().hex
        body = (
            f"v=0\no=- 1 1 IN IP4 {CARRIER}\ns=-\nc=IN IP4 {CARRIER}\nt=0 0\n"
            "m=audio 40000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
        )
        self.request("INVITE", callee, call, caller=caller, extra=extra, body=body)
        return call

    async def answer(self, call: str, method: str = "INVITE") -> str:
        """The final answer to `method` of `call`. Requests of the house that come meanwhile are in `left`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SECONDS):
            while True:
                text = (await loop.sock_recv(self.socket, 65536)).decode()
                if not text.startswith("SIP/2.0"):
                    self.left.append(text)
                elif call in text and f" {method}\r" in text and not text.startswith("SIP/2.0 1"):
                    return text

    async def leaves(self, number: str) -> None:
        """Until a call to `number` leaves by the trunk."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SECONDS):
            while not any(f"INVITE sip:{number}@" in text for text in self.left):
                self.left.append((await loop.sock_recv(self.socket, 65536)).decode())

    async def arrival(self) -> Entry:
        """The next call that enters the application."""
        async with asyncio.timeout(SECONDS):
            return await self.line.arrivals.get()

    def invitations(self) -> list[str]:
        """Calls that left by the trunk."""
        return [text for text in self.left if text.startswith("INVITE")]


@pytest.fixture
async def carrier(new_folder: Path) -> AsyncGenerator[Carrier]:
    """A house, and its carrier."""
    async with AsyncExitStack() as stack:
        sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sock.bind((CARRIER, 0))
        sock.setblocking(False)
        port = free_port()
        config = asterisk_settings(
            new_folder / "house", bind=HOUSE, sip_port=port, trunk=f"{CARRIER}:{sock.getsockname()[1]}",
            trunk_peers=[CARRIER],
        )  # fmt: skip
        server = Asterisk(config, demo=True)
        await asyncio.to_thread(server.start)
        stack.push_async_callback(asyncio.to_thread, server.stop)
        line = await stack.enter_async_context(linked(config))
        await asyncio.to_thread(server.publish_number, OURS)
        yield Carrier(sock, port, line, server)
