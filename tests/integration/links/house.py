"""A client whose systems are told what happens: its endpoints, its worker, and a clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.links.hooks import deliveries, endpoints, sending
from portal.links.hooks.deliveries import Delivery
from portal.links.hooks.retrying import PAUSES
from store import events
from store.base.ids import new_id
from store.base.settings import Settings
from store.db import Database
from store.tenants import Tenant
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.links.receiver import Receiver


@dataclass
class House:
    """A client, its worker, and a clock that a test sets."""

    database: Database
    settings: Settings
    tenant: Tenant
    now: datetime

    def add(self, url: str, *kinds: str, tenant: Tenant | None = None) -> tuple[UUID, str]:
        whose = (tenant or self.tenant).id
        with self.database.operator(whose) as conn:
            made, secret = endpoints.add(conn, whose, url, kinds, by=OPERATOR, now=self.now, of=self.settings)
        return made.id, secret

    def happens(self, kind: str = "call.ended", tenant: Tenant | None = None) -> str:
        subject = str(new_id())
        with self.database.tenant((tenant or self.tenant).id) as conn:
            events.note(conn, kind, subject)
        return subject

    def work(self, later: timedelta = timedelta()) -> int:
        """What is due, so much later."""
        self.now += later
        worker = Worker(self.database, sending.handlers(self.settings, now=lambda: self.now), now=lambda: self.now)
        try:
            done = worker.drain()
            assert not worker.failures
            return done
        finally:
            worker.close()

    def sent(self, endpoint: UUID | None = None) -> list[Delivery]:
        with self.database.operator() as conn:
            return deliveries.listed(conn, endpoint_id=endpoint)

    def endpoint(self, endpoint: UUID) -> endpoints.Endpoint:
        with self.database.operator() as conn:
            return endpoints.get(conn, endpoint)

    def replay(self, delivery: UUID) -> Delivery:
        with self.database.operator(self.tenant.id) as conn:
            return deliveries.replay(conn, delivery, by=OPERATOR, now=self.now)


def disabled(house: House, receiver: Receiver) -> UUID:
    endpoint, _ = house.add(receiver.url, "call.ended")
    receiver.status = 503
    house.happens()
    house.work()
    for pause in PAUSES:
        house.work(pause)
    return endpoint
