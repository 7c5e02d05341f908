"""A whole call with an attended transfer, on a scripted switch: what each of the two hears, and what it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ari_app.call.call import Call
from ari_app.call.state import CallState
from ari_app.demo import seed
from ari_app.desk.lifecycle import Lifecycle
from ari_app.switch.base import Entered, Key, Rung, SwitchError
from ari_app.switch.scripted import ScriptedLine, ScriptedSwitch
from store import calls, live
from store.base.ids import new_id
from store.base.parties import Parties
from store.base.settings import settings
from store.db import Database
from tests.integration.call.conftest import until
from tests.integration.call.test_a_whole_call_on_a_scripted_switch import (
    A_PERSON,
    CALLER,
    Exchange,
    OneCall,
    asked,
    now,
)
from tests.scripted_engines import silence, tone

PERSON = "person-1"


@dataclass
class Asking:
    """A caller who wants a person, and that person."""

    exchange: Exchange
    call: OneCall
    line: ScriptedLine

    @property
    def switch(self) -> ScriptedSwitch:
        return self.exchange.switch

    async def wants_a_person(self) -> None:
        """They have said a day before."""
        await self.call.say(self.line, "Je voudrais un rendez-vous.")
        await until("an answer", lambda: not self.call.talking)
        await self.call.say(self.line, A_PERSON)

    async def person(self) -> ScriptedLine:
        """The person's line, once they have been told all of it."""
        async with asyncio.timeout(30):
            line = await self.switch.lines.get()
        await until("summary", lambda: len(line.played) >= 3 * 640)
        return line

    async def says(self, line: ScriptedLine, text: str) -> None:
        """The person says it, once what they hear has ended."""
        self.exchange.ear.text = text
        await asyncio.sleep(0.3)  # the last mark is told; a voice that began before it answers nothing
        await line.say(tone(0.8) + silence(1.0))

    async def back(self) -> ScriptedLine:
        """The caller's new line, once the agent has spoken on it."""
        async with asyncio.timeout(30):
            line = await self.switch.lines.get()
        await until("word on a new line", lambda: len(line.played) > 0 and not self.call.talking)
        return line

    async def left(self) -> tuple[calls.CallRecord, calls.Cdr]:
        """What the call left, once the caller has hung up, and its leg."""
        self.switch.hang_up(self.call.state.leg)
        kept = await self.call.over()
        with self.exchange.house.office.db.operator() as conn:
            (leg,) = calls.legs(conn, self.call.state.id)
            assert live.listed(conn) == []
        return kept, leg

    @property
    def outcome(self) -> Any:
        """Of the transfer."""
        return next(a.result["outcome"] for a in self.call.state.notes.actions if a.name == "transfer")


@pytest.fixture
async def asking(database: Database, settings_home: Path) -> AsyncGenerator[Asking]:
    """The demonstration's practice, whose secretary is asked before a call is put through."""
    seed.seed(database)
    exchange = Exchange(database)
    config = settings()
    exchange.house.settings = config.model_copy(update={"call": config.call.model_copy(update={"briefing_seconds": 2})})
    exchange.switch.arrived = exchange.house.came
    exchange.switch.script = lambda switch, leg: switch.pick_up(PERSON)
    who = await exchange.house.office.routing.who_answers(seed.DENTAL_FR)
    assert who is not None
    assert who.agent.human is not None
    human = who.agent.human.model_copy(update={"transfer": "attended"})
    who = replace(who, agent=who.agent.model_copy(update={"human": human}))
    state = CallState(new_id(), Parties.of("inbound", CALLER, seed.DENTAL_FR), "leg-1", who, Lifecycle(now()))
    events = exchange.switch.watch(state.leg)
    running = asyncio.create_task(Call(exchange.house, state, events).run())
    call = OneCall(exchange.house, exchange.switch, exchange.ear, state, running)
    yield Asking(exchange, call, await call.answered())
    running.cancel()


async def test_a_person_takes_the_call_by_key_and_the_agent_leaves(asking: Asking) -> None:
    await asking.wants_a_person()
    line = await asking.person()
    asking.switch.tell(PERSON, Key(now(), "1"))
    await until("join", lambda: ("join", PERSON) in asking.switch.done)
    assert len(line.played) >= 4 * 640, "and is told that they are joined"
    kept, leg = await asking.left()
    assert asking.outcome == "answered"
    assert (leg.outcome, leg.leg, leg.callee) == ("answered", "transfer", seed.SECRETARY)
    assert leg.answered_at is not None
    assert kept.cdr.outcome == "answered"
    assert ("consult", "leg-1", seed.SECRETARY, seed.DENTAL_FR) in asking.switch.done
    assert "transfer" not in asked(asking.switch)


async def test_a_person_takes_the_call_by_saying_so(asking: Asking) -> None:
    await asking.wants_a_person()
    await asking.says(await asking.person(), "Oui.")
    await until("join", lambda: ("join", PERSON) in asking.switch.done)
    await asking.left()
    assert asking.outcome == "answered"


@pytest.mark.parametrize("how", ["key", "word"])
async def test_who_is_refused_is_taken_back_with_their_thread(asking: Asking, how: str) -> None:
    await asking.wants_a_person()
    line = await asking.person()
    if how == "key":
        asking.switch.tell(PERSON, Key(now(), "2"))
    else:
        await asking.says(line, "Non.")
    await asking.back()
    said = [turn.text for turn in asking.call.state.notes.turns if turn.who == "agent"]
    assert "ne peut pas être pris" in said[-1]
    assert "message" in said[-1]
    kept, leg = await asking.left()
    assert asking.outcome == "refused"
    assert leg.outcome == "refused"
    assert leg.answered_at is not None, "they picked up: that is paid for"
    assert kept.cdr.slots["besoin"] == "rendez_vous", "what was told stands"
    assert ("join", PERSON) not in asking.switch.done


async def test_a_machine_takes_no_call(asking: Asking) -> None:
    await asking.wants_a_person()
    await asking.says(await asking.person(), "Vous êtes bien sur la messagerie d'Anne, parlez après le bip.")
    await asking.back()
    _, leg = await asking.left()
    assert (asking.outcome, leg.outcome) == ("machine", "machine")


async def test_who_says_nothing_is_told_twice_and_takes_no_call(asking: Asking) -> None:
    await asking.wants_a_person()
    line = await asking.person()
    await until("second telling", lambda: len(line.played) >= 6 * 640)
    await asking.back()
    _, leg = await asking.left()
    assert (asking.outcome, leg.outcome) == ("not_taken", "not_taken")


async def test_a_person_who_hangs_up_has_refused(asking: Asking) -> None:
    await asking.wants_a_person()
    await asking.person()
    asking.switch.hang_up(PERSON)
    await asking.back()
    await asking.left()
    assert asking.outcome == "refused"


@pytest.mark.parametrize("outcome", ["busy", "no_answer", "refused", "unavailable"])
async def test_nobody_there_leaves_the_caller_with_the_agent(asking: Asking, outcome: Any) -> None:
    asking.switch.script = lambda switch, leg: switch.tell(leg, Rung(now()), Entered(now(), outcome))
    await asking.wants_a_person()
    await asking.back()
    _, leg = await asking.left()
    assert (asking.outcome, leg.outcome, leg.answered_at) == (outcome, outcome, None)


async def test_the_person_is_told_of_a_caller_who_hangs_up_and_released(asking: Asking) -> None:
    await asking.wants_a_person()
    line = await asking.person()
    heard = len(line.played)
    gone = now()
    asking.switch.hang_up(asking.call.state.leg)
    kept = await asking.call.over()
    assert len(line.played) > heard, "one sentence"
    assert ("hangup", PERSON) in asking.switch.done
    assert asking.outcome == "abandoned"
    assert kept.cdr.ended_at - gone < timedelta(seconds=1), "the caller's call ended when they hung up"
    with asking.exchange.house.office.db.operator() as conn:
        (leg,) = calls.legs(conn, asking.call.state.id)
    assert leg.outcome == "abandoned"
    assert leg.ended_at >= kept.cdr.ended_at, "the person's leg ended after it"


async def test_a_caller_who_hangs_up_while_it_rings_leaves_a_leg_that_nobody_took(asking: Asking) -> None:
    def rings(switch: ScriptedSwitch, leg: str) -> None:
        switch.tell(leg, Rung(now()))
        switch.hang_up(leg)

    asking.switch.script = rings
    await asking.wants_a_person()
    await asking.call.over()
    assert asking.outcome == "abandoned"
    assert not asking.exchange.house.rung


async def test_who_picks_up_too_late_is_nobodys(asking: Asking) -> None:
    asking.switch.script = lambda switch, leg: switch.tell(leg, Rung(now()), Entered(now(), "no_answer"))
    await asking.wants_a_person()
    await asking.back()
    taken = list[bool]()
    asking.switch.arrived = lambda arrival: taken.append(asking.exchange.house.came(arrival))
    asking.switch.pick_up(PERSON)
    assert taken == [False]
    await asking.left()


async def test_a_person_whose_sound_is_lost_has_the_caller_all_the_same(asking: Asking) -> None:
    await asking.wants_a_person()
    line = await asking.person()
    line.close()
    await until("join", lambda: ("join", PERSON) in asking.switch.done)
    await asking.left()
    assert asking.outcome == "answered"


async def test_a_switch_that_cannot_ring_anybody_hands_the_caller_over(asking: Asking) -> None:
    def lost(switch: ScriptedSwitch, leg: str) -> None:
        raise SwitchError("the switch cannot be reached")

    asking.switch.script = lost
    await asking.wants_a_person()
    await until("handed over", lambda: "give_back" in asked(asking.switch))
    asking.switch.script = lambda switch, leg: None
    asking.switch.end(asking.call.state.leg)
    await asking.call.over()
