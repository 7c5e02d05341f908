"""The engines every call of this process shares: ear, end-of-turn judge, voices, mind. Loaded once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from asr.base import Ear, Endpointer, Pcm
from llm.base import Mind
from store.base.settings import Settings
from tts.base import Voice

log = logging.getLogger(__name__)


class VoiceActivity(Protocol):
    """One call's voice-activity detector."""

    def push(self, frame: Pcm) -> float:
        """Probability (0–1) that these 512 samples are speech."""
        ...

    def reset(self) -> None:
        """Forget the stream."""
        ...


@dataclass(slots=True)
class Parts:
    """What a call needs to hear, judge, speak and think."""

    ear: Ear
    endpointer: Endpointer
    activity: Callable[[], VoiceActivity]
    mind: Mind
    open_voice: Callable[[str, str], Voice]
    _voices: dict[tuple[str, str], Voice] = field(default_factory=dict[tuple[str, str], Voice])

    def voice(self, language: str, name: str = "") -> Voice:
        """The voice of that name, or the best one present for the language; opened once."""
        key = (language, name)
        if key not in self._voices:
            self._voices[key] = self.open_voice(language, name)
        return self._voices[key]

    async def close(self) -> None:
        """Free every model."""
        for voice in self._voices.values():
            await voice.close()
        await self.ear.close()
        await self.endpointer.close()
        await self.mind.close()


async def load(settings: Settings) -> Parts:
    """Load the models the settings name. Raises the folder's own error when one is missing or damaged."""
    parts = await asyncio.to_thread(_load, settings)
    await parts.ear.warm()
    return parts


def _load(settings: Settings) -> Parts:
    from asr.ear import open_ear
    from asr.turn import SmartTurn
    from asr.vad import SileroVad
    from llm.minds import mind
    from tts.voices import voice

    return Parts(
        ear=open_ear(),
        endpointer=SmartTurn(),
        activity=SileroVad,
        mind=mind(settings),
        open_voice=voice,
    )
