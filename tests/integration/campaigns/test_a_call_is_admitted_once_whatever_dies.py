"""The admission of a call: a process killed at each of its steps, two diallers at once, and who is not called again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.charges import controls, tariffs
from billing.charges.accounts import set_mode
from campaigns.dialling import course, queue
from campaigns.dialling.admission import Nothing, Passed, Rung
from campaigns.dialling.ending import settle_left
from compliance.ledgers import ledger
from store import live
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.campaigns.campaigning import (
    MEANS,
    MONDAY,
    NAME,
    NODE,
    STEPS,
    admitted,
    equip,
    launched,
    listed,
    over,
)

TARIFF = """currency = "EUR"
timezone = "Europe/Paris"
decimals = 4
[[rate]]
direction = "outbound"
prefix = "+33"
price_per_minute = "0.12"
"""


def practice(database: Database, dentist: Tenant, people: int, **more: Any) -> list[str]:
    with database.operator() as conn:
        equip(conn, dentist.id)
    with database.tenant(dentist.id) as conn:
        called = listed(conn, dentist.id, people)
        launched(conn, dentist.id, **more)
    return called


def prepaid(database: Database, dentist: Tenant, micros: int) -> None:
    with database.operator() as conn:
        tariffs.add_version(conn, "t", TARIFF, OPERATOR)
        tariffs.assign(conn, dentist.id, "t", 1, datetime(2026, 1, 1, tzinfo=UTC), OPERATOR)
        set_mode(conn, dentist.id, "prepaid")
        conn.execute("UPDATE billing.accounts SET balance_micros = %s", (micros,))


def state(database: Database) -> dict[str, Any]:
    """What an admission leaves, counted, and how its targets stand."""
    with database.operator() as conn:
        counts = conn.execute(
            """SELECT (SELECT count(*) FROM campaigns.tries) AS tries,
                      (SELECT count(*) FROM compliance.attempts) AS attempts,
                      (SELECT count(*) FROM compliance.decisions) AS decisions,
                      (SELECT count(*) FROM store.live_calls) AS leases,
                      (SELECT count(*) FROM billing.reservations) AS held,
                      (SELECT sum(reserved_micros) FROM billing.accounts)::bigint AS reserved"""
        ).fetchone()
        rows = conn.execute("SELECT state, count(*) AS n FROM campaigns.targets GROUP BY 1").fetchall()
    assert counts is not None
    return {**counts, **{row["state"]: row["n"] for row in rows}}


def dead_at(database: Database, dentist: Tenant, step: str) -> int:
    """A child that admits one person and dies at that step; its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.campaigns.campaigning", str(dentist.id), step],
        env={
            **os.environ,
            "DECROCHE_DATABASE__URL": database.service_dsn,
            "DECROCHE_DATABASE__ADMIN_URL": database.operator_dsn,
        },
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert not done.stdout, done.stdout
    return done.returncode


@pytest.mark.parametrize("step", STEPS[:-1])
def test_a_process_killed_before_the_commit_has_done_nothing(database: Database, dentist: Tenant, step: str) -> None:
    (to,) = practice(database, dentist, 1)
    prepaid(database, dentist, 10_000_000)
    assert dead_at(database, dentist, step) == -signal.SIGKILL
    # the killed one's connection may be noticed a moment later: the next claimer waits for its locks
    found = admitted(database, dentist.id)
    assert isinstance(found, Rung)
    assert found.person.e164 == to
    assert state(database) == {
        "tries": 1, "attempts": 1, "decisions": 1, "leases": 1, "held": 1, "reserved": 120_000, "admitted": 1,
    }  # fmt: skip


def test_a_process_killed_after_the_commit_leaves_somebody_nobody_else_calls(
    database: Database, dentist: Tenant, settings_home: Any
) -> None:
    practice(database, dentist, 1)
    assert dead_at(database, dentist, "committed") == -signal.SIGKILL
    assert isinstance(admitted(database, dentist.id), Nothing)
    # as the service does when it starts again: leases first, then what has none
    with database.operator() as conn:
        conn.execute("UPDATE store.live_calls SET node = %s", (NODE,))
    with database.operator() as conn:
        (lease,) = live.listed(conn)
    # still looked after: nothing is said of it yet
    assert settle_left(database, NODE, (), MONDAY, MEANS.longest) == 0
    with database.operator() as conn:
        live.end(conn, lease.call_id)
    assert settle_left(database, NODE, (), MONDAY, MEANS.longest) == 1
    assert state(database)["unknown"] == 1
    assert isinstance(admitted(database, dentist.id, MONDAY + timedelta(days=3)), Nothing)


def test_what_a_dead_node_left_is_what_its_cdr_says(database: Database, dentist: Tenant) -> None:
    (to,) = practice(database, dentist, 1)
    rung = admitted(database, dentist.id)
    assert isinstance(rung, Rung)
    with database.tenant(dentist.id) as conn:
        conn.execute(
            """INSERT INTO store.calls (tenant_id, id, direction, caller, callee, started_at, answered_at, ended_at,
                                        hangup_cause, hangup_side, outcome)
               VALUES (%s, %s, 'outbound', '', %s, %s, %s, %s, 16, 'agent', 'answered')""",
            (dentist.id, rung.call_id, to, MONDAY, MONDAY, MONDAY + timedelta(minutes=1)),
        )
        live.end(conn, rung.call_id)
    assert settle_left(database, NODE, (), MONDAY, MEANS.longest) == 1
    assert outcome_of(database, to) == ("done", "answered")


def outcome_of(database: Database, number: str) -> tuple[str, str]:
    with database.operator() as conn:
        row = conn.execute("SELECT state, outcome FROM campaigns.targets WHERE e164 = %s", (number,)).fetchone()
    assert row is not None
    return row["state"], row["outcome"]


def test_a_cdr_that_comes_late_tells_an_unknown_end(database: Database, dentist: Tenant) -> None:
    (to,) = practice(database, dentist, 1)
    rung = admitted(database, dentist.id)
    assert isinstance(rung, Rung)
    with database.operator() as conn:
        live.end(conn, rung.call_id)
    settle_left(database, NODE, (), MONDAY, MEANS.longest)
    assert over(database, dentist, rung.call_id, to, MONDAY, "answered", talked=30) == "answered"
    assert outcome_of(database, to) == ("done", "answered")


def unlimited(database: Database, dentist: Tenant, **limits: int) -> None:
    with database.operator() as conn:
        none = {"calls_a_minute": 0, "calls_at_once": 0, "spend_an_hour_micros": 0}
        controls.set_limits(conn, dentist.id, by=OPERATOR, **(none | limits))


def test_two_diallers_over_two_hundred_people_call_each_once(database: Database, dentist: Tenant) -> None:
    called = practice(database, dentist, 200)
    unlimited(database, dentist)

    def dialler(_: int) -> list[Rung]:
        mine: list[Rung] = []
        while isinstance(found := admitted(database, dentist.id), Rung):
            mine.append(found)
        return mine

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(dialler, range(2))
    rung = Counter(each.person.e164 for each in [*first, *second])
    assert rung == Counter(called)
    assert len({each.call_id for each in [*first, *second]}) == 200
    assert state(database)["attempts"] == 200


def test_who_opposes_while_waiting_is_not_called(database: Database, dentist: Tenant) -> None:
    practice(database, dentist, 2)
    first, second = (f"+336{n:08d}" for n in range(2))
    ledger.oppose(database, dentist.id, first, "letter", None, MONDAY - timedelta(hours=1), by=OPERATOR)
    found = [admitted(database, dentist.id) for _ in range(2)]
    with database.operator() as conn:
        allowed = conn.execute("SELECT number, allowed FROM compliance.decisions").fetchall()
    judged = {row["number"]: row["allowed"] for row in allowed}
    assert judged[second]
    assert {each.person.e164 for each in found if isinstance(each, Rung)} == {n for n, yes in judged.items() if yes}


def test_who_said_never_again_is_called_by_no_campaign(database: Database, dentist: Tenant) -> None:
    (to,) = practice(database, dentist, 1)
    with database.tenant(dentist.id) as conn:
        assert queue.never_again(conn, dentist.id, to, "refused", MONDAY) == 1
        listed(conn, dentist.id, 2, "autres")
        launched(conn, dentist.id, "autre", "autres")
    assert isinstance(admitted(database, dentist.id), Nothing)
    rung = admitted(database, dentist.id, name="autre")
    assert isinstance(rung, Rung)
    assert rung.person.e164 != to
    assert isinstance(admitted(database, dentist.id, name="autre"), Nothing)


def paused(database: Database, dentist: Tenant) -> str:
    with database.tenant(dentist.id) as conn:
        row = conn.execute("SELECT state, paused_why FROM campaigns.campaigns WHERE name = %s", (NAME,)).fetchone()
    assert row is not None
    assert row["state"] == "paused"
    return row["paused_why"]


def test_a_balance_that_runs_out_pauses_it(database: Database, dentist: Tenant) -> None:
    practice(database, dentist, 5)
    prepaid(database, dentist, 240_000)  # two calls' first minutes
    found = [admitted(database, dentist.id) for _ in range(3)]
    assert [type(each) for each in found] == [Rung, Rung, Nothing]
    assert "balance" in paused(database, dentist)
    assert (state(database)["held"], state(database)["reserved"], state(database)["leases"]) == (2, 240_000, 2)


def test_a_cap_that_is_reached_mid_run_pauses_it(database: Database, dentist: Tenant) -> None:
    practice(database, dentist, 5)
    prepaid(database, dentist, 10_000_000)
    first = admitted(database, dentist.id)
    assert isinstance(first, Rung)
    unlimited(database, dentist, month_cap_micros=100_000)
    waiting = admitted(database, dentist.id)
    assert isinstance(waiting, Nothing)
    assert "may reach the month's cap" in waiting.why  # the call in progress counts for all that it may come to
    over(database, dentist, first.call_id, first.person.e164, MONDAY, "answered", talked=60)
    assert isinstance(admitted(database, dentist.id), Nothing)
    assert "cap" in paused(database, dentist)


def test_a_block_of_the_tenant_pauses_it_and_a_fraud_is_written_though_nobody_is_called(
    database: Database, dentist: Tenant
) -> None:
    practice(database, dentist, 2)
    prepaid(database, dentist, 10_000_000)
    unlimited(database, dentist)
    with database.operator() as conn:
        controls.set_limits(conn, dentist.id, by=OPERATOR, known_countries=("DE",))
    assert isinstance(admitted(database, dentist.id), Nothing)
    assert "fraud" in paused(database, dentist)
    with database.operator() as conn:
        row = conn.execute("SELECT kind FROM billing.blocks WHERE lifted_at IS NULL").fetchone()
    assert row == {"kind": "fraud"}
    assert (state(database)["attempts"], state(database)["leases"]) == (0, 0)


def test_the_tenants_calls_a_minute_are_waited_for(database: Database, dentist: Tenant) -> None:
    practice(database, dentist, 9)
    unlimited(database, dentist, calls_a_minute=3)
    found = [type(admitted(database, dentist.id)) for _ in range(4)]
    assert found == [Rung, Rung, Nothing, Nothing]
    with database.operator() as conn:
        assert conn.execute("SELECT 1 FROM billing.blocks").fetchone() is None


def test_a_campaigns_own_budget_pauses_it(database: Database, dentist: Tenant) -> None:
    practice(database, dentist, 5, budget_micros=200_000)
    prepaid(database, dentist, 10_000_000)
    unlimited(database, dentist)
    first = admitted(database, dentist.id)
    assert isinstance(first, Rung)
    assert isinstance(admitted(database, dentist.id), Nothing)  # twenty minutes of it may come to more
    over(database, dentist, first.call_id, first.person.e164, MONDAY, "answered", talked=60)
    second = admitted(database, dentist.id)
    assert isinstance(second, Rung)
    over(database, dentist, second.call_id, second.person.e164, MONDAY, "answered", talked=60)
    admitted(database, dentist.id)
    assert "budget" in paused(database, dentist)


def test_no_more_than_its_pace_begin(database: Database, dentist: Tenant) -> None:
    practice(database, dentist, 9, at_once=3)
    assert [type(admitted(database, dentist.id)) for _ in range(4)] == [Rung, Rung, Rung, Nothing]


def test_a_person_is_not_called_by_two_campaigns_within_a_day(database: Database, dentist: Tenant) -> None:
    (to,) = practice(database, dentist, 1)
    with database.tenant(dentist.id) as conn:
        listed(conn, dentist.id, 1, "autres")
        launched(conn, dentist.id, "autre", "autres")
    rung = admitted(database, dentist.id)
    assert isinstance(rung, Rung)
    same = admitted(database, dentist.id, name="autre")
    assert isinstance(same, Passed)
    assert same.why == ("on_the_line",)
    over(database, dentist, rung.call_id, to, MONDAY)
    later = MONDAY + timedelta(hours=1)
    passed = admitted(database, dentist.id, later, name="autre")
    assert passed == Passed(to, ("called_lately",), MONDAY + timedelta(hours=24))
    assert isinstance(admitted(database, dentist.id, MONDAY + timedelta(hours=24), name="autre"), Rung)


def test_a_busy_line_did_not_ring_and_is_tried_again(database: Database, dentist: Tenant) -> None:
    (to,) = practice(database, dentist, 1)
    rung = admitted(database, dentist.id)
    assert isinstance(rung, Rung)
    assert over(database, dentist, rung.call_id, to, MONDAY, "busy") == "busy"
    assert isinstance(admitted(database, dentist.id, MONDAY + timedelta(minutes=19)), Nothing)
    assert isinstance(admitted(database, dentist.id, MONDAY + timedelta(minutes=21)), Rung)


def test_a_failing_trunk_pauses_it_and_a_resumption_counts_anew(database: Database, dentist: Tenant) -> None:
    practice(database, dentist, 9)
    for n in range(5):
        rung = admitted(database, dentist.id)
        assert isinstance(rung, Rung)
        at = MONDAY + timedelta(seconds=n)
        over(database, dentist, rung.call_id, rung.person.e164, at, "congestion")
    after = MONDAY + timedelta(minutes=1)
    assert isinstance(admitted(database, dentist.id, after), Nothing)
    assert "5 of 5 calls" in paused(database, dentist)
    with database.tenant(dentist.id) as conn:
        course.resume(conn, dentist.id, NAME, after, by=OPERATOR)
    assert isinstance(admitted(database, dentist.id, after), Rung)


def test_everybody_called_it_is_finished(database: Database, dentist: Tenant) -> None:
    (to,) = practice(database, dentist, 1)
    rung = admitted(database, dentist.id)
    assert isinstance(rung, Rung)
    over(database, dentist, rung.call_id, to, MONDAY, "answered", talked=30)
    admitted(database, dentist.id)
    with database.tenant(dentist.id) as conn:
        row = conn.execute("SELECT state, ended_at FROM campaigns.campaigns").fetchone()
    assert row is not None
    assert (row["state"], row["ended_at"]) == ("finished", MONDAY)


def test_after_its_last_day_whoever_waits_is_named_as_not_called(database: Database, dentist: Tenant) -> None:
    (to,) = practice(database, dentist, 1)
    assert isinstance(admitted(database, dentist.id, MONDAY + timedelta(days=60)), Nothing)
    assert outcome_of(database, to) == ("done", "campaign_over")


def test_a_call_out_of_the_laws_hours_waits_for_them(database: Database, dentist: Tenant) -> None:
    (to,) = practice(database, dentist, 1)
    lunch = MONDAY.replace(hour=13, minute=30)
    assert admitted(database, dentist.id, lunch) == Passed(to, ("outside_hours",), lunch.replace(hour=14, minute=0))
    assert state(database)["decisions"] == 1
    assert isinstance(admitted(database, dentist.id, lunch), Nothing)
    assert state(database)["decisions"] == 1  # a poller stores no refusal a tick


def test_two_clients_are_kept_apart(database: Database, dentist: Tenant, townhall: Tenant) -> None:
    practice(database, dentist, 1)
    with database.tenant(townhall.id) as conn:
        row = conn.execute("SELECT count(*) AS n FROM campaigns.targets").fetchone()
    assert row == {"n": 0}
