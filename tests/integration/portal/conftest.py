"""A client with calls, another one beside it, their people, and the portal on a real database."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from portal.door import Portal
from portal.web.app import make_app
from store import tenants
from store.base.settings import Settings
from store.db import Database
from store.setup import portal_login
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.conftest import Postgres
from tests.integration.portal.site import NOW, SITE, Browser, Browsers, People, Practice, furnish


@pytest.fixture
def portal(postgres: Postgres, database: Database, new_folder: Path) -> Generator[Portal]:
    """The web's door, on the test's database; recordings lie in a home of this test's own."""
    made = Portal(portal_login(postgres.settings, postgres.admin), Settings(home=new_folder))
    made.sense = lambda: None  # agents are tried by their rules: no model is opened in tests
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


@pytest.fixture
def people(database: Database, portal: Portal) -> People:
    return People(database, portal)


def later(**more: Any) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(**more)


@pytest.fixture
def practice(database: Database, new_folder: Path) -> Practice:
    return furnish(database, new_folder, "dentiste", "Cabinet Molaire")


@pytest.fixture
def other(database: Database, new_folder: Path) -> Practice:
    return furnish(database, new_folder, "mairie", "Mairie de Saint-Paul")


@pytest.fixture
def browser(portal: Portal) -> Generator[Browsers]:
    """Makes browsers, each with cookies of its own."""
    with browsing(portal, NOW) as made:
        yield made


@contextmanager
def browsing(portal: Portal, at: datetime) -> Generator[Browsers]:
    """The same, on a site whose clock says `at`."""
    app = make_app(portal, lambda: at)
    opened: list[TestClient] = []

    def made() -> Browser:
        opened.append(TestClient(app, base_url=SITE))
        return Browser(opened[-1])

    yield made
    for client in opened:
        client.close()
