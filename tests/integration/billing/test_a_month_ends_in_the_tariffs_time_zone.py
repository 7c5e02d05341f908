"""A call belongs to the month of its tariff's time zone: at invoicing too, whatever month it is in Paris."""

from __future__ import annotations

from datetime import UTC, datetime

from billing.charges import tariffs
from billing.charges.ledger import charge_of, record_call
from store.db import Database
from store.tenants import Tenant
from tests.integration.billing.conftest import TARIFF, a_cdr
from tests.integration.billing.test_invoices import OCTOBER, client, run

__all__ = ["client"]

HALLOWEEN = datetime(2026, 11, 1, 1, tzinfo=UTC)  # 22:00 on 31 October in Cayenne, 02:00 on 1 November in Paris
CAYENNE = 'timezone = "America/Cayenne"\n' + TARIFF


def test_an_unrated_call_of_the_months_last_evening_is_rated_again_by_the_run(
    database: Database, client: Tenant
) -> None:
    cdr = a_cdr(client.id, at=HALLOWEEN, callee="+15550100")
    with database.operator() as conn:
        far = tariffs.add_version(conn, "cayenne", CAYENNE, "t")
        tariffs.assign(conn, client.id, "cayenne", far.version, datetime(2026, 10, 20, tzinfo=UTC), "t")
    with database.tenant(client.id) as conn:
        record = record_call(conn, cdr)
        assert (record.status, record.month) == ("unrated", OCTOBER)
    with database.operator() as conn:
        wide = tariffs.add_version(conn, "cayenne", CAYENNE + '[[rate]]\nprefix = "+1"\nprice_per_minute = "1"\n', "t")
        tariffs.assign(conn, client.id, "cayenne", wide.version, datetime(2026, 10, 20, tzinfo=UTC), "t")
    assert run(database, client) is not None
    with database.tenant(client.id) as conn:
        charge = charge_of(conn, cdr.id)
        assert charge is not None
        assert charge.status == "rated"
