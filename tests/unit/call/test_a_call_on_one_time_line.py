"""A call's trace: everything that is known of it in the order in which it happened, another call's lines left out."""

from __future__ import annotations

import json

from ari_app.desk.trace import trace

CALL = "019ab0c2-6f2e-7f0a-9d53-6b1f0f7f4c11"
DAY = "2026-11-26T10:00:"


def facts() -> dict[str, object]:
    return {
        "id": CALL, "direction": "inbound", "callee": "+33162001234", "started_at": f"{DAY}00+00:00",
        "answered_at": f"{DAY}00.500000+00:00", "ended_at": f"{DAY}30+00:00", "outcome": "answered",
        "hangup_side": "caller", "hangup_cause": 16,
        "turns": [
            {"who": "agent", "text": "Bonjour.", "from_ms": 20, "stages": {}},
            {"who": "caller", "text": "Un rendez-vous.", "from_ms": 2000, "stages": {}},
            {"who": "agent", "text": "Quel jour ?", "from_ms": 4000, "interrupted": True,
             "stages": {"endpoint": 480, "asr": 170, "think": 5, "voice": 20, "total": 700, "source": "rules"}},
        ],
        "actions": [{"name": "transfer", "at_ms": 9000, "result": {"outcome": "answered"}}],
        "trunks": [{"trunk": "ovh", "direction": "inbound", "began_at": f"{DAY}00+00:00", "answered_at": None,
                    "ended_at": f"{DAY}30+00:00", "outcome": "answered", "cause": 16}],
        "legs": [{}, {"kind": "transfer", "far_party": "+33199000001", "started_at": f"{DAY}09.600000+00:00",
                      "answered_at": f"{DAY}12+00:00", "ended_at": f"{DAY}30+00:00", "outcome": "answered"}],
    }  # fmt: skip


def line(call_id: str, event: str) -> str:
    return json.dumps({"call_id": call_id, "event": event, "level": "info", "logger": "ari_app.call.call",
                       "timestamp": f"{DAY}09.550000Z"})  # fmt: skip


def test_all_that_is_known_stands_in_the_order_of_its_happening() -> None:
    steps = trace(facts(), [line(CALL, "transfer begins"), line("other", "hangup"), "{ cut"])
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    told = [(step.ms, step.part) for step in steps]
    assert told == [
        (0, "switch"), (0, "sip"), (500, "switch"), (520, "turn"), (2500, "turn"), (3800, "stages"), (4500, "turn"),
        (9500, "action"), (9550, "log"), (9600, "leg"), (12000, "leg"), (30000, "switch"), (30000, "sip"),
        (30000, "leg"),
    ]  # fmt: skip


def test_a_turns_stages_are_told_from_the_callers_last_word() -> None:
    (stages,) = [step.what for step in trace(facts()) if step.part == "stages"]
    assert stages == (
        "last word; turn judged over 480 ms, transcribed in 170 ms, thought in 5 ms, first sound in 20 ms;"
        " heard 700 ms on"
    )
