"""While the operator's works go on no campaign is launched, and one that runs rings nobody until they are over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import campaigns
from campaigns.dialling.admission import Nothing, Rung, admit
from portal.support import maintenance
from store.base.errors import Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.campaigns.campaigning import MEANS, MONDAY, NAME, equip, launched, listed

BEGINS, ENDS = MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=2)


@pytest.fixture
def announced(database: Database, dentist: Tenant) -> Tenant:
    """Works from BEGINS to ENDS; a client with an agent and a list."""
    with database.operator() as conn:
        equip(conn, dentist.id)
        maintenance.add(conn, BEGINS, ENDS, "Mise à jour", by=OPERATOR, now=MONDAY)
    with database.tenant(dentist.id) as conn:
        listed(conn, dentist.id, 3)
    return dentist


def test_one_that_runs_rings_before_waits_meanwhile_and_goes_on(database: Database, announced: Tenant) -> None:
    with database.tenant(announced.id) as conn:
        launched(conn, announced.id)
    assert isinstance(admit(database, announced.id, NAME, MEANS, MONDAY), Rung)
    meanwhile = admit(database, announced.id, NAME, MEANS, BEGINS)
    assert meanwhile == Nothing("the operator's works go on", ENDS)
    assert isinstance(admit(database, announced.id, NAME, MEANS, ENDS), Rung)
    with database.tenant(announced.id) as conn:
        assert campaigns.get(conn, announced.id, NAME).state == "running"


def test_none_is_launched_meanwhile(database: Database, announced: Tenant) -> None:
    with pytest.raises(Refused, match="works go on until"), database.tenant(announced.id) as conn:
        launched(conn, announced.id, now=BEGINS)
    with database.tenant(announced.id) as conn:
        launched(conn, announced.id, now=ENDS)
