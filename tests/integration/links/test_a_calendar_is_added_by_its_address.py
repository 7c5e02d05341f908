"""Calendars are added, listed and removed; an address that is none, or not for us to ask, is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ari_app.cli import decroche
from portal.links import calendars
from store.base.errors import BadInput, NotFound, Refused
from store.base.settings import Settings, settings
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.links.conftest import Web
from tests.integration.links.diary import beside, book, event, worked
from tests.unit.links.test_busy_times_are_read_as_calendars_mean_them import file


@pytest.mark.parametrize(
    ("kind", "address", "more"),
    [
        ("ics", "http://10.0.0.1/dr.ics", {}),
        ("ics", "file:///etc/passwd", {}),
        ("mail", "nobody", {}),
        ("mail", "a@b.fr\nBcc: c@d.fr", {}),
        ("caldav", "https://cal.example.fr/", {"account": "dr"}),
        ("ics", "https://cal.example.fr/", {"account": "dr", "password": "x"}),
    ],
)
def test_an_address_that_is_none_is_refused_by_name(
    database: Database, dentist: Tenant, ours: Settings, kind: str, address: str, more: dict[str, str]
) -> None:
    with pytest.raises(BadInput):
        beside(database, dentist, ours, kind, address, **more)


def test_a_private_address_is_not_asked_where_the_operator_has_not_said_so(
    database: Database, dentist: Tenant, ours: Settings, web: Web
) -> None:
    web.files["/dr.ics"] = (200, file(event(10)), "")
    made = beside(database, dentist, ours, "ics", f"{web.url}/dr.ics")
    strict = ours.model_copy(update={"outward": ours.outward.model_copy(update={"allowed": []})})
    worked(database, strict)
    with database.operator() as conn:
        found = calendars.get(conn, made.id)
    assert found is not None
    assert found.fault.startswith("[outward_refused]")
    assert web.asked == []


def test_a_name_is_taken_once_and_an_agent_must_be_there(database: Database, dentist: Tenant, ours: Settings) -> None:
    beside(database, dentist, ours, "mail", "a@cabinet.fr")
    with pytest.raises(Refused):
        beside(database, dentist, ours, "mail", "b@cabinet.fr")
    with database.operator(dentist.id) as conn, pytest.raises(NotFound):
        calendars.add(conn, dentist.id, "nobody", "x", "mail", "a@cabinet.fr", by=OPERATOR, of=ours)


def test_the_commands_add_list_feed_and_remove(
    database: Database, dentist: Tenant, ours: Settings, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()

    def typed(*words: str) -> str:
        done = CliRunner().invoke(decroche, ["calendar", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    whose = ("--tenant", "dentiste")
    agent = (*whose, "--agent", "accueil")
    assert json.loads(typed("add", *agent, "--name", "dr", "--url", f"{web.url}/dr.ics", "--json"))["kind"] == "ics"
    assert json.loads(typed("list", *whose, "--json"))["name"] == "dr"
    made = book(database, dentist, 10)
    typed("feed", *agent, "--out", str(tmp_path / "rdv.ics"))
    text = (tmp_path / "rdv.ics").read_text(encoding="utf-8")
    assert f"UID:{made['booking']}@decroche" in text
    assert "METHOD:PUBLISH" in text
    typed("remove", *whose, "dr")
    assert typed("list", "--json") == ""
