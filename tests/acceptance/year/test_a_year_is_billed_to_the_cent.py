"""A year, November 2025 to October 2026, played by the commands an operator types; every sum is reckoned apart.

What went wrong when it was first played is in it: a month's calls that come late, one call credited, money over, twice,
of nobody known, set off, entered by mistake; a client late to the day of its suspension, and a debit note for it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from billing.documents.cii import to_xml
from billing.documents.invoice import restored
from store import tenants
from store.db import Database
from tests.acceptance.year import reckoning as apart
from tests.actors import OPERATOR
from tests.integration.billing.test_billing_commands import Terminal, type_

__all__ = ["type_"]

MONTHS = [date(2025 + (10 + n) // 12, (10 + n) % 12 + 1, 1) for n in range(12)]
ISSUED = [
    "2025-12-01", "2026-01-02", "2026-02-02", "2026-03-02", "2026-04-02", "2026-05-11", "2026-06-01", "2026-07-01",
    "2026-08-13", "2026-09-01", "2026-10-01", "2026-11-02",
]  # fmt: skip
PARTY = ("--street", "1 rue de la Paix", "--city", "Paris", "--postcode")
LATE_CALL = apart.Talked("cabinet-late", False, "+33612345678", apart.calls("x", [date(2026, 6, 1)], 3, 5)[2].at, 240)


def euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


class Year:
    """The year as it was played, and as it was reckoned."""

    def __init__(self, type_: Terminal, database: Database) -> None:
        self.type_, self.database = type_, database
        self.account = apart.Account()
        self.documents: dict[str, tuple[int, int, int]] = {}
        """Number → (net, VAT, gross) as reckoned, credit notes below zero."""
        self.client: dict[str, str] = {}
        self.calls = {
            "cabinet": apart.calls("cabinet", MONTHS, 14, 1), "mairie": apart.calls("mairie", MONTHS[::4], 5, 2),
            "boutique": apart.calls("boutique", MONTHS[8:10], 5, 3),
        }  # fmt: skip

    def do(self, *words: str) -> list[dict[str, Any]]:
        rows = self.type_(*words)
        assert self.type_.status == 0, (words, self.type_.errors)
        return rows

    def set_up(self) -> None:
        self.do("seller", "set", "--name", "Opérateur SAS", "--siren", "732829320", "--vat-number", "FR44732829320",
                "--iban", "FR7630006000011234567890189", "--due-days", "30", *PARTY, "75002")  # fmt: skip
        self.do("tariff", "add", "standard", self.type_.file("t.toml", apart.TARIFF))
        self.do("plan", "add", "accueil", self.type_.file("p.toml", 'title = "Accueil"\nmonthly_price = "49.00"\n'))
        with self.database.operator() as conn:
            for slug in ("cabinet", "mairie", "reunion", "boutique"):
                tenants.add(conn, slug, slug.capitalize(), by=OPERATOR)
        self.do("customer", "set", "cabinet", "--name", "Cabinet", "--siren", "404833048", *PARTY, "35000")
        self.do("customer", "set", "boutique", "--name", "Boutique", "--siren", "404833048", *PARTY, "35000")
        self.do("customer", "set", "reunion", "--name", "Clinique", "--siren", "404833048", *PARTY, "97400")
        self.do("customer", "set", "mairie", "--name", "Commune", "--siren", "213502388", "--public", "--siret",
                "21350238800019", "--service-code", "VOIRIE", "--commitment", "EJ-42", "--chorus", "both",
                *PARTY, "35000")  # fmt: skip
        for slug in ("cabinet", "mairie", "boutique"):
            self.do("tariff", "assign", "standard", "--tenant", slug, "--from", "2025-11-01")
        self.do("account", "--tenant", "boutique", "--mode", "prepaid")
        terms = ("--terms", self.type_.file("cgv.txt", "CGV"), "--terms-version", "1", "--accepted-by", "Dr Molaire",
                 "--accepted-from", "192.0.2.7")  # fmt: skip
        for slug in ("cabinet", "reunion"):
            self.do("subscribe", "--tenant", slug, "--plan", "accueil", *terms, "--starts", "2025-11-15")
        self.do("credit", "boutique", "50.00", "--reference", "VIR B1", "--date", "2025-11-20")
        self.documents["2025-000001"] = apart.with_vat(5000)
        self.client["2025-000001"] = "boutique"
        for slug, found in self.calls.items():
            self.type_("import", self.type_.file(f"{slug}.csv", apart.csv_of(found)), "--tenant", slug)
            assert self.type_.status == 0, self.type_.errors

    def run(self, place: int) -> str:
        """The month's invoices of all; the number of the cabinet's."""
        rows = self.do("invoice", "run", "--period", f"{MONTHS[place]:%Y-%m}", "--date", ISSUED[place])
        for row in rows:
            self.client[row["number"]] = row["tenant"]
        return next(row["number"] for row in rows if row["tenant"] == "cabinet")

    def owes(self, number: str, day: str, net: int) -> int:
        """An invoice of the cabinet's as reckoned."""
        self.documents[number] = apart.with_vat(net)
        self.account.enter(day, "invoice", number, self.documents[number][2])
        return self.documents[number][2]

    def pays(self, number: str, day: str, reference: str, cents: int) -> None:
        self.do("pay", number, "--amount", euros(cents), "--reference", reference, "--date", day)
        self.account.enter(day, "payment", number, -cents)


def of_month(year: Year, place: int) -> int:
    """Cents before tax of the cabinet's calls of a month."""
    found = [call for call in year.calls["cabinet"] if call.month == MONTHS[place]]
    prices = apart.priced(found)
    return apart.cents_of(prices.values())


@pytest.fixture
def year(type_: Terminal, database: Database) -> Year:
    """The whole year, played and reckoned."""
    year = Year(type_, database)
    year.set_up()
    net: Callable[[int], int] = lambda place: 4900 + of_month(year, place)  # noqa: E731
    # November: paid in time. December: ten euros too much. January: set off, and the rest.
    first = year.run(0)
    year.pays(first, "2025-12-20", "VIR 1", year.owes(first, ISSUED[0], net(0)))
    december = year.run(1)
    year.pays(december, "2026-01-20", "VIR 2", year.owes(december, ISSUED[1], net(1)) + 1000)
    january = year.run(2)
    due = year.owes(january, ISSUED[2], net(2))
    year.do("set-off", december, january, "--date", "2026-02-20")
    for number, cents in ((december, 1000), (january, -1000)):
        year.account.enter("2026-02-20", "set_off", number, cents)
    year.pays(january, "2026-02-25", "VIR 3", due - 1000)
    february(year, net(3))
    # April: one call credited; May: credited whole and invoiced again.
    april = year.run(5)
    due = year.owes(april, ISSUED[5], net(5))
    year.pays(april, "2026-05-20", "VIR 6", due - credited_call(year, april))
    may = year.run(6)
    due = year.owes(may, ISSUED[6], net(6))
    note = year.do("invoice", "credit", may, "--reason", "à refaire", "--date", "2026-06-03")[0]["number"]
    year.documents[note] = tuple(-cents for cents in year.documents[may])  # pyright: ignore[reportArgumentType]
    year.account.enter("2026-06-03", "credit_note", note, -due)
    rows = year.do("invoice", "run", "--period", "2026-05", "--tenant", "cabinet", "--date", "2026-06-04")
    year.pays(rows[0]["number"], "2026-06-20", "VIR 7", year.owes(rows[0]["number"], "2026-06-04", net(6)))
    june_and_july(year, net)
    # August: paid twice, given back. September: a mistake undone. October: unpaid.
    august = year.run(9)
    due = year.owes(august, ISSUED[9], net(9))
    year.pays(august, "2026-09-20", "VIR 11", due)
    year.pays(august, "2026-09-21", "VIR 12", due)
    year.do("refund", august, "--by", "transfer", "--reference", "REMB 1", "--date", "2026-09-25")
    year.account.enter("2026-09-25", "refund", august, due)
    september = year.run(10)
    year.owes(september, ISSUED[10], net(10))
    year.pays(september, "2026-10-05", "VIR 13", 1234)
    year.do("reverse", september, "--reference", "VIR 13", "--reason", "d'un autre client", "--date", "2026-10-06")
    year.account.enter("2026-10-06", "reversal", september, 1234)
    year.owes(year.run(11), ISSUED[11], net(11))
    return year


def february(year: Year, net: int) -> None:
    """Unpaid to the day of its suspension; each step told by a letter two days later."""
    number = year.run(3)
    due = year.owes(number, ISSUED[3], net)
    steps: list[tuple[str, str]] = []
    for day in ("2026-04-03", "2026-04-04", "2026-04-12", "2026-04-13", "2026-04-24", "2026-04-25"):
        if day == "2026-04-12":
            march(year)
        for row in year.do("dunning", "--tenant", "cabinet", "--date", day):
            steps.append((day, row["step"]))
        waiting = [n for n in year.do("notices", "--tenant", "cabinet") if n["kind"][:6] in ("remind", "formal")]
        for notice in waiting:
            if notice["told_on"] is None:
                told = (date.fromisoformat(day) + timedelta(days=2)).isoformat()
                year.do("notices", "--told", notice["id"], "--on", told, "--how", "LRAR")
    for day in ("2026-05-06", "2026-05-07"):
        for row in year.do("dunning", "--tenant", "cabinet", "--date", day):
            steps.append((day, row["step"]))
        with year.database.operator() as conn:
            assert tenants.get(conn, "cabinet").status == ("active" if day == "2026-05-06" else "suspended")
    assert steps == [
        ("2026-04-04", "reminder_1"), ("2026-04-13", "reminder_2"), ("2026-04-25", "formal_notice"),
        ("2026-05-07", "suspension"),
    ]  # fmt: skip
    year.pays(number, "2026-05-08", "VIR 4", due)
    with year.database.operator() as conn:
        assert tenants.get(conn, "cabinet").status == "active"
    owed = apart.interest(due, date(2026, 4, 1), {date(2026, 5, 8): due}, date(2026, 5, 10)) + 4000
    year.do("debit-note", "issue", number, "--date", "2026-05-10")
    year.account.enter("2026-05-10", "debit_note", "ND-2026-000001", owed)
    year.do("pay", "ND-2026-000001", "--reference", "VIR 5", "--date", "2026-05-10")
    year.account.enter("2026-05-10", "payment", "ND-2026-000001", -owed)


def march(year: Year) -> None:
    """Paid by somebody nobody knew, who is known later."""
    number = year.run(4)
    due = year.owes(number, ISSUED[4], 4900 + of_month(year, 4))
    year.do("unknown", "add", euros(due), "--reference", "VIR 20", "--payer", "MARTIN", "--date", "2026-04-09")
    year.do("unknown", "assign", "VIR 20", "--invoice", number, "--date", "2026-04-12")
    year.account.enter("2026-04-09", "payment", number, -due)


def credited_call(year: Year, number: str) -> int:
    """The dearest call of April is credited: what it cost, and its VAT."""
    prices = apart.priced(call for call in year.calls["cabinet"] if call.month == MONTHS[5])
    dearest = max(prices, key=lambda call_id: prices[call_id])
    with year.database.operator() as conn:
        row = conn.execute("SELECT id FROM store.calls WHERE asterisk_uniqueid = %s", (dearest,)).fetchone()
    assert row is not None
    note = year.do(
        "invoice", "credit", number, "--call", str(row["id"]), "--reason", "contesté", "--date", "2026-05-12"
    )
    net, tax, gross = apart.with_vat(apart.cents_of([prices[dearest]]))
    year.documents[note[0]["number"]] = (-net, -tax, -gross)
    year.account.enter("2026-05-12", "credit_note", note[0]["number"], -gross)
    return gross


def june_and_july(year: Year, net: Callable[[int], int]) -> None:
    """June is paid in two parts, the second late, and has a call that comes after its invoice: July's has it."""
    june = year.run(7)
    due = year.owes(june, ISSUED[7], net(7))
    year.pays(june, "2026-07-15", "VIR 8", due // 2)
    year.pays(june, "2026-08-10", "VIR 9", due - due // 2)
    paid = {date(2026, 7, 15): due // 2, date(2026, 8, 10): due - due // 2}
    year.do("debit-note", "issue", june, "--date", "2026-08-12")
    owed = apart.interest(due, date(2026, 7, 31), paid, date(2026, 8, 12)) + 4000
    year.account.enter("2026-08-12", "debit_note", "ND-2026-000002", owed)
    year.do("import", year.type_.file("late.csv", apart.csv_of([LATE_CALL])), "--tenant", "cabinet")
    # the month's included seconds were given out with its invoice: what comes late has what was left of them
    talked = [call for call in year.calls["cabinet"] if call.month == MONTHS[7]]
    left = apart.BUNDLE - sum(used for used in included(talked))
    late = apart.cents_of([apart.price(LATE_CALL, left)[0]])
    july = year.run(8)
    year.pays(july, "2026-08-30", "VIR 10", year.owes(july, ISSUED[8], net(8) + late))


def included(talked: list[apart.Talked]) -> list[int]:
    left, found = apart.BUNDLE, list[int]()
    for call in sorted(talked, key=lambda c: (c.at, c.id)):
        used = apart.price(call, left)[1]
        left -= used
        found.append(used)
    return found


def test_the_year_is_what_was_reckoned_apart(year: Year, tmp_path: Path) -> None:
    listed = {row["number"]: row for row in year.do("invoice", "list")}
    for number, sums in year.documents.items():
        row = listed[number]
        assert (row["net"], row["vat"], row["gross"]) == tuple(map(euros, sums)), number
    # the account: entry by entry, and its closing on several days
    shown = year.do("statement", "--tenant", "cabinet", "--from", "2025-11-01", "--to", "2026-11-02")[0]["account"]
    got = sorted(
        (e["day"], e["kind"], e["document"], round(Decimal(e["debit"]) * 100) - round(Decimal(e["credit"]) * 100))
        for e in shown["entries"]
    )
    assert got == sorted(year.account.entries)
    assert shown["closing"] == euros(year.account.closing("2026-11-02"))
    for day in ("2025-12-31", "2026-01-31", "2026-05-07", "2026-08-11"):
        part = year.do("statement", "--tenant", "cabinet", "--from", "2025-11-01", "--to", day)[0]["account"]
        assert part["closing"] == euros(year.account.closing(day)), day
    others(year, listed)
    books(year, tmp_path)
    papers(year, listed)


def others(year: Year, listed: dict[str, dict[str, Any]]) -> None:
    """The town's calls, La Réunion's 8.5 %, the shop's balance."""
    island = [row for row in listed.values() if row["tenant"] == "reunion"]
    assert len(island) == 12
    assert {(row["net"], row["vat"], row["gross"]) for row in island} == {
        tuple(map(euros, apart.with_vat(4900, "8.5")))
    }
    town = {row["period"]: row for row in listed.values() if row["tenant"] == "mairie"}
    for month in MONTHS[::4]:
        prices = apart.priced(call for call in year.calls["mairie"] if call.month == month)
        row = town[f"{month:%Y-%m}"]
        assert (row["net"], row["vat"], row["gross"]) == tuple(
            map(euros, apart.with_vat(apart.cents_of(prices.values())))
        )
    talked = sum(apart.priced(year.calls["boutique"]).values(), Fraction(0))
    left = year.do("account", "--tenant", "boutique")[0]["balance"]
    assert Decimal(left) == 50 - Decimal(int(talked * 10_000)) / 10_000
    assert not [row for row in listed.values() if row["tenant"] == "boutique" and row["number"] != "2025-000001"]


def books(year: Year, folder: Path) -> None:
    """The sales journal by rate, and the FEC: its debit is its credit, its sales are the documents' net."""
    journal = [row for y in (2025, 2026) for row in year.do("journal", "--year", str(y))]
    by_rate: dict[str, int] = {}
    for row in journal:
        by_rate[row["vat_percent"]] = by_rate.get(row["vat_percent"], 0) + round(Decimal(row["vat"]) * 100)
    assert by_rate["8.5"] == 12 * apart.with_vat(4900, "8.5")[1]
    cabinet = sum(tax for number, (_, tax, _) in year.documents.items())
    town = sum(
        apart.with_vat(apart.cents_of(apart.priced(c for c in year.calls["mairie"] if c.month == m).values()))[1]
        for m in MONTHS[::4]
    )
    assert by_rate["20"] == cabinet + town
    path = Path(year.do("fec", "--year", "2026", "--out", str(folder))[0]["file"])
    rows = list(csv.DictReader(io.StringIO(path.read_text()), delimiter="\t"))
    money = [(row, *(round(Decimal(row[side].replace(",", ".")) * 100) for side in ("Debit", "Credit")))
             for row in rows]  # fmt: skip
    assert sum(debit - credit for _, debit, credit in money) == 0
    sold = sum(credit - debit for row, debit, credit in money if row["CompteNum"].startswith("706"))
    lost = sum(credit - debit for row, debit, credit in money if row["CompteNum"][:3] in ("763", "758"))
    assert lost == sum(cents for _, what, _, cents in year.account.entries if what == "debit_note")
    of_2026 = {n for n, row in listed_numbers(year).items() if row["issued_on"][:4] == "2026"}
    prepaid = round(sum(Decimal(row["Debit"].replace(",", ".")) for row in rows if row["CompteNum"] == "419100") * 100)
    assert sold == prepaid + sum(round(Decimal(row["net"]) * 100) for row in journal if row["number"] in of_2026)
    assert [row["PieceRef"] for row in rows if row["JournalCode"] == "OD" and row["CompteNum"] == "471000"] != []


def listed_numbers(year: Year) -> dict[str, dict[str, Any]]:
    return {row["number"]: row for row in year.do("invoice", "list")}


def papers(year: Year, listed: dict[str, dict[str, Any]]) -> None:
    """What stands in the XML and on the annex is what was reckoned; numbers have no hole."""
    for place in ("2025-", "2026-"):
        numbers = sorted(number for number in listed if number.startswith(place))
        assert numbers == [f"{place}{n:06d}" for n in range(1, len(numbers) + 1)]
    for number, (net, _, gross) in year.documents.items():
        document = restored({k: v for k, v in year.do("invoice", "show", number)[0].items() if k != "due_cents"})
        xml = ElementTree.fromstring(to_xml(document))
        total = {node.tag.rpartition("}")[2]: node.text for node in xml.iter() if node.tag.endswith("Amount")}
        assert total["GrandTotalAmount"] == euros(abs(gross)), number
        assert total["TaxBasisTotalAmount"] == euros(abs(net)), number
    number = next(n for n, row in listed.items() if row["tenant"] == "cabinet" and row["period"] == "2026-07")
    annexed = year.do("annex", number)
    prices = apart.priced(call for call in year.calls["cabinet"] if call.month == MONTHS[8])
    answered = {call.id: call.seconds is not None for call in year.calls["cabinet"]}
    shown = [round(Decimal(row["prix HT"]) * 10_000) for row in annexed[:-1]]
    for amount in (call_price * 10_000 for call_id, call_price in prices.items() if answered[call_id]):
        shown.remove(int(amount))
    assert len(shown) == 1, "the call that came late"
    assert Decimal(annexed[-1]["prix HT"]) * 100 == year.documents[number][0] - 4900
