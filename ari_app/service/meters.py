"""What is measured of a running service, by the names that Prometheus, the dashboard and the alert rules use."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ari_app.desk.parts import Openers
from asr.base import Ear, Pcm, Transcript
from llm.base import JsonSchema, Message, Mind
from store.base.settings import Settings
from store.calls import Cdr, Turn
from tts.base import Voice

SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


class Meters:
    """One per service. All of it may be told from any thread."""

    def __init__(self) -> None:
        self.registry = of = CollectorRegistry()
        name = "decroche"
        self.calls = Counter(f"{name}_calls", "Calls that are over.", ("direction", "outcome"), registry=of)
        self.failures = Counter(
            f"{name}_setup_failures", "Calls that nobody answered, by Q.850 cause.", ("direction", "cause"), registry=of
        )
        self.not_taken = Counter(f"{name}_calls_not_taken", "Calls in without room, by bound.", ("bound",), registry=of)
        self.stages = Histogram(
            f"{name}_stage_seconds", "From a caller's last word to the agent's first, by stage.", ("stage",),
            buckets=SECONDS, registry=of,
        )  # fmt: skip
        self.lag = Histogram(
            f"{name}_loop_lag_seconds", "How late the event loop is.", buckets=(0.005, 0.02, *SECONDS), registry=of
        )
        self.live = Gauge(f"{name}_calls_in_progress", "Calls in progress.", ("direction",), registry=of)
        self.most = Gauge(f"{name}_calls_at_once", "Calls at once that this node takes; 0: any number.", registry=of)
        self.busy = Gauge(f"{name}_engine_busy", "Requests an engine has, waiting ones too.", ("engine",), registry=of)
        self.room = Gauge(f"{name}_engine_room", "Requests an engine works on at a time.", ("engine",), registry=of)
        self.failed = Counter(f"{name}_engine_failures", "Requests an engine failed.", ("engine",), registry=of)
        self.queues = Gauge(f"{name}_queue_depth", "What waits to be done.", ("queue",), registry=of)
        self.spooled = Gauge(f"{name}_spooled_cdrs", "CDRs that wait.", ("where",), registry=of)
        self.connected = Gauge(f"{name}_switch_connected", "1: the switch can be reached.", registry=of)
        self.ready = Gauge(f"{name}_ready", "1: calls are answered.", registry=of)
        self.trunks = Gauge(f"{name}_trunk_up", "1: calls leave and come by this trunk.", ("trunk",), registry=of)
        self.jobs = Gauge(f"{name}_jobs_late", "Jobs due for five minutes that no worker has taken.", registry=of)
        self.dead = Gauge(f"{name}_jobs_dead", "Jobs that failed for good.", registry=of)
        self.low = Gauge(f"{name}_balances_low", "Prepaid clients who can pay for ten minutes at most.", registry=of)
        self.database = Gauge(f"{name}_database_up", "1: the database answers.", registry=of)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)

    def kept(self, cdr: Cdr, turns: Sequence[Turn]) -> None:
        """A call is over and is written down."""
        self.calls.labels(cdr.direction, cdr.outcome).inc()
        if cdr.answered_at is None:
            self.failures.labels(cdr.direction, str(cdr.hangup_cause)).inc()
        for turn in turns:
            for stage, ms in turn.stages.items():
                if isinstance(ms, int) and not isinstance(ms, bool):
                    self.stages.labels(stage).observe(ms / 1000)

    def refused(self, bound: str) -> None:
        """A call in that is not taken."""
        self.not_taken.labels(bound).inc()

    def metered(self, of: Openers, minds: int, ears: int) -> Openers:
        """The same engines, each request to them counted. `minds`, `ears`: requests each works on at a time."""
        for engine, room in (("ear", ears), ("mind", minds)):
            self.room.labels(engine).set(room)
        for engine in ("ear", "mind", "voice"):
            self.busy.labels(engine).set(0)

        def ear(settings: Settings) -> Ear:
            return MeteredEar(of.ear(settings), self)

        def mind(settings: Settings) -> Mind:
            return MeteredMind(of.mind(settings), self)

        def voice(language: str, name: str) -> Voice:
            return MeteredVoice(of.voice(language, name), self)

        return replace(of, ear=ear, mind=mind, voice=voice)

    @contextmanager
    def during(self, engine: str) -> Generator[None]:
        """A request to an engine goes on while the body runs."""
        busy = self.busy.labels(engine)
        busy.inc()
        try:
            yield
        except Exception:
            self.failed.labels(engine).inc()
            raise
        finally:
            busy.dec()


def _as(other: Any, like: Any, base: type) -> None:
    """`other` has every plain attribute that `like` has of their base."""
    for name in base.__annotations__:
        setattr(other, name, getattr(like, name))


class MeteredEar(Ear):
    """An ear whose requests are counted."""

    def __init__(self, ear: Ear, meters: Meters) -> None:
        self._ear, self._meters = ear, meters
        _as(self, ear, Ear)

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        """See `Ear`, as for all that follows."""
        with self._meters.during("ear"):
            return await self._ear.transcribe(pcm, language=language, hotwords=hotwords)

    async def sounds(self, pcm: Pcm) -> Mapping[str, float]:
        with self._meters.during("ear"):
            return await self._ear.sounds(pcm)

    async def warm(self) -> None:
        await self._ear.warm()

    async def close(self) -> None:
        await self._ear.close()


class MeteredMind(Mind):
    """A mind whose requests are counted."""

    def __init__(self, mind: Mind, meters: Meters) -> None:
        self._mind, self._meters = mind, meters
        _as(self, mind, Mind)

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncGenerator[str]:  # fmt: skip
        """See `Mind`, as for all that follows."""
        pieces = self._mind.stream(
            messages, slot=slot, schema=schema, prefill=prefill, max_tokens=max_tokens, temperature=temperature
        )
        with self._meters.during("mind"):
            async with aclosing(_closed(pieces)) as closed:
                async for piece in closed:
                    yield piece

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        await self._mind.prime(messages, slot=slot)

    async def release(self, slot: str) -> None:
        await self._mind.release(slot)

    async def close(self) -> None:
        await self._mind.close()


class MeteredVoice(Voice):
    """A voice whose requests are counted."""

    def __init__(self, voice: Voice, meters: Meters) -> None:
        self._voice, self._meters = voice, meters
        _as(self, voice, Voice)

    async def stream(self, text: str) -> AsyncGenerator[bytes]:
        """See `Voice`, as for all that follows."""
        with self._meters.during("voice"):
            async with aclosing(_closed(self._voice.stream(text))) as closed:
                async for pcm in closed:
                    yield pcm

    async def speak(self, text: str, *, ready: bool = False) -> AsyncGenerator[bytes]:
        with self._meters.during("voice"):
            async with aclosing(_closed(self._voice.speak(text, ready=ready))) as closed:
                async for pcm in closed:
                    yield pcm

    async def prepare(self, texts: Sequence[str]) -> None:
        await self._voice.prepare(texts)

    async def close(self) -> None:
        await self._voice.close()


T = TypeVar("T")


async def _closed(pieces: AsyncIterator[T]) -> AsyncGenerator[T]:
    """The pieces; who stops listening stops the engine's work."""
    try:
        async for piece in pieces:
            yield piece
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()
