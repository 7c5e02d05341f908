"""A client's calls at once and a second: set by the operator, kept exactly whatever number of nodes asks at a time."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, Refused
from store.db import Conn

MOST_CPS = 1000


class Crowded(Refused):
    """The client has as many calls as it may have."""

    code = "crowded"


@dataclass(frozen=True, slots=True)
class Limits:
    """`channels`: calls in progress, in and out, those put through to somebody counted twice; `cps`: begun within any
    second. 0: any number."""

    channels: int = 0
    cps: int = 0


def limits_of(conn: Conn, tenant_id: UUID) -> Limits:
    """A client's limits."""
    with conn.cursor(row_factory=class_row(Limits)) as cursor:
        return (
            cursor.execute(
                "SELECT channels, cps FROM store.tenant_limits WHERE tenant_id = %s", (tenant_id,)
            ).fetchone()
            or Limits()
        )


def put(conn: Conn, tenant_id: UUID, *, channels: int | None = None, cps: int | None = None, by: Actor) -> Limits:
    """Set what is given, and leave the rest (operator). Calls in progress go on. Raises BadInput."""
    if any(value is not None and not 0 <= value <= most for value, most in ((channels, 100_000), (cps, MOST_CPS))):
        raise BadInput("channels, cps: numbers from 0 (any number) on", hint=f"cps is {MOST_CPS} at most")
    conn.execute(
        """INSERT INTO store.tenant_limits (tenant_id, channels, cps) VALUES (%(id)s, coalesce(%(channels)s, 0),
                                                                              coalesce(%(cps)s, 0))
           ON CONFLICT (tenant_id) DO UPDATE SET channels = coalesce(%(channels)s, tenant_limits.channels),
                                                 cps = coalesce(%(cps)s, tenant_limits.cps)""",
        {"id": tenant_id, "channels": channels, "cps": cps},
    )
    found = limits_of(conn, tenant_id)
    note(conn, by, "tenant.limit", f"tenant:{tenant_id}", tenant_id, channels=found.channels, cps=found.cps)
    return found


def refusal(conn: Conn, tenant_id: UUID) -> str:
    """Why the client may have no call more now; "" where it may, which is counted as begun from now on.

    Others who ask for the same client wait until the transaction ends, in which the caller begins the call's lease.
    """
    row = conn.execute(
        "SELECT channels, cps FROM store.tenant_limits WHERE tenant_id = %s FOR UPDATE", (tenant_id,)
    ).fetchone()
    if row is None:
        return ""
    if row["channels"]:
        held = conn.execute(
            "SELECT count(*) AS n FROM store.live_calls WHERE tenant_id = %s AND lease_until > clock_timestamp()",
            (tenant_id,),
        ).fetchone()
        assert held is not None
        if held["n"] >= row["channels"]:
            return f"{held['n']} calls of this client are in progress, {row['channels']} allowed"
    if row["cps"]:
        done = conn.execute(
            """UPDATE store.tenant_limits t SET recent = array_append(kept.recent, clock_timestamp())
                 FROM (SELECT coalesce(array_agg(at), '{}') AS recent FROM store.tenant_limits l, unnest(l.recent) AS at
                        WHERE l.tenant_id = %(id)s AND at > clock_timestamp() - interval '1 second') kept
                WHERE t.tenant_id = %(id)s AND cardinality(kept.recent) < t.cps""",
            {"id": tenant_id},
        )
        if not done.rowcount:
            return f"{row['cps']} calls of this client began within a second"
    return ""
