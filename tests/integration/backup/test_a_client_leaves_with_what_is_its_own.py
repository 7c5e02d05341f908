"""An export holds all that is the client's and nothing of another's; a deletion is another act, with a certificate."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ari_app.leaving.contents import SHEETS
from billing.charges import tariffs
from billing.charges.ledger import record_call
from billing.documents.invoice import Party, Terms
from billing.invoices.invoicing import issue, set_customer, set_seller
from billing.invoices.leaving import give_notice, open_subscription
from billing.plans.plans import add_plan, subscribe
from compliance.ledgers import oppositions
from portal.links import calendars
from portal.support import writing
from store import agents, audit, tenants
from store.backups import erasures
from store.base.settings import settings
from store.base.stamped import key_of
from store.embedded import EmbeddedServer
from store.leaving import counted
from store.setup import open_database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.backup.conftest import CALLER, SOUND, House, Left
from tests.integration.billing.conftest import START, TARIFF, a_cdr

SELLER = Party("Opérateur Exemple SAS", "732829320", "1 rue de la Paix", "75002", "Paris", vat_number="FR44732829320")
BUYER = Party("Cabinet Molaire", "404833048", "2 place du Marché", "35000", "Rennes")


@pytest.fixture
def client(house: House, practice: Tenant, leave: Left) -> Tenant:
    """A client with calls, a message, a contact, an opposition, an agent, a contract and an invoice."""
    house.call(practice, text="Je voudrais un rendez-vous")
    leave(practice, "rappeler Claire")
    with house.db.operator(practice.id) as conn:
        agents.import_version(conn, practice.id, "accueil", "name: accueil\n", by=OPERATOR)
        oppositions.oppose(conn, practice.id, "+33611111111", "spoken", datetime.now(UTC), by=OPERATOR)
        conn.execute(
            """INSERT INTO campaigns.contacts (tenant_id, id, e164, name)
               VALUES (%s, gen_random_uuid(), %s, %s)""",
            (practice.id, "+33622222222", "=Paul"),
        )
        set_seller(conn, SELLER, Terms(), by=OPERATOR)
        set_customer(conn, practice.id, BUYER, by=OPERATOR)
        version = tariffs.add_version(conn, "standard", TARIFF, "test")
        tariffs.assign(conn, practice.id, "standard", version.version, datetime(2025, 1, 1, tzinfo=UTC), "test")
        plan = add_plan(conn, "accueil", 'title = "Accueil"\nmonthly_price = "49.00"\n', "test")
        subscribe(
            conn, practice.id, plan, date(2025, 3, 15), accepted_by="Dr Molaire", accepted_at=START,
            accepted_from="192.0.2.7", terms_version="2025-01", terms=b"les conditions", by=OPERATOR,
        )  # fmt: skip
    with house.db.tenant(practice.id) as conn:
        record_call(conn, a_cdr(practice.id, 61))
    with house.db.operator(practice.id) as conn:
        assert issue(conn, practice, date(2026, 10, 1), date(2026, 11, 2), "test")
    return practice


def leave_by(house: House, *more: object, status: int = 0) -> dict[str, Any]:
    rows = house.run("tenant", "leave", "dentiste", *more, "--json", status=status)
    return rows[0] if rows else {}


@pytest.fixture
def ended(house: House, client: Tenant) -> Callable[[], None]:
    """The contract is over, and so is access."""

    def over() -> None:
        with house.db.operator() as conn:
            of = open_subscription(conn, client.id, date(2026, 1, 10))
            give_notice(conn, of, date(2026, 1, 10), OPERATOR)

    return over


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    text = archive.read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def rows_of(house: House, client: Tenant) -> dict[str, int]:
    with house.db.operator() as conn:
        return {name: count for name, count in counted(conn, client.id).items() if name != "store.audit"}


def test_the_zip_holds_all_that_is_the_clients_and_nothing_is_deleted(
    house: House, client: Tenant, tmp_path: Path
) -> None:
    out, before = tmp_path / "dentiste.zip", rows_of(house, client)
    told = leave_by(house, "--out", out)
    assert rows_of(house, client) == before
    with house.db.operator() as conn:
        assert audit.find(conn, tenant_id=client.id, action="tenant.export")
    assert told["missing"] == []
    assert out.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
        assert {sheet.file for sheet in SHEETS} <= names
        assert [row["text"] for row in table(archive, "messages.csv")] == ["rappeler Claire"]
        assert "Je voudrais un rendez-vous" in [row["text"] for row in table(archive, "paroles.csv")]
        assert [row["name"] for row in table(archive, "contacts.csv")] == ["'=Paul"]
        assert [row["number"] for row in table(archive, "oppositions.csv")] == ['="+33611111111"']
        assert archive.read("agents/accueil-v1.yaml") == b"name: accueil\n"
        sound = next(name for name in names if name.startswith("audio/"))
        assert archive.read(sound) == SOUND
        invoice = next(name for name in names if name.startswith("factures/") and name.endswith(".pdf"))
        assert archive.read(invoice).startswith(b"%PDF")
        assert invoice.replace(".pdf", ".xml") in names
        assert {"releve/releve.pdf", "releve/releve.csv"} <= names
        calls = [json.loads(line) for line in archive.read("donnees/store.calls.jsonl").splitlines()]
        assert len(calls) == told["holds"]["appels.csv"] == 3
        index = archive.read("index.html").decode()
        for word in ("Cabinet Molaire", "Messages left", "Les messages laissés", "Nothing was deleted", "audio/"):
            assert word in index
        assert not any("keys" in name for name in names)


def test_no_other_clients_data_is_in_it(
    house: House, client: Tenant, townhall: Tenant, leave: Left, tmp_path: Path
) -> None:
    theirs = house.call(townhall, "+33699999999", "Un secret de la mairie")
    with house.db.operator() as conn:
        asked = writing.open_ticket(
            conn, client.id, "Un appel coupé", "Pourquoi ?", "minor", None, by=OPERATOR, now=datetime.now(UTC)
        )
        writing.remark(conn, asked.number, "un secret de l'opérateur", by=OPERATOR, now=datetime.now(UTC))
    leave(townhall, "le secret du maire")
    out = tmp_path / "dentiste.zip"
    leave_by(house, "--out", out)
    with zipfile.ZipFile(out) as archive:
        assert b"Pourquoi ?" in archive.read("donnees/support.posts.jsonl")
        for name in archive.namelist():
            data = archive.read(name)
            for word in (str(townhall.id), str(theirs), "+33699999999", "secret", "mairie"):
                assert word.encode() not in data, f"{word} in {name}"


def test_nothing_is_deleted_while_access_lasts_nor_before_an_export(
    house: House, client: Tenant, ended: Callable[[], None], tmp_path: Path
) -> None:
    out = tmp_path / "certificat.pdf"
    said = house.invoke("tenant", "leave", "dentiste", "--delete", "--out", out, status=1).output
    assert "has no end" in said
    assert not out.exists()
    ended()
    said = house.invoke("tenant", "leave", "dentiste", "--delete", "--out", out, status=1).output
    assert "handed over" in said
    assert not out.exists()
    with house.db.tenant(client.id) as conn:
        assert conn.execute("SELECT 1 FROM store.messages").fetchall()


def test_a_deletion_leaves_what_law_keeps_and_a_certificate_says_so(
    house: House, client: Tenant, townhall: Tenant, ended: Callable[[], None], tmp_path: Path
) -> None:
    theirs = house.call(townhall)
    with house.db.operator(client.id) as conn:
        calendars.add(
            conn, client.id, "accueil", "cabinet", "caldav", "https://dav.example.org/cabinet/", by=OPERATOR,
            of=settings(), account="molaire", password="motdepasse",
        )  # fmt: skip
    key_of(client.id, settings())
    secrets = {path.name for path in (house.home / "secrets").iterdir()}
    leave_by(house, "--out", tmp_path / "dentiste.zip")
    ended()
    pdf = tmp_path / "certificat.pdf"
    told = leave_by(house, "--delete", "--out", pdf)
    assert pdf.read_bytes().startswith(b"%PDF")
    written = json.loads((tmp_path / "certificat.json").read_text())
    gone = {row["what"]: row["rows"] for row in written["deleted"]}
    kept = {row["what"]: row for row in written["kept"]}
    assert {"store.turns", "store.messages", "campaigns.contacts"} <= gone.keys()
    assert written["recordings_deleted"] == 1
    assert written["exported_at"]
    assert "L123-22" in kept["billing.invoices"]["why"]
    assert date.fromisoformat(kept["billing.invoices"]["until"]) > date.today() + timedelta(days=365 * 10)  # noqa: DTZ011
    assert kept["compliance.oppositions"]["until"] is None
    assert not {"store.turns", "store.messages", "store.recording_keys", "campaigns.contacts"} & kept.keys()
    assert told["sha256"]
    gone_secrets = secrets - {path.name for path in (house.home / "secrets").iterdir()}
    assert {name.partition("-")[0] for name in gone_secrets} == {"calendar", "webhook"}
    assert not list((house.home / "recordings/dentiste").rglob("*.sealed"))
    with house.db.operator() as conn:
        found = conn.execute("SELECT caller, callee FROM store.calls WHERE tenant_id = %s", (client.id,)).fetchall()
        assert sorted(row["callee"] for row in found) == ["", "", "+33612345678"]  # one may be contested still
        assert conn.execute("SELECT 1 FROM billing.invoices WHERE tenant_id = %s", (client.id,)).fetchall()
        assert conn.execute("SELECT 1 FROM store.turns WHERE call_id = %s", (theirs,)).fetchall()
        assert audit.find(conn, tenant_id=client.id, action="tenant.delete")


def test_who_left_does_not_come_back_with_a_backup(
    house: House, practice: Tenant, leave: Left, embedded: Callable[[], None], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    house.call(practice)
    leave(practice, "rappeler Claire")
    path = house.backup()
    leave_by(house, "--delete", "--unexported", "--out", tmp_path / "certificat.pdf")  # no contract: closed now
    assert '"client"' in (house.folder / erasures.LEDGER).read_text()
    embedded()
    new = house.home.parent / "new"
    [row] = house.run("backup", "restore", path, "--identity", house.key, "--into", new, "--json")
    assert row["clients"] == 1
    monkeypatch.setenv("DECROCHE_HOME", str(new))
    settings.cache_clear()
    try:
        with open_database() as db, db.operator() as conn:
            assert tenants.get(conn, "dentiste").name == "Cabinet Molaire"
            assert not conn.execute("SELECT 1 FROM store.messages").fetchall()
            assert not conn.execute("SELECT 1 FROM store.calls WHERE caller = %s", (CALLER,)).fetchall()
    finally:
        EmbeddedServer(settings()).stop()
    assert not list((new / "recordings").rglob("*.sealed"))


def test_every_table_for_people_has_its_columns(house: House) -> None:
    with house.db.operator() as conn:
        for sheet in SHEETS:
            schema, name = sheet.table.split(".")
            there = conn.execute(
                "SELECT column_name AS c FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
                (schema, name),
            ).fetchall()
            assert set(sheet.columns) <= {row["c"] for row in there}, sheet.file
