"""CalDAV (RFC 4791), as much of it as a diary needs: what is in a collection, put one in, take one out.

Our own client: each request goes by `outward.ask` to the very address that was looked at, follows nothing, reads a
bounded answer. XML that declares entities is refused.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urljoin
from xml.etree import ElementTree

from portal.links.ics import MOST_BYTES, CalendarUnreadable
from store.base import outward
from store.base.errors import Unavailable

SECONDS = 20.0
_DAV, _CAL, _SERVER = "DAV:", "urn:ietf:params:xml:ns:caldav", "http://calendarserver.org/ns/"
_TAG = f"""<?xml version="1.0"?><d:propfind xmlns:d="{_DAV}" xmlns:s="{_SERVER}"><d:prop><s:getctag/><d:sync-token/>
</d:prop></d:propfind>"""
_QUERY = """<?xml version="1.0"?><c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><d:getetag/><c:calendar-data/></d:prop><c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
<c:time-range start="{since}" end="{until}"/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"""


class CalendarAway(Unavailable):
    """The calendar's server gave no answer, or not the one asked for."""

    code = "calendar_away"


@dataclass(frozen=True, slots=True)
class Collection:
    """One calendar of a server. `url`: of the collection; `allowed`: the operator's exceptions (`outward.allowed`)."""

    url: str
    account: str = ""
    password: str = ""
    allowed: Sequence[str] = ()

    def tag(self) -> str:
        """What changes whenever anything in it does; empty where the server tells none."""
        root = self._xml("PROPFIND", self.url, _TAG, {"Depth": "0"})
        found = [
            node.text or "" for name in (f"{{{_SERVER}}}getctag", f"{{{_DAV}}}sync-token") for node in root.iter(name)
        ]
        return next(filter(None, found), "")

    def events(self, since: datetime, until: datetime) -> list[bytes]:
        """The events that touch that time, each as a file of its own, rules of repeated ones whole."""
        span = {name: f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for name, at in (("since", since), ("until", until))}
        root = self._xml("REPORT", self.url, _QUERY.format(**span), {"Depth": "1"})
        return [(node.text or "").encode() for node in root.iter(f"{{{_CAL}}}calendar-data") if node.text]

    def put(self, name: str, text: bytes, etag: str = "") -> str:
        """Put an event in, or in the place of the one with that etag; its new etag, empty where none is told.

        One that is there already under this name, from a try whose answer was lost, is written over.
        """
        where = self._of(name)
        matched = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        got = self._ask("PUT", where, text, headers | matched)
        if got.status == 412:
            got = self._ask("PUT", where, text, headers)
        if got.status not in (200, 201, 204):
            raise CalendarAway(f"PUT was answered {got.status}", hint=_hint(got.status))
        return got.headers.get("etag", "")

    def delete(self, name: str) -> None:
        """Take an event out; one that is gone already is out."""
        got = self._ask("DELETE", self._of(name), b"", {})
        if got.status not in (200, 204, 404, 410):
            raise CalendarAway(f"DELETE was answered {got.status}", hint=_hint(got.status))

    def _of(self, name: str) -> str:
        return urljoin(self.url if self.url.endswith("/") else f"{self.url}/", quote(name, safe=""))

    def _xml(self, method: str, url: str, body: str, headers: dict[str, str]) -> ElementTree.Element:
        got = self._ask(method, url, body.encode(), headers | {"Content-Type": "application/xml; charset=utf-8"})
        if got.status != 207:
            raise CalendarAway(f"{method} was answered {got.status}", hint=_hint(got.status))
        return parsed(got.body)

    def _ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> outward.Answer:
        if self.account:
            told = b64encode(f"{self.account}:{self.password}".encode()).decode()
            headers = headers | {"Authorization": f"Basic {told}"}
        return outward.ask(method, url, body, headers, seconds=SECONDS, allowed=self.allowed, most=MOST_BYTES)


def parsed(body: bytes) -> ElementTree.Element:
    """An answer's XML. Raises CalendarUnreadable, for one that declares entities too."""
    try:
        text = body.decode("utf-8-sig")  # whatever it says of itself: in another code a declaration would not be seen
        if "<!" in text.replace("<![CDATA[", ""):
            raise CalendarUnreadable("the answer declares entities, which no calendar needs")
        parser = ElementTree.XMLParser(encoding="utf-8")  # noqa: S314  bounded, and without declarations
        return ElementTree.fromstring(text.encode(), parser)  # noqa: S314
    except UnicodeDecodeError as error:
        raise CalendarUnreadable(f"the answer is not in UTF-8: {error}", hint="is this a CalDAV address?") from error
    except ElementTree.ParseError as error:
        raise CalendarUnreadable(f"the answer is no XML: {error}", hint="is this a CalDAV address?") from error


def _hint(status: int) -> str:
    if status in (401, 403):
        return "is the account right, and its password? decroche calendar add"
    return "is this the address of one calendar (a collection)?" if status in (404, 405) else "it is tried again"
