"""The webhook action against real HTTP servers on loopback: what they get, and the outcome of each failure."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from aiohttp import web

from agents.effects import Act
from agents.loading import load
from ari_app.actions import webhook
from ari_app.actions.base import ActionContext, perform
from ari_app.desk.legs import Legs
from ari_app.desk.office import Office
from ari_app.desk.office_types import Answerable
from ari_app.switch.scripted import ScriptedSwitch
from store.base.parties import Parties
from store.base.secrets import secret
from store.base.settings import settings
from store.db import Database

DENTAL = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"
Speaks = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def context(database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> ActionContext:
    """A call an action is done for, where the operator lets web hooks reach this machine."""
    monkeypatch.setenv("DECROCHE_OUTWARD__ALLOWED", '["127.0.0.1:*"]')
    settings.cache_clear()
    who = Answerable(uuid4(), "dentiste", "+33162001234", load(DENTAL).agent, "dental", 1, "Europe/Paris")
    return ActionContext(
        uuid4(), who, "leg", Parties.of("inbound", "+33612345678", "+33162001234"), Office(database, settings()),
        ScriptedSwitch(), cast(Legs, None),
    )  # fmt: skip


class Client:
    """The client's system: an HTTP server that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[bytes, str]] = []
        self.status = 200
        self.asked_elsewhere = False

    async def hook(self, request: web.Request) -> web.Response:
        self.told.append((await request.read(), request.headers["X-Decroche-Signature"]))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})

    async def elsewhere(self, _: web.Request) -> web.Response:
        self.asked_elsewhere = True
        return web.Response()


@pytest.fixture
async def client() -> AsyncGenerator[tuple[Client, str]]:
    """The client's system, and the address of its hook."""
    kept, app = Client(), web.Application()
    app.add_routes([web.post("/hook", kept.hook), web.route("*", "/elsewhere", kept.elsewhere)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield kept, f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


async def told(context: ActionContext, url: str, **more: object) -> dict[str, object]:
    return dict(await perform(Act("webhook", {"url": url, **more}), context))


async def peer(speaks: Speaks) -> tuple[asyncio.Server, str]:
    server = await asyncio.start_server(speaks, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_the_client_is_told_the_call_and_can_check_who_told_it(
    context: ActionContext, client: tuple[Client, str]
) -> None:
    kept, url = client
    assert await told(context, url, nom="Zoé", jour=date(2026, 11, 24)) == {"outcome": "done"}
    (body, signature) = kept.told[0]
    key = secret(f"webhook-{context.who.tenant_id}").encode()
    at = signature.partition(",")[0].removeprefix("t=")
    assert signature == f"t={at},v1={hmac.new(key, at.encode() + b'.' + body, hashlib.sha256).hexdigest()}"
    assert abs(time.time() - int(at)) < 60
    assert json.loads(body) == {"call": str(context.call_id), "agent": "dental", "nom": "Zoé", "jour": "2026-11-24"}


@pytest.mark.parametrize("status", [302, 404, 500, 503])
async def test_an_answer_that_is_not_success_is_failed(
    context: ActionContext, client: tuple[Client, str], status: int
) -> None:
    kept, url = client
    kept.status = status
    assert await told(context, url) == {"outcome": "failed"}
    assert not kept.asked_elsewhere, "a redirect is not followed"


async def test_a_system_that_does_not_answer_in_time_is_failed(
    context: ActionContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.2)
    silent = asyncio.Event()

    async def wait(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    server, url = await peer(wait)
    assert await told(context, url) == {"outcome": "failed"}
    silent.set()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    "answer", [b"\x00\xff garbage\r\n\r\n", b"", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Le"]
)
async def test_an_answer_that_is_not_http_is_failed(context: ActionContext, answer: bytes) -> None:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    server, url = await peer(say)
    assert (await told(context, url))["outcome"] == "failed"
    server.close()
    await server.wait_closed()


async def test_a_system_that_is_down_is_failed(context: ActionContext) -> None:
    server, url = await peer(lambda _, writer: asyncio.sleep(0, writer.close()))
    server.close()
    await server.wait_closed()
    assert (await told(context, url))["outcome"] == "failed"


@pytest.mark.parametrize(
    "url",
    ["", "http://example.org/hook", "http://[::1", "http://127.0.0.1:port/", "ftp://127.0.0.1/", "https://", "file:///etc/passwd",
     "http://127.0.0.1@example.org/"],
)  # fmt: skip
async def test_an_address_that_is_not_https_or_no_address_at_all_is_failed(context: ActionContext, url: str) -> None:
    assert (await told(context, url))["outcome"] == "failed"
