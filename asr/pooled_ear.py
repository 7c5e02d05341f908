"""The ears of other machines as one, with an ear of this machine that hears while none of them does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from asr.base import AsrError, Ear, Pcm, Transcript
from asr.wyoming_ear import WyomingEar
from store.remote.health import Rules
from store.remote.pool import AllAway, Pool


class PooledEar(Ear):
    """Each utterance goes to a healthy server, then to the next, then to `local`."""

    engine = WyomingEar.engine
    capabilities = WyomingEar.capabilities

    def __init__(
        self, servers: Sequence[WyomingEar], local: Ear | None = None, *, rules: Rules | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`servers`: one at least; `local`: None where nothing stands in for them."""
        self.model = ", ".join(ear.model for ear in servers)
        self._local = local
        self.pool = Pool({ear.model: ear for ear in servers}, WyomingEar.warm, rules=rules, clock=clock)

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        """See `Ear`. `took_seconds` counts what was waited for in vain. Raises AsrError where nobody could."""
        began = time.monotonic()
        try:
            heard = await self.pool.ask(lambda ear: ear.transcribe(pcm, language=language, hotwords=hotwords))
        except (AllAway, AsrError) as error:
            if self._local is None:
                raise _told(error) from error
            heard = await self._local.transcribe(pcm, language=language, hotwords=hotwords)
        return replace(heard, took_seconds=time.monotonic() - began)

    async def warm(self) -> None:
        """Ask who is there. Raises AsrError where none is, and nothing stands in."""
        if self._local is not None:
            await self._local.warm()
        await self.pool.look()
        if self._local is None and all(health.state != "healthy" for health in self.pool.health.values()):
            raise AsrError(
                f"no ear answers at {self.model}", hint="start the server, or set asr.local to true", code="asr_away"
            )

    async def close(self) -> None:
        """Free the local one."""
        await self.pool.close()
        if self._local is not None:
            await self._local.close()


def _told(error: AllAway | AsrError) -> AsrError:
    return error if isinstance(error, AsrError) else AsrError(str(error), hint=error.hint, code="asr_away")
