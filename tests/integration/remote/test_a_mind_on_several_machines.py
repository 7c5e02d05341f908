"""Several OpenAI-compatible servers are one mind: the next answers where one is away, until it is back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web

from llm.base import LlmError, Message
from llm.minds import mind as open_mind
from llm.openai import OpenAiMind
from llm.pooled import PooledMind
from store.base.settings import settings
from store.remote.health import Rules
from tests.wyoming_server import Clock

ASKED = [Message("user", "Bonjour")]


@dataclass
class Server:
    """What a server answers: `words`, then the end; `fault` is `refuses` (503) or `breaks` (after the first word)."""

    words: tuple[str, ...]
    fault: str = ""
    url: str = ""
    asked: int = 0

    async def complete(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.fault == "refuses":
            return web.Response(status=503)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        for word in self.words:
            await answer.write(f"data: {json.dumps({'choices': [{'delta': {'content': word}}]})}\n\n".encode())
            if self.fault == "breaks":
                return answer
        await answer.write(b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n')
        return answer

    async def models(self, _: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "m"}]}, status=503 if self.fault == "refuses" else 200)


@asynccontextmanager
async def up(server: Server, port: int = 0) -> AsyncGenerator[Server]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.complete)
    app.router.add_get("/v1/models", server.models)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()


def pooled(*servers: Server, clock: Clock | None = None) -> PooledMind:
    return PooledMind(
        [OpenAiMind(each.url, attempts=1) for each in servers], rules=Rules(2, 10), clock=clock or Clock()
    )


async def test_the_next_server_answers_and_the_first_is_asked_again_once_it_is_back() -> None:
    clock = Clock()
    async with up(Server(("Un", "."))) as one, up(Server(("Deux", "."))) as two:
        mind = pooled(one, two, clock=clock)
        assert await mind.complete(ASKED, slot="a") == "Un."
        one.fault = two.fault = "refuses"
        for _ in range(2):
            with pytest.raises(LlmError):
                await mind.complete(ASKED, slot="a")
        asked = one.asked
        with pytest.raises(LlmError, match="no answer of"):
            await mind.complete(ASKED, slot="a")
        assert one.asked == asked, "who is away is not waited for in each turn"
        two.fault, clock.now = "", clock.now + 10
        with pytest.raises(LlmError):
            await mind.prime(ASKED, slot="a")
        while mind.pool.health[two.url].state != "healthy":
            await asyncio.sleep(0)
        assert await mind.complete(ASKED, slot="a") == "Deux."
        await mind.close()


async def test_an_answer_that_breaks_off_is_not_begun_again_by_another() -> None:
    async with up(Server(("Un", "."), "breaks")) as one, up(Server(("Deux", "."))) as two:
        mind = pooled(one, two)
        pieces = mind.stream(ASKED, slot="a")
        assert await anext(pieces) == "Un"
        with pytest.raises(LlmError, match="broke off"):
            await anext(pieces)
        assert two.asked == 0
        await mind.close()


async def test_servers_that_are_set_are_one_mind() -> None:
    of = settings()
    llm = of.llm.model_copy(update={
        "engine": "openai", "base_url": "http://127.0.0.1:9/v1", "other_urls": ["http://127.0.0.2:9/v1"]
    })  # fmt: skip
    mind = open_mind(of.model_copy(update={"llm": llm}))
    assert isinstance(mind, PooledMind)
    assert (mind.engine, mind.leads, list(mind.pool.health)) == ("openai", True, [llm.base_url, *llm.other_urls])
    await mind.close()
