"""Which voice speaks a language on this machine, and why."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from store.base.settings import settings
from tts import kokoro, pico, piper, wyoming_voice
from tts.backed import BackedVoice
from tts.base import Engine, UnknownVoice, VoiceInfo, VoiceMissing
from tts.cache import CachedVoice
from tts.pace import pace
from tts.wyoming_voice import WyomingVoice

LANGUAGES = ("fr", "en")
"""Languages an agent may speak."""

ENGINES: dict[str, Engine] = {
    "wyoming": wyoming_voice.ENGINE, "piper": piper.ENGINE, "kokoro": kokoro.ENGINE, "pico": pico.ENGINE
}  # fmt: skip
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
    Loading a Piper voice takes about a second, measuring a heavy one some seconds (once a machine): call it at start,
    or in a thread.
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
            _ready[info.name] = _opened(info)
        return _ready[info.name]


def _opened(info: VoiceInfo) -> CachedVoice:
    """The voice, with its memory; behind one of other machines stands the best of this one, loaded when needed."""
    opened = ENGINES[info.engine].open(info.name)
    if not isinstance(opened, WyomingVoice):
        return CachedVoice(opened)
    here = _best(info.language, here=True) if settings().tts.local else None
    return BackedVoice(opened, (lambda: voice(info.language, here.name)) if here else None)


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
        best = None if wanted else _best(language)
        used = best.name if best else wanted
        rows += [replace(info, used=info.present and info.name == used) for info in found]
    return rows


def checks() -> list[VoiceCheck]:
    """What `doctor` needs to say: the voice used in each language, and why not a better one."""
    return [_check(language) for language in LANGUAGES]


def _check(language: str) -> VoiceCheck:
    wanted, tongue = _wanted(language), {"fr": "French", "en": "English"}[language]
    found = [info for info in _of(language) if info.present or not ENGINES[info.engine].far or info.name == wanted]
    if wanted and not any(i.name == wanted and i.present for i in found):
        hint = f"{_how(wanted, found)}, or clear tts.voice_{language}"
        return VoiceCheck(language, False, wanted, f"{wanted} is set, and is not on this machine", hint)
    best = _best(language)
    if best is None:
        hint = "scripts/setup (pico), or decroche models pull"
        return VoiceCheck(language, False, "", f"no {tongue} voice on this machine", hint)
    if wanted:
        return VoiceCheck(language, True, wanted, f"{wanted}, as set", "")
    passed = found[: found.index(best)]
    why = "; ".join(_passed_over(info, tongue) for info in passed if info.engine != best.engine)
    note = f"{why}; {best.name} is used{_cost(best)}" if why else f"{best.name}: {best.note}{_cost(best)}"
    lacking = [_how(info.name, found) for info in passed if not info.present and info.engine != best.engine]
    enough = best.engine == "kokoro"  # as natural as what is lacking: nothing to mend
    return VoiceCheck(language, True, best.name, note, "" if enough else ", or ".join(lacking))


def _passed_over(info: VoiceInfo, tongue: str) -> str:
    """Why a better voice is not the one used."""
    if not info.present:
        return f"no {tongue} {info.engine.capitalize()} voice is here"
    return f"{info.name} is too slow here ({_pace(info):.2f} x real time, {ENGINES[info.engine].limit} at most)"


def _cost(info: VoiceInfo) -> str:
    """What a heavy voice was found to cost."""
    return f", {_pace(info):.2f} x real time as measured here" if ENGINES[info.engine].limit else ""


def _pace(info: VoiceInfo) -> float:
    engine = ENGINES[info.engine]
    return pace(info.name, engine.open, engine.limit)


def _wanted(language: str) -> str:
    return {"fr": settings().tts.voice_fr, "en": settings().tts.voice_en}.get(language, "")


def _of(language: str) -> list[VoiceInfo]:
    """The voices of a language, best first: engine by engine, each in its own order."""
    return [info for engine in ENGINES.values() for info in engine.voices(language)]


def _how(name: str, found: list[VoiceInfo]) -> str:
    """What to type to have a voice."""
    engine = next((info.engine for info in found if info.name == name), next(iter(ENGINES)))
    return ENGINES[engine].hint.format(name=name)


def _best(language: str, *, here: bool = False) -> VoiceInfo | None:
    """The first that is present and quick enough; `here`: of those of this machine."""
    every = [info for info in _of(language) if not (here and ENGINES[info.engine].far)]
    return next((info for info in every if info.present and _quick_enough(info)), None)


def _quick_enough(info: VoiceInfo) -> bool:
    limit = ENGINES[info.engine].limit
    return not limit or _pace(info) < limit


def _named(name: str) -> VoiceInfo:
    every = [info for language in LANGUAGES for info in _of(language)]
    for info in every:
        if info.name == name:
            return info
    raise UnknownVoice(f"no voice is called {name!r}", hint=f"one of {', '.join(i.name for i in every)}")
