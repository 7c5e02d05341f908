"""`decroche agent missed` and `agent learn`, as a client's office manager types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents import cli, versions
from agents.loading import load, loads
from store import agents, audit, calls, tenants
from store.base.ids import new_id
from store.base.settings import settings
from store.calls import Cdr, Turn
from store.db import Database
from tests.actors import OPERATOR
from tests.conftest import Postgres

DENTAL = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"
NAME = "cabinet-du-parc"
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
Run = Callable[..., Result]


@pytest.fixture
def run(postgres: Postgres, database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `decroche agent …` against the run's database, where two clients have the same agent."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", postgres.service)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", postgres.admin)
    settings.cache_clear()
    with database.operator() as conn:
        for slug in ("dentiste", "autre"):
            tenants.add(conn, slug, slug.title(), by=OPERATOR)
            versions.import_text(conn, slug, load(DENTAL), by=OPERATOR)
    return lambda *arguments: CliRunner().invoke(cli.agent, arguments)


def held(database: Database, tenant: str, *said: tuple[str, str], day: int = 0) -> Cdr:
    """A call in which each sentence was taken to mean that."""
    start = START + timedelta(days=day)
    with database.operator() as conn:
        tenant_id = tenants.tenant_id(conn, tenant)
    cdr = Cdr(
        id=new_id(), tenant_id=tenant_id, direction="inbound", caller="+33612345678", callee="+33162001234",
        number=None, agent=NAME, agent_version=1, started_at=start, answered_at=start,
        ended_at=start + timedelta(seconds=60), hangup_cause=16, hangup_side="caller", outcome="answered",
    )  # fmt: skip
    turns = [Turn("agent", "Bonjour.", 0, 900)]
    for at, (text, meaning) in enumerate(said, 1):
        turns.append(Turn("caller", text, at * 2000, at * 2000 + 500))
        turns.append(Turn("agent", "…", at * 2000 + 900, at * 2000 + 1500, stages={"meaning": meaning}))
    with database.tenant(tenant_id) as conn:
        calls.insert_cdr(conn, cdr, turns)
    return cdr


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_alike_questions_are_counted_together_and_what_was_answered_is_left_out(run: Run, database: Database) -> None:
    first = held(database, "dentiste", ("vous avez le wifi dans la salle d'attente", "unknown"), ("merci", "goodbye"))
    held(database, "dentiste", ("y a le wifi dans votre salle d'attente", "unclear"), ("le parking", "fact:parking"))
    held(database, "dentiste", ("est-ce que vous posez des appareils dentaires invisibles", "doubt"))
    held(database, "autre", ("je cherche un chien", "unknown"))
    found = rows(run("missed", NAME, "--tenant", "dentiste", "--json"))
    assert [row["times"] for row in found] == [2, 1]
    assert {"vous avez le wifi dans la salle d'attente", "y a le wifi dans votre salle d'attente"} == set(
        found[0]["all"]
    )
    assert str(first.id) in found[0]["calls"]
    assert found[1]["taken_as"] == "doubt"


def test_only_calls_since_then_are_looked_at(run: Run, database: Database) -> None:
    held(database, "dentiste", ("vous avez le wifi", "unknown"))
    held(database, "dentiste", ("vous parlez anglais", "unknown"), day=3)
    found = rows(run("missed", NAME, "--tenant", "dentiste", "--since", "2026-11-22", "--json"))
    assert [row["said"] for row in found] == ["vous parlez anglais"]
    wrong = run("missed", NAME, "--tenant", "dentiste", "--since", "hier")
    assert wrong.exit_code != 0
    assert "--since hier" in wrong.stderr


def test_where_nothing_was_missed_it_says_so(run: Run) -> None:
    told = run("missed", NAME, "--tenant", "dentiste")
    assert told.exit_code == 0
    assert "nothing was missed" in told.output


def test_what_is_learnt_is_a_draft_with_its_test_and_an_entry(run: Run, database: Database) -> None:
    (made,) = rows(
        run("learn", NAME, "--tenant", "dentiste", "--fact", "parking", "--asked", "je me mets où", "--json")
    )
    assert made["version"] == 2
    with database.operator() as conn:
        tenant_id = tenants.tenant_id(conn, "dentiste")
        draft = agents.get(conn, tenant_id, NAME)
        assert agents.live(conn, tenant_id, NAME) is None, "it goes live as any other version does"
        assert "agent.import" in [entry.action for entry in audit.find(conn)]
    assert draft.status == "draft"
    agent = loads(draft.yaml, NAME).agent
    assert agent.fact("parking").asked == ["je me mets où"]
    assert agent.tests[-1].turns[0].caller == "je me mets où"


def test_a_file_is_taught_in_place(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "dental.yaml"
    file.write_text(DENTAL.read_text(encoding="utf-8"), encoding="utf-8")
    given = ("--fact", "wifi", "--asked", "vous avez internet", "--say", "Le wifi est gratuit.")
    assert run("learn", str(file), *given).exit_code == 0
    assert load(file).agent.fact("wifi").say == "Le wifi est gratuit."
    before = file.read_text(encoding="utf-8")
    assert run("learn", str(file), "--fact", "nothing", "--asked", "vous avez internet").exit_code != 0
    assert file.read_text(encoding="utf-8") == before
