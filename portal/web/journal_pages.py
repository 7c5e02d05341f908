"""Journal: who saw and changed what."""

from __future__ import annotations

from starlette.responses import Response

from portal.door import Seat
from portal.reading import journal
from portal.web.routes import Pages
from portal.web.visit import Answer, Visit
from store import audit
from store.base import spreadsheet

pages = Pages()


@pages.get("/journal", "journal")
def listed(visit: Visit, seat: Seat) -> Answer:
    """The acts, newest first; a kind of them where one is asked for."""
    group = visit.query.get("quoi", "")
    before = visit.query.get("avant", "")
    acts, end = journal.page(seat, group, int(before) if before.isdecimal() and len(before) < 18 else None)
    more = f"/journal?quoi={group if group in journal.GROUPS else ''}&avant={end}" if end else ""
    return visit.page("journal.html", acts=acts, groups=journal.GROUPS, group=group, more=more,
                      begun=bool(before), chain=audit.end(seat.conn))  # fmt: skip


@pages.get("/journal.csv", "journal", sure=True)
def export(visit: Visit, seat: Seat) -> Answer:
    """All of it, for a spreadsheet."""
    text = spreadsheet.written(journal.exported(seat), ("seq", "at", "who", "what", "subject", "detail"),
                               zone=visit.zone)  # fmt: skip
    return Response(text.encode(), media_type="text/csv; charset=utf-8",
                    headers={"content-disposition": 'attachment; filename="journal.csv"'})  # fmt: skip
