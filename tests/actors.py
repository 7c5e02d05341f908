"""Who acts in tests, and the day they act on where it does not matter."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from store.base.actor import Actor

OPERATOR = Actor("cli", "test", role="operator")


def today() -> date:
    """The day in Paris."""
    return datetime.now(ZoneInfo("Europe/Paris")).date()
