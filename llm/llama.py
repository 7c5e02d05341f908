"""The local mind: llama.cpp in this process, one copy of the weights for every call."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from llm.base import Capabilities, JsonSchema, LlmError, Message, Mind
from llm.batch import ALONE
from llm.chat import ChatTemplate
from llm.job import Job
from llm.native import Grammar, Native
from llm.scheduler import Counts, Scheduler


class LlamaMind(Mind):
    """A GGUF model shared by every call. Its methods belong to asyncio; the work is done in one thread."""

    engine = "llama-cpp"
    capabilities = Capabilities(prefill_under_schema=True, prefix_reuse=True)

    def __init__(self, path: Path, *, context: int = 8192, calls: int = 8, threads: int = 0, gpu: bool = False) -> None:
        """Load `path`; blocks for a few seconds. `context`: tokens of all calls together; `calls`: answers
        made at the same time (more wait). Raises LlmError."""
        self.model = path.stem
        sequences = 2 * calls + 4  # a call may alternate between two prompts; agents' prompts stay too
        self._native = Native(path, context=context, sequences=sequences, batch=ALONE, threads=threads, gpu=gpu)
        self._chat = ChatTemplate(self._native.template, bos=self._native.mark("bos"), eos=self._native.mark("eos"))
        self._scheduler = Scheduler(self._native, sequences=sequences, calls=calls)
        atexit.register(self._scheduler.close)

    @property
    def counts(self) -> Counts:
        """What was read, reused and made so far."""
        return self._scheduler.counts

    @property
    def steps(self) -> list[dict[str, int]]:
        """Of each of the last steps, the tokens read, by slot."""
        return list(self._scheduler.steps)

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
        """See `Mind.stream`. A schema's answer is compact JSON, its keys in the schema's order."""
        if max_tokens < 1:
            raise LlmError(f"max_tokens is {max_tokens}, not 1 or more", code="llm_input", retryable=False)
        request = _Request(self._scheduler)

        def prepare() -> Job:
            prompt, head = self._prompt(messages, answer=True)
            opening = self._native.tokens(prefill, special=False) if prefill else []
            return Job(
                slot=slot,
                prompt=prompt + opening,
                head=head,
                emit=request.put,
                done=request.put,
                max_tokens=max_tokens,
                temperature=temperature,
                grammar=self._grammar(schema, opening) if schema is not None else None,
            )

        async with aclosing(request.pieces(prepare)) as pieces:
            async for piece in pieces:
                yield piece

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        """See `Mind.prime`. Gives way to answers; ends early when an answer is asked of the same slot."""
        request = _Request(self._scheduler)

        def prepare() -> Job:
            prompt, head = self._prompt(messages, answer=False)
            return Job(slot, prompt, head, emit=request.put, done=request.put, max_tokens=0)

        async with aclosing(request.pieces(prepare)) as pieces:
            async for _ in pieces:
                pass

    async def release(self, slot: str) -> None:
        """See `Mind.release`. The system prompt is kept, for the next call that begins with it."""
        request = _Request(self._scheduler)
        self._scheduler.release(slot, lambda: request.put(None))
        await request.end()

    async def close(self) -> None:
        """End every answer and free the model."""
        atexit.unregister(self._scheduler.close)
        await asyncio.to_thread(self._scheduler.close)

    # -- in the scheduler's thread

    def _prompt(self, messages: Sequence[Message], *, answer: bool) -> tuple[list[int], int]:
        """The chat's tokens, and how many of them are the system prompt's."""

        def tokens(some: Sequence[Message], *, answer: bool) -> list[int]:
            return self._chat.tokens(some, self._native.tokens, answer=answer, bos=self._native.bos)

        whole = tokens(messages, answer=answer)
        first = tokens(messages[:1], answer=False) if messages and messages[0].role == "system" else []
        return whole, len(first) if whole[: len(first)] == first else 0

    def _grammar(self, schema: JsonSchema, opening: Sequence[int]) -> Grammar:
        grammar = self._native.grammar(schema)
        try:
            for token in opening:
                grammar.accept(token)
        except LlmError:
            grammar.close()
            raise
        return grammar


class _Request:
    """The way to the scheduler's thread and back to the task that asks."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | LlmError | None] = asyncio.Queue()
        self._job: Job | None = None
        self._left = False

    def put(self, item: str | LlmError | None) -> None:
        """From any thread: a piece of text, what failed, or None for the end."""
        with suppress(RuntimeError):  # the loop was closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)

    async def pieces(self, prepare: Callable[[], Job]) -> AsyncGenerator[str]:
        """Submit the job that `prepare` makes; its pieces. Closing this cancels it."""

        def made() -> Job:
            self._job = prepare()
            self._job.cancelled = self._left
            return self._job

        self._scheduler.submit(made, self.put)
        ended = False
        try:
            while (item := await self._queue.get()) is not None:
                if isinstance(item, LlmError):
                    ended = True
                    raise item
                yield item
            ended = True
        finally:
            if not ended:
                self._left = True
                if self._job:
                    self._job.cancelled = True
                self._scheduler.wake()

    async def end(self) -> None:
        """Wait for `put(None)`."""
        await self._queue.get()
