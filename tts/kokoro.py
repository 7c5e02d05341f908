# pyright: basic
"""Kokoro in process: a natural voice (StyleTTS 2, 82 M weights, int8 ONNX, 24 kHz), sentence by sentence.

Its phonemes are espeak-ng's, by the bridge that Piper brings; what it was taught with is the alphabet of its
`vocab.json`. It costs ten times what Piper does: `Engine.limit` keeps it from machines that are too slow for it.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from store.weights import catalogue, folder, model, present
from tts.base import SAMPLE_RATE, Capabilities, Engine, TtsError, Voice, VoiceInfo, VoiceMissing
from tts.normalise import normalise
from tts.pcm import Edges, Pcm, amplify, pause_after, resample, to_bytes
from tts.threads import in_threads

_RATE = 24_000
_GAIN = 1.06
"""Brings Kokoro's speech to the loudness of every voice here (`tts/loudness.py`): measured over five sentences."""

_STYLE = 256
_LONGEST = 400
"""Tokens of one run: the style has a row for up to 509, and the melody tires before."""


def _session(path: Path):
    """The network, on the processor even beside a GPU: its int8 steps have no kernel there, and would be copied to
    and fro. Its threads sleep when idle: spinning ones would steal the two cores from the ear."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = max(1, min(4, os.cpu_count() or 1))
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])


class KokoroVoice(Voice):
    """The Kokoro voice whose network, alphabet and style stand in a folder (`*.onnx`, `vocab.json`, `*.bin`)."""

    engine = "kokoro"
    capabilities = Capabilities(streaming=False)

    def __init__(self, where: Path, *, name: str, language: str) -> None:
        """`language`: as espeak-ng calls it. Raises VoiceMissing or TtsError."""
        self.name, self.language = name, language
        try:
            network, style = next(where.glob("*.onnx")), next(where.glob("*.bin"))
            self._ids: dict[str, int] = json.loads((where / "vocab.json").read_text(encoding="utf-8"))["vocab"]
            self._style = np.fromfile(style, "<f4").reshape(-1, 1, _STYLE)
            self._network = _session(network)
        except (StopIteration, FileNotFoundError) as error:
            raise VoiceMissing(f"{where}: a file is not there", hint=f"decroche models pull {name}") from error
        except Exception as error:  # the file is damaged: json, numpy and the network say so each its way
            hint = f"decroche models pull {name}"
            raise TtsError(f"{where}: {error}", hint=hint, code="tts.model_damaged") from error
        self.version = f"1:{network.stat().st_size}-{style.stat().st_size}"
        self._executor = ThreadPoolExecutor(2, thread_name_prefix="kokoro")

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        """See Voice."""
        async for piece in in_threads(self._executor, self._speak(text)):
            yield piece

    def _speak(self, text: str) -> Generator[bytes]:
        words = normalise(text, self.language)
        if not any(character.isalnum() for character in words):
            return
        for phonemes in _phonemes(words, self.language):
            for ids in _runs([self._ids[each] for each in phonemes if each in self._ids], self._ids[" "]):
                edges = Edges(SAMPLE_RATE, tail=pause_after(phonemes))
                audio = edges.push(amplify(resample(self._audio(ids), _RATE, SAMPLE_RATE), _GAIN))
                yield to_bytes(np.concatenate([audio, edges.flush()]))

    def _audio(self, ids: list[int]) -> Pcm:
        """The network's sound of one run of tokens, at its own rate; the style fits the run's length."""
        inputs = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": self._style[len(ids)],
            "speed": np.ones(1, np.float32),
        }
        try:
            return np.asarray(self._network.run(None, inputs)[0], np.float32).reshape(-1)
        except Exception as error:  # onnxruntime raises its own kinds, and RuntimeError for lack of memory
            raise TtsError(f"kokoro {self.name}: {error}", hint="decroche doctor") from error

    async def close(self) -> None:
        """Free the threads; the network goes with its last user."""
        self._executor.shutdown(wait=False)


def _phonemes(words: str, language: str) -> list[str]:
    """The phonemes of each sentence. espeak-ng has one voice a process, and crashes when it is begun a second time
    under somebody who uses it: its lock and its only phonemizer are Piper's."""
    from piper import voice as piper
    from piper.phonemize_espeak import EspeakPhonemizer

    with piper._ESPEAK_PHONEMIZER_LOCK:
        if piper._ESPEAK_PHONEMIZER is None:
            piper._ESPEAK_PHONEMIZER = EspeakPhonemizer()
        sentences = piper._ESPEAK_PHONEMIZER.phonemize(language, words)
    # Composed, and without espeak's hyphens (a liaison): so Kokoro's alphabet has them.
    return [unicodedata.normalize("NFC", "".join(each)).replace("-", "") for each in sentences]


def _runs(ids: list[int], space: int) -> Generator[list[int]]:
    """The tokens in runs that the network takes, cut between words where there are any."""
    while len(ids) > _LONGEST:
        cut = max((at for at in range(_LONGEST) if ids[at] == space), default=0) or _LONGEST
        yield ids[:cut]
        ids = ids[cut:]
    if ids:
        yield ids


def _voices(language: str) -> list[VoiceInfo]:
    return [
        VoiceInfo(entry.name, "kokoro", language, present(entry.name), False, entry.about)
        for entry in catalogue().values()
        if entry.engine == "kokoro" and language in entry.languages
    ]


def _open(name: str) -> KokoroVoice:
    if not present(name):
        raise VoiceMissing(f"voice {name} is not in {folder(name)}", hint=ENGINE.hint.format(name=name))
    return KokoroVoice(folder(name), name=name, language=model(name).languages[0])


ENGINE = Engine(_voices, _open, "decroche models pull {name}", limit=0.6)
