# pyright: basic
"""ONNX Runtime, fenced: small models that run on one core, in microseconds to milliseconds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr.base import AsrError

Arrays = dict[str, NDArray[np.float32]]


class Session:
    """One loaded model; `run` may be called from many threads at once."""

    def __init__(self, path: Path) -> None:
        """Raises AsrError when the file is no model."""
        import onnxruntime as ort

        options = ort.SessionOptions()
        # More threads gain nothing on models this small, and would fight with Whisper's for the cores.
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own exceptions share no base class
            raise AsrError(f"{path}: {error}", hint="decroche models verify", code="model_damaged") from error

    def run(self, inputs: Arrays) -> list[NDArray[np.float32]]:
        """The model's outputs, in its own order."""
        return [np.asarray(out, dtype=np.float32) for out in self._session.run(None, inputs)]


@cache
def session(path: Path) -> Session:
    """The session of a model file, loaded once in a process."""
    return Session(path)
