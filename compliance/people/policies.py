"""How long each kind of data is kept, as dated data; and which tables hold nothing that time must take away."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from compliance.law.rulebook import PARIS
from store.base.errors import BadInput


@dataclass(frozen=True, slots=True)
class Policy:
    """`months` None: by each tenant's instruction. `action`: delete or anonymise. `tables`: where such data is."""

    kind: str
    months: int | None
    first: date
    reference: str
    action: str
    tables: tuple[str, ...]
    least: int | None = None
    """Months before which an operator of electronic communications may not let it go (`least_reference`)."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """A table no sweep touches, and why it may stay."""

    table: str
    why: str


@cache
def policies() -> tuple[Policy, ...]:
    """The policies shipped in `retention.toml`. Raises BadInput naming the field that is missing."""
    return tuple(read_policy(entry) for entry in _entries("policy", "kind", "from", "reference", "action", "tables"))


def read_policy(entry: dict[str, Any]) -> Policy:
    """One entry of the file. Raises BadInput for a term below its floor."""
    kind, months, least = entry["kind"], entry.get("months"), entry.get("least_months")
    if least is not None and (months is None or months < least):
        raise BadInput(
            f"retention.toml, {kind}: {months} months is less than the {least} that are to be kept",
            hint=entry.get("least_reference", "an operator's floor: CPCE L34-1"),
        )
    return Policy(kind, months, entry["from"], entry["reference"], entry["action"], tuple(entry["tables"]), least)


@cache
def lasting() -> tuple[Lasting, ...]:
    """The tables that are left alone. Raises BadInput naming the field that is missing."""
    return tuple(Lasting(entry["table"], entry["why"]) for entry in _entries("lasting", "table", "why"))


def why_kept(table: str) -> str:
    """What keeps the rows of a table: the references of its policies, else why it lasts; empty for an unknown one."""
    found = [policy.reference for policy in policies() if table in policy.tables]
    found += [entry.why for entry in lasting() if entry.table == table]
    return "; ".join(found)


def _entries(name: str, *fields: str) -> list[dict[str, Any]]:
    path = Path(__file__).parent / "retention.toml"
    found: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))[name]
    for entry in found:
        for field in fields:
            if not entry.get(field) and entry.get(field) != []:
                raise BadInput(f"retention.toml, {entry.get(fields[0], '?')}: field {field} is missing")
    return found


def months_before(now: datetime, months: int) -> datetime:
    """The same clock time in Paris, so many months earlier; the month's last day where the day is missing."""
    here = now.astimezone(PARIS)
    index = here.year * 12 + here.month - 1 - months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return here.replace(year=year, month=month + 1, day=min(here.day, last))
