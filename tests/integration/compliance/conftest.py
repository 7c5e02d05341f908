"""The commands, on the test's own database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compliance.cli import compliance
from store.base.settings import settings
from store.db import Database

Run = Callable[..., Result]


@pytest.fixture
def run(database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `decroche compliance …`."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()

    def invoke(*args: object) -> Result:
        result = CliRunner().invoke(compliance, [str(arg) for arg in args])
        print(result.output)  # shown by pytest when a test fails
        return result

    return invoke
