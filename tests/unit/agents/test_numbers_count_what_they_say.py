"""A number fills the slot whose unit it counts, before it is asked and after; others are no value; bounds are told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents import scenario
from agents.effects import Facts, Say
from agents.hearing import understand
from agents.loading import load
from agents.slots.numbers import find_number
from agents.slots.text import digits
from agents.slots.times import find_time
from agents.state import State, Understood
from store.base.parties import Parties

HOTEL = load(Path(__file__).parents[2] / "data/understanding/hotel/agent.yaml").agent
FACTS = Facts(
    "call-1", datetime(2026, 11, 26, 10, tzinfo=ZoneInfo("Europe/Paris")), Parties.of("inbound", "+33612345678", "")
)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("trois nuits", "3"),
        ("on est quatre, pour deux nuits", "2"),
        ("on est quatre", None),
        ("une nuit seulement", "1"),
    ],
)
def test_a_number_is_taken_by_its_unit(said: str, value: str | None) -> None:
    assert find_number(digits(said, "fr"), "nuits", asked=False) == value


def test_a_number_is_corrected_at_the_read_back_by_its_unit() -> None:
    state = State(step="relecture", values={"jour": "2026-12-12", "nuits": "2", "nom": "Hélène Roux"})
    heard = understand(HOTEL, state, "non, trois nuits en fait", FACTS)
    assert heard.values["nuits"] == "3"


def test_a_number_out_of_bounds_is_refused_with_the_bound() -> None:
    turn = scenario.advance(HOTEL, State(step="combien"), Understood("answer", {"nuits": "30"}), FACTS)
    said = [move.text for move in turn.moves if isinstance(move, Say)]
    assert said[0] == "C'est 14 nuits au maximum."
    assert "nuits" not in turn.state.values


@pytest.mark.parametrize(
    "said",
    [
        "c'est pour mon fils de quatre ans",
        "je suis venu deux fois",
        "le douze mars",
        "vingt euros",
        "on a deux enfants",
    ],
)
def test_what_is_counted_is_no_time_of_day(said: str) -> None:
    assert find_time(digits(said, "fr"), "fr", asked=True) is None


@pytest.mark.parametrize(("said", "hour"), [("plutôt quinze", 15), ("à neuf heures", 9), ("disons dix", 10)])
def test_a_bare_number_still_is_one_when_asked(said: str, hour: int) -> None:
    found = find_time(digits(said, "fr"), "fr", asked=True)
    assert found is not None
    assert found.hour == hour


READ_BACK = State(step="relecture", values={"jour": "2026-12-12", "nuits": "2", "nom": "Hélène Roux"})


def test_what_is_taken_back_is_replaced_by_what_stands_beside_it() -> None:
    assert understand(HOTEL, READ_BACK, "non pas deux, trois", FACTS).values["nuits"] == "3"


@pytest.mark.parametrize("said", ["trois nuits, enfin, quatre nuits", "trois nuits, non, quatre nuits"])
def test_a_number_taken_back_in_passing_is_the_last(said: str) -> None:
    assert understand(HOTEL, State(step="combien"), said, FACTS).values["nuits"] == "4"
