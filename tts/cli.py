"""`decroche tts`: speak text to a file, list the voices, show how text is read."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store.base.console import HouseGroup, emit, json_option
from store.base.errors import BadInput, DecrocheError
from store.base.settings import settings

if TYPE_CHECKING:
    from tts.base import Voice

DONE_IN_PART = 3
"""Exit status: some of the files could not be read."""

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
    from tts.watermark import marked

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
    pcm = marked(pcm, settings().tts.mark_key)
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


@tts.command()
@language_option
@text_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("voices"),
    show_default=True,
    help="Folder for the WAV files, one a voice.",
)
@json_option
def compare(language: str, text: str, out: Path, as_json: bool) -> None:
    """Speak TEXT by every voice of the language that is here, a WAV file each, marked as AI-generated.

    \b
    Example:
      decroche tts compare --text "Bonjour, le cabinet ouvre à 9h." --out voices
    """  # fmt: skip
    from tts import voices
    from tts.base import VoiceMissing

    speech, here = _read(text), [info for info in voices.known() if info.language == language and info.present]
    if not here:
        raise VoiceMissing(f"no voice speaks {language!r} on this machine", hint="scripts/setup")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror}", hint="name a folder that can be made") from error
    rows = [_compared(speech, language, info.name, out) for info in here]
    used = {info.name for info in here if info.used}
    for row in rows:
        row["used"] = (row["voice"] in used) if as_json else "yes" if row["voice"] in used else ""
    emit(rows, list(rows[0]), as_json=as_json)


def _compared(text: str, language: str, name: str, out: Path) -> dict[str, Any]:
    """One voice's file, and what it cost."""
    from tts import voices
    from tts.loudness import lufs
    from tts.marking import Mark, wav
    from tts.pcm import from_bytes
    from tts.watermark import marked

    speaker = voices.voice(language, name).voice
    began = time.perf_counter()
    pcm, first = asyncio.run(_speak(speaker, text, began))
    took = time.perf_counter() - began
    if not pcm:
        raise BadInput("there is nothing to say in this text", hint="give at least one word or number")
    path = out / f"{name}.wav"
    _write(path, wav(marked(pcm, settings().tts.mark_key), 16_000, Mark(speaker.engine, speaker.name)))
    seconds = len(pcm) / 32_000
    return {
        "voice": name, "engine": speaker.engine, "file": str(path), "audio_seconds": round(seconds, 2),
        "first_audio_seconds": round(first, 3), "times_real_time": round(took / seconds, 3),
        "lufs": round(lufs(from_bytes(pcm), 16_000), 1),
    }  # fmt: skip


@tts.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--key", default="", help="Key of the mark; default: the setting tts.mark_key.")
@json_option
def detect(files: tuple[Path, ...], key: str, as_json: bool) -> None:
    """Say whether sound files hold speech that this house's voices made.

    The mark is in the sound: it is found after a telephone, another level or another file format. `said` is what the
    file itself says (WAV). Five seconds of speech are needed. Exit status: 3 when some files could not be read.

    \b
    Example:
      decroche tts detect call.wav --json
    """
    rows = [_detected(path, key or settings().tts.mark_key) for path in files]
    shown = rows if as_json else [row | {"marked": {True: "yes", False: "no"}.get(row["marked"], "—")} for row in rows]
    emit(shown, ["file", "marked", "channels", "score", "at", "seconds", "said"], as_json=as_json)
    failed = [row["exit_status"] for row in rows if "error" in row]
    if failed:
        click.get_current_context().exit(DONE_IN_PART if len(failed) < len(rows) else failed[0])


def _detected(path: Path, key: str) -> dict[str, Any]:
    from tts.marking import read_mark
    from tts.reading import channels_of
    from tts.watermark import detect as look

    try:
        channels, rate = channels_of(path)
        found = [look(channel, rate, key) for channel in channels]
        said = read_mark(path.read_bytes()) if path.suffix.lower() == ".wav" else None
    except DecrocheError as error:
        click.echo(f"error[{error.code}]: {error}", err=True)
        return {"file": str(path), "marked": None, "channels": "", "score": None, "at": None, "seconds": None,
                "said": "", "error": error.code, "message": str(error), "exit_status": error.exit_status}  # fmt: skip
    best = max(found, key=lambda each: each.score)
    return {
        "file": str(path), "marked": best.marked,
        "channels": " ".join(str(at) for at, each in enumerate(found, 1) if each.marked), "score": best.score,
        "at": best.at, "seconds": best.seconds, "said": f"{said.engine} {said.voice}" if said else "",
    }  # fmt: skip


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
