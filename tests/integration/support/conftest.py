"""The sites of the portal's tests, a mailbox beside them."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from store.base.settings import Settings, settings
from tests.integration.portal.conftest import browser as browser
from tests.integration.portal.conftest import other as other
from tests.integration.portal.conftest import people as people
from tests.integration.portal.conftest import portal as portal
from tests.integration.portal.conftest import practice as practice
from tests.integration.portal.test_the_operators_own_site import desk as desk
from tests.mailbox import Mailbox, serving


@pytest.fixture
def mailbox() -> Generator[Mailbox]:
    with serving() as box:
        yield box


@pytest.fixture
def ours(settings_home: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose mails go to the mailbox, and whose operator has an address."""
    monkeypatch.setenv("DECROCHE_BILLING__SMTP", mailbox.where)
    monkeypatch.setenv("DECROCHE_BILLING__OPERATOR_EMAIL", "support@operateur.fr")
    settings.cache_clear()
    return settings()
