"""What an operator types after the first invoice: credit, refund, dispute, leave, change a price, top up, look."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from psycopg import sql

from billing.charges.ledger import record_call
from billing.cli import billing
from store import tenants
from store.db import Database
from tests.integration.billing.conftest import TARIFF, a_cdr
from tests.integration.billing.test_billing_commands import Terminal, parties, type_

__all__ = ["type_"]

PLAN = 'title = "Accueil"\nmonthly_price = "31.00"\n'


@pytest.fixture
def sold(type_: Terminal, database: Database) -> Terminal:
    """The dentist with a tariff, a subscription from 1 October and an invoice for it and a call of October."""
    parties(type_)
    type_("tariff", "add", "standard", type_.file("t.toml", TARIFF))
    type_("plan", "add", "accueil", type_.file("p.toml", PLAN + 'tariff = "standard"\n'))
    type_(*subscribe(type_), "--starts", "2026-10-01")
    with database.operator() as conn:
        tenant = tenants.get(conn, "dentiste")
    with database.tenant(tenant.id) as conn:
        record_call(conn, a_cdr(tenant.id, 160))
    type_("invoice", "run", "--period", "2026-10", "--date", "2026-11-02")
    return type_


def subscribe(type_: Terminal) -> tuple[str, ...]:
    return (
        "subscribe", "--tenant", "dentiste", "--plan", "accueil", "--terms", type_.file("cgv.txt", "CGV"),
        "--terms-version", "2025-01", "--accepted-by", "Dr Molaire", "--accepted-from", "192.0.2.7",
    )  # fmt: skip


def test_a_part_is_credited_and_what_was_overpaid_is_sent_back(sold: Terminal) -> None:
    sold("pay", "2026-000001", "--reference", "VIR 1", "--date", "2026-11-03")
    note = sold("invoice", "credit", "2026-000001", "--line", "1", "--reason", "en double", "--date", "2026-11-04")[0]
    assert (note["number"], note["gross"]) == ("2026-000002", "-37.20")
    sent = ("refund", "2026-000001", "--by", "transfer", "--reference", "REMB 1", "--date", "2026-11-05")
    assert sold(*sent)[0] | {"refund": "REMB 1"} == {
        "number": "2026-000001", "refunded": "37.20", "by": "transfer", "reference": "REMB 1", "refund": "REMB 1",
        "due": "0.00",
    }  # fmt: skip
    assert sold("refund", "2026-000001", "--by", "transfer", "--reference", "REMB 1")[0]["refunded"] == "37.20"
    sold("refund", "2026-000001", "--by", "transfer", "--reference", "REMB 2", "--amount", "0.01")
    assert (sold.status, "overpaid by 0.00" in sold.errors) == (1, True)


def test_contested_lines_are_held_out_until_decided_and_credited_when_right(sold: Terminal) -> None:
    opened = sold("dispute", "2026-000001", "--line", "2", "--reason", "appels inconnus", "--date", "2026-11-10")[0]
    assert sold("disputes")[0]["lines"] == [2]
    late = sold("late", "--date", "2026-11-20")[0]
    assert (late["unpaid"], late["contested"], late["days"]) == ("37.98", "0.72", 18)
    closed = sold("dispute-close", opened["id"], "--outcome", "fondée", "--credit", "--date", "2026-11-20")[0]
    assert closed["credit_note"] == "2026-000002"
    assert sold("disputes") == []
    assert sold("disputes", "--all")[0]["outcome"] == "fondée"
    assert sold("late", "--date", "2026-11-20")[0]["unpaid"] == "37.26"


@pytest.fixture
def december() -> Generator[None]:
    """It is the 20th of December 2026 for whoever types: what is dated later is refused."""
    with time_machine.travel(datetime(2026, 12, 20, 9, tzinfo=UTC)):
        yield


@pytest.mark.usefixtures("december")
def test_late_interest_is_three_times_the_legal_rate_and_paid_beside_the_invoice(sold: Terminal) -> None:
    late = sold("late", "--date", "2026-12-02")[0]
    assert (late["interest"], late["indemnity"]) == ("0.26", "40.00")  # 37.98 × 8.25 % × 30 days / 365
    paid = sold("pay", "2026-000001", "--penalty", "40.26", "--reference", "VIR 1", "--date", "2026-12-02")[0]
    assert (paid["paid"], paid["penalty"], paid["due"]) == ("37.98", "40.26", "0.00")
    assert sold("late", "--date", "2026-12-03") == []


@pytest.mark.usefixtures("december")
def test_the_note_of_a_late_payment_is_issued_once_shown_laid_out_and_paid(sold: Terminal) -> None:
    sold("pay", "2026-000001", "--reference", "VIR 1", "--date", "2026-12-02")
    assert sold("debit-note", "run", "--date", "2026-12-03", "--dry-run")[0]["total"] == "40.26"
    (note,) = sold("debit-note", "run", "--tenant", "dentiste", "--date", "2026-12-03")
    assert (note["number"], note["interest"], note["counted_to"]) == ("ND-2026-000001", "0.26", "2026-12-02")
    assert sold("debit-note", "run", "--date", "2026-12-04") == []
    assert sold("debit-note", "issue", "2026-000001", "--date", "2026-12-04")[0]["new"] is False
    assert sold("debit-note", "list", "--tenant", "dentiste") == [note]
    assert sold("debit-note", "show", "ND-2026-000001")[0]["rows"][0]["days"] == 30
    paid = sold("pay", "ND-2026-000001", "--reference", "VIR 2", "--date", "2026-12-05")[0]
    assert (paid["paid"], paid["penalty"], paid["due"]) == ("0.00", "40.26", "0.00")
    sold("pay", "ND-2026-000001", "--reference", "VIR 3", "--date", "2026-12-06")
    assert (sold.status, "owes 0.00" in sold.errors) == (1, True)


def test_the_steps_of_january_warn_of_the_rate_that_is_missing_and_are_taken(sold: Terminal) -> None:
    assert [row["step"] for row in sold("dunning", "--date", "2027-01-15")] == ["reminder_1"]  # one step a day
    assert "decroche billing legal-rate add 2027-01-01 2027-06-30" in sold.errors
    added = sold("legal-rate", "add", "2027-01-01", "2027-06-30", "2.70", "--reference", "arrêté du 22/12/2026")[0]
    assert added == {"base": "legal", "from": "2027-01-01", "to": "2027-06-30", "percent": "2.7"}
    assert sold("legal-rate", "list")[-1] == added
    sold("dunning", "--date", "2027-01-15")
    assert "warning" not in sold.errors


def test_a_client_withdraws_within_seven_days_of_its_order_and_is_credited(type_: Terminal) -> None:
    parties(type_)
    type_("plan", "add", "accueil", type_.file("p.toml", PLAN))
    type_(*subscribe(type_), "--starts", "2026-10-01")
    assert type_("invoice", "order", "--tenant", "dentiste", "--date", "2026-10-01")[0]["gross"] == "37.20"
    done = type_("subscription", "--tenant", "dentiste", "--withdraw", "2026-10-08")[0]
    assert (done["credit_note"], done["refund"], done["last_access_on"]) == ("2026-000002", "23.0000", "2026-10-08")
    type_("subscription", "--tenant", "dentiste", "--withdraw", "2026-10-08")
    assert type_.status == 1


def test_notice_shows_the_last_day_of_access_and_a_second_one_is_refused(sold: Terminal) -> None:
    left = sold("subscription", "--tenant", "dentiste", "--notice", "2026-11-20")[0]
    assert (left["ends_on"], left["last_access_on"], left["delete_from"]) == (
        "2027-09-30", "2027-09-30", "2027-10-01"
    )  # fmt: skip
    sold("subscription", "--tenant", "dentiste", "--notice", "2026-11-21")
    assert sold.status == 1
    sold("subscription", "--tenant", "dentiste", "--notice", "2199-01-01")
    assert (sold.status, "has not come yet" in sold.errors) == (2, True)


def test_a_new_price_is_announced_to_every_client_of_the_plan_and_tried_beforehand(sold: Terminal) -> None:
    change = ("price-change", "--plan", "accueil", "--price", "35", "--from", "2027-01-01", "--date", "2026-11-23")
    expected = {
        "tenant": "dentiste", "price": "35.0000", "applies_from": "2027-10-01", "may_leave_until": "2027-09-30"
    }  # fmt: skip
    assert sold(*change, "--dry-run") == [expected]
    assert sold("notices", "--tenant", "dentiste")[-1]["kind"] != "price_change"
    assert sold(*change) == [expected]
    assert sold("notices", "--tenant", "dentiste")[-1]["kind"] == "price_change"
    assert sold(*change) == []
    assert (sold.status, "ahead already" in sold.errors) == (3, True)


def test_a_top_up_received_tax_included_is_split_invoiced_and_on_the_statement(type_: Terminal) -> None:
    parties(type_)
    type_("account", "--tenant", "dentiste", "--mode", "prepaid")
    put = type_("credit", "dentiste", "60", "--received", "--reference", "VIR 1")[0]
    assert (put["invoice"][5:], put["balance"], put["counted"]) == ("000001", "50.0000", True)
    again = type_("credit", "dentiste", "60", "--received", "--reference", "VIR 1")[0]
    assert (again["counted"], again["balance"]) == (False, "50.0000")
    assert type_("credit", "dentiste", "5", "--goodwill", "--reference", "geste")[0]["invoice"] == ""
    seen = type_("statement", "--tenant", "dentiste")[0]
    assert ([m["kind"] for m in seen["movements"]], seen["closing"]) == (["top_up", "adjustment"], "55.0000")


def test_the_rounds_say_what_they_did(sold: Terminal) -> None:
    assert [job["job"] for job in sold("rounds")] == [
        "dunning", "holdings", "endings", "low balances", "notices"
    ]  # fmt: skip
    assert sold.status == 0
    assert [job["ran"] for job in sold("rounds")] == [False, False, False, False, True]


def test_the_doctor_says_what_is_to_be_typed(sold: Terminal) -> None:
    found = {one["part"]: one for one in sold("doctor")}
    assert found["seller"]["state"] == "ok"
    assert found["rounds"]["hint"].startswith("decroche work")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("invoice", "credit", "2026-000001", "--line", "9", "--reason", "x"), 4, "lines 1 to 4"),
        (("invoice", "credit", "2026-000001", "--line", "1"), 2, "--reason"),
        (("invoice", "credit", "2026-000001", "--amount", "100", "--reason", "x"), 1, "left before tax"),
        (("invoice", "credit", "2026-000009"), 4, "no invoice 2026-000009"),
        (("invoice", "order", "--tenant", "nobody"), 4, "no tenant nobody"),
        (("refund", "2026-000001", "--reference", "x"), 1, "nothing was overpaid"),
        (("refund", "2026-000001", "--reference", "x", "--amount", "0"), 2, "above zero"),
        (("refund", "2026-000001", "--reference", "  "), 2, "blank"),
        (("dispute", "2026-000001", "--line", "1", "--reason", "x", "--date", "2027-01-01"), 1, "8 working days"),
        (("legal-rate", "add", "2027-01-01", "2027-06-30", "deux", "--reference", "x"), 2, "PERCENT"),
        (("legal-rate", "add", "2027-06-30", "2027-01-01", "2", "--reference", "x"), 2, "before it begins"),
        (("price-change", "--plan", "x", "--price", "1", "--from", "2027-01-01"), 4, "no plan x"),
        (("subscription", "--tenant", "dentiste", "--withdraw", "2026-10-20"), 1, "2026-10-08"),
        (("credit", "dentiste", "5"), 2, "--reference"),
        (("controls", "--tenant", "dentiste", "--phone", "06"), 2, "phone"),
        (("plan", "add", "x", "absent.toml"), 2, "absent.toml"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    sold: Terminal, database: Database, words: tuple[str, ...], status: int, message: str
) -> None:
    before = written(database)
    assert sold(*words) == []
    assert (sold.status, message in sold.errors) == (status, True), sold.errors
    assert written(database) == before


@pytest.mark.parametrize(
    "words",
    [
        ("account", "--mode", "prepaid"), ("controls", "--cap", "10"), ("debit-note", "run"), ("disputes",),
        ("dunning",), ("invoice", "order"), ("invoice", "run", "--period", "2026-10"), ("late",), ("notices",),
        ("reconcile", "--period", "2026-10"), ("rerate", "--from", "2026-10-01"), ("statement",),
        ("subscription", "--notice", "2026-11-02"), ("tariff", "assign", "standard", "--from", "2026-10-01"),
        ("usage",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_unknown_tenant_is_named_and_nothing_is_written(
    sold: Terminal, database: Database, words: tuple[str, ...]
) -> None:
    before = written(database)
    assert sold(*words, "--tenant", "nobody") == []
    assert (sold.status, "no tenant nobody" in sold.errors) == (4, True), sold.errors
    assert written(database) == before


def written(database: Database) -> list[int]:
    counts: list[int] = []
    with database.operator() as conn:
        for table in (
            "invoices", "payments", "disputes", "legal_rates", "subscription_events", "movements", "plans",
            "invoice_numbers", "stripe_refunds", "debit_notes", "controls", "notices", "tariff_assignments", "accounts",
        ):  # fmt: skip
            query = sql.SQL("SELECT count(*) AS n FROM billing.{}").format(sql.Identifier(table))
            counts += [row["n"] for row in conn.execute(query)]
        counts += [row["last"] for row in conn.execute("SELECT last FROM billing.invoice_numbers")]
    return counts


PRINTED = (
    ("invoice", "list"), ("invoice", "show", "2026-000001"), ("invoice", "run", "--period", "2026-10"),
    ("late", "--date", "2026-12-02"), ("disputes",), ("plan", "list"), ("tariff", "list"), ("notices",),
    ("subscription", "--tenant", "dentiste"), ("controls", "--tenant", "dentiste"), ("doctor",), ("rounds",),
    ("account", "--tenant", "dentiste"), ("statement", "--tenant", "dentiste"), ("legal-rate", "list"),
    ("usage", "--tenant", "dentiste", "--period", "2026-10"), ("reconcile", "--period", "2026-10"),
    ("price-change", "--plan", "accueil", "--price", "35", "--from", "2027-01-01", "--dry-run"),
    ("dunning", "--date", "2026-12-20"), ("pay", "2026-000001", "--reference", "VIR 1"),
    ("invoice", "credit", "2026-000001"), ("credit", "dentiste", "5", "--reference", "VIR 3"),
)  # fmt: skip


def test_what_is_printed_fits_a_hundred_columns(sold: Terminal) -> None:
    wide: list[str] = []
    for words in PRINTED:
        done = CliRunner().invoke(billing, [*words])
        assert done.exit_code in (0, 3, 5), done.output
        if max(map(len, done.stdout.splitlines()), default=0) > 100:
            wide.append(" ".join(words))
    assert wide == []


@pytest.mark.parametrize(
    ("tariff", "message"),
    [
        ('[[rate]]\nprefix = "+33"\nprice_per_minute = "-0.1"\n', "line 3: rate[1].price_per_minute: -0.1 is negative"),
        (TARIFF + '[[rate]]\nprefix = "+33"\nprice_per_minute = "1"\n',
         "line 10: rate[2].prefix: '+33' for both directions is already priced by rate[1]"),
        (TARIFF + '[[rate.window]]\nfrom = "20:00"\nto = "08:00"\nprice_per_minute = "1"\n',
         "line 11: rate[1].window[1].to: the window ends before it begins"),
        ("[[rate]\n", "line 1: not TOML"),
    ],
)  # fmt: skip
def test_a_bad_tariff_is_told_by_file_line_and_field_and_is_not_kept(
    type_: Terminal, tariff: str, message: str
) -> None:
    path = type_.file("t.toml", tariff)
    assert type_("tariff", "add", "standard", path) == []
    assert (type_.status, f"{path}: {message}" in type_.errors) == (2, True), type_.errors
    assert type_("tariff", "list") == []


def test_usage_shows_bundle_forecast_cost_and_a_bar_a_day(sold: Terminal, database: Database) -> None:
    done = CliRunner().invoke(billing, ["usage", "--tenant", "dentiste", "--period", "2026-10"])
    shown = done.stdout
    for part in ("1 min 40 s of 1 min 40 s", "charged   1 min 00 s", "0.6500 EUR", "forecast", "Tue 06 █"):
        assert part in shown
    assert timedelta(days=31).days == sum(line[4:6].isdigit() for line in shown.splitlines())


@pytest.mark.usefixtures("december")
def test_nothing_is_dated_ahead_and_a_series_is_in_order(sold: Terminal) -> None:
    credit = ("invoice", "credit", "2026-000001", "--line", "1", "--reason", "x", "--date")
    sold(*credit, "2027-08-15")
    assert (sold.status, "has not come yet" in sold.errors) == (2, True)
    assert sold(*credit, "2026-11-20")[0]["number"] == "2026-000002"
    sold("invoice", "credit", "2026-000001", "--line", "2", "--reason", "x", "--date", "2026-11-19")
    assert (sold.status, "242 nonies A" in sold.errors) == (2, True)
    sold("invoice", "run", "--period", "2027-01", "--date", "2027-02-01")
    assert (sold.status, "has not come yet" in sold.errors) == (2, True)
    sold("pay", "2026-000001", "--reference", "VIR 9", "--date", "2031-01-01")
    assert sold.status == 2


def test_a_card_that_cannot_be_asked_leaves_no_invoice(sold: Terminal) -> None:
    before = sold("invoice", "list")
    sold("credit", "dentiste", "10", "--card", "--reference", "x")
    assert (sold.status, "Stripe" in sold.errors) == (2, True)
    assert sold("invoice", "list") == before


def test_what_a_party_does_not_say_again_stays(sold: Terminal) -> None:
    sold("seller", "set", "--iban", "FR76 3000 6000 0112 3456 7890 189", "--due-days", "30", "--vat-on-debits")
    sold("seller", "set", "--email", "compta@op.example")
    (shown,) = sold("seller", "show")
    assert (shown["name"], shown["iban"], shown["due_days"]) == ("Op SAS", "FR7630006000011234567890189", 30)
    assert (shown["vat"], shown["email"]) == ("when invoiced", "compta@op.example")
    sold("customer", "set", "dentiste", "--postcode", "97400")
    (shown,) = sold("customer", "show", "dentiste")
    assert (shown["siren"], shown["vat_percent"]) == ("404833048", "8.5")
    sold("seller", "set", "--iban", "FR7630006000011234567890188")
    assert (sold.status, "mod 97" in sold.errors) == (2, True)


def test_the_years_sales_are_written_for_the_accountant(sold: Terminal) -> None:
    (written,) = sold("fec", "--year", "2026", "--out", str(sold.folder))
    assert Path(written["file"]).name == "732829320FEC20261231.txt"
    rows = [line.split("\t") for line in Path(written["file"]).read_text(encoding="utf-8").splitlines()]
    assert {len(row) for row in rows} == {18}
    assert sum(Decimal(row[11].replace(",", ".")) for row in rows[1:]) == Decimal("37.98")
    assert Path(written["file"]).stat().st_mode & 0o777 == 0o600
    assert [row["gross"] for row in sold("journal", "--period", "2026-11")] == ["37.98"]
    assert sold("journal", "--year", "2025") == []
