"""CDRs that the database could not take: one file each, written whole, stored when it is back. Nothing is lost.

What can never be stored is put aside in `refused/` and told, so that it holds up nobody else's.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from store.base.console import to_json
from store.base.errors import DecrocheError
from store.calls import Action, Cdr, Turn

log = logging.getLogger(__name__)

REFUSED = "refused"
"""The folder, within the spool's, of what can never be stored."""

_AWAY = {"08", "53", "57", "58"}
"""SQLSTATE classes of a database that is away: connection, resources, operator's intervention, system."""
_UNFIT = {"22", "23"}
"""SQLSTATE classes of values that do not fit: data exceptions, and rules of integrity."""

_TIMES = ("started_at", "answered_at", "ended_at")
_IDS = ("id", "tenant_id", "decision_id", "leg_of")

Store = Callable[[Cdr, list[Turn], list[Action]], None]


class Spool:
    """A folder of CDRs waiting for the database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, cdr: Cdr, turns: list[Turn], actions: list[Action]) -> Path:
        """Write one down; it survives a power cut once this returns. Raises OSError: no room for it."""
        text = to_json(
            {"cdr": asdict(cdr), "turns": [asdict(t) for t in turns], "actions": [asdict(a) for a in actions]}
        )
        path = self._folder / f"{cdr.id}.json"
        draft = path.with_suffix(".part")
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)  # half a file is of no use, and takes room
            raise
        return path

    def waiting(self) -> list[Path]:
        """Those not stored yet, oldest first (their names are UUIDv7)."""
        return sorted(self._folder.glob("*.json"))

    def holds(self, call_id: UUID) -> bool:
        """The call's CDR waits here."""
        return (self._folder / f"{call_id}.json").exists()

    def refused(self) -> list[Path]:
        """Those that can never be stored as they are, oldest first; a `.txt` beside each says why."""
        return sorted((self._folder / REFUSED).glob("*.json"))

    def retry(self, store: Store) -> int:
        """Store what waits, oldest first; the database being away ends the round. Returns how many were stored."""
        done = 0
        for path in self.waiting():
            try:
                store(*read(path))
            except (DecrocheError, psycopg.Error, ValueError, KeyError, TypeError, OSError) as error:
                # One CDR's fault, whatever it is, is not the others'.
                if _database_is_away(error):
                    log.warning("%d CDRs still wait: %s", len(self.waiting()), error)
                    break
                if _never_fits(error):
                    self._put_aside(path, error)
                else:
                    log.warning("CDR %s still waits: %s", path.stem, type(error).__name__)
                continue
            path.unlink()
            done += 1
        return done

    def _put_aside(self, path: Path, error: Exception) -> None:
        told = (str(error).splitlines() or [type(error).__name__])[0]  # what follows quotes the row, and people in it
        folder = self._folder / REFUSED
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / f"{path.stem}.txt").write_text(f"{type(error).__name__}: {told}\n", encoding="utf-8")
        path.replace(folder / path.name)
        log.error("CDR %s cannot be stored, and is put aside: %s", path.stem, told)


def _database_is_away(error: Exception) -> bool:
    """It does not answer, is out of its means, or is being stopped: the next CDR would fail alike."""
    if isinstance(error, DecrocheError):
        return error.retryable
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and not error.sqlstate:
        return True
    return isinstance(error, psycopg.Error) and (error.sqlstate or "")[:2] in _AWAY


def _never_fits(error: Exception) -> bool:
    """The CDR itself is wrong: its file cannot be read, or its values break a type or a rule of the tables."""
    if isinstance(error, psycopg.Error):
        return isinstance(error, psycopg.DataError) or (error.sqlstate or "")[:2] in _UNFIT
    return isinstance(error, ValueError | KeyError | TypeError)


def read(path: Path) -> tuple[Cdr, list[Turn], list[Action]]:
    """A spooled CDR."""
    raw: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    fields = dict(raw["cdr"])
    for name in _TIMES:
        fields[name] = datetime.fromisoformat(fields[name]) if fields[name] else None
    for name in _IDS:
        fields[name] = UUID(fields[name]) if fields.get(name) else None
    return Cdr(**fields), [Turn(**t) for t in raw["turns"]], [Action(**a) for a in raw["actions"]]
