"""What was made of calls once they were over: kept once, with its mind and model; read back with the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from store.db import Conn

_COLUMNS = (
    "call_id, state, why, summary, sheet, tags, score, made_by, left_out, engine, model, method, agent_version,"
    " took_ms, made_at"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An analysis, or why there is none (`state` skipped, `why`). `sheet`, `score`: plain JSON. `made_by`: mind or
    house; `left_out`: sentences that claimed what was not said; `method`: version of what was asked."""

    call_id: UUID
    state: Literal["made", "skipped"]
    why: str = ""
    summary: str | None = None
    sheet: Mapping[str, Any] | None = None
    tags: Sequence[str] = field(default_factory=list[str])
    score: Mapping[str, Any] | None = None
    made_by: str = ""
    left_out: int = 0
    engine: str = ""
    model: str = ""
    method: int = 0
    agent_version: int | None = None
    took_ms: int | None = None
    made_at: datetime | None = None


def keep(conn: Conn, made: Kept) -> bool:
    """Keep it, in a transaction of the call's tenant; False, and nothing kept, where there is one already or where what
    was said has been forgotten meanwhile: an analysis never outlives the words it was made of."""
    done = conn.execute(
        """INSERT INTO store.analyses (call_id, state, why, summary, sheet, tags, score, made_by, left_out, engine,
                                       model, method, agent_version, took_ms)
           SELECT %(call)s, %(state)s, %(why)s, %(summary)s, %(sheet)s, %(tags)s, %(score)s, %(by)s, %(out)s,
                  %(engine)s, %(model)s, %(method)s, %(version)s, %(took)s
            WHERE EXISTS (SELECT 1 FROM store.calls c WHERE c.id = %(call)s)
              AND (%(state)s = 'skipped' OR EXISTS (SELECT 1 FROM store.turns t WHERE t.call_id = %(call)s))
           ON CONFLICT (call_id) DO NOTHING""",
        {
            "call": made.call_id, "state": made.state, "why": made.why, "summary": made.summary,
            "sheet": None if made.sheet is None else Jsonb(dict(made.sheet)), "tags": list(made.tags),
            "score": None if made.score is None else Jsonb(dict(made.score)), "by": made.made_by, "out": made.left_out,
            "engine": made.engine, "model": made.model, "method": made.method, "version": made.agent_version,
            "took": made.took_ms,
        },
    )  # fmt: skip
    return done.rowcount == 1


def of(conn: Conn, call_id: UUID) -> Kept | None:
    """What was made of a call; None: nothing yet."""
    with conn.cursor(row_factory=class_row(Kept)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM store.analyses WHERE call_id = %s", (call_id,)).fetchone()
