# pyright: basic
"""Piper in process: neural voices (VITS, ONNX), sentence by sentence, resampled to 16 kHz.

espeak-ng, which gives Piper its phonemes, is one per process and locked by the library for the
millisecond it takes; the network itself runs for many calls at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from store.base.settings import settings
from store.weights import catalogue, folder, present
from tts.base import SAMPLE_RATE, Capabilities, Engine, TtsError, Voice, VoiceInfo, VoiceMissing
from tts.normalise import normalise
from tts.pcm import Edges, Resampler, amplify, pause_after, to_bytes
from tts.threads import in_threads

_GAIN = 2.04
"""Brings Piper's speech, unnormalised, to the loudness of every voice here (`tts/loudness.py`). Its own normalisation
to the peak of each sentence is not used: it makes a short "oui" 4 dB louder than the sentence after it."""

_BLOCK = 4096
_ESPEAK = {"fr-fr": "fr"}
"""espeak voice names that the bundled espeak-ng does not have, and what it calls them."""


def _session(model: Path, device: str):
    """The network. Its threads sleep when idle: spinning ones would steal the two cores from the ear."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = max(1, min(4, os.cpu_count() or 1))
    options.log_severity_level = 3
    wanted = ["CPUExecutionProvider"]
    if device == "cuda":
        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise TtsError(
                'device = "cuda", but this onnxruntime has no CUDA',
                hint="install onnxruntime-gpu, or set device to cpu",
            )
        wanted = [("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"}), *wanted]
    return onnxruntime.InferenceSession(str(model), sess_options=options, providers=wanted)


class PiperVoice(Voice):
    """A Piper voice, from its `.onnx` (and the `.onnx.json` beside it)."""

    engine = "piper"
    capabilities = Capabilities(streaming=False)

    def __init__(self, model: Path, *, device: str | None = None) -> None:
        """`device`: cpu or cuda; by default the setting. Raises VoiceMissing or TtsError."""
        from piper import PiperVoice as Library
        from piper.config import PiperConfig

        self.name = model.name.removesuffix(".onnx")
        try:
            config = json.loads(Path(f"{model}.json").read_text(encoding="utf-8"))
            voice = str(config["espeak"]["voice"])
            config["espeak"]["voice"] = _ESPEAK.get(voice, voice)
            self._piper = Library(
                config=PiperConfig.from_dict(config), session=_session(model, device or settings().device)
            )
        except FileNotFoundError as error:
            raise VoiceMissing(f"{error.filename}: no such file", hint="decroche models pull") from error
        except TtsError:
            raise
        except Exception as error:  # the file is damaged: json, the config and the network say so each its way
            raise TtsError(f"{model}: {error}", hint="decroche models pull", code="tts.model_damaged") from error
        self.language = voice[:2]
        self.version = f"2:{model.stat().st_size}-{Path(f'{model}.json').stat().st_size}"
        self._rate = self._piper.config.sample_rate
        self._executor = ThreadPoolExecutor(4, thread_name_prefix="piper")

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        """See Voice."""
        async for piece in in_threads(self._executor, self._speak(text)):
            yield piece

    def _speak(self, text: str) -> Generator[bytes]:
        words = normalise(text, self.language)
        if not any(character.isalnum() for character in words):
            return
        for phonemes in self._piper.phonemize(words):
            if phonemes:
                yield from self._sentence(self._piper.phonemes_to_ids(phonemes), pause_after("".join(phonemes)))

    def _sentence(self, ids: list[int], tail: float) -> Generator[bytes]:
        edges, resampler = Edges(SAMPLE_RATE, tail=tail), Resampler(self._rate, SAMPLE_RATE)
        for samples in self._audio(ids):
            yield to_bytes(edges.push(amplify(resampler.push(samples), _GAIN)))
        yield to_bytes(np.concatenate([edges.push(amplify(resampler.flush(), _GAIN)), edges.flush()]))

    def _audio(self, ids: list[int]) -> Generator[np.ndarray]:
        """The network's sound at its own rate."""
        try:
            audio = np.asarray(self._piper.phoneme_ids_to_audio(ids), np.float32).reshape(-1)
        except Exception as error:  # onnxruntime raises its own kinds, and RuntimeError for lack of memory
            raise TtsError(f"piper {self.name}: {error}", hint="decroche doctor") from error
        for start in range(0, len(audio), _BLOCK * 4):
            yield audio[start : start + _BLOCK * 4]

    async def close(self) -> None:
        """Free the threads; the network goes with its last user."""
        self._executor.shutdown(wait=False)


def _voices(language: str) -> list[VoiceInfo]:
    """The catalogue's, its default first."""
    models = sorted(catalogue().values(), key=lambda model: not model.default)
    return [
        VoiceInfo(model.name, "piper", language, present(model.name), False, model.about)
        for model in models
        if model.use == "tts" and model.engine in ("", "piper") and language in model.languages
    ]


def _open(name: str) -> PiperVoice:
    if not present(name):
        raise VoiceMissing(f"voice {name} is not in {folder(name)}", hint=ENGINE.hint.format(name=name))
    return PiperVoice(next(iter(sorted(folder(name).glob("*.onnx")))))


ENGINE = Engine(_voices, _open, "decroche models pull {name}")
