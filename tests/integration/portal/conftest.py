"""A client with calls, another one beside it, their people, and the portal on a real database."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.door import Portal
from portal.people import managing, signing
from store import tenants
from store.base.settings import Settings
from store.db import Database
from store.setup import portal_login
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.conftest import Postgres

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
PASSWORD = "quatre mots pour entrer"


@pytest.fixture
def portal(postgres: Postgres, database: Database, new_folder: Path) -> Generator[Portal]:
    """The web's door, on the test's database; recordings lie in a home of this test's own."""
    made = Portal(portal_login(postgres.settings, postgres.admin), Settings(home=new_folder))  # pyright: ignore[reportCallIssue]
    yield made
    made.close()


@pytest.fixture
def dentist(database: Database) -> Tenant:
    with database.operator() as conn:
        return tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)


@pytest.fixture
def townhall(database: Database) -> Tenant:
    with database.operator() as conn:
        return tenants.add(conn, "mairie", "Mairie de Saint-Paul", timezone="Indian/Reunion", by=OPERATOR)


@dataclass
class People:
    """Adds people whose password is known, and signs them in."""

    database: Database
    portal: Portal

    def add(self, email: str, tenant: Tenant | None, *roles: str) -> str:
        """The first password, or "" for somebody known."""
        with self.database.operator() as conn:
            return managing.add(conn, email, tenant, roles, by=OPERATOR, now=NOW).password

    def signed_in(self, email: str, tenant: Tenant | None, *roles: str, now: datetime = NOW) -> str:
        """A new person's token."""
        password = self.add(email, tenant, *roles)
        answer = signing.sign_in(self.portal, email, password, "192.0.2.1", "test", now)
        assert answer.outcome == "in"
        return answer.token


@pytest.fixture
def people(database: Database, portal: Portal) -> People:
    return People(database, portal)


def later(**more: Any) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(**more)
