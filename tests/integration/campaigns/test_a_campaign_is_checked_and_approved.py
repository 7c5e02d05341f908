"""`decroche campaign`: written, looked over by the real law on real ledgers, approved by somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from click.testing import Result

from campaigns import campaigns, checking
from compliance.ledgers import ledger, oppositions
from store import agents, numbers
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR

Run = Callable[..., Result]
AGENT = """id: accueil
name: Camille
language: fr
purpose: contract
goods: soins dentaires
company: {name: Cabinet Molaire}
greeting: "Bonjour, {company}, à l'appareil."
disclosure: "Je suis un agent vocal, une intelligence artificielle."
scenario: {start: z, steps: [{id: z, end: true}]}
"""
MONDAY = datetime(2026, 11, 30, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
WRITE = (
    "campaign", "add", "--tenant", "dentiste", "--name", "rappels-dec", "--agent", "accueil", "--list", "rappels",
    "--from", "2026-11-23", "--to", "2026-12-20", "--hours", "10:00-12:30", "--by", "Lea",
)  # fmt: skip


@pytest.fixture
def practice(run: Run, dentist: Tenant, database: Database, tmp_path: Path) -> Tenant:
    """A client with a live agent, a number to show and a list of three."""
    with database.operator() as conn:
        agents.import_version(conn, dentist.id, "accueil", AGENT, by=OPERATOR)
        agents.mark_tested(conn, dentist.id, "accueil", 1, "Léa", by=OPERATOR)
        agents.publish(conn, dentist.id, "accueil", 1, "Karim", by=OPERATOR)
        numbers.add(conn, "+33162001234", by=OPERATOR)
        numbers.assign(conn, "+33162001234", dentist.id, agent="accueil", by=OPERATOR)
    path = tmp_path / "clients.csv"
    path.write_text("Tél;CP\n0612345678;75011\n0698765432;97400\n0899123456;75011\n", encoding="utf-8")
    assert run("contact", "import", path, "--tenant", "dentiste", "--list", "rappels").exit_code == 0
    return dentist


def checked(database: Database, tenant: Tenant, now: datetime = MONDAY) -> dict[str, Any]:
    with database.tenant(tenant.id) as conn:
        return checking.check(conn, tenant.id, campaigns.get(conn, tenant.id, "rappels-dec"), now).as_json()


def test_people_are_counted_by_when_they_may_be_called(run: Run, practice: Tenant, database: Database) -> None:
    assert run(*WRITE, "--purpose", "contract").exit_code == 0
    found = checked(database, practice)
    assert (found["now"], found["later"], found["never"]) == (1, 1, 1)  # in Réunion it is half past one
    assert found["reasons"] == {"premium_number": 1, "outside_hours": 1}
    assert found["law"]["outside_hours"] == ["C. conso D223-9"]
    eleven = MONDAY.replace(hour=11, minute=0)  # two o'clock there, and the campaign's hours still
    assert {one["e164"]: one["at"] for one in found["examples"]} == {"+33899123456": None, "+33698765432": eleven}
    later = checked(database, practice, MONDAY.replace(hour=15))
    assert (later["now"], later["later"], later["reasons"]["campaign_hours"]) == (0, 2, 2)


def test_an_opposition_since_the_import_is_never(run: Run, practice: Tenant, database: Database) -> None:
    assert run(*WRITE, "--purpose", "contract").exit_code == 0
    with database.tenant(practice.id) as conn:
        before = MONDAY - timedelta(days=1)
        oppositions.oppose(conn, practice.id, "+33612345678", "letter", before, by=OPERATOR)
    asked = ledger.Request("+33612345678", "+33162001234", purpose="contract", goods="soins dentaires", place=False)
    real = ledger.ask(database, practice.id, asked, MONDAY)
    found = checked(database, practice)
    assert found["now"] == int(real.allowed)


def test_a_check_answers_as_the_call_will_be(run: Run, practice: Tenant, database: Database) -> None:
    assert run(*WRITE, "--purpose", "contract").exit_code == 0
    with database.tenant(practice.id) as conn:
        requests = [
            ledger.Request(to, "+33162001234", purpose=purpose, postcode=postcode, place=False)
            for purpose in ("canvassing", "contract", "callback")
            for to, postcode in (("+33612345678", "75011"), ("+33899123456", None), ("112", None))
        ]
        seen = [law(MONDAY) for law in ledger.foreseen(conn, practice.id, requests, MONDAY)]
    for request, decision in zip(requests, seen, strict=True):
        stored = ledger.ask(database, practice.id, request, MONDAY)
        assert (stored.allowed, stored.reasons, stored.law) == (decision.allowed, decision.reasons, decision.law)


def test_a_check_keeps_no_decision_and_no_attempt(run: Run, practice: Tenant, database: Database) -> None:
    assert run(*WRITE, "--purpose", "contract").exit_code == 0
    result = run("campaign", "check", "rappels-dec", "--tenant", "dentiste", "--json")
    found = json.loads(result.stdout)
    assert found["now"] + found["later"] + found["never"] == 3
    with database.operator() as conn:
        row = conn.execute(
            "SELECT (SELECT count(*) FROM compliance.decisions) + (SELECT count(*) FROM compliance.attempts) AS n"
        ).fetchone()
    assert row == {"n": 0}


def test_its_author_alone_cannot_approve_it(run: Run, practice: Tenant, database: Database) -> None:
    assert run(*WRITE, "--purpose", "contract").exit_code == 0
    approve = ("campaign", "approve", "rappels-dec", "--tenant", "dentiste", "--json", "--by")
    assert run(*approve, " lea ").exit_code == 1
    with pytest.raises(psycopg.errors.CheckViolation), database.tenant(practice.id) as conn:
        conn.execute("UPDATE campaigns.campaigns SET state = 'approved', approved_by = 'LEA ', approved_at = now()")
    assert json.loads(run(*approve, "Karim").stdout)["state"] == "approved"
    assert run(*approve, "Karim").exit_code == 1


def test_its_author_approves_it_with_a_written_reason_which_is_kept(run: Run, practice: Tenant) -> None:
    run(*WRITE, "--purpose", "contract")
    result = run(
        "campaign", "approve", "rappels-dec", "--tenant", "dentiste", "--by", "Lea", "--reason", "seule", "--json"
    )
    assert json.loads(result.stdout)["approval_reason"] == "seule"


def test_what_was_written_is_never_edited(run: Run, practice: Tenant, database: Database) -> None:
    run(*WRITE, "--purpose", "contract")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.tenant(practice.id) as conn:
        conn.execute("UPDATE campaigns.campaigns SET hours = ''")
    with pytest.raises(psycopg.errors.IntegrityError), database.operator() as conn:
        conn.execute("UPDATE campaigns.campaigns SET hours = ''")


def test_an_agent_that_does_not_say_what_the_law_wants_cannot_canvass(run: Run, practice: Tenant) -> None:
    result = run(*WRITE, "--purpose", "canvassing")
    assert (result.exit_code, "error[wrong_purpose]" in result.stderr) == (1, True)


def test_a_list_that_is_not_there_is_named(run: Run, practice: Tenant) -> None:
    result = run(*WRITE, "--purpose", "contract", "--list", "autres")
    assert (result.exit_code, "autres" in result.stderr) == (4, True)
    assert run("campaign", "show", "rappels-dec", "--tenant", "dentiste").exit_code == 4


def test_the_table_of_a_check_fits_a_hundred_columns(run: Run, practice: Tenant) -> None:
    run(*WRITE, "--purpose", "contract")
    for command in ("show", "check"):
        result = run("campaign", command, "rappels-dec", "--tenant", "dentiste")
        assert result.exit_code == 0
    assert max(map(len, run("campaign", "show", "rappels-dec", "--tenant", "dentiste").stdout.splitlines())) <= 100


def test_another_client_has_no_such_campaign(run: Run, practice: Tenant, townhall: Tenant) -> None:
    run(*WRITE, "--purpose", "contract")
    assert run("campaign", "check", "rappels-dec", "--tenant", "mairie").exit_code == 4
