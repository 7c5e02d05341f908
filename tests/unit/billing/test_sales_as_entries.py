"""Entries of sales balance, and the FEC has the eighteen fields in their order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.documents.invoice import Invoice, Line, Party, Terms, Usage, compose
from billing.invoices import books
from billing.invoices.crediting import credit_document, part_document
from store.base.errors import BadInput

SELLER = Party("Opérateur SAS", "732829320", "1 rue de la Paix", "75002", "Paris", vat_number="FR44732829320")
BUYER = Party("Cabinet\tMolaire", "404833048", "2 place du Marché", "35000", "Rennes", vat_number="FR83404833048")

amounts = st.integers(1, 10_000_000)


@st.composite
def documents(draw: st.DrawFn) -> Invoice:
    sources = st.sampled_from(["usage", "subscription", "rounding", "top_up"])
    lines = [
        Line("x", "1", "C62", "1", draw(amounts), source=draw(sources)) for _ in range(draw(st.integers(1, 5)))
    ]  # fmt: skip
    buyer = Party(
        BUYER.name, BUYER.siren, BUYER.street, draw(st.sampled_from(["35000", "97400", "97300"])), BUYER.city,
        vat_number=BUYER.vat_number, operator=draw(st.booleans()),
    )  # fmt: skip
    return compose(
        number="2026-000001", seller=SELLER, buyer=buyer, terms=Terms(vat_on_debits=draw(st.booleans())),
        period=(date(2026, 10, 1), date(2026, 10, 31)), issued_on=date(2026, 11, 2), currency="EUR", lines=lines,
        usage=Usage(),
    )  # fmt: skip


@given(documents(), st.integers(1, 5))
def test_every_entry_balances_and_a_credit_note_undoes_its_invoice(document: Invoice, place: int) -> None:
    sold = books.of_document(document, "dentiste")
    undone = books.of_document(credit_document(document, "2026-000002", date(2026, 11, 3)), "dentiste", document)
    assert sum(post.cents for post in sold.posts) == 0
    assert {post.account: -post.cents for post in undone.posts} == {post.account: post.cents for post in sold.posts}
    line = document.lines[min(place, len(document.lines)) - 1]
    half = max(1, line.net_cents // 2)
    key = f"line:{document.lines.index(line) + 1}"
    part = part_document(
        document, "2026-000003", date(2026, 11, 4),
        [Line("y", "1", "C62", "1", half, source="credit", key=key, vat=line.vat)],
    )  # fmt: skip
    entry = books.of_document(part, "dentiste", document)
    assert sum(post.cents for post in entry.posts) == 0
    assert {post.account for post in entry.posts} <= {post.account for post in sold.posts}


@given(st.lists(documents(), max_size=4))
def test_the_file_has_eighteen_fields_and_its_debit_is_its_credit(found: list[Invoice]) -> None:
    lines = list(books.fec(books.of_document(document, "dentiste") for document in found))
    rows = [line.split("\t") for line in lines]
    assert rows[0] == list(books.FIELDS)
    assert {len(row) for row in rows} == {18}
    debit = sum(int(row[11].replace(",", "")) for row in rows[1:])
    assert debit == sum(int(row[12].replace(",", "")) for row in rows[1:]) == sum(d.gross_cents for d in found)
    numbers = [int(row[2]) for row in rows[1:]]
    assert sorted(set(numbers)) == list(range(1, len(found) + 1)), "without a gap"
    assert numbers == sorted(numbers)
    assert all(row[3] == row[9] == row[15] == "20261102" for row in rows[1:])


def test_a_years_file_is_named_after_who_sells_and_when_it_closes() -> None:
    assert books.file_name("732829320", date(2026, 12, 31)) == "732829320FEC20261231.txt"
    assert books.financial_year(2026) == (date(2026, 1, 1), date(2026, 12, 31))
    assert books.financial_year(2026, (3, 31)) == (date(2025, 4, 1), date(2026, 3, 31))
    with pytest.raises(BadInput, match="2026-02-30"):
        books.financial_year(2026, (2, 30))


def test_vat_that_waits_for_payment_is_kept_apart() -> None:
    def vat_accounts(*, on_debits: bool) -> list[str]:
        document = compose(
            number="2026-000001", seller=SELLER, buyer=BUYER, terms=Terms(vat_on_debits=on_debits),
            period=(date(2026, 10, 1), date(2026, 10, 31)), issued_on=date(2026, 11, 2), currency="EUR",
            lines=[Line("x", "1", "C62", "1", 1000)], usage=Usage(),
        )  # fmt: skip
        return [number for (number, _), *_ in books.of_document(document, "d").posts if number.startswith("445")]

    assert vat_accounts(on_debits=True) == ["445710"]
    assert vat_accounts(on_debits=False) == ["445740"]
