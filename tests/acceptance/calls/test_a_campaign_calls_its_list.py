"""A campaign from a client's file to its report: it rings loopback phones, each once, and knows how each call ended."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ari_app.demo import seed
from ari_app.softphone.script import Utterance
from tests.acceptance.calls.house import House, eventually, now, together

pytestmark = pytest.mark.timeout(500)

NAMES = ("caller1", "caller2", "caller3")
OF = ("--tenant", seed.TENANT)


def lines(house: House, *command: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in house.command(*command, *OF, "--json").splitlines()]


def reported(house: House) -> dict[str, Any]:
    (found,) = lines(house, "campaign", "report", "rappels")
    return found


def test_each_is_rung_once_and_what_became_of_it_is_told(house: House, tmp_path: Path) -> None:
    listens, busy, absent = NAMES
    day, since = f"{now() + timedelta(days=2):%Y-%m-%d}", now()
    rows = [f"{house.number(name)};Claire Martin;{day};14:30" for name in NAMES]
    path = tmp_path / "clients.csv"
    path.write_text("\n".join(["Tel;patient;date;heure", *rows]), encoding="utf-8")
    lines(
        house, "contact", "import", str(path), "--list", "rappels", "--map", "patient=patient", "--map", "date=date",
        "--map", "heure=heure",
    )  # fmt: skip
    lines(
        house, "campaign", "add", "--name", "rappels", "--agent", seed.agent_id("reminder.fr.yaml"), "--list",
        "rappels", "--purpose", "service", "--weekdays", "1234567", "--at-once", "3", "--by", "Léa",
    )  # fmt: skip
    lines(house, "campaign", "approve", "rappels", "--by", "Karim")
    listening = [Utterance(np.zeros(800, np.int16), when="after_answer", delay_ms=8_000)]  # says nothing, and hangs up
    with house.phone(listens) as first, house.phone(busy) as second, house.phone(absent) as third, together() as start:
        called = [
            start(first.wait_for_call, script=listening, ring_ms=600),
            start(second.wait_for_call, decline="486 Busy Here"),
            start(third.wait_for_call, ring_ms=60_000),
        ]
        (begun,) = lines(house, "campaign", "launch", "rappels")
        assert (begun["now"], begun["never"]) == (3, 0)
        for one in called:
            one.result()
    eventually("end of three calls", lambda: sum(reported(house)["calls"].values()) == 3)
    found = reported(house)
    assert found["calls"] == {"answered": 1, "busy": 1, "no_answer": 1}
    assert found["people"] == {"waiting": 2, "done": 1}
    ended = {line["e164"]: line for line in lines(house, "campaign", "export", "rappels")}
    for name, outcome in zip(NAMES, ("answered", "busy", "no_answer"), strict=True):
        (facts,) = house.cdrs(house.number(name), since)
        assert ended[house.number(name)]["outcome"] == outcome
        assert ended[house.number(name)]["last_call"] == facts["id"]
        assert facts["decision"]["allowed"]
    lines(house, "campaign", "stop", "rappels")
