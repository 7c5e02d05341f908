"""Healthy, suspect, away, and back: who of several servers is asked, and when one that is away is looked for."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.base.errors import Unavailable
from store.remote.health import Health, Rules, order
from store.remote.pool import AllAway, Pool
from tests.wyoming_server import Clock

RULES = Rules(failures=2, probe_seconds=10)


def test_one_failure_makes_it_suspect_two_in_a_row_away_and_an_answer_healthy() -> None:
    once = Health().failed(5, RULES)
    assert once.state == "suspect"
    assert once.answered() == Health()
    assert once.answered().failed(6, RULES).state == "suspect"
    assert once.failed(6, RULES).state == "away"


def test_one_that_is_away_is_looked_for_every_ten_seconds_by_one() -> None:
    away = Health().failed(0, RULES).failed(1, RULES)
    assert [away.due(now) for now in (1, 10.9, 11)] == [False, False, True]
    looked = away.looked_for(11, RULES)
    assert not looked.due(11)
    assert looked.due(21)
    assert looked.failed(12, RULES).due(21.9) is False


def test_the_healthy_are_asked_before_the_suspect_and_who_has_less_in_hand_first() -> None:
    suspect, away = Health().failed(0, RULES), Health().failed(0, RULES).failed(0, RULES)
    known = {"a": suspect, "b": Health(), "c": away, "d": Health()}
    assert order(known, {}) == ["b", "d", "a"]
    assert order(known, {"b": 2, "d": 1}) == ["d", "b", "a"]


@given(st.lists(st.sampled_from(["failed", "answered", "looked"]), max_size=40))
def test_whatever_happens_it_is_away_only_after_failures_and_then_due_some_day(events: list[str]) -> None:
    health, now, failures = Health(), 0.0, 0
    for event in events:
        now += 1
        failures = failures + 1 if event == "failed" else 0 if event == "answered" else failures
        if event == "failed":
            health = health.failed(now, RULES)
        elif event == "answered":
            health = health.answered()
        elif health.due(now):
            health = health.looked_for(now, RULES)
        assert (health.state == "away") == (failures >= RULES.failures)
        assert health.state != "away" or health.due(now + RULES.probe_seconds)


class Server:
    """It does what it is asked while it is well, as a request and as a probe."""

    def __init__(self) -> None:
        self.well, self.asked, self.probed = True, 0, asyncio.Event()

    async def do(self) -> str:
        self.asked += 1
        if not self.well:
            raise Unavailable("away")
        return "done"

    async def probe(self) -> None:
        self.probed.set()
        await self.do()


async def test_a_request_goes_to_the_next_server_and_the_first_is_asked_again_once_it_is_back() -> None:
    one, two, clock = Server(), Server(), Clock()
    pool = Pool({"one": one, "two": two}, Server.probe, rules=RULES, clock=clock)
    one.well = False
    assert [await pool.ask(Server.do) for _ in range(4)] == ["done"] * 4
    assert pool.health["one"].state == "suspect", "it is asked after the healthy one, which never fails"
    two.well = False
    for _ in range(2):
        with pytest.raises(Unavailable):
            await pool.ask(Server.do)
    assert {health.state for health in pool.health.values()} == {"away"}
    with pytest.raises(AllAway, match="one, two"):
        await pool.ask(Server.do)
    asked = one.asked
    one.well, clock.now = True, clock.now + 10
    with pytest.raises(AllAway):  # the call that finds it due does not wait for it
        await pool.ask(Server.do)
    await one.probed.wait()
    await asyncio.sleep(0)
    assert pool.health["one"].state == "healthy"
    assert await pool.ask(Server.do) == "done"
    assert one.asked == asked + 2
    await pool.close()


async def test_what_another_try_would_not_mend_says_nothing_of_a_servers_health() -> None:
    async def refuse(_: Server) -> str:
        raise Unavailable("no such language", retryable=False)

    pool = Pool({"one": Server()}, Server.probe, rules=RULES)
    for _ in range(3):
        with pytest.raises(Unavailable, match="language"):
            await pool.ask(refuse)
    assert pool.health["one"] == Health()


async def test_requests_at_once_are_shared_among_the_healthy() -> None:
    let, names = asyncio.Event(), list[str]()

    async def do(name: str) -> str:
        names.append(name)
        await let.wait()
        return name

    async def there(_: str) -> None:
        return

    pool = Pool({"one": "one", "two": "two"}, there)
    asking = [asyncio.create_task(pool.ask(do)) for _ in range(4)]
    while len(names) < 4:
        await asyncio.sleep(0)
    let.set()
    await asyncio.gather(*asking)
    assert sorted(names) == ["one", "one", "two", "two"]
