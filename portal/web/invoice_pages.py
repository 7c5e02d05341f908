"""Factures: the list, one of them, its PDF (Factur-X) and XML."""

from __future__ import annotations

from starlette.responses import Response

from billing.documents.cii import to_xml
from billing.documents.render import pdf_apart
from billing.invoices import views
from portal.door import Seat
from portal.reading import money, paying
from portal.support.wording import link
from portal.web.routes import Pages
from portal.web.visit import Answer, Visit

pages = Pages()


@pages.get("/factures", "invoices")
def listed(visit: Visit, seat: Seat) -> Answer:
    """Every invoice and credit note, the newest first, and what is due in all."""
    bills = money.bills(seat)
    today = visit.now.astimezone(visit.zone).date()
    return visit.page("invoices.html", bills=bills, today=today, due=sum(bill.due for bill in bills),
                      late=sum(bill.due for bill in bills if bill.late(today)))  # fmt: skip


@pages.get("/factures/{number}", "invoices")
def one(visit: Visit, seat: Seat) -> Answer:
    """One of them, with its lines."""
    bill = money.bill(seat, visit.request.path_params["number"])
    today = visit.now.astimezone(visit.zone).date()
    return visit.page("invoice.html", bill=bill, lines=views.lines(bill.of), today=today,
                      until=paying.contestable(seat, bill.of, today), payable=bill.due > 0,
                      problem=link("invoice", bill.of.number))  # fmt: skip


@pages.get("/factures/{number}/pdf", "invoices")
def pdf(visit: Visit, seat: Seat) -> Answer:
    """The Factur-X file, made beside the web's process."""
    found = money.taken(seat, visit.request.path_params["number"], "pdf")
    return lambda: _file(pdf_apart(found.invoice()), "application/pdf", f"{found.number}.pdf")


@pages.get("/factures/{number}/xml", "invoices")
def xml(visit: Visit, seat: Seat) -> Answer:
    """The invoice as EN 16931 XML (CII)."""
    found = money.taken(seat, visit.request.path_params["number"], "xml")
    return _file(to_xml(found.invoice()), "application/xml", f"{found.number}.xml")


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
