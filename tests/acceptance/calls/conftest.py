"""One house for all the calls here."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.acceptance.calls.house import House, running_house


@pytest.fixture(scope="package")
def house() -> Generator[House]:
    """Décroche as `decroche up --demo` starts it: real Asterisk, PostgreSQL, ear, mind and voice."""
    with running_house() as house:
        yield house
