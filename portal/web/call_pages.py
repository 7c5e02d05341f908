"""Appels: the list, its spreadsheet; one call with its picture, sound, words, price and proof."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup
from starlette.responses import Response

from ari_app.desk.calls_view import transcript
from compliance.ledgers import proof, proof_pdf
from portal import sounds
from portal.door import Seat
from portal.reading import calls, filters, one_call
from portal.reading.filters import BadFilter, Filters
from portal.support.wording import link
from portal.web.picture import draw
from portal.web.routes import Pages, id_in
from portal.web.visit import FILTERS, Answer, Visit, drop, keep
from portal.words import OUTCOMES
from store.base import spreadsheet
from store.base.parties import far_party

pages = Pages()

FIELDS = ("mots", "sens", "agent", "numero", "issue", "du", "au")
COLUMNS = ("id", "started_at", "direction", "caller", "callee", "answered_seconds", "billed_seconds", "agent",
           "version", "outcome", "disclosure_heard", "price", "currency")  # fmt: skip


@pages.get("/appels", "calls")
def listed(visit: Visit, seat: Seat) -> Answer:
    """The calls found, newest first; the filters of the last visit where none are given."""
    kept = visit.request.cookies.get(FILTERS, "")
    if not visit.query and kept and "numbers" in seat.rights:
        held = {key: value for key, value in parse_qsl(kept[:1000]) if key in FIELDS and value}
        if held:
            return visit.go(filters.address("/appels", held))
    typed = {name: visit.query.get(name, "")[:200] for name in FIELDS}
    wanted, after = Filters(), None
    for name in FIELDS:
        with _said(visit):
            filters.read({name: typed[name]}, visit.zone)
    if not visit.faults:
        with _said(visit):
            wanted, after = filters.read(typed, visit.zone), filters.after(visit.query.get("suite", ""))
    found, end = ([], None) if visit.faults else calls.find(seat, wanted, after)
    more = filters.address("/appels", typed, suite=filters.written(end)) if end else ""
    answer = visit.page(
        "calls.html", 422 if visit.faults else 200, found=found, typed=typed, agents=calls.agents(seat), more=more,
        outcomes=OUTCOMES, filtered=any(typed.values()), begun=bool(after),
        export=filters.address("/appels.csv", typed),
    )  # fmt: skip
    if visit.query and not visit.faults:
        held = urlencode({key: value for key, value in typed.items() if value})
        if held:
            keep(answer, FILTERS, held)
        else:
            drop(answer, FILTERS)
    return answer


@contextmanager
def _said(visit: Visit) -> Generator[None]:
    """A filter that cannot be read is said beside its field."""
    try:
        yield
    except BadFilter as fault:
        visit.faults[fault.field] = str(fault)


@pages.get("/appels.csv", "calls")
def export(visit: Visit, seat: Seat) -> Answer:
    """The calls found, for a spreadsheet."""
    wanted = filters.read({name: visit.query.get(name, "") for name in FIELDS}, visit.zone)
    text = spreadsheet.written(calls.exported(seat, wanted), COLUMNS, zone=visit.zone)
    return _file(text.encode(), "text/csv; charset=utf-8", "appels.csv")


@pages.get("/appels/{id}", "calls")
def one(visit: Visit, seat: Seat) -> Answer:
    """One call."""
    facts = one_call.facts_of(seat, id_in(visit))
    moments = one_call.moments(facts)
    charge = facts["charge"]
    far = far_party(facts["direction"], facts["caller"], facts["callee"])
    return visit.page(
        "call.html", call=facts, moments=moments, picture=Markup(draw(facts)), lawful=one_call.lawful(facts),  # noqa: S704
        total=one_call.micros(charge["amount"]) if charge and charge["amount"] else None,
        listen=facts["recorded"] and "audio" in seat.rights, started=datetime.fromisoformat(facts["started_at"]),
        far=far, far_masked=far or "numéro masqué", problem=link("call", facts["id"]),
    )  # fmt: skip


@pages.get("/appels/{id}/audio", "audio")
def audio(visit: Visit, seat: Seat) -> Answer:
    """The sound, in the pieces the browser asks for; where it begins, the log says who listens."""
    begins = visit.request.headers.get("range", "bytes=0-").startswith("bytes=0-")
    sound = calls.recording(seat, id_in(visit), visit.portal.settings, told=begins)
    return sounds.answer(sound, visit.request.headers.get("range"), f"appel-{id_in(visit)}", inline=True)


@pages.get("/appels/{id}/transcription", "transcripts")
def words(visit: Visit, seat: Seat) -> Answer:
    """What was said, as plain text."""
    facts = one_call.facts_of(seat, id_in(visit))
    return _file("\n".join(transcript(facts)).encode(), "text/plain; charset=utf-8", f"appel-{facts['id']}.txt")


@pages.get("/appels/{id}/preuve", "proofs")
def proven(visit: Visit, seat: Seat) -> Answer:
    """Why the call was lawful and what the person was told, as a PDF; the log says that it was handed out."""
    call_id = id_in(visit)
    found = proof.shown(seat.conn, seat.whose, call_id, visit.now, by=seat.by)

    def drawn() -> Response:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "preuve.pdf"
            proof_pdf.write(found, path)
            return _file(path.read_bytes(), "application/pdf", f"preuve-{call_id}.pdf")

    return drawn


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
