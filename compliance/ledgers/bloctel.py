"""Bloctel's exchange files, for calls before 11 August 2026: what was submitted, and what was answered.

The file (as one public program of 2021 reads it, B5): UTF-8, `;`, header `Telephone;Identifiant`, ten-digit
national numbers, whole numbers as identifiers; the answer has one more column, `OK` for what may be called.
An answer that lacks rows, or has others, is refused whole: nothing in it counts as clean.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from compliance.law import numbers
from compliance.ledgers.tabular import BadRow, Report, number, rows, whole
from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.base.ids import new_id
from store.base.private import private_file
from store.db import Conn

_LIST = {"number": "number", "telephone": "number", "phone": "number", "numero": "number"}
_ANSWER = {
    "telephone": "number", "identifiant": "identifier",
    "statut": "status", "status": "status", "resultat": "status", "reponse": "status",
}  # fmt: skip


class PartialAnswer(BadInput):
    """The answer does not cover what was submitted."""

    code = "bloctel_partial"


def submit(conn: Conn, tenant_id: UUID, contacts: Path, out: Path, now: datetime, *, by: Actor) -> tuple[UUID, Report]:
    """Write the exchange file of a list of contacts, each number once, and note its submission."""
    report, listed = Report(), dict[str, None]()
    for line, fields in rows(contacts, _LIST, {"number"}):
        try:
            listed.setdefault(national(number(whole(fields))))
        except BadRow as error:
            report.bad.add(line, error)
    if not listed:
        raise BadInput(f"{contacts}: no French number in it")
    report.taken = len(listed)
    with private_file(out) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(["Telephone", "Identifiant"])
        writer.writerows([text, identifier] for identifier, text in enumerate(listed, 1))
    made = _note(conn, tenant_id, list(listed), out, now)
    audit.note(conn, by, "bloctel.export", f"bloctel:{made}", tenant_id, **report.as_json())
    return made, report


def national(e164: str) -> str:
    """The ten digits of a French number. Raises BadRow for a foreign or a short one."""
    found = numbers.read(e164)
    if found is None or not found.french or found.short or len(found.national) != 9:
        raise BadRow("number", f"{e164} is not a French number of ten digits")
    return f"0{found.national}"


def _note(conn: Conn, tenant_id: UUID, listed: Iterable[str], out: Path, now: datetime) -> UUID:
    file_id, texts = new_id(), list(listed)
    conn.execute(
        """INSERT INTO compliance.bloctel_files (id, tenant_id, submitted_at, sha256, numbers)
           VALUES (%s, %s, %s, %s, %s)""",
        (file_id, tenant_id, now, _sha256(out), len(texts)),
    )
    _numbers(conn, tenant_id, file_id, texts)
    return file_id


def _numbers(conn: Conn, tenant_id: UUID, file_id: UUID, texts: list[str]) -> None:
    """Through a table of the session: a table under row-level security takes no COPY."""
    with _poured(conn, "identifier integer, number text", enumerate(map(_e164, texts), 1)):
        conn.execute(
            """INSERT INTO compliance.bloctel_numbers (tenant_id, file_id, identifier, number)
               SELECT %s, %s, identifier, number FROM pg_temp.poured""",
            (tenant_id, file_id),
        )


@contextmanager
def _poured(conn: Conn, columns: LiteralString, values: Iterable[tuple[object, ...]]) -> Generator[None]:
    """pg_temp.poured, with these columns and rows, while it lasts."""
    conn.execute(f"CREATE TEMP TABLE poured ({columns})")
    with conn.cursor() as cursor, cursor.copy("COPY pg_temp.poured FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)
    yield
    conn.execute("DROP TABLE pg_temp.poured")


def answer(
    conn: Conn, tenant_id: UUID, path: Path, file_id: UUID | None, now: datetime, *, by: Actor
) -> dict[str, Any]:
    """Take in the answer to a submission (the newest unanswered one by default): {file, clear, listed}.

    Raises PartialAnswer, and changes nothing, unless the answer has each submitted row once and no other.
    """
    submission = _submission(conn, file_id)
    sent = {
        row["identifier"]: row["number"]
        for row in conn.execute(
            "SELECT identifier, number FROM compliance.bloctel_numbers WHERE file_id = %s", (submission,)
        )
    }
    found = _answered(path, sent)
    if len(found) < len(sent):
        missing = len(sent) - len(found)
        raise PartialAnswer(
            f"{path}: {missing} of {len(sent)} submitted numbers are not in the answer",
            hint="ask Bloctel for the whole answer; nothing was taken in",
        )
    with _poured(conn, "identifier integer, listed boolean", found.items()):
        conn.execute(
            """UPDATE compliance.bloctel_numbers n SET listed = p.listed FROM pg_temp.poured p
                WHERE n.file_id = %s AND n.identifier = p.identifier""",
            (submission,),
        )
    conn.execute(
        "UPDATE compliance.bloctel_files SET answered_at = %s, answer_sha256 = %s WHERE id = %s",
        (now, _sha256(path), submission),
    )
    listed = sum(found.values())
    counts = {"clear": len(found) - listed, "listed": listed}
    audit.note(conn, by, "bloctel.import", f"bloctel:{submission}", tenant_id, **counts)
    return {"file": submission, **counts}


def _submission(conn: Conn, file_id: UUID | None) -> UUID:
    row = conn.execute(
        """SELECT id, answered_at FROM compliance.bloctel_files
            WHERE (%(id)s::uuid IS NULL AND answered_at IS NULL) OR id = %(id)s
            ORDER BY submitted_at DESC LIMIT 1""",
        {"id": file_id},
    ).fetchone()
    if row is None:
        raise NotFound("no such submission awaits an answer", hint="decroche compliance bloctel list")
    if row["answered_at"] is not None:
        raise BadInput(f"submission {row['id']} was answered already", hint="submit the list again")
    return row["id"]


def _answered(path: Path, sent: dict[int, str]) -> dict[int, bool]:
    """Identifier → listed. Anything but the word OK means listed."""
    found: dict[int, bool] = {}
    for line, row in rows(path, _ANSWER, {"number", "identifier", "status"}):
        fields = whole(row)
        text = fields.get("identifier", "")
        identifier = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        if sent.get(identifier) != number(fields):
            raise PartialAnswer(f"{path}, line {line}: identifiant {text!r} was not submitted with this number")
        if identifier in found:
            raise PartialAnswer(f"{path}, line {line}: identifiant {text} comes twice")
        found[identifier] = fields.get("status", "").upper() != "OK"
    return found


def listed(conn: Conn) -> list[dict[str, Any]]:
    """The submissions and their answers, newest first."""
    return conn.execute(
        """SELECT f.id, f.submitted_at, f.numbers, f.answered_at, f.sha256, f.answer_sha256,
                  (SELECT count(*) FROM compliance.bloctel_numbers n WHERE n.file_id = f.id AND n.listed) AS listed
             FROM compliance.bloctel_files f ORDER BY f.submitted_at DESC"""
    ).fetchall()


def _e164(text: str) -> str:
    found = numbers.read(text)
    assert found is not None  # `national` made it
    return found.e164


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
