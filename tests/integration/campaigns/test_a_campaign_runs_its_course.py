"""`decroche campaign launch|pause|resume|stop|report|export`: each in its state only, audited, told in JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result

from campaigns import campaigns, forget
from campaigns.dialling.admission import Rung
from store import audit
from store.db import Database
from store.forget import Sweep
from store.tenants import Tenant
from tests.integration.campaigns.campaigning import AGENT, MONDAY, NAME, admitted, equip, launched, listed, over

Run = Callable[..., Result]


@pytest.fixture
def running(database: Database, dentist: Tenant) -> Tenant:
    with database.operator() as conn:
        equip(conn, dentist.id)
    with database.tenant(dentist.id) as conn:
        listed(conn, dentist.id, 3)
        launched(conn, dentist.id)
    return dentist


def told(run: Run, command: str, *more: object) -> dict[str, Any]:
    result = run("campaign", command, NAME, "--tenant", "dentiste", "--json", *more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_it_is_paused_resumed_and_stopped_for_good(run: Run, running: Tenant) -> None:
    assert told(run, "pause", "--why", "fermé")["paused_why"] == "fermé"
    assert told(run, "resume")["state"] == "running"
    assert told(run, "stop") == {"name": NAME, "state": "stopped", "not_called": 3}
    again = run("campaign", "resume", NAME, "--tenant", "dentiste")
    assert (again.exit_code, "is stopped" in again.stderr) == (1, True)


def test_only_what_was_approved_is_launched(run: Run, running: Tenant) -> None:
    again = run("campaign", "launch", NAME, "--tenant", "dentiste")
    assert (again.exit_code, "is running" in again.stderr) == (1, True)


def test_the_database_itself_lets_no_campaign_go_back(database: Database, running: Tenant) -> None:
    with pytest.raises(psycopg.errors.IntegrityError), database.operator() as conn:
        conn.execute("UPDATE campaigns.campaigns SET state = 'draft'")
    with pytest.raises(psycopg.errors.IntegrityError), database.operator() as conn:
        conn.execute("UPDATE campaigns.campaigns SET budget_micros = 5")


def test_each_step_stands_in_the_log(run: Run, running: Tenant, database: Database) -> None:
    for command in ("pause", "resume", "stop"):
        told(run, command)
    with database.operator() as conn:
        actions = [entry.action for entry in audit.find(conn, tenant_id=running.id)]
    assert [a for a in actions if a.startswith("campaign.")] == [
        "campaign.stop", "campaign.resume", "campaign.pause", "campaign.launch", "campaign.approve", "campaign.add",
    ]  # fmt: skip


def test_the_report_counts_people_calls_and_reasons(run: Run, running: Tenant, database: Database) -> None:
    first, second = (admitted(database, running.id) for _ in range(2))
    assert isinstance(first, Rung)
    assert isinstance(second, Rung)
    over(database, running, first.call_id, first.person.e164, MONDAY, "answered", talked=90)
    over(database, running, second.call_id, second.person.e164, MONDAY, "busy")
    found = told(run, "report")
    assert found["people"] == {"waiting": 2, "done": 1}
    assert found["calls"] == {"answered": 1, "busy": 1}
    assert (found["answered"], found["minutes"], found["state"]) == (1, 1.5, "running")


def test_the_export_names_everybody_once(run: Run, running: Tenant, database: Database) -> None:
    rung = admitted(database, running.id)
    assert isinstance(rung, Rung)
    over(database, running, rung.call_id, rung.person.e164, MONDAY, "answered", talked=90)
    result = run("campaign", "export", NAME, "--tenant", "dentiste", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["e164"] for line in lines] == [f"+336{n:08d}" for n in range(3)]
    assert (lines[0]["state"], lines[0]["outcome"], lines[0]["last_call"]) == ("done", "answered", str(rung.call_id))
    csv = run("campaign", "export", NAME, "--tenant", "dentiste").stdout
    assert csv.splitlines()[1].startswith('"=""+33600000000""";')


def test_people_who_lack_what_the_agent_must_say_are_named(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        equip(conn, dentist.id, AGENT + "variables: [jour]\n")
    with database.tenant(dentist.id) as conn:
        listed(conn, dentist.id, 2)
        conn.execute("""UPDATE campaigns.contacts SET fields = '{"jour": "mardi"}' WHERE e164 = '+33600000001'""")
        launched(conn, dentist.id)
        rows = conn.execute("SELECT e164, state, outcome, why FROM campaigns.targets ORDER BY 1").fetchall()
    assert [(row["state"], row["outcome"], row["why"]) for row in rows] == [
        ("done", "lacks", ["jour"]), ("waiting", "", []),
    ]  # fmt: skip


def test_another_client_moves_nothing(run: Run, running: Tenant, townhall: Tenant, database: Database) -> None:
    for command in ("pause", "stop", "report", "export"):
        assert run("campaign", command, NAME, "--tenant", "mairie").exit_code == 4
    with database.tenant(running.id) as conn:
        assert campaigns.get(conn, running.id, NAME).state == "running"


def test_who_is_erased_is_called_by_no_campaign(running: Tenant, database: Database) -> None:
    rung = admitted(database, running.id)
    assert isinstance(rung, Rung)
    over(database, running, rung.call_id, rung.person.e164, MONDAY, "busy")
    with database.operator() as conn:
        assert forget.person(conn, running.id, "600000000") == 3  # a contact, a target, its call
    with database.tenant(running.id) as conn:
        left = conn.execute("SELECT e164 FROM campaigns.targets").fetchall()
    assert {row["e164"] for row in left} == {"+33600000001", "+33600000002"}


def test_a_year_after_its_end_nobody_of_it_is_known_any_more(
    run: Run, running: Tenant, database: Database, tmp_path: Path
) -> None:
    rung = admitted(database, running.id)
    assert isinstance(rung, Rung)
    over(database, running, rung.call_id, rung.person.e164, MONDAY, "answered", talked=90)
    later = datetime.now(UTC) + timedelta(days=800)

    def forgotten() -> int:
        with database.operator() as conn:
            return forget.targets(Sweep(conn, tmp_path, later, later - timedelta(days=365), dry_run=False))

    assert forgotten() == 1  # the call; its campaign still runs
    told(run, "stop")
    assert forgotten() == 3
    with database.operator() as conn:
        assert conn.execute("SELECT 1 FROM campaigns.targets").fetchone() is None


def test_a_rule_or_a_budget_that_is_none_is_refused(run: Run, running: Tenant) -> None:
    add = (
        "campaign", "add", "--tenant", "dentiste", "--name", "x", "--agent", "accueil", "--list", "rappels",
        "--purpose", "contract",
    )  # fmt: skip
    assert run(*add, "--retry", "busy=often").exit_code == 2
    assert run(*add, "--budget", "-1").exit_code == 2
    assert run(*add, "--retry", "busy=1/5", "--budget", "12.5").exit_code == 0
