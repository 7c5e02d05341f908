"""AI Act art. 50(2): the files say that their speech is synthetic, to machines."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.base.errors import BadInput
from tts.marking import DECLARATION, Mark, marked, read_mark, wav

MARK = Mark("pico", "fr-FR <&>", (2,))


@given(st.binary(max_size=64), st.sampled_from([8000, 16000]))
def test_a_mark_written_is_read_back_and_the_sound_is_untouched(noise: bytes, rate: int) -> None:
    pcm = noise[: len(noise) // 2 * 2]
    file = wav(pcm, rate, MARK)
    with wave.open(io.BytesIO(file)) as reader:
        assert reader.readframes(reader.getnframes()) == pcm
        assert reader.getframerate() == rate
    assert read_mark(file) == MARK
    assert DECLARATION.encode() in file


def test_a_file_without_a_mark_has_none() -> None:
    assert read_mark(wav(b"\0\0", 8000)) is None


def test_a_recording_made_elsewhere_can_be_marked_and_marked_again() -> None:
    plain = wav(b"\1\0\2\0", 8000, channels=2)
    once = marked(plain, MARK)
    other = Mark("piper", "siwis")
    assert read_mark(once) == MARK
    assert marked(once, other) == marked(plain, other)


@pytest.mark.parametrize("junk", [b"", b"RIFF", b"ID3" + b"\0" * 40])
def test_what_is_not_a_wav_is_refused(junk: bytes) -> None:
    with pytest.raises(BadInput):
        read_mark(junk)
