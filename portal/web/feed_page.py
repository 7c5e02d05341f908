"""A diary under its secret address, as calendars read it: no session, no cookie, one diary."""

from __future__ import annotations

from hashlib import sha256

from starlette.responses import Response

from portal.links import feeds
from portal.web.routes import DOOR, Pages
from portal.web.visit import Answer, Visit

pages = Pages()


@pages.get("/agenda/{token}.ics", DOOR)
def diary(visit: Visit) -> Answer:
    """The file; 304 where the reader has it as it is, 404 for any other address."""
    with visit.portal.anteroom() as conn:
        file = feeds.read(conn, str(visit.request.path_params["token"]), visit.now)
    lines = [line for line in file.splitlines() if not line.startswith(b"DTSTAMP")]  # when it was asked
    tag = f'"{sha256(b"".join(lines)).hexdigest()[:32]}"'
    if visit.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})
    return Response(file, media_type="text/calendar", headers={"etag": tag})
