"""The ledger of consents (C. conso L223-1, R223-1 to R223-3): given, shown, copied for the person, withdrawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from compliance.law.consenting import years_later
from compliance.law.rulebook import rulebook
from compliance.ledgers import tabular
from compliance.ledgers.facts import withdraw_all
from compliance.ledgers.pseudonym import person
from compliance.ledgers.tabular import BadRow, Report, instant, number, word
from store import audit
from store.base import spreadsheet
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.base.ids import new_id
from store.db import Conn

HOW = ("form", "voice", "paper")
COLUMNS = {
    "number": "number", "telephone": "number", "phone": "number", "numero": "number",
    "person": "person", "personne": "person", "nom": "person",
    "professional": "professional", "professionnel": "professional",
    "third_party": "third_party", "tiers": "third_party",
    "goods": "goods", "biens": "goods", "objet": "goods",
    "how": "how", "moyen": "how",
    "wording": "wording", "texte": "wording",
    "evidence": "evidence", "preuve": "evidence",
    "evidence_hash": "evidence_hash", "empreinte": "evidence_hash",
    "given_at": "given_at", "donne_le": "given_at", "date": "given_at",
    "expires_at": "expires_at", "expire_le": "expires_at",
    "agreed_from": "agreed_from", "creneau_de": "agreed_from",
    "agreed_to": "agreed_to", "creneau_a": "agreed_to",
}  # fmt: skip
NEEDED = {"number", "professional", "goods", "how", "wording", "evidence", "given_at"}


@dataclass(frozen=True, slots=True)
class Given:
    """A consent to be written. `evidence`: file, recording and offset, address, IP; instants are UTC."""

    number: str
    professional: str
    goods: str
    how: str
    wording: str
    evidence: str
    evidence_hash: str
    given_at: datetime
    expires_at: datetime
    person: str = ""
    third_party: str = ""
    agreed_from: datetime | None = None
    agreed_to: datetime | None = None


def read(row: dict[str, str], now: datetime) -> Given:
    """A consent from texts (a row, or a command's options). Raises BadRow naming the field."""
    given_at = instant(row, "given_at")
    if given_at is None:
        raise BadRow("given_at", "is empty")
    if given_at > now:
        raise BadRow("given_at", f"{given_at.isoformat()} has not come yet")
    how = word(row, "how")
    if how not in HOW:
        raise BadRow("how", f"{how!r} is none of {', '.join(HOW)}")
    slot = instant(row, "agreed_from"), instant(row, "agreed_to")
    if (slot[0] is None) != (slot[1] is None):
        raise BadRow("agreed_to" if slot[0] else "agreed_from", "is empty: an agreed time has both ends")
    if slot[0] and slot[1] and slot[1] <= slot[0]:
        raise BadRow("agreed_to", "is not after agreed_from")
    evidence = word(row, "evidence")
    return Given(
        number=number(row),
        person=word(row, "person", ""),
        professional=word(row, "professional"),
        third_party=word(row, "third_party", ""),
        goods=word(row, "goods"),
        how=how,
        wording=word(row, "wording"),
        evidence=evidence,
        evidence_hash=_hash(row, evidence),
        given_at=given_at,
        expires_at=_end(row, given_at),
        agreed_from=slot[0],
        agreed_to=slot[1],
    )


def _end(row: dict[str, str], given_at: datetime) -> datetime:
    longest = years_later(given_at, rulebook().consent_years)
    end = instant(row, "expires_at") or longest
    if end <= given_at:
        raise BadRow("expires_at", "is not after given_at")
    if end > longest:
        raise BadRow("expires_at", "a consent lasts at most one year (C. conso R223-1)")
    return end


def _hash(row: dict[str, str], evidence: str) -> str:
    """The evidence's SHA-256: as given, else of the words that describe it: a row opens no file."""
    given = row.get("evidence_hash", "").lower()
    if given:
        if len(given) != 64 or set(given) - set("0123456789abcdef"):
            raise BadRow("evidence_hash", "is not a SHA-256 (64 hexadecimal digits)")
        return given
    return hashlib.sha256(evidence.encode()).hexdigest()


_FIELDS: LiteralString = (
    "number, person, professional, third_party, goods, how, wording, evidence, evidence_hash, "
    "given_at, expires_at, agreed_from, agreed_to"
)
_INTO: LiteralString = f"INSERT INTO compliance.consents (id, tenant_id, {_FIELDS})"
_values = attrgetter(*_FIELDS.split(", "))


def pour(conn: Conn, tenant_id: UUID, given: Iterable[Given]) -> int:
    """Write consents as they come, many or few; how many were not there already.

    COPY goes to a table of the session: a table under row-level security takes none.
    """
    conn.execute("CREATE TEMP TABLE taken_consents (LIKE compliance.consents INCLUDING DEFAULTS)")
    into: LiteralString = f"COPY pg_temp.taken_consents (id, tenant_id, {_FIELDS}) FROM STDIN"
    with conn.cursor() as cursor, cursor.copy(into) as copy:
        for one in given:
            copy.write_row((new_id(), tenant_id, *_values(one)))
    new = conn.execute(
        f"{_INTO} SELECT id, tenant_id, {_FIELDS} FROM pg_temp.taken_consents ON CONFLICT DO NOTHING"
    ).rowcount
    conn.execute("DROP TABLE pg_temp.taken_consents")
    return new


def add(conn: Conn, tenant_id: UUID, given: Given, *, by: Actor) -> UUID | None:
    """Write a consent; its id, or None where the same one is there already."""
    row = conn.execute(
        f"{_INTO} VALUES ({'%s, ' * 14}%s) ON CONFLICT DO NOTHING RETURNING id",
        (new_id(), tenant_id, *_values(given)),
    ).fetchone()
    if row is None:
        return None
    audit.note(conn, by, "consent.add", person(given.number), tenant_id, consent=str(row["id"]))
    return row["id"]


def give(conn: Conn, tenant_id: UUID, fields: Mapping[str, str], now: datetime, *, by: Actor) -> tuple[UUID, Given]:
    """Write the consent that these fields describe, as `read` takes them; its id, and what was read.

    Raises BadInput, also where it is in the ledger already.
    """
    given = read(dict(fields), now)
    made = add(conn, tenant_id, given, by=by)
    if made is None:
        raise BadInput("given_at: this consent is in the ledger already", hint="decroche compliance consent show")
    return made, given


def copy_as_csv(found: Sequence[Mapping[str, Any]]) -> str:
    """A person's copy as a table for a spreadsheet."""
    return spreadsheet.written(found, list(found[0]) if found else ["number"])


def load(conn: Conn, tenant_id: UUID, path: Path, now: datetime, *, by: Actor) -> Report:
    """Import a CSV in the transaction of `conn`: good rows are written, bad ones told by line and field."""
    report = tabular.take(
        path, COLUMNS, NEEDED, lambda _, row: read(row, now), lambda given: pour(conn, tenant_id, given)
    )
    audit.note(conn, by, "consent.import", f"file:{path.name}", tenant_id, **report.as_json())
    return report


def revoke(conn: Conn, tenant_id: UUID, dialled: str, how: str, at: datetime, *, by: Actor) -> int:
    """Withdraw every consent of a number, as easily as it was given. Raises NotFound when there is none."""
    done = withdraw_all(conn, dialled, at, how)
    if not done and not of(conn, dialled):
        raise NotFound(f"no consent of {dialled}", hint="decroche compliance consent show")
    audit.note(conn, by, "consent.revoke", person(dialled), tenant_id, how=how, withdrawn=done)
    return done


def copied(conn: Conn, tenant_id: UUID, dialled: str, *, by: Actor) -> list[dict[str, Any]]:
    """The person's free copy (R223-2), handed out: as `of`, and the log says so."""
    found = of(conn, dialled)
    audit.note(conn, by, "consent.export", person(dialled), tenant_id, consents=len(found))
    return found


def of(conn: Conn, dialled: str) -> list[dict[str, Any]]:
    """Every consent of a number with all that proves it, newest first: the person's free copy (R223-2)."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM compliance.consents WHERE number = %s ORDER BY given_at DESC", (dialled,)
        ).fetchall()
    return [{key: _utc(value) for key, value in row.items() if key != "tenant_id"} for row in rows]


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
