"""Accueil: is it answering, whom do I call back, what does it cost."""

from __future__ import annotations

from portal.door import Seat
from portal.reading import calls, home
from portal.reading.filters import Filters
from portal.web.routes import Pages
from portal.web.visit import Answer, Visit

pages = Pages()


@pages.get("/accueil", "home")
def glance(visit: Visit, seat: Seat) -> Answer:
    """The day."""
    last, _ = calls.find(seat, Filters(), limit=8) if "calls" in seat.rights else ([], None)
    return visit.page("home.html", glance=home.glance(seat, visit.now), last=last)
