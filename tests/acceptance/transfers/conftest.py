"""A house with a real Asterisk whose practice asks its secretary before a call is put through; scripted engines."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from agents.loading import loads
from ari_app.demo import seed
from store import agents, numbers
from store.base.settings import settings
from store.tenants import tenant_id
from tests.acceptance.calls.house import eventually
from tests.acceptance.faults.conftest import ScriptedHouse
from tests.actors import OPERATOR

NUMBER = "+33162001260"
PERSON = '{name: "le secrétariat", number: "+33199000001"}'


def publish(house: ScriptedHouse) -> None:
    """The dental practice's agent with an attended transfer, on a number of its own."""
    text = (seed.EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
    name = loads(text, "").agent.id
    assert PERSON in text
    text = text.replace(f"id: {name}", "id: asking", 1).replace(PERSON, PERSON[:-1] + ", transfer: attended}")
    with house.database() as db, db.operator() as conn:
        tenant = tenant_id(conn, seed.TENANT)
        version = agents.import_version(conn, tenant, "asking", text, by=OPERATOR).version
        agents.mark_tested(conn, tenant, "asking", version, "test", by=OPERATOR)
        agents.publish(conn, tenant, "asking", version, "other", by=OPERATOR)
        numbers.add(conn, NUMBER, verified_npv=True, by=OPERATOR)
        numbers.assign(conn, NUMBER, tenant, agent="asking", by=OPERATOR)
    eventually("the number in the dialplan", lambda: NUMBER in house.asterisk.command("database show decroche"))


@pytest.fixture(scope="package")
def running() -> Generator[ScriptedHouse]:
    """The one house of this folder."""
    with tempfile.TemporaryDirectory(prefix="decroche-transfers-", ignore_cleanup_errors=True) as folder:
        house = ScriptedHouse(Path(folder) / "home")
        with house.environment():
            house.settings = settings()
        try:
            house.up()
            publish(house)
            yield house
        finally:
            house.stop()


@pytest.fixture
def house(running: ScriptedHouse) -> ScriptedHouse:
    """The house, up, whose ear hears that a person is wanted."""
    running.engines(text="Je voudrais parler à quelqu'un.")
    return running
