"""Renders what a caller hears while a person is asked to take their call: `dialplan/sounds/music/waiting.wav`.

Four chords of soft bells over a pad that never falls silent: 8 kHz, 16 bit, mono, the end running into the beginning.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8_000
OUT = Path(__file__).parents[2] / "dialplan/sounds/music/waiting.wav"
CHORD_SECONDS, NOTE_SECONDS = 4.8, 0.6
CHORDS = ((261.6, 329.6, 392.0, 523.3), (220.0, 261.6, 329.6, 440.0), (174.6, 261.6, 349.2, 440.0),
          (196.0, 293.7, 392.0, 493.9))  # fmt: skip
"""Hz: C, A minor, F, G."""
ORDER = (0, 2, 1, 3, 2, 1, 3, 2)


def bell(hz: float) -> NDArray[np.float64]:
    """A note that fades in three seconds."""
    at = np.arange(int(3.0 * RATE)) / RATE
    rise = np.minimum(1.0, at / 0.02)
    tone = np.sin(2 * np.pi * hz * at) + 0.3 * np.sin(4 * np.pi * hz * at) * np.exp(-3 * at)
    return rise * np.exp(-1.8 * at) * tone


def music() -> NDArray[np.float64]:
    """The loop, at most 1."""
    length = int(CHORD_SECONDS * RATE)
    out = np.zeros(length * len(CHORDS))
    at, whole = np.arange(length) / RATE, len(out)
    for place, chord in enumerate(CHORDS):
        swell = 0.75 + 0.25 * np.sin(np.pi * at / CHORD_SECONDS)
        edge = np.minimum(1.0, np.minimum(at, CHORD_SECONDS - at) / 0.08 + 0.4)
        pad = sum(np.sin(2 * np.pi * hz * at) for hz in chord[:3])
        out[place * length : (place + 1) * length] += 0.28 * swell * edge * pad
        for step, note in enumerate(ORDER):
            begin = place * length + int(step * NOTE_SECONDS * RATE)
            tone = bell(chord[note] * 2)
            np.add.at(out, (np.arange(len(tone)) + begin) % whole, 0.6 * tone)
    return out / np.abs(out).max()


def main() -> None:
    """Write the file."""
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(OUT), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((music() * 9_000).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
