"""What the ear makes of what Whisper says, with a scripted Whisper: holds on any processor."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from asr.base import SAMPLE_RATE, Pcm
from asr.whisper import LONGEST, Pass, likelier, wanted
from asr.whisper_ear import AFTER, CAREFUL_BEAM, WhisperEar

SPEECH = np.full(2 * SAMPLE_RATE, 0.2, np.float32)


class Scripted:
    """Says what it was told to, pass by pass, and keeps what it was asked."""

    def __init__(self, *passes: Pass) -> None:
        self.passes, self.asked = list(passes), list[tuple[float, int, tuple[str, ...]]]()

    def hear(
        self, pcm: Pcm, *, language: str, window: float, beam: int, closer: int = 0, hotwords: Sequence[str] = (),
        given_up: Callable[[], bool] = wanted,
    ) -> Pass:  # fmt: skip
        self.closer = closer
        self.asked.append((window, beam, tuple(hotwords)))
        return self.passes.pop(0)

    def sounds(self, pcm: Pcm) -> Mapping[str, float]:
        return {}

    def close(self) -> None:
        return


def said(text: str, *, logprob: float = -0.2, no_speech: float = 0.01, cut: bool = False) -> Pass:
    return Pass(text, logprob, no_speech, cut)


async def heard(script: Scripted, *hotwords: str, pcm: Pcm = SPEECH) -> str:
    ear = WhisperEar("scripted", whisper=script)
    transcript = await ear.transcribe(pcm, language="fr", hotwords=hotwords)
    await ear.close()
    return transcript.text


async def test_a_clear_sentence_is_heard_once_on_the_short_window() -> None:
    script = Scripted(said("Je voudrais un rendez-vous."))
    assert await heard(script) == "Je voudrais un rendez-vous."
    assert script.asked == [(2 + AFTER, 1, ())]


@pytest.mark.parametrize(
    "doubtful",
    [
        said("Nous sommes désolés. Nous sommes désolés. Nous sommes désolés. Nous sommes désolés."),
        said("Nous sommes désolés nous sommes désolés"),
        said("Nous", logprob=-3.0),
        said("Nous sommes désolés", cut=True),
    ],
    ids=["repeats", "twice", "unsure", "cut"],
)
async def test_a_doubtful_one_is_heard_again_on_the_full_window_and_with_care(doubtful: Pass) -> None:
    script = Scripted(doubtful, said("Nous sommes désolés."))
    assert await heard(script, "Lefèvre") == "Nous sommes désolés."
    assert script.asked[1] == (LONGEST, CAREFUL_BEAM, ())


async def test_what_is_merely_unlikely_is_decoded_again_by_the_engine_with_care() -> None:
    script = Scripted(said("Je voudrais un rendez-vous."))
    await heard(script)
    assert script.closer == CAREFUL_BEAM


def test_the_likelier_text_is_kept_unless_it_lost_its_way() -> None:
    first, again = said("le merpredi", logprob=-0.6), said("le mercredi", logprob=-0.3)
    assert likelier(first, again) is again
    assert likelier(again, first) is again
    assert likelier(first, said("le le le le", logprob=-0.1, cut=True)) is first


async def test_what_is_repeated_both_times_is_said_once() -> None:
    again = said("Nous sommes désolés. " * 6)
    assert await heard(Scripted(again, again)) == "Nous sommes désolés."


async def test_names_to_expect_reach_the_engine_as_they_are_spelled() -> None:
    script = Scripted(said("C'est le docteur Lefèvre."))
    await heard(script, "Lefèvre", "Masséna")
    assert script.asked[0][2] == ("Lefèvre", "Masséna")


async def test_expected_names_alone_without_speech_are_not_heard() -> None:
    assert await heard(Scripted(said("Lefèvre, Masséna.", no_speech=0.9)), "Lefèvre", "Masséna") == ""


async def test_a_line_on_which_nobody_speaks_is_not_even_listened_to() -> None:
    script = Scripted()
    assert await heard(script, pcm=np.full(SAMPLE_RATE, 1e-4, np.float32)) == ""
    assert script.asked == []


async def test_what_nobody_waits_for_any_more_is_not_heard_again() -> None:
    """The caller goes on while their first words are heard: those are given up, and keep the ear from nothing."""
    hearing, went_on = threading.Event(), threading.Event()

    class Slow(Scripted):
        def hear(self, pcm: Pcm, **asked: object) -> Pass:  # pyright: ignore[reportIncompatibleMethodOverride]
            hearing.set()
            assert went_on.wait(60)
            return super().hear(pcm, **asked)  # pyright: ignore[reportArgumentType]

    script = Slow(said("oui oui oui oui", logprob=-1.5), said("oui"))
    ear = WhisperEar("scripted", whisper=script)
    first = asyncio.create_task(ear.transcribe(SPEECH, language="fr"))
    await asyncio.to_thread(hearing.wait, 60)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    went_on.set()
    await ear.close()
    assert len(script.asked) == 1, "the doubtful pass was not repeated"
