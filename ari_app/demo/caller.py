"""The demonstration's caller: listens to the agent with an ear of its own, and answers what it was asked."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ari_app.softphone.g711 import Samples
from ari_app.softphone.report import to_phone_rate
from ari_app.softphone.script import Situation, Utterance
from asr.audio import resample
from asr.base import Ear, Pcm
from tts.base import SAMPLE_RATE, Voice

PHONE_RATE = 8000


@dataclass(frozen=True, slots=True)
class Line:
    """What to say when the agent said something that matches `asked`. `interrupting`: said over the answer."""

    asked: str
    text: str
    interrupting: str = ""


INBOUND = {
    "fr": (
        Line(
            r"pour vous|puis.je",
            "Bonjour, quels sont vos horaires le mercredi ?",
            "Excusez-moi, je voudrais plutôt prendre un rendez-vous.",
        ),
        Line(r"\bjour\b|heure", "Ce serait possible mardi à quatorze heures trente ?"),
        Line(r"quel nom|votre nom|au nom", "Je m'appelle Claire Martin."),
        Line(r"bien cela|récapitule|c'est bien", "Oui, c'est bien ça."),
        Line(r"autre chose|rien d'autre|besoin", "Non, c'est tout, merci, au revoir."),
    ),
    "en": (
        Line(
            r"help you",
            "Hello, what are your opening hours on Wednesday?",
            "Sorry, I would rather book an appointment.",
        ),
        Line(r"day|time", "I would like to come on Tuesday at half past two, please."),
        Line(r"name", "My name is Helen Parker."),
        Line(r"right|read that back", "Yes, that's right."),
        Line(r"anything else", "No, that's all, thank you, goodbye."),
    ),
}
OUTBOUND = {
    "fr": (
        Line(r"en ligne avec|suis-je", "Oui, c'est bien ça."),
        Line(r"serez-vous|présent|rendez-vous", "Oui, bien sûr, je serai présente."),
    ),
    "en": (
        Line(r"speaking with", "Yes, speaking, that's me."),
        Line(r"will you be|appointment", "Yes, of course, I will be there."),
    ),
}
WAIT_MS = 1000
"""How far into the agent's answer the interruption comes."""


@dataclass(slots=True)
class Caller:
    """A softphone's script that decides. Everything it says is synthesised before the call (`ready`)."""

    lines: Sequence[Line]
    language: str
    ear: Ear
    voice: Voice
    heard: list[str] = field(default_factory=list[str])
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _pcm: dict[str, Samples] = field(default_factory=dict[str, Samples])
    _used: set[Line] = field(default_factory=set[Line])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def ready(self) -> Caller:
        """Synthesise every line, and let the ear warm up on the first."""
        for text in (t for line in self.lines for t in (line.text, line.interrupting) if t):
            slin = np.frombuffer(await self.voice.say(text), "<i2")
            self._pcm[text] = to_phone_rate(slin.astype(np.float64), SAMPLE_RATE).clip(-32768, 32767).astype(np.int16)
        first = _wide(self._pcm[self.lines[0].text])
        await self.ear.transcribe(first, language=self.language)
        return self

    def __call__(self, situation: Situation) -> Utterance | None:
        """Called in a thread each time the agent falls silent."""
        with self._lock:
            since = int(situation.spoke_until * PHONE_RATE / 1000)
            samples = situation.heard()[since:][-25 * PHONE_RATE :]
            text = self._loop.run_until_complete(self._understand(samples))
            self.heard.append(text)
            return self._answer(text)

    async def _understand(self, samples: Samples) -> str:
        if not len(samples):
            return ""
        return (await self.ear.transcribe(_wide(samples), language=self.language)).text

    def _answer(self, text: str) -> Utterance | None:
        """The line for what was asked; asked again, said again; not understood: the next thing to say."""
        fitting = [line for line in self.lines if re.search(line.asked, text, re.IGNORECASE)]
        fitting = fitting or [line for line in self.lines if line not in self._used][:1]
        if not fitting:
            return None
        fresh = [line for line in fitting if line not in self._used]
        line = (fresh or fitting[-1:])[0]
        again = line in self._used
        self._used.add(line)
        return self._say(line.text, "" if again else line.interrupting)

    def _say(self, text: str, interrupting: str = "") -> Utterance:
        then = Utterance(self._pcm[interrupting], "barge_in", WAIT_MS, note=interrupting) if interrupting else None
        return Utterance(self._pcm[text], note=text, then=then)


def _wide(samples: Samples) -> Pcm:
    """What the ear takes, from what a telephone has."""
    return resample((samples / np.float32(32768)).astype(np.float32), PHONE_RATE)
