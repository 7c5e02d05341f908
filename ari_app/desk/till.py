"""What a call may cost, asked of billing before it rings and while it lasts. Every method runs in a thread."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ari_app.desk.office_types import NODE
from ari_app.switch.base import placed_leg
from billing.charges.prepaid import Extension
from store import live, tenants
from store.base.parties import Parties
from store.calls import LegKind
from store.db import Database
from store.live import LiveCall


class Till:
    """Billing as a live call sees it: a yes or a no beforehand, more seconds on the way, the rest given back."""

    def __init__(
        self, db: Database, longest: timedelta, longest_leg: timedelta = timedelta(hours=2), *, node: str = NODE
    ) -> None:  # fmt: skip
        """`longest`: no call is in progress for longer than that; nor a leg that left it for longer than the other."""
        self._node = node
        self._db, self._longest, self._longest_leg = db, longest, longest_leg

    async def open(self, tenant_id: UUID, call_id: UUID, parties: Parties) -> int | None:
        """Answered seconds the call may last for now; None where nothing limits it.

        A call out is in progress from here on, until it is closed or has its CDR: it counts for the next one.
        Raises OutboundBlocked (a cap, a suspension, what looks like fraud), BalanceTooLow, NoPrice.
        """
        return await asyncio.to_thread(self._open, tenant_id, call_id, parties)

    def _open(self, tenant_id: UUID, call_id: UUID, parties: Parties) -> int | None:
        from billing.charges import controls, prepaid

        now = datetime.now(UTC)
        if parties.outbound:
            until = now + self._longest
            begun = LiveCall(
                tenant_id, call_id, placed_leg(call_id), self._node, "outbound", now, until, callee=parties.far
            )  # fmt: skip
            controls.allow_dialling(self._db, tenant_id, parties.far, now, begun)
        try:
            with self._db.tenant(tenant_id) as conn:
                return prepaid.reserve(conn, tenant_id, call_id, parties.direction, parties.far, now).seconds
        except BaseException:
            if parties.outbound:
                self._close(tenant_id, call_id)
            raise

    async def let_leave(self, tenant_id: UUID, leg_id: UUID, call_id: UUID, kind: LegKind, to: str) -> int | None:
        """As `open`, for a leg that leaves a call: it is in progress from here on, under its own id.

        A leg that the tariff lets go free is at the operator's expense: neither the balance, the cap nor an unpaid
        invoice holds it back, what looks like fraud does. Raises OutboundBlocked, BalanceTooLow, NoPrice.
        """
        return await asyncio.to_thread(self._let_leave, tenant_id, leg_id, call_id, kind, to)

    def _let_leave(self, tenant_id: UUID, leg_id: UUID, call_id: UUID, kind: LegKind, to: str) -> int | None:
        from billing.charges import controls, legs, prepaid

        now = datetime.now(UTC)
        with self._db.tenant(tenant_id) as conn:
            free = legs.is_free(conn, kind, to, now)
            (tenant,) = tenants.listed(conn)  # row-level security: its own row is all it sees
        if tenant.status != "active" and not free:
            raise controls.OutboundBlocked(f"tenant {tenant.slug} is {tenant.status}", hint="decroche tenant list")
        begun = LiveCall(
            tenant_id, leg_id, placed_leg(leg_id), self._node, "outbound", now, now + self._longest_leg, callee=to,
            leg_of=call_id, leg=kind,
        )  # fmt: skip
        controls.allow_dialling(self._db, tenant_id, to, now, begun, free=free)
        try:
            with self._db.tenant(tenant_id) as conn:
                return prepaid.reserve(conn, tenant_id, leg_id, "outbound", to, now, leg=kind).seconds
        except BaseException:
            self._close(tenant_id, leg_id)
            raise

    async def extend(self, tenant_id: UUID, call_id: UUID) -> Extension:
        """Hold more of a call in progress, or learn that this is all there is."""
        return await asyncio.to_thread(self._extend, tenant_id, call_id)

    def _extend(self, tenant_id: UUID, call_id: UUID) -> Extension:
        from billing.charges import prepaid

        with self._db.tenant(tenant_id) as conn:
            return prepaid.extend(conn, tenant_id, call_id, datetime.now(UTC))

    async def close(self, tenant_id: UUID, call_id: UUID) -> None:
        """Give back what is held for a call that will leave no CDR. Settling the others is the CDR's own."""
        await asyncio.to_thread(self._close, tenant_id, call_id)

    def _close(self, tenant_id: UUID, call_id: UUID) -> None:
        from billing.charges import ledger

        with self._db.tenant(tenant_id) as conn:
            ledger.lock_account(conn, tenant_id)
            ledger.release(conn, tenant_id, call_id)
            live.end(conn, call_id)

    def close_forgotten(self) -> int:
        """Give back what was held for calls older than any may be which are not in progress. Returns how many."""
        from billing.charges import prepaid

        with self._db.operator() as conn:
            forgotten = prepaid.forgotten(conn, datetime.now(UTC) - self._longest)
        for tenant_id, call_id in forgotten:
            self._close(tenant_id, call_id)
        return len(forgotten)
