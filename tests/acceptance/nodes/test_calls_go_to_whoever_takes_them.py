"""Several nodes are one to callers: calls are shared out, a node may be stopped or die, and none is lost or doubled."""

from __future__ import annotations

import json
import signal
import time
from datetime import datetime

import pytest

from tests.acceptance.calls.house import eventually, now
from tests.acceptance.nodes.conftest import CARRIER, FIRST, STRANGER, Nodes, answer

pytestmark = pytest.mark.timeout(300)

SOON = 5.0
"""Seconds within which a new call is on another node once one has died."""
LOADED = 5.0
"""What a machine that does other things too may add to that."""


def answered(nodes: Nodes, prefix: str, many: int, since: datetime) -> None:
    """Each of these calls has one CDR, by the trunk, and was answered."""
    eventually(f"{many} CDRs", lambda: len(nodes.cdrs(prefix, since)) >= many)
    found = nodes.cdrs(prefix, since)
    assert [cdr.caller for cdr in found] == [f"{prefix}{at}" for at in range(1, many + 1)]
    assert {cdr.outcome for cdr in found} == {"answered"}
    for cdr in found:
        trunk = eventually("its trunk", lambda cdr=cdr: nodes.trunk_of(cdr.id))
        assert trunk == "ovh", "whatever the carrier wrote into a header"


def test_calls_are_shared_out_and_each_node_tells_of_all(nodes: Nodes) -> None:
    since, prefix = now(), "+3363998011"
    with nodes.calls(4, prefix):
        nodes.await_carried(a=2, b=2)
        told = json.loads(nodes.second.command("status", "--json"))
        nodes.first.hang_up()
        nodes.second.hang_up()
    assert [(node["node"], node["state"]) for node in told["nodes"]] == [("a", "up"), ("b", "up")]
    assert len(told["calls"]) == 2
    assert {call["node"] for call in told["elsewhere"]} == {"a"}
    both = [call["caller"] for call in told["calls"] + told["elsewhere"]]
    assert sorted(both) == [f"{prefix}{at}" for at in range(1, 5)]
    answered(nodes, prefix, 4, since)


def test_a_caller_hangs_up_by_the_way_the_call_came(nodes: Nodes) -> None:
    since, prefix = now(), "+3363998012"
    with nodes.calls(2, prefix, "left"):
        pass
    answered(nodes, prefix, 2, since)
    assert {cdr.hangup_side for cdr in nodes.cdrs(prefix, since)} == {"caller"}


def test_a_stranger_gets_nothing_of_kamailio_and_is_no_trunk_to_a_node(nodes: Nodes) -> None:
    port, named = nodes.first.settings.asterisk.sip_port, "X-Decroche-Trunk: ovh\r\n"
    assert answer(nodes.port, STRANGER, "OPTIONS", 1.0) == ""
    assert answer(nodes.port, CARRIER, "REGISTER", 5.0).startswith("SIP/2.0 405")
    said = answer(port, STRANGER, "INVITE", 5.0, to=FIRST, headers=named)
    assert said[8:11] in ("401", "403"), said
    assert not nodes.carried(answered=False)


def test_a_rolling_restart_drops_no_call(nodes: Nodes) -> None:
    since = now()
    for turn, (stopped, other) in enumerate(((nodes.first, nodes.second), (nodes.second, nodes.first))):
        name, elsewhere = stopped.settings.node, other.settings.node
        held, meanwhile, then = (f"+336399801{kind + turn}" for kind in (3, 5, 7))
        with nodes.calls(2, held):
            nodes.await_carried(a=1, b=1)
            stopped.child.send_signal(signal.SIGTERM)
            eventually("word that it takes no calls", lambda name=name: not nodes.takes_calls()[name])
            with nodes.calls(2, meanwhile):
                nodes.await_carried(**{name: 1, elsewhere: 3})
                assert stopped.child.poll() is None, "it waits for the call that it has"
                other.hang_up()
            stopped.hang_up()
        assert stopped.child.wait(60) == 0
        with nodes.calls(1, then):
            nodes.await_carried(**{elsewhere: 1})
            other.hang_up()
        stopped.start()
        for prefix, many in ((held, 2), (meanwhile, 2), (then, 1)):
            answered(nodes, prefix, many, since)


def test_a_node_that_dies_is_followed_by_the_other_and_its_calls_have_their_cdrs(nodes: Nodes) -> None:
    since = now()
    with nodes.calls(2, "+3363998019", cut=True):
        nodes.await_carried(a=1, b=1)
        (lost,) = nodes.callers("a")
        nodes.first.die()
        began = time.monotonic()
        with nodes.calls(3, "+3363998020"):
            eventually("its calls on the other node", lambda: nodes.carried().get("b") == 4)
            took = time.monotonic() - began
            with nodes.db.operator() as conn:
                conn.execute("DELETE FROM store.jobs")  # summaries of earlier calls take a model their time
                conn.execute("UPDATE store.live_calls SET renewed_at = now() - interval '1 hour' WHERE node = 'a'")
            nodes.second.command("work", "--once", "--json")
            assert nodes.carried() == {"b": 4}, "the dead node's call is over, those of others go on"
            nodes.second.hang_up()
    print(f"three calls were on the other node {took:.1f} s after the first one's death")
    assert took < SOON + LOADED
    (facts,) = nodes.first.cdrs(lost, since)
    assert (facts["outcome"], facts["charge"]["status"]) == ("lost", "rated")
    assert facts["answered_at"] is not None
    answered(nodes, "+3363998020", 3, since)


def test_where_no_node_takes_calls_the_last_one_says_so_to_the_caller(running: Nodes) -> None:
    for house in (running.first, running.second):
        if house.child.poll() is None:
            house.kill_service()
    said = answer(running.port, CARRIER, "INVITE", 20.0)
    assert said.startswith("SIP/2.0 183"), f"the client's fallback is tried, then it is said: {said}"
