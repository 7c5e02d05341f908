"""Prepaid: reserved before ringing, extended before it runs out, settled once, never overdrawn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from billing.charges import tariffs
from billing.charges.accounts import account, move, set_mode
from billing.charges.ledger import record_call
from billing.charges.prepaid import BalanceTooLow, NoPrice, Reservation, extend, reserve
from store import tenants
from store.base.ids import new_id
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START, a_cdr

MINUTE = """\
decimals = 4
[[rate]]
prefix = "+33"
price_per_minute = "1"
initial_seconds = 60
increment_seconds = 60
"""


def prepaid(database: Database, slug: str, euros: int, tariff: str = MINUTE) -> Tenant:
    with database.operator() as conn:
        tenant = tenants.add(conn, slug, slug, by=OPERATOR)
        version = tariffs.add_version(conn, slug, tariff, "test")
        tariffs.assign(conn, tenant.id, slug, version.version, datetime(2026, 1, 1, tzinfo=UTC), "test")
        set_mode(conn, tenant.id, "prepaid")
        move(conn, tenant.id, "top_up", euros * 1_000_000, "virement 1", "test")
        return tenant


def ask(database: Database, tenant: Tenant, call_id: UUID, direction: str = "outbound") -> Reservation | None:
    """The reservation, or None when it is refused."""
    try:
        with database.tenant(tenant.id) as conn:
            return reserve(conn, tenant.id, call_id, direction, "+33612345678", START)
    except BalanceTooLow:
        return None


def test_of_fifty_calls_at_once_on_a_balance_for_ten_exactly_ten_may_ring(database: Database) -> None:
    tenant = prepaid(database, "dix", 10)
    ids = [new_id() for _ in range(50)]
    with ThreadPoolExecutor(8) as pool:
        granted = [
            call_id
            for call_id, held in zip(ids, pool.map(lambda i: ask(database, tenant, i), ids), strict=True)
            if held
        ]
    assert len(granted) == 10
    for call_id in granted:
        with database.tenant(tenant.id) as conn:
            record_call(conn, a_cdr(tenant.id, 60, id=call_id))
    with database.tenant(tenant.id) as conn:
        assert (account(conn, tenant.id).balance_micros, account(conn, tenant.id).reserved_micros) == (0, 0)


def test_an_inbound_call_is_reserved_too(database: Database) -> None:
    tenant = prepaid(database, "entrant", 1)
    assert ask(database, tenant, new_id(), "inbound") is not None
    assert ask(database, tenant, new_id(), "inbound") is None


def test_settling_gives_back_what_the_call_did_not_use_and_only_once(database: Database) -> None:
    tenant = prepaid(database, "reste", 5, MINUTE.replace("60", "1"))
    call_id = new_id()
    assert ask(database, tenant, call_id) == Reservation(call_id, 60, 1_000_000, 0)
    cdr = a_cdr(tenant.id, 6, id=call_id)
    for _ in range(2):
        with database.tenant(tenant.id) as conn:
            record_call(conn, cdr)
    with database.tenant(tenant.id) as conn:
        found = account(conn, tenant.id)
    assert (found.balance_micros, found.reserved_micros) == (4_900_000, 0)


def test_a_call_that_was_never_answered_gives_everything_back(database: Database) -> None:
    tenant = prepaid(database, "sonne", 1)
    call_id = new_id()
    ask(database, tenant, call_id)
    with database.tenant(tenant.id) as conn:
        record_call(conn, a_cdr(tenant.id, None, id=call_id))
        assert account(conn, tenant.id).available_micros == 1_000_000


def test_a_call_is_extended_until_the_balance_ends_and_the_caller_is_warned_once(database: Database) -> None:
    tenant = prepaid(database, "bavard", 2, MINUTE.replace("60", "1"))
    call_id = new_id()
    ask(database, tenant, call_id)
    said = []
    for _ in range(3):
        with database.tenant(tenant.id) as conn:
            more = extend(conn, tenant.id, call_id, START, step=45)
        said.append((more.seconds, more.warn, more.last))
    assert said == [(105, False, False), (120, True, True), (120, False, True)]


def test_what_is_held_covers_the_dearest_hours_the_call_may_fall_in(database: Database) -> None:
    night = MINUTE.replace("60", "1") + '[[rate.window]]\nfrom = "20:00"\nto = "24:00"\nprice_per_minute = "3"\n'
    tenant = prepaid(database, "nuit", 10, night)
    held = ask(database, tenant, new_id())
    assert held is not None
    assert held.amount_micros == 3_000_000


def test_a_bundle_pays_for_a_call_when_the_balance_is_empty_and_is_not_promised_twice(database: Database) -> None:
    tenant = prepaid(database, "forfait", 0, MINUTE + "[bundle]\nseconds = 90\n")
    first, second = new_id(), new_id()
    assert ask(database, tenant, first) == Reservation(first, 60, 0, 60)
    assert ask(database, tenant, second) is None


def test_a_call_that_ends_first_does_not_take_the_included_seconds_another_counts_on(database: Database) -> None:
    tenant = prepaid(database, "deux", 1, MINUTE + "[bundle]\nseconds = 60\n")
    first, second = new_id(), new_id()
    assert ask(database, tenant, first) == Reservation(first, 60, 0, 60)
    assert ask(database, tenant, second) == Reservation(second, 60, 1_000_000, 0)
    with database.tenant(tenant.id) as conn:
        assert record_call(conn, a_cdr(tenant.id, 60, id=second)).bundle_seconds == 0
    with database.tenant(tenant.id) as conn:
        assert record_call(conn, a_cdr(tenant.id, 60, id=first)).bundle_seconds == 60
        assert account(conn, tenant.id).balance_micros == 0


def test_a_prepaid_call_without_a_rate_does_not_ring(database: Database) -> None:
    tenant = prepaid(database, "loin", 10)
    with pytest.raises(NoPrice), database.tenant(tenant.id) as conn:
        reserve(conn, tenant.id, new_id(), "outbound", "+15550100", START)


def test_a_postpaid_call_holds_nothing_and_has_no_limit(database: Database, dentist: Tenant) -> None:
    call_id = new_id()
    with database.tenant(dentist.id) as conn:
        assert reserve(conn, dentist.id, call_id, "outbound", "+33612345678", START) == Reservation(call_id, None)
        assert extend(conn, dentist.id, call_id, START).seconds is None


def test_a_call_costs_the_same_prepaid_and_postpaid(database: Database) -> None:
    amounts = {}
    terms = 'decimals = 4\n[bundle]\nseconds = 70\n[[rate]]\nprefix = "+33"\nprice_per_minute = "0.1234"\n'
    terms += 'connection_fee = "0.05"\ninitial_seconds = 30\nincrement_seconds = 6\n'
    for mode in ("prepaid", "postpaid"):
        tenant = prepaid(database, mode, 50, terms)
        with database.operator() as conn:
            set_mode(conn, tenant.id, mode)
        amounts[mode] = []
        for number, seconds in enumerate((1, 29, 31, 95, 600)):
            call_id, at = new_id(), START + timedelta(hours=number)
            ask(database, tenant, call_id)
            while mode == "prepaid" and seconds > (asked(database, tenant, call_id) or 0):
                with database.tenant(tenant.id) as conn:
                    extend(conn, tenant.id, call_id, START)
            with database.tenant(tenant.id) as conn:
                amounts[mode].append(record_call(conn, a_cdr(tenant.id, seconds, at=at, id=call_id)).amount_micros)
    assert amounts["prepaid"] == amounts["postpaid"]


def asked(database: Database, tenant: Tenant, call_id: UUID) -> int | None:
    """The answered seconds a call may last."""
    held = ask(database, tenant, call_id)
    return held.seconds if held else None


def test_a_top_up_with_the_same_reference_counts_once(database: Database) -> None:
    tenant = prepaid(database, "double", 3)
    with database.operator() as conn:
        assert not move(conn, tenant.id, "top_up", 3_000_000, "virement 1", "test")
        assert account(conn, tenant.id).balance_micros == 3_000_000
