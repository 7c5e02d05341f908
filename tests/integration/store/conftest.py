"""Two tenants, so that each test can look for what leaks from one to the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from store import agents, tenants
from store.base.ids import new_id
from store.calls import Cdr
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def dentist(database: Database) -> Tenant:
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)
        agents.import_version(conn, tenant.id, "accueil", "name: accueil", by=OPERATOR)
        return tenant


@pytest.fixture
def townhall(database: Database) -> Tenant:
    with database.operator() as conn:
        return tenants.add(conn, "mairie", "Mairie de Saint-Paul", timezone="Indian/Reunion", by=OPERATOR)


@pytest.fixture
def cdr(dentist: Tenant) -> Cdr:
    """An answered inbound call of the dentist's, 90 s long."""
    return Cdr(
        id=new_id(),
        tenant_id=dentist.id,
        direction="inbound",
        caller="+33612345678",
        callee="+33162001234",
        number="+33162001234",
        agent="accueil",
        agent_version=1,
        started_at=START,
        answered_at=START + timedelta(milliseconds=250),
        ended_at=START + timedelta(seconds=90),
        hangup_cause=16,
        hangup_side="caller",
        outcome="answered",
        disclosure_text="Je suis un agent vocal automatique.",
        disclosure_heard_ms=2400,
        variables={"motif": "détartrage"},
    )
