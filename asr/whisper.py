# pyright: basic
"""Whisper in CTranslate2, fenced: one pass over one window, with the measures of how sure it is.

Whisper was trained on windows of 30 s, and its usual callers pad every utterance to that. The encoder
itself takes shorter windows; what the speech must keep is some seconds of silence after it, or the
decoder does not find the end and says everything again. `window` is that choice, made by the caller.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr import doubt
from asr.base import SAMPLE_RATE, AsrError, Pcm
from asr.mel import FRAMES_PER_SECOND, HOP, log_mel

LONGEST = 30.0
"""Seconds of audio that Whisper can see at once."""
HOTWORD_TOKENS = 80
"""Each costs time in the decoder; a call's names rarely need more."""
TOKENS_PER_SECOND = 10
TOKENS_AT_LEAST = 24
"""Together: more text than anyone says in that time. A pass that reaches it has lost its way."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass heard. `logprob`: mean of the tokens' (≤ 0); `cut`: stopped at the longest text."""

    text: str
    logprob: float
    no_speech: float
    cut: bool


def wanted() -> bool:
    """Nobody gave it up: the text is awaited."""
    return False


def likelier(first: Pass, again: Pass) -> Pass:
    """The pass whose text is the likelier, unless it lost its way where the other did not."""
    return max(first, again, key=lambda heard: (not heard.cut, heard.logprob))


class Whisper:
    """A loaded model. `hear` may be called from as many threads as there are `workers`."""

    def __init__(self, folder: Path, *, device: str = "cpu", threads: int = 0, workers: int = 1) -> None:
        """`threads`: cores for one utterance, 0 for a fair share. Raises AsrError when it cannot be loaded."""
        import ctranslate2
        import tokenizers
        from faster_whisper.tokenizer import Tokenizer

        cores = len(os.sched_getaffinity(0))
        try:
            self._model = ctranslate2.models.Whisper(
                str(folder),
                device=device,
                compute_type="int8" if device == "cpu" else "float16",
                intra_threads=threads or max(1, cores // workers),
                inter_threads=workers,
            )
            words = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the library raises RuntimeError, ValueError or its own, by fault
            hint = f"decroche models verify {folder.name}" if device == "cpu" else "decroche doctor"
            raise AsrError(f"{folder}: {error}", hint=hint, code="model_damaged", retryable=False) from error
        self._view = ctranslate2.StorageView.from_array
        self._words = words
        self._tokenizers = {
            language: Tokenizer(words, True, task="transcribe", language=language) for language in ("fr", "en")
        }

    def hear(
        self, pcm: Pcm, *, language: str, window: float, beam: int, closer: int = 0, hotwords: Sequence[str] = (),
        given_up: Callable[[], bool] = wanted,
    ) -> Pass:  # fmt: skip
        """One pass over `window` seconds (at most 30), beginning with `pcm`. Raises AsrError.

        `closer`: the beam with which it is decoded once more where the first text is unlikely (`doubt.UNSURE`). The
        sound is encoded once, which is most of the work; the likelier text is kept. `given_up`: asked between the
        parts of the work; where nobody wants the text any more, the rest is left undone.
        """
        tokenizer = self._tokenizers.get(language)
        if tokenizer is None:
            raise AsrError(f"cannot listen in {language!r}", hint="languages: fr, en", retryable=False)
        prompt = [*self._expect(hotwords, tokenizer), *tokenizer.sot_sequence, tokenizer.no_timestamps]
        most = TOKENS_AT_LEAST + int(TOKENS_PER_SECOND * pcm.size / SAMPLE_RATE)
        try:
            encoded = self._model.encode(self._view(self._features(pcm, window)))
            if given_up():
                return Pass("", 0.0, 1.0, cut=False)
            first = self._decode(encoded, tokenizer, prompt, beam, most)
            if closer <= beam or given_up() or first.logprob >= doubt.UNSURE:
                return first
            return likelier(first, self._decode(encoded, tokenizer, prompt, closer, most))
        except (RuntimeError, ValueError) as error:
            raise AsrError(f"Whisper failed: {error}", hint="decroche doctor") from error

    def _decode(self, encoded, tokenizer, prompt: list[int], beam: int, most: int) -> Pass:
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=beam,
            # The library stops at half of this, or at this less the prompt, whichever is less.
            max_length=min(448, max(2 * most, most + len(prompt))),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=[-1],
        )[0]
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        total = result.scores[0] * len(result.sequences_ids[0])
        return Pass(
            text=tokenizer.decode(tokens).strip(),
            logprob=min(0.0, total / (len(tokens) + 1)),
            no_speech=result.no_speech_prob,
            cut=len(tokens) >= min(most, 224),
        )

    def sounds(self, pcm: Pcm) -> dict[str, float]:
        """How much each language that is heard here is in `pcm`: language → share of 1. Raises AsrError."""
        try:
            found = self._model.detect_language(self._view(self._features(pcm, pcm.size / SAMPLE_RATE + 0.5)))[0]
        except (RuntimeError, ValueError) as error:
            raise AsrError(f"Whisper failed: {error}", hint="decroche doctor") from error
        known = {token.strip("<|>"): share for token, share in found if token.strip("<|>") in self._tokenizers}
        return {language: share / sum(known.values()) for language, share in known.items()}

    def close(self) -> None:
        """Free the weights."""
        self._model.unload_model()

    def _features(self, pcm: Pcm, window: float) -> np.ndarray:
        """Log-mel of exactly `window` seconds; an even number of frames, as the encoder halves them."""
        frames = int(min(window, LONGEST) * FRAMES_PER_SECOND) // 2 * 2
        padded = np.pad(pcm[: frames * HOP], (0, max(0, frames * HOP - pcm.size)))
        return log_mel(padded, mels=self._model.n_mels)[None]

    def _expect(self, hotwords: Sequence[str], tokenizer) -> list[int]:
        """Names, given as if they had just been said: Whisper spells what it has already seen."""
        if not hotwords:
            return []
        ids = self._words.encode(" " + ", ".join(hotwords) + ".", add_special_tokens=False).ids
        return [tokenizer.sot_prev, *ids[:HOTWORD_TOKENS]]
