"""M1: calls that were not taken leave no CDR; the operator is told of them all the same, and a client's are its own."""

from __future__ import annotations

from datetime import UTC, datetime

from ari_app.desk.office import Office
from billing.charges.refusals import lately
from store import tenants
from store.base.settings import settings
from store.db import Database
from tests.actors import OPERATOR


def test_a_flood_is_counted_by_the_hour_and_told_once(database: Database, settings_home: object) -> None:
    with database.operator() as conn:
        acme = tenants.add(conn, "acme", "Acme", by=OPERATOR).id
        beta = tenants.add(conn, "beta", "Beta", by=OPERATOR).id
    office = Office(database, settings())
    for calls in (7, 5):
        office.count_refused(acme, calls, "10 calls of this client are in progress")
    with database.tenant(acme) as conn:
        assert lately(conn, acme, datetime.now(UTC)) == 12
        told = conn.execute("SELECT audience, body FROM billing.notices WHERE kind = 'flood'").fetchall()
    assert len(told) in (1, 2), "one for each hour"
    assert told[0]["audience"] == "operator"
    assert told[0]["body"]["reason"] == "10 calls of this client are in progress"
    with database.tenant(beta) as conn:
        assert lately(conn, acme, datetime.now(UTC)) == 0, "another client sees none of it"
