"""The actions of a call about being called: never again, not me, call me back; each as a live agent does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from agents.effects import Act
from agents.loading import loads
from ari_app.actions.base import ActionContext, perform
from ari_app.desk.legs import Legs
from ari_app.desk.office import Office
from ari_app.desk.office_types import Answerable
from ari_app.switch.scripted import ScriptedSwitch
from campaigns.dialling.admission import Nothing, Rung
from store import calls
from store.base.parties import Parties
from store.base.settings import settings
from store.db import Database
from store.tenants import Tenant
from tests.integration.campaigns.campaigning import AGENT, MONDAY, SHOWN, admitted, equip, launched, listed

TO = "+33600000000"
PARIS = ZoneInfo("Europe/Paris")


class Line:
    """One call of a campaign in progress, and another campaign that waits for the same person."""

    def __init__(self, database: Database, dentist: Tenant) -> None:
        self.database, self.tenant = database, dentist
        with database.operator() as conn:
            equip(conn, dentist.id)
        with database.tenant(dentist.id) as conn:
            listed(conn, dentist.id, 1)
            launched(conn, dentist.id)
            listed(conn, dentist.id, 1, "autres")
            launched(conn, dentist.id, "autre", "autres")
        rung = admitted(database, dentist.id)
        assert isinstance(rung, Rung)
        self.call_id = rung.call_id
        self.office = Office(database, settings())

    async def does(self, name: str, **args: str) -> Mapping[str, Any]:
        agent = loads(AGENT, "accueil").agent
        who = Answerable(self.tenant.id, "dentiste", SHOWN, agent, "accueil", 1, "Europe/Paris")
        context = ActionContext(
            self.call_id, who, "leg", Parties("outbound", SHOWN, TO), self.office, ScriptedSwitch(),
            cast(Legs, None), 42_000,
        )  # fmt: skip
        return await perform(Act(name, args), context)

    def ends(self, action: str) -> str:
        """The call ends after that action, as the office writes it down; its target's outcome."""
        end = MONDAY + timedelta(seconds=40)
        cdr = calls.Cdr(
            self.call_id, self.tenant.id, "outbound", SHOWN, TO, MONDAY, end, 16, "agent", "answered", MONDAY
        )  # fmt: skip
        self.office.keep(cdr, [], [calls.Action(action, {}, {"outcome": "done"}, 42_000)])
        with self.database.tenant(self.tenant.id) as conn:
            row = conn.execute("SELECT state, outcome FROM campaigns.targets WHERE campaign = 'rappels-dec'").fetchone()
        assert row is not None
        assert row["state"] == "done"
        return row["outcome"]

    def other(self) -> str:
        """What became of the same person in the other campaign."""
        assert isinstance(admitted(self.database, self.tenant.id, name="autre"), Nothing)
        with self.database.tenant(self.tenant.id) as conn:
            row = conn.execute("SELECT outcome FROM campaigns.targets WHERE campaign = 'autre'").fetchone()
        assert row is not None
        return row["outcome"]


@pytest.fixture
def line(database: Database, dentist: Tenant, settings_home: Path) -> Line:
    return Line(database, dentist)


async def test_never_again_stops_every_campaign_before_the_call_is_over(line: Line) -> None:
    assert (await line.does("opt_out"))["outcome"] == "done"
    assert line.other() == "refused"
    with line.database.tenant(line.tenant.id) as conn:
        assert conn.execute("SELECT number FROM compliance.oppositions").fetchone() == {"number": TO}
    assert line.ends("opt_out") == "refused"


async def test_a_wrong_person_is_called_by_no_campaign_and_opposes_nothing(line: Line) -> None:
    assert (await line.does("wrong_person"))["outcome"] == "done"
    assert line.other() == "wrong_person"
    with line.database.tenant(line.tenant.id) as conn:
        assert conn.execute("SELECT number FROM compliance.oppositions").fetchone() is None
    assert line.ends("wrong_person") == "wrong_person"


async def test_a_callback_is_agreed_with_its_moment(line: Line) -> None:
    day = date.fromordinal(datetime.now(UTC).toordinal() + 3)
    told = await line.does("callback", day=day.isoformat(), time="14:00", until="15:30")
    assert told["outcome"] == "done"
    with line.database.tenant(line.tenant.id) as conn:
        row = conn.execute("SELECT * FROM campaigns.callbacks").fetchone()
    assert row is not None
    assert (row["campaign"], row["evidence_call"], row["evidence_ms"]) == ("rappels-dec", line.call_id, 42_000)
    assert row["from_at"] == datetime.combine(day, time(14), PARIS)
    assert row["to_at"] - row["from_at"] == timedelta(minutes=90)
    assert line.ends("callback") == "callback"


@pytest.mark.parametrize(
    ("args", "outcome"),
    [
        ({"day": "2020-01-01", "time": "14:00"}, "past"),
        ({"day": "demain", "time": "14:00"}, "failed"),
        ({"day": "2030-01-01", "time": "14:00", "until": "13:00"}, "failed"),
        ({}, "failed"),
    ],
)
async def test_a_slot_that_is_none_is_an_outcome_of_the_action(line: Line, args: dict[str, str], outcome: str) -> None:
    assert (await line.does("callback", **args))["outcome"] == outcome
