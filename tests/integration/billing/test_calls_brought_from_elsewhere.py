"""Calls imported by the thousand leave what recording them one by one leaves; twice is once; a kill loses nothing."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import pytest
from click.testing import CliRunner

from billing.charges import tariffs
from billing.charges.accounts import move, set_mode
from billing.charges.bulk import call_uuid, import_calls
from billing.charges.bulk_charges import Outcome
from billing.charges.controls import set_limits
from billing.charges.ledger import record_call
from billing.charges.prepaid import reserve
from billing.cli import billing
from billing.rating.cdrs import BadRow, Block, Row, block_of
from billing.rating.rating import micros
from store import tenants
from store.base.settings import settings
from store.calls import Cdr
from store.db import Conn, Database, connect
from store.tenants import Tenant
from tests.actors import OPERATOR

TARIFF = """\
decimals = 4
[bundle]
seconds = 20000
prefixes = ["+33"]
[[rate]]
prefix = "+33"
price_per_minute = "0.12"
connection_fee = "0.05"
initial_seconds = 30
increment_seconds = 6
  [[rate.window]]
  days = ["sat", "sun", "holiday"]
  price_per_minute = "0.061"
  [[rate.window]]
  days = ["mon", "tue", "wed", "thu", "fri"]
  from = "18:00"
  to = "24:00"
  price_per_minute = "0.08"
[[rate]]
prefix = "+44"
price_per_minute = "0.333333"
"""
MIDSUMMER = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def client(database: Database) -> Tenant:
    """A tenant with a tariff, from midsummer a dearer one, and alerts."""
    with database.operator() as conn:
        first = tariffs.add_version(conn, "standard", TARIFF, "test")
        dearer = tariffs.add_version(conn, "standard", TARIFF.replace("0.12", "0.15"), "test")
        tenant = tenants.add(conn, "cabinet", "Cabinet", by=OPERATOR)
        tariffs.assign(conn, tenant.id, "standard", first.version, datetime(2026, 1, 10, tzinfo=UTC), "test")
        tariffs.assign(conn, tenant.id, "standard", dearer.version, MIDSUMMER, "test")
        set_limits(conn, tenant.id, alert_micros=[50_000_000, 90_000_000], month_cap_micros=70_000_000, by=OPERATOR)
    return tenant


def many_rows(calls: int, seed: int = 1) -> list[Row | BadRow]:
    """Calls of a year in no order: some unanswered, some without a rate, before any tariff, bad or twice."""
    dice = random.Random(seed)
    rows: list[Row | BadRow] = []
    for number in range(calls):
        answered = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=dice.randrange(365 * 86_400_000))
        ended = answered + timedelta(milliseconds=dice.randrange(600_000))
        far = dice.choice(["+33612345678"] * 7 + ["+33298000000", "+441632960000", "+15550100"])
        way = dice.choice(["inbound", "outbound"])
        caller, callee = (far, "+33162000001") if way == "inbound" else ("+33162000001", far)
        call_id = dice.choice([f"{dice.getrandbits(128):032x}", f"switch-7\\{number}"])
        rows.append(Row(call_id, way, caller, callee, None if number % 11 == 0 else micros(answered), micros(ended)))
        if number % 97 == 0:
            rows.append(BadRow("", f"line {number}: row: 1 columns where the header has 6"))
        if number % 101 == 0:
            rows.append(rows[-1])
    return rows


def as_cdr(tenant_id: UUID, row: Row) -> Cdr:
    """The CDR that stands for a row."""
    call = row.call()
    return Cdr(
        id=UUID(call_uuid(tenant_id, row.call_id)),
        tenant_id=tenant_id,
        direction=call.direction,
        caller=call.caller,
        callee=call.callee,
        number=call.callee if call.direction == "inbound" else call.caller,
        started_at=call.answered_at or call.ended_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        hangup_cause=16 if call.answered_at else 19,
        hangup_side="system",
        outcome="imported",
        asterisk_uniqueid=row.call_id if row.call_id.startswith("switch") else None,
    )


LEFT: dict[str, LiteralString] = {
    "calls": "SELECT to_jsonb(k) - 'stored_at' AS row FROM store.calls k",
    "charges": "SELECT to_jsonb(c) - 'recorded_at' AS row FROM billing.charges c",
    "usage": "SELECT to_jsonb(u) AS row FROM billing.usage u",
    "account": "SELECT to_jsonb(a) AS row FROM billing.accounts a",
    "notices": "SELECT to_jsonb(n) - ARRAY['id', 'created_at'] AS row FROM billing.notices n",
    "reservations": "SELECT to_jsonb(r) AS row FROM billing.reservations r",
}
"""All that calls leave behind, but when it was written."""


def left_by(conn: Conn) -> dict[str, list[Any]]:
    return {name: sorted((r["row"] for r in conn.execute(query).fetchall()), key=str) for name, query in LEFT.items()}


def left_in(database: Database, tenant: Tenant) -> dict[str, list[Any]]:
    with database.tenant(tenant.id) as conn:
        return left_by(conn)


def one_by_one(database: Database, tenant: Tenant, rows: Sequence[Row | BadRow]) -> dict[str, list[Any]]:
    """What recording each call by itself leaves; undone again."""
    with database.tenant(tenant.id) as conn, conn.transaction(force_rollback=True):
        for row in rows:
            if isinstance(row, Row):
                record_call(conn, as_cdr(tenant.id, row))
        return left_by(conn)


def imported(database: Database, tenant: Tenant, rows: Iterable[Row | BadRow], chunk: int = 300) -> list[Outcome]:
    return [outcome for some in import_calls(database, tenant.id, blocks(rows, chunk), by=OPERATOR) for outcome in some]


def blocks(rows: Iterable[Row | BadRow], chunk: int) -> Iterator[Block]:
    left = iter(rows)
    while some := list(islice(left, chunk)):
        yield block_of(some)


def test_two_thousand_calls_leave_the_same_rows_and_balances_as_one_by_one(database: Database, client: Tenant) -> None:
    rows = many_rows(2000)
    apart = one_by_one(database, client, rows)
    assert len(imported(database, client, rows)) == len(rows)
    together = left_in(database, client)
    assert len(together["charges"]) == 2000
    assert {charge["status"] for charge in together["charges"]} == {"rated", "unanswered", "unrated"}
    assert any(0 < charge["bundle_seconds"] < charge["billed_seconds"] for charge in together["charges"])
    assert len(together["notices"]) > 12
    for name, left in together.items():
        assert left == apart[name], name


def test_importing_twice_changes_nothing_and_says_so(database: Database, client: Tenant) -> None:
    rows = many_rows(500)
    first = imported(database, client, rows)
    before = left_in(database, client)
    again = imported(database, client, rows, chunk=170)
    assert left_in(database, client) == before
    assert {o.status for o in first} == {"rated", "unanswered", "unrated", "known", "rejected"}
    assert {o.status for o in again} == {"known", "rejected"}


def test_a_call_recorded_already_by_the_service_is_left_alone(database: Database, client: Tenant) -> None:
    rows = [row for row in many_rows(40) if isinstance(row, Row)]
    with database.tenant(client.id) as conn:
        record_call(conn, as_cdr(client.id, rows[7]))
    outcomes = imported(database, client, rows)
    assert outcomes[7].status == "known"
    assert len(left_in(database, client)["charges"]) == 40


def test_what_a_prepaid_call_held_is_given_back(database: Database, client: Tenant) -> None:
    answered = datetime(2026, 10, 6, tzinfo=UTC)
    row = Row("switch-1", "outbound", "+33162000001", "+441632960000", micros(answered), micros(answered) + 61_000_000)
    with database.operator(client.id) as conn:
        set_mode(conn, client.id, "prepaid")
        move(conn, client.id, "top_up", 50_000_000, "test", "test")
    with database.tenant(client.id) as conn:
        reserve(conn, client.id, as_cdr(client.id, row).id, "outbound", row.callee, answered)
    apart = one_by_one(database, client, [row])
    imported(database, client, [row])
    assert left_in(database, client) == apart
    assert apart["account"][0]["reserved_micros"] == 0


def test_the_id_of_another_tenants_call_is_refused_and_the_rest_is_in(database: Database, client: Tenant) -> None:
    rows = [row for row in many_rows(40) if isinstance(row, Row) and not row.call_id.startswith("switch")]
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    imported(database, other, rows[:1])
    outcomes = imported(database, client, rows)
    assert outcomes[0].status == "rejected"
    assert "another tenant" in (outcomes[0].reason or "")
    assert len(left_in(database, client)["calls"]) == len(rows) - 1


def test_a_call_that_was_not_answered_is_stored_with_its_end_or_not_at_all(database: Database, client: Tenant) -> None:
    (outcome,) = imported(database, client, [Row("a", "inbound", "+33612345678", "+33162000001", None, 0)])
    assert (outcome.status, outcome.reason) == ("rejected", "ended_at: empty; a call is stored with its end")


_KILLED = """
import sys
from uuid import UUID
from billing.charges.accounts import move, set_mode
from billing.charges.bulk import import_calls
from store.db import Conn, Database, connect
from tests.actors import OPERATOR
from tests.integration.billing.test_calls_brought_from_elsewhere import blocks, many_rows
with Database(sys.argv[1]) as db:
    for _ in import_calls(db, UUID(sys.argv[2]), blocks(many_rows(600), 100), by=OPERATOR):
        print("stored", flush=True)
"""


def test_an_import_killed_in_the_middle_of_a_chunk_loses_and_doubles_nothing(
    database: Database, client: Tenant
) -> None:
    rows = many_rows(600)
    expected = one_by_one(database, client, rows)
    child = subprocess.Popen(
        [sys.executable, "-c", _KILLED, database.service_dsn, str(client.id)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child:
        assert child.stdout.readline() == b"stored\n"
        with database.operator() as conn:  # the next chunk, or the one after, waits here with its calls written
            conn.execute("SELECT 1 FROM billing.accounts WHERE tenant_id = %s FOR UPDATE", (client.id,))
            wait_for_a_lock(database, child)
            child.kill()
    some = len(left_in(database, client)["calls"])
    assert 0 < some < 600
    assert some == len(left_in(database, client)["charges"])
    imported(database, client, rows, chunk=100)
    assert left_in(database, client) == expected


def wait_for_a_lock(database: Database, child: subprocess.Popen[bytes]) -> None:
    """Returns when a transaction waits for another to end."""
    deadline = time.monotonic() + 60
    with connect(database.operator_dsn) as conn:
        while time.monotonic() < deadline and child.poll() is None:
            if conn.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                return
    raise AssertionError("the import did not come to a lock")


def test_two_imports_of_the_same_calls_at_once_store_each_once(database: Database, client: Tenant) -> None:
    rows = [row for row in many_rows(400) if isinstance(row, Row)]
    halves: list[list[Row]] = [rows, list(reversed(rows))]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(partial(imported, database, client, chunk=50), halves))
    assert sum(o.status not in ("known",) for o in [*found[0], *found[1]]) == 400
    left = left_in(database, client)
    assert len(left["charges"]) == 400
    (account,) = left["account"]
    assert -account["balance_micros"] == sum(c["amount_micros"] or 0 for c in left["charges"])
    assert sum(u["amount_micros"] for u in left["usage"]) == -account["balance_micros"]


def test_the_command_names_bad_rows_imports_the_others_and_twice_is_once(
    database: Database, client: Tenant, settings_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    path = tmp_path / "cdrs.csv"
    path.write_text(
        "call_id,direction,caller,callee,answered_at,ended_at\n"
        "a,outbound,+33162000001,+33612345678,2026-10-06T10:00:00+02:00,2026-10-06T10:01:00+02:00\n"
        "b,outbound,+33162000001,0612345678,2026-10-06T10:00:00+02:00,2026-10-06T10:01:00+02:00\n"
        "c,outbound,+33162000001,+33612345678,,2026-10-06T10:01:00+02:00\n"
    )
    words = ["import", str(path), "--tenant", "cabinet"]
    first, again = (CliRunner().invoke(billing, [*words, "--json"]) for _ in range(2))
    rows = [json.loads(line) for line in first.stdout.splitlines()]
    assert [(row["call_id"], row["status"]) for row in rows] == [
        ("a", "rated"),
        ("b", "rejected"),
        ("c", "unanswered"),
    ]
    assert "line 3: callee" in rows[1]["reason"]
    assert (first.exit_code, again.exit_code) == (3, 3)
    assert [json.loads(line)["status"] for line in again.stdout.splitlines()] == ["known", "rejected", "known"]
    table = CliRunner().invoke(billing, words)
    assert "b" in table.stdout
    assert "2 known, 1 rejected" in table.stderr
    assert CliRunner().invoke(billing, ["import", str(path), "--tenant", "personne"]).exit_code == 4
