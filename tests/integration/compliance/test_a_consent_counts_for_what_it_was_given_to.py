"""What an agent calls about is in its file, and reaches the decision: on a real PostgreSQL, through the office."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ari_app.agents.loading import loads
from ari_app.office import Office
from ari_app.office_types import Answerable, Order
from compliance import callbacks
from store.db import Database
from store.ids import new_id
from store.settings import settings
from tests.integration.compliance.ledger_of_tests import MONDAY, PERSON, SHOWN, consent, tenant
from tests.unit.call.test_what_compliance_is_asked_about_a_call import CANVASSER

pytestmark = pytest.mark.usefixtures("settings_home")


async def answer(database: Database, tenant_id: UUID, text: str, **order: Any) -> Any:
    who = Answerable(tenant_id, "cabinet", SHOWN, loads(text).agent, "test", 1, "Europe/Paris")
    asked = Order("cabinet", "test", PERSON, postcode="13006", at=MONDAY, check_only=True, **order)
    return await Office(database, settings()).may_call(who, new_id(), PERSON, asked)


@pytest.mark.parametrize(
    ("goods", "reasons"),
    [("soins", []), (" SOINS ", []), ("assurance auto", ["no_consent"])],
)
async def test_a_consent_to_other_goods_is_none(database: Database, goods: str, reasons: list[str]) -> None:
    who = tenant(database)
    consent(database, who)  # to "soins"
    text = CANVASSER.replace("assurance auto", f"{goods!r}")
    assert (await answer(database, who, text))["reasons"] == reasons


async def test_an_agents_forbidden_sector_is_refused_even_with_consent(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    text = CANVASSER.replace("assurance auto", "soins\nsector: housing_adaptation")
    assert (await answer(database, who, text))["reasons"] == ["banned_sector"]


async def test_only_the_goods_the_person_asked_about_may_be_called_back_for(database: Database) -> None:
    who = tenant(database)
    with database.tenant(who) as conn:
        callbacks.add(conn, who, PERSON, MONDAY.replace(hour=8), "form 12", MONDAY, "Assurance  auto")
    asked = {"purpose": "callback"}
    assert (await answer(database, who, CANVASSER, **asked))["reasons"] == []
    text = CANVASSER.replace("assurance auto", "toitures")
    assert (await answer(database, who, text, **asked))["reasons"] == ["no_request"]
