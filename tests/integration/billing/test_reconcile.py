"""Reconciliation finds each planted difference, names it, and finds none in 10,000 clean calls."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import pytest
from click.testing import CliRunner

from billing.charges.bulk import import_calls
from billing.charges.ledger import charge_of, record_call, replace_charge, spell
from billing.cli import billing
from billing.documents.invoice import Terms, cents
from billing.invoices.invoicing import listed, set_customer, set_seller
from billing.invoices.reconcile import Difference, Witness, read_witnesses, reconcile_period
from billing.rating.cdrs import Row, block_of
from billing.rating.rating import micros
from store.base.errors import BadInput
from store.base.ids import new_id
from store.base.settings import settings
from store.calls import Cdr, insert_cdr, witness
from store.db import Database, connect
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START, a_cdr
from tests.integration.billing.test_invoices import BUYER, OCTOBER, SELLER, client, run

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


FIRST = datetime(2026, 9, 30, 22, tzinfo=UTC)  # midnight in Paris


@pytest.fixture
def brought(database: Database, dentist: Tenant, tmp_path: Path) -> Tenant:
    """A client whose 10,000 October calls came by import, in no order, and are invoiced; what Asterisk wrote is in
    asterisk.csv."""
    dice = random.Random(10)
    rows: list[Row] = []
    lines = ["call_id,answer,end,billable_seconds,disposition"]
    for _ in range(10_000):
        answered = micros(FIRST) + dice.randrange(30 * 86_400_000) * 1000
        ended = answered + dice.randrange(300_000) * 1000
        heard = dice.random() < 0.9
        call_id = UUID(int=dice.getrandbits(128), version=4)
        callee = dice.choice(["+33612345678", "+33298000000"])
        rows.append(Row(str(call_id), "outbound", "+33162001234", callee, answered if heard else None, ended))
        seconds = (ended - answered) // 1_000_000 if heard else 0
        lines.append(f"{call_id},,,{seconds},{'ANSWERED' if heard else 'NO ANSWER'}")
    (tmp_path / "asterisk.csv").write_text("\n".join(lines))
    with database.operator() as conn:
        set_seller(conn, SELLER, Terms(), by=OPERATOR)
        set_customer(conn, dentist.id, BUYER, by=OPERATOR)
    for _ in import_calls(database, dentist.id, [block_of(rows)], by=OPERATOR):
        pass
    assert run(database, dentist) is not None
    return dentist


def against_asterisk(database: Database, path: Path) -> tuple[int, list[Difference]]:
    with database.operator() as conn:
        return reconcile_period(conn, OCTOBER, witnesses=read_witnesses(path))


def test_ten_thousand_calls_stored_and_invoiced_by_the_real_path_have_no_difference(
    database: Database, brought: Tenant, tmp_path: Path
) -> None:
    assert against_asterisk(database, tmp_path / "asterisk.csv") == (10_000, [])
    with database.operator() as conn:
        row = conn.execute("SELECT sum(bundle_seconds) AS s, max(generation) AS g FROM billing.charges").fetchone()
    assert row == {"s": 100, "g": 2}  # the invoice gave the bundle to the earliest


def test_one_of_each_difference_among_ten_thousand_is_found_and_nothing_else(
    database: Database,
    brought: Tenant,
    tmp_path: Path,
    settings_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "asterisk.csv"
    lines = path.read_text().splitlines()
    lost, heard_longer = new_id(), next(line for line in lines if line.endswith("7,ANSWERED"))
    unseen = next(line.split(",")[0] for line in lines if line.endswith(",NO ANSWER"))
    longer_id, _, _, seconds, _ = heard_longer.split(",")
    lines = [line for line in lines if not line.startswith(unseen)]
    lines[lines.index(heard_longer)] = f"{longer_id},,,{int(seconds) + 4},ANSWERED"
    at = START + timedelta(hours=1)
    unrated = recorded(database, a_cdr(brought.id, 30, at=at, callee="+15550100"))
    late = recorded(database, a_cdr(brought.id, 60, at=at))
    lines += [f"{unrated.id},,,30,ANSWERED", f"{late.id},,,60,ANSWERED", f"{lost},,,12,ANSWERED"]
    path.write_text("\n".join(lines))
    with database.operator() as conn:
        number = listed(conn, brought.id)[0].number
        # what no command can do: a call that was charged, left off its invoice
        (off,) = conn.execute(
            "SELECT c.call_id, c.amount_micros FROM billing.current_charges c WHERE c.amount_micros > 0"
            " AND EXISTS (SELECT 1 FROM billing.invoice_charges l WHERE l.call_id = c.call_id)"
            " ORDER BY c.call_id LIMIT 1"
        ).fetchall()
        total = conn.execute(
            "SELECT sum(amount_micros)::bigint AS micros FROM billing.current_charges WHERE call_id <> ALL(%s)",
            ([unrated.id, late.id],),
        ).fetchone()
    tamper(database, "DELETE FROM billing.invoice_charges WHERE call_id = %s", off["call_id"])
    assert total is not None
    billed = cents(Fraction(total["micros"], 10_000))
    rest = cents(Fraction(total["micros"] - off["amount_micros"], 10_000))
    compared, differences = against_asterisk(database, path)
    assert compared == 10_002
    assert sorted((d.kind, d.subject, d.what) for d in differences) == sorted(
        [
            ("missing", str(lost), "Asterisk has a CDR of this call, we have none"),
            ("extra", unseen, "we have a CDR of this call, Asterisk has none"),
            ("duration_off", longer_id, "ours is 3 s shorter than Asterisk's"),
            ("unrated", str(unrated.id), "no rate for outbound to +15550100"),
            ("not_invoiced", str(late.id), "a charge of 0.6500 is on no invoice"),
            ("not_invoiced", str(off["call_id"]), f"a charge of {spell(off['amount_micros'])} is on no invoice"),
            ("invoice_off", number, f"its lines come to {billed / 100:.2f}, its charges to {rest / 100:.2f}"),
        ]
    )
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    typed = CliRunner().invoke(billing, ["reconcile", "--period", "2026-10", "--asterisk", str(path), "--json"])
    assert typed.exit_code == 3
    assert len(typed.stdout.splitlines()) == 7
    assert "10002 calls compared, 7 differences" in typed.stderr


def tamper(database: Database, query: LiteralString, *values: object) -> None:
    """Change what cannot be changed, as someone with the server in hand could."""
    with connect(database.operator_dsn) as conn, conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(query, values)


def test_asterisks_clock_a_second_away_is_a_difference() -> None:
    from billing.invoices.reconcile import Known, reconcile

    at = datetime(2026, 10, 6, tzinfo=UTC)
    call = Known("a", "t", micros(at), micros(at) + 10_000_000, "rated", 10, 1, 1, None, True)
    assert [d.what for d in reconcile([call], {"a": Witness(True, 11)}, [])] == ["ours is 1 s shorter than Asterisk's"]
    assert [d.what for d in reconcile([call], {"a": Witness(False, 0)}, [])] == ["ours is 10 s longer than Asterisk's"]
    assert date(2026, 10, 1) == OCTOBER
