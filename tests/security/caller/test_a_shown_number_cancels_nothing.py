"""Low: who shows a client's number cancels nobody's appointment; the name that it is booked under is asked too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agents.loading import load
from ari_app.desk import agenda
from ari_app.desk.office_types import Answerable
from store import agents, bookings, tenants
from store.db import Database
from tests.actors import OPERATOR

DENTAL = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"
PARTY = "+33612345678"


@pytest.mark.parametrize(
    ("said", "called_us", "outcome"),
    [
        ({}, True, "none"), ({"name": ""}, True, "none"), ({"name": "M. Durand"}, True, "none"),
        ({"name": "a"}, True, "none"), ({"name": "helene lefevre"}, True, "done"), ({"name": "Lefèvre"}, True, "done"),
        ({}, False, "done"),
    ],
)  # fmt: skip
def test_the_name_is_asked_of_who_calls(
    database: Database, said: dict[str, str], called_us: bool, outcome: str
) -> None:
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet du Parc", by=OPERATOR)
    who = Answerable(tenant.id, "dentiste", "+33162001234", load(DENTAL).agent, "dental", 1, "Europe/Paris")
    at = who.now() + timedelta(days=1)
    with database.operator() as conn:
        agents.import_version(conn, tenant.id, "dental", DENTAL.read_text(encoding="utf-8"), by=OPERATOR)
    with database.tenant(tenant.id) as conn:
        bookings.book(
            conn, tenant.id, "dental", "Hélène Lefèvre", at, at + timedelta(minutes=30), call_id=None, phone=PARTY
        )
        assert agenda.cancel(conn, who, PARTY, said, called_us=called_us)["outcome"] == outcome
