"""`decroche recording`: recordings of calls, which lie encrypted."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from store import recordings
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option, progress
from store.base.settings import settings
from store.setup import open_database


@click.group(cls=HouseGroup)
def recording() -> None:
    """Recordings of calls: encrypted on the disk, each under its own key.

    \b
    Example: decroche recording export 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d --out appel.wav
    """


@recording.command("export")
@click.argument("call_id", type=click.UUID)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to: F.wav, F.opus.")
@json_option
def export(call_id: UUID, out: Path, as_json: bool) -> None:
    """Write the recording of a call in clear, as a file of mode 0600; the log says so.

    Ogg Opus where the file's name ends in .opus or .ogg, as recordings lie; else WAV.

    \b
    Example: decroche recording export 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d --out appel.wav
    """
    with open_database() as db, db.operator() as conn:
        size = recordings.export(conn, call_id, settings(), out, by=typing_now())
    emit([{"call": call_id, "file": out, "bytes": size}], ("call", "file", "bytes"), as_json=as_json)


@recording.command("seal")
@json_option
def seal(as_json: bool) -> None:
    """Encrypt the recordings that older versions wrote in clear; those that are encrypted stay as they are.

    It also brings the keys of recordings that were made while the database was away into the database.

    \b
    Example: decroche recording seal
    """
    with open_database() as db, progress(None, what="recordings") as bar:
        rows: list[dict[str, object]] = []
        for call_id, done in recordings.seal_old(db, settings(), by=typing_now()):
            rows.append({"call": call_id, "done": done})
            bar.advance(bar.task_ids[0])
    emit(rows, ("call", "done"), as_json=as_json, empty="every recording is encrypted")
