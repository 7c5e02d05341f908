"""The operator's application: the clients' door and account; its pages ask for an operator's role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.applications import Starlette

from portal.door import NotAllowed, Portal, Seat
from portal.passkeys import pages as passkey_pages
from portal.people.signing import is_sure
from portal.reading import operator
from portal.support import desk_pages
from portal.web import account_pages, door_pages
from portal.web.app import Clock, make_app
from portal.web.operator import pages as own
from portal.web.operator.desk import ADMIN, OPERATOR, Desk
from portal.web.routes import Page, all_of, answered, proof_asked, proved
from portal.web.visit import Answer, Visit
from store.base.actor import Actor
from store.db import Database

MENU = (("/", "À traiter"), ("/clients", "Clients"), ("/numeros", "Numéros"), ("/chercher", "Chercher un appel"),
        ("/tickets", "Tickets"), ("/maintenance", "Maintenance"), ("/sauvegardes", "Sauvegardes"),
        ("/sante", "Santé"))  # fmt: skip
DOOR_PATHS = ("/connexion", "/code", "/deconnexion", "/confirmer", "/langue/{code}")
"""What the clients' door has for the operator's people too."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Who may open a page of this site, and the transaction it is answered in."""

    db: Database

    def __call__(self, page: Page, visit: Visit) -> Answer:
        """A page's answer. Raises NotSignedIn, NotAllowed …"""
        if page.right not in (OPERATOR, ADMIN):
            return answered(page, visit)
        if page.sure:
            proved(visit)
        with visit.portal.entered(visit.token, visit.now) as seat:
            visit.seat, asked = seat, self._asked(page, visit, seat)
            if asked is not None:
                return asked
        assert seat.person_id is not None
        with self.db.operator() as conn:
            role = operator.role_of(conn, seat.person_id)
            if not role or (page.right == ADMIN and role != "admin"):
                raise NotAllowed("Votre rôle n'ouvre pas cette page.")
            visit.menu = MENU
            by = Actor("person", seat.email, None, role)
            return page.handler(visit, Desk(conn, by, role))

    @staticmethod
    def _asked(page: Page, visit: Visit, seat: Seat) -> Answer | None:
        """What is still wanted of who comes: the code, a second step set up, a proof."""
        if seat.waiting:
            return visit.go("/code")
        if not seat.second_step:
            return visit.go("/compte/second-facteur")
        if page.sure and not is_sure(seat, visit.now):
            return proof_asked(visit, page)
        return None


def make_operator_app(portal: Portal, db: Database, clock: Clock | None = None) -> Starlette:
    """The operator's site. `db`: with the operator's access; `portal`: the door's."""
    doors = [page for page in door_pages.pages.listed if page.path in DOOR_PATHS]
    pages = [*doors, *all_of(account_pages.pages, passkey_pages.pages, own.pages, desk_pages.pages)]
    now: Callable[[], datetime] = clock or (lambda: datetime.now(UTC))
    return make_app(portal, now, pages=pages, answers=Answers(db), api=False, url=portal.settings.portal.operator_url)
