"""The engines every call of this process shares: ear, end-of-turn judge, voices, mind. Loaded once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agents.meaning.sense import Sense
from agents.pace import Pace
from asr.base import Ear, Endpointer, VoiceActivity
from llm.base import Mind
from store.base.settings import Settings
from tts.base import Voice

log = logging.getLogger(__name__)


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

    async def close(self) -> None:
        """Free every model."""
        await self.close_voices()
        await self.ear.close()
        await self.endpointer.close()
        await self.mind.close()


async def load(settings: Settings) -> Parts:
    """Load the models the settings name. Raises the folder's own error when one is missing or damaged."""
    parts = await asyncio.to_thread(_load, settings)
    await parts.ear.warm()
    return parts


def _load(settings: Settings) -> Parts:
    from agents.meaning.sense import sense_here
    from asr.ears import open_ear
    from asr.turn import SmartTurn
    from asr.vad import SileroVad
    from llm.minds import mind
    from tts import voices

    return Parts(
        ear=open_ear(settings),
        endpointer=SmartTurn(),
        activity=SileroVad,
        mind=mind(settings),
        sense=sense_here(),
        voice=voices.voice,
        close_voices=voices.close,
    )
