"""Two clients, and the commands on the test's own database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ari_app.cli import decroche
from store import tenants
from store.base.settings import settings
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR

Run = Callable[..., Result]


@pytest.fixture
def dentist(database: Database) -> Tenant:
    with database.operator() as conn:
        return tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)


@pytest.fixture
def townhall(database: Database) -> Tenant:
    with database.operator() as conn:
        return tenants.add(conn, "mairie", "Mairie de Saint-Paul", by=OPERATOR)


@pytest.fixture
def run(database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `decroche …`."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()

    def invoke(*args: object) -> Result:
        return CliRunner().invoke(decroche, [str(arg) for arg in args])

    return invoke
