"""The invoice's PDF: PDF/A-3 with the XML inside, embedded fonts, and everything a person must read."""

from __future__ import annotations

import io
from dataclasses import replace

import facturx
import pypdf
import pytest

from billing.documents.invoice import Usage, restored
from billing.documents.invoice_pdf import to_pdf
from tests.unit.billing.test_factur_x import an_invoice

# WeasyPrint 70 leaves the colour profile it ships for the garbage collector to close
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def pdf() -> bytes:
    usage = Usage((("2026-10-06", 3600, 7_200_000),), (("+33", 12, 39_723, 8_562_400),), (("accueil", 12, 39_723, 1),))
    return to_pdf(replace(an_invoice(), usage=usage))


def test_the_xml_inside_is_the_one_of_the_invoice_and_the_profile_is_en_16931(pdf: bytes) -> None:
    name, xml = facturx.get_xml_from_pdf(pdf, check_xsd=True, check_schematron=False)[:2]
    assert name == "factur-x.xml"
    assert b"2026-000001" in xml
    assert facturx.get_level(facturx.facturx.etree.fromstring(xml)) == "en16931"


def test_it_declares_pdf_a_3b_and_has_an_output_intent_and_only_embedded_fonts(pdf: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    metadata = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in metadata
    assert "/OutputIntents" in reader.trailer["/Root"]
    assert not reader.is_encrypted
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            for descendant in font.get_object()["/DescendantFonts"]:
                descriptor = descendant.get_object()["/FontDescriptor"]
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)


def test_the_pages_say_what_the_law_asks_and_show_the_usage(pdf: bytes) -> None:
    pages = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    for text in (
        "Facture 2026-000001", "SIREN 732829320", "SIREN 404833048", "TVA FR44732829320", "Total HT", "TVA 20 %",
        "Indemnité forfaitaire", "trois fois le taux de l'intérêt légal",
        "Option pour le paiement de la taxe d'après les débits", "prestations de services",
        "À payer au plus tard le 02/11/2026",
    ):  # fmt: skip
        assert text in pages[0]
    assert "Consommation" in pages[1]
    assert "Par destination" in pages[1]


def test_a_document_read_back_from_the_store_is_the_same() -> None:
    assert restored(an_invoice().plain()) == an_invoice()
