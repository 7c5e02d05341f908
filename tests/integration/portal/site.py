"""Two clients with calls, invoices and people, and browsers and systems on the site, in process."""

from __future__ import annotations

import re
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx2 import Response
from psycopg.types.json import Jsonb
from starlette.testclient import TestClient

from agents.loading import EXAMPLES
from ari_app.desk.journal import Entry
from ari_app.desk.record import Notes
from ari_app.desk.record import SpokenTurn as Said
from billing.charges import tariffs
from billing.charges.ledger import record_call
from billing.documents.invoice import Party, Terms
from billing.invoices import invoicing
from billing.plans import plans
from compliance.people import declarations
from portal.chat import widgets
from portal.door import Portal
from portal.links.hooks import deliveries, endpoints
from portal.ordering import recap, terms
from portal.people import keys, managing, signing
from portal.support import writing
from portal.support.tickets import About
from portal.web.visit import SESSION
from store import agents, bookings, journal, live, messages, tenants
from store.base.actor import Actor
from store.base.ids import new_id
from store.base.settings import Settings
from store.calls import Action, Cdr, Turn
from store.db import Conn, Database
from store.live import LiveCall
from store.tenants import Tenant
from tests.actors import OPERATOR

TARIFF = """\
decimals = 4
[bundle]
seconds = 30
prefixes = ["+33"]
directions = ["inbound", "outbound"]
[[rate]]
direction = "inbound"
prefix = ""
price_per_minute = "0.096"
"""
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
CLAIRE = "claire@cabinet.fr"
PASSWORD = "quatre mots pour entrer"
SPOKEN = "Bonjour, je voudrais un détartrage <script>alert(1)</script> s'il vous plaît."
SITE = "https://decroche.test"


@dataclass
class Practice:
    """A client with an agent, a recorded call, an invoice."""

    tenant: Tenant
    call: UUID
    invoice: str = ""
    ids: dict[str, str] = field(default_factory=dict[str, str])


DENTAL = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
AGENT = "cabinet-du-parc"


def answering(conn: Conn, tenant_id: UUID) -> None:
    """An agent that answers: tested by one person, published by another."""
    agents.import_version(conn, tenant_id, AGENT, DENTAL, by=OPERATOR)
    agents.mark_tested(conn, tenant_id, AGENT, 1, "lea@cabinet.fr", by=OPERATOR)
    agents.publish(conn, tenant_id, AGENT, 1, "marc@cabinet.fr", by=OPERATOR)


def furnish(database: Database, home: Path, slug: str, name: str) -> Practice:
    with database.operator() as conn:
        tenant = tenants.add(conn, slug, name, by=OPERATOR)
        agents.import_version(conn, tenant.id, "accueil", f"name: {slug}", by=OPERATOR)
        answering(conn, tenant.id)
        declarations.declare(conn, tenant.id, sensitive=False, reference="devis 7", by=OPERATOR, now=NOW)
        version = tariffs.add_version(conn, f"t-{slug}", TARIFF, OPERATOR).version
        tariffs.assign(conn, tenant.id, f"t-{slug}", version, datetime(2026, 1, 1, tzinfo=UTC), OPERATOR)
    call_id, at = new_id(), NOW - timedelta(hours=1)
    path = home / "recordings" / slug / f"{call_id}.wav"
    path.parent.mkdir(parents=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((2, 2, 16000, 0, "NONE", ""))
        sound.writeframes(bytes(64000))
    cdr = Cdr(
        id=call_id, tenant_id=tenant.id, direction="inbound", caller="+33612345678", callee="+33162001234",
        number="+33162001234", agent="accueil", agent_version=1, started_at=at, answered_at=at,
        ended_at=at + timedelta(seconds=75), hangup_cause=16, hangup_side="caller", outcome="answered",
        recording=str(path), disclosure_text="Je suis un agent vocal.", disclosure_heard_ms=4200,
    )  # fmt: skip
    turns = [
        Turn("agent", f"{name}, bonjour.", 0, 2500, 2500, {"interrupted": True}),
        Turn("caller", SPOKEN, 3000, 7000),
        Turn("agent", "Bien sûr, jeudi à neuf heures.", 7600, 40_000, 9500, {"total": 600}),
    ]
    with database.tenant(tenant.id) as conn:
        record_call(conn, cdr, turns, [Action("book", {}, {"outcome": "done"}, 41_000)])
        starts = NOW + timedelta(days=1)
        booked = bookings.book(conn, tenant.id, "accueil", "Claire Martin", starts, starts + timedelta(minutes=30),
                               phone="+33612345678")  # fmt: skip
        left = messages.leave(conn, tenant.id, "accueil", "Rappelez-moi.", name="M. Petit", phone="+33612345678")
    with database.operator() as conn:
        asked = writing.open_ticket(
            conn, tenant.id, f"Souci de {name}", "Un appel s'est <b>coupé</b>.", "minor", About("call", str(call_id)),
            by=Actor("person", f"titulaire@{slug}.fr", tenant.id, "titulaire"), now=at,
        )  # fmt: skip
    ids = {"booking": str(booked.id), "message": str(left.id), "agent": AGENT, "version": "1",
           "ticket": str(asked.number)}  # fmt: skip
    ids |= _integrations(database, home, tenant) | {"live": _going(database, tenant)}
    return Practice(tenant, call_id, _invoice(database, tenant), ids | _subscribed(database, tenant))


def _going(database: Database, tenant: Tenant) -> str:
    """A call in progress of somebody who withholds their number."""
    call_id, at = new_id(), NOW - timedelta(seconds=40)
    with database.tenant(tenant.id) as conn:
        live.begin(conn, LiveCall(tenant.id, call_id, f"PJSIP/{tenant.slug}", "here", "inbound", at,
                                  NOW + timedelta(hours=1), "", "+33162001234"))  # fmt: skip
        entry = Entry("accueil", 1, "+33162001234", Notes([Said("agent", f"{tenant.name}, bonjour.", 0, 1900, 1900)]))
        journal.note(conn, (tenant.id, call_id), at, entry.as_json())
    return str(call_id)


def _subscribed(database: Database, tenant: Tenant) -> dict[str, str]:
    """A subscription two days old, terms, and something that was accepted."""
    plan = 'title = "Accueil"\nmonthly_price = "49.00"\n'
    with database.operator(tenant.id) as conn:
        terms.add(conn, "2025-01", b"Conditions", by=OPERATOR, now=NOW - timedelta(days=9))
        made = plans.subscribe(
            conn, tenant.id, plans.add_plan(conn, "accueil", plan, OPERATOR), date(2026, 11, 25),
            accepted_by="Dr Molaire", accepted_at=NOW, accepted_from="devis 7", terms_version="2025-01", terms=b"x",
            by=OPERATOR,
        )  # fmt: skip
        shown = recap.new_price(tenant.name, "accueil", date(2026, 10, 1), 49_000_000)
        engagement = new_id()
        conn.execute(
            """INSERT INTO portal.engagements (tenant_id, id, kind, subscription_id, recap, sha256, email, name,
                                               address, browser, at, state)
               VALUES (%s, %s, 'accept_price', %s, %s, %s, 'a@b.fr', 'Anne', '192.0.2.1', 'test', %s, 'done')""",
            (tenant.id, engagement, made.id, Jsonb(shown), recap.digest(shown), NOW - timedelta(days=1)),
        )
    return {"subscription": str(made.id), "engagement": str(engagement)}


def _integrations(database: Database, home: Path, tenant: Tenant) -> dict[str, str]:
    """A key, a web hook that something was sent to, and a site on which the agent may be written to."""
    of = Settings(home=home)
    with database.operator(tenant.id) as conn:
        key, _ = keys.add(conn, tenant, ["calls"], name="CRM", by=OPERATOR, now=NOW)
        hook, _ = endpoints.add(
            conn, tenant.id, f"https://crm.{tenant.slug}.example/h", ["call.ended"], by=OPERATOR, now=NOW, of=of
        )
        sent = deliveries.begin_test(conn, hook.id, by=OPERATOR, now=NOW)
        shown = widgets.add(conn, tenant.id, AGENT, [f"https://www.{tenant.slug}.example"], by=OPERATOR, now=NOW)
    return {"key": str(key), "hook": str(hook.id), "delivery": str(sent.id), "widget": str(shown.id)}


def _invoice(database: Database, tenant: Tenant) -> str:
    seller = Party("Opérateur", "732829320", "2 rue B", "69001", "Lyon", vat_number="FR44732829320")
    buyer = Party("Client", "404833048", "1 rue A", "75001", "Paris")
    with database.operator() as conn:
        invoicing.set_seller(conn, seller, Terms(), by=OPERATOR)
        invoicing.set_customer(conn, tenant.id, buyer, by=OPERATOR)
    with database.operator(tenant.id) as conn:
        issued = invoicing.issue(conn, tenant, date(2026, 11, 1), date(2026, 12, 1), OPERATOR)
    assert issued is not None
    return issued.number


@dataclass
class People:
    """Adds people whose password is known, and signs them in."""

    database: Database
    portal: Portal

    def add(self, email: str, tenant: Tenant | None, *roles: str) -> str:
        """The first password, or "" for somebody known."""
        with self.database.operator() as conn:
            return managing.add(conn, email, tenant, roles, by=OPERATOR, now=NOW).password

    def id_of(self, email: str) -> str:
        """Who has that address."""
        with self.database.operator() as conn:
            row = conn.execute("SELECT id FROM portal.people WHERE email = %s", (email,)).fetchone()
        assert row is not None
        return str(row["id"])

    def signed_in(self, email: str, tenant: Tenant | None, *roles: str, now: datetime = NOW) -> str:
        """A new person's token."""
        password = self.add(email, tenant, *roles)
        answer = signing.sign_in(self.portal, email, password, "192.0.2.1", "test", now)
        assert answer.outcome == "in"
        return answer.token


def sign_in(portal: Portal, password: str, *, email: str = CLAIRE, now: datetime = NOW) -> signing.Answer:
    return signing.sign_in(portal, email, password, "192.0.2.1", "test", now)


@dataclass
class Browser:
    """A browser on the site; it sends what browsers send."""

    client: TestClient

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers={"sec-fetch-site": "none", **headers}, follow_redirects=False)

    def post(self, path: str, page: str = "", **typed: str) -> Response:
        """Send the form of `page` (its token is taken from there)."""
        found = re.search(r'name="jeton" value="(\w+)"', self.get(page or path).text)
        return self.raw(path, {"jeton": found[1] if found else "", **typed}, {"sec-fetch-site": "same-origin"})

    def raw(self, path: str, typed: dict[str, str], headers: dict[str, str]) -> Response:
        return self.client.post(path, data=typed, headers=headers, follow_redirects=False)

    def sign_in(self, token: str) -> Browser:
        self.client.cookies.set(SESSION, token, domain="decroche.test", path="/")
        return self


Browsers = Callable[[], Browser]


@dataclass
class System:
    """A client's system with a key."""

    client: TestClient
    key: str

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {self.key}", **headers})

    def ask(self, method: str, path: str, content: object = None, **headers: str) -> Response:
        given = {"authorization": f"Bearer {self.key}", **headers}
        return self.client.request(method, f"/api/v1{path}", json=content, headers=given)

    def post(self, path: str, content: dict[str, Any], **headers: str) -> Response:
        """Send JSON; a header's name is written with underscores."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1{path}", json=content, headers={"authorization": f"Bearer {self.key}", **more})


def system(browser: Browsers, database: Database, of: Practice, *scopes: str) -> System:
    with database.operator() as conn:
        _, key = keys.add(conn, of.tenant, scopes, by=OPERATOR, now=NOW)
    return System(browser().client, key)
