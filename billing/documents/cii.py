# pyright: basic
"""An invoice as EN 16931 XML: Cross Industry Invoice D22B, the profile of Factur-X called EN 16931.

The business terms (BT-…) are those of the standard. French additions: the notes PMD, PMT, AAB, the SIREN
as scheme 0002 and as electronic address 0225, in BT-23 the category of operation (S1: services; S2: paid already).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import lxml.etree as etree

from billing.documents.invoice import Invoice, Line, Party
from billing.documents.means import CODES
from billing.documents.parties import EUROPEAN, FRENCH

_RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"

Node = Any

_SCHEMES = {
    "AT": "9914", "BE": "9925", "BG": "9926", "CY": "9928", "CZ": "9929", "DE": "9930", "DK": "0198", "EE": "9931",
    "ES": "9920", "FI": "0213", "FR": "9957", "GR": "9933", "HR": "9934", "HU": "9910", "IE": "9935", "IT": "0211",
    "LT": "9937", "LU": "9938", "LV": "9939", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947",
    "SE": "9955", "SI": "9949", "SK": "9950",
}  # fmt: skip
"""Schemes of electronic addresses (EAS) that are VAT numbers, by country."""


def to_xml(invoice: Invoice) -> bytes:
    """The document as XML, UTF-8."""
    spaces = {"rsm": _RSM, "ram": _RAM, "udt": _UDT, "qdt": _QDT}
    root = etree.Element(f"{{{_RSM}}}CrossIndustryInvoice", nsmap=spaces)
    context = _add(root, "rsm:ExchangedDocumentContext")
    business = "S2" if invoice.paid_cents else "S1"  # services; paid already
    _add(_add(context, "BusinessProcessSpecifiedDocumentContextParameter"), "ID", business)
    _add(_add(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", "urn:cen.eu:en16931:2017")
    document = _add(root, "rsm:ExchangedDocument")
    _add(document, "ID", invoice.number)
    _add(document, "TypeCode", "380" if invoice.kind == "invoice" else "381")
    _date(_add(document, "IssueDateTime"), invoice.issued_on)
    for code, text in invoice.notes.items():
        note = _add(document, "IncludedNote")
        _add(note, "Content", text)
        _add(note, "SubjectCode", code)
    trade = _add(root, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(invoice.lines, 1):
        _line(trade, number, line, invoice)
    agreement = _add(trade, "ApplicableHeaderTradeAgreement")
    if invoice.buyer.service_code:
        _add(agreement, "BuyerReference", invoice.buyer.service_code)  # BT-10: Chorus Pro's code of the service
    taxed = all(vat.category != "O" for vat in invoice.vat)
    _party(_add(agreement, "SellerTradeParty"), invoice.seller, taxed=taxed, seller=True)
    _party(_add(agreement, "BuyerTradeParty"), invoice.buyer, taxed=taxed)
    if invoice.buyer.commitment:
        order = _add(agreement, "BuyerOrderReferencedDocument")  # BT-13
        _add(order, "IssuerAssignedID", invoice.buyer.commitment)
    delivery = _add(trade, "ApplicableHeaderTradeDelivery")
    if invoice.buyer.delivery:
        address = _add(_add(delivery, "ShipToTradeParty"), "PostalTradeAddress")  # BG-15
        _add(address, "LineOne", invoice.buyer.delivery)
        _add(address, "CountryID", invoice.buyer.country)
    supplied = _add(delivery, "ActualDeliverySupplyChainEvent")
    _date(_add(supplied, "OccurrenceDateTime"), invoice.period_to)
    _settlement(_add(trade, "ApplicableHeaderTradeSettlement"), invoice)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _line(trade: Node, number: int, line: Line, invoice: Invoice) -> None:
    item = _add(trade, "IncludedSupplyChainTradeLineItem")
    _add(_add(item, "AssociatedDocumentLineDocument"), "LineID", str(number))
    product = _add(item, "SpecifiedTradeProduct")
    _add(product, "Name", line.name)
    if line.detail:
        _add(product, "Description", line.detail)
    price = _add(_add(item, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _add(price, "ChargeAmount", line.unit_price)
    _add(_add(item, "SpecifiedLineTradeDelivery"), "BilledQuantity", line.quantity, unitCode=line.unit)
    settlement = _add(item, "SpecifiedLineTradeSettlement")
    tax = _add(settlement, "ApplicableTradeTax")
    _add(tax, "TypeCode", "VAT")
    vat = invoice.vat_of(line)
    _add(tax, "CategoryCode", vat.category)
    if vat.category != "O":  # BR-O-5: outside the tax there is no rate
        _add(tax, "RateApplicablePercent", str(vat.percent))
    total = _add(settlement, "SpecifiedTradeSettlementLineMonetarySummation")
    _add(total, "LineTotalAmount", money(line.net_cents))


def _party(node: Node, party: Party, *, taxed: bool, seller: bool = False) -> None:
    """`taxed`: the document is within the tax: else it holds no VAT number (BR-O-2)."""
    if party.siret:
        _add(node, "GlobalID", party.siret, schemeID="0009")
    _add(node, "Name", party.name)
    if party.siren:
        legal = _add(node, "SpecifiedLegalOrganization")
        _add(legal, "ID", party.siren, schemeID="0002")
    if seller and (party.phone or party.email):
        contact = _add(node, "DefinedTradeContact")
        if party.phone:
            _add(_add(contact, "TelephoneUniversalCommunication"), "CompleteNumber", party.phone)
        if party.email:
            _add(_add(contact, "EmailURIUniversalCommunication"), "URIID", party.email)
    address = _add(node, "PostalTradeAddress")
    if party.postcode:
        _add(address, "PostcodeCode", party.postcode)
    _add(address, "LineOne", party.street)
    _add(address, "CityName", party.city)
    _add(address, "CountryID", party.country)
    _address(node, party)
    if party.vat_number and taxed:
        _add(_add(node, "SpecifiedTaxRegistration"), "ID", party.vat_number, schemeID="VA")
    elif seller and taxed:  # a seller without VAT is known to the tax office by its SIREN (BR-E-2)
        _add(_add(node, "SpecifiedTaxRegistration"), "ID", party.siren, schemeID="FC")


def _address(node: Node, party: Party) -> None:
    """Where it takes electronic invoices: in France its SIREN (0225), in the Union its VAT number, else its e-mail."""
    where = party.siren, "0225"
    if party.public:
        where = "_".join(part for part in (party.siren, party.siret, party.service_code) if part), "0225"
    if party.country not in FRENCH:
        where = (party.vat_number, _SCHEMES[party.country]) if party.country in EUROPEAN else (party.email, "EM")
    if where[0]:
        _add(_add(node, "URIUniversalCommunication"), "URIID", where[0], schemeID=where[1])


def _settlement(node: Node, invoice: Invoice) -> None:
    means = invoice.means
    if means.kind == "sepa_debit" and invoice.kind == "invoice":
        _add(node, "CreditorReferenceID", means.creditor_id)
    _add(node, "PaymentReference", invoice.number)
    _add(node, "InvoiceCurrencyCode", invoice.currency)
    if invoice.kind == "invoice" or not means.kind:  # a credit note asks for no money
        _means(_add(node, "SpecifiedTradeSettlementPaymentMeans"), invoice)
    for vat in invoice.vat:
        tax = _add(node, "ApplicableTradeTax")
        _add(tax, "CalculatedAmount", money(vat.tax_cents))
        _add(tax, "TypeCode", "VAT")
        if vat.why:
            _add(tax, "ExemptionReason", vat.why)
        _add(tax, "BasisAmount", money(vat.base_cents))
        _add(tax, "CategoryCode", vat.category)
        code = vat.code or ("VATEX-EU-AE" if vat.category == "AE" else "")
        if code:
            _add(tax, "ExemptionReasonCode", code)
        if vat.category == "S":
            _add(tax, "DueDateTypeCode", "5" if invoice.terms.vat_on_debits else "72")
        if vat.category != "O":
            _add(tax, "RateApplicablePercent", str(vat.percent))
    period = _add(node, "BillingSpecifiedPeriod")
    _date(_add(period, "StartDateTime"), invoice.period_from)
    _date(_add(period, "EndDateTime"), invoice.period_to)
    terms = _add(node, "SpecifiedTradePaymentTerms")
    if invoice.kind == "credit_note" and means.kind:
        _add(terms, "Description", "Avoir : à déduire de ce qui est dû, ou à rembourser.")
    else:
        _date(_add(terms, "DueDateDateTime"), invoice.due_on)
    if means.kind == "sepa_debit" and invoice.kind == "invoice":
        _add(terms, "DirectDebitMandateID", means.mandate)
    total = _add(node, "SpecifiedTradeSettlementHeaderMonetarySummation")
    _add(total, "LineTotalAmount", money(invoice.net_cents))
    _add(total, "TaxBasisTotalAmount", money(invoice.net_cents))
    _add(total, "TaxTotalAmount", money(invoice.vat_cents), currencyID=invoice.currency)
    _add(total, "GrandTotalAmount", money(invoice.gross_cents))
    if invoice.paid_cents:
        _add(total, "TotalPrepaidAmount", money(invoice.paid_cents))
    _add(total, "DuePayableAmount", money(invoice.gross_cents - invoice.paid_cents))
    if invoice.credits:
        credited = _add(node, "InvoiceReferencedDocument")
        _add(credited, "IssuerAssignedID", invoice.credits)
        on = _add(credited, "FormattedIssueDateTime")
        text = etree.SubElement(on, f"{{{_QDT}}}DateTimeString", format="102")
        text.text = invoice.credits_on.replace("-", "")


def _means(node: Node, invoice: Invoice) -> None:
    """BG-16. A document of before its means were kept is paid to its seller's account, or by card."""
    means = invoice.means
    _add(node, "TypeCode", CODES[means.kind] if means.kind else "58" if invoice.seller.iban else "54")
    if means.kind == "sepa_debit":
        _add(_add(node, "PayerPartyDebtorFinancialAccount"), "IBANID", means.account)
    if invoice.seller.iban:
        _add(_add(node, "PayeePartyCreditorFinancialAccount"), "IBANID", invoice.seller.iban)
    if invoice.seller.iban and invoice.seller.bic:
        _add(_add(node, "PayeeSpecifiedCreditorFinancialInstitution"), "BICID", invoice.seller.bic)


def money(cents: int) -> str:
    """Cents as a decimal with two digits."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _date(node: Node, day: date) -> None:
    text = etree.SubElement(node, f"{{{_UDT}}}DateTimeString", format="102")
    text.text = day.strftime("%Y%m%d")


def _add(node: Node, name: str, text: str = "", **attributes: str) -> Node:
    space, _, local = name.rpartition(":")
    child = etree.SubElement(node, f"{{{_RSM if space == 'rsm' else _RAM}}}{local}", attributes)
    if text:
        child.text = text
    return child
