"""Conformité: when people may be called, who refused, who agreed, who asked for their rights and by when."""

from __future__ import annotations

from starlette.responses import Response

from compliance.law import calendar
from compliance.ledgers import consents, oppositions
from compliance.ledgers.tabular import number as read_number
from compliance.people import rights
from portal.door import Seat
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from portal.words import LONG_MONTHS
from store.base import spreadsheet
from store.base.errors import BadInput

pages = Pages()

KINDS = {
    "access": "accès à ses données", "erasure": "effacement", "rectification": "rectification",
    "objection": "opposition", "restriction": "limitation", "portability": "portabilité",
}  # fmt: skip
HOW = {"letter": "par courrier", "mail": "par courriel", "call": "au téléphone", "web": "par un formulaire",
       "desk": "sur place"}  # fmt: skip
CLOSED = {"weekend": "week-end", "public_holiday": "jour férié", "unknown_location": "lieu inconnu"}
COPIED = ("given_at", "goods", "professional", "third_party", "how", "wording", "evidence", "evidence_hash",
          "expires_at", "withdrawn_at", "withdrawn_how")  # fmt: skip
NO_NUMBER = "Ce n'est pas un numéro de téléphone."


def number_typed(visit: Visit, text: str, field: str = "numero") -> str:
    """The number as the ledgers keep it; "" where it is none, and its field says so."""
    try:
        return read_number({"number": text.strip()}) if text.strip() else ""
    except BadInput:
        visit.faults[field] = NO_NUMBER
        return ""


# -- when


@pages.get("/conformite", "oppositions")
def when(visit: Visit, seat: Seat) -> Answer:
    """The lawful hours of a month, for consumers in one place or in all the places a number may be in."""
    here = visit.now.astimezone(visit.zone)
    month = visit.query.get("mois", "") or f"{here:%Y-%m}"
    postcode, number = visit.query.get("code", "").strip()[:5], visit.query.get("numero", "").strip()[:30]
    days: list[calendar.Day] = []
    try:
        days = calendar.month(calendar.places(postcode or (None if number else "75001"), number or None), month)
    except BadInput as error:
        field = "mois" if "month" in str(error) else "code" if postcode else "numero"
        visit.faults[field] = {"mois": "Choisissez un mois.", "code": "Un code postal a cinq chiffres.",
                               "numero": NO_NUMBER}[field]  # fmt: skip
    open_until = next((end for day in days for begin, end in day.spans if begin <= visit.now < end), None)
    requests = rights.listed(seat.conn, visit.now) if "rights" in seat.rights else []
    return visit.page(
        "law.html", 422 if visit.faults else 200, days=days, month=month, postcode=postcode, typed=number,
        named=f"{LONG_MONTHS[int(month[5:]) - 1]} {month[:4]}" if days else "", today=here.date(),
        open_until=open_until, closed=CLOSED, waiting=sum(1 for one in requests if one["state"] != "closed"),
    )  # fmt: skip


# -- who refused


@pages.get("/conformite/oppositions", "oppositions")
def opposed(visit: Visit, seat: Seat) -> Answer:
    """Those of a number; the last ones; the forms that add one, or a list."""
    return _opposed(visit, seat)


def _opposed(visit: Visit, seat: Seat, status: int = 200, report: oppositions.Typed | None = None) -> Response:
    asked = visit.query.get("numero", "")[:30]
    number = number_typed(visit, asked)
    found = oppositions.of(seat.conn, number) if number else []
    return visit.page(
        "oppositions.html", 422 if visit.faults else status, found=found, asked=asked, number_asked=number, how=HOW,
        latest=oppositions.latest(seat.conn, seat.whose), report=report, done=visit.query.get("fait", ""),
    )  # fmt: skip


@pages.post("/conformite/oppositions", "oppositions")
def oppose(visit: Visit, seat: Seat) -> Answer:
    """Somebody wants no more calls."""
    number = number_typed(visit, visit.form.get("oppose", ""), "oppose")
    if not number:
        visit.faults.setdefault("oppose", "Donnez le numéro.")
        return _opposed(visit, seat, 422)
    how = visit.form.get("comment", "")
    oppositions.oppose(seat.conn, seat.whose, number, how if how in HOW else "web", visit.now, by=seat.by)
    return visit.go("/conformite/oppositions?fait=note")


@pages.post("/conformite/oppositions/liste", "oppositions")
def oppose_list(visit: Visit, seat: Seat) -> Answer:
    """Many, pasted: one a line; the bad lines are told, and stay in the field."""
    try:
        report = oppositions.take_list(seat.conn, seat.whose, visit.form.get("liste", ""), visit.now, by=seat.by)
    except BadInput as error:
        visit.faults["liste"] = (
            f"Au plus {oppositions.MOST_TYPED} lignes : au-delà, donnez le fichier à votre opérateur."
            if error.code == "list_long"
            else "Collez des numéros, un par ligne."
        )
        return _opposed(visit, seat, 422)
    return _opposed(visit, seat, 200, report)


# -- who agreed


@pages.get("/conformite/consentements", "oppositions")
def agreed(visit: Visit, seat: Seat) -> Answer:
    """The consents of a number, with all that proves them."""
    asked = visit.query.get("numero", "")[:30]
    number = number_typed(visit, asked)
    return visit.page("consents.html", 422 if visit.faults else 200, asked=asked, number_asked=number,
                      found=consents.of(seat.conn, number) if number else [],
                      done=visit.query.get("fait", ""))  # fmt: skip


@pages.post("/conformite/consentements/retirer", "oppositions")
def revoke(visit: Visit, seat: Seat) -> Answer:
    """As easily as it was given: every consent of the number ends now."""
    number = number_typed(visit, visit.form.get("numero", ""))
    if not number:
        raise BadInput(NO_NUMBER)
    consents.revoke(seat.conn, seat.whose, number, "asked", visit.now, by=seat.by)
    return visit.go(f"/conformite/consentements?numero=%2B{number[1:]}&fait=retire")


@pages.get("/conformite/consentements.csv", "proofs", sure=True)
def copy(visit: Visit, seat: Seat) -> Answer:
    """The person's free copy (C. conso R223-2)."""
    number = number_typed(visit, visit.query.get("numero", "")[:30])
    if not number:
        return visit.go("/conformite/consentements")
    rows = consents.copied(seat.conn, seat.whose, number, by=seat.by)
    return visit.file(spreadsheet.written(rows, COPIED, zone=visit.zone).encode(), "text/csv; charset=utf-8",
                      "consentements.csv")  # fmt: skip


# -- who asked for their rights


@pages.get("/conformite/demandes", "rights")
def asked(visit: Visit, seat: Seat) -> Answer:
    """The register: the open ones first, each with its day."""
    return _asked(visit, seat)


def _asked(visit: Visit, seat: Seat, status: int = 200, of: str = "") -> Response:
    today = visit.now.astimezone(visit.zone).date()
    return visit.page("rights.html", status, requests=rights.listed(seat.conn, visit.now), kinds=KINDS, today=today,
                      done=visit.query.get("fait", ""), of=of)  # fmt: skip


@pages.post("/conformite/demandes", "rights")
def register(visit: Visit, seat: Seat) -> Answer:
    """A request was received: twelve working days run from now (contract, 8.2)."""
    kind, person = visit.form.get("quoi", ""), visit.form.get("qui", "").strip()[:200]
    if kind not in KINDS:
        visit.faults["quoi"] = "Choisissez ce qui est demandé."
    if not person:
        visit.faults["qui"] = "Un nom, un numéro ou une adresse où répondre."
    if visit.faults:
        return _asked(visit, seat, 422)
    rights.register(seat.conn, seat.whose, kind, person, visit.now, by=seat.by)
    return visit.go("/conformite/demandes?fait=note")


@pages.post("/conformite/demandes/{id}/clore", "rights")
def close(visit: Visit, seat: Seat) -> Answer:
    """It was answered, and how."""
    request_id, outcome = id_in(visit), visit.form.get("reponse", "").strip()[:500]
    if not outcome:
        visit.faults[f"reponse-{request_id}"] = "Écrivez ce qui a été répondu."
        return _asked(visit, seat, 422, str(request_id))
    rights.close(seat.conn, seat.whose, request_id, outcome, visit.now, by=seat.by)
    return visit.go("/conformite/demandes?fait=clos")
