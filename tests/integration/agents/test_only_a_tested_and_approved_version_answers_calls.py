"""draft → tested → live, in a real PostgreSQL, with the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents import versions
from agents.loading import AgentFileError, load, loads
from compliance.people import declarations
from store import agents, audit, tenants
from store.base.errors import Refused
from store.db import Database
from tests.actors import OPERATOR

DENTAL = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"


def imported(database: Database, text: str = "") -> agents.AgentVersion:
    with database.operator() as conn:
        made = tenants.add(conn, "dentiste", "Cabinet du Parc", by=OPERATOR)
        declarations.declare(conn, made.id, sensitive=False, reference="devis 7", by=OPERATOR, now=datetime.now(UTC))
        return versions.import_text(conn, "dentiste", loads(text) if text else load(DENTAL), by=OPERATOR)


def test_a_draft_may_not_go_live(database: Database) -> None:
    draft = imported(database)
    with database.operator() as conn, pytest.raises(Refused):
        versions.publish(conn, draft, person="Claire Martin", by=OPERATOR)


def test_a_tested_version_goes_live_and_tells_who_approved_it(database: Database) -> None:
    draft = imported(database)
    with database.operator() as conn:
        tested = versions.tested(conn, draft, person="Paul Durand", by=OPERATOR)
        live = versions.publish(conn, tested, person="Claire Martin", by=OPERATOR)
    assert (live.status, live.tested_by, live.approved_by) == ("live", "Paul Durand", "Claire Martin")


def test_every_step_is_in_the_audit_log(database: Database) -> None:
    draft = imported(database)
    with database.operator() as conn:
        versions.publish(conn, versions.tested(conn, draft, person="P", by=OPERATOR), person="C", by=OPERATOR)
        actions = [entry.action for entry in audit.find(conn)]
    assert {"agent.import", "agent.test", "agent.publish"} <= set(actions)


def test_an_agent_that_hides_that_it_is_an_ai_is_not_published(database: Database) -> None:
    lines = DENTAL.read_text(encoding="utf-8").splitlines()
    hidden = imported(database, "\n".join(line for line in lines if not line.startswith("disclosure:")))
    with database.operator() as conn:
        tested = versions.tested(conn, hidden, person="P", by=OPERATOR)
        with pytest.raises(versions.NotPublishable, match="AI Act"):
            versions.publish(conn, tested, person="C", by=OPERATOR)


def test_canvassing_that_does_not_say_it_is_commercial_is_not_published_whatever_way_it_was_stored(
    database: Database,
) -> None:
    text = DENTAL.read_text(encoding="utf-8").replace("purpose: service", "purpose: canvassing")
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet du Parc", by=OPERATOR)
        stored = agents.import_version(conn, tenant.id, "dental", text, by=OPERATOR)
        tested = versions.tested(conn, stored, person="P", by=OPERATOR)
        with pytest.raises(AgentFileError, match="L221-16"):
            versions.publish(conn, tested, person="C", by=OPERATOR)
        assert agents.live(conn, tenant.id, "dental") is None
