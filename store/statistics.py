"""A client's calls in figures: by agent, by number, by hour of its day; what callers wanted, what was not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from store.base.errors import BadInput
from store.db import Conn

MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of calls; `seconds` answered, in all. `missed`: calls in that nobody answered. `disclosed`: answered calls
    whose caller heard the AI disclosure to its end. `booked`, `transferred`, `messages`: calls in which it was done."""

    calls: int = 0
    inbound: int = 0
    answered: int = 0
    missed: int = 0
    booked: int = 0
    transferred: int = 0
    messages: int = 0
    opted_out: int = 0
    disclosed: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """One period of one client. `by_hour`: all 24, of the client's own clock; `reasons`: tag → calls; `unknown`: what
    callers asked that no fact answers → how often; `analysed`, `skipped`: calls a summary was made of, or was not."""

    since: datetime
    until: datetime
    timezone: str
    total: Figures
    by_agent: Mapping[str, Figures]
    by_number: Mapping[str, Figures]
    by_hour: Mapping[int, Figures]
    reasons: Mapping[str, int]
    unknown: Mapping[str, int]
    analysed: int
    skipped: int

    def plain(self) -> dict[str, Any]:
        """Plain JSON."""
        groups = {name: {str(key): asdict(value) for key, value in getattr(self, name).items()}
                  for name in ("by_agent", "by_number", "by_hour")}  # fmt: skip
        return {
            "since": self.since.isoformat(), "until": self.until.isoformat(), "timezone": self.timezone,
            **asdict(self.total), **groups, "reasons": dict(self.reasons), "unknown": dict(self.unknown),
            "analysed": self.analysed, "skipped": self.skipped,
        }  # fmt: skip


_PERIOD = "c.leg_of IS NULL AND c.tenant_id = %(tenant)s AND c.started_at >= %(since)s AND c.started_at < %(until)s"

_FIGURES = f"""
WITH done AS (
    SELECT a.call_id, bool_or(a.name = 'book') AS booked, bool_or(a.name = 'transfer') AS transferred,
           bool_or(a.name = 'message') AS messages, bool_or(a.name = 'opt_out') AS opted_out
      FROM store.actions a JOIN store.calls c ON c.id = a.call_id
     WHERE {_PERIOD} AND (a.result ->> 'outcome' = 'done'
                          OR a.name = 'transfer' AND a.result ->> 'outcome' = 'answered') GROUP BY a.call_id),
facts AS (
    SELECT coalesce(c.agent, '') AS agent, coalesce(c.number, '') AS number,
           extract(hour FROM c.started_at AT TIME ZONE %(zone)s)::integer AS hour,
           c.direction = 'inbound' AS inbound, c.answered_at IS NOT NULL AS answered,
           c.disclosure_heard_ms IS NOT NULL AS disclosed, d.booked, d.transferred, d.messages, d.opted_out,
           coalesce(extract(epoch FROM c.ended_at - c.answered_at), 0) AS seconds
      FROM store.calls c LEFT JOIN done d ON d.call_id = c.id WHERE {_PERIOD})
SELECT agent, number, hour, grouping(agent, number, hour) AS level, count(*) AS calls,
       count(*) FILTER (WHERE inbound) AS inbound, count(*) FILTER (WHERE answered) AS answered,
       count(*) FILTER (WHERE inbound AND NOT answered) AS missed, count(*) FILTER (WHERE booked) AS booked,
       count(*) FILTER (WHERE transferred) AS transferred, count(*) FILTER (WHERE messages) AS messages,
       count(*) FILTER (WHERE opted_out) AS opted_out, count(*) FILTER (WHERE answered AND disclosed) AS disclosed,
       round(sum(seconds))::bigint AS seconds
  FROM facts GROUP BY GROUPING SETS ((), (agent), (number), (hour)) ORDER BY calls DESC, agent, number, hour
"""
_WHOLE, _AGENT, _NUMBER, _HOUR = 0b111, 0b011, 0b101, 0b110

_REASONS = f"""
SELECT tag, count(*) AS n FROM store.analyses a JOIN store.calls c ON c.id = a.call_id, unnest(a.tags) tag
 WHERE {_PERIOD} GROUP BY tag ORDER BY n DESC, tag LIMIT %(most)s
"""
_UNKNOWN = f"""
SELECT lower(btrim(said.text, ' .?!')) AS text, count(*) AS n
  FROM store.calls c
  JOIN store.turns reply ON reply.call_id = c.id AND reply.who = 'agent' AND reply.stages ->> 'meaning' = 'unknown'
  JOIN LATERAL (SELECT t.text FROM store.turns t
                 WHERE t.call_id = c.id AND t.who = 'caller' AND t.position < reply.position
                 ORDER BY t.position DESC LIMIT 1) said ON true
 WHERE {_PERIOD} GROUP BY 1 ORDER BY n DESC, text LIMIT %(most)s
"""
_ANALYSED = f"""
SELECT count(*) FILTER (WHERE a.state = 'made') AS made, count(*) FILTER (WHERE a.state = 'skipped') AS skipped
  FROM store.analyses a JOIN store.calls c ON c.id = a.call_id WHERE {_PERIOD}
"""


def month(text: str, timezone: str) -> tuple[datetime, datetime]:
    """The instants at which a month ("2026-11") begins and is over, by a client's clock. Raises BadInput."""
    try:
        year, number = (int(part) for part in text.split("-"))
        first = date(year, number, 1)
        after = date(year + number // 12, number % 12 + 1, 1)
    except ValueError as error:
        raise BadInput(f"month: {text!r} is none", hint="write for instance 2026-11") from error
    zone = ZoneInfo(timezone)
    return datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)


def of_period(conn: Conn, tenant_id: UUID, since: datetime, until: datetime, timezone: str) -> Statistics:
    """The figures of calls that began from `since` to before `until`, hours by `timezone`."""
    asked = {"tenant": tenant_id, "since": since, "until": until, "zone": timezone, "most": MOST_REASONS}
    rows = conn.execute(_FIGURES, asked).fetchall()
    levels: dict[int, dict[Any, Figures]] = {_WHOLE: {}, _AGENT: {}, _NUMBER: {}, _HOUR: {}}
    for row in rows:
        key = {_WHOLE: "", _AGENT: row["agent"], _NUMBER: row["number"], _HOUR: row["hour"]}[row["level"]]
        levels[row["level"]][key] = Figures(**{field.name: row[field.name] or 0 for field in fields(Figures)})
    analysed = conn.execute(_ANALYSED, asked).fetchone() or {"made": 0, "skipped": 0}
    return Statistics(
        since, until, timezone, levels[_WHOLE].get("", Figures()), levels[_AGENT], levels[_NUMBER],
        {hour: levels[_HOUR].get(hour, Figures()) for hour in range(24)},
        {row["tag"]: row["n"] for row in conn.execute(_REASONS, asked)},
        {row["text"]: row["n"] for row in conn.execute(_UNKNOWN, asked)}, analysed["made"], analysed["skipped"],
    )  # fmt: skip


def by_weekday(conn: Conn, since: datetime, until: datetime, timezone: str) -> Mapping[tuple[int, int], int]:
    """How many calls, of all that `conn` may see, began in each (weekday, Monday 0; hour) of a time zone."""
    rows = conn.execute(
        """SELECT extract(isodow FROM c.started_at AT TIME ZONE %(zone)s)::integer - 1 AS day,
                  extract(hour FROM c.started_at AT TIME ZONE %(zone)s)::integer AS hour, count(*)::integer AS calls
             FROM store.calls c
            WHERE c.leg_of IS NULL AND c.started_at >= %(since)s AND c.started_at < %(until)s GROUP BY 1, 2""",
        {"since": since, "until": until, "zone": timezone},
    )
    return {(row["day"], row["hour"]): row["calls"] for row in rows}
