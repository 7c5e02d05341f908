"""`decroche tts`: speak text to a file, list the voices, show how text is read."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from store.base.console import HouseGroup, emit, json_option
from store.base.errors import BadInput

if TYPE_CHECKING:
    from tts.base import Voice

language_option = click.option(
    "--lang",
    "language",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Language of the text.",
)
text_option = click.option("--text", required=True, help="What to say; - reads standard input.")


@click.group(cls=HouseGroup)
def tts() -> None:
    """The voice: text to speech."""


@tts.command()
@language_option
@text_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="WAV to write.")
@click.option("--voice", "name", default="", help="A voice of `tts voices`; default: the best one here.")
@click.option(
    "--rate",
    type=click.Choice(["16000", "8000"]),
    default="16000",
    show_default=True,
    help="Samples a second; 8000 is what a telephone carries.",
)
@json_option
def say(language: str, text: str, out: Path, name: str, rate: str, as_json: bool) -> None:
    """Speak TEXT into a WAV file (mono, 16 bits), marked as AI-generated.

    \b
    Example:
      decroche tts say --lang fr --text "Bonjour, il est 14h30." --out bonjour.wav
    """
    from tts import voices
    from tts.marking import Mark, wav
    from tts.pcm import from_bytes, resample, to_bytes

    speech = _read(text)
    if not os.access(out.parent, os.W_OK):  # known before anything is spoken
        raise BadInput(f"{out} cannot be written", hint="name a file in a folder you may write")
    speaker = voices.voice(language, name).voice  # without its memory: what is timed is the synthesis
    began = time.perf_counter()
    pcm, first = asyncio.run(_speak(speaker, speech, began))
    took = time.perf_counter() - began
    if not pcm:
        raise BadInput("there is nothing to say in this text", hint="give at least one word or number")
    hz = int(rate)
    data = pcm if hz == 16_000 else to_bytes(resample(from_bytes(pcm), 16_000, hz))
    _write(out, wav(data, hz, Mark(speaker.engine, speaker.name)))
    row = {
        "engine": speaker.engine,
        "voice": speaker.name,
        "audio_seconds": round(len(pcm) / 32_000, 3),
        "first_audio_seconds": round(first, 4),
        "took_seconds": round(took, 4),
    }
    emit([row], list(row), as_json=as_json)


@tts.command("voices")
@json_option
def list_voices(as_json: bool) -> None:
    """The voices of each language, best first; the one used is marked.

    \b
    Example:
      decroche tts voices --json
    """
    from tts import voices

    rows = [
        {
            "name": info.name,
            "engine": info.engine,
            "language": info.language,
            "present": info.present if as_json else "yes" if info.present else "no",
            "used": info.used if as_json else "yes" if info.used else "",
            "note": info.note,
        }
        for info in voices.known()
    ]
    emit(rows, ["name", "engine", "language", "present", "used", "note"], as_json=as_json)


@tts.command("normalise")
@language_option
@text_option
@json_option
def show_normalised(language: str, text: str, as_json: bool) -> None:
    """Show the words the voice will read for TEXT.

    \b
    Example:
      decroche tts normalise --lang fr --text "12,50 € le 24/11 à 9h30"
    """
    from tts.normalise import normalise

    words = normalise(_read(text), language)
    if as_json:
        emit([{"language": language, "text": words}], ["text"], as_json=True)
    else:
        click.echo(words)


def _read(text: str) -> str:
    if text != "-":
        return text
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"standard input is not UTF-8: {error.reason}", hint="save the text as UTF-8") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}", hint="give a file that can be written") from error


async def _speak(voice: Voice, text: str, began: float) -> tuple[bytes, float]:
    """The PCM of `text`, clause by clause, and the seconds until its first sample."""
    from tts import voices
    from tts.clauses import split

    pcm, first = bytearray(), 0.0
    for clause in split(text):
        async for piece in voice.stream(clause):
            first = first or time.perf_counter() - began
            pcm += piece
    await voices.close()
    return bytes(pcm), first


if __name__ == "__main__":
    tts()
