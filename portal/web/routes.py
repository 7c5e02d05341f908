"""Who opens what: each page names its address and the right it needs; the rest is done here, the same for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from uuid import UUID

from portal.door import NotAllowed, Seat
from portal.web.visit import Answer, Visit
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


@dataclass
class Pages:
    """A group of pages, filled by decorating what answers."""

    listed: list[Page] = field(default_factory=list[Page])

    def get(self, path: str, right: str) -> Callable[[Handler], Handler]:
        """A page that is read."""
        return self._added(path, "GET", right)

    def post(self, path: str, right: str) -> Callable[[Handler], Handler]:
        """A form that changes something."""
        return self._added(path, "POST", right)

    def _added(self, path: str, method: Literal["GET", "POST"], right: str) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.listed.append(Page(path, method, right, handler))
            return handler

        return add


def answered(page: Page, visit: Visit) -> Answer:
    """What a page answers, in the transaction of who visits. Raises NotSignedIn, NotAllowed, NotFound …"""
    if page.right == DOOR:
        return page.handler(visit)
    with visit.portal.entered(visit.token, visit.now) as seat:
        if seat.waiting:
            return visit.go("/code")
        visit.seat = seat
        if page.right != PERSON:
            if seat.tenant_id is None:
                return visit.go("/dossiers")
            if page.right not in seat.rights:
                raise NotAllowed("Votre rôle n'ouvre pas cette page.")
        return page.handler(visit, seat)


def id_in(visit: Visit, name: str = "id") -> UUID:
    """The id in the address. Raises NotFound for what is none."""
    try:
        return UUID(str(visit.request.path_params[name]))
    except ValueError as error:
        raise NotFound("no such id") from error


def all_of(*groups: Pages) -> Sequence[Page]:
    """The pages of several groups."""
    return [page for group in groups for page in group.listed]
