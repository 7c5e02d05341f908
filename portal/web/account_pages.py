"""One's own account: password, second step, sessions, "my account is compromised"."""

from __future__ import annotations

from starlette.responses import Response

from portal.door import Seat
from portal.passkeys import kept
from portal.people import codes, own, passwords
from portal.web.routes import PERSON, Pages, id_in
from portal.web.visit import SESSION, Answer, Visit, drop
from store.base.errors import BadInput

pages = Pages()


@pages.get("/compte", PERSON)
def account(visit: Visit, seat: Seat) -> Answer:
    """All of it on one page."""
    return _account(visit, seat)


def _account(visit: Visit, seat: Seat, status: int = 200) -> Response:
    return visit.page("account.html", status, sessions=own.sessions(seat, visit.now), least=passwords.LEAST,
                      places=own.places(seat), done=visit.query.get("fait", ""), means=kept.means(seat.conn),
                      passkeys=kept.listed(seat.conn), visit_site=visit.site)  # fmt: skip


def _again(visit: Visit, error: BadInput, field: str) -> Response:
    """The page once more, with what was wrong beside the field."""
    visit.fault(error, field)
    with visit.portal.entered(visit.token, visit.now) as seat:
        visit.seat = seat
        return _account(visit, seat, 422)


@pages.post("/compte/mot-de-passe", PERSON)
def password(visit: Visit, seat: Seat) -> Answer:
    """Another password."""

    def done() -> Response:
        try:
            if visit.form.get("nouveau", "") != visit.form.get("encore", ""):
                raise BadInput("Les deux mots de passe diffèrent.")
            own.change_password(
                visit.portal, visit.token, visit.form.get("actuel", ""), visit.form.get("nouveau", ""), visit.now
            )  # fmt: skip
        except BadInput as error:
            return _again(visit, error, "actuel" if error.code == "password_wrong" else "nouveau")
        return visit.go("/compte?fait=mot-de-passe")

    return done


@pages.get("/compte/second-facteur", PERSON)
def second_step(visit: Visit, seat: Seat) -> Answer:
    """Set it up: the square, and a code to show that it works."""
    if kept.means(seat.conn).totp:
        return visit.go("/compte")
    return _set_up(visit, seat, codes.new_secret())


def _set_up(visit: Visit, seat: Seat, secret: str, status: int = 200) -> Response:
    grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return visit.page(
        "second_step.html", status, secret=secret, grouped=grouped, square=codes.square(secret, seat.email)
    )


@pages.post("/compte/second-facteur", PERSON)
def second_step_given(visit: Visit, seat: Seat) -> Answer:
    """The spare codes, told once."""
    secret = "".join(c for c in visit.form.get("secret", "") if c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")[:64]
    try:
        if len(secret) < 32:
            raise BadInput("Rechargez la page et recommencez.")
        spare = own.begin_second_step(seat, secret, visit.form.get("code", ""), visit.now)
    except BadInput as error:
        visit.fault(error, "code")
        return _set_up(visit, seat, secret if len(secret) >= 32 else codes.new_secret(), 422)
    return visit.page("spare_codes.html", codes=spare)


@pages.post("/compte/second-facteur/retirer", PERSON)
def second_step_ended(visit: Visit, seat: Seat) -> Answer:
    """Codes are asked for no more."""

    def done() -> Response:
        try:
            own.end_second_step(visit.portal, visit.token, visit.form.get("mot_de_passe", ""), visit.now)
        except BadInput as error:
            return _again(visit, error, "retirer")
        return visit.go("/compte?fait=second-facteur")

    return done


@pages.post("/compte/sessions/autres", PERSON)
def cut_others(visit: Visit, seat: Seat) -> Answer:
    """Every session but this one ends."""
    own.cut(seat, None, visit.now)
    return visit.go("/compte?fait=sessions")


@pages.post("/compte/sessions/{id}", PERSON)
def cut_one(visit: Visit, seat: Seat) -> Answer:
    """One session ends."""
    own.cut(seat, id_in(visit), visit.now)
    return visit.go("/compte?fait=sessions")


@pages.post("/compte/compromis", PERSON)
def compromised(visit: Visit, seat: Seat) -> Answer:
    """Contract, 4.5: everything is cut at once."""
    if visit.form.get("certain") != "oui":
        visit.faults["certain"] = "Cochez la case : toutes vos sessions et clés seront coupées."
        return _account(visit, seat, 422)
    cut = own.compromised(seat, visit.now)
    visit.seat, visit.token = None, ""
    answer = visit.page("compromised.html", cut=cut)
    drop(answer, SESSION)
    return answer
