"""One client's CRM asked: a request goes out by `outward.send` only, and what comes back is JSON within bounds."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.links.crm import facts, filling
from portal.links.crm.definition import CrmMap, Request, Seek
from portal.links.crm.filling import Contact
from store.base import outward
from store.base.errors import Unavailable

log = logging.getLogger(__name__)

MOST_BYTES = 512 * 1024
SECONDS = 10.0
"""A request after a call; nobody waits for it."""


class CrmFailed(Unavailable):
    """The CRM gave no answer, or not the one asked for."""

    code = "crm_failed"


@dataclass(frozen=True, slots=True)
class Crm:
    """One client's CRM. `allowed`: the operator's exceptions (`outward.allowed`); `settings`: the map's and its own."""

    the_map: CrmMap
    url: str
    secret: str
    settings: Mapping[str, str]
    allowed: Sequence[str] = ()

    def look_up(self, number: str, seconds: float = SECONDS) -> Contact | None:
        """Who has this number (E.164), by the first way that knows; None: nobody. Raises CrmFailed, OutwardRefused."""
        known = {**self.facts(), **facts.of_number(number)}
        for lookup in self.the_map.lookup:
            found = filling.contact(lookup, self.ask(lookup.request, known, seconds), number)
            if found is not None:
                return found
        return None

    def sought(self, seek: Seek, known: filling.Facts) -> str | int | None:
        """The id of what an earlier try wrote; None: there is none. Raises CrmFailed, OutwardRefused."""
        return filling.id_in(seek.id, filling.reach(self.ask(seek.request, known), seek.at))

    def facts(self) -> dict[str, Any]:
        """What every request may name."""
        return facts.general({**self.the_map.settings, **self.settings}, self.secret)

    def ask(self, request: Request, known: filling.Facts, seconds: float = SECONDS) -> Any:
        """The answer's JSON; None where it says that there is nobody, or nothing. Raises CrmFailed, OutwardRefused."""
        ready = filling.filled(self.the_map, self.url, request, known)
        headers = dict(ready.headers)
        if known.get("key") and request.method != "GET":
            headers["Idempotency-Key"] = str(known["key"])
        try:
            got = outward.send(
                ready.url, ready.content or b"", headers, seconds=seconds, most=MOST_BYTES, allowed=self.allowed,
                method=ready.method,
            )  # fmt: skip
        except outward.OutwardFailed as error:
            raise CrmFailed(f"{self.the_map.name} gave no answer", hint="it is tried again") from error
        if got.status in self.the_map.unknown:
            return None
        if not 200 <= got.status < 300:
            raise CrmFailed(f"{request.method} {request.path} was answered {got.status}", hint=_hint(got.status))
        return self._read(request, got.body)

    def _read(self, request: Request, content: bytes) -> Any:
        if not content.strip():
            return None
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise CrmFailed(
                f"{request.method} {request.path} was answered with no JSON", hint="is the url right?"
            ) from error
        if self.the_map.fault and filling.reach(answer, self.the_map.fault) is not None:
            raise CrmFailed(
                f"{request.method} {request.path} was answered with an error", hint="its rights, its fields?"
            )
        return answer


def _hint(status: int) -> str:
    if status in (401, 403):
        return "is the secret right, and may its user do this? decroche crm set"
    return "is the url right?" if status in (404, 405, 301, 302) else "it is tried again"
