"""Rating again writes a reversal and a new line, and shares the bundle in the order calls were answered."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

import billing.charges.rerate
from billing.charges import tariffs
from billing.charges.ledger import charge_of, record_call, replace_charge
from billing.charges.rerate import rerate
from billing.charges.tariffs import InForce
from store.calls import Cdr, insert_cdr
from store.db import Database
from store.tenants import Tenant
from tests.integration.billing.conftest import START, TARIFF, a_cdr
from tests.integration.billing.test_ledger import sums


@pytest.fixture
def late_and_early(database: Database, dentist: Tenant) -> tuple[Cdr, Cdr]:
    """Two calls of 80 s recorded in the wrong order: the later one took the bundle first."""
    early, late = a_cdr(dentist.id, 80), a_cdr(dentist.id, 80, at=START + timedelta(seconds=30))
    with database.tenant(dentist.id) as conn:
        record_call(conn, late)
        record_call(conn, early)
    return late, early


def test_the_bundle_is_shared_again_by_the_time_of_answer(
    database: Database, dentist: Tenant, late_and_early: tuple[Cdr, Cdr]
) -> None:
    late, early = late_and_early
    before = sums(database, dentist.id)
    with database.operator(dentist.id) as conn:
        done = rerate(conn, dentist.id, START)
        charges = [charge_of(conn, cdr.id) for cdr in (early, late)]
    assert [c.bundle_seconds for c in charges if c] == [80, 20]
    assert (len(done.changed), done.same) == (2, 0)
    assert sums(database, dentist.id) == before  # the same sums, on the right calls


def test_a_second_time_changes_nothing(database: Database, dentist: Tenant, late_and_early: tuple[Cdr, Cdr]) -> None:
    for expected in (2, 0):
        with database.operator(dentist.id) as conn:
            assert len(rerate(conn, dentist.id, START).changed) == expected


def test_every_change_is_a_reversal_and_a_new_line(
    database: Database, dentist: Tenant, late_and_early: tuple[Cdr, Cdr]
) -> None:
    _, early = late_and_early
    with database.operator(dentist.id) as conn:
        rerate(conn, dentist.id, START, why="ordre")
        lines = conn.execute(
            "SELECT generation, kind, bundle_seconds, why FROM billing.charges WHERE call_id = %s ORDER BY 1, 2",
            (early.id,),
        ).fetchall()
    assert [tuple(line.values()) for line in lines] == [
        (1, "charge", 20, "call"),
        (1, "reversal", -20, "ordre"),
        (2, "charge", 80, "ordre"),
    ]


def test_another_tariff_prices_the_calls_since_a_day_and_the_balance_follows(
    database: Database, dentist: Tenant, late_and_early: tuple[Cdr, Cdr]
) -> None:
    late, early = late_and_early
    with database.operator(dentist.id) as conn:
        dear = tariffs.add_version(
            conn, "cher", TARIFF.replace("0.60", "6.00").replace("seconds = 100", "seconds = 80"), "t"
        )
        rerate(conn, dentist.id, START, by=InForce("cher", dear.version, tariffs.parsed(dear.toml)))
        charges = [charge_of(conn, cdr.id) for cdr in (early, late)]
    assert [c.amount_micros for c in charges if c] == [0, 8_050_000]
    assert sums(database, dentist.id)["balance"] == -8_050_000


def test_calls_before_the_day_keep_their_price_and_their_share_of_the_bundle(
    database: Database, dentist: Tenant, late_and_early: tuple[Cdr, Cdr]
) -> None:
    late, early = late_and_early
    with database.operator(dentist.id) as conn:
        rerate(conn, dentist.id, START + timedelta(seconds=1))
        charges = [charge_of(conn, cdr.id) for cdr in (early, late)]
    assert [(c.generation, c.bundle_seconds) for c in charges if c] == [(1, 20), (1, 80)]


def test_a_stored_call_that_was_never_charged_is_charged(database: Database, dentist: Tenant) -> None:
    cdr = a_cdr(dentist.id)
    with database.tenant(dentist.id) as conn:
        insert_cdr(conn, cdr)
    with database.operator(dentist.id) as conn:
        assert [line.call_id for line in rerate(conn, dentist.id, START).added] == [cdr.id]


def test_an_unrated_call_is_rated_once_there_is_a_rate(database: Database, dentist: Tenant) -> None:
    with database.tenant(dentist.id) as conn:
        cdr = a_cdr(dentist.id, callee="+15550100")
        record_call(conn, cdr)
    with database.operator(dentist.id) as conn:
        wide = tariffs.add_version(conn, "large", TARIFF + '[[rate]]\nprefix = "+1"\nprice_per_minute = "1"\n', "t")
        tariffs.assign(conn, dentist.id, "large", wide.version, START, "t")
        rerate(conn, dentist.id, START)
        charge = charge_of(conn, cdr.id)
    assert charge is not None
    assert (charge.status, charge.amount_micros) == ("rated", 1_000_000)
    assert sums(database, dentist.id)["unrated"] == 0


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("page", [2, 7, 1000])
@pytest.mark.parametrize("gap", [20, 3000])
def test_of_calls_recorded_in_any_order_the_earliest_share_the_bundle(
    database: Database, dentist: Tenant, page: int, gap: int, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billing.charges.rerate, "_PAGE", page)
    cdrs = [a_cdr(dentist.id, 7, at=START + timedelta(seconds=gap * n)) for n in range(30)]
    cdrs[3] = a_cdr(dentist.id, 7, at=cdrs[3].answered_at or START, callee="+447700900123")  # no bundle, no rate
    with database.tenant(dentist.id) as conn:
        for cdr in random.Random(page).sample(cdrs, len(cdrs)):
            record_call(conn, cdr)
    before = sums(database, dentist.id)
    with database.operator(dentist.id) as conn:
        done = rerate(conn, dentist.id, START, why="order", quick=quick)
        charges = [charge_of(conn, cdr.id) for cdr in cdrs]
    assert [c.bundle_seconds for c in charges if c] == [7, 7, 7, 0, *[7] * 11, 2, *[0] * 14]
    assert sums(database, dentist.id) == before
    assert done.same == len(cdrs) - len(done.changed)
    with database.operator(dentist.id) as conn:
        assert not rerate(conn, dentist.id, START, why="order", quick=quick).changed


def test_a_wrong_price_in_the_books_is_put_right(database: Database, dentist: Tenant) -> None:
    cdr = a_cdr(dentist.id, 160)
    with database.tenant(dentist.id) as conn:
        record_call(conn, cdr)
    with database.operator(dentist.id) as conn:
        charge = charge_of(conn, cdr.id)
        assert charge is not None
        replace_charge(conn, charge, replace(charge, amount_micros=1, why="a hand in the books"))
        rerate(conn, dentist.id, START)
        again = charge_of(conn, cdr.id)
    assert again is not None
    assert again.amount_micros == charge.amount_micros
