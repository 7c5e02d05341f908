"""What a person says in a call about being called: never again, not me, call me back then. Each holds at once.

Every function runs in a thread and is one transaction; SQL is campaigns', law is compliance's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ari_app.desk.office_types import Answerable
from campaigns.dialling import agreed, queue
from compliance.ledgers.ledger import oppose_in, session
from compliance.ledgers.pseudonym import person
from store.audit import note
from store.base.actor import service
from store.base.errors import BadInput
from store.db import Database

MINUTES = 60
"""How long a callback may be begun, where the scenario does not say until when."""
_BY = service("calls")


def never_again(db: Database, who: Answerable, call_id: UUID, party: str) -> Mapping[str, Any]:
    """The opposition is stored and every call to them that waits is given up. Outcome: done."""
    now = datetime.now(UTC)
    with session(db, who.tenant_id) as conn:
        queue.never_again(conn, who.tenant_id, party, "refused", now)
        oppose_in(conn, who.tenant_id, party, "call", call_id, now, by=_BY)
    return {"outcome": "done"}


def not_me(db: Database, who: Answerable, party: str) -> Mapping[str, Any]:
    """This number is somebody else's: no campaign calls it for whom it looked for. Outcome: done."""
    with session(db, who.tenant_id) as conn:
        waiting = queue.never_again(conn, who.tenant_id, party, "wrong_person", datetime.now(UTC))
        note(conn, _BY, "contact.wrong", person(party), who.tenant_id, waiting=waiting)
    return {"outcome": "done"}


def call_back(
    db: Database, who: Answerable, call_id: UUID, at_ms: int, party: str, args: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Agree on a call in a slot of `args` (day, time; until or minutes), said `at_ms` after the answer.

    Outcome: done, with `from_at` and `to_at`; past: the slot is over, or too far ahead.
    """
    slot = wanted(args, who.timezone)
    with session(db, who.tenant_id) as conn:
        try:
            made = agreed.agree(
                conn, who.tenant_id, party, (who.agent_name, who.version, who.number), slot, (call_id, at_ms),
                datetime.now(UTC), by=_BY, goods=who.agent.goods,
            )  # fmt: skip
        except BadInput:
            return {"outcome": "past"}
    return {"outcome": "done", "callback": str(made), "from_at": slot[0].isoformat(), "to_at": slot[1].isoformat()}


def wanted(args: Mapping[str, Any], timezone: str) -> tuple[datetime, datetime]:
    """The slot asked for, by the clock of `timezone`. Raises BadInput for what cannot be read, or is no slot."""
    zone = ZoneInfo(timezone)
    try:
        day, begins = date.fromisoformat(str(args["day"])), time.fromisoformat(str(args["time"]))
        from_at = datetime.combine(day, begins, zone)
        if args.get("until"):
            to_at = datetime.combine(day, time.fromisoformat(str(args["until"])), zone)
        else:
            to_at = from_at + timedelta(minutes=int(args.get("minutes") or MINUTES))
    except (KeyError, ValueError, OverflowError) as error:
        raise BadInput(f"callback: {error}", hint="day is 2026-11-24, time is 14:30, until is 16:00") from error
    if to_at <= from_at:
        raise BadInput(f"callback: it ends at {args.get('until')}, before it begins", hint="until comes after time")
    return from_at, to_at
