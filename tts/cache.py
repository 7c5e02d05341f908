"""Ready speech: what an agent always says, synthesised once and kept on disk and in memory.

Key: engine, voice, version and the normalised text. Entry: a header that tells a damaged file, then PCM.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

from store.base.settings import settings
from tts.base import Voice
from tts.normalise import normalise

_MAGIC = b"DCRV1\n"
_DIGEST = 16
_HEAD = len(_MAGIC) + _DIGEST
_PIECE = 16_000 * 2 // 5
_HOT_BYTES = 16 << 20


class SpeechCache:
    """PCM by key: memory first, then disk; the least recently used leave when it is full.

    Several processes may share the folder: a file is renamed into place whole, and never changed.
    """

    def __init__(self, folder: Path | None = None, *, most_bytes: int | None = None) -> None:
        """`folder`: by default in the cache folder; `most_bytes`: by default the setting tts.cache_mb."""
        self._folder = folder or settings().cache / "voice" / "ready"
        self._most = settings().tts.cache_mb * 1_000_000 if most_bytes is None else most_bytes
        self._hot: OrderedDict[str, bytes] = OrderedDict()
        self._hot_bytes = 0

    def get(self, key: str) -> bytes | None:
        """The PCM kept under `key`, or None. A damaged file counts as absent, and is removed."""
        if key in self._hot:
            self._hot.move_to_end(key)
            return self._hot[key]
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        pcm = data[_HEAD:]
        if data[:_HEAD] != _MAGIC + _checksum(pcm):
            path.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        self._warm(key, pcm)
        return pcm

    def put(self, key: str, pcm: bytes) -> None:
        """Keep `pcm`. A disk that is full or read-only is not an error: memory still has it."""
        self._warm(key, pcm)
        if self._most <= 0:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + _checksum(pcm) + pcm)
            Path(name).replace(self._path(key))
            self._trim()
        except OSError:
            return

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.pcm"

    def _warm(self, key: str, pcm: bytes) -> None:
        self._hot_bytes += len(pcm) - len(self._hot.pop(key, b""))
        self._hot[key] = pcm
        while self._hot_bytes > _HOT_BYTES and len(self._hot) > 1:
            self._hot_bytes -= len(self._hot.popitem(last=False)[1])

    def _trim(self) -> None:
        files = sorted(((f.stat().st_mtime_ns, f.stat().st_size, f) for f in self._folder.glob("*.pcm")), key=_age)
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total <= self._most:
                return
            path.unlink(missing_ok=True)
            total -= size


def _age(entry: tuple[int, int, Path]) -> int:
    return entry[0]


def _checksum(pcm: bytes) -> bytes:
    return hashlib.blake2b(pcm, digest_size=_DIGEST).digest()


class CachedVoice(Voice):
    """A voice that remembers. Anything once prepared or spoken as `ready` is heard again at once."""

    def __init__(self, voice: Voice, cache: SpeechCache | None = None) -> None:
        self.engine, self.name, self.language = voice.engine, voice.name, voice.language
        self.version, self.capabilities = voice.version, voice.capabilities
        self.voice, self._cache = voice, cache or SpeechCache()

    def key(self, text: str) -> str:
        """Under what `text` is kept. A final comma or stop counts: it changes the melody."""
        words = normalise(text, self.language) + text.rstrip()[-1:]
        parts = "\0".join([self.engine, self.name, self.language, self.voice.version, words])
        return hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:40]

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        """See Voice: what is kept is given from there, the rest is spoken and not kept."""
        async for piece in self.speak(text):
            yield piece

    async def speak(self, text: str, *, ready: bool = False) -> AsyncGenerator[bytes]:
        """As `stream`; with `ready`, what had to be spoken is kept once it was spoken to the end."""
        key = await asyncio.to_thread(self.key, text)
        kept = await asyncio.to_thread(self._cache.get, key)
        if kept is not None:
            for start in range(0, len(kept), _PIECE):
                yield kept[start : start + _PIECE]
            return
        pieces: list[bytes] = []
        async for piece in self.voice.stream(text):
            if ready:
                pieces.append(piece)
            yield piece
        if ready:
            await asyncio.to_thread(self._cache.put, key, b"".join(pieces))

    async def prepare(self, texts: Sequence[str]) -> None:
        """Synthesise and keep what is not yet kept. For greetings, before the first call."""
        for text in dict.fromkeys(texts):
            key = await asyncio.to_thread(self.key, text)
            if await asyncio.to_thread(self._cache.get, key) is None:
                await asyncio.to_thread(self._cache.put, key, await self.voice.say(text))

    async def close(self) -> None:
        """Free the voice."""
        await self.voice.close()
