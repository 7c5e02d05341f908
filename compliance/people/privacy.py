"""The rights of a person over what a tenant keeps about their number: found, copied, erased.

`find` reads every table of the catalogue that belongs to tenants, so that a table made tomorrow is searched too.
`erase` removes the voice, the words and the names, and says what it leaves and by which law.
All of it runs in the operator's session; the tenant is always named.
"""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import sql

from compliance.law import numbers
from compliance.ledgers.pseudonym import person, pseudonym
from compliance.people import logs
from compliance.people.policies import why_kept
from compliance.people.retention import asked
from store import audit, forget
from store.backups import erasures
from store.backups.erasures import Erasure
from store.base.actor import Actor
from store.base.console import to_json
from store.base.errors import BadInput
from store.base.private import private_file, write_private
from store.base.settings import Settings, settings
from store.db import Conn
from store.recordings import sound_in_file

# Why rows that name the number stay after an erasure.
KEPT = {
    "billing.charges": "CPCE L34-2: until the bill can no longer be contested",
    "billing.invoices": "C. com. L123-22: accounts, 10 years",
    "store.calls": "CPCE L34-2: until the bill can no longer be contested",
    "compliance.consents": "C. conso R223-2: proof of consent, 3 years",
    "compliance.oppositions": "RGPD art. 21: an opposition is permanent",
    "compliance.attempts": "C. conso D223-9: the calls made count against further ones",
    "compliance.decisions": "proof of a lawful call, 5 years (contract, 3.8)",
    "compliance.requests": "C. conso R223-4: proof of the request",
    "compliance.bloctel_numbers": "C. conso L223-1 (former): audits of calls before 11 August 2026",
    "compliance.rights_requests": "RGPD art. 12: proof that the request was answered",
    "store.audit": "log of accesses (contract, 3.6); append-only",
    "files": "in the spool until billed: CPCE L34-2",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a tenant keeps about a number: table → rows, files, and the log files that name it, which are nobody's."""

    tables: dict[str, list[dict[str, Any]]]
    files: list[Path]
    logs: list[Path]

    def counts(self) -> dict[str, int]:
        """How many there are where; nothing is left out."""
        rows = {name: len(rows) for name, rows in sorted(self.tables.items())}
        files = {"files": len(self.files), "logs": len(self.logs)}
        return rows | {where: count for where, count in files.items() if count}

    def summary(self) -> list[dict[str, Any]]:
        """One line a table with rows, one for the files, one for the logs."""
        return [{"where": where, "count": count} for where, count in self.counts().items()]


def pattern(phone: str) -> str:
    """A PostgreSQL and Python regular expression for every way of writing a number. Raises BadInput."""
    number = numbers.read(phone)
    if number is None:
        raise BadInput(f"phone: {phone!r} is not a telephone number")
    gap = r"[ .()/-]*"
    digits = gap.join(number.national)
    if number.short:
        return rf"(^|[^0-9]){digits}($|[^0-9])"
    prefix = rf"([+]|00)?{number.code}{gap}([(]?0[)]?)?"
    if number.french:
        prefix += r"|0|(^|[^0-9+])"  # as dialled, and as a spreadsheet leaves it
    return rf"({prefix}){gap}{digits}($|[^0-9])"


def find(conn: Conn, tenant_id: UUID, phone: str, home: Path) -> Found:
    """Every row of the tenant that names the number or belongs to one of its calls, and every file."""
    expression = pattern(phone)
    calls = _calls(conn, tenant_id, expression)
    found: dict[str, list[dict[str, Any]]] = {}
    for schema, table, by_call in tables_of_tenants(conn):
        test = sql.SQL("t::text ~ %(expression)s")
        if by_call:
            test += sql.SQL(" OR t.call_id = ANY (%(calls)s)")
        query = sql.SQL("SELECT to_jsonb(t) AS row FROM {} t WHERE t.tenant_id = %(tenant)s AND ({})").format(
            sql.Identifier(schema, table), test
        )
        rows = conn.execute(query, {"expression": expression, "calls": calls, "tenant": tenant_id}).fetchall()
        if rows:
            found[f"{schema}.{table}"] = [row["row"] for row in rows]
    own = [row for row in found.get("store.calls", []) if UUID(row["id"]) in calls]
    return Found(found, _files(tenant_id, own, calls, home, expression), logs.naming(home, expression))


def _calls(conn: Conn, tenant_id: UUID, expression: str) -> list[UUID]:
    """Their calls. Who writes shows no number: a conversation in which it was given, or left with it, is theirs."""
    rows = conn.execute(
        """SELECT id FROM store.calls
            WHERE tenant_id = %(tenant)s AND (caller ~ %(expression)s OR callee ~ %(expression)s)
           UNION
           SELECT c.id FROM store.calls c
            WHERE c.tenant_id = %(tenant)s AND c.channel = 'chat'
              AND (c.slots::text ~ %(expression)s
                   OR EXISTS (SELECT 1 FROM store.turns t
                               WHERE t.call_id = c.id AND t.who = 'caller' AND t.text ~ %(expression)s)
                   OR EXISTS (SELECT 1 FROM store.messages m
                               WHERE m.tenant_id = c.tenant_id AND m.call_id = c.id AND m::text ~ %(expression)s))""",
        {"tenant": tenant_id, "expression": expression},
    )
    return [row["id"] for row in rows]


def tables_of_tenants(conn: Conn) -> list[tuple[str, str, bool]]:
    """(schema, table, has call_id) of every table of ours with a tenant_id."""
    rows = conn.execute(
        """SELECT n.nspname AS schema, c.relname AS name,
                  EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'call_id') AS by_call
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND c.relowner = 'decroche_owner'::regrole
              AND c.relname NOT IN ('recording_keys', 'tenant_keys')  -- random bits: they tell of nobody
              AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
            ORDER BY 1, 2"""
    )
    return [(row["schema"], row["name"], row["by_call"]) for row in rows]


def _files(tenant_id: UUID, rows: list[dict[str, Any]], calls: list[UUID], home: Path, expression: str) -> list[Path]:
    """Recordings of these calls, wherever they lie under `home`, and the tenant's CDRs in the spool that name
    the number."""
    named = {Path(row["recording"]) for row in rows if row.get("recording")}
    ids = {str(call) for call in calls}
    named |= {path for path in (home / "recordings").rglob("*") if path.stem.split(".")[0] in ids}
    for path in (home / "spool").rglob("*.json"):
        spooled = _spooled(path)
        if spooled["cdr"]["tenant_id"] != str(tenant_id):
            continue
        if path.stem in ids or re.search(expression, json.dumps(spooled)):
            named.add(path)
            if _party(spooled, expression) and (recording := spooled["cdr"].get("recording")):
                named.add(Path(recording))
    return sorted(path for path in named if path.is_file())


def _spooled(path: Path) -> dict[str, Any]:
    """A CDR that waits for the database. Raises BadInput where the file is damaged: nothing is half-erased."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if missing := {"tenant_id", "caller", "callee"} - set(found["cdr"]):
            raise KeyError(*missing)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: not a CDR ({error})", hint="see what it is, and mend or remove it") from error
    return found


def _party(spooled: dict[str, Any], expression: str) -> bool:
    return any(re.search(expression, spooled["cdr"][side] or "") for side in ("caller", "callee"))


def _silence(path: Path, phone: str, of: Settings | None) -> None:
    """Take the words out of a CDR in the spool; where it was answered its numbers and times wait to be billed."""
    spooled, expression = _spooled(path), pattern(phone)
    spooled["cdr"] |= {"variables": {}, "slots": {}, "recording": None}
    for side in ("caller", "callee"):
        if not spooled["cdr"].get("answered_at") and re.search(expression, spooled["cdr"][side] or ""):
            spooled["cdr"][side] = pseudonym(phone, of)
    spooled["turns"] = spooled["actions"] = []
    write_private(path, to_json(spooled))


def looked(conn: Conn, tenant_id: UUID, phone: str, home: Path, *, by: Actor) -> Found:
    """As `find`, for somebody who asks: the log says so."""
    found = find(conn, tenant_id, phone, home)
    audit.note(conn, by, "privacy.find", person(phone), tenant_id)
    return found


def export(conn: Conn, tenant_id: UUID, phone: str, home: Path, out: Path, *, by: Actor) -> Found:
    """The person's copy in a zip, `data.json` and the recordings of their calls; what was found."""
    found = find(conn, tenant_id, phone, home)
    _zip(conn, found, out)
    audit.note(conn, by, "privacy.export", person(phone), tenant_id)
    return found


def _zip(conn: Conn, found: Found, out: Path) -> None:
    with private_file(out) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(json.loads(to_json(found.tables)), ensure_ascii=False, indent=2))
        for path in found.files:
            with archive.open(f"files/{path.name.removesuffix('.sealed')}", "w") as copy:
                for piece in sound_in_file(conn, path, settings()):  # the person's copy is theirs to hear
                    copy.write(piece)


def erase(conn: Conn, tenant_id: UUID, phone: str, home: Path, now: datetime, *, by: Actor) -> list[dict[str, Any]]:
    """Erase what no law keeps; one line for each table: {where, erased, kept, why}. Files go last.

    A call whose bill may still be contested keeps its numbers and times, nothing of what was said. First the ledger of
    erasures says so, outside the database: whoever is in an older backup is erased again when that is restored.
    """
    erasures.note(home, Erasure(now, "person", tenant_id, pseudonym(phone)))
    return erased(conn, tenant_id, phone, home, now, by=by)


def erased(
    conn: Conn, tenant_id: UUID, phone: str, home: Path, now: datetime, *, by: Actor, of: Settings | None = None
) -> list[dict[str, Any]]:
    """As `erase`, without a word in the ledger. `of`: whose key pseudonyms are made with; None: ours."""
    before = find(conn, tenant_id, phone, home)
    calls = _calls(conn, tenant_id, pattern(phone))
    forget.person(conn, tenant_id, pattern(phone), calls, now, pseudonym(phone, of))
    for folder in ("campaigns", "portal.support", "portal.chat"):
        asked(folder, "person")(conn, tenant_id, pattern(phone))
    for path in before.files:
        if home / "spool" in path.parents:
            _silence(path, phone, of)
        else:
            path.unlink()
    for path in before.logs:
        logs.strike(path, pattern(phone))
    rows = _report(before, find(conn, tenant_id, phone, home))
    audit.note(conn, by, "privacy.erase", person(phone, of), tenant_id, erased=sum(row["erased"] for row in rows))
    return rows


def _why(where: str) -> str:
    return KEPT.get(where) or why_kept(where)


def _report(before: Found, after: Found) -> list[dict[str, Any]]:
    left, lines = after.counts(), list[dict[str, Any]]()
    for where, count in before.counts().items():
        kept = left.get(where, 0)
        lines.append({"where": where, "erased": count - kept, "kept": kept, "why": _why(where) if kept else ""})
    return lines
