"""What clients ask for on the web and only the operator's side may do: a page to pay on, a suspension judged again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from billing.invoices.dunning import SETTLE, settle_suspension
from billing.rating.tariff import PARIS
from billing.stripe import checkout
from store.db import Database
from store.jobs import Held
from store.work import Handler

if TYPE_CHECKING:
    from billing.stripe.stripe_edge import Stripe


def handlers(
    db: Database, stripe: Stripe | None, site: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> dict[str, Handler]:
    """Kind of job → who does it. `site`: our own public address, to which Stripe's pages lead back."""
    return {
        checkout.KIND: lambda held: checkout.open_page(db, stripe, UUID(held.job.about), site),
        SETTLE: lambda held: _settle(held, now()),
    }


def _settle(held: Held, now: datetime) -> None:
    """A dispute came: who is late without its lines is judged again."""
    with held.last(operator=True) as conn:
        settle_suspension(conn, held.job.tenant_id, now.astimezone(PARIS).date())
