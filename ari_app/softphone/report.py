"""What a call was like at the caller's ear: the report, as data, JSON and recordings."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ari_app.softphone.g711 import Samples
from ari_app.softphone.measure import RATE, Frame, Span, place, reply_ms, spans, went_on_ms
from store.base.errors import BadInput, reason


@dataclass(frozen=True, slots=True)
class UtteranceReport:
    """One thing the caller said. Times in ms since the answer; `reply_ms`, `went_on_ms`: see measure.py.

    `reply_ms` is None when nothing came back before the caller spoke again.
    """

    note: str
    when: str
    digits: str
    from_ms: float | None
    to_ms: float | None
    reply_ms: float | None
    went_on_ms: float | None


@dataclass(slots=True)
class CallReport:
    """A call as its caller (or the phone that was called) lived it. Times in ms.

    `status`: the last SIP status. `answered_ms`: from dialling to the answer. `first_voice_ms`: from the
    answer to the far end's first voiced sample; `announced`: its voice was heard without an answer.
    `ended_by`: us, them or nobody. `sent_late_ms`: worst delay of our own packets. `lost`: packets.
    """

    number: str
    status: int = 0
    reason: str = ""
    answered_ms: float | None = None
    first_voice_ms: float | None = None
    announced: bool = False
    duration_ms: float = 0
    ended_by: str = ""
    utterances: list[UtteranceReport] = field(default_factory=list[UtteranceReport])
    agent_voice: list[Span] = field(default_factory=list[Span])
    sent_late_ms: float = 0
    lost: int = 0
    heard: Samples = field(default_factory=lambda: np.zeros(0, np.int16), repr=False)
    said: Samples = field(default_factory=lambda: np.zeros(0, np.int16), repr=False)

    @property
    def answered(self) -> bool:
        """Whether the call was picked up."""
        return self.answered_ms is not None

    def facts(self) -> dict[str, Any]:
        """Plain JSON, without the sound; times rounded to a tenth of a millisecond."""
        plain = asdict(self)
        del plain["heard"], plain["said"]
        return _rounded(plain)

    def record(self, path: Path) -> None:
        """What was heard, 8 kHz mono; silence where nothing came."""
        write_wav(path, self.heard)

    def record_stereo(self, path: Path) -> None:
        """Left: the caller. Right: the agent. On one time line."""
        write_wav(path, np.column_stack((self.said, self.heard)))


def fill(
    report: CallReport, heard: Sequence[Frame], sent: Sequence[Frame], said: Sequence[tuple[Any, Sequence[Frame]]]
) -> None:
    """Measure everything from the frames. `said`: each utterance with the frames it went out in."""
    voice = spans(heard)
    report.agent_voice = [span for span in voice if span.to_ms >= 0]
    report.first_voice_ms = next((max(0.0, span.from_ms) for span in report.agent_voice), None)
    if not report.answered:
        report.announced, report.first_voice_ms = bool(voice), None
    begins = [frames[0].at_ms if frames else None for _, frames in said]
    for index, (utterance, frames) in enumerate(said):
        later = [begin for begin in begins[index + 1 :] if begin is not None]
        report.utterances.append(_utterance(utterance, frames, voice, later[0] if later else None))
    seconds = max(report.duration_ms / 1000, 0.0)
    if not report.answered and heard:  # an announcement before any answer: from its own beginning
        first = heard[0].at_ms
        heard = [Frame(frame.at_ms - first, frame.samples) for frame in heard]
        seconds = (heard[-1].at_ms + 20) / 1000
    report.heard, report.said = place(heard, seconds), place(sent, seconds)


def _utterance(utterance: Any, frames: Sequence[Frame], voice: Sequence[Span], until: float | None) -> UtteranceReport:
    spoken = spans(frames)
    if not spoken:
        return UtteranceReport(utterance.note, utterance.when, utterance.digits, None, None, None, None)
    whole = Span(spoken[0].from_ms, spoken[-1].to_ms)
    before = [span for span in voice if until is None or span.from_ms < until]
    return UtteranceReport(
        utterance.note,
        utterance.when,
        utterance.digits,
        whole.from_ms,
        whole.to_ms,
        reply_ms(whole, before),
        went_on_ms(whole, voice),
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 1)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_rounded(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def write_wav(path: Path, samples: Samples) -> None:
    """16-bit PCM at 8 kHz; two columns make a stereo file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1] if samples.ndim == 2 else 1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())


def read_wav(path: Path) -> Samples:
    """A recording as 8 kHz mono; any rate and number of channels. Raises BadInput."""
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:
                raise BadInput(f"{path}: not 16-bit PCM", hint="convert it: sox IN.wav -b 16 OUT.wav")
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
            rate, channels = file.getframerate(), file.getnchannels()
    except (OSError, EOFError, wave.Error) as error:
        raise BadInput(f"{path}: {reason(error)}", hint="give a WAV file of 16-bit PCM") from error
    mono = samples[: len(samples) // channels * channels].reshape(-1, channels).mean(axis=1)
    return to_phone_rate(mono, rate).clip(-32768, 32767).astype(np.int16)


def to_phone_rate(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """To 8 kHz: a windowed-sinc low pass below 3.6 kHz, then linear interpolation."""
    if rate == RATE or not len(samples):
        return samples
    if rate > RATE:
        taps = np.arange(-64, 65)
        kernel: NDArray[np.float64] = np.sinc(2 * 3600 / rate * taps) * np.blackman(129)
        samples = np.convolve(samples, kernel / kernel.sum(), "same").astype(np.float64)
    wanted = np.arange(int(len(samples) * RATE / rate)) * (rate / RATE)
    return np.interp(wanted, np.arange(len(samples)), samples)
