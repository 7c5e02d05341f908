"""What an agent calls about is in its file, and reaches the decision: on a real PostgreSQL, through the office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from agents.loading import loads
from ari_app.desk.office import Office
from ari_app.desk.office_types import Answerable, CallOrder
from compliance.ledgers import callbacks
from compliance.ledgers.ledger import ask
from store.base.ids import new_id
from store.base.settings import settings
from store.db import Conn, Database
from tests.actors import OPERATOR
from tests.integration.compliance.ledger_of_tests import MONDAY, PERSON, SHOWN, consent, request, tenant
from tests.unit.call.test_what_compliance_is_asked_about_a_call import CANVASSER, FOR_ANOTHER

pytestmark = pytest.mark.usefixtures("settings_home")


async def answer(database: Database, tenant_id: UUID, text: str, **order: Any) -> Any:
    who = Answerable(tenant_id, "cabinet", SHOWN, loads(text).agent, "test", 1, "Europe/Paris")
    asked = CallOrder("cabinet", "test", PERSON, postcode="13006", at=MONDAY, check_only=True, **order)
    return (await Office(database, settings()).may_call(who, new_id(), PERSON, asked)).as_json()


@pytest.mark.parametrize(
    ("goods", "reasons"),
    [("soins", []), (" SOINS ", []), ("assurance auto", ["no_consent"])],
)
async def test_a_consent_to_other_goods_is_none(database: Database, goods: str, reasons: list[str]) -> None:
    who = tenant(database)
    consent(database, who, professional="Toit Vert")  # to "soins"
    text = CANVASSER.replace("assurance auto", f"{goods!r}")
    assert (await answer(database, who, text))["reasons"] == reasons


async def test_an_agents_forbidden_sector_is_refused_even_with_consent(database: Database) -> None:
    who = tenant(database)
    consent(database, who, professional="Toit Vert")
    text = CANVASSER.replace("assurance auto", "soins\nsector: housing_adaptation")
    assert (await answer(database, who, text))["reasons"] == ["banned_sector"]


async def test_only_the_goods_the_person_asked_about_may_be_called_back_for(database: Database) -> None:
    who = tenant(database)
    with database.tenant(who) as conn:
        callbacks.add(conn, who, PERSON, MONDAY.replace(hour=8), "form 12", MONDAY, "Assurance  auto", by=OPERATOR)
    asked = {"purpose": "callback"}
    assert (await answer(database, who, CANVASSER, **asked))["reasons"] == []
    text = CANVASSER.replace("assurance auto", "toitures")
    assert (await answer(database, who, text, **asked))["reasons"] == ["no_request"]


@pytest.mark.parametrize(
    ("professional", "third_party", "reasons"),
    [
        ("Toit Vert", "", []),
        (" TOIT  vert ", "", []),
        ("Comparateur Malin", "Autre SAS; Toit Vert", []),
        ("Comparateur Malin", "", ["no_consent"]),
        ("Toit Vert et fils", "Toit", ["no_consent"]),
    ],
)
async def test_a_consent_given_to_somebody_else_is_none(
    database: Database, professional: str, third_party: str, reasons: list[str]
) -> None:
    who = tenant(database)
    consent(database, who, professional=professional, third_party=third_party)
    text = CANVASSER.replace("assurance auto", "soins")
    assert (await answer(database, who, text))["reasons"] == reasons


@pytest.mark.parametrize(
    ("professional", "third_party", "reasons"),
    [
        ("Toit Vert", "Solar Plus", []),
        ("Solar Plus", "Toit Vert", []),
        ("Toit Vert", "", ["no_consent"]),
        ("Solar Plus", "", ["no_consent"]),
    ],
)
async def test_who_canvasses_for_another_needs_a_consent_that_names_both(
    database: Database, professional: str, third_party: str, reasons: list[str]
) -> None:
    who = tenant(database)
    consent(database, who, professional=professional, third_party=third_party)
    assert (await answer(database, who, FOR_ANOTHER.replace("assurance auto", "soins")))["reasons"] == reasons


async def test_the_older_consent_that_names_who_calls_holds_beside_a_newer_one_that_does_not(
    database: Database,
) -> None:
    who = tenant(database)
    consent(database, who, professional="Toit Vert", given=MONDAY - timedelta(days=60))
    consent(database, who, professional="Autre SAS")
    assert (await answer(database, who, CANVASSER.replace("assurance auto", "soins")))["allowed"]


@pytest.mark.parametrize(("professional", "allowed"), [("Cabinet", True), ("Autre", False)])
def test_who_does_not_say_who_calls_calls_for_the_tenant(database: Database, professional: str, allowed: bool) -> None:
    who = tenant(database)
    consent(database, who, professional=professional)
    assert ask(database, who, request(), MONDAY).allowed is allowed


def test_the_stored_decision_names_who_calls_for_whom_and_about_what(database: Database, superuser: Conn) -> None:
    who = tenant(database)
    ask(database, who, request(professional="Solar Plus", principal="Toit Vert", goods="soins"), MONDAY)
    row = superuser.execute("SELECT record::jsonb AS record FROM compliance.decisions").fetchone()
    assert row is not None
    assert (row["record"]["callers"], row["record"]["goods"]) == (["Solar Plus", "Toit Vert"], "soins")


def test_one_form_may_be_a_consent_to_two_professionals(database: Database) -> None:
    who = tenant(database)
    for name in ("Toit Vert", "Solar Plus"):
        consent(database, who, professional=name)
    for name in ("Toit Vert", "Solar Plus"):
        assert ask(database, who, request(professional=name), MONDAY).allowed
