"""Which voice speaks a language on this machine, and why."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from store.base.settings import settings
from tts import pico, piper
from tts.base import Engine, UnknownVoice, VoiceInfo, VoiceMissing
from tts.cache import CachedVoice

LANGUAGES = ("fr", "en")
"""Languages an agent may speak."""

ENGINES: dict[str, Engine] = {"piper": piper.ENGINE, "pico": pico.ENGINE}
"""The engines, best first. Another is one file with its `ENGINE`, one row here, and the contract in tests/contract/."""


@dataclass(frozen=True, slots=True)
class VoiceCheck:
    """What `doctor` says of one language: `ok` when a voice speaks it; `note` says which and why."""

    language: str
    ok: bool
    voice: str
    note: str
    hint: str


_ready: dict[str, CachedVoice] = {}
_lock = threading.Lock()


def voice(language: str, name: str = "") -> CachedVoice:
    """The process's voice for `language` (`fr`, `fr-FR`, `en` …): `name`, else the setting, else the best present.

    It remembers ready speech (`prepare`, or `speak` with `ready`).
    The same object is given each time: the models are loaded once. Raises UnknownVoice, VoiceMissing or TtsError.
    Loading a Piper voice takes about a second: call it at start, or in a thread.
    """
    language = language[:2].lower()
    chosen = name or _wanted(language)
    info = _named(chosen) if chosen else _best(language)
    if info is None:
        raise VoiceMissing(
            f"no voice speaks {language!r} on this machine",
            hint="scripts/setup (pico), or decroche models pull",
        )
    with _lock:
        if info.name not in _ready:
            _ready[info.name] = CachedVoice(ENGINES[info.engine].open(info.name))
        return _ready[info.name]


async def close() -> None:
    """Free every voice that `voice` has given."""
    with _lock:
        voices = list(_ready.values())
        _ready.clear()
    for each in voices:
        await each.close()


def known() -> list[VoiceInfo]:
    """Every voice of the catalogue, best first in each language, with whether it is here and used."""
    rows: list[VoiceInfo] = []
    for language in LANGUAGES:
        found = _of(language)
        wanted = _wanted(language)
        used = wanted or next((info.name for info in found if info.present), "")
        rows += [replace(info, used=info.present and info.name == used) for info in found]
    return rows


def checks() -> list[VoiceCheck]:
    """What `doctor` needs to say: the voice used in each language, and why not a better one."""
    return [_check(language) for language in LANGUAGES]


def _check(language: str) -> VoiceCheck:
    wanted, tongue = _wanted(language), {"fr": "French", "en": "English"}[language]
    found = _of(language)
    if wanted and not any(i.name == wanted and i.present for i in found):
        hint = f"{_how(wanted, found)}, or clear tts.voice_{language}"
        return VoiceCheck(language, False, wanted, f"{wanted} is set, and is not on this machine", hint)
    best = _best(language)
    if best is None:
        hint = "scripts/setup (pico), or decroche models pull"
        return VoiceCheck(language, False, "", f"no {tongue} voice on this machine", hint)
    if wanted:
        return VoiceCheck(language, True, wanted, f"{wanted}, as set", "")
    better = found[0]
    if better.engine != best.engine:
        note = f"no {tongue} {better.engine.capitalize()} voice is here; {best.name} is used"
        return VoiceCheck(language, True, best.name, note, _how(better.name, found))
    return VoiceCheck(language, True, best.name, f"{best.name}: {best.note}", "")


def _wanted(language: str) -> str:
    return {"fr": settings().tts.voice_fr, "en": settings().tts.voice_en}.get(language, "")


def _of(language: str) -> list[VoiceInfo]:
    """The voices of a language, best first: engine by engine, each in its own order."""
    return [info for engine in ENGINES.values() for info in engine.voices(language)]


def _how(name: str, found: list[VoiceInfo]) -> str:
    """What to type to have a voice."""
    engine = next((info.engine for info in found if info.name == name), next(iter(ENGINES)))
    return ENGINES[engine].hint.format(name=name)


def _best(language: str) -> VoiceInfo | None:
    return next((info for info in _of(language) if info.present), None)


def _named(name: str) -> VoiceInfo:
    every = [info for language in LANGUAGES for info in _of(language)]
    for info in every:
        if info.name == name:
            return info
    raise UnknownVoice(f"no voice is called {name!r}", hint=f"one of {', '.join(i.name for i in every)}")
