"""The one thread that owns the model's context and serves every job at once, a batch at a time."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from llm.base import LlmError
from llm.batch import shares
from llm.job import Job
from llm.native import Entry, Native
from llm.sequences import Held, Sequences

log = logging.getLogger("decroche.llm")

Order = Callable[[], None]


@dataclass(slots=True)
class Counts:
    """What was done since the start, in tokens: `read` by the model, of prompts or answers; `reused`:
    of prompts, read before; `made`: of answers; `forced`: of those, by a schema alone."""

    steps: int = 0
    read: int = 0
    reused: int = 0
    made: int = 0
    forced: int = 0


class Scheduler:
    """Jobs in, pieces out. Its public methods may be called from any thread."""

    def __init__(self, native: Native, *, sequences: int, calls: int) -> None:
        self.counts = Counts()
        self.steps: deque[dict[str, int]] = deque(maxlen=1000)
        """The last steps: tokens read in each, by slot."""
        self._native = native
        self._sequences = Sequences(sequences)
        self._calls = calls
        self._orders: SimpleQueue[Order] = SimpleQueue()
        self._waiting: list[Job] = []
        self._jobs: list[Job] = []
        self._open = True
        self._over = False  # once true, whoever gives an order also carries it out
        self._thread = threading.Thread(target=self._run, name="decroche-llm", daemon=True)
        self._thread.start()

    # -- any thread

    def submit(self, prepare: Callable[[], Job], fail: Callable[[LlmError], None]) -> None:
        """Run a job; `prepare` makes it, in the thread that owns the model. `fail` hears that it could not."""

        def order() -> None:
            try:
                if not self._open:
                    raise LlmError("the language model is closed", code="llm_closed")
                self._accept(prepare())
            except LlmError as error:
                fail(error)

        self._order(order)

    def wake(self) -> None:
        """Look at the jobs again: one was cancelled."""
        self._order(lambda: None)

    def release(self, slot: str, done: Callable[[], None]) -> None:
        """Forget a slot: its jobs end, of what it read only the system prompt stays."""

        def order() -> None:
            for job in [j for j in (*self._jobs, *self._waiting) if j.slot == slot]:
                self._end(job, LlmError("the call is over", code="llm_released", retryable=False))
            dropped, cut = self._sequences.release(slot)
            for held in dropped:
                self._native.cut(held.sequence, 0)
            for held in cut:
                self._native.cut(held.sequence, len(held.tokens))
            done()

        self._order(order)

    def close(self) -> None:
        """End every job, free the model. Blocks until the step in progress is over. May be repeated."""
        self._order(self._shut)
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _order(self, order: Order) -> None:
        self._orders.put(order)
        if self._over:
            self._drain()

    def _drain(self) -> None:
        """Carry out the orders that came too late: they are told that the model is closed."""
        try:
            while True:
                self._orders.get_nowait()()
        except Empty:
            return

    # -- the thread

    def _run(self) -> None:
        try:
            while self._open:
                self._obey()
                self._admit()
                if self._jobs:
                    self._step()
        except Exception as error:  # the thread's edge: calls hear of it instead of waiting for ever
            log.exception("the language model stopped")
            self._shut(f"the language model stopped: {error}")
        finally:
            self._native.close()
            self._over = True
            self._drain()

    def _shut(self, why: str = "the language model is closed") -> None:
        self._open = False
        for job in (*self._jobs, *self._waiting):
            self._end(job, LlmError(why, code="llm_closed"))

    def _obey(self) -> None:
        """Carry out what was ordered; wait for an order when there is nothing else to do."""
        idle = not self._jobs and not self._waiting
        try:
            while self._open:
                self._orders.get(block=idle)()
                idle = False
        except Empty:
            pass
        for job in [j for j in (*self._jobs, *self._waiting) if j.cancelled]:
            self._end(job, None)

    def _accept(self, job: Job) -> None:
        room = self._native.context
        if len(job.prompt) + 1 > room:
            job.close(
                LlmError(
                    f"a prompt of {len(job.prompt)} tokens, where the context holds {room}",
                    code="llm_too_long",
                    hint="shorten the agent's facts, or raise llm.context",
                    retryable=False,
                )
            )
            return
        if job.max_tokens:
            job.max_tokens = min(job.max_tokens, room - len(job.prompt))
            for ahead in [j for j in (*self._jobs, *self._waiting) if j.slot == job.slot and not j.max_tokens]:
                self._end(ahead, None)  # it reads the same thing: what it has read so far is taken over
        self._waiting.append(job)

    def _admit(self) -> None:
        """Start what waits while there is room; reading ahead waits for answers."""
        for job in sorted(self._waiting, key=lambda j: not j.max_tokens):
            if len(self._jobs) >= self._calls or not self._place(job):
                return
            self._waiting.remove(job)
            self._jobs.append(job)

    def _place(self, job: Job) -> bool:
        place = self._sequences.place(job.slot, job.prompt, job.head)
        if place is None:
            return False
        self._native.cut(place.held.sequence, 0 if place.held is not place.source and place.source else place.keep)
        if place.source:
            self._native.share(place.source.sequence, place.held.sequence, place.keep)
        job.held = place.held
        job.pending = job.prompt[place.keep :]
        self.counts.reused += place.keep
        return True

    def _step(self) -> None:
        given = shares([job.work for job in self._jobs], room=self._native.batch)
        running = [(job, n) for job, n in zip(self._jobs, given, strict=True) if n]
        entries = [entry for job, n in running for entry in _entries(job, n)]
        if not self._native.decode(entries):
            self._make_room()
            return
        self.counts.steps += 1
        self.counts.read += len(entries)
        self.steps.append({job.slot: n for job, n in running})
        last = -1
        for job, n in running:
            last += n
            assert job.held
            job.held.tokens += job.pending[:n]
            del job.pending[:n]
            if not job.pending:
                self._advance(job, last)

    def _advance(self, job: Job, index: int) -> None:
        before = job.made, job.forced
        try:
            going_on = job.advance(self._native, self._native.logits(index) if job.max_tokens else None)
        except LlmError as error:
            self._end(job, error)
            return
        finally:
            self.counts.made += job.made - before[0]
            self.counts.forced += job.forced - before[1]
        if not going_on:
            self._end(job, None)

    def _make_room(self) -> None:
        """The context is full: forget an idle sequence, else stop reading ahead, else fail the newest job."""
        if evicted := self._sequences.evict():
            self._native.cut(evicted.sequence, 0)
            return
        victim = next((j for j in self._jobs if not j.max_tokens), self._jobs[-1])
        self._end(
            victim,
            LlmError("the context is full", code="llm_full", hint="raise llm.context or lower llm.calls"),
        )

    def _end(self, job: Job, error: LlmError | None) -> None:
        if job in self._waiting:
            self._waiting.remove(job)
        if job in self._jobs:
            self._jobs.remove(job)
        if job.held:
            self._sequences.rest(job.held)
        job.close(error)


def _entries(job: Job, n: int) -> list[Entry]:
    held: Held | None = job.held
    assert held
    start = len(held.tokens)
    return [
        Entry(token, held.sequence, start + i, wanted=i == n - 1 and bool(job.max_tokens) and n == len(job.pending))
        for i, token in enumerate(job.pending[:n])
    ]
