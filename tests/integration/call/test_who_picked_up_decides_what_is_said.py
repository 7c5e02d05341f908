"""Calls out without Asterisk: a person hears the agent, a machine a message or nothing, an assistant who calls, why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ari_app.call.call import Call
from ari_app.call.state import CallState
from ari_app.demo import seed
from ari_app.desk.house import House
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.office import Office
from ari_app.desk.till import Till
from ari_app.switch.base import Answered, Entered, placed_leg
from ari_app.switch.scripted import ScriptedLine, ScriptedSwitch
from store import calls
from store.base.ids import new_id
from store.base.parties import Parties
from store.base.settings import settings
from store.db import Database
from tests.integration.call.conftest import until
from tests.scripted_engines import RATE, ScriptedEar, scripted_parts, silence

PATIENT = "+33639980100"
MESSAGE = "Merci de rappeler le cabinet au zéro quatre, soixante-dix-huit, zéro zéro, zéro zéro, zéro un."
GREETING = "Vous êtes bien sur la messagerie de Claire Martin, laissez un message après le bip."
ASSISTANT = "Merci d'indiquer votre nom et la raison de votre appel."
GIVEN = {"patient": "Claire Martin", "date": "2099-11-26", "heure": "14:30"}


def speech(seconds: float) -> bytes:
    """Loud, and no pure tone."""
    at = np.arange(int(seconds * RATE)) / RATE
    waves = np.sum([np.sin(2 * np.pi * hz * at) for hz in (170, 340, 510, 680, 1_190)], axis=0)
    return (4_000 * waves).astype("<i2").tobytes()


def beep() -> bytes:
    at = np.arange(RATE // 2) / RATE
    return (9_000 * np.sin(2 * np.pi * 1_000 * at)).astype("<i2").tobytes()


@dataclass
class Placed:
    """A call out in progress, whose far end a test plays."""

    house: House
    switch: ScriptedSwitch
    ear: ScriptedEar
    state: CallState
    running: asyncio.Task[None]

    async def line(self) -> ScriptedLine:
        return await self.switch.lines.get()

    async def says(self, line: ScriptedLine, text: str, seconds: float = 1.0) -> None:
        self.ear.text = text
        await line.say(speech(seconds) + silence(1.0))

    @property
    def said(self) -> list[str]:
        return [turn.text for turn in self.state.notes.turns if turn.who == "agent"]

    @property
    def told(self) -> list[str]:
        """Who it was found to be, in order."""
        return [done.result["outcome"] for done in self.state.notes.actions if done.name == "answering"]

    async def over(self) -> calls.CallRecord:
        await self.running
        with self.house.office.db.operator() as conn:
            return calls.get(conn, self.state.id)


class Practice:
    """The demonstration's practice, which calls a patient on a scripted switch."""

    def __init__(self, database: Database) -> None:
        self.switch, self.ear = ScriptedSwitch(_picked_up), ScriptedEar()
        office, till = Office(database, settings()), Till(database, timedelta(hours=1))
        self.house = House(settings(), self.switch, scripted_parts(self.ear), office, till)
        self.placed: list[Placed] = []

    async def call(self, *, on_machine: str = "hangup") -> Placed:
        who = await self.house.office.routing.caller_for(seed.TENANT, seed.agent_id("reminder.fr.yaml"))
        who = replace(who, agent=who.agent.model_copy(update={"on_machine": on_machine}))
        call_id = new_id()
        state = CallState(
            call_id, Parties("outbound", who.number, PATIENT), placed_leg(call_id), who, Lifecycle(datetime.now(UTC)),
            variables=GIVEN,
        )  # fmt: skip
        events = self.switch.watch(state.leg)
        running = asyncio.create_task(Call(self.house, state, events).run())
        self.placed.append(placed := Placed(self.house, self.switch, self.ear, state, running))
        return placed


def _picked_up(switch: ScriptedSwitch, leg: str) -> None:
    switch.tell(leg, Answered(datetime.now(UTC)), Entered(datetime.now(UTC)))


@pytest.fixture
async def practice(database: Database, settings_home: Path) -> AsyncGenerator[Practice]:
    seed.seed(database)
    made = Practice(database)
    yield made
    for call in made.placed:
        call.running.cancel()


async def test_a_person_is_talked_to_as_before(practice: Practice) -> None:
    call = await practice.call()
    line = await call.line()
    await until("opening", lambda: call.state.notes.disclosure is not None)
    await call.says(line, "Oui, c'est bien moi.")
    await until("next question", lambda: any("rendez-vous" in text for text in call.said))
    practice.switch.hang_up(call.state.leg)
    kept = await call.over()
    assert (kept.cdr.outcome, call.told) == ("answered", [])


async def test_a_machine_is_hung_up_on_by_default(practice: Practice) -> None:
    call = await practice.call()
    await call.says(await call.line(), GREETING, seconds=3)
    kept = await call.over()
    assert (kept.cdr.outcome, kept.cdr.hangup_side, call.told) == ("machine", "agent", ["machine"])
    assert [action.name for action in kept.actions] == ["answering"]


async def test_a_machine_gets_the_message_of_the_file_after_its_beep(practice: Practice) -> None:
    call = await practice.call(on_machine=MESSAGE)
    line = await call.line()
    await call.says(line, GREETING, seconds=3)
    await until("machine", lambda: call.told == ["machine"])
    assert not any(MESSAGE in text for text in call.said)
    await line.say(beep() + silence(0.5))
    kept = await call.over()
    (left,) = [text for text in call.said if MESSAGE in text]
    assert "cabinet dentaire du Parc" in left
    assert "intelligence artificielle" in left
    assert "Claire" not in left
    assert (kept.cdr.outcome, kept.cdr.hangup_side) == ("machine", "agent")


async def test_an_assistant_hears_who_calls_and_why_and_the_person_hears_the_opening_anew(practice: Practice) -> None:
    call = await practice.call()
    line = await call.line()
    await call.says(line, ASSISTANT, seconds=2)
    await until("introduction", lambda: bool(call.said) and "C'est au sujet" in call.said[-1])
    assert "Claire" not in call.said[-1]
    before = len(call.said)
    await call.says(line, "Allô ?")
    await until("opening for the person", lambda: len(call.said) > before and call.state.notes.disclosure is not None)
    assert "intelligence artificielle" in call.said[before]
    await call.says(line, "Oui, c'est bien moi.")
    await until("next question", lambda: any("Serez-vous" in text for text in call.said))
    practice.switch.hang_up(call.state.leg)
    kept = await call.over()
    assert (kept.cdr.outcome, call.told) == ("answered", ["screening", "human"])
    assert kept.cdr.disclosure_heard_ms is not None


async def test_an_assistant_that_hangs_up_leaves_its_outcome(practice: Practice) -> None:
    call = await practice.call()
    await call.says(await call.line(), ASSISTANT, seconds=2)
    await until("introduction", lambda: bool(call.said) and "C'est au sujet" in call.said[-1])
    practice.switch.hang_up(call.state.leg)
    assert (await call.over()).cdr.outcome == "screening"


async def test_a_fax_is_left_at_once(practice: Practice) -> None:
    call = await practice.call(on_machine=MESSAGE)
    line = await call.line()
    at = np.arange(3 * RATE) / RATE
    await line.say((9_000 * np.sin(2 * np.pi * 2_100 * at)).astype("<i2").tobytes())
    assert (await call.over()).cdr.outcome == "fax"
