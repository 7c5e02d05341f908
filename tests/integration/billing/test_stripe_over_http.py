"""Stripe's web hook over real HTTP on loopback: signed bodies, twice, out of order, forged, foreign, and sent again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from billing.invoices.invoicing import Issued
from billing.office.back_office import back_office
from billing.stripe.collect import collect
from billing.stripe.customers import set_up
from billing.stripe.stripe_edge import Stripe
from billing.stripe.stripe_hook import MOST_BYTES
from store.base.settings import Settings, settings
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR, today
from tests.integration.billing.test_billing_commands import Terminal
from tests.integration.billing.test_invoices import client
from tests.integration.billing.test_stripe import SECRET, FakeStripe, due, fake, owed, stripe, webhook

__all__ = ["client", "fake", "owed", "stripe"]


@pytest.fixture
def type_(database: Database, settings_home: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    return Terminal(tmp_path)


class Caller:
    """Posts to the hook as Stripe does; the status, and the word it answers with."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session, self._address = session, address

    async def __call__(self, body: bytes, signature: str) -> tuple[int, str]:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        async with self._session.post(self._address, data=body, headers=headers) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def post(
    database: Database, stripe: Stripe, settings_home: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Caller]:
    """The back office as `decroche serve` opens it, on a free port."""
    monkeypatch.setenv("DECROCHE_STRIPE_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("DECROCHE_BILLING__WEBHOOK_PORT", "0")
    of = Settings()
    async with back_office(database, of, stripe=stripe) as address, aiohttp.ClientSession() as session:
        assert address.startswith("http://127.0.0.1:")
        yield Caller(session, address)


async def processing(database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued) -> dict[str, Any]:
    """An attempt that Stripe took and has not ended."""
    fake.script = ["processing"]
    assert (
        await asyncio.to_thread(collect, database, stripe, owed.number, by=OPERATOR, today=today())
    ).state == "processing"
    return fake.intents["pi_1"]


async def test_a_signed_event_pays_the_invoice(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    intent = await processing(database, stripe, fake, owed)
    intent["status"] = "succeeded"
    assert await post(*webhook(intent)) == (200, "succeeded")
    assert due(database, owed) == 0


async def test_an_event_sent_many_times_at_once_counts_once(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    intent = await processing(database, stripe, fake, owed)
    intent["status"] = "succeeded"
    event = webhook(intent)
    heard = await asyncio.gather(*(post(*event) for _ in range(8)))
    assert sorted(heard) == [(200, "known")] * 7 + [(200, "succeeded")]
    with database.operator() as conn:
        assert conn.execute("SELECT count(*) AS n FROM billing.payments").fetchone() == {"n": 1}


async def test_an_older_event_that_comes_later_does_not_take_the_payment_back(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    intent = await processing(database, stripe, fake, owed)
    older = webhook(dict(intent), "evt_0", "payment_intent.processing")
    intent["status"] = "succeeded"
    await post(*webhook(intent))
    assert (await post(*older))[0] == 200
    assert due(database, owed) == 0


async def test_a_body_stripe_did_not_sign_is_refused_and_changes_nothing(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    intent = await processing(database, stripe, fake, owed)
    intent["status"] = "succeeded"
    body, signature = webhook(intent)
    assert [(await post(body + b" ", signature))[0], (await post(body, ""))[0], (await post(b"{}", "t=1,v1=0"))[0]] == [
        400, 400, 400
    ]  # fmt: skip
    assert due(database, owed) == owed.gross_cents


async def test_a_body_longer_than_any_event_is_refused_unread(post: Caller) -> None:
    assert (await post(b"x" * (MOST_BYTES + 1), "t=1,v1=0"))[0] == 413


@pytest.mark.parametrize(
    ("field", "value"),
    [("tenant", "0199f2c4-7b1e-7c3a-9d55-3f1f6a2b8c10"), ("invoice", "2026-000099"), ("attempt", "7")],
)
async def test_an_event_with_another_tenant_invoice_or_attempt_on_it_is_kept_and_pays_nothing(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued, field: str, value: str
) -> None:
    intent = await processing(database, stripe, fake, owed)
    intent["status"] = "succeeded"
    intent["metadata"][field] = value
    assert await post(*webhook(intent)) == (200, "foreign")
    assert due(database, owed) == owed.gross_cents
    with database.operator() as conn:
        row = conn.execute("SELECT effect, note FROM billing.stripe_events").fetchone()
    assert row is not None
    assert (row["effect"], bool(row["note"])) == ("none", True)


async def test_an_event_of_another_amount_than_was_asked_pays_nothing(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    intent = await processing(database, stripe, fake, owed)
    intent |= {"status": "succeeded", "amount": 1}
    assert await post(*webhook(intent)) == (200, "foreign")
    assert due(database, owed) == owed.gross_cents


async def test_what_could_not_be_settled_is_answered_500_and_settled_when_stripe_sends_it_again(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    intent = await processing(database, stripe, fake, owed)
    intent["status"] = "succeeded"
    fake.away = True
    event = webhook(intent)
    assert (await post(*event))[0] == 500
    assert due(database, owed) == owed.gross_cents
    fake.away = False
    assert await post(*event) == (200, "succeeded")
    assert due(database, owed) == 0


async def test_a_refund_made_on_stripes_own_pages_is_recorded_once_and_the_operator_told(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    await asyncio.to_thread(collect, database, stripe, owed.number, by=OPERATOR, today=today())
    intent = fake.intents["pi_1"]
    intent["latest_charge"] = {"amount_refunded": 500}
    charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}
    assert await post(*webhook(charge, "evt_1", "charge.refunded")) == (200, "refunded")
    await post(*webhook(charge, "evt_2", "charge.refund.updated"))
    assert due(database, owed) == 500
    with database.operator() as conn:
        told = conn.execute("SELECT audience FROM billing.notices WHERE kind = 'refunded'").fetchall()
    assert told == [{"audience": "operator"}]


async def test_a_debit_the_bank_takes_back_is_due_again_until_it_is_given_back(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    await asyncio.to_thread(collect, database, stripe, owed.number, by=OPERATOR, today=today())
    dispute = {"id": "dp_1", "object": "dispute", "payment_intent": "pi_1", "amount": owed.gross_cents}
    assert await post(*webhook(dispute, "evt_1", "charge.dispute.funds_withdrawn")) == (200, "charged_back")
    assert due(database, owed) == owed.gross_cents
    assert await post(*webhook(dispute, "evt_2", "charge.dispute.funds_reinstated")) == (200, "charged_back")
    assert due(database, owed) == 0


async def test_a_debit_the_client_set_up_in_its_browser_is_collected_from_once_stripe_says_so(
    post: Caller, database: Database, stripe: Stripe, fake: FakeStripe, owed: Issued, client: Tenant
) -> None:
    await asyncio.to_thread(set_up, database, stripe, client.slug, "sepa_debit")
    assert await post(*webhook(fake.set_up, "evt_1", "setup_intent.created")) == (200, "none")
    fake.set_up |= {"status": "succeeded", "payment_method": "pm_sepa"}
    assert await post(*webhook(fake.set_up, "evt_2", "setup_intent.succeeded")) == (200, "method")
    with database.operator() as conn:
        row = conn.execute("SELECT payment_method, method_kind FROM billing.stripe_customers").fetchone()
    assert row == {"payment_method": "pm_sepa", "method_kind": "sepa_debit"}


async def test_an_event_about_something_else_is_kept_and_answered(post: Caller, database: Database) -> None:
    assert await post(*webhook({"id": "cus_1", "object": "customer"}, "evt_9", "customer.created")) == (200, "none")
    with database.operator() as conn:
        row = conn.execute("SELECT payload FROM billing.stripe_events").fetchone()
    assert row is not None
    assert json.dumps(row["payload"]).count("cus_1") == 1


async def test_nothing_listens_without_a_secret(
    database: Database, settings_home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DECROCHE_STRIPE_WEBHOOK_SECRET", raising=False)
    async with back_office(database, Settings()) as address:
        assert address == ""


async def test_a_port_that_is_taken_does_not_keep_the_service_from_running(
    post: Caller, database: Database, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = post._address.split(":")[2].partition("/")[0]  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setenv("DECROCHE_BILLING__WEBHOOK_PORT", port)
    async with back_office(database, Settings(), stripe=stripe) as address:
        assert address == ""


def test_from_the_terminal_a_card_is_set_up_collected_from_and_given_back(
    database: Database,
    stripe: Stripe,
    fake: FakeStripe,
    client: Tenant,
    type_: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DECROCHE_STRIPE_KEY", "sk_test_x")
    monkeypatch.setenv("DECROCHE_BILLING__STRIPE_URL", stripe.base)
    settings.cache_clear()
    made = type_("payment-method", "dentiste", "--kind", "card")[0]
    assert (made["set_up"], made["client_secret"]) == ("seti_1", "card")
    type_("payment-method", "dentiste", "--use", "pm_1")
    run = ("invoice", "run", "--period", "2026-10", "--date", "2026-11-02", "--collect")
    (issued,) = type_(*run)
    assert (issued["collected"], fake.charged) == ("succeeded", 6574)
    assert "collected" not in type_(*run)[0]  # nothing is due any more
    type_("invoice", "credit", "2026-000001", "--amount", "10", "--reason", "geste")
    assert type_("refund", "2026-000001", "--reference", "geste")[0]["refunded"] == "12.00"
    assert type_("refund", "2026-000001", "--reference", "geste")[0]["refund"] == "re_1"
    assert fake.refunds == ["pi_1"]
    topped = type_("credit", "dentiste", "20", "--card")[0]
    assert (topped["counted"], fake.charged) == (True, 6574 + 2400)
