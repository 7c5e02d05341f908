"""A-law, the telephone's 8-bit sound (ITU-T G.711), to and from 16-bit samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


def _decoded(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = (mantissa << 4) + 8
    if exponent:
        size = (size + 0x100) << (exponent - 1)
    return size if code & 0x80 else -size


_DECODE = np.array([_decoded(code) for code in range(256)], dtype=np.int16)
_ORDER = np.argsort(_DECODE)
_EDGES = (_DECODE[_ORDER][:-1].astype(np.int32) + _DECODE[_ORDER][1:]) / 2

SILENCE = 0xD5
"""The code of the quietest sample."""


def decode(codes: bytes) -> Samples:
    """One 16-bit sample per byte."""
    return _DECODE[np.frombuffer(codes, np.uint8)]


def encode(samples: Samples) -> bytes:
    """One byte per sample: the nearest of the 256 values."""
    return _ORDER[np.searchsorted(_EDGES, samples)].astype(np.uint8).tobytes()
