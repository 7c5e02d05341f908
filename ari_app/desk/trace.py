"""One call on one time line: trunks and legs, what the switch told, turns and their stages, actions, the log. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

Part = Literal["switch", "sip", "leg", "turn", "stages", "action", "log"]


@dataclass(frozen=True, slots=True)
class Step:
    """`ms` counts from the call's start, by the clock of whoever tells it: the switch's, or the service's."""

    at: datetime
    ms: int
    part: Part
    what: str


STAGES = {"endpoint": "turn judged over", "asr": "transcribed in", "think": "thought in", "voice": "first sound in"}


def trace(facts: Mapping[str, Any], log: Iterable[str] = ()) -> list[Step]:
    """The call (`calls_view.whole`) in order; `log`: lines of the service's log, of which its own are taken."""
    began = _at(facts["started_at"])
    found = [*_switch(facts), *_ways(facts), *_talk(facts), *_logged(str(facts["id"]), log)]
    steps = [Step(at, round((at - began).total_seconds() * 1000), part, what) for at, part, what in found]
    return sorted(steps, key=lambda step: step.at)


_Told = tuple[datetime, Part, str]


def _switch(facts: Mapping[str, Any]) -> Iterator[_Told]:
    yield _at(facts["started_at"]), "switch", f"{facts['direction']} call to {facts['callee']} made"
    if facts["answered_at"]:
        yield _at(facts["answered_at"]), "switch", "answered"
    side = facts["hangup_side"]
    yield _at(facts["ended_at"]), "switch", f"over: {facts['outcome']}, by the {side}, cause {facts['hangup_cause']}"


def _ways(facts: Mapping[str, Any]) -> Iterator[_Told]:
    for part in facts.get("trunks") or ():
        way = "came by" if part["direction"] == "inbound" else "sent to"
        yield _at(part["began_at"]), "sip", f"{way} {part['trunk']}"
        if part["answered_at"]:
            yield _at(part["answered_at"]), "sip", f"{part['trunk']} answered"
        yield _at(part["ended_at"]), "sip", f"{part['trunk']}: {part['outcome']}, cause {part['cause']}"
    for leg in (facts.get("legs") or ())[1:]:
        yield _at(leg["started_at"]), "leg", f"{leg['kind']} rings {leg['far_party']}"
        if leg["answered_at"]:
            yield _at(leg["answered_at"]), "leg", f"{leg['far_party']} took it"
        yield _at(leg["ended_at"]), "leg", f"{leg['kind']}: {leg['outcome']}"


def _talk(facts: Mapping[str, Any]) -> Iterator[_Told]:
    zero = _at(facts["answered_at"] or facts["started_at"])
    for turn in facts["turns"]:
        stages: Mapping[str, Any] = turn.get("stages") or {}
        if "total" in stages:
            told = ", ".join(f"{words} {stages[name]} ms" for name, words in STAGES.items() if name in stages)
            words = f"last word; {told}; heard {stages['total']} ms on"
            yield _ms(zero, turn["from_ms"] - stages["total"]), "stages", words
        cut = " (cut)" if turn.get("interrupted") or stages.get("interrupted") else ""
        yield _ms(zero, turn["from_ms"]), "turn", f"{turn['who']}: {turn['text']}{cut}"
    for action in facts["actions"]:
        yield _ms(zero, action["at_ms"]), "action", f"{action['name']}: {action['result'].get('outcome', '')}"


def _logged(call_id: str, log: Iterable[str]) -> Iterator[_Told]:
    for line in log:
        if call_id not in line:
            continue
        try:
            told = json.loads(line)
            if told.get("call_id") == call_id:
                where = told["logger"].rpartition(".")[2]
                yield _at(told["timestamp"]), "log", f"{told['level']} {where}: {told['event']}"
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # a line that was cut, or is another's


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _ms(zero: datetime, ms: float) -> datetime:
    return zero + timedelta(milliseconds=ms)
