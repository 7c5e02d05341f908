"""`billing invoice verify`: every stored document against its hash, its number and its sum."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from billing.invoices.invoicing import Issued, get
from billing.invoices.verifying import Verified, verify
from store.base.console import to_json
from store.base.errors import NotFound
from store.db import Conn, Database
from store.tenants import Tenant
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]


@pytest.fixture
def issued(database: Database, client: Tenant) -> Issued:
    found = run(database, client)
    assert found is not None
    return found


def verified(database: Database, number: str | None = None) -> list[Verified]:
    with database.operator() as conn:
        return list(verify(conn, date(2026, 12, 1), number))


def change(superuser: Conn, number: str, path: str, value: str) -> None:
    """What only somebody who owns the database can do: the triggers are off."""
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(
        "UPDATE billing.invoices SET document = jsonb_set(document, %s, %s::jsonb) WHERE number = %s",
        (path.split("."), value, number),
    )
    superuser.execute("SET session_replication_role = origin")


def test_what_was_issued_is_as_it_was(database: Database, issued: Issued) -> None:
    (one,) = verified(database)
    assert (one.number, one.fault) == (issued.number, "")
    assert verified(database, issued.number) == [one]


@pytest.mark.parametrize(
    ("path", "value"),
    [("gross_cents", "1"), ("buyer.name", '"Un autre"'), ("lines.0.net_cents", "1"), ("number", '"2026-000099"')],
)
def test_a_document_that_was_changed_is_found(
    database: Database, superuser: Conn, issued: Issued, path: str, value: str
) -> None:
    change(superuser, issued.number, path, value)
    (one,) = verified(database)
    assert "hash differs" in one.fault


def test_a_document_sealed_as_the_first_version_did_is_still_good(
    database: Database, superuser: Conn, issued: Issued
) -> None:
    with database.operator() as conn:
        old = hashlib.sha256(to_json(get(conn, issued.number).invoice().plain()).encode()).hexdigest()
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("UPDATE billing.invoices SET sha256 = %s", (old,))
    superuser.execute("SET session_replication_role = origin")
    (one,) = verified(database)
    assert (one.sha256, one.fault) == (old, "")


def test_what_retention_forgot_is_said_to_be_forgotten_and_only_when_it_is_old_enough(
    database: Database, superuser: Conn, issued: Issued
) -> None:
    change(superuser, issued.number, "buyer.name", '"—"')
    assert verified(database)[0].fault
    with database.operator() as conn:
        (one,) = verify(conn, date(2038, 1, 1))
    assert (one.forgotten, one.fault) == (True, "")


def test_a_number_that_is_not_there_is_not_found(database: Database, issued: Issued) -> None:
    with pytest.raises(NotFound):
        verified(database, "2026-009999")
