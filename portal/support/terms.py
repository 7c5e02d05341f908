"""How soon a client is answered: by the plans that it has subscribed to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from billing.plans.plans import running_plans
from portal.support.hours import PARIS
from portal.support.standing import Level
from store.db import Conn


def level(conn: Conn, tenant_id: UUID, now: datetime) -> Level:
    """`priority` where a plan that runs this month says `support = "priority"`; else `standard`."""
    plans = running_plans(conn, tenant_id, now.astimezone(PARIS).date().replace(day=1))
    return "priority" if any(plan.support == "priority" for plan in plans) else "standard"
