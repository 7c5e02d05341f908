"""A whole call without Asterisk: it is answered, tells what it is, is talked to, ends, and leaves its CDR."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ari_app.call.call import Call
from ari_app.call.diverted import carry
from ari_app.call.state import CallState
from ari_app.demo import seed
from ari_app.desk.calls_view import transcript, whole
from ari_app.desk.house import House
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.office import Office
from ari_app.desk.till import Till
from ari_app.switch.base import Answered, Arrival, Ended, Entered, HangupAsked, Joined, Key, Rung, Tried, placed_leg
from ari_app.switch.scripted import ScriptedLine, ScriptedSwitch
from billing.charges import controls, tariffs
from billing.charges.accounts import account, move, set_mode
from store import calls, live
from store.base.ids import new_id
from store.base.parties import Parties
from store.base.settings import settings
from store.db import Database
from tests.actors import OPERATOR
from tests.integration.call.conftest import until
from tests.scripted_engines import Hum, ScriptedEar, scripted_parts, silence, tone

CALLER = "+33639980100"
TARIFF = '[[rate]]\nprefix = "+33"\nprice_per_minute = "0.60"\n'
GOODBYE, A_PERSON = "Non merci, au revoir.", "Je voudrais parler à quelqu'un."


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class OneCall:
    """A call in progress, played from its far end."""

    house: House
    switch: ScriptedSwitch
    ear: ScriptedEar
    state: CallState
    running: asyncio.Task[None]
    lines: list[ScriptedLine] = field(default_factory=list[ScriptedLine])

    async def answered(self) -> ScriptedLine:
        """The line, once the agent has said what it is."""
        self.lines.append(line := await self.switch.lines.get())
        await until("disclosure", lambda: self.state.notes.disclosure is not None and not self.talking)
        return line

    @property
    def talking(self) -> bool:
        """The agent's last turn was not heard to its end."""
        turns = self.state.notes.turns
        return not turns or turns[-1].who == "caller" or turns[-1].heard_ms == 0

    async def say(self, line: ScriptedLine, text: str) -> None:
        """The far end says it, and is heard out."""
        before = sum(turn.who == "caller" for turn in self.state.notes.turns)
        self.ear.text = text
        await line.say(tone(1.0) + silence(1.0))
        await until(text, lambda: sum(turn.who == "caller" for turn in self.state.notes.turns) > before)

    async def over(self) -> calls.CallRecord:
        """What the call left, once it is over."""
        await self.running
        with self.house.office.db.operator() as conn:
            return calls.get(conn, self.state.id)


class Exchange:
    """A house on a scripted switch. `switch` may be given another script before a call begins."""

    def __init__(self, database: Database) -> None:
        self.switch, self.ear = ScriptedSwitch(), ScriptedEar()
        office, till = Office(database, settings()), Till(database, timedelta(hours=1))
        self.house = House(settings(), self.switch, scripted_parts(self.ear), office, till)
        self.calls: list[OneCall] = []

    async def inbound(self) -> OneCall:
        """A patient calls the practice."""
        who = await self.house.office.routing.who_answers(seed.DENTAL_FR)
        assert who is not None
        return self._begun(
            CallState(new_id(), Parties.of("inbound", CALLER, seed.DENTAL_FR), "leg-1", who, Lifecycle(now()))
        )

    async def outbound(self) -> OneCall:
        """The practice calls a patient."""
        who = await self.house.office.routing.caller_for(seed.TENANT, seed.agent_id("reminder.fr.yaml"))
        call_id = new_id()
        return self._begun(
            CallState(call_id, Parties("outbound", who.number, CALLER), placed_leg(call_id), who, Lifecycle(now()))
        )

    def _begun(self, state: CallState) -> OneCall:
        events = self.switch.watch(state.leg)
        running = asyncio.create_task(Call(self.house, state, events).run())
        self.calls.append(call := OneCall(self.house, self.switch, self.ear, state, running))
        return call


@pytest.fixture
async def exchange(database: Database, settings_home: Path) -> AsyncGenerator[Exchange]:
    """The demonstration's tenant on a scripted switch; a call that a test left in progress is ended."""
    seed.seed(database)
    made = Exchange(database)
    yield made
    for call in made.calls:
        call.running.cancel()


def asked(switch: ScriptedSwitch) -> list[str]:
    """What was asked of the switch, by name."""
    return [what for what, *_ in switch.done]


async def test_a_caller_who_says_goodbye_hears_one_and_the_agent_hangs_up(exchange: Exchange) -> None:
    call = await exchange.inbound()
    line = await call.answered()
    await call.say(line, GOODBYE)
    kept = await call.over()
    cdr, turns, actions = kept.cdr, kept.turns, kept.actions
    assert (cdr.outcome, cdr.hangup_side, cdr.hangup_cause) == ("answered", "agent", 16)
    assert [turn.who for turn in turns] == ["agent", "caller", "agent"]
    assert turns[1].text == GOODBYE
    assert cdr.disclosure_heard_ms is not None
    assert [action.name for action in actions] == ["hangup"]
    assert asked(exchange.switch) == ["line", "answer", "hangup"]
    assert len(line.played) > 0


async def test_a_call_has_one_voice_whatever_the_house_speaks_with_meanwhile(exchange: Exchange) -> None:
    given: list[Hum] = []

    def another_each_time(language: str, name: str) -> Hum:
        given.append(made := Hum())
        return made

    exchange.house.parts = replace(exchange.house.parts, voice=another_each_time)
    call = await exchange.inbound()
    line = await call.answered()
    await call.say(line, "Vous êtes ouverts le mardi ?")
    await call.say(line, GOODBYE)
    kept = await call.over()
    assert [turn.who for turn in kept.turns].count("agent") == 3
    assert len(given) == 1


async def test_a_call_names_the_trunk_it_came_by_and_those_a_leg_of_it_left_by(exchange: Exchange) -> None:
    call = await exchange.inbound()
    trunks, call_id = exchange.house.office.trunks, str(call.state.id)
    trunks.came_by(call_id, "ovh")
    trunks.tried(call_id, Tried("sfr", now(), None, now(), 34))
    trunks.tried(call_id, Tried("free", now(), None, now(), 34, "full"))
    await call.answered()
    exchange.switch.hang_up(call.state.leg)
    kept = await call.over()
    with exchange.house.office.db.operator() as conn:
        facts = whole(conn, kept)
    assert [(t["trunk"], t["direction"], t["outcome"]) for t in facts["trunks"]] == [
        ("ovh", "inbound", "answered"), ("sfr", "outbound", "congestion"), ("free", "outbound", "full"),
    ]  # fmt: skip
    assert facts["trunk"] == "ovh"
    assert any(line.startswith("by ovh (answered), then sfr (congestion)") for line in transcript(facts))


async def test_a_caller_who_hangs_up_ends_the_call(exchange: Exchange) -> None:
    call = await exchange.inbound()
    await call.answered()
    exchange.switch.hang_up(call.state.leg)
    kept = await call.over()
    cdr, turns = kept.cdr, kept.turns
    assert (cdr.outcome, cdr.hangup_side) == ("answered", "caller")
    assert [turn.who for turn in turns] == ["agent"]
    assert "hangup" not in asked(exchange.switch)


async def test_keys_that_are_pressed_are_a_turn(exchange: Exchange) -> None:
    call = await exchange.inbound()
    await call.answered()
    exchange.switch.tell(call.state.leg, Key(now(), "4"), Key(now(), "2"), Key(now(), "#"))
    await until("keys", lambda: any(turn.text == "[42]" for turn in call.state.notes.turns))
    await until("answer", lambda: not call.talking)
    exchange.switch.hang_up(call.state.leg)
    turns = (await call.over()).turns
    assert [turn.who for turn in turns] == ["agent", "caller", "agent"]


@pytest.mark.parametrize("outcome", ["busy", "no_answer"])
async def test_a_caller_whom_nobody_takes_comes_back_to_the_agent(exchange: Exchange, outcome: Any) -> None:
    exchange.switch.script = lambda switch, leg: switch.tell(leg, Entered(now(), outcome))
    call = await exchange.inbound()
    await call.say(await call.answered(), A_PERSON)
    again = await call.switch.lines.get()
    await until("word on a new line", lambda: len(again.played) > 0)
    exchange.switch.hang_up(call.state.leg)
    kept = await call.over()
    cdr, actions = kept.cdr, kept.actions
    assert [(action.name, action.result["outcome"]) for action in actions] == [("transfer", outcome)]
    assert ("transfer", "leg-1", seed.SECRETARY, seed.DENTAL_FR) in exchange.switch.done
    assert cdr.hangup_side == "caller"


async def test_a_caller_whom_a_person_takes_is_followed_to_the_end(exchange: Exchange) -> None:
    def taken(switch: ScriptedSwitch, leg: str) -> None:
        switch.tell(leg, Joined(now()))
        switch.hang_up(leg)

    exchange.switch.script = taken
    call = await exchange.inbound()
    await call.say(await call.answered(), A_PERSON)
    actions = (await call.over()).actions
    assert [(action.name, action.result["outcome"]) for action in actions] == [("transfer", "answered")]


async def test_a_transfer_is_a_leg_of_the_call_priced_from_its_own_answer(
    exchange: Exchange, database: Database
) -> None:
    answer = now() + timedelta(seconds=8)
    end = answer + timedelta(seconds=90)

    def taken(switch: ScriptedSwitch, leg: str) -> None:
        switch.tell(leg, Rung(answer - timedelta(seconds=5)), Joined(answer), HangupAsked(end, 16), Ended(end, 16))

    exchange.switch.script = taken
    call = await exchange.inbound()
    tenant_id = call.state.who.tenant_id
    with database.operator() as conn:
        version = tariffs.add_version(conn, "legs", TARIFF, OPERATOR).version
        tariffs.assign(conn, tenant_id, "legs", version, now() - timedelta(seconds=1), OPERATOR)
        set_mode(conn, tenant_id, "prepaid")
    with database.operator(tenant_id) as conn:
        move(conn, tenant_id, "top_up", 10_000_000, "VIR 1", OPERATOR)
    await call.say(await call.answered(), A_PERSON)
    await call.over()
    with database.operator() as conn:
        facts = whole(conn, calls.get(conn, call.state.id))
        balance = account(conn, tenant_id)
    own, leg = facts["legs"]
    assert (own["direction"], own["far_party"]) == ("inbound", CALLER)
    assert (leg["direction"], leg["far_party"], leg["outcome"]) == ("outbound", seed.SECRETARY, "answered")
    assert datetime.fromisoformat(leg["answered_at"]) == answer
    assert (leg["charge"]["answered_seconds"], leg["charge"]["amount"]) == (90, "0.9000")
    assert Decimal(own["charge"]["amount"]) + Decimal("0.9") == Decimal(facts["total"])
    assert balance.reserved_micros == 0
    assert balance.balance_micros == 10_000_000 - Decimal(facts["total"]) * 1_000_000
    assert ("transfer", "leg-1", seed.SECRETARY, seed.DENTAL_FR) in exchange.switch.done


async def test_a_person_who_is_busy_leaves_a_leg_that_cost_nothing(exchange: Exchange, database: Database) -> None:
    exchange.switch.script = lambda switch, leg: switch.tell(leg, Rung(now()), Entered(now(), "busy"))
    call = await exchange.inbound()
    await call.say(await call.answered(), A_PERSON)
    again = await call.switch.lines.get()
    await until("word on a new line", lambda: len(again.played) > 0)
    exchange.switch.hang_up(call.state.leg)
    await call.over()
    with database.operator() as conn:
        (leg,) = calls.legs(conn, call.state.id)
        assert live.listed(conn) == []
    assert (leg.outcome, leg.answered_at, leg.hangup_cause, leg.leg) == ("busy", None, 17, "transfer")


async def test_a_number_whose_agent_is_not_live_leaves_a_cdr_and_its_fallback_is_a_leg(
    exchange: Exchange, database: Database
) -> None:
    def taken(switch: ScriptedSwitch, leg: str) -> None:
        switch.tell(leg, Rung(now()), Answered(now()), Joined(now()))
        switch.hang_up(leg)

    exchange.switch.script = taken
    route = await exchange.house.office.routing.route(seed.DENTAL_FR)
    assert route is not None
    call_id, arrival = new_id(), Arrival("leg-9", "inbound", CALLER, seed.DENTAL_FR, now())
    events = exchange.switch.watch("leg-9")
    await carry(exchange.house, arrival, call_id, events, replace(route, fallback=seed.SECRETARY))
    with database.operator() as conn:
        record = calls.get(conn, call_id).cdr
        (leg,) = calls.legs(conn, call_id)
    assert (record.outcome, record.direction, record.tenant_id) == ("diverted", "inbound", route.tenant_id)
    assert (leg.leg, leg.callee, leg.outcome) == ("fallback", seed.SECRETARY, "answered")
    assert ("give_back", "leg-9", "away", seed.DENTAL_FR, seed.SECRETARY) in exchange.switch.done


async def test_the_fallback_of_a_blocked_client_is_not_rung_and_the_call_leaves_a_cdr(
    exchange: Exchange, database: Database
) -> None:
    route = await exchange.house.office.routing.route(seed.DENTAL_FR)
    assert route is not None
    with database.operator() as conn:
        controls.block(conn, route.tenant_id, "fraud", "too many islands", by=OPERATOR)
    call_id, arrival = new_id(), Arrival("leg-9", "inbound", CALLER, seed.DENTAL_FR, now())
    events = exchange.switch.watch("leg-9")
    await carry(exchange.house, arrival, call_id, events, replace(route, fallback=seed.SECRETARY))
    with database.operator() as conn:
        assert calls.get(conn, call_id).cdr.outcome == "no_agent"
        assert calls.legs(conn, call_id) == []
    assert ("give_back", "leg-9", "sorry", seed.DENTAL_FR) in exchange.switch.done


async def test_a_transfer_of_a_blocked_client_rings_nobody(exchange: Exchange, database: Database) -> None:
    call = await exchange.inbound()
    line = await call.answered()
    with database.operator() as conn:
        controls.block(conn, call.state.who.tenant_id, "fraud", "too many islands", by=OPERATOR)
    await call.say(line, A_PERSON)
    await until("refusal", lambda: bool(call.state.notes.actions))
    exchange.switch.hang_up(call.state.leg)
    actions = (await call.over()).actions
    assert [action.result["outcome"] for action in actions] == ["refused"]
    assert "transfer" not in asked(exchange.switch)


async def test_a_call_out_to_a_busy_line_is_busy_and_no_line_is_opened(exchange: Exchange) -> None:
    call = await exchange.outbound()
    kept = await call.over()
    cdr, turns = kept.cdr, kept.turns
    assert (cdr.outcome, turns) == ("busy", [])
    assert asked(exchange.switch) == ["dial"]


async def test_a_switch_that_is_lost_while_it_rings_leaves_a_cdr(exchange: Exchange) -> None:
    exchange.switch.connected = False
    call = await exchange.inbound()
    exchange.switch.end(call.state.leg)
    cdr = (await call.over()).cdr
    assert cdr.answered_at is None
