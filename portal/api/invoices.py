"""Invoices: the list, one of them, its PDF and XML."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from billing.documents.cii import to_xml
from billing.documents.render import pdf_apart
from billing.invoices import views
from portal.api.keys import key_shown, seated
from portal.api.problems import RESPONSES
from portal.reading import money

router = APIRouter(prefix="/invoices", tags=["invoices"], responses=RESPONSES)

Key = Annotated[str, Depends(key_shown)]
Number = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,32}$", description="As it stands on the document.")]


class Invoice(BaseModel):
    """An invoice or credit note; sums are decimals as text, a credit note's below zero."""

    number: str
    kind: Literal["invoice", "credit_note"]
    tenant: str
    period: str
    issued_on: date
    due_on: date
    net: str
    vat: str
    gross: str
    due: str
    currency: str


class Invoices(BaseModel):
    """Every invoice and credit note, the newest first."""

    data: list[Invoice]


class Line(BaseModel):
    """A line of a document."""

    line: int
    name: str
    quantity: str
    price: str
    net: str


class Whole(Invoice):
    """An invoice with its lines."""

    lines: list[Line]


@router.get("", summary="Invoices and credit notes")
def listed(request: Request, key: Key) -> Invoices:
    """All of them; scope `invoices`."""
    with seated(request, key, "invoices") as seat:
        return Invoices(data=[Invoice.model_validate(money.shown(bill, seat)) for bill in money.bills(seat)])


@router.get("/{number}", summary="One of them")
def one(request: Request, key: Key, number: Number) -> Whole:
    """One with its lines; scope `invoices`."""
    with seated(request, key, "invoices") as seat:
        bill = money.bill(seat, number)
        return Whole.model_validate(money.shown(bill, seat) | {"lines": views.lines(bill.of)})


@router.get("/{number}/pdf", summary="The Factur-X file", response_class=Response,
            responses={200: {"content": {"application/pdf": {}}}})  # fmt: skip
def pdf(request: Request, key: Key, number: Number) -> Response:
    """PDF/A-3 with the XML inside; scope `invoices`. The log says that it was taken."""
    with seated(request, key, "invoices") as seat:
        found = money.taken(seat, number, "pdf")
    return Response(pdf_apart(found.invoice()), media_type="application/pdf")


@router.get("/{number}/xml", summary="EN 16931 XML", response_class=Response,
            responses={200: {"content": {"application/xml": {}}}})  # fmt: skip
def xml(request: Request, key: Key, number: Number) -> Response:
    """The invoice as CII; scope `invoices`. The log says that it was taken."""
    with seated(request, key, "invoices") as seat:
        found = money.taken(seat, number, "xml")
    return Response(to_xml(found.invoice()), media_type="application/xml")
