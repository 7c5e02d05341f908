"""After a call: told, asked for and made by a worker; kept, shown, forgotten with the call; skipped and said so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from agents.after.sifting import Analysis
from agents.loading import EXAMPLES, loads
from ari_app.cli import decroche
from ari_app.desk.after import KIND, Analyst, heard
from ari_app.desk.calls_view import transcript, whole
from ari_app.desk.office import Office
from ari_app.desk.office_types import NODE
from billing.office.rounds import DAILY
from compliance.people.privacy import erase
from compliance.people.retention import keep, sweep
from llm.base import JsonSchema, LlmError, Message, Mind
from llm.llama import LlamaMind
from store import agents, analyses, calls, events, jobs, live, tenants
from store.base.ids import new_id
from store.base.settings import Settings, settings
from store.calls import Action, Cdr, Turn
from store.db import Database
from store.tenants import Tenant
from store.weights import file
from store.work import Worker
from tests.actors import OPERATOR
from tests.scripted_engines import NoMind
from tests.unit.agents.test_what_a_call_leaves_is_sifted import held_to_its_word

AFTER = """
after:
  tags: {rendez-vous: "veut un rendez-vous", prix: "demande un prix"}
  questions:
    - {id: booked, ask: "A-t-il obtenu un rendez-vous ?", points: 3}
"""
PERSON = "+33612345678"
TURNS = [
    Turn("agent", "Cabinet du Parc, bonjour.", 0, 1500, heard_ms=1500),
    Turn("caller", "Bonjour, Claire Roux, je voudrais un rendez-vous jeudi.", 1900, 4200),
    Turn("agent", "C'est noté pour le jeudi 26 novembre à 14 heures 30.", 5000, 8000, heard_ms=3000),
    Turn("caller", "Merci, au revoir.", 8500, 9000),
]
ACTIONS = [Action("book", {"name": "Claire Roux"}, {"outcome": "done", "starts_at": "2026-11-26T13:30:00+00:00"}, 5000)]
ANSWER = {
    "summary": ["L'appelante veut un rendez-vous.", "Il est pris à 90 euros.", "Elle est Claire Roux."],
    "learnt": [{"what": "Claire Roux", "line": 2}],
    "next": {"do": "confirm", "line": 3},
    "tags": ["rendez-vous"],
    "answers": {"booked": {"answer": "yes", "line": 3}},
}


class Scripted(NoMind):
    """It gives one answer, or is away."""

    def __init__(self, answer: dict[str, Any] | LlmError) -> None:
        self.answer, self.asked = answer, 0

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncIterator[str]:  # fmt: skip
        self.asked += 1
        if isinstance(self.answer, LlmError):
            raise self.answer
        yield json.dumps(self.answer)


@pytest.fixture
def dentist(database: Database, settings_home: Path) -> Tenant:
    text = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8") + AFTER
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet du Parc", by=OPERATOR)
        agents.import_version(conn, tenant.id, "cabinet-du-parc", text, by=OPERATOR)
        return tenant


def called(database: Database, tenant: Tenant, *, turns: list[Turn] = TURNS, **changes: Any) -> Cdr:
    """A call just over, written down as the service does it."""
    now = datetime.now(UTC)
    cdr = Cdr(
        id=new_id(), tenant_id=tenant.id, direction="inbound", caller=PERSON, callee="+33162001234",
        started_at=now - timedelta(seconds=75), answered_at=now - timedelta(seconds=75), ended_at=now,
        hangup_cause=16, hangup_side="caller", outcome="answered", agent="cabinet-du-parc", agent_version=1,
        slots={"jour": "2026-11-26"},
    )  # fmt: skip
    cdr = replace(cdr, **changes)
    Office(database, settings()).keep(cdr, turns, ACTIONS)
    return cdr


def worked(
    database: Database, mind: Mind | None = None, *, of: Settings | None = None, now: datetime | None = None
) -> int:
    """All that is due, by one worker; how many jobs."""
    clock: Callable[[], datetime] = (lambda: now) if now else (lambda: datetime.now(UTC))
    with Analyst(of or settings(), opened=lambda _: mind or Scripted(ANSWER), now=clock) as analyst:
        worker = Worker(database, {KIND: analyst})
        try:
            return worker.drain()
        finally:
            worker.close()


def shown(database: Database, call_id: UUID) -> dict[str, Any]:
    with database.operator() as conn:
        return whole(conn, calls.get(conn, call_id))


def test_a_call_that_ended_is_told_and_its_summary_made_by_the_worker(database: Database, dentist: Tenant) -> None:
    call_id = called(database, dentist).id
    with database.tenant(dentist.id) as conn:
        assert [(e.kind, e.subject) for e in events.after(conn)] == [("call.ended", str(call_id))]
    assert shown(database, call_id)["summary"] is None
    assert worked(database) == 1
    found = shown(database, call_id)
    assert found["summary"] == "L'appelante veut un rendez-vous. Elle est Claire Roux."  # nobody said 90 euros
    assert found["sheet"]["slots"] == {"jour": "2026-11-26"}
    assert found["sheet"]["learnt"] == [{"what": "Claire Roux", "sentence": TURNS[1].text}]
    assert found["sheet"]["next_step"] == {"do": "confirm", "sentence": TURNS[2].text}
    assert found["tags"] == ["rendez-vous"]
    assert (found["score"]["points"], found["score"]["of"]) == (3, 3)
    made = found["analysis"]
    assert (made["state"], made["made_by"], made["left_out"]) == ("made", "mind", 1)
    assert (made["engine"], made["model"], made["method"], made["agent_version"]) == ("scripted", "scripted", 1, 1)
    assert "summary: L'appelante veut un rendez-vous. Elle est Claire Roux." in list(transcript(found))
    with database.tenant(dentist.id) as conn:
        assert [e.kind for e in events.after(conn)] == ["call.ended", "call.analysed"]


def test_a_call_stored_twice_is_told_once(database: Database, dentist: Tenant) -> None:
    cdr = called(database, dentist)
    Office(database, settings()).keep(cdr, TURNS, ACTIONS)
    with database.tenant(dentist.id) as conn:
        assert len(events.after(conn)) == 1
        assert len(jobs.listed(conn)) == 1


@pytest.mark.parametrize("turns", [[], TURNS[:1]])
def test_a_call_in_which_nobody_spoke_leaves_no_job(database: Database, dentist: Tenant, turns: list[Turn]) -> None:
    called(database, dentist, turns=turns)
    assert worked(database) == 0


def test_while_a_call_is_held_on_this_machine_the_worker_waits_but_not_for_ever(
    database: Database, dentist: Tenant
) -> None:
    cdr = called(database, dentist)
    now = datetime.now(UTC)
    with database.tenant(dentist.id) as conn:
        live.begin(conn, live.LiveCall(dentist.id, new_id(), "leg", NODE, "inbound", now, now + timedelta(hours=1)))
    assert worked(database) == 1
    with database.tenant(dentist.id) as conn:
        (job,) = jobs.listed(conn)
        assert (job.state, job.tries) == ("waiting", 0)
        conn.execute("UPDATE store.jobs SET due_at = now()")
    worked(database, now=cdr.ended_at + timedelta(minutes=11))
    assert shown(database, cdr.id)["analysis"]["state"] == "made"


def test_what_the_machine_comes_to_too_late_is_skipped_and_said_so(database: Database, dentist: Tenant) -> None:
    cdr, mind = called(database, dentist), Scripted(ANSWER)
    worked(database, mind, now=cdr.ended_at + timedelta(minutes=61))
    found = shown(database, cdr.id)
    assert (found["summary"], found["tags"], mind.asked) == (None, None, 0)
    assert found["analysis"]["why"] == "it ended more than 60 minutes before this machine came to it"
    assert list(transcript(found))[-1].startswith(("no summary: it ended more than 60", "75 s answered"))


def test_a_mind_that_stays_away_is_asked_again_and_then_done_without(database: Database, dentist: Tenant) -> None:
    cdr, mind = called(database, dentist), Scripted(LlmError("connection refused"))
    for _ in range(4):
        assert worked(database, mind) == 1
        with database.operator() as conn:
            conn.execute("UPDATE store.jobs SET due_at = now()")
    found = shown(database, cdr.id)
    assert (mind.asked, found["analysis"]["state"]) == (4, "skipped")
    assert found["analysis"]["why"] == "the mind gave no answer: [llm]"
    with database.operator() as conn:
        assert jobs.listed(conn) == []


def test_a_file_that_wants_no_analysis_has_none(database: Database, dentist: Tenant) -> None:
    text = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8") + "after: {analyse: false}\n"
    with database.operator() as conn:
        version = agents.import_version(conn, dentist.id, "cabinet-du-parc", text, by=OPERATOR).version
    cdr, mind = called(database, dentist, agent_version=version), Scripted(ANSWER)
    worked(database, mind)
    assert mind.asked == 0
    assert "after.analyse is false" in shown(database, cdr.id)["analysis"]["why"]


def test_it_is_another_tenants_to_nobody(database: Database, dentist: Tenant) -> None:
    cdr = called(database, dentist)
    worked(database)
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    with database.tenant(other.id) as conn:
        assert analyses.of(conn, cdr.id) is None
    with database.tenant(dentist.id) as conn:
        assert analyses.of(conn, cdr.id) is not None


def test_a_persons_erasure_takes_it_and_one_begun_meanwhile_is_not_kept(database: Database, dentist: Tenant) -> None:
    first = called(database, dentist)
    worked(database)
    second = called(database, dentist)

    class Late(Scripted):
        async def stream(self, messages: Sequence[Message], **more: Any) -> AsyncIterator[str]:  # type: ignore[override]
            with database.operator() as conn:  # while the mind thinks
                erase(conn, dentist.id, PERSON, settings().folder(), datetime.now(UTC), by=OPERATOR)
            yield json.dumps(ANSWER)

    worked(database, Late(ANSWER))
    with database.operator() as conn:
        assert [analyses.of(conn, each.id) for each in (first, second)] == [None, None]
        assert calls.get(conn, first.id).cdr.slots == {}


def test_it_goes_with_the_transcript_and_at_the_latest_a_year_after_the_call(
    database: Database, dentist: Tenant
) -> None:
    cdr = called(database, dentist)
    worked(database)
    year = cdr.ended_at + timedelta(days=367)
    with database.operator() as conn:
        counted = sweep(conn, year, settings().folder(), dry_run=True, by=OPERATOR)
        assert next(row["count"] for row in counted if row["kind"] == "analyses") == 3  # slots, analysis, action
        keep(conn, dentist.id, transcripts=30, by=OPERATOR)
        sweep(conn, cdr.ended_at + timedelta(days=31), settings().folder(), dry_run=False, by=OPERATOR)
        assert analyses.of(conn, cdr.id) is None
        assert calls.get(conn, cdr.id).turns == []


def test_the_commands_do_it_and_show_it(database: Database, dentist: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    call_id = called(database, dentist, ended_at=datetime.now(UTC) - timedelta(hours=2),
                     answered_at=None, started_at=datetime.now(UTC) - timedelta(hours=3)).id  # fmt: skip
    listed = CliRunner().invoke(decroche, ["jobs", "list", "--json"])
    assert json.loads(listed.stdout)["kind"] == KIND
    monkeypatch.setattr("store.work.give_way", lambda: None)  # the tests' own process is not to give way
    done = json.loads(CliRunner().invoke(decroche, ["work", "--once", "--json"]).stdout)
    assert done == {"done": 1 + len(DAILY)}, "and the client's day of billing"
    found = json.loads(CliRunner().invoke(decroche, ["calls", "show", str(call_id), "--json"]).stdout)
    assert {"summary", "sheet", "tags", "score"} <= set(found)
    assert found["analysis"]["state"] == "skipped"


def test_a_real_model_whatever_it_writes_is_held_to_what_was_said(database: Database, dentist: Tenant) -> None:
    """The smallest model there is: it understands little, and nothing of it gets past the transcript."""
    cdr = called(database, dentist)
    agent = loads((EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8") + AFTER).agent
    worked(database, LlamaMind(file("smollm2-135m", ".gguf"), context=2048, calls=1, threads=1))
    with database.operator() as conn:
        made, record = analyses.of(conn, cdr.id), calls.get(conn, cdr.id)
    assert made is not None
    assert made.sheet is not None, made.why
    assert made.engine == "llama-cpp"
    found = Analysis(made.summary or "", made.made_by, made.sheet, made.tags, made.score, made.left_out)
    held_to_its_word(found, agent, heard(agent, record))
