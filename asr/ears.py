"""Which ear the settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from asr.base import Ear
from store.base.errors import BadInput
from store.base.settings import Settings, settings
from store.weights import default


def open_ear(chosen: Settings | None = None) -> Ear:
    """The engine `chosen` (else the process's settings) asks for; its model is loaded once for the whole process.

    Raises UnknownModel, ModelMissing (which says what to pull), ModelDamaged, AsrError or BadInput.
    """
    chosen = chosen or settings()
    if chosen.asr.engine not in ENGINES:
        raise BadInput(f"asr.engine is {chosen.asr.engine!r}", hint=f"set it to one of {', '.join(ENGINES)}")
    return ENGINES[chosen.asr.engine](chosen)


def _open_whisper(chosen: Settings) -> Ear:
    from asr.whisper_ear import WhisperEar

    asr, found = chosen.asr, default("asr", "fr", chosen.device)
    name = asr.model or (found.name if found else "")
    return WhisperEar(name, device=chosen.device, beam=asr.beam, threads=asr.threads, workers=asr.workers)


def _open_wyoming(chosen: Settings) -> Ear:
    from asr.pooled_ear import PooledEar
    from asr.wyoming_ear import WyomingEar

    asr = chosen.asr
    if not asr.servers:
        raise BadInput("asr.engine is wyoming, and no server is named", hint="set asr.servers to one HOST:PORT or more")
    servers = [WyomingEar(each, seconds=asr.server_seconds) for each in asr.servers]
    return PooledEar(servers, _open_whisper(chosen) if asr.local else None)


ENGINES: dict[str, Callable[[Settings], Ear]] = {"faster-whisper": _open_whisper, "wyoming": _open_wyoming}
"""`asr.engine` → the ear. Another is one file, one row here, and the contract in tests/contract/."""
