"""A client's CRM: its secret kept apart, told by a job what calls leave, asked at the first ring and not waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from ari_app.call.acquainting import acquaint
from ari_app.call.state import CallState
from ari_app.desk.house import House
from ari_app.desk.lifecycle import Lifecycle
from portal.links.crm import acquainting, kept, writing
from portal.links.crm.commands import crm as command
from portal.links.crm.kept import Entry
from portal.links.crm.reading import SHIPPED, text_of
from store import agents, analyses, audit, calls, events, jobs, tenants
from store.base.errors import BadInput, NotFound
from store.base.ids import new_id
from store.base.outward import OutwardRefused
from store.base.parties import Parties
from store.base.settings import Settings, settings
from store.db import Database
from store.tenants import Tenant
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.links.crm import Crm, recorded, serving
from tests.integration.links.diary import answerable

NUMBER = "+33612345678"
DOLIBARR = text_of(SHIPPED / "dolibarr.yaml")


@pytest.fixture
def there() -> Generator[Crm]:
    with serving() as crm:
        yield crm


@pytest.fixture
def mine(database: Database, dentist: Tenant, ours: Settings, there: Crm) -> Tenant:
    """A client with a Dolibarr."""
    put(database, dentist, ours, there.url)
    return dentist


def put(database: Database, whose: Tenant, ours: Settings, url: str, **more: str) -> None:
    with database.operator(whose.id) as conn:
        kept.put(
            conn, whose.id, DOLIBARR, url=f"{url}/api/index.php", settings={"user": "3", **more}, secret="k3y",
            by=OPERATOR, now=datetime.now(UTC), of=ours,
        )  # fmt: skip


def a_call(database: Database, whose: Tenant, *, said: str = "Bonjour") -> UUID:
    call_id, end = new_id(), datetime.now(UTC)
    cdr = calls.Cdr(
        call_id, whose.id, "inbound", NUMBER, "+33162001234", end - timedelta(minutes=1), end, 16, "caller", "answered",
        answered_at=end - timedelta(minutes=1), agent="accueil", agent_version=1,
    )  # fmt: skip
    with database.tenant(whose.id) as conn:
        calls.insert_cdr(conn, cdr, [calls.Turn("caller", said, 0, 900)] if said else [])
        events.note(conn, "call.ended", call_id)
    return call_id


def work(database: Database, ours: Settings, later: timedelta = timedelta(seconds=1)) -> int:
    """What is due so much later; how many tries failed."""
    now = datetime.now(UTC) + later
    worker = Worker(database, writing.handlers(ours, now=lambda: now), now=lambda: now)
    try:
        worker.drain()
        return worker.failures
    finally:
        worker.close()


def log(database: Database, whose: Tenant) -> list[Entry]:
    with database.tenant(whose.id) as conn:
        return kept.entries(conn)


def played(there: Crm, what: str) -> None:
    there.answers = [(step["status"], step["answer"]) for step in recorded("dolibarr")[what]]


def test_a_call_waits_for_its_summary_and_is_written_once(
    database: Database, mine: Tenant, ours: Settings, there: Crm
) -> None:
    played(there, "call")
    call = a_call(database, mine)
    with database.tenant(mine.id) as conn:
        jobs.add(conn, "call.analyse", call)
    work(database, ours)
    assert there.asked == []
    with database.tenant(mine.id) as conn:
        analyses.keep(
            conn, analyses.Kept(call, "made", summary="Elle veut un détartrage.", sheet={"slots": {}}, made_by="house")
        )  # fmt: skip
    work(database, ours, timedelta(minutes=1))
    assert there.asked[-1].json["note_private"].startswith("Elle veut un détartrage.")
    (one,) = log(database, mine)
    assert (one.what, one.about, one.state, one.tries, one.contact, one.entry) == (
        "call",
        call,
        "written",
        1,
        "12",
        "57",
    )
    work(database, ours, timedelta(days=1))
    assert len(there.asked) == 3


def test_what_a_crm_did_not_take_is_tried_again_and_found_there(
    database: Database, mine: Tenant, ours: Settings, there: Crm
) -> None:
    """The last request was taken though its answer was lost: the next try finds it by its key."""
    played(there, "call")
    there.answers[-1] = (502, None)
    a_call(database, mine)
    assert work(database, ours) == 1
    (one,) = log(database, mine)
    assert (one.state, one.tries, "502" in one.why) == ("waiting", 1, True)
    played(there, "call_again")
    assert work(database, ours, timedelta(minutes=2)) == 0
    (one,) = log(database, mine)
    assert (one.state, one.tries, one.entry, one.why) == ("written", 2, "57", "")
    assert [asked.what for asked in there.asked].count("POST /api/index.php/agendaevents") == 1


def test_eight_tries_and_it_is_failed(database: Database, mine: Tenant, ours: Settings, there: Crm) -> None:
    there.answers = [(500, None)]
    a_call(database, mine)
    for day in range(8):
        work(database, ours, timedelta(days=day, seconds=1))
    (one,) = log(database, mine)
    assert (one.state, one.tries) == ("failed", 8)
    with database.tenant(mine.id) as conn:
        assert len(jobs.listed(conn, state="dead", kind=writing.WRITE)) == 1


def test_a_call_nobody_talked_in_and_a_client_without_a_crm_ask_nothing(
    database: Database, mine: Tenant, ours: Settings, there: Crm
) -> None:
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
        agents.import_version(conn, other.id, "accueil", "name: accueil", by=OPERATOR)
    a_call(database, mine, said="")
    a_call(database, other)
    work(database, ours)
    assert there.asked == []
    assert [one.state for one in log(database, mine)] == ["skipped"]
    assert log(database, other) == []


def test_one_clients_map_is_another_clients_nothing(database: Database, mine: Tenant, ours: Settings) -> None:
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    with database.tenant(other.id) as conn, pytest.raises(NotFound):
        kept.get(conn, mine.id)
    with database.operator(mine.id) as conn:
        assert [entry.action for entry in audit.find(conn, tenant_id=mine.id) if entry.action.startswith("crm.")] == [
            "crm.set"
        ]
        row = conn.execute("SELECT c::text AS all FROM links.crm c").fetchone()
    assert row
    assert "k3y" not in row["all"]


def test_what_cannot_be_asked_is_not_kept(database: Database, dentist: Tenant, ours: Settings) -> None:
    with pytest.raises(OutwardRefused):
        put(database, dentist, ours, "http://10.0.0.7")
    with pytest.raises(BadInput, match="colour"):
        put(database, dentist, ours, "https://erp.example.fr", colour="blue")


# -- who calls


def ringing(whose: Tenant, caller: str = NUMBER) -> CallState:
    who = answerable(whose)
    agent = who.agent.model_copy(update={"variables": ["client"]})
    who = replace(who, agent=agent)
    parties = Parties("inbound", ours="+33162001234", far=caller)
    return CallState(new_id(), parties, "leg-1", who, Lifecycle(datetime.now(UTC)))


def house(acquaintance: acquainting.Acquaintance) -> House:
    """As much of one as `acquaint` uses."""
    return House(None, None, None, None, None, acquaintance=acquaintance)  # type: ignore[arg-type]


def test_the_agent_is_told_what_its_file_names_and_no_more(
    database: Database, mine: Tenant, ours: Settings, there: Crm
) -> None:
    played(there, "look_up")
    state = ringing(mine)
    asyncio.run(acquaint(house(acquainting.finder(ours, database)), state, seconds=30))
    assert state.variables == {"client": "Claire Martin"}


def test_a_withheld_number_is_never_looked_up(database: Database, mine: Tenant, ours: Settings, there: Crm) -> None:
    played(there, "look_up")
    asyncio.run(acquaint(house(acquainting.finder(ours, database)), ringing(mine, ""), seconds=30))
    assert there.asked == []


def test_what_comes_late_is_unknown_for_good(database: Database, mine: Tenant, ours: Settings, there: Crm) -> None:
    played(there, "look_up")
    there.hold.clear()
    state = ringing(mine)

    async def late() -> None:
        finder = acquainting.finder(ours, database)
        await acquaint(house(finder), state, seconds=0.05)
        there.hold.set()
        finder.close()

    asyncio.run(late())
    assert state.variables == {}


def test_a_crm_that_is_away_is_left_alone_for_a_while(
    database: Database, mine: Tenant, ours: Settings, there: Crm
) -> None:
    there.answers = [(500, None)]
    now = [0.0]
    finder = acquainting.Acquaintance(ours, database, lambda: now[0])

    async def rung(times: int) -> int:
        for _ in range(times):
            await finder(mine.id, NUMBER)
        return len(there.asked)

    assert asyncio.run(rung(5)) == acquainting.FAULTS
    now[0] = acquainting.REST_SECONDS
    played(there, "look_up")
    assert asyncio.run(rung(2)) == acquainting.FAULTS + 2


# -- the command


def test_the_commands_set_show_test_and_remove(
    database: Database, dentist: Tenant, ours: Settings, there: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()

    def typed(*parts: str) -> dict[str, object]:
        done = CliRunner().invoke(command, [*parts, "--tenant", "dentiste", "--json"], env={"CRM_KEY": "k3y"})
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout or "{}")

    played(there, "look_up")
    url = f"{there.url}/api/index.php"
    made = typed("set", "--use", "dolibarr", "--url", url, "--setting", "user=3", "--secret-env", "CRM_KEY")
    assert (made["crm"], made["secret"], made["variables"]) == ("Dolibarr", True, ["client", "societe"])
    assert typed("show")["settings"] == {"user": "3"}
    found = typed("test", "--number", "06 12 34 56 78")
    assert (found["name"], found["id"]) == ("Claire Martin", "12")
    assert typed("remove") == {"removed": True, "tenant": "dentiste"}
    mapped = tmp_path / "ours.yaml"
    mapped.write_text("name: x\nlookup: []\n", encoding="utf-8")
    wrong = CliRunner().invoke(command, ["set", "--tenant", "dentiste", "--map", str(mapped), "--url", url])
    assert wrong.exit_code != 0
