"""The day at a glance: is it answering, what is to be done, today against yesterday, the month's bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from billing.charges.ledger import month_of
from billing.charges.tariffs import in_force
from portal.door import Seat
from store import bookings, live, messages
from store.bookings import Booking
from store.messages import LeftMessage


@dataclass(frozen=True, slots=True)
class Day:
    """A day's calls. `lost`: nobody answered; `disclosed` of `answered` heard the AI disclosure to its end."""

    calls: int
    answered: int
    transferred: int
    lost: int
    disclosed: int
    booked: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Month:
    """The month so far. Seconds of the bundle; micro-euros before tax."""

    first: date
    bundle: int
    used: int
    charged: int
    micros: int
    unrated: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that was tested and waits for another person's approval."""

    agent: str
    version: int
    tested_by: str


@dataclass(frozen=True, slots=True)
class Glance:
    """What the first page shows."""

    agents: Sequence[str]
    in_progress: int
    status: str
    today: Day
    yesterday: Day
    messages: Sequence[LeftMessage]
    appointments: Sequence[Booking]
    month: Month | None
    waiting: Sequence[Waiting]
    rights_open: int
    rights_due: datetime | None


_DAY = """
SELECT count(*)::integer AS calls, count(c.answered_at)::integer AS answered,
       count(*) FILTER (WHERE EXISTS (SELECT FROM store.actions a WHERE a.call_id = c.id
                                         AND a.name = 'transfer'
                                         AND a.result ->> 'outcome' = 'answered'))::integer AS transferred,
       count(*) FILTER (WHERE c.answered_at IS NULL AND c.direction = 'inbound')::integer AS lost,
       count(c.disclosure_heard_ms)::integer AS disclosed,
       (SELECT count(*) FROM store.bookings b WHERE b.created_at >= %(since)s AND b.created_at < %(until)s
           AND b.status = 'booked')::integer AS booked,
       (SELECT count(*) FROM store.messages m
         WHERE m.created_at >= %(since)s AND m.created_at < %(until)s)::integer AS left
  FROM store.calls c
 WHERE c.tenant_id = %(tenant)s AND c.leg_of IS NULL AND c.started_at >= %(since)s AND c.started_at < %(until)s
"""


def glance(seat: Seat, now: datetime) -> Glance:
    """The client's day, in its own time zone."""
    zone = ZoneInfo(seat.timezone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    before = datetime.combine(now.astimezone(zone).date() - timedelta(days=1), time(), zone)
    tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    rights_open, rights_due = _rights(seat)
    return Glance(
        agents=[row["agent"] for row in seat.conn.execute(
            "SELECT agent FROM store.agent_versions WHERE status = 'live' ORDER BY agent")],
        in_progress=sum(1 for call in live.listed(seat.conn) if call.lease_until > now),
        status=_status(seat),
        today=_day(seat, midnight, tomorrow),
        yesterday=_day(seat, before, midnight),
        messages=[one for one in messages.find(seat.conn, limit=5) if one.created_at >= before],
        appointments=bookings.find(seat.conn, since=now, until=tomorrow + timedelta(days=1))[:6],
        month=_month(seat, now) if "usage" in seat.rights else None,
        waiting=_waiting(seat),
        rights_open=rights_open,
        rights_due=rights_due,
    )  # fmt: skip


def _status(seat: Seat) -> str:
    row = seat.conn.execute("SELECT status FROM store.tenants WHERE id = %s", (seat.whose,)).fetchone()
    return row["status"] if row else "closed"


def _day(seat: Seat, since: datetime, until: datetime) -> Day:
    with seat.conn.cursor(row_factory=class_row(Day)) as cursor:
        found = cursor.execute(_DAY, {"tenant": seat.whose, "since": since, "until": until}).fetchone()
    assert found is not None
    return found


def _month(seat: Seat, now: datetime) -> Month:
    force = in_force(seat.conn, now)
    first = month_of(now, force.tariff.timezone if force else ZoneInfo(seat.timezone))
    row = seat.conn.execute(
        """SELECT bundle_seconds, charged_seconds, amount_micros, unrated_calls FROM billing.usage
            WHERE tenant_id = %s AND month = %s""",
        (seat.whose, first),
    ).fetchone()
    bundle = force.tariff.bundle.seconds if force and force.tariff.bundle else 0
    if row is None:
        return Month(first, bundle, 0, 0, 0, 0)
    return Month(
        first, bundle, row["bundle_seconds"], row["charged_seconds"], row["amount_micros"], row["unrated_calls"]
    )


def _waiting(seat: Seat) -> list[Waiting]:
    with seat.conn.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(
            """SELECT v.agent, v.version, v.tested_by FROM store.agent_versions v
                WHERE v.status = 'tested' AND NOT EXISTS (
                      SELECT FROM store.agent_versions n WHERE n.tenant_id = v.tenant_id AND n.agent = v.agent
                         AND n.version > v.version AND n.status IN ('tested', 'live'))
                ORDER BY v.agent"""
        ).fetchall()


def _rights(seat: Seat) -> tuple[int, datetime | None]:
    if "rights" not in seat.rights:
        return 0, None
    row = seat.conn.execute(
        "SELECT count(*)::integer AS n FROM compliance.rights_requests WHERE closed_at IS NULL"
    ).fetchone()
    return (row["n"] if row else 0), None
