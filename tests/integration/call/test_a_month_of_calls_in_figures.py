"""`decroche stats`: what is counted, by whose clock, and the report made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ari_app.cli import decroche
from ari_app.stats.report import WORDS, page
from billing.documents.pages import laid_out
from store import agents, analyses, calls, statistics, tenants
from store.base.errors import BadInput
from store.base.ids import new_id
from store.base.settings import settings
from store.calls import Action, Cdr, Turn
from store.db import Database
from store.statistics import Figures, Statistics
from store.tenants import Tenant
from tests.actors import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # WeasyPrint's open file
MORNING = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
PARIS = "Europe/Paris"


@pytest.fixture
def dentist(database: Database, settings_home: Path) -> Tenant:
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet <Molaire>", by=OPERATOR)
        agents.import_version(conn, tenant.id, "accueil", "name: accueil", by=OPERATOR)
        return tenant


def called(
    database: Database, tenant: Tenant, at: datetime, *, answered: bool = True, seconds: int = 90,
    did: dict[str, str] | None = None, tags: list[str] | None = None, asked: str = "", direction: str = "inbound",
    agent: str = "accueil", heard: bool = True,
) -> None:  # fmt: skip
    cdr = Cdr(
        id=new_id(), tenant_id=tenant.id, direction="inbound", caller="+33612345678", callee="+33162001234",
        number="+33162001234", agent=agent, agent_version=1, started_at=at, answered_at=at if answered else None,
        ended_at=at + timedelta(seconds=seconds), hangup_cause=16, hangup_side="caller", outcome="answered",
        disclosure_heard_ms=2400 if answered and heard else None,
    )  # fmt: skip
    if direction == "outbound":
        cdr = replace(cdr, direction="outbound")
    turns = [Turn("caller", asked, 0, 900), Turn("agent", "Je ne sais pas.", 1000, 2000, 1000, {"meaning": "unknown"})]
    actions = [Action(name, {}, {"outcome": outcome}, 3000) for name, outcome in (did or {}).items()]
    with database.tenant(tenant.id) as conn:
        calls.insert_cdr(conn, cdr, turns if asked else [], actions)
        if tags is not None:
            analyses.keep(conn, analyses.Kept(cdr.id, "skipped", "late", tags=tags))


def november(database: Database, tenant: Tenant, timezone: str = PARIS) -> Statistics:
    with database.tenant(tenant.id) as conn:
        return statistics.of_period(conn, tenant.id, *statistics.month("2026-11", timezone), timezone)


def test_each_call_is_counted_for_what_was_done_in_it(database: Database, dentist: Tenant) -> None:
    called(database, dentist, MORNING, did={"book": "done", "message": "failed"})
    called(database, dentist, MORNING, did={"transfer": "answered"}, heard=False)
    called(database, dentist, MORNING, did={"transfer": "busy", "message": "done"})
    called(database, dentist, MORNING, answered=False, seconds=20)
    called(database, dentist, MORNING, answered=False, direction="outbound", agent="rappel")
    called(database, dentist, MORNING, did={"opt_out": "done"}, direction="outbound", agent="rappel", seconds=10)
    found = november(database, dentist)
    assert found.total == Figures(
        calls=6, inbound=4, answered=4, missed=1, booked=1, transferred=1, messages=1, opted_out=1, disclosed=3,
        seconds=280,
    )  # fmt: skip
    assert {name: figures.calls for name, figures in found.by_agent.items()} == {"accueil": 4, "rappel": 2}
    assert found.by_number["+33162001234"] == found.total


def test_hours_and_months_are_of_the_clients_own_clock(database: Database, dentist: Tenant) -> None:
    called(database, dentist, MORNING)  # 9:30 in Paris, 12:30 in La Réunion
    called(database, dentist, datetime(2026, 10, 31, 22, 30, tzinfo=UTC))  # 23:30 in Paris, November in La Réunion
    paris, reunion = november(database, dentist), november(database, dentist, "Indian/Reunion")
    assert {hour for hour, figures in paris.by_hour.items() if figures.calls} == {9}
    assert {hour for hour, figures in reunion.by_hour.items() if figures.calls} == {2, 12}
    assert list(paris.by_hour) == list(range(24))


def test_reasons_are_the_tags_and_what_was_not_known_is_told_in_callers_words(
    database: Database, dentist: Tenant
) -> None:
    for tags in (["prix", "urgence"], ["prix"], []):
        called(database, dentist, MORNING, tags=tags)
    for asked in ("Vous prenez les chiens ?", "vous prenez les chiens", "Et le dimanche ?"):
        called(database, dentist, MORNING, asked=asked)
    found = november(database, dentist)
    assert found.reasons == {"prix": 2, "urgence": 1}
    assert found.unknown == {"vous prenez les chiens": 2, "et le dimanche": 1}
    assert (found.analysed, found.skipped) == (0, 3)


def test_another_clients_calls_are_counted_nowhere(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    called(database, dentist, MORNING, tags=["prix"], asked="Et le dimanche ?")
    with database.operator() as conn:
        since, until = statistics.month("2026-11", PARIS)
        found = statistics.of_period(conn, other.id, since, until, PARIS)
    assert (found.total, found.reasons, found.unknown, found.by_agent) == (Figures(), {}, {}, {})


@pytest.mark.parametrize("text", ["2026-13", "2026", "novembre", "2026-00", "99999-01"])
def test_a_month_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="month"):
        statistics.month(text, PARIS)


def test_the_command_gives_a_table_an_object_and_a_report(
    database: Database, dentist: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    called(database, dentist, MORNING, did={"book": "done"}, tags=["prix"], asked="Et le dimanche ?")
    asked = ["stats", "--tenant", "dentiste", "--month", "2026-11"]
    told = CliRunner().invoke(decroche, [*asked, "--json", "--pdf", str(tmp_path / "mois.pdf")])
    found = json.loads(told.stdout)
    assert (found["calls"], found["booked"], found["disclosed"], found["by_hour"]["9"]["calls"]) == (1, 1, 1, 1)
    assert (tmp_path / "mois.pdf").read_bytes()[:5] == b"%PDF-"
    table = CliRunner().invoke(decroche, asked).stdout
    assert max(len(line) for line in table.splitlines()) <= 100
    assert "not known: et le dimanche 1" in table


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_report_holds_the_figures_in_words_and_pictures(database: Database, dentist: Tenant, language: str) -> None:
    called(database, dentist, MORNING, did={"book": "done"}, tags=["<prix>"])
    html = page(november(database, dentist), dentist.name, language)  # type: ignore[arg-type]
    assert ("Appels de novembre 2026" if language == "fr" else "Calls of November 2026") in html
    assert "Cabinet &lt;Molaire&gt;" in html
    assert "&lt;prix&gt;" in html
    assert "<prix>" not in html
    assert html.count("<svg") == 2
    assert laid_out(html)[:5] == b"%PDF-"


def test_every_language_of_the_report_has_every_word() -> None:
    assert set(WORDS["fr"]) == set(WORDS["en"])
