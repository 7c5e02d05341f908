"""Stripe: the real library against a scripted HTTP edge; nothing charged twice, nothing lost."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from billing.invoices.balances import balance_due
from billing.invoices.crediting import credit_amount
from billing.invoices.invoicing import Issued
from billing.invoices.payments import pay_invoice
from billing.stripe.collect import collect, receive
from billing.stripe.customers import ensure_customer, set_up, use_method
from billing.stripe.refunds import refund
from billing.stripe.stripe_edge import BadWebhook, Stripe, StripeDown
from store.base.errors import Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR, today
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]
SECRET = "whsec_test"


class FakeStripe:
    """Stripe's HTTP edge. It honours idempotency keys as Stripe does, and fails as it is told to.

    `script`: what to do with the next payments: succeed, decline, requires_action, processing, error (500
    before anything happened), lost (it happened, the connection is cut), lost_500 (it happened, 500 is
    answered and replayed for that key).
    """

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: list[str] = []
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.script: list[str] = []
        self.keys: list[str] = []
        self.away = False
        self.set_up: dict[str, Any] = {}

    @property
    def charged(self) -> int:
        return sum(i["amount"] for i in self.intents.values() if i["status"] == "succeeded")

    def answer(self, verb: str, path: str, form: dict[str, str], key: str) -> tuple[int, dict[str, Any]] | None:
        if self.away:
            return 503, {"error": {"type": "api_error", "message": "away"}}
        if key in self.answers:
            return self.answers[key]
        made = self._make(verb, path, form, key)
        if key and made is not None and made[0] != 503:
            self.answers[key] = made
        return made

    def _make(self, verb: str, path: str, form: dict[str, str], key: str) -> tuple[int, dict[str, Any]] | None:
        if path == "/v1/customers":
            return 200, {"id": "cus_1", "object": "customer"}
        if path == "/v1/setup_intents":
            assert form["customer"] == "cus_1"
            self.set_up = {
                "id": "seti_1", "object": "setup_intent", "client_secret": form["payment_method_types[0]"],
                "status": "requires_payment_method", "customer": "cus_1", "payment_method": None,
                "payment_method_types": [form["payment_method_types[0]"]],
            }  # fmt: skip
            return 200, self.set_up
        if path == "/v1/setup_intents/seti_1":
            return 200, self.set_up
        if path == "/v1/refunds":
            self.refunds.append(form["payment_intent"])
            return 200, {"id": f"re_{len(self.refunds)}", "object": "refund", "status": "succeeded"}
        if verb == "GET" and path == "/v1/payment_intents":
            return 200, {"object": "list", "data": list(self.intents.values()), "has_more": False, "url": path}
        if verb == "GET":
            return 200, self.intents[path.rsplit("/", 1)[1]]
        self.keys.append(key)
        return self._pay(form, key, self.script.pop(0) if self.script else "succeed")

    def _pay(self, form: dict[str, str], key: str, what: str) -> tuple[int, dict[str, Any]] | None:
        if what == "error":
            return 503, {"error": {"type": "api_error", "message": "try again"}}
        status = {
            "decline": "requires_payment_method",
            "requires_action": "requires_action",
            "processing": "processing",
        }
        intent: dict[str, Any] = {
            "id": f"pi_{len(self.intents) + 1}", "object": "payment_intent", "amount": int(form["amount"]),
            "status": status.get(what, "succeeded"), "client_secret": "cs",
            "payment_method_types": [form["payment_method_types[0]"]],
            "metadata": {name: form[f"metadata[{name}]"] for name in ("invoice", "attempt", "tenant")},
        }  # fmt: skip
        self.intents[intent["id"]] = intent
        if what == "lost":
            self.answers[key] = (200, intent)
            return None
        if what == "lost_500":
            return 500, {"error": {"type": "api_error", "message": "oops"}}
        if what == "decline":
            error = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}
            return 402, {"error": error | {"message": "declined", "payment_intent": intent}}
        return 200, intent


@pytest.fixture
def fake() -> FakeStripe:
    return FakeStripe()


@pytest.fixture
def stripe(fake: FakeStripe) -> Iterator[Stripe]:
    class Edge(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
            key = self.headers.get("Idempotency-Key") if self.command == "POST" else ""
            answer = fake.answer(self.command, urlparse(self.path).path, form, key or "")
            if answer is None:
                self.close_connection = True
                return
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = handle_any

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Edge)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    edge = Stripe("sk_test_x", base=f"http://127.0.0.1:{server.server_address[1]}", retries=1)
    yield edge
    edge.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def owed(database: Database, client: Tenant, stripe: Stripe) -> Issued:
    issued = run(database, client)
    assert issued is not None
    ensure_customer(database, stripe, client.slug)
    with database.operator() as conn:
        use_method(conn, client.id, "pm_1", "card", by=OPERATOR)
    return issued


def due(database: Database, issued: Issued) -> int:
    with database.operator() as conn:
        return balance_due(conn, issued)


def webhook(
    intent: dict[str, Any], event_id: str = "evt_1", kind: str = "payment_intent.succeeded"
) -> tuple[bytes, str]:
    """A signed event about an intent."""
    event = {"id": event_id, "object": "event", "type": kind, "data": {"object": intent}}
    payload = json.dumps(event).encode()
    at = int(time.time())
    sign = hmac.new(SECRET.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return payload, f"t={at},v1={sign}"


def test_a_card_pays_the_invoice_once_and_asking_again_is_refused(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    done = collect(database, stripe, owed.number, by=OPERATOR, today=today())
    assert (done.state, due(database, owed), fake.keys) == ("succeeded", 0, [f"{owed.number}:1"])
    with pytest.raises(Refused):
        collect(database, stripe, owed.number, by=OPERATOR, today=today())
    assert fake.charged == owed.gross_cents


def test_a_debit_is_set_up_for_the_tenants_one_customer(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued, client: Tenant
) -> None:
    assert set_up(database, stripe, client.slug, "sepa_debit") == ("seti_1", "sepa_debit")


def test_a_sepa_debit_pays_when_its_bank_says_so_days_later(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued, client: Tenant
) -> None:
    with database.operator() as conn:
        use_method(conn, client.id, "pm_2", "sepa_debit", by=OPERATOR)
    fake.script = ["processing"]
    assert collect(database, stripe, owed.number, by=OPERATOR, today=today()).state == "processing"
    assert (
        collect(database, stripe, owed.number, by=OPERATOR, today=today()).state == "processing"
    )  # asked again meanwhile: the same attempt
    fake.intents["pi_1"]["status"] = "succeeded"
    receive(database, stripe, *webhook(fake.intents["pi_1"]), SECRET, today=today())
    with database.operator() as conn:
        paid = conn.execute("SELECT method, amount_cents FROM billing.payments").fetchall()
    assert paid == [{"method": "sepa_debit", "amount_cents": owed.gross_cents}]
    assert fake.keys == [f"{owed.number}:1"]


def test_a_decline_is_named_and_the_next_try_is_a_new_attempt(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["decline"]
    declined = collect(database, stripe, owed.number, by=OPERATOR, today=today())
    assert (declined.state, declined.reason, due(database, owed)) == ("failed", "insufficient_funds", owed.gross_cents)
    assert collect(database, stripe, owed.number, by=OPERATOR, today=today()).state == "succeeded"
    assert fake.keys == [f"{owed.number}:1", f"{owed.number}:2"]


def test_a_500_then_a_success_is_one_payment(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["error"]
    assert collect(database, stripe, owed.number, by=OPERATOR, today=today()).state == "succeeded"
    assert fake.charged == owed.gross_cents


def test_a_payment_whose_answer_was_lost_is_not_made_again(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["lost"]
    assert collect(database, stripe, owed.number, by=OPERATOR, today=today()).state == "succeeded"
    assert (fake.charged, due(database, owed)) == (owed.gross_cents, 0)


def test_a_500_replayed_for_the_key_after_the_payment_happened_is_found_out(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["lost_500"]
    assert collect(database, stripe, owed.number, by=OPERATOR, today=today()).state == "succeeded"
    assert (fake.charged, due(database, owed)) == (owed.gross_cents, 0)


def test_while_stripe_is_away_the_attempt_stays_open_and_goes_on_with_its_key(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["error", "error"]
    with pytest.raises(StripeDown):
        collect(database, stripe, owed.number, by=OPERATOR, today=today())
    assert collect(database, stripe, owed.number, by=OPERATOR, today=today()).state == "succeeded"
    assert set(fake.keys) == {f"{owed.number}:1"}


def test_3d_secure_waits_for_the_client_and_the_webhook_pays(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["requires_action"]
    waiting = collect(database, stripe, owed.number, by=OPERATOR, today=today())
    assert (waiting.state, waiting.client_secret, due(database, owed)) == ("requires_action", "cs", owed.gross_cents)
    fake.intents["pi_1"]["status"] = "succeeded"
    payload, signature = webhook(fake.intents["pi_1"])
    assert receive(database, stripe, payload, signature, SECRET, today=today()) == "succeeded"
    assert due(database, owed) == 0


def test_events_come_twice_and_out_of_order_and_count_once(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["processing"]
    assert collect(database, stripe, owed.number, by=OPERATOR, today=today()).state == "processing"
    stale = dict(fake.intents["pi_1"])
    fake.intents["pi_1"]["status"] = "succeeded"
    late, early = webhook(fake.intents["pi_1"]), webhook(stale, "evt_0", "payment_intent.processing")
    heard = [receive(database, stripe, *event, SECRET, today=today()) for event in (late, late, early, early)]
    assert heard == ["succeeded", "known", "succeeded", "known"]
    with database.operator() as conn:
        assert conn.execute("SELECT count(*) AS n FROM billing.payments").fetchone() == {"n": 1}


def test_an_event_stripe_did_not_sign_changes_nothing(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["processing"]
    collect(database, stripe, owed.number, by=OPERATOR, today=today())
    payload, signature = webhook(fake.intents["pi_1"] | {"status": "succeeded"})
    with pytest.raises(BadWebhook):
        receive(database, stripe, payload + b" ", signature, SECRET, today=today())
    assert due(database, owed) == owed.gross_cents


def test_money_collected_for_an_invoice_that_was_paid_meanwhile_is_the_clients_balance(
    database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.script = ["processing"]
    collect(database, stripe, owed.number, by=OPERATOR, today=today())
    with database.operator() as conn:
        before = conn.execute("SELECT balance_micros AS b FROM billing.accounts").fetchone()
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 1", date(2026, 11, 3), "test")
    fake.intents["pi_1"]["status"] = "succeeded"
    receive(database, stripe, *webhook(fake.intents["pi_1"]), SECRET, today=today())
    with database.operator() as conn:
        after = conn.execute("SELECT balance_micros AS b FROM billing.accounts").fetchone()
    assert before is not None
    assert after is not None
    assert (after["b"] - before["b"], due(database, owed)) == (owed.gross_cents * 10_000, 0)


def test_a_refund_asked_twice_happens_once(database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued) -> None:
    collect(database, stripe, owed.number, by=OPERATOR, today=today())
    with database.operator() as conn:
        credit_amount(conn, owed.number, 400, "geste", date(2026, 11, 3), "test")
    for _ in range(2):
        assert refund(database, stripe, owed.number, 480, "geste", by=OPERATOR, today=today()) == "re_1"
    assert (fake.refunds, due(database, owed)) == (["pi_1"], 0)
