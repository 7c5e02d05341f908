"""Passkeys on the account's page and at the door. The browser's part is `static/passkey.js`; answers come by forms."""

from __future__ import annotations

from starlette.responses import Response

from portal.door import Seat
from portal.passkeys import kept, showing
from portal.passkeys.ceremony import Site
from portal.people.signing import Answer as Outcome
from portal.web.guard import inside
from portal.web.routes import DOOR, PERSON, Pages, id_in, slowed
from portal.web.visit import Answer, Visit
from store.base.errors import BadInput, NotFound, Refused

pages = Pages()


def _site(visit: Visit) -> Site:
    if visit.site is None:
        raise NotFound("no passkeys here: portal.url names no host with https")
    return visit.site


@pages.get("/compte/cles/nouvelle", PERSON, sure=True)
def new(visit: Visit, seat: Seat) -> Answer:
    """Name a new one, then have the browser make it."""
    return _new(visit, seat) if visit.site else visit.go("/compte")


def _new(visit: Visit, seat: Seat, status: int = 200) -> Response:
    wanted = kept.to_make(seat, visit.token, _site(visit), visit.now)
    return visit.page("passkey_new.html", status, options=wanted, name=visit.form.get("nom", ""))


@pages.post("/compte/cles", PERSON, sure=True)
def added(visit: Visit, seat: Seat) -> Answer:
    """What the browser made; the spare codes, where it is the first second step."""
    site = _site(visit)

    def done() -> Response:
        try:
            spare = kept.add(
                visit.portal, visit.token, site, visit.form.get("cle", ""), visit.form.get("nom", ""), visit.now
            )
        except (BadInput, Refused) as error:
            visit.fault(error, "nom" if error.code == "name_wrong" else "cle")
            with visit.portal.entered(visit.token, visit.now) as again:
                visit.seat = again
                return _new(visit, again, 422)
        return visit.page("spare_codes.html", codes=spare) if spare else visit.go("/compte?fait=cle")

    return done


@pages.post("/compte/cles/{id}/retirer", PERSON, sure=True)
def removed(visit: Visit, seat: Seat) -> Answer:
    """One opens nothing any more."""
    kept.remove(seat, id_in(visit))
    return visit.go("/compte?fait=cle-retiree")


@pages.post("/connexion/cle", DOOR)
def at_the_door(visit: Visit) -> Answer:
    """Have the browser show one."""
    return _at_the_door(visit, inside(visit.form.get("suite", "/")))


def _at_the_door(visit: Visit, on: str) -> Response:
    status = 422 if visit.faults else 200
    wanted = showing.asked_at_the_door(visit.portal, visit.secret, _site(visit), visit.address, visit.now)
    if isinstance(wanted, Outcome):
        visit.faults["form"] = slowed(wanted.wait)
        return visit.page("sign_in.html", 429, suite=on, email="", keys=visit.site)
    return visit.page("sign_in_key.html", status, options=wanted, suite=on)


@pages.post("/connexion/cle/montree", DOOR)
def shown(visit: Visit) -> Answer:
    """The passkey that was shown lets in, or not; nothing tells why not."""
    on, browser = inside(visit.form.get("suite", "/")), visit.request.headers.get("user-agent", "")
    answer = showing.sign_in(
        visit.portal, visit.secret, _site(visit), visit.form.get("cle", ""), visit.address, browser, visit.now
    )
    if answer.outcome == "in":
        return visit.go(on, answer.token)
    visit.faults["cle"] = kept.NOT_SHOWN
    return _at_the_door(visit, on)
