"""Paying an invoice on Stripe's page, what is collected from, contesting lines, the statement of account."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Literal, cast

from starlette.responses import Response

from billing.documents.render import pages_apart
from billing.invoices import dunning, statement_views, views
from billing.stripe import checkout
from portal.door import Seat
from portal.reading import money, paying
from portal.support.wording import link
from portal.web.routes import Pages
from portal.web.visit import Answer, Visit
from store import jobs
from store.audit import note
from store.base import spreadsheet
from store.base.errors import BadInput, Refused

pages = Pages()

METHODS: Mapping[str, str] = {"card": "carte bancaire", "sepa_debit": "prélèvement SEPA"}
WHY: Mapping[str, str] = {
    "no_stripe": "Le paiement en ligne n'est pas ouvert chez votre opérateur : réglez par virement.",
    "nothing_due": "Il ne reste rien à payer.",
    "underway": "Un paiement est déjà en cours.",
}
"""Why there is no page to pay on; any other: it could not be opened."""
NAMES: Mapping[str, str] = {
    "invoice": "facture", "credit_note": "avoir", "debit_note": "note de débit", "payment": "règlement",
    "refund": "remboursement", "chargeback": "paiement repris", "set_off": "compensation",
    "reversal": "règlement annulé",
}  # fmt: skip
AGES: Mapping[str, str] = {
    "not_due": "non échu", "1_30": "1 à 30 jours", "31_60": "31 à 60 jours", "61_90": "61 à 90 jours",
    "over_90": "plus de 90 jours", "overpaid": "trop-perçu",
}  # fmt: skip
MOST_REASON = 2000


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.zone).date()


@pages.get("/factures/{number}/paiement", "pay")
def stands(visit: Visit, seat: Seat) -> Answer:
    """Where paying stands: what the database knows, whatever the address says. Stripe's page leads back here."""
    bill = money.bill(seat, visit.request.path_params["number"])
    return _stands(visit, seat, bill)


def _stands(visit: Visit, seat: Seat, bill: money.Bill, status: int = 200) -> Response:
    found = paying.paying(seat, bill, visit.now)
    why = WHY.get(found.page.why, "La page de paiement n'a pas pu être ouverte.") if found.page else ""
    return visit.page("paying.html", status, bill=bill, stands=found, methods=METHODS, why=why,
                      problem=link("invoice", bill.of.number))  # fmt: skip


@pages.post("/factures/{number}/payer", "pay")
def pay(visit: Visit, seat: Seat) -> Answer:
    """A page to pay on is asked for."""
    bill = money.bill(seat, visit.request.path_params["number"])
    back = f"/factures/{bill.of.number}/paiement"
    if visit.form.get("moyen") not in METHODS:
        visit.faults["moyen"] = "Choisissez la carte ou le prélèvement."
        return _stands(visit, seat, bill, 422)
    method = cast(Literal["card", "sepa_debit"], visit.form["moyen"])
    with suppress(BadInput, Refused):  # the page says how it stands
        checkout.ask(seat.conn, seat.whose, bill.of, method, back, by=seat.by, now=visit.now)
    return visit.go(back)


@pages.get("/paiement", "pay")
def means(visit: Visit, seat: Seat) -> Answer:
    """What invoices are collected from."""
    found = paying.means(seat, visit.now)
    why = WHY.get(found.page.why, "La page de paiement n'a pas pu être ouverte.") if found.page else ""
    return visit.page("means.html", means=found, methods=METHODS, why=why)


@pages.post("/paiement", "pay", sure=True)
def set_up(visit: Visit, seat: Seat) -> Answer:
    """A page to leave a card or a mandate on is asked for: it binds, so who asks has proved who they are."""
    if visit.form.get("moyen") not in METHODS:
        visit.faults["moyen"] = "Choisissez la carte ou le prélèvement."
        found = paying.means(seat, visit.now)
        return visit.page("means.html", 422, means=found, methods=METHODS, why="")
    method = cast(Literal["card", "sepa_debit"], visit.form["moyen"])
    checkout.ask(seat.conn, seat.whose, None, method, "/paiement", by=seat.by, now=visit.now)
    return visit.go("/paiement")


@pages.get("/factures/{number}/contester", "dispute")
def contest_form(visit: Visit, seat: Seat) -> Answer:
    """Lines to be ticked, and until when."""
    return _contest(visit, seat, money.bill(seat, visit.request.path_params["number"]))


def _contest(visit: Visit, seat: Seat, bill: money.Bill, status: int = 200) -> Response:
    return visit.page(
        "contest.html", status, bill=bill, lines=views.lines(bill.of),
        until=paying.contestable(seat, bill.of, _today(visit)),
        disputes=paying.contested(seat, bill.of), most=MOST_REASON, done=visit.query.get("fait", ""),
    )  # fmt: skip


@pages.post("/factures/{number}/contester", "dispute")
def contest(visit: Visit, seat: Seat) -> Answer:
    """Lines are contested, in writing (5.6): they are held out of dunning until it is decided."""
    bill = money.bill(seat, visit.request.path_params["number"])
    lines = [line["line"] for line in views.lines(bill.of) if visit.form.get(f"ligne-{line['line']}") == "oui"]
    reason = visit.form.get("motif", "").strip()
    if not lines:
        visit.faults["lignes"] = "Cochez au moins une ligne."
    if not reason or len(reason) > MOST_REASON or "\0" in reason:
        visit.faults["motif"] = "Écrivez ce que vous contestez et pourquoi, en 2 000 caractères au plus."
    if not visit.faults:
        try:
            dunning.contest(seat.conn, bill.of, lines, reason, bill.of.issued_on, _today(visit), by=seat.by)
            jobs.add(seat.conn, dunning.SETTLE, seat.whose, due_at=visit.now)
            return visit.go(f"/factures/{bill.of.number}/contester?fait=oui")
        except (Refused, BadInput):
            visit.faults["form"] = "Ce n'est plus possible : le délai est passé, ou ces lignes sont déjà contestées."
    return _contest(visit, seat, bill, 422)


@pages.get("/releve", "invoices")
def statement(visit: Visit, seat: Seat) -> Answer:
    """The account over a year, or the days asked for."""
    begins, ends = _days(visit)
    found = paying.account(seat, begins, ends)
    return visit.page(
        "statement.html", 422 if visit.faults else 200, year=found, begins=begins, ends=ends, names=NAMES, ages=AGES,
        lines=list(zip(found.of.entries, found.balances, strict=True)),
        typed={"du": visit.query.get("du", begins.isoformat()), "au": visit.query.get("au", ends.isoformat())},
        ageing=[(AGES[age], cents) for age, cents in found.of.ageing().items() if cents],
    )  # fmt: skip


def _days(visit: Visit) -> tuple[date, date]:
    """The days asked for; the year so far where they are none, and what was wrong with them."""
    today = _today(visit)
    begins, ends = today.replace(month=1, day=1), today
    for name in ("du", "au"):
        if text := visit.query.get(name, "")[:10]:
            try:
                day = date.fromisoformat(text)
                begins, ends = (day, ends) if name == "du" else (begins, day)
            except ValueError:
                visit.faults[name] = "Un jour, comme 2026-01-31."
    if ends < begins and not visit.faults:
        visit.faults["au"] = "Le dernier jour vient après le premier."
    return (today.replace(month=1, day=1), today) if visit.faults else (begins, ends)


@pages.get("/releve.csv", "invoices")
def statement_csv(visit: Visit, seat: Seat) -> Answer:
    """The same for a spreadsheet."""
    begins, ends = _days(visit)
    rows = statement_views.account_rows(paying.account(seat, begins, ends).of)
    visit.exported(seat, "statement.export", "statement", len(rows))
    return visit.file(spreadsheet.written(rows, statement_views.ACCOUNT_COLUMNS, zone=visit.zone).encode(),
                      "text/csv; charset=utf-8", "releve.csv")  # fmt: skip


@pages.get("/releve/pdf", "invoices")
def statement_pdf(visit: Visit, seat: Seat) -> Answer:
    """The same as a PDF, made beside the web's process."""
    begins, ends = _days(visit)
    facts = paying.account_page(seat, paying.account(seat, begins, ends), "EUR")
    note(seat.conn, seat.by, "statement.export", "statement", seat.tenant_id, file="pdf")
    return lambda: visit.file(pages_apart("statement.html", facts), "application/pdf", "releve.pdf")
