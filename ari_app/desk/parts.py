"""The engines every call of this process shares: ear, end-of-turn judge, voices, mind. Opened once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agents.meaning.sense import Sense
from agents.pace import Pace
from asr.base import Ear, Endpointer, VoiceActivity
from llm.base import Mind
from store.base.settings import Settings
from tts.base import Voice


def _there() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class Parts:
    """What a call needs to hear, judge, speak and think."""

    ear: Ear
    endpointer: Endpointer
    activity: Callable[[], VoiceActivity]
    mind: Mind
    sense: Sense | None
    """What sentences mean; None on a machine without its model."""
    voice: Callable[[str, str], Voice]
    """(language, name) → the voice of that name, or the best one present for the language; opened once."""
    close_voices: Callable[[], Awaitable[None]]
    pace: Pace = field(default_factory=Pace)
    """Whether the mind phrases an answer in time here."""
    hearing: asyncio.Event = field(default_factory=_there)
    """Set once the ear is there: a process that takes up calls begins before it (`coming.py`)."""

    async def close(self) -> None:
        """Free every model."""
        await self.close_voices()
        await self.ear.close()
        await self.endpointer.close()
        await self.mind.close()


@dataclass(frozen=True, slots=True)
class Openers:
    """How each engine is opened: `ear`, `endpointer`, `sense` and `mind` in a thread, for they block for seconds.

    Each raises its folder's own error where a model is missing or damaged.
    """

    ear: Callable[[Settings], Ear]
    endpointer: Callable[[], Endpointer]
    mind: Callable[[Settings], Mind]
    sense: Callable[[], Sense] | None
    """None on a machine without its model."""
    activity: Callable[[], VoiceActivity]
    voice: Callable[[str, str], Voice]
    close_voices: Callable[[], Awaitable[None]]


def openers() -> Openers:
    """Those of this machine. Nothing is loaded yet, not even the libraries that would load it."""
    from agents.meaning import encoder
    from store.weights import present
    from tts import voices

    return Openers(
        ear=_ear, endpointer=_endpointer, mind=_mind, sense=_sense if present(encoder.MODEL) else None,
        activity=_activity, voice=voices.voice, close_voices=voices.close,
    )  # fmt: skip


def _ear(of: Settings) -> Ear:
    from asr.ears import open_ear

    return open_ear(of)


def _endpointer() -> Endpointer:
    from asr.turn import SmartTurn

    return SmartTurn()


def _mind(of: Settings) -> Mind:
    from llm.minds import mind

    return mind(of)


def _sense() -> Sense:
    from agents.meaning.sense import open_sense

    return open_sense()


def _activity() -> VoiceActivity:
    from asr.vad import SileroVad

    return SileroVad()
