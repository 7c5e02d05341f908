"""H1: being put through leaves by the trunk, so a client that may place no call may be put through nowhere."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from agents.effects import Act
from agents.loading import AgentFileError, load, loads
from ari_app.actions.base import ActionContext, perform
from ari_app.office import Office
from ari_app.office_types import Answerable
from ari_app.switch.scripted import ScriptedSwitch
from billing.charges import controls
from store import tenants
from store.base.settings import settings
from store.db import Database
from tests.actors import OPERATOR

DENTAL = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"
TEXT = DENTAL.read_text(encoding="utf-8")


@pytest.fixture
def context(database: Database, settings_home: Path) -> ActionContext:
    """A call of a client's, in which nothing can be dialled: a refusal comes before anything is."""
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet du Parc", by=OPERATOR)
    who = Answerable(tenant.id, "dentiste", "+33162001234", load(DENTAL).agent, "dental", 1, "Europe/Paris")
    return ActionContext(
        uuid4(), who, "leg", "inbound", "+33612345678", "+33162001234", Office(database, settings()), ScriptedSwitch()
    )


async def test_a_blocked_client_is_put_through_nowhere(context: ActionContext, database: Database) -> None:
    with database.operator() as conn:
        controls.block(conn, context.who.tenant_id, "fraud", "too many islands", by=OPERATOR)
    assert await perform(Act("transfer", {}), context) == {"outcome": "refused"}


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
