"""Who opens what: each page names its address and the right it needs; the rest is done here, the same for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeVar
from uuid import UUID

from portal.door import NotAllowed, Seat
from portal.passkeys import showing as by_passkey
from portal.passkeys.kept import Purpose
from portal.people import signing
from portal.people.signing import is_sure
from portal.support.maintenance import showing
from portal.web.visit import Answer, Visit
from portal.words import duration
from store.base.errors import NotFound

Open = Callable[[Visit], Answer]
Seated = Callable[[Visit, Seat], Answer]
Handler = TypeVar("Handler", bound=Callable[..., Answer])

DOOR, PERSON = "door", "person"
"""Instead of a right: pages for anybody, and for whoever is signed in, whatever their client."""


@dataclass(frozen=True, slots=True)
class Page:
    """An address (`{name}` parts as Starlette has them), its method, the right it needs, and what answers."""

    path: str
    method: Literal["GET", "POST"]
    right: str
    handler: Callable[..., Answer]
    sure: bool = False
    """Binds or reveals: who asks must have proved who they are within the last ten minutes."""


@dataclass
class Pages:
    """A group of pages, filled by decorating what answers."""

    listed: list[Page] = field(default_factory=list[Page])

    def get(self, path: str, right: str, *, sure: bool = False) -> Callable[[Handler], Handler]:
        """A page that is read."""
        return self._added(path, "GET", right, sure)

    def post(self, path: str, right: str, *, sure: bool = False) -> Callable[[Handler], Handler]:
        """A form that changes something."""
        return self._added(path, "POST", right, sure)

    def _added(self, path: str, method: Literal["GET", "POST"], right: str, sure: bool) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.listed.append(Page(path, method, right, handler, sure))
            return handler

        return add


def answered(page: Page, visit: Visit) -> Answer:
    """What a page answers, in the transaction of who visits. Raises NotSignedIn, NotAllowed, NotFound …"""
    if page.right == DOOR:
        with visit.portal.anteroom() as conn:
            visit.windows = showing(conn, visit.now)
        return page.handler(visit)
    if page.sure:
        proved(visit)
    with visit.portal.entered(visit.token, visit.now) as seat:
        if seat.waiting:
            return visit.go("/code")
        visit.seat, visit.windows = seat, showing(seat.conn, visit.now)
        if page.right != PERSON:
            if seat.tenant_id is None:
                return visit.go("/dossiers")
            if page.right not in seat.rights:
                raise NotAllowed("Votre rôle n'ouvre pas cette page.")
        if page.sure and not is_sure(seat, visit.now):
            return proof_asked(visit, page)
        return page.handler(visit, seat)


PROOF, KEY_PROOF = "preuve", "preuve_cle"
"""Fields of a form: a password or a code; what a passkey was shown by."""


def proved(visit: Visit) -> None:
    """What came with a form to prove who one is, if anything did."""
    given, key = visit.form.get(PROOF, ""), visit.form.get(KEY_PROOF, "")
    if given or key:
        prove(visit, given, key)


def prove(visit: Visit, given: str, key: str = "") -> None:
    """What was given to prove who one is; a wrong one is said beside its field, and the question stands."""
    if key and visit.site:
        answer = by_passkey.prove(visit.portal, visit.token, visit.site, key, visit.now)
    else:
        answer = signing.prove(visit.portal, visit.token, given, visit.now)
    if answer.wait:
        visit.faults[PROOF] = slowed(answer.wait)
    elif answer.outcome != "in":
        visit.faults[PROOF] = "Ce n'est pas cela."


def slowed(wait: timedelta) -> str:
    """Too many were tried: how long the next must wait."""
    return f"Trop d'essais. Réessayez dans {duration(wait.total_seconds() + 1)}."


def key_asked(visit: Visit, seat: Seat, purpose: Purpose) -> str:
    """What the browser is asked for a passkey, as JSON; "" where the person has none for this site."""
    return by_passkey.asked(seat.conn, visit.token, purpose, visit.site, visit.now)


def proof_asked(visit: Visit, page: Page) -> Answer:
    """Asks for it; what was typed before is kept, and goes on once it is given."""
    path = visit.request.url.path + (f"?{visit.request.url.query}" if visit.request.url.query else "")
    assert visit.seat is not None
    typed = {name: text for name, text in visit.form.items() if name not in (PROOF, KEY_PROOF, "jeton")}
    action = path if page.method == "POST" else "/confirmer"
    return visit.page("proof.html", 422 if visit.faults else 200, action=action, typed=typed, on=path,
                      reads=page.method == "GET", key=key_asked(visit, visit.seat, "prove"))  # fmt: skip


def id_in(visit: Visit, name: str = "id") -> UUID:
    """The id in the address. Raises NotFound for what is none."""
    try:
        return UUID(str(visit.request.path_params[name]))
    except ValueError as error:
        raise NotFound("no such id") from error


def all_of(*groups: Pages) -> Sequence[Page]:
    """The pages of several groups."""
    return [page for group in groups for page in group.listed]
