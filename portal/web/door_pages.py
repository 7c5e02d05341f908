"""Coming in and going out: sign-in, second step, choosing a client, one-use links."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from starlette.responses import Response

from portal.door import NotSignedIn, Seat
from portal.passkeys import kept, showing
from portal.people import own, passwords, signing
from portal.web.guard import inside
from portal.web.routes import DOOR, KEY_PROOF, PERSON, PROOF, Pages, key_asked, prove, slowed
from portal.web.visit import FILTERS, LANGUAGE, MENU, SESSION, Answer, Visit, drop, keep
from store.base.errors import BadInput

pages = Pages()


@pages.get("/", PERSON)
def first(visit: Visit, seat: Seat) -> Answer:
    """To the first page that the visitor's rights open."""
    for path, _, right in MENU:
        if right in seat.rights:
            return visit.go(path)
    return visit.go("/dossiers")


@pages.get("/langue/{code}", DOOR)
def language(visit: Visit) -> Answer:
    """The pages in another language from now on."""
    answer = visit.go(inside(visit.query.get("vers", "/")))
    keep(answer, LANGUAGE, "en" if visit.request.path_params["code"] == "en" else "fr")
    return answer


@pages.get("/connexion", DOOR)
def door(visit: Visit) -> Answer:
    """The form."""
    return visit.page("sign_in.html", suite=inside(visit.query.get("suite", "/")), email="", keys=visit.site)


@pages.post("/connexion", DOOR)
def enter(visit: Visit) -> Answer:
    """Password and address are looked at; the answer does not say which was wrong."""
    email, suite = visit.form.get("email", ""), inside(visit.form.get("suite", "/"))
    browser = visit.request.headers.get("user-agent", "")
    answer = signing.sign_in(
        visit.portal, email, visit.form.get("mot_de_passe", ""), visit.address, browser, visit.now
    )  # fmt: skip
    if answer.outcome == "in":
        return visit.go(suite, answer.token)
    if answer.outcome == "second_step":
        return visit.go("/code", answer.token)
    visit.faults["form"] = slowed(answer.wait) if answer.wait else "Adresse ou mot de passe inconnus."
    return visit.page("sign_in.html", 429 if answer.wait else 422, suite=suite, email=email, keys=visit.site)


@pages.get("/code", DOOR)
def code(visit: Visit) -> Answer:
    """The second step; for whoever has made it, the first page."""
    return _code(visit)


def _code(visit: Visit, status: int = 200) -> Response:
    with visit.portal.entered(visit.token, visit.now) as seat:
        if not seat.waiting:
            return visit.go("/")
        key = key_asked(visit, seat, "second_step")
        return visit.page("code.html", status, key=key, totp=kept.means(seat.conn).totp)


@pages.post("/code", DOOR)
def code_given(visit: Visit) -> Answer:
    """A code of the telephone, a spare one, or a passkey."""
    if not _waiting(visit):
        return visit.go("/")
    key = visit.form.get("cle", "")
    if key and visit.site:
        answer = showing.second_step(visit.portal, visit.token, visit.site, key, visit.now)
    else:
        answer = signing.second_step(visit.portal, visit.token, visit.form.get("code", ""), visit.now)
    if answer.outcome == "in":
        return visit.go("/", answer.token)
    wrong = kept.NOT_SHOWN if key else "Ce code n'est pas, ou n'est plus, valable."
    visit.faults["code"] = slowed(answer.wait) if answer.wait else wrong
    return _code(visit, 429 if answer.wait else 422)


@pages.post("/confirmer", PERSON)
def confirmed(visit: Visit, seat: Seat) -> Answer:
    """Who one is, proved before something is shown; then on to it."""

    def done() -> Response:
        on = inside(visit.form.get("vers", "/"))
        prove(visit, visit.form.get(PROOF, ""), visit.form.get(KEY_PROOF, ""))
        if visit.faults:
            with visit.portal.entered(visit.token, visit.now) as again:
                visit.seat, key = again, key_asked(visit, again, "prove")
                return visit.page("proof.html", 422, action="/confirmer", typed={}, on=on, reads=True, key=key)
        return visit.go(on)

    return done


@pages.get("/mot-de-passe-oublie", DOOR)
def forgotten(visit: Visit) -> Answer:
    """Ask for a letter."""
    return visit.page("forgotten.html", email="", sent=False)


@pages.post("/mot-de-passe-oublie", DOOR)
def forgotten_asked(visit: Visit) -> Answer:
    """The same answer whether somebody has that address or not."""
    email = visit.form.get("email", "")[:320]
    try:
        wait = signing.forgotten(visit.portal, email, visit.address, visit.now)
    except BadInput:
        visit.faults["email"] = "Ce n'est pas une adresse électronique."
        return visit.page("forgotten.html", 422, email=email, sent=False)
    if wait:
        visit.faults["email"] = slowed(wait)
        return visit.page("forgotten.html", 429, email=email, sent=False)
    return visit.page("forgotten.html", email=email, sent=True)


def _waiting(visit: Visit) -> bool:
    with visit.portal.entered(visit.token, visit.now) as seat:
        return seat.waiting


@pages.post("/deconnexion", DOOR)
def leave(visit: Visit) -> Answer:
    """The session ends."""
    with suppress(NotSignedIn):
        signing.sign_out(visit.portal, visit.token, visit.now)
    return _out(visit)


def _out(visit: Visit, path: str = "/connexion") -> Response:
    answer = visit.go(path)
    for name in (SESSION, FILTERS):
        drop(answer, name)
    return answer


@pages.get("/dossiers", PERSON)
def places(visit: Visit, seat: Seat) -> Answer:
    """The clients to choose from."""
    return visit.page("places.html", places=own.places(seat))


@pages.post("/dossiers", PERSON)
def chosen(visit: Visit, seat: Seat) -> Answer:
    """On with another client."""
    try:
        tenant_id = UUID(visit.form.get("dossier", ""))
    except ValueError as error:
        raise BadInput("Choisissez un dossier.") from error
    return lambda: visit.go("/", signing.choose(visit.portal, visit.token, tenant_id, visit.now))


@pages.get("/invitation/{token}", DOOR)
def link(visit: Visit) -> Answer:
    """Choose a password by a one-use link."""
    found = own.link(visit.portal, visit.request.path_params["token"], visit.now)
    return visit.page("link.html", link=found, least=passwords.LEAST)


@pages.post("/invitation/{token}", DOOR)
def link_used(visit: Visit) -> Answer:
    """The password is set, every session of this person ends."""
    token = visit.request.path_params["token"]
    found = own.link(visit.portal, token, visit.now)
    try:
        if visit.form.get("mot_de_passe", "") != visit.form.get("encore", ""):
            raise BadInput("Les deux mots de passe diffèrent.")
        own.use_link(visit.portal, token, visit.form.get("mot_de_passe", ""), visit.now)
    except BadInput as error:
        visit.fault(error, "mot_de_passe")
        return visit.page("link.html", 422, link=found, least=passwords.LEAST)
    return _out(visit, "/connexion?fait=mot-de-passe")
