"""The ledger of erasures: who was erased, and when, outside the database, so that no backup brings them back.

One line of JSON each in `home/erasures.jsonl`, and in the folder of backups where one is set. It names clients by id
and people by the pseudonym that the audit log has: without the secret `pseudonyms` it tells of nobody. A mark says
until when it is known to be whole: each backup sets one.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from store.base.errors import BadInput
from store.base.settings import settings
from store.base.unprivileged import as_its_folder
from store.chain import canonical

log = logging.getLogger(__name__)

LEDGER = "erasures.jsonl"
Kind = Literal["person", "client", "mark"]


@dataclass(frozen=True, slots=True)
class Erasure:
    """`who`: a person's pseudonym, or of a mark the backup that set it. `tenant`: whose."""

    at: datetime
    kind: Kind
    tenant: UUID | None = None
    who: str = ""


def note(home: Path, of: Erasure, folder: Path | None = None) -> None:
    """Write it down in `home` and, where it can be, beside the backups (`folder`; None: the settings')."""
    line = canonical({"at": of.at, "kind": of.kind, "tenant": of.tenant, "who": of.who}) + "\n"
    _append(home / LEDGER, line)
    beside = folder or _beside()
    if beside and beside.resolve() != home.resolve():
        try:
            _append(beside / LEDGER, line)
        except OSError as error:
            log.warning("the ledger of erasures beside the backups could not be written: %s", error)


def _beside() -> Path | None:
    """The folder of backups, where the settings name one that is there."""
    named = settings().backup.folder
    path = Path(named).expanduser() if named else None
    return path if path and path.is_dir() else None


def _append(path: Path, line: str) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    as_its_folder(opened, path)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read(paths: Iterable[Path]) -> list[Erasure]:
    """All that these ledgers tell, each once, in the order of time; files that are not there tell nothing.

    Raises BadInput naming a damaged line: what it told would be forgotten.
    """
    found: set[Erasure] = set()
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{path}: {error}", hint="restore the file from its copy") from error
        for number, line in enumerate(lines, 1):
            try:
                facts = json.loads(line)
                tenant = UUID(facts["tenant"]) if facts["tenant"] else None
                found.add(Erasure(datetime.fromisoformat(facts["at"]), facts["kind"], tenant, facts["who"]))
            except (ValueError, KeyError, TypeError) as error:
                raise BadInput(f"{path}, line {number}: {error}", hint="restore the file from its copy") from error
    return sorted(found, key=lambda each: (each.at, each.kind, each.who))


def known_until(ledger: Iterable[Erasure]) -> datetime | None:
    """The instant up to which nothing is missing: the last line's. None: nothing was ever noted."""
    return max((each.at for each in ledger), default=None)
