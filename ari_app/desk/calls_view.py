"""How a call is shown: a row of a table, one JSON object, a transcript."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from billing.charges.ledger import charge_of, spell
from billing.charges.legs import total_micros
from compliance.law.disclosure import unheard
from compliance.ledgers.stored import decision_of
from store import analyses
from store.calls import CallRecord, Cdr, Turn, legs
from store.db import Conn
from store.tenants import listed
from store.trunks.legs import TrunkCall, of_call


def row(conn: Conn, cdr: Cdr, tenant: str) -> dict[str, Any]:
    """One call on one line; `price`: with all of its legs that left."""
    charge = charge_of(conn, cdr.id)
    plain = charge.plain() if charge else {}
    total = total_micros(conn, cdr.id)
    return {
        "id": str(cdr.id),
        "tenant": tenant,
        "started_at": cdr.started_at.isoformat(),
        "channel": cdr.channel,
        "direction": cdr.direction,
        "caller": cdr.caller,
        "callee": cdr.callee,
        "seconds": plain.get("answered_seconds", 0),
        "agent": cdr.agent,
        "version": cdr.agent_version,
        "outcome": cdr.outcome,
        "hangup_side": cdr.hangup_side,
        "price": None if charge is None else "unrated" if total is None else spell(total),
        "currency": plain.get("currency"),
    }


def whole(conn: Conn, record: CallRecord) -> dict[str, Any]:
    """Everything known of one call. Times are ISO 8601 UTC; milliseconds count from the answer."""
    cdr = record.cdr
    charge = charge_of(conn, cdr.id)
    decision = decision_of(conn, cdr.id)
    by = of_call(conn, cdr.id)
    tenant = next((t.slug for t in listed(conn) if t.id == cdr.tenant_id), "")
    return {
        "id": str(cdr.id),
        "tenant": tenant,
        "channel": cdr.channel,
        "direction": cdr.direction,
        "caller": cdr.caller,
        "callee": cdr.callee,
        "number": cdr.number,
        "agent": cdr.agent,
        "version": cdr.agent_version,
        "started_at": cdr.started_at.isoformat(),
        "answered_at": cdr.answered_at.isoformat() if cdr.answered_at else None,
        "ended_at": cdr.ended_at.isoformat(),
        "duration_ms": round((cdr.ended_at - cdr.answered_at).total_seconds() * 1000) if cdr.answered_at else 0,
        "hangup_cause": cdr.hangup_cause,
        "hangup_side": cdr.hangup_side,
        "outcome": cdr.outcome,
        "turns": [
            {
                "who": t.who,
                "text": t.text,
                "from_ms": t.from_ms,
                "to_ms": t.to_ms,
                "heard_ms": t.heard_ms,
                "stages": dict(t.stages),
            }
            for t in record.turns
        ],
        "actions": [
            {"name": a.name, "args": dict(a.args), "result": dict(a.result), "at_ms": a.at_ms} for a in record.actions
        ],
        "disclosure": _disclosure(cdr, talked_over=_opening_cut(record.turns)),
        "decision": decision,
        "charge": charge.plain() if charge else None,
        "trunk": next((p.trunk for p in reversed(by) if p.answered_at), by[-1].trunk if by else None),
        "trunks": [
            {
                "trunk": p.trunk,
                "direction": p.direction,
                "began_at": p.began_at.isoformat(),
                "answered_at": p.answered_at.isoformat() if p.answered_at else None,
                "ended_at": p.ended_at.isoformat(),
                "outcome": p.outcome,
                "cause": p.cause,
            }
            for p in by
        ],
        "legs": [_leg(conn, leg, by) for leg in (cdr, *legs(conn, cdr.id))],
        "total": None if (total := total_micros(conn, cdr.id)) is None else spell(total),
        "recording": cdr.recording,
        "asterisk_cdr": dict(cdr.asterisk_cdr) if cdr.asterisk_cdr else None,
        "variables": dict(cdr.variables),
        "slots": dict(cdr.slots),
        **_left(analyses.of(conn, cdr.id)),
    }


def _left(made: analyses.Kept | None) -> dict[str, Any]:
    """What was made of the call once it was over; all None where nothing was, or not yet."""
    if made is None:
        return dict.fromkeys(("summary", "sheet", "tags", "score", "analysis"))
    told = ("state", "why", "made_by", "left_out", "engine", "model", "method", "agent_version", "took_ms", "made_at")
    whole = made.state == "made"
    return {
        "summary": made.summary,
        "sheet": dict(made.sheet) if made.sheet is not None else None,
        "tags": list(made.tags) if whole else None,
        "score": dict(made.score) if made.score is not None else None,
        "analysis": {name: getattr(made, name) for name in told},
    }


def _carrier(cdr: Cdr, by: Sequence[TrunkCall]) -> str | None:
    """The trunk that carried a leg: the last that was tried while it lasted."""
    same = [p for p in by if p.direction == cdr.direction]
    tried = [p.trunk for p in same if cdr.started_at <= p.ended_at and p.began_at <= cdr.ended_at]
    return tried[-1] if tried else None


def _leg(conn: Conn, cdr: Cdr, by: Sequence[TrunkCall]) -> dict[str, Any]:
    """The call itself, or somebody rung for it. `kind`: call, transfer, fallback, third_party."""
    charge = charge_of(conn, cdr.id)
    return {
        "id": str(cdr.id),
        "kind": cdr.leg or "call",
        "direction": cdr.direction,
        "far_party": cdr.parties.far,
        "trunk": _carrier(cdr, by),
        "started_at": cdr.started_at.isoformat(),
        "answered_at": cdr.answered_at.isoformat() if cdr.answered_at else None,
        "ended_at": cdr.ended_at.isoformat(),
        "outcome": cdr.outcome,
        "charge": charge.plain() if charge else None,
    }


def _opening_cut(turns: Sequence[Turn]) -> bool:
    """The caller spoke over the agent's first words."""
    first = next((turn for turn in turns if turn.who == "agent"), None)
    return first is not None and bool(first.stages.get("interrupted"))


def _disclosure(cdr: Cdr, *, talked_over: bool) -> dict[str, Any] | None:
    """What the person was told of the AI and when they had heard it, or why they had not; None: nobody answered."""
    if cdr.answered_at is None:
        return None
    heard = cdr.disclosure_heard_ms
    note = "" if heard is not None else unheard(cdr.answered_at, cdr.ended_at, cdr.hangup_side, talked_over=talked_over)
    return {"text": cdr.disclosure_text, "heard_at_ms": heard, "note": note}


def clock(ms: int) -> str:
    """Minutes, seconds and tenths from the answer."""
    return f"{ms // 60_000}:{ms // 1000 % 60:02}.{ms // 100 % 10}"


def transcript(facts: Mapping[str, Any]) -> Iterator[str]:
    """The call as a person reads it."""
    who = "conversation in writing" if facts["channel"] == "chat" else (
        f"{facts['direction']} call {facts['caller'] or 'hidden'} → {facts['callee']}"
    )  # fmt: skip
    yield f"{who}, {facts['started_at'][:19]} UTC"
    yield f"agent {facts['agent']} v{facts['version']} of {facts['tenant']}; {facts['outcome']}, " + (
        f"hung up by the {facts['hangup_side']} (Q.850 cause {facts['hangup_cause']})"
    )
    if facts.get("trunks"):
        yield "by " + ", then ".join(f"{p['trunk']} ({p['outcome']})" for p in facts["trunks"])
    events = [(t["from_ms"], _said(t)) for t in facts["turns"]]
    events += [(a["at_ms"], f"        · {a['name']}: {a['result'].get('outcome', '')}") for a in facts["actions"]]
    for _, line in sorted(events, key=lambda event: event[0]):
        yield line
    if facts["disclosure"]:
        heard = facts["disclosure"]["heard_at_ms"]
        yield "AI disclosure " + (
            f"heard at {heard / 1000:.1f} s" if heard is not None else facts["disclosure"]["note"]
        )
    yield from _afterwards(facts)
    if facts["decision"]:
        yield f"decision {'yes' if facts['decision']['allowed'] else 'no'}: {', '.join(facts['decision']['law'])}"
    if facts["charge"]:
        charge = facts["charge"]
        yield f"{charge['answered_seconds']} s answered, {charge['billed_seconds']} s billed: " + (
            f"{charge['amount']} {charge['currency']}"
            if charge["amount"] is not None
            else f"unrated: {charge['reason']}"
        )
    yield from _legs_told(facts)


def _legs_told(facts: Mapping[str, Any]) -> Iterator[str]:
    """Who was rung for the call, and what all of it cost."""
    for leg in facts["legs"][1:]:
        charge: dict[str, Any] = leg["charge"] or {}
        price = f"{charge['amount']} {charge['currency']}" if charge.get("amount") is not None else "no price"
        yield f"{leg['kind']} to {leg['far_party']}: {leg['outcome']}, {charge.get('answered_seconds', 0)} s, {price}"
    if facts["legs"][1:] and facts["total"] is not None and facts["charge"]:
        yield f"in all: {facts['total']} {facts['charge']['currency']}"


def _afterwards(facts: Mapping[str, Any]) -> Iterator[str]:
    """What was made of the call."""
    if facts.get("summary"):
        yield f"summary: {facts['summary']}"
        yield from (f"  {name}: {value}" for name, value in facts["sheet"]["slots"].items())
        yield from (f"  learnt: {each['what']}" for each in facts["sheet"]["learnt"])
        if step := facts["sheet"].get("next_step"):
            yield f"  next: {step['do']} (“{step['sentence']}”)"
        if facts["tags"]:
            yield f"  tags: {', '.join(facts['tags'])}"
        if facts["score"]:
            yield f"  score: {facts['score']['points']} of {facts['score']['of']}"
    elif facts.get("analysis"):
        yield f"no summary: {facts['analysis']['why']}"


def _said(turn: Mapping[str, Any]) -> str:
    cut = " —" if turn["stages"].get("interrupted") else ""
    total = turn["stages"].get("total")
    waited = f"  [{total} ms]" if total is not None else ""
    return f"{clock(turn['from_ms'])}  {turn['who']:6}  {turn['text']}{cut}{waited}"
