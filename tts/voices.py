"""Which voice speaks a language on this machine, and why."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from store.base.settings import settings
from store.weights import catalogue, folder, present
from tts import pico
from tts.base import UnknownVoice, Voice, VoiceMissing
from tts.cache import CachedVoice
from tts.piper import PiperVoice

LANGUAGES = ("fr", "en")
"""Languages an agent may speak."""

_PICO = {"fr": ("fr-FR",), "en": ("en-GB", "en-US")}


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that is known here. `name` is what the settings and `--voice` take."""

    name: str
    engine: str
    language: str
    present: bool
    used: bool
    note: str


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
            _ready[info.name] = CachedVoice(_load(info))
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
        rows += [
            VoiceInfo(i.name, i.engine, i.language, i.present, i.present and i.name == used, i.note) for i in found
        ]
    return rows


def checks() -> list[VoiceCheck]:
    """What `doctor` needs to say: the voice used in each language, and why not a better one."""
    return [_check(language) for language in LANGUAGES]


def _check(language: str) -> VoiceCheck:
    wanted, tongue = _wanted(language), {"fr": "French", "en": "English"}[language]
    found = _of(language)
    if wanted and not any(i.name == wanted and i.present for i in found):
        hint = f"decroche models pull {wanted}, or clear tts.voice_{language}"
        return VoiceCheck(language, False, wanted, f"{wanted} is set, and is not on this machine", hint)
    best = _best(language)
    if best is None:
        hint = "scripts/setup (pico), or decroche models pull"
        return VoiceCheck(language, False, "", f"no {tongue} voice on this machine", hint)
    if wanted:
        return VoiceCheck(language, True, wanted, f"{wanted}, as set", "")
    if best.engine == "pico":
        piper = next(i.name for i in found if i.engine == "piper")
        note = f"no {tongue} Piper voice is here; {best.name} is used"
        return VoiceCheck(language, True, best.name, note, f"decroche models pull {piper}")
    return VoiceCheck(language, True, best.name, f"{best.name}: {best.note}", "")


def _wanted(language: str) -> str:
    return {"fr": settings().tts.voice_fr, "en": settings().tts.voice_en}.get(language, "")


def _of(language: str) -> list[VoiceInfo]:
    """The voices of a language, best first: Piper's as the catalogue orders them, then Pico's."""
    piper = [
        VoiceInfo(m.name, "piper", language, present(m.name), False, m.about)
        for m in sorted(catalogue().values(), key=lambda m: not m.default)
        if m.use == "tts" and language in m.languages
    ]
    small = [
        VoiceInfo(f"pico-{n}", "pico", language, _pico_present(n), False, "SVOX Pico, small and quick")
        for n in _PICO.get(language, ())
    ]
    return piper + small


def _pico_present(name: str) -> bool:
    return pico.find_library() is not None and pico.find_lingware(name) is not None


def _best(language: str) -> VoiceInfo | None:
    return next((info for info in _of(language) if info.present), None)


def _named(name: str) -> VoiceInfo:
    every = [info for language in LANGUAGES for info in _of(language)]
    for info in every:
        if info.name == name:
            return info
    raise UnknownVoice(f"no voice is called {name!r}", hint=f"one of {', '.join(i.name for i in every)}")


def _load(info: VoiceInfo) -> Voice:
    if info.engine == "pico":
        return pico.PicoVoice(info.name.removeprefix("pico-"))
    return PiperVoice(_onnx(info.name))


def _onnx(name: str) -> Path:
    if not present(name):
        raise VoiceMissing(f"voice {name} is not in {folder(name)}", hint=f"decroche models pull {name}")
    return next(iter(sorted(folder(name).glob("*.onnx"))))
