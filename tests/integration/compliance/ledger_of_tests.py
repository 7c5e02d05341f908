"""A tenant with one number it may show, and a consent, for the tests of the ledgers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from compliance.ledgers.ledger import Request
from compliance.ledgers.tenants import set_switches
from store import numbers, tenants
from store.base.ids import new_id
from store.db import Database
from tests.actors import OPERATOR

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SHOWN, PERSON = "+33162001234", "+33612345678"


def tenant(database: Database, slug: str = "cabinet", shown: str = SHOWN) -> UUID:
    with database.operator() as conn:
        made = tenants.add(conn, slug, slug.title(), by=OPERATOR)
        numbers.add(conn, shown, verified_npv=True, by=OPERATOR)
        numbers.assign(conn, shown, made.id, by=OPERATOR)
    return made.id


def consent(database: Database, tenant_id: UUID, number: str = PERSON, **changes: Any) -> UUID:
    values: dict[str, Any] = {
        "id": new_id(),
        "tenant": tenant_id,
        "number": number,
        "given": MONDAY - timedelta(days=30),
        "expires": MONDAY + timedelta(days=300),
        "professional": "Cabinet",
        "third_party": "",
    } | changes
    with database.tenant(tenant_id) as conn:
        conn.execute(
            """INSERT INTO compliance.consents (id, tenant_id, number, professional, third_party, goods, how,
                                                wording, evidence, evidence_hash, given_at, expires_at)
               VALUES (%(id)s, %(tenant)s, %(number)s, %(professional)s, %(third_party)s, 'soins', 'form',
                       'J''accepte', 'form.html', repeat('a', 64), %(given)s, %(expires)s)""",
            values,
        )
    return values["id"]


def request(**changes: Any) -> Request:
    return Request(**({"to": PERSON, "caller_id": SHOWN, "postcode": "13006", "call_id": new_id()} | changes))


def no_automate(database: Database, tenant_id: UUID) -> None:
    """The client answers that its agent is no automate (C15): what is tried is another rule."""
    with database.operator(tenant_id) as conn:
        set_switches(conn, tenant_id, {"ai_is_automate": False}, by=OPERATOR)
