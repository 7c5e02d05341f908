"""One whole inbound call, with an interruption, and what is left of it."""

from __future__ import annotations

import csv
import io
import json
import wave
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from ari_app.softphone.report import CallReport
from store.base.spreadsheet import read_cell
from tests.acceptance.calls.house import BOOKING, CLINIC, Answer, House, eventually, now
from tts.marking import read_mark

pytestmark = pytest.mark.timeout(240)

HOURS = "Bonjour, quels sont vos horaires le mercredi ?"
CUTTING_IN = "Excusez-moi, je voudrais plutôt prendre un rendez-vous."
SHOWN = {
    "id", "tenant", "direction", "caller", "callee", "agent", "version", "started_at", "answered_at", "ended_at",
    "hangup_cause", "hangup_side", "turns", "actions", "disclosure", "decision", "charge",
}  # fmt: skip


@dataclass
class Booked:
    """The call as its caller lived it and as it is stored."""

    house: House
    report: CallReport
    facts: dict[str, Any]

    def agent_turns(self) -> list[dict[str, Any]]:
        return [turn for turn in self.facts["turns"] if turn["who"] == "agent"]


@pytest.fixture(scope="module")
def booked(house: House) -> Booked:
    """Asks for the opening hours, cuts in on the answer, books for Tuesday, says goodbye."""
    since = now()
    answers = (Answer(BOOKING[0].asked, HOURS, over=CUTTING_IN), *BOOKING[1:])
    report = house.call("caller1", house.talk("caller1", answers))
    number = house.number("caller1")
    facts = eventually("both CDRs", lambda: next((c for c in house.cdrs(number, since) if c["asterisk_cdr"]), None))
    return Booked(house, report, facts)


def test_the_appointment_is_a_row_with_the_callers_name_day_and_time(booked: Booked) -> None:
    (booking,) = booked.house.booked(booked.facts["caller"])
    local = booking.starts_at.astimezone(ZoneInfo("Europe/Paris"))
    assert (booking.name, local.weekday(), local.hour, local.minute) == ("Claire Martin", 1, 14, 30)


def test_the_call_is_answered_and_its_times_follow_each_other(booked: Booked) -> None:
    started, answered, ended = (
        datetime.fromisoformat(booked.facts[name]) for name in ("started_at", "answered_at", "ended_at")
    )
    assert booked.facts["outcome"] == "answered"
    assert started <= answered < ended


def test_the_calls_length_is_what_the_phone_measured(booked: Booked) -> None:
    assert booked.facts["duration_ms"] == pytest.approx(booked.report.duration_ms, abs=1000)


def test_asterisks_own_cdr_is_attached_and_agrees_to_the_second(booked: Booked) -> None:
    seen = booked.facts["asterisk_cdr"]
    assert seen is not None
    assert int(seen["billable_seconds"]) == pytest.approx(booked.facts["duration_ms"] / 1000, abs=1)


def test_the_agent_hangs_up_once_its_goodbye_was_heard_to_the_end(booked: Booked) -> None:
    last = booked.agent_turns()[-1]
    assert "au revoir" in last["text"], booked.agent_turns()
    assert not last["stages"].get("interrupted")
    assert last["to_ms"] <= booked.facts["duration_ms"]
    assert (booked.facts["hangup_side"], booked.report.ended_by) == ("agent", "them")


def test_the_caller_learns_that_it_is_a_machine_before_being_asked_anything(booked: Booked) -> None:
    opening = booked.agent_turns()[0]
    disclosure = booked.facts["disclosure"]
    assert "intelligence artificielle" in disclosure["text"]
    assert disclosure["heard_at_ms"] is not None
    assert opening["text"].index(disclosure["text"]) < opening["text"].index("?")


def test_the_charge_is_the_seconds_at_the_tariff(booked: Booked) -> None:
    charge = booked.facts["charge"]
    price = Decimal(charge["billed_seconds"]) * Decimal("0.09") / 60
    assert charge["status"] == "rated"
    assert abs(Decimal(str(charge["amount"])) - price) <= Decimal("0.0001")


def test_an_interrupted_turn_is_cut_to_what_was_heard(booked: Booked) -> None:
    (cut, *_) = [turn for turn in booked.agent_turns() if turn["stages"].get("interrupted")]
    assert cut["text"]
    assert not cut["text"].endswith(".")
    assert cut["heard_ms"] == cut["to_ms"] - cut["from_ms"]


def test_what_was_asked_in_cutting_in_is_answered(booked: Booked) -> None:
    turns = booked.facts["turns"]
    said = next(i for i, t in enumerate(turns) if t["who"] == "caller" and "plutôt" in t["text"])
    assert "jour" in next(t["text"] for t in turns[said:] if t["who"] == "agent").lower()


def test_the_recording_is_stereo_marked_as_a_synthetic_voice_and_lies_encrypted(
    booked: Booked, tmp_path: Path
) -> None:  # fmt: skip
    assert not Path(booked.facts["recording"]).read_bytes().startswith(b"RIFF")
    path = tmp_path / "call.wav"
    booked.house.command("recording", "export", booked.facts["id"], "--out", str(path))
    with wave.open(str(path)) as file:
        assert file.getnchannels() == 2
    assert read_mark(path.read_bytes()) is not None


def test_calls_show_gives_what_others_rely_on(booked: Booked) -> None:
    shown = json.loads(booked.house.command("calls", "show", booked.facts["id"], "--json"))
    assert set(shown) >= SHOWN
    assert set(shown["turns"][0]) >= {"who", "text", "from_ms", "to_ms", "heard_ms", "stages"}
    assert shown["id"] == booked.facts["id"]


def test_the_timeline_is_a_picture(booked: Booked, tmp_path: Path) -> None:
    picture = tmp_path / "call.svg"
    booked.house.command("calls", "timeline", booked.facts["id"], "--out", str(picture))
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_the_export_has_the_call_as_a_row(booked: Booked) -> None:
    exported = booked.house.command("calls", "export", "--csv").removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(exported), delimiter=";"))
    (row,) = [row for row in rows if row["id"] == booked.facts["id"]]
    assert (row["direction"], read_cell(row["callee"]), row["outcome"]) == ("inbound", CLINIC, "answered")


def test_the_day_booked_is_to_come(booked: Booked) -> None:
    (booking,) = booked.house.booked(booked.facts["caller"])
    assert timedelta(0) < booking.starts_at - now() <= timedelta(days=8)
