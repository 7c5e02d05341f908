"""Beyond what a node, or a client, may carry a caller is somebody else's at once; calls in progress feel nothing."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.acceptance.calls.house import Signal, eventually, now, together
from tests.acceptance.faults.conftest import Caller, ScriptedHouse

pytestmark = pytest.mark.timeout(200)


def page(house: ScriptedHouse, path: str) -> tuple[int, str]:
    """What the monitoring reads there."""
    port = house.settings.metrics.port
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def measured(house: ScriptedHouse, name: str) -> float:
    """A metric with its labels, as it is written."""
    lines = (line.rsplit(" ", 1) for line in page(house, "/metrics")[1].splitlines())
    return next((float(value) for metric, value in lines if metric == name), 0.0)


@contextmanager
def set_so(house: ScriptedHouse, **variables: str) -> Generator[None]:
    """The service started again with these settings, for a while."""
    house.variables |= variables
    house.kill_service()
    house.start()
    try:
        yield
    finally:
        for name in variables:
            del house.variables[name]
        house.kill_service()
        house.start()


def test_a_client_has_so_many_lines_and_the_call_in_progress_goes_on(house: ScriptedHouse) -> None:
    since, number, script = now(), house.number("caller1"), Caller()
    house.command("tenant", "limit", "demo", "--channels", "1")
    before = measured(house, 'decroche_calls_not_taken_total{bound="limits"}')
    try:
        with together() as start:
            calling = start(house.call, "caller1", script, max_seconds=90)
            house.await_turn(number, "Que puis-je")
            assert measured(house, 'decroche_calls_in_progress{direction="inbound"}') == 1
            second = house.call("caller2", Caller(), max_seconds=6)
            script.say()
            house.await_turn(number, "quel jour|quelle heure|date")
            script.hang_up()
            first = calling.result()
    finally:
        house.command("tenant", "limit", "demo", "--channels", "0")
    assert first.answered
    assert not second.answered, "who is not served pays nothing"
    assert not house.cdrs(house.number("caller2"), since)
    assert measured(house, 'decroche_calls_not_taken_total{bound="limits"}') == before + 1
    house.cdr(number, since)
    assert measured(house, 'decroche_calls_total{direction="inbound",outcome="answered"}') >= 1


def test_a_full_node_gives_callers_to_the_fallback_or_back_with_503(house: ScriptedHouse) -> None:
    since, script, rang = now(), Caller(), Signal()
    with set_so(house, DECROCHE_CALL__MOST="1"), together() as start:
        with house.phone("secretary", on_event=rang) as secretary:
            start(secretary.wait_for_call, house.listening(), timeout=60, max_seconds=2)
            calling = start(house.call, "caller3", script, max_seconds=60)
            house.await_turn(house.number("caller3"), "Que puis-je")
            status, why = page(house, "/readyz")
            assert (status, json.loads(why)["why"]) == (503, ["no room"])
            start(house.call, "caller4", Caller(), max_seconds=20)
            rang.wait("ringing")
            diverted = house.cdr(house.number("caller4"), since)
        script.hang_up()
        assert calling.result().answered
    assert diverted["outcome"] == "diverted"
    assert diverted["legs"][1]["kind"] == "fallback"


def test_a_full_node_behind_a_dispatcher_says_503_at_once(house: ScriptedHouse) -> None:
    script = Caller()
    with set_so(house, DECROCHE_CALL__MOST="1", DECROCHE_CALL__WHEN_FULL="503"), together() as start:
        calling = start(house.call, "caller5", script, max_seconds=60)
        house.await_turn(house.number("caller5"), "Que puis-je")
        second = house.call("caller6", Caller(), max_seconds=20)
        script.hang_up()
        assert calling.result().answered
    assert (second.answered, second.announced, second.status) == (False, False, 503)


def test_it_says_whether_it_lives_and_whether_it_takes_calls(house: ScriptedHouse) -> None:
    assert page(house, "/healthz") == (200, '{"alive": true}')
    eventually("readiness", lambda: page(house, "/readyz")[0] == 200)
    assert measured(house, "decroche_ready") == 1
    assert measured(house, "decroche_switch_connected") == 1
    eventually("an answer of the database", lambda: measured(house, "decroche_database_up") == 1)
    text = page(house, "/metrics")[1]
    assert "+33" not in text
    assert "demo" not in text
