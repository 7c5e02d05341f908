"""`decroche person`, `key` and `api` as they are typed, and what a database of one's own must give the web."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict

from ari_app.cli import decroche
from portal.door import Portal
from portal.people import own, signing
from store.base.errors import BadInput
from store.base.settings import settings
from store.db import Database, DatabaseUnfit
from store.setup import portal_dsn
from store.tenants import Tenant
from tests.integration.portal.site import PASSWORD

Run = Callable[..., Result]


@pytest.fixture
def run(database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `decroche …` on the test's database."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    return lambda *words: CliRunner().invoke(decroche, [str(word) for word in words])


def test_a_person_is_added_comes_in_and_is_ended(run: Run, portal: Portal, dentist: Tenant) -> None:
    done = run("person", "add", "claire@cabinet.fr", "--tenant", "dentiste", "--role", "Rédacteur", "--json")
    made = json.loads(done.stdout)
    assert (made["email"], made["roles"]) == ("claire@cabinet.fr", ["redacteur"])
    now = datetime.now(UTC)
    assert signing.sign_in(portal, made["email"], made["password"], "", "", now).outcome == "in"
    assert own.use_link(portal, made["link"].removeprefix("/invitation/"), PASSWORD, now) == made["email"]
    again = json.loads(
        run("person", "add", made["email"], "--tenant", "dentiste", "--role", "lecteur", "--json").stdout
    )
    assert (again["password"], again["link"]) == (None, None)
    listed = json.loads(run("person", "list", "--tenant", "dentiste", "--json").stdout)
    assert listed["roles"] == ["lecteur"]
    assert run("person", "end", made["email"]).exit_code == 0
    assert signing.sign_in(portal, made["email"], PASSWORD, "", "", now).outcome == "refused"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("person add nobody --tenant dentiste --role lecteur", 2),
        ("person add a@b.fr --tenant dentiste --role root", 2),
        ("person add a@b.fr --role lecteur", 2),
        ("person add a@b.fr --tenant dentiste --role admin", 2),
        ("person add a@b.fr --tenant nosuch --role lecteur", 4),
        ("person end nobody@b.fr", 4),
        ("key add --tenant dentiste --scope team", 2),
        ("key end 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d", 4),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_status(run: Run, dentist: Tenant, line: str, status: int) -> None:
    done = run(*line.split())
    assert done.exit_code == status, done.output
    assert "error[" in done.output
    assert "hint:" in done.output


def test_a_key_is_told_once_and_opens_the_door(run: Run, portal: Portal, dentist: Tenant) -> None:
    made = json.loads(run("key", "add", "--tenant", "dentiste", "--scope", "calls", "--json").stdout)
    assert set(made) == {"id", "key"}
    with portal.unlocked(made["key"], datetime.now(UTC)) as seat:
        assert seat.rights == {"calls"}
    assert made["key"] not in run("key", "list", "--json").stdout
    assert run("key", "end", made["id"]).exit_code == 0


def test_the_contract_is_printed(run: Run) -> None:
    assert json.loads(run("api", "openapi").stdout)["openapi"].startswith("3.1")


def test_the_web_is_refused_a_login_that_could_be_the_service(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert conninfo_to_dict(database.service_dsn)["user"] == "decroche_service"
    with pytest.raises(BadInput, match="no access"):
        portal_dsn(settings())
    monkeypatch.setenv("DECROCHE_DATABASE__PORTAL_URL", database.service_dsn)
    settings.cache_clear()
    with pytest.raises(DatabaseUnfit, match="may become decroche_service"):
        portal_dsn(settings())
