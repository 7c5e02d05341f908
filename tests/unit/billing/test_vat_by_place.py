"""The VAT of a service to a business is that of where the business is; who cannot be invoiced lawfully is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.documents.invoice import Line, taxed
from billing.documents.parties import Party, check_party, iban_is_valid, in_fours, vat_number_is_valid
from billing.documents.vat import cents, place_of, regime
from billing.documents.words import calls_named, destination
from store.base.errors import BadInput

BUYER = Party("Clinique", "404833048", "1 rue de Paris", "35000", "Rennes")
BRUSSELS = Party("Cabinet Dupont SRL", "", "Rue Neuve 1", "1000", "Bruxelles", "BE", "BE0123456749")


def at(postcode: str, country: str = "FR") -> Party:
    return replace(BUYER, postcode=postcode, country=country)


@pytest.mark.parametrize(
    ("postcode", "category", "percent"),
    [
        ("75002", "S", 20), ("20000", "S", 20),  # Corsica is as the mainland
        ("97110", "S", "8.5"), ("97200", "S", "8.5"), ("97400", "S", "8.5"),
        ("97300", "E", 0), ("97600", "E", 0),
        ("97133", "O", 0), ("97150", "O", 0), ("97500", "O", 0),
        ("98800", "O", 0), ("98700", "O", 0), ("98600", "O", 0),
    ],
)  # fmt: skip
def test_a_french_postcode_says_which_vat(postcode: str, category: str, percent: int | str) -> None:
    assert (place_of(at(postcode)).category, place_of(at(postcode)).percent) == (category, percent)


@pytest.mark.parametrize(
    ("country", "category", "percent"),
    [("RE", "S", "8.5"), ("GP", "S", "8.5"), ("GF", "E", 0), ("NC", "O", 0), ("MC", "S", 20), ("BE", "AE", 0),
     ("GR", "AE", 0), ("CH", "O", 0), ("GB", "O", 0)],
)  # fmt: skip
def test_a_country_says_which_vat(country: str, category: str, percent: int | str) -> None:
    found = place_of(at("97400", country))
    assert (found.category, found.percent) == (category, percent)


def test_an_operators_calls_are_by_reverse_charge_where_france_taxes_them_and_a_seller_without_vat_charges_none() -> (
    None
):
    operator = replace(BUYER, operator=True)
    assert "283, 2 octies" in regime(operator, telecom=True).reason
    assert regime(operator, telecom=False).percent == 20
    assert "294" in regime(replace(at("97300"), operator=True), telecom=True).reason
    assert "293 B" in regime(operator, telecom=True, franchise=True).reason


@given(st.lists(st.integers(-500_000, 500_000), min_size=1, max_size=8), st.sampled_from(["75002", "97400", "97300"]))
def test_the_vat_of_an_invoice_is_its_rate_of_the_sum_rounded_once(nets: list[int], postcode: str) -> None:
    lines, vat = taxed([Line("x", "1", "C62", "1", net) for net in nets], at(postcode))
    assert sum(part.base_cents for part in vat) == sum(nets)
    assert [part.tax_cents for part in vat] == [cents(part.rate * part.base_cents / 100) for part in vat]
    assert {line.vat for line in lines} == {""}, "one rate is the document's own"


def test_half_a_percent_is_kept() -> None:
    _, (vat,) = taxed([Line("x", "1", "C62", "1", 1000)], at("97400"))
    assert (vat.percent, vat.rate, vat.tax_cents) == ("8.5", Fraction(17, 2), 85)


@pytest.mark.parametrize(
    ("party", "said"),
    [
        (replace(BUYER, siren="404833049"), "SIREN"),
        (replace(BUYER, postcode="ABCDE"), "five digits"),
        (replace(BUYER, country="XX"), "ISO 3166"),
        (replace(BUYER, country="fr"), "ISO 3166"),
        (replace(BUYER, vat_number="TOTO"), "vat_number"),
        (replace(BUYER, vat_number="FR45404833048"), "FR83404833048"),
        (replace(BUYER, vat_number="FR44732829320"), "FR83404833048"),
        (replace(BUYER, iban="FR7630006000011234567890188"), "mod 97"),
        (replace(BUYER, iban="NOTANIBAN"), "mod 97"),
        (replace(BUYER, email="pas un mail"), "address"),
        (replace(BRUSSELS, vat_number=""), "259 D"),
        (replace(BRUSSELS, vat_number="BE12"), "vat_number"),
        (replace(BRUSSELS, siren="404833048"), "has no SIREN"),
    ],
)
def test_what_breaks_its_own_rule_is_refused(party: Party, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check_party("customer", party)


def test_what_keeps_it_is_taken() -> None:
    check_party("customer", BUYER)
    check_party("customer", BRUSSELS)
    check_party("customer", replace(BUYER, vat_number="FR83404833048", iban="FR7630006000011234567890189"))
    check_party("seller", BUYER, franchise=True)
    with pytest.raises(BadInput, match="vat_number is missing"):
        check_party("seller", BUYER)


@given(st.integers(0, 97), st.integers(10**22, 10**23 - 1))
def test_one_wrong_digit_of_an_iban_is_seen(check: int, account: int) -> None:
    iban = f"FR{check:02d}{account}"
    if iban_is_valid(iban):
        wrong = iban[:-1] + str((int(iban[-1]) + 1) % 10)
        assert not iban_is_valid(wrong)
        assert iban_is_valid(in_fours(iban))


def test_a_french_vat_number_is_its_sirens() -> None:
    assert vat_number_is_valid(replace(BUYER, vat_number="FR83404833048"))
    assert not vat_number_is_valid(replace(BUYER, vat_number="FR83404833056"))


def test_the_legal_form_is_said_once() -> None:
    seller = replace(BUYER, name="Opérateur Exemple SAS", legal="SAS au capital de 10 000 €, RCS Paris 732 829 320")
    assert seller.legal_once == "au capital de 10 000 €, RCS Paris 732 829 320"
    assert replace(seller, name="Opérateur Exemple").legal_once == seller.legal


@pytest.mark.parametrize(
    ("way", "prefix", "name"),
    [
        ("inbound", "", "Appels reçus"),
        ("inbound", "+33", "Appels reçus de France"),
        ("inbound", "+336", "Appels reçus des mobiles de France"),
        ("outbound", "", "Appels émis vers toutes destinations"),
        ("outbound", "+33", "Appels émis vers la France"),
        ("outbound", "+337", "Appels émis vers les mobiles de France"),
        ("outbound", "+262692", "Appels émis vers les mobiles de La Réunion"),
        ("outbound", "+262", "Appels émis vers La Réunion et Mayotte"),
        ("transfer", "+331", "Appels transférés vers les fixes de France"),
        ("fallback", "+49", "Appels renvoyés vers l'Allemagne"),
        ("outbound", "+4915", "Appels émis vers l'Allemagne, numéros en +4915"),
        ("outbound", "+1", "Appels émis vers les États-Unis et le Canada"),
        ("outbound", "+3", "Appels émis vers les numéros en +3"),
        ("outbound", "+", "Appels émis vers les numéros en +"),
    ],
)
def test_a_line_says_in_words_which_calls_it_is_for(way: str, prefix: str, name: str) -> None:
    assert calls_named(way, prefix) == name


@given(st.text("0123456789", max_size=9))
def test_every_prefix_has_a_name(digits: str) -> None:
    assert destination(f"+{digits}")


@pytest.mark.parametrize(("base", "tax"), [(1, 0), (2, 0), (3, 1), (7, 1), (8, 2)])
def test_vat_is_rounded_once_half_up_so_that_a_cent_bears_none(base: int, tax: int) -> None:
    """EN 16931, BR-CO-17: the tax of a rate is its base times the rate, rounded to two decimals."""
    assert cents(Fraction(20 * base, 100)) == tax
