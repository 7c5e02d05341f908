"""What was told by hand: a registered letter, a bailiff. From that day the notice has its effect."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from psycopg.rows import DictRow

from billing.invoices.series import not_ahead
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.db import Conn


def told_by_hand(conn: Conn, notice_id: UUID, on: date, how: str, *, by: Actor, today: date) -> DictRow:
    """A notice reached its reader on a day, by a letter that `how` names (operator); the notice.

    It is not sent by other ways any more. Raises NotFound, BadInput, Refused when it was told already.
    """
    if not how.strip():
        raise BadInput("--how: it is empty", hint='how it was told, such as "LRAR 1A 234 567 8901 2"')
    not_ahead(on, today)
    row = conn.execute(
        """SELECT n.tenant_id, n.told_on, coalesce(n.taken_on, (n.created_at AT TIME ZONE 'Europe/Paris')::date) AS day
             FROM billing.notices n WHERE n.id = %s FOR UPDATE""",
        (notice_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"no notice {notice_id}", hint="decroche billing notices --json has their ids")
    if row["told_on"] is not None:
        raise Refused(f"the notice was told on {row['told_on']} already", hint="decroche billing notices")
    if on < row["day"]:
        raise BadInput(f"--on: the notice is of {row['day']}, after {on}", hint="the day it was received")
    found = conn.execute(
        """UPDATE billing.notices SET told_on = %s, told_how = %s, told = told || '{hand}', sent_at = now()
            WHERE id = %s RETURNING id, tenant_id, kind, about, told_on, told_how""",
        (on, how.strip(), notice_id),
    ).fetchone()
    assert found is not None
    note(conn, by, "notice.told", f"notice:{notice_id}", row["tenant_id"], on=on.isoformat())
    return found
