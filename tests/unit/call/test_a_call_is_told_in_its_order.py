"""The demonstration prints a call as it goes, each thing once, nothing before what led to it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from ari_app.demo.show import Live


def turn(at: int, who: str, text: str) -> dict[str, Any]:
    return {"from_ms": at, "who": who, "text": text}


ASKED = turn(1_000, "agent", "C'est bien cela ?")
YES = turn(5_000, "caller", "Oui.")
NOTED = turn(7_000, "agent", "C'est noté.")
BOOKED = {"at_ms": 6_500, "name": "book", "outcome": "done"}
HUNG_UP = {"at_ms": 9_000, "name": "hangup", "outcome": "done"}


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def live(out: io.StringIO) -> Live:
    return Live(Console(file=out, width=100))


def told(out: io.StringIO) -> list[str]:
    return [line.split(maxsplit=1)[1].strip() for line in out.getvalue().splitlines()]


def test_what_was_done_waits_for_the_turn_that_led_to_it(live: Live, out: io.StringIO) -> None:
    live.update({"turns": [ASKED, YES], "actions": [BOOKED]})
    assert told(out) == ["agent   C'est bien cela ?"]

    live.update({"turns": [ASKED, YES, NOTED], "actions": [BOOKED]})
    assert told(out)[1:] == ["caller  Oui.", "action  book: done"]


def test_the_end_tells_all_that_waited_and_nothing_twice(live: Live, out: io.StringIO) -> None:
    call = {"turns": [ASKED, YES, NOTED], "actions": [BOOKED, HUNG_UP]}
    live.update(call)
    live.update(call)
    live.update(call, final=True)
    assert told(out) == [
        "agent   C'est bien cela ?",
        "caller  Oui.",
        "action  book: done",
        "agent   C'est noté.",
        "action  hangup: done",
    ]


def test_what_is_done_before_a_word_is_told(live: Live, out: io.StringIO) -> None:
    live.update({"turns": [], "actions": [HUNG_UP]})
    assert told(out) == ["action  hangup: done"]
