"""A turn, a charge, an invoice's line names a row of its own tenant that is there, and that row stays."""

from __future__ import annotations

from typing import LiteralString

import pytest
from psycopg.errors import ForeignKeyViolation

from billing.charges.ledger import record_call
from store import tenants
from store.base.ids import new_id
from store.calls import Cdr
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import a_cdr


@pytest.fixture
def call(database: Database, dentist: Tenant) -> Cdr:
    cdr = a_cdr(dentist.id)
    with database.tenant(dentist.id) as conn:
        record_call(conn, cdr)
    return cdr


_NAMING: dict[str, LiteralString] = {
    "a turn": "INSERT INTO store.turns (tenant_id, call_id, position, who, text, from_ms, to_ms)"
    " VALUES (%(tenant)s, %(call)s, 9, 'agent', '', 0, 0)",
    "an action": "INSERT INTO store.actions (tenant_id, call_id, position, name, at_ms)"
    " VALUES (%(tenant)s, %(call)s, 9, 'book', 0)",
    "a charge": "INSERT INTO billing.charges SELECT %(tenant)s, %(call)s, 7, 'charge', 'unanswered', 'inbound', '',"
    " NULL, '2026-10-01', 0, 0, 0, 0, 0, 0, 'EUR'",
    "an invoice's line": "INSERT INTO billing.invoice_charges VALUES (%(tenant)s, %(call)s, %(call)s, 1, 1)",
}


@pytest.mark.parametrize("statement", _NAMING.values(), ids=_NAMING.keys())
def test_what_is_not_there_cannot_be_named(database: Database, dentist: Tenant, statement: LiteralString) -> None:
    with pytest.raises(ForeignKeyViolation), database.operator() as conn:
        conn.execute(statement, {"tenant": dentist.id, "call": new_id()})


@pytest.mark.parametrize("statement", [*_NAMING.values()][:3], ids=[*_NAMING][:3])
def test_another_tenants_call_cannot_be_named(database: Database, call: Cdr, statement: LiteralString) -> None:
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    with pytest.raises(ForeignKeyViolation), database.operator() as conn:
        conn.execute(statement, {"tenant": other.id, "call": call.id})


def test_a_call_of_no_tenant_is_not_stored(database: Database, call: Cdr) -> None:
    with pytest.raises(ForeignKeyViolation), database.operator() as conn:
        conn.execute(
            """INSERT INTO store.calls (tenant_id, id, direction, caller, callee, started_at, ended_at, hangup_cause,
                                        hangup_side, outcome)
               SELECT %s, %s, direction, caller, callee, started_at, ended_at, hangup_cause, hangup_side, outcome
                 FROM store.calls""",
            (new_id(), new_id()),
        )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM store.calls", "DELETE FROM store.tenants", "UPDATE store.calls SET id = gen_random_uuid()",
        "UPDATE store.calls SET tenant_id = gen_random_uuid()", "UPDATE store.tenants SET id = gen_random_uuid()",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("call")
def test_what_is_named_stays_under_its_name(database: Database, statement: LiteralString) -> None:
    with pytest.raises(ForeignKeyViolation), database.operator() as conn:
        conn.execute(statement)
