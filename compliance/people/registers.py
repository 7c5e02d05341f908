"""The registers a controller may ask for at any time: processing, sub-processors, breaches."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from compliance.people.policies import policies
from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput
from store.base.ids import new_id
from store.db import Conn

_FIELDS = {
    "processing": ("purpose", "data", "people", "basis", "kept", "recipients"),
    "subprocessor": ("name", "purpose", "country"),
}


def entries(kind: str, home: Path) -> list[dict[str, str]]:
    """The lines of a register: those shipped, then the operator's own (`home/registers.toml`).

    `kind`: processing or subprocessor. Raises BadInput naming file, line of the register and field. Where the
    operator names sub-processors, the shipped line that says there is none goes.
    """
    shipped = _read(Path(__file__).parent / "registers.toml", kind)
    own = _read(home / "registers.toml", kind) if (home / "registers.toml").exists() else []
    rows = own if kind == "subprocessor" and own else shipped + own
    return [_with_periods(row) if kind == "processing" else row for row in rows]


def _read(path: Path, kind: str) -> list[dict[str, str]]:
    try:
        found: list[dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8")).get(kind, [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {error}") from error
    for number, row in enumerate(found, 1):
        for name in _FIELDS[kind]:
            if not row.get(name):
                raise BadInput(f"{path}: {kind} {number}: field {name} is missing")
    return found


def _with_periods(row: dict[str, str]) -> dict[str, str]:
    """Retention in words, from the policies in force: `recordings` → `recordings: 6 months`."""
    known = {policy.kind: policy for policy in policies()}
    said: list[str] = []
    for kind in (part.strip() for part in row["kept"].split(",")):
        policy = known.get(kind)
        period = "as instructed" if policy and policy.months is None else f"{policy.months} months" if policy else ""
        said.append(f"{kind}: {period}" if period else kind)
    return row | {"kept": ", ".join(said)}


def add_breach(conn: Conn, tenant_id: UUID, facts: dict[str, Any], *, by: Actor) -> UUID:
    """Write a breach down (operator): happened_at, found_at, what, data, people, measures. Raises BadInput."""
    for name in ("what", "data", "measures"):
        if not str(facts[name]).strip():
            raise BadInput(f"{name}: it is empty")
    if facts["found_at"] < facts["happened_at"]:
        raise BadInput("found_at: it is before happened_at")
    breach_id = new_id()
    conn.execute(
        """INSERT INTO compliance.breaches (id, tenant_id, happened_at, found_at, what, data, people, measures)
           VALUES (%(id)s, %(tenant)s, %(happened_at)s, %(found_at)s, %(what)s, %(data)s, %(people)s, %(measures)s)""",
        facts | {"id": breach_id, "tenant": tenant_id},
    )
    audit.note(conn, by, "privacy.breach", f"breach:{breach_id}", tenant_id, people=facts["people"])
    return breach_id


def told(conn: Conn, tenant_id: UUID, breach_id: UUID, at: datetime, *, by: Actor) -> None:
    """The tenant was told of a breach (contract, 8.2: without delay)."""
    done = conn.execute(
        "UPDATE compliance.breaches SET tenant_told_at = %s WHERE id = %s AND tenant_id = %s",
        (at, breach_id, tenant_id),
    )
    if not done.rowcount:
        raise BadInput(f"no breach {breach_id} of this tenant", hint="decroche privacy breach list")
    audit.note(conn, by, "privacy.breach.told", f"breach:{breach_id}", tenant_id)


def breaches(conn: Conn, tenant_id: UUID) -> list[dict[str, Any]]:
    """A tenant's breaches, newest first."""
    return conn.execute(
        """SELECT id, happened_at, found_at, what, data, people, measures, tenant_told_at
             FROM compliance.breaches WHERE tenant_id = %s ORDER BY found_at DESC""",
        (tenant_id,),
    ).fetchall()
