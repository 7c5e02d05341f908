"""Is someone speaking? Silero VAD v6, one frame of 32 ms at a time.

The model sees 64 samples of the frame before with each frame of 512, and carries a recurrent state.
Each call has its own state (about 1.3 kB); all share one loaded model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr.base import BadAudio
from asr.onnx import Session, session
from store import weights as models

FRAME = 512
"""Samples in a frame: 32 ms at 16 kHz."""
CONTEXT = 64
STATE = (1, 1, 128)
MODEL = "silero-vad-v6"


class SileroVad:
    """The voice activity of one audio stream at 16 kHz."""

    def __init__(self) -> None:
        """Raises ModelMissing when the model is not on this machine."""
        self._session: Session = session(models.file(MODEL))
        self.reset()

    def reset(self) -> None:
        """Forget the stream, as if nothing had been heard."""
        self._h = np.zeros(STATE, dtype=np.float32)
        self._c = np.zeros(STATE, dtype=np.float32)
        self._input = np.zeros((1, CONTEXT + FRAME), dtype=np.float32)

    def push(self, frame: NDArray[np.int16] | NDArray[np.float32]) -> float:
        """Probability (0–1) that there is speech in the next 512 samples of the stream.

        int16 samples are full scale at 32768, float samples at 1. Raises BadAudio on any other length.
        """
        if frame.shape != (FRAME,):
            raise BadAudio(f"a VAD frame has {frame.shape} samples, not {FRAME}")
        scale = np.float32(1 / 32768) if frame.dtype == np.int16 else np.float32(1)
        self._input[0, :CONTEXT] = self._input[0, -CONTEXT:]
        self._input[0, CONTEXT:] = frame * scale
        out, self._h, self._c = self._session.run({"input": self._input, "h": self._h, "c": self._c})
        return float(out.flat[0])
