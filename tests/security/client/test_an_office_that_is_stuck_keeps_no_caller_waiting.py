"""H6: whatever holds the office up, a call in learns within its time that nobody answers, and goes to its fallback."""

from __future__ import annotations

from pathlib import Path

import pytest

from ari_app.demo import seed
from ari_app.desk.office import Office
from ari_app.desk.routing import OfficeAway
from store.base.settings import settings
from store.db import Conn, Database


async def test_who_answers_is_said_in_time_or_the_call_goes_elsewhere(
    database: Database, superuser: Conn, settings_home: Path
) -> None:
    seed.seed(database)
    assert await Office(database, settings()).routing.who_answers(seed.DENTAL_FR)
    stuck = Office(database, settings(), answer_seconds=0.5)
    with superuser.transaction():
        superuser.execute("LOCK TABLE store.numbers IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OfficeAway, match="who answers"):
            await stuck.routing.who_answers(seed.DENTAL_FR)
