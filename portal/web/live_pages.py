"""En direct: calls going on now, and one of them with its words as they are said."""

from __future__ import annotations

from portal.door import Seat
from portal.reading import live
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from store import calls
from store.base.errors import NotFound

pages = Pages()


@pages.get("/en-direct", "live")
def listed(visit: Visit, seat: Seat) -> Answer:
    """Calls in progress, without what is said in them."""
    return visit.page("live.html", going=live.going(seat, visit.now))


@pages.get("/en-direct/{live}", "live")
def one(visit: Visit, seat: Seat) -> Answer:
    """What was said so far; once the call is over, its own page."""
    call_id = id_in(visit, "live")
    try:
        call, moments = live.follow(seat, call_id, visit.now)
    except NotFound:
        calls.get(seat.conn, call_id)  # another client's call is none
        return visit.go(f"/appels/{call_id}")
    return visit.page("live_call.html", call=call, moments=moments)
