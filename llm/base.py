"""The mind's interface: chat messages in, text out as it is made, under a JSON schema if asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from store.base.errors import Unavailable

JsonSchema = Mapping[str, Any]


class LlmError(Unavailable):
    """The language model gave no answer."""

    code = "llm"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine does of what the house may ask. What it cannot do costs time, never an answer."""

    schema: bool = True
    """An answer fits a JSON schema, by grammar. The house needs this: without it an engine is refused at the start."""
    prefill_under_schema: bool = False
    """An answer under a schema begins with the prefill. Else the prefill is left out, and the answer comes whole."""
    prefix_reuse: bool = False
    """What was read of a slot is kept for its next answer: reading ahead (`prime`) is worth it."""


class Mind(ABC):
    """A language model shared by every call. Safe to use from many tasks at once.

    The engine keeps what it has read of each `slot` (a call's id), and rereads only what changed since:
    callers pass the whole chat every time and keep its beginning stable. Calls whose first message (the
    system prompt) is the same share its cost.
    """

    engine: str
    model: str
    capabilities: Capabilities = Capabilities()
    leads: bool = False
    """It is large enough to choose the agent's moves itself; else it is asked for words only (`llm.leads`)."""

    @abstractmethod
    def stream(
        self,
        messages: Sequence[Message],
        *,
        slot: str,
        schema: JsonSchema | None = None,
        prefill: str = "",
        max_tokens: int = 160,
        temperature: float = 0.0,
    ) -> AsyncIterator[str]:
        """Yield the answer's text piece by piece. `schema`: the answer is JSON that fits it (by grammar).

        `prefill`: how the answer is made to begin, not yielded again. Under a schema an engine without
        `prefill_under_schema` leaves it out and yields the answer whole.
        Closing the iterator stops the work at the next token. Raises LlmError.
        """

    async def complete(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> str:  # fmt: skip
        """All of `stream` at once."""
        pieces = self.stream(
            messages,
            slot=slot,
            schema=schema,
            prefill=prefill,
            max_tokens=max_tokens,
            temperature=temperature,
        )
        return "".join([piece async for piece in pieces])

    @abstractmethod
    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        """Read `messages` ahead of need, so that a `stream` that begins with them answers sooner."""

    @abstractmethod
    async def release(self, slot: str) -> None:
        """Forget what was read for `slot`."""

    async def close(self) -> None:
        """Free the model."""
        return
