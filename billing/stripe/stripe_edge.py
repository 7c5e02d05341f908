# pyright: basic
"""The stripe library, fenced: the few requests we make and the plain facts we take from the answers.

Every request that moves money carries an idempotency key of ours; the library repeats a request that got no
answer or a 5xx with the same key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.base.errors import BadInput, Refused, Unavailable

TOLERANCE_SECONDS = 300
"""How old a webhook's signature may be: Stripe's own default."""


class StripeDown(Unavailable):
    """Stripe gave no answer: what was asked may or may not have happened."""

    code = "stripe_unavailable"


class BadWebhook(BadInput):
    """A webhook that Stripe did not sign."""

    code = "bad_webhook"


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment intent: cents, Stripe's status, why it failed, and our own names for it."""

    id: str
    status: str
    amount_cents: int
    method: str
    reason: str
    number: str
    attempt: int
    tenant_id: str
    client_secret: str
    refunded_cents: int = 0


@dataclass(frozen=True, slots=True)
class SetUp:
    """A finished set-up: whose, which payment method, of what kind."""

    customer: str
    method: str
    kind: str


class Stripe:
    """Stripe's API with one key. `base`: another address than Stripe's, for tests."""

    def __init__(self, key: str, *, base: str = "", retries: int = 2) -> None:
        import stripe

        self._stripe = stripe
        self.base = base
        addresses: Any = {"api": base} if base else None
        self._http = http = stripe.RequestsClient(timeout=20)
        client = stripe.StripeClient(key, base_addresses=addresses, max_network_retries=retries, http_client=http)
        self._api = client.v1

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def create_customer(self, tenant_id: str, name: str, email: str) -> str:
        """Stripe's id of a tenant; asked twice it is the same one."""
        params: Any = {"name": name, "metadata": {"tenant": tenant_id}}
        if email:
            params["email"] = email
        return self._call(self._api.customers.create, params, f"customer:{tenant_id}").id

    def set_up(self, customer: str, kind: str) -> tuple[str, str]:
        """(id, client secret) of a set-up of a card or a SEPA debit, to be finished in the client's browser."""
        params: Any = {"customer": customer, "payment_method_types": [kind], "usage": "off_session"}
        made = self._call(self._api.setup_intents.create, params, "")
        return made.id, made.client_secret

    def finished_set_up(self, set_up_id: str) -> SetUp | None:
        """What a set-up ended in, as it is now; None while it has not succeeded."""
        plain = self._read(self._api.setup_intents.retrieve, set_up_id, {}).to_dict()
        if plain.get("status") != "succeeded" or not plain.get("payment_method"):
            return None
        kind = (plain.get("payment_method_types") or ["card"])[0]
        return SetUp(str(plain.get("customer")), str(plain["payment_method"]), str(kind))

    def page(
        self,
        customer: str,
        kind: str,
        facts: Mapping[str, str],
        *,
        cents: int,
        currency: str,
        title: str,
        back: str,
        until: datetime,
        key: str,
    ) -> tuple[str, str]:
        """(id, address) of a page of Stripe's to pay so many cents on, or (0) to set up what is collected from; it
        leads `back`, and can be used `until` then. Asked twice with one key it is the same page."""
        params: Any = {
            "customer": customer,
            "mode": "payment" if cents else "setup",
            "payment_method_types": [kind],
            "success_url": back,
            "cancel_url": back,
            "expires_at": int(until.timestamp()),
        }
        if cents:
            price = {"currency": currency.lower(), "unit_amount": cents, "product_data": {"name": title}}
            params["line_items"] = [{"quantity": 1, "price_data": price}]
            params["payment_intent_data"] = {"metadata": dict(facts), "description": title}
        else:
            params["setup_intent_data"] = {"metadata": dict(facts)}
        made = self._call(self._api.checkout.sessions.create, params, key)
        return str(made.id), _https(str(made.url))

    def page_state(self, session: str) -> tuple[str, str]:
        """(open, complete or expired; its payment intent, "" for none) of a page, as it is now."""
        plain = self._read(self._api.checkout.sessions.retrieve, session, {}).to_dict()
        return str(plain.get("status")), str(plain.get("payment_intent") or "")

    def pay(self, customer: str, method: str, kind: str, cents: int, currency: str, facts: Mapping[str, str]) -> Intent:
        """Ask for money. A decline is an Intent too. Raises StripeDown when there is no answer."""
        params: Any = {
            "amount": cents,
            "currency": currency.lower(),
            "customer": customer,
            "payment_method": method,
            "payment_method_types": [kind],
            "confirm": True,
            "off_session": True,
            "metadata": dict(facts),
        }
        try:
            made = self._call(self._api.payment_intents.create, params, f"{facts['invoice']}:{facts['attempt']}")
        except self._stripe.CardError as error:
            answer: Any = error.json_body
            body = answer["error"]
            declined = body.get("payment_intent")
            if declined is None:
                return Intent("", "failed", cents, kind, body.get("code", ""), facts["invoice"], int(facts["attempt"]),
                              facts["tenant"], "")  # fmt: skip
            declined.setdefault("last_payment_error", {"code": body.get("decline_code") or body.get("code")})
            return intent_of(declined)
        return intent_of(made.to_dict())

    def find(self, customer: str, number: str, attempt: int) -> Intent | None:
        """The payment intent of an attempt, where Stripe made it although its answer never came."""
        params: Any = {"customer": customer, "limit": 100}
        for made in self._call(self._api.payment_intents.list, params, "").auto_paging_iter():
            intent = intent_of(made.to_dict())
            if (intent.number, intent.attempt) == (number, attempt):
                return intent
        return None

    def get(self, intent_id: str) -> Intent:
        """The payment intent as it is now, whatever an event said it was."""
        params: Any = {"expand": ["latest_charge"]}
        return intent_of(self._read(self._api.payment_intents.retrieve, intent_id, params).to_dict())

    def refund(self, intent_id: str, cents: int, key: str) -> tuple[str, str]:
        """(id, status) of a refund of so many cents; asked twice with one key it happens once."""
        params: Any = {"payment_intent": intent_id, "amount": cents}
        made = self._call(self._api.refunds.create, params, key)
        return made.id, made.status

    def event(self, payload: bytes, signature: str, secret: str) -> dict[str, Any]:
        """A webhook's event, once its signature on the raw body is right. Raises BadWebhook."""
        try:
            self._stripe.WebhookSignature.verify_header(payload.decode(), signature, secret, TOLERANCE_SECONDS)
            found = json.loads(payload)
        except (ValueError, RecursionError, self._stripe.SignatureVerificationError) as error:
            raise BadWebhook(f"webhook: {error}", hint="check the endpoint's signing secret") from error
        if not _is_event(found):
            raise BadWebhook("webhook: it is no event of Stripe's", hint="check what posts to this address")
        return found

    def _call(self, do: Any, params: Any, key: str) -> Any:
        options: Any = {"idempotency_key": key} if key else {}
        return self._guard(lambda: do(params, options))

    def _read(self, do: Any, name: str, params: Any) -> Any:
        return self._guard(lambda: do(name, params))

    def _guard(self, ask: Any) -> Any:
        stripe = self._stripe
        try:
            return ask()
        except stripe.CardError:
            raise
        except (stripe.APIConnectionError, stripe.RateLimitError) as error:
            raise StripeDown(f"no answer from Stripe: {error}", hint="it is asked again with the same key") from error
        except stripe.APIError as error:
            raise StripeDown(f"Stripe failed: {error}", hint="it is asked again with the same key") from error
        except stripe.StripeError as error:
            raise Refused(f"Stripe refused: {error}", hint="check the key, the customer and the method") from error


def _https(url: str) -> str:
    """An address that a browser is sent to. Raises Refused for any other kind."""
    if not url.startswith("https://"):
        raise Refused(f"Stripe's page is at {url[:40]!r}", hint="https alone")
    return url


def _is_event(found: Any) -> bool:
    """Whether it has what is read of an event, and nothing that no database takes."""
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in ("id", "type")):
        return False
    about = found["data"].get("object") if isinstance(found.get("data"), dict) else None
    return isinstance(about, dict) and isinstance(about.get("id"), str) and "\\u0000" not in json.dumps(found)


def intent_of(plain: Mapping[str, Any]) -> Intent:
    """The facts of a payment intent as Stripe's JSON has them."""
    facts = plain.get("metadata") or {}
    error = plain.get("last_payment_error") or {}
    charge = plain.get("latest_charge")
    refunded = charge.get("amount_refunded", 0) if isinstance(charge, Mapping) else 0
    status = str(plain.get("status"))
    return Intent(
        id=str(plain["id"]),
        status="failed" if status in ("requires_payment_method", "canceled") else status,
        amount_cents=int(plain.get("amount", 0)),
        method=(plain.get("payment_method_types") or ["card"])[0],
        reason=str(error.get("decline_code") or error.get("code") or ""),
        number=str(facts.get("invoice", "")),
        attempt=int(facts.get("attempt", 0)),
        tenant_id=str(facts.get("tenant", "")),
        client_secret=str(plain.get("client_secret") or ""),
        refunded_cents=refunded,
    )
