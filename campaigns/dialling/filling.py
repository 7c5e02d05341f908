"""A campaign that fills itself: the appointments of a diary become its targets, as they are made and called off."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from campaigns.campaigns import Campaign
from campaigns.dialling.said_no import said_no
from campaigns.dialling.versus import variables
from campaigns.planning.reminding import Appointment, planned
from store import bookings
from store.base.ids import new_id
from store.db import Conn

LOOK_EVERY = timedelta(minutes=1)
_AHEAD = timedelta(days=7)
"""So much earlier than `before_hours` a diary is looked at: a reminder is put before days on which nobody is called."""


def fill(conn: Conn, tenant_id: UUID, campaign: Campaign, now: datetime) -> int:
    """Look at the diary, unless that was done a minute ago; how many people more wait (a tenant's transaction)."""
    if campaign.reminds is None or (campaign.filled_at is not None and now - campaign.filled_at < LOOK_EVERY):
        return 0
    until = now + timedelta(hours=campaign.before_hours or 0) + _AHEAD
    diary = [
        Appointment(one.id, one.name, one.phone, one.starts_at, one.created_at)
        for one in bookings.find(conn, tenant_id=tenant_id, agent=campaign.reminds, since=now, until=until)
        if one.phone
    ]
    rows = conn.execute(
        "SELECT about, state FROM campaigns.targets WHERE tenant_id = %s AND campaign = %s AND about IS NOT NULL",
        (tenant_id, campaign.name),
    ).fetchall()
    before = {row["about"]: row["state"] for row in rows}
    needed = variables(conn, tenant_id, campaign)
    changes = planned(diary, before, now, campaign.before_hours or 0, campaign.calendar, needed)
    over = said_no(conn, tenant_id, campaign.name)
    for one in changes.new:
        never = one.of.phone in over
        conn.execute(
            """INSERT INTO campaigns.targets (tenant_id, id, campaign, e164, name, party, variables, state, due_at,
                                              outcome, changed_at, about)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            (tenant_id, new_id(), campaign.name, one.of.phone, one.of.name, campaign.party, Jsonb(dict(one.variables)),
             "done" if never else "waiting", one.due_at, "said_no_before" if never else "", now, one.of.id),
        )  # fmt: skip
    conn.execute(
        """UPDATE campaigns.targets SET state = 'done', outcome = 'called_off', changed_at = %s
            WHERE tenant_id = %s AND campaign = %s AND about = ANY (%s) AND state = 'waiting'""",
        (now, tenant_id, campaign.name, list(changes.gone)),
    )
    conn.execute(
        "UPDATE campaigns.campaigns SET filled_at = %s WHERE tenant_id = %s AND name = %s",
        (now, tenant_id, campaign.name),
    )
    return len(changes.new)
