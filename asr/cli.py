"""`decroche asr`: hear files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from asr import segments
from asr.audio import read
from asr.base import SAMPLE_RATE, BadAudio, Ear
from asr.whisper import LONGEST
from store.base.console import HouseGroup, emit, err, json_option
from store.base.errors import DecrocheError

DONE_IN_PART = 3


@click.group(cls=HouseGroup)
def asr() -> None:
    """The ear: speech to text."""


@asr.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--lang",
    "language",
    default="fr",
    show_default=True,
    type=click.Choice(["fr", "en"]),
    help="What is spoken in the recordings.",
)
@click.option("--hotword", "hotwords", multiple=True, metavar="NAME", help="A name worth expecting.")
@json_option
def transcribe(files: tuple[Path, ...], language: str, hotwords: tuple[str, ...], as_json: bool) -> None:
    """Print what is said in sound files, of any rate, channels and length.

    JSON: one object a file: file, text, audio_seconds, took_seconds (or error, message, exit_status).

    \b
    A file that cannot be read is reported and the others go on: exit status 3 (2 when all are bad).
    Example: decroche asr transcribe message.wav --lang fr --json
    """
    rows = asyncio.run(_transcribe(files, language, hotwords))
    if as_json:
        emit(rows, (), as_json=True)
    else:
        _print(rows)
    click.get_current_context().exit(_status(rows))


def _status(rows: Sequence[dict[str, Any]]) -> int:
    """0 done; 3 done in part; that of the first error when nothing could be done."""
    failed = [row["exit_status"] for row in rows if "error" in row]
    if not failed:
        return 0
    return DONE_IN_PART if len(failed) < len(rows) else failed[0]


def _print(rows: Sequence[dict[str, Any]]) -> None:
    """The words, with the file's name before them where there are several files."""
    for row in rows:
        if "error" not in row:
            click.echo(row["text"] if len(rows) == 1 else f"{row['file']}: {row['text']}")


async def _transcribe(files: Sequence[Path], language: str, hotwords: Sequence[str]) -> list[dict[str, Any]]:
    from asr.ears import open_ear

    if not any(file.exists() for file in files):  # nothing to hear: the ear is not made ready for it
        return [_failed(file, BadAudio(f"{file}: No such file", hint="give a readable WAV file")) for file in files]
    ear = open_ear()
    try:
        return [await _row(ear, file, language, hotwords) for file in files]
    finally:
        await ear.close()


async def _row(ear: Ear, file: Path, language: str, hotwords: Sequence[str]) -> dict[str, Any]:
    try:
        return await hear_file(ear, file, language=language, hotwords=hotwords)
    except DecrocheError as error:
        return _failed(file, error)


def _failed(file: Path, error: DecrocheError) -> dict[str, Any]:
    """The row of a file that could not be heard; a person is told too."""
    err.print(f"error[{error.code}]: {error}", style="red", markup=False)
    if error.hint:
        err.print(f"hint: {error.hint}", markup=False)
    return {"file": str(file), "text": "", "error": error.code, "message": str(error),
            "exit_status": error.exit_status}  # fmt: skip


async def hear_file(ear: Ear, file: Path, *, language: str, hotwords: Sequence[str] = ()) -> dict[str, Any]:
    """`file`, `text`, `audio_seconds`, `took_seconds` (reading included). Raises BadAudio or AsrError."""
    began = time.monotonic()
    pcm = await asyncio.to_thread(read, file)
    seconds = pcm.size / SAMPLE_RATE
    parts = [pcm] if seconds <= LONGEST else await asyncio.to_thread(lambda: list(segments.pieces(pcm)))
    heard = [await ear.transcribe(part, language=language, hotwords=hotwords) for part in parts]
    return {
        "file": str(file),
        "text": " ".join(t.text for t in heard if t.text),
        "audio_seconds": round(seconds, 3),
        "took_seconds": round(time.monotonic() - began, 3),
    }


if __name__ == "__main__":
    asr()
