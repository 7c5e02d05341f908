"""The folder of backups: what lies there, what is told of each beside it, what was verified, what is pruned."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store.backups.keeping import Terms, kept
from store.base.console import to_json
from store.base.errors import NotFound
from store.base.private import write_private
from store.base.settings import Settings

_NAME = re.compile(r"decroche-(\d{8}T\d{6}Z)\.(age|tar)")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup on the shelf. `verified_at`: when it was last restored and found right; `fault`: what was wrong then.

    `calls`, `recordings`: how many it holds; None where nothing is told of it.
    """

    name: str
    path: Path
    made_at: datetime
    bytes: int
    sealed: bool
    sha256: str = ""
    version: str = ""
    calls: int | None = None
    recordings: int | None = None
    verified_at: datetime | None = None
    fault: str = ""


def folder_of(of: Settings) -> Path:
    """Where backups lie: the setting's folder, else `backups` in the home."""
    return Path(of.backup.folder).expanduser() if of.backup.folder else of.home / "backups"


def label(path: Path, facts: dict[str, Any]) -> None:
    """Keep what is told of a backup, beside it."""
    write_private(_beside(path, "json"), to_json(facts) + "\n")


def mark(path: Path, at: datetime, faults: list[str]) -> None:
    """Note that a backup was restored and looked at, and what was wrong with it."""
    if _NAME.fullmatch(path.name):
        write_private(_beside(path, "verified.json"), to_json({"at": at, "faults": faults}) + "\n")


def listed(folder: Path) -> list[Backup]:
    """Every backup there, the oldest first; a folder that is not there holds none."""
    found = [_read(path, match) for path in folder.glob("decroche-*") if (match := _NAME.fullmatch(path.name))]
    return sorted(found, key=lambda backup: (backup.made_at, backup.name))


def newest(folder: Path) -> Backup:
    """The last one taken. Raises NotFound."""
    found = listed(folder)
    if not found:
        raise NotFound(f"no backup in {folder}", hint="decroche backup run")
    return found[-1]


def pruned(folder: Path, terms: Terms, *, dry_run: bool = False) -> list[Backup]:
    """Remove what the terms do not keep; what was removed, or would be."""
    found = listed(folder)
    verified = {backup.made_at for backup in found if backup.verified_at and not backup.fault}
    stay = kept((backup.made_at for backup in found), terms, verified=verified)
    gone = [backup for backup in found if backup.made_at not in stay]
    for backup in gone if not dry_run else ():
        backup.path.unlink()
        for kind in ("json", "verified.json"):
            _beside(backup.path, kind).unlink(missing_ok=True)
    return gone


def _read(path: Path, match: re.Match[str]) -> Backup:
    told, seen = _facts(_beside(path, "json")), _facts(_beside(path, "verified.json"))
    counts: dict[str, int] = told.get("counts") or {}
    faults: list[str] = seen.get("faults") or []
    return Backup(
        path.name, path, datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), path.stat().st_size,
        match[2] == "age", told.get("sha256", ""), told.get("version", ""), counts.get("calls"),
        counts.get("recordings"), datetime.fromisoformat(seen["at"]) if "at" in seen else None, "; ".join(faults),
    )  # fmt: skip


def _facts(path: Path) -> dict[str, Any]:
    """What is told beside a backup; nothing where it was lost or is damaged: the backup itself is what counts."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return dict(found)
    except (OSError, ValueError, TypeError):
        return {}


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.stem}.{kind}")
