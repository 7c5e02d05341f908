# pyright: basic
"""SVOX Pico, through its C library: small, quick voices (fr-FR, en-GB, en-US) at 16 kHz.

The library keeps no lock around a system's memory, so each engine has a system of its own; an engine
serves one clause at a time and goes back to a small pool. Constants and calls: picoapi.h (Apache-2.0).
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from store.base.settings import settings
from tts.base import SAMPLE_RATE, Capabilities, Engine, TtsError, Voice, VoiceInfo, VoiceMissing
from tts.normalise import normalise
from tts.pcm import Edges, amplify, pause_after, to_bytes
from tts.threads import in_threads

LINGWARE = {
    "fr-FR": ("fr-FR_ta.bin", "fr-FR_nk0_sg.bin"),
    "en-GB": ("en-GB_ta.bin", "en-GB_kh0_sg.bin"),
    "en-US": ("en-US_ta.bin", "en-US_lh0_sg.bin"),
}
"""Text analysis and signal generation files of each voice."""

_LIBRARY = "libttspico.so.0"
_MEMORY = 2_500_000
_IDLE, _BUSY = 200, 201
_PART = re.compile(r".{1,240}(?:\s|$)|.{1,240}")
_PIECE = SAMPLE_RATE // 10 * 2
_IDLE_ENGINES = 4
_STEPS_PER_BYTE, _STEPS_AT_LEAST = 1_500, 10_000
_GAIN = {"fr-FR": 0.99, "en-GB": 0.86, "en-US": 0.88}
"""Brings each to the loudness of every voice here (`tts/loudness.py`): measured over five sentences."""

# Hundreds of letters without a space make Pico spin for ever: words are cut, text is given in parts, and
# the steps a part may take are bounded (about 280 a character were measured).
# Pico reads <tags> as its own markup and backslashes as escapes; control characters make it stop.
_LONG_WORD = re.compile(r"(\S{30})(?=\S)")
_UNSAFE = re.compile(r"[<>\\\x00-\x1f\x7f-\x9f\ufffe\uffff]|[\U00010000-\U0010ffff]|[\ud800-\udfff]")


def _roots() -> tuple[Path, ...]:
    return settings().cache / "asterisk-root" / "usr", Path("/usr")


def find_library() -> Path | None:
    """The C library: in the cached Debian root, else the system's."""
    for root in _roots():
        for folder in ("lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64", "lib"):
            path = root / folder / _LIBRARY
            if path.exists():
                return path
    return None


def find_lingware(name: str) -> tuple[Path, Path] | None:
    """The two files of voice `name` (`fr-FR`), or None."""
    for root in _roots():
        files = tuple(root / "share/pico/lang" / file for file in LINGWARE[name])
        if all(file.exists() for file in files):
            return files[0], files[1]
    return None


@cache
def _library(path: Path) -> ctypes.CDLL:
    """The library with its signatures declared: a wrong width here is a crash there."""
    lib = ctypes.CDLL(str(path))
    handle, text, i16 = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int16
    signatures = {
        "pico_initialize": [handle, ctypes.c_uint32, ctypes.POINTER(handle)],
        "pico_terminate": [ctypes.POINTER(handle)],
        "pico_loadResource": [handle, text, ctypes.POINTER(handle)],
        "pico_getResourceName": [handle, handle, text],
        "pico_createVoiceDefinition": [handle, text],
        "pico_addResourceToVoiceDefinition": [handle, text, text],
        "pico_newEngine": [handle, text, ctypes.POINTER(handle)],
        "pico_disposeEngine": [handle, ctypes.POINTER(handle)],
        "pico_putTextUtf8": [handle, text, i16, ctypes.POINTER(i16)],
        "pico_getData": [handle, handle, i16, ctypes.POINTER(i16), ctypes.POINTER(i16)],
    }
    for name, arguments in signatures.items():
        function = getattr(lib, name)
        function.argtypes, function.restype = arguments, ctypes.c_int32
    return lib


class _Engine:
    """One Pico system with one engine in it."""

    def __init__(self, lib: ctypes.CDLL, files: tuple[Path, Path]) -> None:
        self._lib = lib
        self._memory = ctypes.create_string_buffer(_MEMORY)
        self._system, self._engine = ctypes.c_void_p(), ctypes.c_void_p()
        self._check(lib.pico_initialize(self._memory, _MEMORY, ctypes.byref(self._system)), "initialize")
        self._check(lib.pico_createVoiceDefinition(self._system, b"v"), "createVoiceDefinition")
        for file in files:
            resource, name = ctypes.c_void_p(), ctypes.create_string_buffer(256)
            self._check(lib.pico_loadResource(self._system, str(file).encode(), ctypes.byref(resource)), file.name)
            self._check(lib.pico_getResourceName(self._system, resource, name), file.name)
            self._check(lib.pico_addResourceToVoiceDefinition(self._system, b"v", name.value), file.name)
        self._check(lib.pico_newEngine(self._system, b"v", ctypes.byref(self._engine)), "newEngine")

    @staticmethod
    def _check(status: int, what: str) -> None:
        if status != 0:
            raise TtsError(
                f"pico: {what} failed with status {status}", hint="run `decroche doctor`, then `scripts/setup`"
            )

    def speak(self, text: str) -> Generator[bytes]:
        """Raw PCM in pieces of about 100 ms."""
        piece = bytearray()
        for part in _PART.findall(text):
            raw = part.encode() + b"\0"  # the zero tells Pico to say all it was given
            while raw:
                put = ctypes.c_int16()
                status = self._lib.pico_putTextUtf8(self._engine, raw, len(raw), ctypes.byref(put))
                self._check(status, "putTextUtf8")
                got = yield from self._drain(piece, _STEPS_AT_LEAST + _STEPS_PER_BYTE * len(raw))
                if put.value == 0 and not got:
                    raise TtsError("pico: takes no more text", hint="this is a fault of the library")
                raw = raw[put.value :]
        yield bytes(piece)

    def _drain(self, piece: bytearray, steps: int) -> Generator[bytes, None, bool]:
        """Everything the engine can say of what it was given; whether there was any."""
        buffer = ctypes.create_string_buffer(4096)
        size, kind, some = ctypes.c_int16(), ctypes.c_int16(), False
        for _ in range(steps):
            status = self._lib.pico_getData(self._engine, buffer, len(buffer), ctypes.byref(size), ctypes.byref(kind))
            if size.value > 0:
                piece += ctypes.string_at(buffer, size.value)
                some = True
            if len(piece) >= _PIECE:
                yield bytes(piece)
                piece.clear()
            if status == _IDLE:
                return some
            if status != _BUSY:
                raise TtsError(f"pico: getData failed with status {status}")
        raise TtsError("pico: works without end on this text", hint="this is a fault of the library")

    def dispose(self) -> None:
        """Give the memory back."""
        self._lib.pico_disposeEngine(self._system, ctypes.byref(self._engine))
        self._lib.pico_terminate(ctypes.byref(self._system))


class PicoVoice(Voice):
    """A Pico voice; `name` is one of LINGWARE. Raises VoiceMissing when its files are not here."""

    engine = "pico"
    capabilities = Capabilities(streaming=True)

    def __init__(self, name: str = "fr-FR") -> None:
        library, files = find_library(), find_lingware(name) if name in LINGWARE else None
        if library is None or files is None:
            raise VoiceMissing(
                f"pico voice {name}: {_LIBRARY} or its lingware is not on this machine",
                hint="run `scripts/setup`, or install libttspico0 and libttspico-data (Debian non-free)",
            )
        self.name, self.language = name, name[:2]
        self.version = f"2:{files[0].stat().st_size}-{files[1].stat().st_size}"
        self._lib, self._files = _library(library), files
        self._executor = ThreadPoolExecutor(4, thread_name_prefix="pico")
        self._lock = threading.Lock()
        self._idle: list[_Engine] = []

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        """See Voice."""
        async for piece in in_threads(self._executor, self._speak(text)):
            yield piece

    def _speak(self, text: str) -> Generator[bytes]:
        words = _LONG_WORD.sub(r"\1 ", _UNSAFE.sub(" ", normalise(text, self.language))).strip()
        if not any(character.isalnum() for character in words):
            return
        edges = Edges(SAMPLE_RATE, tail=pause_after(words))
        engine = self._take()
        finished = False
        try:
            for raw in engine.speak(words):
                samples = np.frombuffer(raw, "<i2").astype(np.float32) / np.float32(32768)
                yield to_bytes(edges.push(amplify(samples, _GAIN[self.name])))
            finished = True
            yield to_bytes(edges.flush())
        finally:
            self._give(engine, usable=finished)

    def _take(self) -> _Engine:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Engine(self._lib, self._files)

    def _give(self, engine: _Engine, *, usable: bool) -> None:
        """Back to the pool; an engine stopped half way holds text, and making a new one takes 10 ms."""
        with self._lock:
            if usable and len(self._idle) < _IDLE_ENGINES:
                self._idle.append(engine)
                return
        engine.dispose()

    async def close(self) -> None:
        """Free the engines that rest; those speaking are freed when they end."""
        with self._lock:
            idle, self._idle = self._idle, []
        for engine in idle:
            engine.dispose()
        self._executor.shutdown(wait=False)


_SPOKEN = {"fr": ("fr-FR",), "en": ("en-GB", "en-US")}
"""The voices of a language, best first."""


def _voices(language: str) -> list[VoiceInfo]:
    here = find_library() is not None
    return [
        VoiceInfo(
            f"pico-{name}", "pico", language, here and find_lingware(name) is not None, False,
            "SVOX Pico, small and quick",
        )
        for name in _SPOKEN.get(language, ())
    ]  # fmt: skip


def _open(name: str) -> PicoVoice:
    return PicoVoice(name.removeprefix("pico-"))


ENGINE = Engine(_voices, _open, "scripts/setup (pico)")
