"""Beyond the calls that are taken at once a caller hears an apology, unanswered; the call in progress goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.calls.house import House, now, together

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def small_house(house: House) -> Iterator[House]:
    """The house, taking one call at once."""
    house.variables["DECROCHE_CALL__MOST"] = "1"
    house.kill_service()
    house.up()
    yield house
    del house.variables["DECROCHE_CALL__MOST"]
    house.kill_service()
    house.up()


def test_a_call_too_many_is_told_so_unanswered_and_the_first_goes_on(small_house: House) -> None:
    house, since = small_house, now()
    question = house.say("Bonjour, est-ce qu'il y a un parking ?")
    with together() as start:
        first = start(house.call, "caller6", house.listening(), max_seconds=20)
        house.await_turn(house.number("caller6"), "Que puis-je faire")
        second = house.call("caller7", [question], max_seconds=15)
        report = first.result()
    assert not second.answered, "who is not served pays nothing"
    assert report.answered
    assert house.cdr(house.number("caller6"), since)
    turned_away = house.cdr(house.number("caller7"), since)
    assert (turned_away["outcome"], turned_away["answered_at"]) == ("full", None), "and its client sees that it came"
    assert turned_away["charge"]["status"] == "unanswered"


def test_a_call_taken_after_the_first_ended_is_served(small_house: House) -> None:
    since = now()
    house = small_house
    report = house.call("caller7", [house.say("Bonjour, est-ce qu'il y a un parking ?")], max_seconds=60)
    assert report.answered
    turns = house.cdr(house.number("caller7"), since)["turns"]
    assert any("parking" in turn["text"].lower() for turn in turns if turn["who"] == "agent")
