"""Reconciliation finds each planted difference, names it, and finds none in 10,000 clean calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from billing import tariffs
from billing.ledger import charge_of, record_call, replace_charge
from billing.reconcile import Witness, read_witnesses, reconcile_period
from store.calls import Cdr, insert_cdr, witness
from store.db import Database
from store.errors import BadInput
from store.ids import new_id
from store.tenants import Tenant
from tests.integration.billing.conftest import START, TARIFF, a_cdr
from tests.integration.billing.test_invoices import OCTOBER, client, run

__all__ = ["client"]


def heard_by_asterisk(database: Database, cdr: Cdr, seconds: int | None = None) -> None:
    answered = cdr.answered_at is not None
    exact = (cdr.ended_at - cdr.answered_at).total_seconds() if cdr.answered_at else 0
    with database.tenant(cdr.tenant_id) as conn:
        seen = {"billable_seconds": str(int(exact) if seconds is None else seconds),
                "disposition": "ANSWERED" if answered else "NO ANSWER"}  # fmt: skip
        witness(conn, cdr.id, seen)


def recorded(database: Database, cdr: Cdr) -> Cdr:
    with database.tenant(cdr.tenant_id) as conn:
        record_call(conn, cdr)
    return cdr


def found(database: Database) -> dict[str, str]:
    with database.operator() as conn:
        return {d.subject: f"{d.kind}: {d.what}" for d in reconcile_period(conn, OCTOBER)[1]}


@pytest.fixture
def clean(database: Database, client: Tenant) -> Tenant:
    """A client whose three calls Asterisk saw too, invoiced."""
    with database.tenant(client.id) as conn:
        ids = [row["id"] for row in conn.execute("SELECT id FROM store.calls").fetchall()]
        for call_id in ids:
            charge = charge_of(conn, call_id)
            assert charge is not None
            witness(conn, call_id, {"billable_seconds": str(charge.answered_seconds), "disposition": "ANSWERED"})
    run(database, client)
    return client


def test_a_clean_month_has_no_difference(database: Database, clean: Tenant) -> None:
    assert found(database) == {}


def test_each_planted_difference_is_found_and_named(database: Database, clean: Tenant) -> None:
    unseen = recorded(database, a_cdr(clean.id, None))
    longer = recorded(database, a_cdr(clean.id, None, at=START))
    heard_by_asterisk(database, longer)
    unrated = recorded(database, a_cdr(clean.id, callee="+15550100"))
    heard_by_asterisk(database, unrated)
    late = recorded(database, a_cdr(clean.id, 60, at=START + timedelta(days=3)))
    heard_by_asterisk(database, late)
    off = recorded(database, a_cdr(clean.id, 60, at=START + timedelta(days=4)))
    heard_by_asterisk(database, off, 57)
    uncharged = a_cdr(clean.id, None)
    with database.tenant(clean.id) as conn:
        insert_cdr(conn, uncharged)
    heard_by_asterisk(database, uncharged)
    with database.operator(clean.id) as conn:
        wrong = recorded(database, a_cdr(clean.id, 30, at=START + timedelta(days=5)))
        charge = charge_of(conn, wrong.id)
        assert charge is not None
        replace_charge(conn, charge, replace(charge, amount_micros=1, why="a hand in the books"))
    heard_by_asterisk(database, wrong)
    with database.operator() as conn:
        differences = reconcile_period(conn, OCTOBER)[1]
    assert sorted((d.kind, d.subject, d.what) for d in differences) == sorted(
        [
            ("extra", str(unseen.id), "we have a CDR of this call, Asterisk has none"),
            ("unrated", str(unrated.id), "no rate for outbound to +15550100"),
            ("not_invoiced", str(late.id), "a charge of 0.6500 is on no invoice"),
            ("duration_off", str(off.id), "ours is 3 s longer than Asterisk's"),
            ("not_invoiced", str(off.id), "a charge of 0.6500 is on no invoice"),
            ("uncharged", str(uncharged.id), "its CDR is stored without a charge"),
            ("charge_off", str(wrong.id), "charged 0.000001, its tariff says 0.3500"),
            ("not_invoiced", str(wrong.id), "a charge of 0.000001 is on no invoice"),
        ]
    )


def test_a_call_only_asterisk_knows_is_missing(database: Database, clean: Tenant, tmp_path: Path) -> None:
    with database.operator() as conn:
        rows = conn.execute("SELECT id, asterisk_cdr FROM store.calls").fetchall()
    path = tmp_path / "asterisk.csv"
    lost = new_id()
    lines = [f"{row['id']},,,{row['asterisk_cdr']['billable_seconds']},ANSWERED" for row in rows]
    lines += [f"{lost},,,12,ANSWERED", ",,,5,ANSWERED"]
    path.write_text("call_id,answer,end,billable_seconds,disposition\n" + "\n".join(lines))
    with database.operator() as conn:
        differences = reconcile_period(conn, OCTOBER, witnesses=read_witnesses(path))[1]
    assert [(d.kind, d.subject) for d in differences] == [("missing", str(lost))]


def test_a_bad_file_of_asterisks_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "asterisk.csv"
    path.write_text("call_id,billable_seconds,disposition\na,soon,ANSWERED\n")
    with pytest.raises(BadInput, match="line 2: billable_seconds"):
        read_witnesses(path)


_MANY = """
WITH made AS (
    INSERT INTO store.calls (tenant_id, id, direction, caller, callee, started_at, answered_at, ended_at,
                             hangup_cause, hangup_side, outcome, asterisk_cdr)
    SELECT %(tenant)s, gen_random_uuid(), 'outbound', '+33162001234', '+33612345678', at - interval '5 s', at,
           at + s * interval '1 s' - interval '317 ms', 16, 'caller', 'done',
           jsonb_build_object('billable_seconds', (s - 1)::text, 'disposition', 'ANSWERED')
      FROM (SELECT %(start)s::timestamptz + n * interval '97 s' AS at, 1 + n %% 300 AS s
              FROM generate_series(1, 10000) n) numbered
    RETURNING tenant_id, id, answered_at, ceil(extract(epoch FROM ended_at - answered_at))::integer AS s)
INSERT INTO billing.charges (tenant_id, call_id, generation, kind, status, direction, far_party, answered_at, month,
                             answered_seconds, billed_seconds, bundle_seconds, charged_seconds, amount_micros, fee,
                             currency, prefix, segments, tariff, tariff_version)
SELECT tenant_id, id, 1, 'charge', 'rated', 'outbound', '+33612345678', answered_at, '2026-10-01', s, s, 0, s,
       50000 + s * 10000, 0.05, 'EUR', '+33',
       jsonb_build_array(jsonb_build_object('seconds', s, 'from', 'charged', 'price_per_minute', '0.6')), 'sans', 1
  FROM made
"""


def test_ten_thousand_clean_calls_are_invoiced_and_have_no_difference(database: Database, client: Tenant) -> None:
    with database.tenant(client.id) as conn:
        ids = [row["id"] for row in conn.execute("SELECT id FROM store.calls").fetchall()]
        for call_id in ids:
            charge = charge_of(conn, call_id)
            assert charge is not None
            witness(conn, call_id, {"billable_seconds": str(charge.answered_seconds), "disposition": "ANSWERED"})
    with database.operator() as conn:
        plain = tariffs.add_version(conn, "sans", TARIFF.replace("seconds = 100", "seconds = 0"), "test")
        tariffs.assign(conn, client.id, "sans", plain.version, datetime(2026, 1, 1, tzinfo=UTC), "test")
        conn.execute(_MANY, {"tenant": client.id, "start": START})
    issued = run(database, client)
    assert issued is not None
    assert issued.net_cents > 1_000_000
    with database.operator() as conn:
        assert reconcile_period(conn, OCTOBER) == (10_003, [])
        assert conn.execute("SELECT max(generation) AS g FROM billing.charges").fetchone() == {"g": 2}


def test_asterisks_clock_a_second_away_is_a_difference() -> None:
    from billing.reconcile import Known, reconcile

    at = datetime(2026, 10, 6, tzinfo=UTC)
    call = Known("a", "t", at, at + timedelta(seconds=10), "rated", 10, 1, 1, None, True)
    assert [d.what for d in reconcile([call], {"a": Witness(True, 11)}, [])] == ["ours is 1 s shorter than Asterisk's"]
    assert [d.what for d in reconcile([call], {"a": Witness(False, 0)}, [])] == ["ours is 10 s longer than Asterisk's"]
    assert date(2026, 10, 1) == OCTOBER
