"""Has the speaker finished? Smart Turn v3.2 listens to how the last 8 seconds end.

The model knows nothing of sample rates: 8 kHz audio given as 16 kHz sounds to it like a chipmunk in
half the time, and its answers become worthless without an error. Hence `complete(rate=…)`.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from asr.audio import resample
from asr.base import SAMPLE_RATE, Endpointer, Pcm
from asr.mel import log_mel
from asr.onnx import Session, session
from store import weights as models

SECONDS = 8
WINDOW = SECONDS * SAMPLE_RATE
FRAMES = 800
MODEL = "smart-turn-v3.2"
VARIANCE_FLOOR = 1e-7


class SmartTurn(Endpointer):
    """One instance serves every call."""

    def __init__(self, *, workers: int = 1) -> None:
        """Raises ModelMissing when the model is not on this machine."""
        self._session: Session = session(models.file(MODEL))
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="turn")

    async def complete(self, pcm: Pcm, *, rate: int = SAMPLE_RATE) -> float:
        """Probability (0–1) that the turn ending where `pcm` ends is complete; its last 8 s are used.

        `rate`: of `pcm`, in Hz; anything but 16 kHz is resampled first.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._probability, pcm, rate)

    async def close(self) -> None:
        """Stop the worker."""
        self._pool.shutdown(wait=False)

    def _probability(self, pcm: Pcm, rate: int) -> float:
        recent = pcm[-SECONDS * rate :]
        features = turn_features(resample(recent, rate))
        return float(self._session.run({"input_features": features[None]})[0].flat[0])


def turn_features(pcm: Pcm) -> NDArray[np.float32]:
    """Log-mel features (80 × 800) of the last 8 s, right-aligned: silence goes before the speech.

    As the model was trained: zero mean and unit variance over the padded window, then Whisper's log-mel.
    """
    recent = pcm[-WINDOW:]
    window = np.pad(recent, (WINDOW - recent.size, 0)).astype(np.float32)
    normal = (window - window.mean()) / np.sqrt(window.var() + VARIANCE_FLOOR)
    return log_mel(normal, mels=80)[:, :FRAMES]
