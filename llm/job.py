"""One request to the local engine, from its prompt to its last token. No thread, no asyncio."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from llm.base import LlmError
from llm.batch import Work
from llm.native import Floats, Grammar, Native
from llm.sampling import ranking
from llm.sequences import Held


@dataclass(slots=True, eq=False)
class Job:
    """What is asked, and how far it is. `emit` gets each piece of text; `done` the end, or what failed."""

    slot: str
    prompt: list[int]
    head: int
    emit: Callable[[str], None]
    done: Callable[[LlmError | None], None]
    max_tokens: int
    temperature: float = 0.0
    grammar: Grammar | None = None
    cancelled: bool = False
    held: Held | None = None
    pending: list[int] = field(default_factory=list[int])
    made: int = 0
    forced: int = 0
    _text: codecs.IncrementalDecoder = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace"))
    _dice: np.random.Generator = field(default_factory=np.random.default_rng)

    @property
    def work(self) -> Work:
        """What it still has to read."""
        if not self.max_tokens:
            return Work("prime", len(self.pending))
        return Work("answer" if self.made else "prompt", len(self.pending))

    def advance(self, native: Native, logits: Floats | None) -> bool:
        """All pending tokens are read: choose the next ones. False when the answer is over.

        Raises LlmError when a schema's answer is cut short by `max_tokens`.
        """
        if logits is None:
            return False
        token = self._choose(logits)
        if native.ends(token):
            return False
        self._take(native, token)
        return self._force(native) and self._room_left()

    def _choose(self, logits: Floats) -> int:
        for block in ranking(logits, temperature=self.temperature, dice=self._dice):
            good = block if self.grammar is None else block[self.grammar.allowed(block)]
            if len(good):
                return int(good[0])
        raise LlmError("the schema leaves the model nothing to say", code="llm_schema", retryable=False)

    def _take(self, native: Native, token: int) -> None:
        if self.grammar:
            self.grammar.accept(token)
        self.pending.append(token)
        self.made += 1
        if text := self._text.decode(native.piece(token)):
            self.emit(text)

    def _force(self, native: Native) -> bool:
        """Add what the grammar leaves no choice about, which then needs no step of its own."""
        if not self.grammar:
            return True
        text, over = self.grammar.forced()
        for token in native.tokens(text, special=False) if text else ():
            self._take(native, token)
            self.forced += 1
        return not over

    def _room_left(self) -> bool:
        if self.made < self.max_tokens:
            return True
        if self.grammar:
            raise LlmError(
                f"the answer did not fit the schema within {self.max_tokens} tokens",
                code="llm_cut",
                hint="raise max_tokens, or bound the schema's texts with maxLength",
            )
        return False

    def close(self, error: LlmError | None = None) -> None:
        """Say that it is over and free its grammar."""
        if self.grammar:
            self.grammar.close()
            self.grammar = None
        if not error and (rest := self._text.decode(b"", final=True)):
            self.emit(rest)
        self.done(error)
