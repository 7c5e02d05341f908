"""An invoice paid on a page of Stripe's and contested in time: what the pages say comes from the database alone."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing.charges import controls
from billing.invoices import disputes, invoicing
from billing.invoices.balances import balance_due
from billing.office import asked
from billing.stripe.collect import collect, receive
from billing.stripe.stripe_edge import Stripe
from portal.door import Portal
from store.db import Database
from store.work import Worker
from tests.actors import OPERATOR, today
from tests.integration.billing.test_stripe import SECRET, FakeStripe, webhook
from tests.integration.billing.test_stripe import stripe as stripe
from tests.integration.portal.conftest import browsing
from tests.integration.portal.site import CLAIRE, Browser, Browsers, People, Practice

AT = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
"""The day after the invoice was issued."""
PAGE = "https://checkout.stripe.example/c/"


class WithPages(FakeStripe):
    """Stripe's edge with its pages: `sessions` by id."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.forms: list[dict[str, str]] = []

    def _make(self, verb: str, path: str, form: dict[str, str], key: str) -> tuple[int, dict[str, Any]] | None:
        if path == "/v1/checkout/sessions":
            made: dict[str, Any] = {
                "id": f"cs_{len(self.sessions) + 1}",
                "object": "checkout.session",
                "status": "open",
            }
            made |= {"url": PAGE + made["id"], "payment_intent": None, "mode": form["mode"]}
            self.forms.append(form)
            self.sessions[made["id"]] = made
            return 200, made
        if path.startswith("/v1/checkout/sessions/"):
            return 200, self.sessions[path.rsplit("/", 1)[1]]
        return super()._make(verb, path, form, key)

    def acts(self, what: str, place: int = -1) -> dict[str, Any]:
        """The client does something on the page made last: the intent of it. `what`: as in `script`."""
        form, session = self.forms[place], [*self.sessions.values()][place]
        names = {name: form[f"payment_intent_data[metadata][{name}]"] for name in ("invoice", "attempt", "tenant")}
        asked_for = {"amount": form["line_items[0][price_data][unit_amount]"],
                     "payment_method_types[0]": form["payment_method_types[0]"]}  # fmt: skip
        made = self.intents.get(session["payment_intent"] or "")
        if made is None:
            answer = self._pay(asked_for | {f"metadata[{name}]": value for name, value in names.items()}, "", "succeed")
            assert answer is not None
            made = answer[1]
        states = {"decline": "requires_payment_method", "processing": "processing", "succeed": "succeeded"}
        made["status"] = states[what]
        session |= {"payment_intent": made["id"], "status": "open" if what == "decline" else "complete"}
        return made


@pytest.fixture
def fake() -> WithPages:
    return WithPages()


@contextmanager
def working(database: Database, edge: Stripe | None) -> Generator[Worker]:
    worker = Worker(database, asked.handlers(database, edge, "https://decroche.test", lambda: AT), now=lambda: AT)
    yield worker
    worker.close()


def worked(database: Database, edge: Stripe | None) -> int:
    with working(database, edge) as worker:
        return worker.drain()


@pytest.fixture
def browser(portal: Portal) -> Generator[Browsers]:
    with browsing(portal, AT) as made:
        yield made


@pytest.fixture
def anna(browser: Browsers, people: People, practice: Practice) -> Browser:
    return browser().sign_in(people.signed_in("compta@cabinet.fr", practice.tenant, "comptable", now=AT))


def due(database: Database, of: Practice) -> int:
    with database.operator() as conn:
        return balance_due(conn, invoicing.get(conn, of.invoice))


def test_a_card_pays_on_stripes_page_and_the_page_believes_the_database_alone(
    anna: Browser, practice: Practice, database: Database, stripe: Stripe, fake: WithPages
) -> None:
    invoice, at = f"/factures/{practice.invoice}", f"/factures/{practice.invoice}/paiement"
    assert at in anna.get(invoice).text
    whole = due(database, practice)
    assert anna.post(f"{invoice}/payer", at).status_code == 422
    for _ in range(2):  # a second click asks for no second page
        assert anna.post(f"{invoice}/payer", at, moyen="card").headers["location"] == at
    assert "se prépare" in anna.get(at).text
    assert worked(database, stripe) == 1
    page = anna.get(at).text
    assert f'href="{PAGE}cs_1"' in page
    form = fake.forms[0]
    assert (form["success_url"], form["mode"]) == (f"https://decroche.test{at}", "payment")
    assert int(form["line_items[0][price_data][unit_amount]"]) == whole
    assert "se prépare" not in anna.get(f"{at}?statut=paye").text
    assert due(database, practice) == whole

    assert collect(database, stripe, practice.invoice, by=OPERATOR, today=today()).state == "requires_action"
    declined = fake.acts("decline")
    receive(database, stripe, *webhook(declined, "evt_1", "payment_intent.payment_failed"), SECRET, today=today())
    assert f'href="{PAGE}cs_1"' in anna.get(at).text  # another card may be tried there
    paid = fake.acts("succeed")
    for event in ("evt_2", "evt_3"):
        receive(database, stripe, *webhook(paid, event), SECRET, today=today())
    assert due(database, practice) == 0
    assert "Il ne reste rien à payer" in anna.get(at).text
    assert (fake.charged, len(fake.sessions)) == (whole, 1)
    assert anna.post(f"{invoice}/payer", at, moyen="card").headers["location"] == at
    assert worked(database, stripe) == 0


def test_a_debit_is_under_way_for_days_and_is_found_out_without_an_event(
    anna: Browser, practice: Practice, database: Database, stripe: Stripe, fake: WithPages
) -> None:
    at = f"/factures/{practice.invoice}/paiement"
    anna.post(f"/factures/{practice.invoice}/payer", at, moyen="sepa_debit")
    worked(database, stripe)
    made = fake.acts("processing")
    assert collect(database, stripe, practice.invoice, by=OPERATOR, today=today()).state == "processing"
    assert "paiement est en cours" in anna.get(at).text
    made["status"] = "succeeded"
    assert collect(database, stripe, practice.invoice, by=OPERATOR, today=today()).state == "succeeded"
    with database.operator() as conn:
        assert conn.execute("SELECT method FROM billing.payments").fetchall() == [{"method": "sepa_debit"}]


def test_a_page_that_expired_or_never_was_leaves_the_invoice_to_be_paid(
    anna: Browser, practice: Practice, database: Database, stripe: Stripe, fake: WithPages
) -> None:
    at = f"/factures/{practice.invoice}/paiement"
    anna.post(f"/factures/{practice.invoice}/payer", at, moyen="card")
    worked(database, None)
    assert "réglez par virement" in anna.get(at).text
    anna.post(f"/factures/{practice.invoice}/payer", at, moyen="card")
    worked(database, stripe)
    event = fake.sessions["cs_1"] | {"status": "expired"}
    fake.sessions["cs_1"] = event
    receive(database, stripe, *webhook(event, "evt_9", "checkout.session.expired"), SECRET, today=today())
    assert 'name="moyen"' in anna.get(at).text
    anna.post(f"/factures/{practice.invoice}/payer", at, moyen="card")
    worked(database, stripe)
    assert fake.forms[-1]["payment_intent_data[metadata][attempt]"] == "2"
    assert f'href="{PAGE}cs_2"' in anna.get(at).text


def test_a_mandate_is_left_at_stripe(
    anna: Browser, practice: Practice, database: Database, stripe: Stripe, fake: WithPages
) -> None:
    assert anna.post("/paiement", moyen="sepa_debit").status_code == 303
    worked(database, stripe)
    assert f'href="{PAGE}cs_1"' in anna.get("/paiement").text
    assert fake.forms[0]["mode"] == "setup"
    fake.set_up = {"id": "seti_1", "object": "setup_intent", "status": "succeeded", "customer": "cus_1",
                   "payment_method": "pm_9", "payment_method_types": ["sepa_debit"]}  # fmt: skip
    done = fake.sessions["cs_1"] | {"status": "complete", "setup_intent": "seti_1"}
    assert (
        receive(database, stripe, *webhook(done, "evt_5", "checkout.session.completed"), SECRET, today=today())
        == "method"
    )
    page = anna.get("/paiement").text
    assert "prélèvement SEPA" in page
    assert PAGE not in page


def test_lines_are_contested_in_time_held_out_of_dunning_and_the_suspension_judged_again(
    anna: Browser, browser: Browsers, people: People, practice: Practice, database: Database
) -> None:
    at = f"/factures/{practice.invoice}/contester"
    page = anna.get(at).text
    with database.operator() as conn:
        issued = invoicing.get(conn, practice.invoice).issued_on
        controls.block(conn, practice.tenant.id, "unpaid", "essai", by=OPERATOR)
    assert issued == date(2026, 12, 1)
    assert "jours ouvrés restants : 7" in page
    assert "vendredi 11 décembre 2026" in page
    assert anna.post(at, motif="Appels inconnus").status_code == 422
    assert anna.post(at, **{"ligne-1": "oui"}).status_code == 422
    done = anna.post(at, motif="Appels <b>inconnus</b>", **{"ligne-1": "oui"})
    assert done.headers["location"] == f"{at}?fait=oui"
    assert "Appels &lt;b&gt;inconnus" in anna.get(at).text
    assert anna.post(at, motif="Encore", **{"ligne-1": "oui"}).status_code == 422
    with database.operator() as conn:
        (kept,) = disputes.listed(conn, practice.tenant.id)
        assert (kept.number, list(kept.lines)) == (practice.invoice, [1])
    assert worked(database, None) == 1
    with database.operator() as conn:
        row = conn.execute("SELECT lifted_at FROM billing.blocks WHERE kind = 'unpaid'").fetchone()
    assert row is not None
    assert row["lifted_at"]
    reader = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "responsable", now=AT))
    assert reader.get(at).status_code == 403


def test_the_account_says_what_was_asked_and_what_came(anna: Browser, practice: Practice) -> None:
    page = anna.get("/releve?du=2026-01-01&au=2026-12-31").text
    assert practice.invoice in page
    assert anna.get("/releve?du=2026-13-01").status_code == 422
    assert anna.get("/releve?du=2026-12-31&au=2026-01-01").status_code == 422
    assert practice.invoice in anna.get("/releve.csv?du=2026-01-01&au=2026-12-31").text
