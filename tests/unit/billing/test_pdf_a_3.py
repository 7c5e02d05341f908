"""The Factur-X file keeps what can be read of PDF/A-3b; the reader of it finds what is planted."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pypdf
import pytest
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from billing.documents.invoice import Usage
from billing.documents.invoice_pdf import to_pdf
from tests.unit.billing.pdf_a import failures
from tests.unit.billing.test_factur_x import INVOICES

# WeasyPrint 70 leaves the colour profile it ships for the garbage collector to close
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

USAGE = Usage((("2026-10-06", 3600, 7_200_000),), (("+33", 12, 39_723, 8_562_400),), (("accueil", 12, 39_723, 1),))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return to_pdf(replace(INVOICES["with VAT"], usage=USAGE))


@pytest.mark.parametrize("name", INVOICES)
def test_every_kind_of_document_keeps_what_can_be_read_of_pdf_a_3b(name: str) -> None:
    assert failures(to_pdf(replace(INVOICES[name], usage=USAGE))) == []


def test_writing_it_says_nothing_and_leaves_no_object_twice(caplog: pytest.LogCaptureFixture) -> None:
    made = to_pdf(replace(INVOICES["with VAT"], usage=USAGE))
    assert [record.getMessage() for record in caplog.records if record.name.startswith("pypdf")] == []
    reader = pypdf.PdfReader(io.BytesIO(made))
    pages = [o for n in range(1, int(reader.trailer["/Size"])) if is_page(o := reader.get_object(n))]  # pyright: ignore
    assert len(pages) == len(reader.pages) == 2


def is_page(thing: object) -> bool:
    return isinstance(thing, DictionaryObject) and thing.get("/Type") == "/Page"


Spoil = Callable[[pypdf.PdfWriter], object]


def _script(writer: pypdf.PdfWriter) -> None:
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('hello')")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)


def _no_intent(writer: pypdf.PdfWriter) -> None:
    del writer.root_object["/OutputIntents"]


def _no_metadata(writer: pypdf.PdfWriter) -> None:
    del writer.root_object["/Metadata"]


def _second_file(writer: pypdf.PdfWriter) -> None:
    writer.add_attachment("other.xml", b"<a/>")


def _no_relationship(writer: pypdf.PdfWriter) -> None:
    del writer.root_object["/AF"][0].get_object()["/AFRelationship"]  # pyright: ignore


def _strange_font(writer: pypdf.PdfWriter) -> None:
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
         NameObject("/BaseFont"): NameObject("/Helvetica")}
    )  # fmt: skip
    writer.pages[0]["/Resources"]["/Font"][NameObject("/F99")] = font  # pyright: ignore


def _launch(writer: pypdf.PdfWriter) -> None:
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("x")})
    writer.root_object[NameObject("/OpenAction")] = action


def _encrypted(writer: pypdf.PdfWriter) -> None:
    writer.encrypt("", algorithm="RC4-128")


@pytest.mark.parametrize(
    ("spoil", "clause"),
    [
        (_script, "6.5.1"), (_no_intent, "6.2.3"), (_no_metadata, "6.6.2.1"), (_second_file, "Factur-X 6.2"),
        (_no_relationship, "6.8"), (_strange_font, "6.2.11.4.1"), (_launch, "6.5.1"), (_encrypted, "6.1.3"),
    ],
)  # fmt: skip
def test_what_breaks_the_standard_is_found(pdf: bytes, spoil: Spoil, clause: str) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    spoil(writer)
    spoiled = io.BytesIO()
    writer.write(spoiled)
    assert any(failure.startswith(clause) for failure in failures(spoiled.getvalue()))


def test_a_cross_reference_that_points_elsewhere_is_found(pdf: bytes) -> None:
    start = pdf.rindex(b"xref\n0 ")
    moved = pdf[:start] + pdf[start:].replace(b"00000 n", b"00001 n", 0)
    assert failures(moved) == []
    first = pdf.index(b" 00000 n", start) - 10
    wrong = pdf[:first] + b"%010d" % (int(pdf[first : first + 10]) + 1) + pdf[first + 10 :]
    assert any(failure.startswith("6.1.9") for failure in failures(wrong))
