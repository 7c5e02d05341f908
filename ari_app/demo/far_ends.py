"""The telephones of the demonstration's campaign: twelve softphones that are answered as `crowd.py` says."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress

import numpy as np

from ari_app.demo.crowd import CROWD, Somebody
from ari_app.softphone.g711 import Samples
from ari_app.softphone.phone import NoCall, SoftPhone
from ari_app.softphone.report import to_phone_rate
from ari_app.softphone.script import Manners, Utterance
from ari_app.softphone.signalling import SipSilent
from store.base.errors import DecrocheError
from store.base.settings import Settings
from tts import voices
from tts.base import SAMPLE_RATE

log = logging.getLogger(__name__)

PHONE_RATE = 8000
PITCHES = (1.0, 1.12, 0.9)
"""Where one voice is here it speaks for several people, higher and lower."""
OF_FEW_WORDS = ("caller7", "caller9")
RING_MS, ANSWER_MS, COMES_MS = 600, 400, 1_500
PATIENT = Manners(farewell=12_000, patience=20_000)
SECONDS = 170.0
REGISTERING_SECONDS, REGISTERED_SECONDS = 30.0, 75.0
"""How long registering may take; a registration lasts 120 s, and is made anew before."""


def beep() -> Samples:
    """Of a machine that records from now on."""
    at = np.arange(PHONE_RATE * 2 // 5) / PHONE_RATE
    return (8_000 * np.sin(2 * np.pi * 1_000 * at)).astype(np.int16)


def speakers() -> dict[str, tuple[str, float]]:
    """Phone → (voice, pitch): the light voices that this machine has, and for those of few words a heavy one."""
    here = [info for info in voices.known() if info.language.startswith("fr") and info.present]
    light = [info.name for info in here if not voices.ENGINES[info.engine].limit] or [info.name for info in here]
    heavy = [info.name for info in here if info.name not in light]
    by = [(name, pitch) for pitch in PITCHES for name in light]
    found = {one.phone: by[place % len(by)] for place, one in enumerate(CROWD)}
    return found | (dict.fromkeys(OF_FEW_WORDS, (heavy[0], 1.0)) if heavy else {})


async def spoken() -> dict[str, list[Samples]]:
    """What each of the crowd says, 8 kHz, by a voice of their own."""
    said: dict[str, list[Samples]] = {}
    by = speakers()
    for one in CROWD:
        name, pitch = by[one.phone]
        said[one.phone] = [await _spoken(text, name, pitch) for text in one.says]
    return said


async def _spoken(text: str, name: str, pitch: float) -> Samples:
    slin = np.frombuffer(await voices.voice("fr", name).voice.say(text), "<i2").astype(np.float64)
    return to_phone_rate(slin, round(SAMPLE_RATE * pitch)).clip(-32768, 32767).astype(np.int16)


def script(one: Somebody, said: list[Samples]) -> list[Utterance]:
    """The cues of what somebody says."""
    lines: list[Utterance] = []
    for place, (text, pcm) in enumerate(zip(one.says, said, strict=True)):
        if place == 0:
            whole = np.concatenate([pcm, np.zeros(PHONE_RATE // 2, np.int16), beep()]) if one.kind == "machine" else pcm
            lines.append(Utterance(whole, "after_answer", ANSWER_MS, note=text))
        else:
            comes = COMES_MS if one.kind == "assistant" and place == 1 else 0
            lines.append(Utterance(pcm, delay_ms=comes, note=text))
    return lines


@contextmanager
def ringing(settings: Settings, said: Mapping[str, list[Samples]]) -> Generator[None]:
    """While it lasts every telephone is registered and answered, as often as it rings, on threads of its own.

    `said`: what `spoken` made. It begins once all of them are registered. Raises SipSilent where they cannot be.
    """
    over = threading.Event()
    ready = [threading.Event() for _ in CROWD]
    threads = [
        threading.Thread(target=_attended, args=(settings, one, said[one.phone], is_ready, over), daemon=True)
        for one, is_ready in zip(CROWD, ready, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        if not all(is_ready.wait(REGISTERING_SECONDS) for is_ready in ready):
            raise SipSilent("the telephones could not be registered", hint="decroche doctor")
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(5)


def _attended(
    settings: Settings, one: Somebody, said: list[Samples], ready: threading.Event, over: threading.Event
) -> None:
    """One telephone, registered anew before the switch would forget it; whoever answers does so each time it rings."""
    while not over.is_set():
        try:
            with SoftPhone.of(settings, one.phone, manners=PATIENT) as phone:
                ready.set()
                until = time.monotonic() + REGISTERED_SECONDS
                while not over.is_set() and time.monotonic() < until:
                    _answered(phone, one, said)
        except DecrocheError as error:
            log.warning("telephone %s: [%s] %s", one.phone, error.code, error)


def _answered(phone: SoftPhone, one: Somebody, said: list[Samples]) -> None:
    with suppress(NoCall):
        phone.wait_for_call(
            script(one, said), timeout=1, ring_ms=0 if one.kind == "busy" else RING_MS,
            decline="486 Busy Here" if one.kind == "busy" else "", max_seconds=SECONDS,
        )  # fmt: skip
