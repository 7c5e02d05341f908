"""`decroche contact import`: a report a row, one person a number, and nothing kept of what was refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from campaigns.contacts import book
from compliance.people import privacy, retention
from store import audit
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR

Run = Callable[..., Result]

CLIENTS = """Nom;Prénom;Tél. mobile;CP;Motif;Ville
Roux;Léa;06 12 34 56 78;75011;détartrage;Paris
Petit;Karim;698765432;1000;;Bourg
Roux;Léa;+33612345678;;contrôle;
Faux;;06 12 34;;;
Deux;;0612345679 / 0162001234;;;
"""


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    path = tmp_path / "clients.csv"
    path.write_text(CLIENTS, encoding="cp1252")
    return path


def taken(run: Run, path: Path, *more: str, tenant: str = "dentiste", into: str = "rappels") -> list[dict[str, Any]]:
    result = run("contact", "import", path, "--tenant", tenant, "--list", into, "--json", *more)
    assert result.exit_code in (0, 3), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def everybody(database: Database, tenant: Tenant) -> list[book.Contact]:
    with database.tenant(tenant.id) as conn:
        return book.in_list(conn, tenant.id, "rappels")


def test_each_row_is_told_and_one_bad_one_costs_itself(run: Run, dentist: Tenant, clients: Path) -> None:
    *rows, last = taken(run, clients)
    assert [(row["row"], row["e164"], row["status"]) for row in rows] == [
        (2, "+33612345678", "added"), (3, "+33698765432", "added"), (4, "+33612345678", "duplicate"),
        (5, None, "bad"), (6, None, "bad"),
    ]  # fmt: skip
    assert "first zero put back" in rows[1]["reason"]
    assert "several numbers" in rows[4]["reason"]
    summary = last["summary"]
    assert {status: summary[status] for status in ("added", "known", "duplicate", "bad")} == {
        "added": 2, "known": 0, "duplicate": 1, "bad": 2,
    }  # fmt: skip
    assert summary["columns"]["phone"] == "Tél. mobile"


def test_a_person_is_kept_once_and_with_no_more_than_was_named(
    run: Run, dentist: Tenant, clients: Path, database: Database
) -> None:
    taken(run, clients, "--map", "motif=Motif")
    lea, karim = everybody(database, dentist)
    assert (lea.name, lea.postcode, lea.fields) == ("Léa Roux", "75011", {"motif": "détartrage"})
    assert (karim.name, karim.fields) == ("Karim Petit", {})


def test_the_columns_are_told_before_anything_is_kept(run: Run, dentist: Tenant, clients: Path) -> None:
    result = run("contact", "import", clients, "--tenant", "dentiste", "--list", "rappels", "--dry-run")
    assert "phone ← Tél. mobile" in result.stderr
    assert "left out: Motif, Ville" in result.stderr


def test_a_dry_run_tells_the_same_and_keeps_nothing(run: Run, dentist: Tenant, clients: Path) -> None:
    dry = taken(run, clients, "--dry-run")
    assert json.loads(run("contact", "list", "--tenant", "dentiste", "--json").stdout or "[]") == []
    assert dry[:-1] == taken(run, clients)[:-1]


def test_a_newer_file_holds_and_leaves_what_it_does_not_say(
    run: Run, dentist: Tenant, clients: Path, tmp_path: Path, database: Database
) -> None:
    taken(run, clients, "--map", "motif=Motif")
    newer = tmp_path / "newer.csv"
    newer.write_text("Tél;Nom;CP\n0612345678;Roux-Petit;\n", encoding="utf-8")
    (row, _) = taken(run, newer)
    assert row["status"] == "known"
    lea = everybody(database, dentist)[0]
    assert (lea.name, lea.postcode, lea.fields) == ("Roux-Petit", "75011", {"motif": "détartrage"})


def test_another_client_sees_nobody(run: Run, dentist: Tenant, townhall: Tenant, clients: Path) -> None:
    taken(run, clients)
    assert run("contact", "show", "--tenant", "mairie", "0612345678").exit_code == 4
    assert [row["status"] for row in taken(run, clients, tenant="mairie")[:2]] == ["added", "added"]


def test_a_file_that_breaks_off_keeps_nothing(run: Run, dentist: Tenant, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("Tel\n" + "0612345678\n" * 2000 + "0" * (1 << 21), encoding="ascii")
    result = run("contact", "import", path, "--tenant", "dentiste", "--list", "rappels")
    assert (result.exit_code, "error[bad_file]" in result.stderr) == (2, True)
    assert run("contact", "list", "--tenant", "dentiste", "--json").stdout == ""


def test_the_log_tells_the_import_and_names_nobody(
    run: Run, dentist: Tenant, clients: Path, database: Database
) -> None:
    taken(run, clients)
    run("contact", "remove", "--tenant", "dentiste", "0612345678")
    with database.operator() as conn:
        entries = audit.find(conn, tenant_id=dentist.id)
    assert [entry.action for entry in entries][:2] == ["contact.remove", "contact.import"]
    assert "612345678" not in str(entries)


def test_a_person_is_taken_out_of_one_list_or_of_the_book(run: Run, dentist: Tenant, clients: Path) -> None:
    taken(run, clients)
    taken(run, clients, into="autres")
    assert run("contact", "remove", "--tenant", "dentiste", "0612345678", "--list", "rappels").exit_code == 0
    assert json.loads(run("contact", "show", "--tenant", "dentiste", "0612345678", "--json").stdout)["lists"] == [
        "autres"
    ]
    assert run("contact", "remove", "--tenant", "dentiste", "0612345678").exit_code == 0
    assert run("contact", "show", "--tenant", "dentiste", "0612345678").exit_code == 4


def test_an_erasure_takes_the_contact_with_it(
    run: Run, dentist: Tenant, clients: Path, database: Database, settings_home: Path
) -> None:
    taken(run, clients)
    with database.operator() as conn:
        rows = privacy.erase(conn, dentist.id, "0612345678", settings_home, datetime.now(UTC), by=OPERATOR)
    assert {row["where"]: row["kept"] for row in rows}["campaigns.contacts"] == 0
    assert [contact.e164 for contact in everybody(database, dentist)] == ["+33698765432"]


def test_who_was_in_no_file_for_three_years_goes(
    run: Run, dentist: Tenant, clients: Path, database: Database, settings_home: Path
) -> None:
    taken(run, clients)
    later = datetime.now(UTC) + timedelta(days=3 * 366)
    with database.operator() as conn:
        rows = retention.sweep(conn, later, settings_home, dry_run=False, by=OPERATOR)
    assert {row["kind"]: row["count"] for row in rows}["contacts"] == 2
    assert everybody(database, dentist) == []
