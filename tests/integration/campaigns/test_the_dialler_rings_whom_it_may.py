"""The dialler on a scripted switch and a real database: whoever is admitted rings once, and their end is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from ari_app.call.dialler import Dialler, seats
from ari_app.call.outbound import place, ring
from ari_app.call.state import CallState
from ari_app.demo import seed
from ari_app.desk.house import House
from ari_app.desk.lost import Lost
from ari_app.desk.office import CalledLately, Office
from ari_app.desk.office_types import NODE, CallOrder
from ari_app.desk.till import Till
from ari_app.switch.scripted import ScriptedSwitch
from campaigns import campaigns
from campaigns.dialling import agreed, course
from campaigns.dialling.admission import Rung, admit
from campaigns.dialling.reporting import report
from store import agents, calls, live, messages
from store.base.ids import new_id
from store.base.settings import settings
from store.db import Database
from tests.actors import OPERATOR
from tests.integration.call.conftest import until
from tests.integration.campaigns.campaigning import listed
from tests.scripted_engines import ScriptedEar, scripted_parts

NAME, REMINDER = "rappels", "reminder.fr.yaml"


class Exchange:
    """A house on a scripted switch, with its dialler; calls run until they are over."""

    def __init__(self, database: Database, least_gap: timedelta = timedelta()) -> None:
        self.database, self.switch = database, ScriptedSwitch()
        self.tenant: UUID = seed.seed(database)
        office, till = Office(database, settings(), least_gap=least_gap), Till(database, timedelta(hours=1))
        self.house = House(settings(), self.switch, scripted_parts(ScriptedEar()), office, till)
        self.going: dict[UUID, asyncio.Task[None]] = {}
        self.dialler = Dialler(self.house, lambda: list(self.going), self.begin, least_gap=least_gap)

    def begin(self, state: CallState) -> asyncio.Task[None]:
        self.going[state.id] = task = asyncio.create_task(ring(self.house, state))
        task.add_done_callback(lambda _: self.going.pop(state.id, None))
        return task

    async def over(self) -> None:
        """Until every call that was rung has its CDR."""
        while self.going:
            await asyncio.wait(self.going.values())

    def campaign(self, people: int, name: str = NAME, **more: Any) -> list[str]:
        """A running campaign of reminders to so many people."""
        agent = seed.agent_id(REMINDER)
        with self.database.tenant(self.tenant) as conn:
            called = listed(conn, self.tenant, people, name)
            visit = {"patient": "Claire", "date": "2026-12-01", "heure": "14:30"}
            conn.execute("UPDATE campaigns.contacts SET fields = %s", (Jsonb(visit),))
            today = date.today()  # noqa: DTZ011
            wanted = campaigns.Wanted(
                name, agent, (name,), "service", today - timedelta(days=1), today + timedelta(days=2),
                **{"weekdays": (1, 2, 3, 4, 5, 6, 7), "per_minute": 1000, "at_once": 100, **more},
            )  # fmt: skip
            campaigns.add(conn, self.tenant, wanted, "Léa", by=OPERATOR)
            campaigns.approve(conn, self.tenant, name, "Karim", by=OPERATOR)
            course.launch(conn, self.tenant, name, datetime.now(UTC), by=OPERATOR)
        return called

    def reported(self, name: str = NAME) -> dict[str, Any]:
        with self.database.tenant(self.tenant) as conn:
            return report(conn, self.tenant, name).as_json()

    @property
    def rung(self) -> list[str]:
        """The numbers that were dialled, in order."""
        return [to for what, _, to, *_ in self.switch.done if what == "dial"]


@pytest.fixture
async def exchange(database: Database, settings_home: Path) -> AsyncGenerator[Exchange]:
    made = Exchange(database)
    yield made
    for task in made.going.values():
        task.cancel()


async def test_each_is_rung_once_and_the_calls_end_is_theirs(exchange: Exchange) -> None:
    called = exchange.campaign(3)
    assert await exchange.dialler.turn() == 3
    await exchange.over()
    assert sorted(exchange.rung) == called
    found = exchange.reported()
    assert (found["people"], found["calls"]) == ({"waiting": 3}, {"busy": 3})  # for twenty minutes
    assert await exchange.dialler.turn() == 0


async def test_the_cdr_has_the_decision_and_the_variables(exchange: Exchange) -> None:
    (to,) = exchange.campaign(1)
    await exchange.dialler.turn()
    await exchange.over()
    with exchange.database.tenant(exchange.tenant) as conn:
        (cdr,) = calls.find(conn, party=to)
        decision = conn.execute("SELECT id FROM compliance.decisions WHERE call_id = %s", (cdr.id,)).fetchone()
    assert decision is not None
    assert (cdr.decision_id, cdr.variables["patient"], cdr.outcome) == (decision["id"], "Claire", "busy")


async def test_callers_keep_their_share(exchange: Exchange) -> None:
    exchange.switch.script = lambda switch, leg: None  # it rings, and rings
    exchange.campaign(20)
    room = seats(settings())
    assert room == settings().llm.calls - settings().call.kept_for_in
    assert await exchange.dialler.turn() == room
    assert await exchange.dialler.turn() == 0
    await until("rings", lambda: len(exchange.rung) == room)
    for leg in [leg for what, leg, *_ in exchange.switch.done if what == "dial"]:
        exchange.switch.end(leg)
    await exchange.over()
    assert await exchange.dialler.turn() == room


@pytest.mark.parametrize(("mind", "most", "free"), [(8, 30, 6), (8, 5, 3), (8, 0, 6), (2, 30, 1), (1, 30, 0)])
def test_the_callers_share_leaves_campaigns_one_of_two(mind: int, most: int, free: int) -> None:
    of = settings()
    call, llm = of.call.model_copy(update={"most": most}), of.llm.model_copy(update={"calls": mind})
    assert seats(of.model_copy(update={"call": call, "llm": llm})) == free


async def test_a_switch_that_cannot_be_reached_admits_nobody(exchange: Exchange) -> None:
    exchange.campaign(1)
    exchange.switch.connected = False
    assert await exchange.dialler.turn() == 0
    assert exchange.reported()["people"] == {"waiting": 1}


async def test_it_stops_with_everybody_rung_who_was_admitted(exchange: Exchange) -> None:
    exchange.campaign(5)
    running = asyncio.create_task(exchange.dialler.run())
    exchange.dialler.stop()
    await running
    await exchange.over()
    admitted = sum(exchange.reported()["calls"].values())
    assert len(exchange.rung) == admitted


async def test_who_was_admitted_by_a_process_that_died_is_rung_by_nobody_else(exchange: Exchange) -> None:
    (to,) = exchange.campaign(1)
    means = exchange.dialler.means
    rung = admit(exchange.database, exchange.tenant, NAME, means, datetime.now(UTC))
    assert isinstance(rung, Rung)
    again = Exchange.__new__(Exchange)  # the service starts again on the same database
    again.__dict__ |= exchange.__dict__
    lost = Lost(again.house.office, again.switch.remembered)
    for left in lost.all():
        lost.close(left)
    again.dialler.settle()
    assert await again.dialler.turn() == 0
    assert again.rung == []
    assert exchange.reported()["people"] == {"unknown": 1}
    with exchange.database.tenant(exchange.tenant) as conn:
        assert course.requeue(conn, exchange.tenant, NAME, datetime.now(UTC), by=OPERATOR) == 1
    assert await again.dialler.turn() == 1
    await again.over()
    assert again.rung == [to]


async def test_a_call_ordered_by_hand_keeps_the_same_gap(database: Database, settings_home: Path) -> None:
    exchange = Exchange(database, timedelta(hours=24))
    exchange.switch.script = lambda switch, leg: switch.end(leg, 19)  # nobody answered
    (to,) = exchange.campaign(1)
    await exchange.dialler.turn()
    await exchange.over()
    order = CallOrder(seed.TENANT, seed.agent_id(REMINDER), to, variables={"patient": "Claire"})
    with pytest.raises(CalledLately, match="least_gap_hours"):
        await place(exchange.house, order, exchange.begin)
    with database.tenant(exchange.tenant) as conn:
        assert live.listed(conn) == []
    busy = Exchange(database, timedelta(hours=24))
    other = CallOrder(seed.TENANT, seed.agent_id(REMINDER), "+33699999999", variables={"patient": "Claire"})
    for _ in range(2):  # a line that is busy does not ring
        placed = await place(busy.house, other, busy.begin)
        assert placed.task is not None
        await placed.task


def agree(exchange: Exchange, to: str, from_at: datetime, to_at: datetime, at: datetime) -> UUID:
    call_id, agent = new_id(), seed.agent_id(REMINDER)
    with exchange.database.tenant(exchange.tenant) as conn:
        version = agents.live(conn, exchange.tenant, agent)
        assert version is not None
        return agreed.agree(
            conn, exchange.tenant, to, (agent, version.version, seed.DENTAL_FR), (from_at, to_at), (call_id, 42_000),
            at, by=OPERATOR,
        )  # fmt: skip


def callback(exchange: Exchange) -> dict[str, Any]:
    with exchange.database.tenant(exchange.tenant) as conn:
        row = conn.execute("SELECT state, outcome, why FROM campaigns.callbacks").fetchone()
    assert row is not None
    return dict(row)


async def test_a_callback_is_missed_and_told_where_its_slot_is_over(exchange: Exchange) -> None:
    now = datetime.now(UTC)
    agree(exchange, "+33612345678", now - timedelta(hours=2), now - timedelta(hours=1), now - timedelta(hours=3))
    assert await exchange.dialler.turn() == 0
    assert callback(exchange)["state"] == "missed"
    with exchange.database.tenant(exchange.tenant) as conn:
        (told,) = messages.find(conn)
    assert told.text.startswith("Rappel convenu manqué")
    assert await exchange.dialler.turn() == 0
    assert exchange.rung == []


def test_a_call_of_a_dead_node_is_of_this_one(exchange: Exchange) -> None:
    assert exchange.dialler.means.node == NODE
