"""A mind on any OpenAI-compatible server: vLLM, llama-server, llama_cpp.server."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import httpx

from llm.base import Capabilities, JsonSchema, LlmError, Message, Mind
from store.base.errors import BadInput

ATTEMPTS = 3
"""Tries of a request that has not yet yielded anything."""

PAUSE = 0.2
"""Seconds before the second try; doubled before each further one."""

TIMEOUT = httpx.Timeout(connect=3.0, read=20.0, write=5.0, pool=10.0)
"""Seconds; `read` is the longest silence of the server, before the first token or between two."""


class OpenAiMind(Mind):
    """A model behind `base_url`. The server keeps prefixes by itself; `slot` only names the user."""

    engine = "openai"
    capabilities = Capabilities(
        prefix_reuse=True
    )  # the servers named above keep what they read; so does vLLM's default

    def __init__(
        self, base_url: str, *, model: str = "", key_variable: str = "DECROCHE_LLM_API_KEY", attempts: int = ATTEMPTS
    ) -> None:
        """`base_url` as in `http://127.0.0.1:8000/v1`; the key is read from the variable, if it is set.

        `attempts`: 1 where another server is asked instead of this one again.
        """
        self.model, self.address, self._attempts = model or "default", base_url, attempts
        self._standard = True  # response_format as OpenAI has it; llama_cpp.server only knows its own
        self._client = httpx.AsyncClient(base_url=_address(base_url), headers=_headers(key_variable), timeout=TIMEOUT)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        slot: str,
        schema: JsonSchema | None = None,
        prefill: str = "",
        max_tokens: int = 160,
        temperature: float = 0.0,
    ) -> AsyncGenerator[str]:
        """See `Mind.stream`. Tried again on a failure that may pass, but never once a piece was yielded."""
        if schema is not None:
            prefill = ""  # a server's grammar begins with the answer: it cannot go on from the middle of one
        body = _body(self.model, messages, prefill, max_tokens, temperature)
        for attempt in range(self._attempts + 1):  # one more where only the form was foreign
            started = False
            if schema is not None:
                body["response_format"] = _format(schema, standard=self._standard)
            try:
                async for piece in self._once(body, strict=schema is not None):
                    started = True
                    yield piece
                return
            except LlmError as error:
                foreign = error.code == "llm_format" and self._standard
                self._standard = self._standard and not foreign
                if started or not (foreign or (error.retryable and attempt < self._attempts - 1)):
                    raise
            await asyncio.sleep(PAUSE * 2**attempt)

    async def _once(self, body: dict[str, Any], *, strict: bool) -> AsyncGenerator[str]:
        try:
            async with self._client.stream("POST", "chat/completions", json=body) as answer:
                if answer.status_code != 200:
                    raise _refused(answer.status_code, (await answer.aread()).decode(errors="replace"))
                async for piece in _pieces(answer.aiter_lines(), strict=strict):
                    yield piece
        except httpx.HTTPError as error:
            raise _failed(str(self._client.base_url), error) from error

    async def there(self) -> None:
        """Ask the server for its models, and no more. Raises LlmError where it does not answer."""
        try:
            answer = await self._client.get("models")
        except httpx.HTTPError as error:
            raise _failed(self.address, error) from error
        if answer.status_code != 200:
            raise _refused(answer.status_code, answer.text)

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        """Ask for one token, so that the server has read `messages`."""
        body = _body(self.model, messages, "", 1, 0.0)
        async for _ in self._once(body, strict=False):
            pass

    async def release(self, slot: str) -> None:
        """Nothing is kept here."""
        return

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def reach(base_url: str, key_variable: str) -> str:
    """For `doctor`: the models the server offers. Raises LlmError or BadInput."""
    try:
        with httpx.Client(base_url=_address(base_url), headers=_headers(key_variable), timeout=TIMEOUT) as client:
            answer = client.get("models")
    except httpx.HTTPError as error:
        raise _failed(base_url, error) from error
    if answer.status_code != 200:
        raise _refused(answer.status_code, answer.text)
    return ", ".join(str(row.get("id")) for row in answer.json().get("data", []))


def _address(base_url: str) -> str:
    if not base_url.startswith(("http://", "https://")):
        raise BadInput(
            f"llm.base_url is {base_url!r}",
            hint="set it to the server's address, for example http://127.0.0.1:8000/v1",
        )
    return base_url.rstrip("/") + "/"


def _headers(key_variable: str) -> dict[str, str]:
    key = os.environ.get(key_variable, "")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _body(
    model: str,
    messages: Sequence[Message],
    prefill: str,
    max_tokens: int,
    temperature: float,
) -> dict[str, Any]:
    chat = [{"role": message.role, "content": message.text} for message in messages]
    if prefill:
        chat.append({"role": "assistant", "content": prefill})
    return {
        "model": model,
        "messages": chat,
        "stream": True,
        "max_tokens": max_tokens,
        "temperature": temperature,
    }


def _format(schema: JsonSchema, *, standard: bool) -> dict[str, Any]:
    if not standard:
        return {"type": "json_object", "schema": dict(schema)}
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": dict(schema), "strict": True},
    }


async def _pieces(lines: AsyncIterator[str], *, strict: bool) -> AsyncGenerator[str]:
    """The text in a stream of server-sent events (data: lines, then [DONE]).

    An answer that ends without a reason was broken off: a server that is asked by several calls may drop the older.
    """
    ended = False
    async for line in lines:
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            break
        event = _event(data)
        choices: list[dict[str, Any]] = event.get("choices") or [{}]
        delta: dict[str, Any] = choices[0].get("delta") or {}
        if text := delta.get("content"):
            yield text
        reason = choices[0].get("finish_reason")
        ended = ended or bool(reason)
        if strict and reason == "length":
            raise LlmError("the answer did not fit the schema within max_tokens", code="llm_cut", retryable=False)
    if not ended:
        raise LlmError("the language model's server broke off its answer", code="llm_broken")


def _event(data: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except ValueError as error:
        raise LlmError("the language model's server sent no JSON", code="llm_protocol", retryable=False) from error
    if not isinstance(event, dict) or "error" in event:
        raise LlmError(f"the language model's server failed: {data[:200]}", code="llm_server")
    return event  # pyright: ignore[reportUnknownVariableType]


def _refused(status: int, text: str) -> LlmError:
    hints = {401: "is the key in the variable named by llm.api_key_env?", 403: "see llm.api_key_env",
             404: "check llm.base_url and llm.model"}  # fmt: skip
    return LlmError(
        f"the language model's server answered {status}: {text[:200]}",
        code="llm_format" if "response_format" in text else "llm_refused",
        hint=hints.get(status, ""),
        retryable=status in (408, 409, 429) or status >= 500,
    )


def _failed(where: str, error: httpx.HTTPError) -> LlmError:
    if isinstance(error, httpx.TimeoutException):
        return LlmError(f"the language model's server at {where} is silent", code="llm_timeout")
    if isinstance(error, httpx.ConnectError):
        hint = "start it, or check llm.base_url"
        return LlmError(f"no language model's server at {where}", code="llm_unreachable", hint=hint)
    return LlmError(f"the language model's server at {where} broke off: {error}", code="llm_broken")
