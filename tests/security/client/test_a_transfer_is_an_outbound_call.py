"""H1: being put through leaves by the trunk, so a client that may place no call may be put through nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from agents.effects import Act
from agents.loading import AgentFileError, load, loads
from ari_app.actions.base import ActionContext, perform
from ari_app.desk.house import House
from ari_app.desk.legs import Legs, NotDialled, Whose
from ari_app.desk.office import Office
from ari_app.desk.office_types import Answerable
from ari_app.desk.till import Till
from ari_app.switch.scripted import ScriptedSwitch
from billing.charges import accounts, controls, tariffs
from store import live, tenants
from store.base.parties import Parties
from store.base.settings import settings
from store.db import Database
from tests.actors import OPERATOR
from tests.scripted_engines import ScriptedEar, scripted_parts

DENTAL = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"
HOUR = timedelta(hours=1)
TARIFF = '[[rate]]\nprefix = "+33"\nprice_per_minute = "0.60"\n'
TEXT = DENTAL.read_text(encoding="utf-8")


@pytest.fixture
def context(database: Database, settings_home: Path) -> ActionContext:
    """A call of a client's, in which nothing can be dialled: a refusal comes before anything is."""
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet du Parc", by=OPERATOR)
    who = Answerable(tenant.id, "dentiste", "+33162001234", load(DENTAL).agent, "dental", 1, "Europe/Paris")
    office, switch, till = Office(database, settings()), ScriptedSwitch(), Till(database, timedelta(hours=1))
    house = House(settings(), switch, scripted_parts(ScriptedEar()), office, till)
    call_id = uuid4()
    legs = Legs(house, Whose(tenant.id, call_id, who.number, "leg"), _nothing)
    return ActionContext(call_id, who, "leg", Parties("inbound", "+33162001234", "+33612345678"), office, switch, legs)


async def _nothing() -> None:
    """Nothing is cut here."""


async def test_a_blocked_client_is_put_through_nowhere(context: ActionContext, database: Database) -> None:
    with database.operator() as conn:
        controls.block(conn, context.who.tenant_id, "fraud", "too many islands", by=OPERATOR)
    assert await perform(Act("transfer", {}), context) == {"outcome": "refused"}


@pytest.mark.parametrize("number", ["+882161234567", "+33899123456", "+14155550100", "+681721234"])
async def test_a_number_that_no_phone_may_dial_is_no_person(context: ActionContext, number: str) -> None:
    with pytest.raises(NotDialled):
        await context.legs.ask("transfer", number)


async def test_a_prepaid_client_is_put_through_to_whom_its_balance_covers(
    context: ActionContext, database: Database
) -> None:
    tenant_id = context.who.tenant_id
    with database.operator() as conn:
        version = tariffs.add_version(conn, "standard", TARIFF, OPERATOR).version
        tariffs.assign(conn, tenant_id, "standard", version, datetime(2020, 1, 1, tzinfo=UTC), OPERATOR)
        accounts.set_mode(conn, tenant_id, "prepaid")
    assert await perform(Act("transfer", {}), context) == {"outcome": "refused"}
    with database.operator(tenant_id) as conn:
        accounts.move(conn, tenant_id, "top_up", 3_000_000, "VIR 1", OPERATOR)
    assert (await perform(Act("transfer", {}), context))["outcome"] == "transferring"
    with database.tenant(tenant_id) as conn:
        assert accounts.account(conn, tenant_id).reserved_micros == 600_000, "a minute of it is held"
    await context.legs.over()
    with database.tenant(tenant_id) as conn:
        assert accounts.account(conn, tenant_id).reserved_micros == 0, "and given back, as nobody was rung"
        assert live.listed(conn) == []


async def test_a_leg_in_progress_counts_among_the_calls_of_its_client(
    context: ActionContext, database: Database
) -> None:
    with database.operator() as conn:
        controls.set_limits(conn, context.who.tenant_id, by=OPERATOR, calls_at_once=1)
    assert (await perform(Act("transfer", {}), context))["outcome"] == "transferring"
    other = replace(context, legs=_another(context))
    assert await perform(Act("transfer", {}), other) == {"outcome": "refused"}


def _another(context: ActionContext) -> Legs:
    """The legs of another call of the same client."""
    house = House(
        settings(), context.switch, scripted_parts(ScriptedEar()), context.office, Till(context.office.db, HOUR)
    )
    return Legs(house, Whose(context.who.tenant_id, uuid4(), context.who.number, "leg-2"), _nothing)


@pytest.mark.parametrize("number", ["112", "15", "3114"])
def test_nobody_is_put_through_to_an_emergency_number(number: str) -> None:
    with pytest.raises(AgentFileError, match=r"human\.number"):
        loads(TEXT.replace('number: "+33199000001"', f'number: "{number}"'), "x")


def test_a_number_that_is_none_is_told_with_its_line() -> None:
    with pytest.raises(AgentFileError) as caught:
        loads(TEXT.replace('number: "+33199000001"', 'number: "06 12"'), "x")
    assert any(problem.where == "human.number" and problem.line > 0 for problem in caught.value.problems)


@pytest.mark.parametrize("number", ["+882161234567", "+33899123456", "+14155550100"])
def test_a_costly_number_is_warned_of(number: str) -> None:
    found = loads(TEXT.replace('number: "+33199000001"', f'number: "{number}"'), "x").warnings
    assert any(problem.where == "human.number" and problem.severity == "warning" for problem in found)
