"""What the other nodes do, as the database that all share has it: for `decroche status`. Nothing is started for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from store import live, nodes
from store.base.errors import DecrocheError
from store.base.settings import Settings
from store.db import NoOperator
from store.setup import running_database


def told(of: Settings) -> Mapping[str, Any]:
    """`nodes`: all that share the database; `elsewhere`: calls in progress on others. Nothing where it cannot be asked.

    The parties of a call are the operator's to see: '' where this machine has no operator's access.
    """
    try:
        with closing(running_database(of)) as db:
            with db.service() as conn:
                known = nodes.listed(conn)
                if not any(node.node != of.node for node in known):
                    return {}
                calls = live.anywhere(conn)
            try:
                with db.operator() as conn:
                    calls = live.listed(conn)
            except NoOperator:
                pass
    except DecrocheError:
        return {}
    return {"nodes": _nodes(known, datetime.now(UTC)), "elsewhere": _calls(calls, of.node)}


def _nodes(known: list[nodes.Node], now: datetime) -> list[dict[str, Any]]:
    return [
        {"node": node.node, "state": "silent" if node.silent(now) else "up" if node.ready else "takes no calls",
         "calls": node.calls, "room": node.room, "seen_at": node.seen_at}
        for node in known
    ]  # fmt: skip


def _calls(calls: list[live.LiveCall], here: str) -> list[dict[str, Any]]:
    return [
        {"id": str(call.call_id), "node": call.node, "direction": call.direction, "caller": call.caller,
         "callee": call.callee, "since": call.since}
        for call in calls if call.node != here and call.leg_of is None
    ]  # fmt: skip
