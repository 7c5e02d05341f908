"""A tenant with a tariff, and CDRs to charge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from billing.charges import tariffs
from store import tenants
from store.base.ids import new_id
from store.calls import Cdr
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR

START = datetime(2026, 10, 6, 8, 0, tzinfo=UTC)  # a Tuesday
TARIFF = """\
decimals = 4
[bundle]
seconds = 100
prefixes = ["+33"]
[[rate]]
prefix = "+33"
price_per_minute = "0.60"
connection_fee = "0.05"
"""


@pytest.fixture
def dentist(database: Database) -> Tenant:
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)
        version = tariffs.add_version(conn, "standard", TARIFF, "test")
        tariffs.assign(conn, tenant.id, "standard", version.version, datetime(2026, 1, 1, tzinfo=UTC), "test")
        return tenant


def a_cdr(tenant_id: UUID, seconds: int | None = 60, *, at: datetime = START, **more: Any) -> Cdr:
    """An outbound call of so many answered seconds; None: not answered."""
    values: dict[str, Any] = {
        "id": new_id(),
        "tenant_id": tenant_id,
        "direction": "outbound",
        "caller": "+33162001234",
        "callee": "+33612345678",
        "started_at": at - timedelta(seconds=5),
        "answered_at": None if seconds is None else at,
        "ended_at": at + timedelta(seconds=seconds or 0),
        "hangup_cause": 16,
        "hangup_side": "caller",
        "outcome": "answered",
    }
    return Cdr(**(values | more))
