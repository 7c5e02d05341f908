"""CDRs that the database could not take: one file each, written whole, stored when it is back. Nothing is lost."""

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

from store.base.console import to_json
from store.base.errors import DecrocheError
from store.calls import Action, Cdr, Turn

log = logging.getLogger(__name__)

_TIMES = ("started_at", "answered_at", "ended_at")
_IDS = ("id", "tenant_id", "decision_id")

Store = Callable[[Cdr, list[Turn], list[Action]], None]


class Spool:
    """A folder of CDRs waiting for the database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, cdr: Cdr, turns: list[Turn], actions: list[Action]) -> Path:
        """Write one down; it survives a power cut once this returns."""
        text = to_json(
            {"cdr": asdict(cdr), "turns": [asdict(t) for t in turns], "actions": [asdict(a) for a in actions]}
        )
        path = self._folder / f"{cdr.id}.json"
        draft = path.with_suffix(".part")
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return path

    def waiting(self) -> list[Path]:
        """Those not stored yet, oldest first (their names are UUIDv7)."""
        return sorted(self._folder.glob("*.json"))

    def retry(self, store: Store) -> int:
        """Store what waits, in order, until one fails again. Returns how many were stored."""
        done = 0
        for path in self.waiting():
            try:
                store(*read(path))
            except DecrocheError as error:
                log.warning("%d CDRs still wait: [%s] %s", len(self.waiting()), error.code, error)
                break
            path.unlink()
            done += 1
        return done


def read(path: Path) -> tuple[Cdr, list[Turn], list[Action]]:
    """A spooled CDR."""
    raw: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    fields = dict(raw["cdr"])
    for name in _TIMES:
        fields[name] = datetime.fromisoformat(fields[name]) if fields[name] else None
    for name in _IDS:
        fields[name] = UUID(fields[name]) if fields[name] else None
    return Cdr(**fields), [Turn(**t) for t in raw["turns"]], [Action(**a) for a in raw["actions"]]
