"""What the service says of itself, and a call that it is asked to place, as they go through its door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ari_app.call.state import CallState
from ari_app.desk.discretion import discreet
from ari_app.desk.house import House
from ari_app.desk.office_types import CallOrder


def status(house: House, calls: Iterable[CallState], trunks: Mapping[str, bool], *, ready: bool) -> Mapping[str, Any]:
    """What runs, the state of each trunk, and each call in progress with what was said and done in it."""
    return {
        "ready": ready,
        "asterisk": house.switch.connected,
        "calls": [
            {"id": str(c.id), **c.parties.columns,
             "agent": c.who.agent_name, "since": c.life.started_at.isoformat(),
             "turns": [{"who": t.who, "text": t.text, "from_ms": t.from_ms, "interrupted": t.interrupted}
                       for t in discreet(c.notes, c.who.agent.language, c.memory).notes.turns],
             "actions": [{"name": a.name, "outcome": a.result.get("outcome"), "at_ms": a.at_ms}
                         for a in c.notes.actions]}
            for c in calls
        ],
        "spooled": len(house.office.spool.waiting()) + house.office.held,
        "room": house.settings.call.most,
        "trunks": dict(trunks),
        "mind": f"{house.parts.mind.engine}/{house.parts.mind.model}",
        "ear": f"{house.parts.ear.engine}/{house.parts.ear.model}",
    }  # fmt: skip


def order_of(request: Mapping[str, Any]) -> CallOrder:
    """The call asked for. Raises KeyError, ValueError for a request that is none."""
    at = request.get("at")
    return CallOrder(
        tenant=str(request["tenant"]), agent=str(request["agent"]), to=str(request["to"]),
        purpose=str(request.get("purpose", "")), party=str(request.get("party", "consumer")),
        postcode=str(request.get("postcode", "")), variables=request.get("variables"),
        at=datetime.fromisoformat(at) if at else None, check_only=bool(request.get("check_only")),
    )  # fmt: skip
