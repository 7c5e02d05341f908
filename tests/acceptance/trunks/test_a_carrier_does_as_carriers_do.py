"""SIPp plays the carrier: whatever it does, the call has an outcome, one CDR, and the leg of each trunk that had it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from tests.acceptance.calls.house import eventually, now
from tests.acceptance.trunks.conftest import CALLER, FIRST, Telephone, Trunks

pytestmark = pytest.mark.timeout(180)


def in_and_answered(trunks: Trunks, since: datetime, caller: str = CALLER) -> dict[str, Any]:
    """The one CDR of a call in that was answered, by the first trunk."""
    facts = trunks.house.cdr(caller, since)
    assert len(trunks.house.cdrs(caller, since)) == 1
    assert (facts["direction"], facts["caller"], facts["outcome"]) == ("inbound", caller, "answered")
    assert facts["answered_at"] is not None
    assert facts["charge"]["status"] == "rated"
    assert ways(trunks, facts) == [("ovh", "inbound", "answered")]
    return facts


def ways(trunks: Trunks, facts: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(trunk, direction, outcome) of each trunk that had the call, once they are stored beside its CDR."""
    found = eventually("trunks of the call", lambda: _trunks(trunks, facts))
    return [(part["trunk"], part["direction"], part["outcome"]) for part in found]


def _trunks(trunks: Trunks, facts: dict[str, Any]) -> Sequence[dict[str, Any]]:
    party = facts["caller"] if facts["direction"] == "inbound" else facts["callee"]
    return trunks.house.cdrs(party, datetime.fromisoformat(facts["started_at"]))[0]["trunks"]


def idle(trunks: Trunks) -> None:
    """No channel is left."""
    eventually(
        "end of every channel", lambda: "0 active channels" in trunks.house.asterisk.command("core show channels")
    )


# -- calls in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scenario", [
        "in_and_bye", "late_offer", "session_timer", "cancel_against_200", "reliable_ringing", "codec_changes",
    ],
)  # fmt: skip
def test_a_call_in_is_one_answered_call_that_the_caller_ends(trunks: Trunks, scenario: str) -> None:
    since = now()
    trunks.first.call(scenario)
    facts = in_and_answered(trunks, since)
    assert facts["hangup_side"] == "caller"
    idle(trunks)


def test_an_answer_that_is_never_acknowledged_is_given_up(trunks: Trunks) -> None:
    since = now()
    trunks.first.call("never_acknowledged")
    facts = trunks.house.cdr(CALLER, since)
    assert (facts["outcome"], facts["hangup_cause"]) == ("answered", 18), "nobody responds"
    assert facts["duration_ms"] < 30_000
    assert len(trunks.house.cdrs(CALLER, since)) == 1
    idle(trunks)


def test_messages_that_are_lost_are_sent_again_and_no_call_is_doubled(trunks: Trunks) -> None:
    since, callers = now(), [f"+3363998017{at}" for at in range(1, 9)]
    trunks.first.call("of_many_callers", many=8, lost=5, hold_ms=100, callers="+3363998017")
    for caller in callers:
        in_and_answered(trunks, since, caller)
    idle(trunks)


def test_on_hold_nothing_is_said_and_the_call_goes_on(trunks: Trunks) -> None:
    since = now()
    trunks.first.call("hold", hold_ms=1200)
    facts = in_and_answered(trunks, since)
    assert facts["duration_ms"] >= 3 * 1200
    idle(trunks)


def test_a_bye_while_it_rings_ends_it(trunks: Trunks) -> None:
    since = now()
    trunks.first.call("bye_while_ringing")
    facts = trunks.house.cdr(CALLER, since)
    assert facts["outcome"] in ("abandoned", "answered"), "the answer may have crossed it"
    assert facts["duration_ms"] < 2000
    assert len(trunks.house.cdrs(CALLER, since)) == 1
    idle(trunks)


def hang_up(trunks: Trunks) -> None:
    """The house ends the call of the first trunk."""
    rows = trunks.house.asterisk.command("core show channels concise").splitlines()
    (name,) = [row.split("!")[0] for row in rows if row.startswith("PJSIP/trunk")]
    trunks.house.asterisk.command(f"channel request hangup {name}")


def test_keys_by_rfc_4733_are_heard(trunks: Trunks) -> None:
    since, telephone = now(), Telephone(FIRST)
    try:
        with trunks.first.plays("in_and_wait", telephone=telephone):
            trunks.house.await_turn(CALLER, "bonjour")
            for key in "47#":
                telephone.press(key)
            trunks.house.await_turn(CALLER, r"\[47\]", "caller")
            hang_up(trunks)
    finally:
        telephone.close()
    in_and_answered(trunks, since)
    idle(trunks)


def test_keys_by_info_are_heard(trunks: Trunks) -> None:
    since = now()
    with trunks.first.plays("keys_by_info"):
        trunks.house.await_turn(CALLER, r"\[47\]", "caller")
        hang_up(trunks)
    in_and_answered(trunks, since)
    idle(trunks)


def test_a_script_in_from_is_nowhere(trunks: Trunks) -> None:
    since = now()
    shown = f'"<script>alert(1)</script>" <sip:{CALLER}@{FIRST}>'
    trunks.first.call("in_and_bye", **{"from": shown})
    facts = in_and_answered(trunks, since)
    assert "script" not in json.dumps(facts)


def test_a_script_for_a_number_is_no_number(trunks: Trunks) -> None:
    since = now()
    trunks.first.call("in_and_bye", **{"from": f"<sip:%3Cscript%3E@{FIRST}>"})
    facts = in_and_answered(trunks, since, caller="")
    assert "script" not in json.dumps(facts)


def test_headers_of_32_kb_harm_nobody(trunks: Trunks) -> None:
    trunks.first.call("large", large="x" * 1000)
    since = now()
    trunks.first.call("in_and_bye")
    in_and_answered(trunks, since)
    idle(trunks)


# -- calls out --------------------------------------------------------------------------------------------------


def placed(trunks: Trunks, number: str, since: datetime) -> dict[str, Any]:
    """The one CDR of a call out, once it is over."""
    answer = trunks.house.place(number, variables={"patient": "Claire Martin", "date": "2027-01-14", "heure": "14:30"})
    assert answer["placed"], answer
    facts = trunks.house.cdr(number, since)
    assert len(trunks.house.cdrs(number, since)) == 1
    assert facts["direction"] == "outbound"
    return facts


def test_early_media_is_no_answer(trunks: Trunks) -> None:
    since, number = now(), "+33639980151"
    with trunks.first.plays("early_media", hold_ms=1500):
        facts = placed(trunks, number, since)
    started, answered = (datetime.fromisoformat(facts[name]) for name in ("started_at", "answered_at"))
    assert (answered - started).total_seconds() >= 1.4
    assert facts["outcome"] != "no_answer"
    assert facts["charge"]["answered_seconds"] == math.ceil(facts["duration_ms"] / 1000), "from the answer on"
    assert ways(trunks, facts) == [("ovh", "outbound", "answered")]
    idle(trunks)


def test_who_rings_and_is_busy_is_busy_and_asked_once(trunks: Trunks) -> None:
    since, number = now(), "+33639980152"
    with trunks.first.plays("rings_and_is_busy"):
        facts = placed(trunks, number, since)
    assert (facts["outcome"], facts["answered_at"], facts["hangup_cause"]) == ("busy", None, 17)
    assert ways(trunks, facts) == [("ovh", "outbound", "busy")]
    idle(trunks)


def test_a_password_that_is_asked_for_is_given(trunks: Trunks) -> None:
    since, number = now(), "+33639980153"
    with trunks.first.plays("asks_for_a_password", hold_ms=1500):
        facts = placed(trunks, number, since)
    assert facts["answered_at"] is not None
    assert ways(trunks, facts) == [("ovh", "outbound", "answered")]
    idle(trunks)


def test_a_trunk_that_is_unavailable_is_followed_by_the_next_in_one_call(trunks: Trunks) -> None:
    since, number = now(), "+33639980154"
    with trunks.first.plays("is_unavailable"), trunks.second.plays("answers", hold_ms=1500):
        facts = placed(trunks, number, since)
    assert facts["answered_at"] is not None
    found = ways(trunks, facts)
    assert [way[:2] for way in found] == [("ovh", "outbound"), ("sfr", "outbound")]
    assert found[0][2] == "congestion"
    assert found[1][2] == "answered"
    assert facts["legs"][0]["trunk"] == "sfr"
    idle(trunks)
