"""Several OpenAI-compatible servers as one mind: an answer comes from a healthy one, else from the next.

No model of this machine stands in: a large model leads where a small one must not (`llm.leads`), and a call without a
mind goes on by its rules. A server that is away is therefore found out at once, and not waited for in each turn.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from time import monotonic
from typing import TypeVar

from llm.base import JsonSchema, LlmError, Message, Mind
from llm.openai import OpenAiMind
from store.remote.health import Rules
from store.remote.pool import AllAway, Pool

R = TypeVar("R")


class PooledMind(Mind):
    """Each request goes to a healthy server. What was begun by one is not gone on with by another."""

    engine = OpenAiMind.engine
    capabilities = OpenAiMind.capabilities

    def __init__(
        self, servers: Sequence[OpenAiMind], *, rules: Rules | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        """`servers`: one at least, each of another address; `clock`: seconds."""
        self.model = servers[0].model
        self.pool = Pool({each.address: each for each in servers}, OpenAiMind.there, rules=rules, clock=clock)
        self._servers = tuple(servers)

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncGenerator[str]:  # fmt: skip
        """See `Mind.stream`. Raises LlmError: no server answers, or the one that had begun broke off."""
        begin = partial(
            OpenAiMind.stream, messages=messages, slot=slot, schema=schema, prefill=prefill, max_tokens=max_tokens,
            temperature=temperature,
        )  # fmt: skip
        try:
            async with aclosing(self.pool.pieces(begin)) as pieces:
                async for piece in pieces:
                    yield piece
        except AllAway as error:
            raise _told(error) from error

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        """Have a healthy server read `messages`; where another answers later, it reads them then."""
        await self._asked(lambda mind: mind.prime(messages, slot=slot))

    async def release(self, slot: str) -> None:
        """Nothing is kept here."""
        return

    async def close(self) -> None:
        """Close the connections."""
        await self.pool.close()
        for each in self._servers:
            await each.close()

    async def _asked(self, do: Callable[[OpenAiMind], Awaitable[R]]) -> R:
        try:
            return await self.pool.ask(do)
        except AllAway as error:
            raise _told(error) from error


def _told(error: AllAway) -> LlmError:
    return LlmError(str(error), hint=error.hint, code="llm_unreachable")
