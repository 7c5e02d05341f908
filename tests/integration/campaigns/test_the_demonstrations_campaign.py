"""The demonstration's campaign on a scripted switch: each of the twelve ends as they should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from rich.console import Console

from ari_app.call.dialler import Dialler
from ari_app.call.outbound import ring
from ari_app.call.state import CallState
from ari_app.demo import seed
from ari_app.demo.campaign import CampaignDemo, counts
from ari_app.demo.crowd import CROWD, Somebody
from ari_app.desk.house import House
from ari_app.desk.office import Office
from ari_app.desk.till import Till
from ari_app.switch.base import Answered, Entered
from ari_app.switch.scripted import BUSY, ScriptedLine, ScriptedSwitch
from asr.base import Pcm, Transcript
from asterisk_conf.phones import phones
from store.base.settings import settings
from store.db import Database
from tests.integration.call.conftest import until
from tests.scripted_engines import RATE, ScriptedEar, scripted_parts, silence

pytestmark = pytest.mark.timeout(600)

TEXTS = sorted({text for one in CROWD for text in one.says})
FIRST_HZ, STEP_HZ = 400, 20


def coded(text: str) -> bytes:
    """A second of sound by which `TonalEar` knows the text; two notes, which no single tone is."""
    at = np.arange(RATE) / RATE
    hz = FIRST_HZ + STEP_HZ * TEXTS.index(text)
    return (9_000 * np.sin(2 * np.pi * hz * at) + 6_000 * np.sin(2 * np.pi * 2_500 * at)).astype("<i2").tobytes()


class TonalEar(ScriptedEar):
    """It hears in each sound the text that it was made of: many calls at once."""

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: object = ()) -> Transcript:
        power = np.abs(np.fft.rfft(pcm))
        hz = np.fft.rfftfreq(len(pcm), 1 / RATE)
        peak = float(hz[int(np.argmax(np.where(hz < 2_000, power, 0)))])
        text = TEXTS[min(len(TEXTS) - 1, max(0, round((peak - FIRST_HZ) / STEP_HZ)))]
        return Transcript(text, language, len(pcm) / RATE, 0.0, 1.0)


class Town:
    """The house, its dialler, and the twelve at the far ends of a scripted switch."""

    def __init__(self, database: Database, out: Path) -> None:
        self.database, self.tenant = database, seed.seed(database)
        self.by_number: dict[str, Somebody] = {}
        numbers = {phone.name: phone.number for phone in phones(settings(), demo=True)}
        self.by_number = {numbers[one.phone]: one for one in CROWD}
        self.switch = ScriptedSwitch(self._rung)
        office, till = Office(database, settings()), Till(database, timedelta(hours=1))
        self.house = House(settings(), self.switch, scripted_parts(TonalEar()), office, till)
        self.going: dict[UUID, asyncio.Task[None]] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self.dialler = Dialler(self.house, lambda: list(self.going), self._begin, least_gap=timedelta())
        self.told = StringIO()
        self.demo = CampaignDemo(settings(), out, Console(file=self.told, width=100))

    def _begin(self, state: CallState) -> asyncio.Task[None]:
        self.going[state.id] = task = asyncio.create_task(ring(self.house, state))
        task.add_done_callback(lambda _: self.going.pop(state.id, None))
        return task

    def _rung(self, switch: ScriptedSwitch, leg: str) -> None:
        if self._at(leg).kind == "busy":
            switch.end(leg, BUSY)
        else:
            switch.tell(leg, Answered(datetime.now(UTC)), Entered(datetime.now(UTC)))

    def _at(self, leg: str) -> Somebody:
        return self.by_number[self._dialled[leg]]

    @property
    def _dialled(self) -> dict[str, str]:
        """Leg → the number that it rang."""
        return {asked[1]: asked[2] for asked in self.switch.done if asked[0] == "dial"}

    @property
    def rung(self) -> list[str]:
        return [self.by_number[to].company for to in self._dialled.values()]

    async def answering(self) -> None:
        """Each line that is opened is its leg's, in the order of the asking."""
        opened = 0
        while True:
            line = await self.switch.lines.get()
            leg = [asked[1] for asked in self.switch.done if asked[0] == "line"][opened]
            opened += 1
            self.tasks.append(asyncio.create_task(self._talks(line, leg, self._at(leg))))

    async def _talks(self, line: ScriptedLine, leg: str, one: Somebody) -> None:
        """The first at once, if it is a machine's or an assistant's; the others each once the agent has spoken."""
        heard = 0
        for place, text in enumerate(one.says):
            if place or one.kind == "person":
                await self._spoken_to(line, leg, heard)
            heard = len(line.played)
            await line.say(coded(text) + silence(1.5))

    async def _spoken_to(self, line: ScriptedLine, leg: str, heard: int) -> None:
        """Until the agent has said something new, and has finished it; or has hung up."""
        over = lambda: ("hangup", leg) in self.switch.done  # noqa: E731
        await until("word of the agent", lambda: len(line.played) > heard or over())
        length = -1
        while length != len(line.played) and not over():
            length = len(line.played)
            await asyncio.sleep(0.2)  # the end of speech is told by nothing but that it goes on no more

    async def run(self) -> None:
        while len(self.rung) < len(CROWD) - 1 or self.going:
            await self.dialler.turn()
            await asyncio.sleep(0.05)


@pytest.fixture
async def town(database: Database, settings_home: Path, tmp_path: Path) -> AsyncGenerator[Town]:
    made = Town(database, tmp_path)
    yield made
    for task in (*made.tasks, *made.going.values()):
        task.cancel()


async def test_each_of_the_twelve_ends_as_they_should(town: Town) -> None:
    check = town.demo.prepare(town.database, town.tenant)
    assert check["reasons"]["no_consent"] == 1
    assert (check["now"], check["later"], check["never"]) == (11, 0, 1)
    assert any("L223-1" in article for article in check["law"]["no_consent"])
    town.demo.launch(town.database, town.tenant)
    answering = asyncio.create_task(town.answering())
    try:
        async with asyncio.timeout(400):
            await town.run()
    finally:
        answering.cancel()
    facts = town.demo.facts(town.database, town.tenant)
    assert facts["people"] == {one.company: one.ends for one in CROWD}
    assert sorted(town.rung) == sorted(one.company for one in CROWD if one.business)
    (slot,) = facts["callbacks"]
    assert slot["from_at"] > datetime.now(UTC)
    assert facts["report"]["calls"]["machine"] == 2
    assert town.demo.watch(town.database, town.tenant, people=11)
    assert "machine 2" in town.told.getvalue()


def test_what_has_not_ended_in_time_is_told_as_it_stands(
    database: Database, settings_home: Path, tmp_path: Path
) -> None:
    town = Town(database, tmp_path)
    town.demo.prepare(database, town.tenant)
    town.demo.launch(database, town.tenant)
    assert not town.demo.watch(database, town.tenant, people=11, wait=lambda _: None, seconds=0.5)
    facts = town.demo.facts(database, town.tenant)
    assert facts["report"]["state"] == "stopped"
    assert len(facts["people"]) == len(CROWD)


def test_counts_are_one_line() -> None:
    report = {"people": {"waiting": 4, "admitted": 3}, "calls": {"answered": 2, "wrong_person": 1}}
    assert counts(report) == "calling 3, waiting 4 · answered 2 · wrong person 1"
