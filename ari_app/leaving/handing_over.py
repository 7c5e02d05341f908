"""All that is a client's, in one zip, in a stream: for people, for programs, with an index that says what is what."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ari_app.leaving.contents import FOLDERS, SHEETS, Sheet, kind_of
from billing.charges.accounts import account
from billing.documents import cii
from billing.documents.render import pages_apart, pdf_apart
from billing.invoices import debit, keeping, statement_views, statements
from billing.plans.subscription import PARIS
from store import audit, leaving, recordings
from store.base import spreadsheet
from store.base.actor import Actor
from store.base.console import to_json
from store.base.errors import DecrocheError, NotFound
from store.base.private import private_file
from store.base.settings import Settings
from store.db import Database
from store.tenants import Tenant

Tell = Callable[[str], None]
_DAWN = date(2000, 1, 1)
_PATIENT = 900.0
"""Seconds for a document: an export is in no hurry, and calls come first."""


@dataclass(slots=True)
class HandedOver:
    """What an export holds: file or folder → how many rows or files; `missing`: what could not be put in, and why."""

    counts: dict[str, int] = field(default_factory=dict[str, int])
    missing: list[str] = field(default_factory=list[str])

    def add(self, what: str, count: int = 1) -> None:
        """So many more there."""
        self.counts[what] = self.counts.get(what, 0) + count


def hand_over(
    db: Database, of: Settings, tenant: Tenant, out: Path, now: datetime, *, by: Actor, tell: Tell = lambda part: None
) -> HandedOver:
    """Write all that is the client's into the zip `out` (mode 0600), which the log says. Nothing is deleted."""
    done = HandedOver()
    with private_file(out) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        with db.operator() as conn:
            tables = leaving.tables(conn)
        for table in tables:
            tell(table.name)
            name = f"donnees/{table.name}.jsonl"
            if count := _lines(archive, name, leaving.rows(db, tenant.id, table)):
                done.add(name, count)
        by_name = {table.name: table for table in tables}
        for sheet in SHEETS:
            tell(sheet.file)
            done.add(sheet.file, _sheet(archive, sheet, leaving.rows(db, tenant.id, by_name[sheet.table])))
        _agents(archive, leaving.rows(db, tenant.id, by_name["store.agent_versions"]), done)
        _money(archive, db, tenant, now, done, tell)
        _audio(archive, db, of, tenant, leaving.rows(db, tenant.id, by_name["store.calls"]), done, tell)
        archive.writestr("index.html", _index(tenant, now, done))
    with db.operator() as conn:
        audit.note(conn, by, "tenant.export", f"tenant:{tenant.slug}", tenant.id, files=sum(done.counts.values()))
    return done


def _lines(archive: zipfile.ZipFile, name: str, rows: Iterator[dict[str, Any]]) -> int:
    first = next(rows, None)
    if first is None:
        return 0
    count = 1
    with archive.open(name, "w", force_zip64=True) as file:
        file.write(f"{to_json(first)}\n".encode())
        for row in rows:
            file.write(f"{to_json(row)}\n".encode())
            count += 1
    return count


def _sheet(archive: zipfile.ZipFile, sheet: Sheet, rows: Iterable[dict[str, Any]]) -> int:
    told = ({column: _plain(row.get(column)) for column in sheet.columns} for row in rows)
    instants = [column for column in sheet.columns if column.endswith("_at")]
    count = -1  # the heading is none
    with archive.open(sheet.file, "w", force_zip64=True) as file:
        for line in spreadsheet.lines(told, sheet.columns, instants=instants):
            file.write(line.encode())
            count += 1
    return count


def _plain(value: Any) -> object:
    return to_json(value) if type(value) in (dict, list) else value


def _agents(archive: zipfile.ZipFile, rows: Iterable[dict[str, Any]], done: HandedOver) -> None:
    for row in rows:
        archive.writestr(f"agents/{row['agent']}-v{row['version']}.yaml", row["yaml"])
        done.add("agents/")


def _money(archive: zipfile.ZipFile, db: Database, tenant: Tenant, now: datetime, done: HandedOver, tell: Tell) -> None:
    """Invoices, debit notes and the statement, as their own commands make them; one that fails is named."""
    today = now.astimezone(PARIS).date()
    with db.operator(tenant.id) as conn:
        invoices = keeping.listed(conn, tenant.id)
        notes = [(note.number, debit.page(conn, note)) for note in debit.listed(conn, tenant.id)]
        found = statements.client_account(statements.history_of(conn, tenant.id), _DAWN, today)
        facts = dict[str, Any]()
        if found.entries:
            try:
                facts = statements.page(conn, tenant, found, account(conn, tenant.id).currency)
            except DecrocheError as error:
                done.missing.append(f"releve/releve.pdf: {error}")
    for issued in invoices:
        tell(f"factures/{issued.number}")
        made: tuple[tuple[str, Callable[[], bytes]], ...] = (
            ("xml", lambda i=issued: cii.to_xml(i.invoice())),
            ("pdf", lambda i=issued: pdf_apart(i.invoice(), seconds=_PATIENT)),
        )
        for kind, make in made:
            _document(archive, f"factures/{issued.number}.{kind}", make, done)
    for number, page in notes:
        name = f"notes-de-debit/{number}.pdf"
        _document(archive, name, lambda p=page: pages_apart("debit_note.html", p, seconds=_PATIENT), done)
    if found.entries:
        rows = statement_views.account_rows(found)
        archive.writestr("releve/releve.csv", spreadsheet.written(rows, statement_views.ACCOUNT_COLUMNS))
        done.add("releve/")
    if facts:
        _document(archive, "releve/releve.pdf", lambda: pages_apart("statement.html", facts, seconds=_PATIENT), done)


def _document(archive: zipfile.ZipFile, name: str, make: Callable[[], bytes], done: HandedOver) -> None:
    try:
        archive.writestr(name, make())
        done.add(name[: name.index("/") + 1])
    except DecrocheError as error:
        done.missing.append(f"{name}: {error}")


def _audio(
    archive: zipfile.ZipFile, db: Database, of: Settings, tenant: Tenant, rows: Iterable[dict[str, Any]],
    done: HandedOver, tell: Tell,
) -> None:  # fmt: skip
    """Each recording in clear, as it may be heard; not packed smaller, which sound hardly is."""
    for row in rows:
        if not row["recording"]:
            continue
        name = f"audio/{row['started_at'][:10]}-{row['id']}.{recordings.kind_of(Path(row['recording']))}"
        tell(name)
        try:
            with db.tenant(tenant.id) as conn:
                sound = recordings.open_sound(conn, UUID(row["id"]), of)
                entry = zipfile.ZipInfo(name, datetime.fromisoformat(row["started_at"]).timetuple()[:6])
                with archive.open(entry, "w", force_zip64=True) as file:
                    for piece in sound.whole():
                        file.write(piece)
            done.add("audio/")
        except NotFound as error:
            done.missing.append(f"{name}: {error}")


def _index(tenant: Tenant, now: datetime, done: HandedOver) -> str:
    from jinja2 import Environment, FileSystemLoader

    found = [(sheet.file, sheet.french, sheet.english) for sheet in SHEETS]
    told = [(name, french, english) for name, french, english in (*found, *FOLDERS) if name in done.counts]
    data = [(name, *kind_of(name.removeprefix("donnees/").removesuffix(".jsonl"))) for name in done.counts
            if name.startswith("donnees/")]  # fmt: skip
    page = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True).get_template("index.html")
    return page.render(
        name=tenant.name, at=f"{now.astimezone(PARIS):%d/%m/%Y %H:%M}", told=told, data=data, counts=done.counts,
        missing=done.missing,
    )  # fmt: skip
