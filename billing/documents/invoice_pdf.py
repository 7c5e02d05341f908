# pyright: basic
"""An invoice as a Factur-X file: a PDF/A-3 a person reads, with the EN 16931 XML inside.

WeasyPrint lays out and writes PDF/A-3b (fonts embedded, output intent); the factur-x library checks the XML
against the schema, attaches it and writes the metadata. Tests read the file against ISO 19005-3
(tests/unit/billing/pdf_a.py): no validator of PDF/A-3 can be had from the package registries.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date

from billing.charges.ledger import spell
from billing.documents import pages
from billing.documents.cii import to_xml
from billing.documents.invoice import Invoice
from billing.documents.means import sentence
from billing.documents.pages import comma, day, laid_out

DISPUTE_DAYS = 8
_UNITS = {"MIN": "min", "MON": "mois", "C62": ""}


def to_pdf(invoice: Invoice) -> bytes:
    """The Factur-X file's bytes. Raises Unavailable where the system lacks Pango."""
    import facturx

    page = laid_out(to_html(invoice))
    with _quiet():
        made = facturx.generate_from_binary(
            page,
            to_xml(invoice),
            flavor="factur-x",
            level="en16931",
            check_xsd=True,
            pdf_metadata={
                "author": invoice.seller.name,
                "keywords": "Factur-X, Facture" if invoice.kind == "invoice" else "Factur-X, Avoir",
                "title": title(invoice),
                "subject": f"{title(invoice)}, {invoice.seller.name}",
            },
            lang="fr-FR",
            afrelationship="data",
        )
    return _slim(made)


def _slim(pdf: bytes) -> bytes:
    """The same file without the copies: pypdf, in factur-x, writes the colour profile once for each of its uses."""
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    writer.compress_identical_objects(remove_duplicates=True, remove_unreferenced=True)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


@contextmanager
def _quiet() -> Generator[None]:
    """pypdf warns of those copies ("Object count … exceeds …"): they are gone from what is returned."""
    log = logging.getLogger("pypdf")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def to_html(invoice: Invoice) -> str:
    """The pages as HTML."""
    sign = "€" if invoice.currency == "EUR" else invoice.currency
    facts = {
        "i": invoice,
        "title": title(invoice),
        "currency": invoice.currency,
        "units": _UNITS,
        "micros": lambda micros: f"{comma(spell(micros))} {sign}",
        "price": lambda text: f"{comma(_two_digits(text))} {sign}",
        "duration": lambda s: f"{s // 3600} h {s // 60 % 60:02} min {s % 60:02} s",
        "percent": lambda vat: f"{comma(str(vat.percent))} %",
        "pay": sentence(invoice.means, invoice.seller, invoice.number, day(invoice.due_on)),
        "contest": f"Les lignes de cette facture se contestent par écrit dans les {DISPUTE_DAYS} jours ouvrés de sa "
        "réception (article 5.6 des conditions générales).",
        "credits_on": date.fromisoformat(invoice.credits_on) if invoice.credits_on else None,
        "bars": _bars(invoice),
        "peak": max((seconds for _, seconds, _ in invoice.usage.days), default=0) // 60,
    }
    return pages.to_html("invoice.html", facts)


def title(invoice: Invoice) -> str:
    """« Facture 2026-000001 »."""
    return f"{'Facture' if invoice.kind == 'invoice' else 'Avoir'} {invoice.number}"


def _bars(invoice: Invoice) -> list[dict[str, float | str]]:
    """One bar for each day of the period, 150 units high for the busiest."""
    seconds = {day: value for day, value, _ in invoice.usage.days}
    count = (invoice.period_to - invoice.period_from).days + 1
    peak = max(seconds.values(), default=0) or 1
    width = 640 / count
    bars: list[dict[str, float | str]] = []
    for number in range(count):
        of = date.fromordinal(invoice.period_from.toordinal() + number)
        height = round(135 * seconds.get(of.isoformat(), 0) / peak, 2)
        bars.append(
            {"x": round(number * width, 2), "y": 150 - height, "width": round(width * 0.8, 2), "height": height,
             "day": str(of.day)}
        )  # fmt: skip
    return bars


def _two_digits(price: str) -> str:
    """A unit price with at least two decimals."""
    whole, _, digits = price.partition(".")
    return f"{whole}.{digits.ljust(2, '0')}"
