"""A client's file is small, flat and bounded, or it is refused with its line: it stops the service for nobody."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from agents.effects import Facts
from agents.evaluation import read_suite
from agents.hearing import understand
from agents.loading import EXAMPLES, AgentFileError, load, loads
from agents.state import State
from ari_app.desk import agenda
from store.base.errors import BadInput

GOOD = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{last}'] * 10)}]\n" for last, this in zip("abcdefgh", "bcdefghi", strict=True)
)


def problems(text: str) -> str:
    with pytest.raises(AgentFileError) as caught:
        loads(text)
    return str(caught.value)


def test_aliases_that_would_grow_to_gigabytes_are_refused_with_their_line() -> None:
    assert "agent:2: YAML: '*a' refers to another place" in problems(BOMB)


def test_a_file_that_holds_itself_is_refused() -> None:
    assert "agent:1: YAML: '*a'" in problems("a: &a {b: *a}\n")


def test_thousands_of_brackets_are_refused() -> None:
    assert "more than 30 deep" in problems("a: " + "[" * 3_000 + "]" * 3_000)


def test_a_file_of_a_megabyte_is_refused() -> None:
    assert "more than 262144" in problems(GOOD + "# " + "x" * 1_000_000)


@pytest.mark.parametrize(
    ("key", "line"),
    [("facts", "  - {{id: f{n}, about: mot, say: Oui.}}\n"), ("steps", "    - {{id: s{n}, end: true}}\n")],
)
def test_more_facts_or_steps_than_anybody_writes_are_refused(key: str, line: str) -> None:
    many = "".join(line.format(n=n) for n in range(201))
    head, _, rest = GOOD.partition(f"{key}:\n")
    assert "at most 200 items" in problems(f"{head}{key}:\n{many}{rest}")


@pytest.mark.parametrize("character", ["\\0", "\\x07", "\\ud800", "\\uFFFF"])
def test_a_character_that_no_database_takes_is_refused_with_its_line(character: str) -> None:
    told = problems(GOOD.replace('greeting: "', f'greeting: "{character}', 1))
    assert "greeting: holds U+" in told
    assert f":{GOOD[: GOOD.index('greeting:')].count(chr(10)) + 1}:" in told


def test_conversations_that_are_a_bomb_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "conversations.yaml"
    path.write_text(BOMB, encoding="utf-8")
    with pytest.raises(BadInput, match="refers to another place"):
        read_suite(path)


@pytest.mark.parametrize("minutes", ["0", "-5", "4", "481", "999999999999999", "trente"])
def test_a_length_that_no_appointment_has_is_refused(minutes: str) -> None:
    with pytest.raises(BadInput, match="appointment"):
        agenda.wanted({"day": "2026-11-29", "time": "09:00", "minutes": minutes}, "Europe/Paris")


@pytest.mark.parametrize("minutes", ["0", "600"])
def test_a_length_written_in_the_file_is_refused_with_its_line(minutes: str) -> None:
    text = GOOD.replace("do: book", f'do: book\n      args: {{minutes: "{minutes}"}}', 1)
    if "args:" in GOOD[GOOD.index("do: book") : GOOD.index("do: book") + 200]:
        text = GOOD.replace("args: {name:", f'args: {{minutes: "{minutes}", name:', 1)
    assert "is no length of an appointment" in problems(text)


def test_the_last_day_of_the_calendar_is_refused() -> None:
    with pytest.raises(BadInput, match="appointment"):
        agenda.wanted({"day": "9999-12-31", "time": "09:00"}, "Europe/Paris")


def test_free_times_are_looked_for_in_bounded_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[datetime] = []

    def closed(_who: Any, at: datetime, _length: timedelta) -> bool:
        looked.append(at)
        return False

    monkeypatch.setattr(agenda, "is_open", closed)
    monkeypatch.setattr(agenda.bookings, "taken", lambda *_args, **_named: [])
    who: Any = SimpleNamespace(agent_name="a", tenant_id=uuid4())
    starts = datetime(2026, 11, 29, 9, tzinfo=UTC)
    conn: Any = None
    assert agenda.alternatives(conn, who, starts, agenda.SHORTEST) == []
    assert len(looked) <= agenda.LOOK_AHEAD / agenda.SHORTEST


def test_the_largest_file_there_may_be_is_understood_without_holding_up_other_calls() -> None:
    """Every word of every fact is looked for in what a caller says, on the loop that all calls share."""
    facts = "".join(
        f'  - {{id: g{n}, about: [{", ".join(f"mot{n}a{word}" for word in range(50))}], say: "Oui."}}\n'
        for n in range(80)
    )
    agent = loads(GOOD.replace("facts:\n", f"facts:\n{facts}", 1)).agent
    state, now = State(step=agent.scenario.start), Facts("x", datetime.now(UTC), "inbound", "+33612345678", "")
    said = "Bonjour, je voudrais savoir si vous ouvrez le samedi et combien coûte une consultation, merci"
    understand(agent, state, said, now)
    began = time.thread_time()
    understand(agent, state, said, now)
    assert time.thread_time() - began < 0.2


def test_the_houses_own_examples_are_within_the_bounds() -> None:
    for path in EXAMPLES.glob("*.yaml"):
        load(path)
