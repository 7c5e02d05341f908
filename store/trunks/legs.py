"""What each trunk did for each call, and what that makes of a trunk: answer ratio, mean duration, faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from store.base.parties import Direction
from store.db import Conn

NOT_TRIED = ("full", "too_fast", "not_shown")
"""Why a trunk was passed over without being asked: they say nothing of its quality."""


@dataclass(frozen=True, slots=True)
class TrunkCall:
    """One trunk's part in a call. `outcome`: as of a call, or why it was passed over; `cause`: Q.850."""

    trunk: str
    direction: Direction
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    outcome: str
    cause: int


@dataclass(frozen=True, slots=True)
class Quality:
    """A trunk over some days, calls out. `answer_ratio`: answered among asked, 0 to 1, None where none was asked.

    `mean_seconds`: how long those answered lasted. `failed`: the trunk's own faults, for which the next was tried.
    """

    trunk: str
    tried: int
    answered: int
    failed: int
    answer_ratio: float | None
    mean_seconds: float | None
    inbound: int


def note_calls(conn: Conn, tenant_id: UUID, call_id: UUID, parts: Sequence[TrunkCall]) -> None:
    """Keep what the trunks did for a call that is stored, once: what is there already stays."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO store.trunk_calls
                   (tenant_id, call_id, position, trunk, direction, began_at, answered_at, ended_at, outcome, cause)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            [
                (tenant_id, call_id, position, p.trunk, p.direction, p.began_at, p.answered_at, p.ended_at, p.outcome,
                 p.cause)
                for position, p in enumerate(parts)
            ],
        )  # fmt: skip


def of_call(conn: Conn, call_id: UUID) -> list[TrunkCall]:
    """What the trunks did for a call, in the order of trying."""
    with conn.cursor(row_factory=class_row(TrunkCall)) as cursor:
        return cursor.execute(
            "SELECT trunk, direction, began_at, answered_at, ended_at, outcome, cause FROM store.trunk_calls"
            " WHERE call_id = %s ORDER BY position",
            (call_id,),
        ).fetchall()


def qualities(conn: Conn, since: datetime) -> dict[str, Quality]:
    """Each trunk's quality since then, by its name; a trunk without a call is not there."""
    with conn.cursor(row_factory=class_row(Quality)) as cursor:
        rows = cursor.execute(
            """WITH asked AS (
                   SELECT trunk, direction, answered_at, ended_at, outcome FROM store.trunk_calls
                    WHERE began_at >= %(since)s AND NOT outcome = ANY(%(not_tried)s)
               )
               SELECT trunk,
                      count(*) FILTER (WHERE direction = 'outbound') AS tried,
                      count(answered_at) FILTER (WHERE direction = 'outbound') AS answered,
                      count(*) FILTER (WHERE direction = 'outbound' AND outcome IN ('unavailable', 'unreachable',
                                       'congestion', 'failed')) AS failed,
                      round(count(answered_at) FILTER (WHERE direction = 'outbound')::numeric
                          / nullif(count(*) FILTER (WHERE direction = 'outbound'), 0), 3)::float AS answer_ratio,
                      round((avg(extract(epoch FROM ended_at - answered_at)) FILTER (WHERE direction = 'outbound'))
                          ::numeric, 1)::float AS mean_seconds,
                      count(*) FILTER (WHERE direction = 'inbound') AS inbound
                 FROM asked GROUP BY trunk""",
            {"since": since, "not_tried": list(NOT_TRIED)},
        ).fetchall()
    return {row.trunk: row for row in rows}
