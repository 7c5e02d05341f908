"""`decroche hook` as it is typed, on a real database, to a real receiver."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator

import pytest
from click.testing import CliRunner, Result

from ari_app.cli import decroche
from store.base.settings import Settings, settings
from store.db import Database
from store.tenants import Tenant
from tests.integration.links.receiver import Receiver, receiving

Run = Callable[..., Result]
NOBODYS = "01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d"


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with receiving() as there:
        yield there


@pytest.fixture
def run(database: Database, ours: Settings, dentist: Tenant, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `decroche …` on the test's database, beside a client `dentiste`."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    return lambda *words: CliRunner().invoke(decroche, [str(word) for word in words])


def test_an_endpoint_is_added_tried_changed_and_removed(run: Run, receiver: Receiver) -> None:
    done = run("hook", "add", "--tenant", "dentiste", "--url", receiver.url, "--event", "call.ended", "--json")
    made = json.loads(done.stdout)
    assert (made["events"], made["state"], made["tenant"]) == (["call.ended"], "enabled", "dentiste")
    tried = run("hook", "test", made["id"], "--json")
    assert (tried.exit_code, json.loads(tried.stdout)["state"]) == (0, "delivered")
    assert receiver.believed(made["secret"])["type"] == "hook.test"
    receiver.status, receiver.answer = 500, b"no"
    failed = run("hook", "test", made["id"], "--json")
    assert (failed.exit_code, json.loads(failed.stdout)["snippet"]) == (1, "no")
    changed = run("hook", "set", made["id"], "--name", "CRM", "--event", "booking.made", "--json")
    assert [json.loads(changed.stdout)[name] for name in ("name", "events", "url")] == [
        "CRM",
        ["booking.made"],
        receiver.url,
    ]
    assert run("hook", "set", made["id"], "--url", "http://crm.example.fr/").exit_code == 2
    assert run("hook", "set", made["id"]).exit_code == 2
    assert run("hook", "set", NOBODYS, "--name", "x").exit_code == 4
    other = json.loads(run("hook", "rotate", made["id"], "--json").stdout)["secret"]
    assert other != made["secret"]
    assert other not in run("hook", "list", "--json").stdout
    sent = run("hook", "deliveries", "--tenant", "dentiste", "--state", "failed", "--json").stdout
    assert json.loads(sent)["status"] == 500
    assert run("hook", "replay", json.loads(sent)["id"]).exit_code == 0
    assert run("hook", "replay", "--failed-of", made["id"], "--json").exit_code == 0
    assert run("hook", "remove", made["id"]).exit_code == 0
    assert run("hook", "list", "--json").stdout == ""


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("hook add --tenant dentiste --url http://crm.example.fr/", 2),
        ("hook add --tenant dentiste --url https://crm.example.fr/ --event call.eaten", 2),
        ("hook add --tenant nosuch --url https://crm.example.fr/", 4),
        (f"hook test {NOBODYS}", 4),
        (f"hook rotate {NOBODYS}", 4),
        (f"hook enable {NOBODYS}", 4),
        (f"hook remove {NOBODYS}", 4),
        (f"hook replay {NOBODYS}", 4),
        (f"hook replay --failed-of {NOBODYS}", 4),
        ("hook replay", 2),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_status(run: Run, line: str, status: int) -> None:
    done = run(*line.split())
    assert done.exit_code == status, done.output
    assert "error[" in done.output
    assert "hint:" in done.output
