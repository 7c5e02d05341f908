"""The OpenAI-compatible engine against llama-cpp-python's own server, run as a process of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest

from llm.base import LlmError, Message
from llm.minds import checks
from llm.openai import OpenAiMind
from store.base.errors import BadInput
from store.base.settings import Settings
from tests.contract.minds import KEY, KEY_VARIABLE, Server, free_port, start_server

HELLO = [Message("system", "Be brief."), Message("user", "Say hello.")]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = start_server()
    yield started
    started.stop()


@pytest.fixture
async def mind(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenAiMind]:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    made = OpenAiMind(server.url, key_variable=KEY_VARIABLE)
    yield made
    await made.close()


async def test_an_answer_comes_piece_by_piece(mind: OpenAiMind) -> None:
    pieces = [piece async for piece in mind.stream(HELLO, slot="a", max_tokens=12)]
    assert len(pieces) > 2
    assert "hello" in "".join(pieces).lower()


async def test_an_answer_under_a_schema_fits_it(mind: OpenAiMind) -> None:
    schema = {"type": "object", "properties": {"day": {"enum": ["Monday", "Tuesday"]}}, "required": ["day"]}
    answer = json.loads(await mind.complete(HELLO, slot="a", schema=schema, max_tokens=60))
    assert answer["day"] in ("Monday", "Tuesday")


async def test_an_answer_under_a_schema_cut_short_is_an_error(mind: OpenAiMind) -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string", "minLength": 300}}, "required": ["text"]}
    with pytest.raises(LlmError) as cut:
        await mind.complete(HELLO, slot="a", schema=schema, max_tokens=10)
    assert cut.value.code == "llm_cut"


async def test_reading_ahead_works_on_a_server(mind: OpenAiMind) -> None:
    await mind.prime(HELLO, slot="a")


async def test_a_wrong_key_is_named_by_its_variable_and_never_shown(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "wrong-secret")
    mind = OpenAiMind(server.url, key_variable=KEY_VARIABLE)
    with pytest.raises(LlmError) as refused:
        await mind.complete(HELLO, slot="a")
    await mind.close()
    assert (refused.value.code, refused.value.retryable) == ("llm_refused", False)
    assert "api_key_env" in refused.value.hint
    assert "wrong-secret" not in str(refused.value)


async def test_a_port_where_nobody_listens_is_an_error_that_says_where() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    mind = OpenAiMind(url)
    with pytest.raises(LlmError, match=url) as refused:
        await mind.complete(HELLO, slot="a")
    await mind.close()
    assert refused.value.code == "llm_unreachable"


async def test_a_server_killed_amid_an_answer_is_an_error_not_a_short_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    server = start_server()
    mind = OpenAiMind(server.url, key_variable=KEY_VARIABLE)
    try:
        async with aclosing(mind.stream([Message("user", "Tell a long story.")], slot="a", max_tokens=900)) as pieces:
            await anext(pieces)
            server.stop()
            with pytest.raises(LlmError) as broken:
                async for _ in pieces:
                    pass
        assert broken.value.code == "llm_broken"
    finally:
        server.stop()
        await mind.close()


def test_an_address_that_is_none_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"llm\.base_url"):
        OpenAiMind("")


def test_doctor_sees_a_server_and_its_absence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    here, gone = (_settings(url) for url in (server.url, f"http://127.0.0.1:{free_port()}/v1"))
    assert [row["ok"] for row in (*checks(here), *checks(gone))] == [True, False]


def _settings(url: str) -> Settings:
    chosen = Settings()
    llm = chosen.llm.model_copy(update={"engine": "openai", "base_url": url, "api_key_env": KEY_VARIABLE})
    return chosen.model_copy(update={"llm": llm})
