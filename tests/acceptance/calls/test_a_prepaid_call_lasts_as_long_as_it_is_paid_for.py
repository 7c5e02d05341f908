"""A prepaid client's balance: held before anybody answers, warned of once, never overdrawn."""

from __future__ import annotations

from collections.abc import Callable, Generator
from decimal import Decimal
from typing import Any

import pytest

from agents.wording import FRENCH
from ari_app.demo import seed
from billing.charges import accounts
from billing.charges.ledger import MICRO
from store.base.errors import DecrocheError
from store.tenants import tenant_id
from tests.acceptance.calls.house import House, now

pytestmark = pytest.mark.timeout(240)

INBOUND_A_MINUTE = Decimal("0.09")
"""The demonstration's tariff."""

Balance = Callable[[int], None]


@pytest.fixture
def balance(house: House) -> Generator[Balance]:
    """Make the demonstration prepaid with a balance worth so many inbound seconds; postpaid again afterwards."""

    def holds(seconds: int) -> None:
        wanted = int(INBOUND_A_MINUTE * seconds / 60 * MICRO)
        with house.database() as db, db.operator() as conn:
            tenant = tenant_id(conn, seed.TENANT)
            before = accounts.set_mode(conn, tenant, "prepaid").balance_micros
            reference = f"test {now()}"
            accounts.move(conn, tenant, "adjustment", wanted - before, reference, "test")

    yield holds
    with house.database() as db, db.operator() as conn:
        accounts.set_mode(conn, tenant_id(conn, seed.TENANT), "postpaid")


def left(house: House) -> accounts.Account:
    with house.database() as db, db.operator() as conn:
        return accounts.account(conn, tenant_id(conn, seed.TENANT))


def said(facts: dict[str, Any]) -> str:
    return " ".join(turn["text"] for turn in facts["turns"] if turn["who"] == "agent")


def test_a_caller_is_warned_then_taken_leave_of_when_the_balance_is_used_up(house: House, balance: Balance) -> None:
    balance(40)  # the opening is over when more is asked for, 15 s before the end
    since = now()
    house.call("caller4", house.listening())
    facts = house.cdr(house.number("caller4"), since)
    assert (facts["outcome"], facts["hangup_side"]) == ("credit", "system")
    assert said(facts).count(FRENCH.credit_low) == 1
    assert said(facts).endswith(FRENCH.credit_out)
    assert facts["charge"]["billed_seconds"] in range(30, 41)


def test_what_was_held_is_settled_once(house: House, balance: Balance) -> None:
    balance(60)
    since = now()
    house.call("caller4", house.listening(), max_seconds=5)
    amount = Decimal(str(house.cdr(house.number("caller4"), since)["charge"]["amount"]))
    account = left(house)
    assert account.reserved_micros == 0
    assert account.balance_micros == int((INBOUND_A_MINUTE - amount) * MICRO)


def test_a_call_nothing_pays_for_is_not_answered_by_the_agent(house: House, balance: Balance) -> None:
    balance(0)
    since = now()
    report = house.call("caller4", house.listening(), max_seconds=20)
    facts = house.cdr(house.number("caller4"), since)
    assert (facts["outcome"], facts["turns"]) == ("balance_too_low", [])
    assert (report.answered, report.announced, facts["answered_at"]) == (False, True, None)
    assert left(house).balance_micros == 0


def test_an_order_to_call_nothing_pays_for_is_refused_and_rings_nobody(house: House, balance: Balance) -> None:
    balance(0)
    with pytest.raises(DecrocheError) as refused:
        house.place(house.number("caller9"), variables={})
    assert refused.value.code == "balance_too_low"
