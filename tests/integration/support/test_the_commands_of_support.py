"""`decroche ticket` and `decroche maintenance` as they are typed; what is forgotten; what a plan gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ari_app.cli import decroche
from billing.plans import plans
from compliance.people import privacy
from portal.support import forget, standing, tickets, writing
from portal.support.terms import level
from store import audit
from store.base.settings import settings
from store.db import Database
from store.forget import Sweep
from tests.actors import OPERATOR
from tests.integration.portal.site import NOW, Practice

Run = Callable[..., Result]


@pytest.fixture
def run(database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `decroche …` on the test's database."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    return lambda *words: CliRunner().invoke(decroche, [str(word) for word in words])


def rows(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_ticket_is_listed_read_answered_and_closed(
    run: Run, practice: Practice, other: Practice, database: Database, tmp_path: Path
) -> None:
    number = practice.ids["ticket"]
    assert [str(row["number"]) for row in rows(run("ticket", "list", "--tenant", "dentiste", "--json"))] == [number]
    assert len(rows(run("ticket", "list", "--json"))) == 2
    text = run("ticket", "show", number).stdout
    assert "Un appel s'est" in text
    assert f"about: call {practice.call}" in text
    assert max(map(len, text.splitlines())) <= 100
    assert rows(run("ticket", "answer", number, "--text", "Note.", "--note", "--json"))[0]["state"] == "open"
    assert rows(run("ticket", "answer", number, "--text", "Quand ?", "--ask", "--json"))[0]["state"] == "waiting"
    (said,) = rows(run("ticket", "show", number, "--json"))
    assert [(post["text"], post["internal"]) for post in said["posts"]][1:] == [("Note.", True), ("Quand ?", False)]
    answer = tmp_path / "réponse.txt"
    answer.write_text("C'est fait.", encoding="utf-8")
    assert rows(run("ticket", "answer", number, "--file", answer, "--json"))[0]["state"] == "answered"
    assert rows(run("ticket", "close", number, "--json"))[0]["state"] == "closed"
    assert run("ticket", "close", number).exit_code == 1
    assert len(rows(run("ticket", "list", "--state", "closed", "--json"))) == 1
    assert len(rows(run("ticket", "list", "--state", "all", "--json"))) == 2
    with database.operator() as conn:
        acts = {entry.action for entry in audit.find(conn) if entry.subject == f"ticket:{number}"}
    assert acts == {"ticket.open", "ticket.look", "ticket.note", "ticket.post", "ticket.close"}


def test_what_is_late_is_listed(run: Run, practice: Practice, database: Database) -> None:
    with database.operator() as conn:
        asked = writing.open_ticket(
            conn, practice.tenant.id, "Vieux", "x", "blocking", None, by=OPERATOR, now=NOW - timedelta(days=30)
        )
    found = rows(run("ticket", "list", "--late", "--json"))
    assert found[0]["number"] == asked.number
    assert found[0]["late"] is True
    assert max(map(len, run("ticket", "list").stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("ticket show 999999", 4), ("ticket answer 999999 --text x", 4), ("ticket answer 1", 2),
        ("ticket answer 1 --text x --file y", 2), ("ticket answer 1 --file /none", 2), ("ticket show x", 2),
        ("ticket answer 1 --text x --ask --note", 2), ("ticket list --tenant nobody", 4), ("ticket show 0", 4),
        ("ticket show 99999999999999999999", 4), ("maintenance add a b c", 2), ("maintenance end x", 2),
        ("maintenance add 2026-01-01 2026-01-02 x", 2), ("maintenance list --quiet 0", 2),
        ("maintenance end 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d", 4),
    ],
)  # fmt: skip
def test_what_is_typed_wrongly_is_told(run: Run, line: str, status: int) -> None:
    done = run(*line.split())
    assert (done.exit_code, "Traceback" in done.output) == (status, False), done.output


def test_works_are_announced_listed_and_ended(run: Run, practice: Practice) -> None:
    day = (datetime.now(UTC) + timedelta(days=5)).date()
    typed = (f"{day} 22:00", f"{day} 23:00", "Mise à jour d'Asterisk", "--english", "Upgrade")
    (made,) = rows(run("maintenance", "add", *typed, "--json"))
    assert made["state"] == "planned"
    assert [row["id"] for row in rows(run("maintenance", "list", "--json"))] == [made["id"]]
    assert max(map(len, run("maintenance", "list").stdout.splitlines())) <= 100
    (ended,) = rows(run("maintenance", "end", made["id"], "--json"))
    assert ended["state"] == "cancelled"
    assert rows(run("maintenance", "list", "--json")) == []
    assert len(rows(run("maintenance", "list", "--all", "--json"))) == 1
    assert len(rows(run("maintenance", "list", "--quiet", "2", "--json"))) == 3


def test_closed_tickets_go_with_time_and_open_ones_stay(practice: Practice, database: Database, tmp_path: Path) -> None:
    with database.operator() as conn:
        old = writing.open_ticket(conn, practice.tenant.id, "Vieux", "x", "minor", None, by=OPERATOR, now=NOW)
        writing.close(conn, old.number, by=OPERATOR, now=NOW)
        for dry_run, left in ((True, 2), (False, 1)):
            at = Sweep(conn, tmp_path, NOW, NOW + timedelta(days=1), dry_run)
            assert forget.tickets(at) == 1
            assert len(tickets.listed(conn)) == left
        (row,) = conn.execute("SELECT count(*) AS n FROM support.posts").fetchall()
        assert row["n"] == 1


def test_a_person_who_asks_is_taken_out_of_tickets(practice: Practice, database: Database, tmp_path: Path) -> None:
    with database.operator() as conn:
        named = writing.open_ticket(
            conn, practice.tenant.id, "Le 06 98 76 54 32 rappelle", "Elle dit : 06.98.76.54.32.", "minor", None,
            by=OPERATOR, now=NOW,
        )  # fmt: skip
        writing.answer(conn, named.number, "Vu.", by=OPERATOR, now=NOW)
    with database.operator() as conn:
        privacy.erase(conn, practice.tenant.id, "+33698765432", tmp_path, NOW, by=OPERATOR)
        left = tickets.get(conn, named.number)
        assert left.subject == "[…]"
        assert [post.text for post in tickets.posts(conn, left)] == ["[…]", "Vu."]


def test_a_better_plan_is_answered_sooner(practice: Practice, other: Practice, database: Database) -> None:
    toml = 'title = "Pro"\nmonthly_price = "99.00"\nsupport = "{}"\n'
    with database.operator() as conn:
        wanted: list[tuple[Practice, standing.Level]] = [(practice, "priority"), (other, "standard")]
        for of, name in wanted:
            plan = plans.add_plan(conn, f"pro-{name}", toml.format(name), OPERATOR)
            plans.subscribe(
                conn, of.tenant.id, plan, NOW.date(), accepted_by="Claire", accepted_at=NOW, accepted_from="192.0.2.1",
                terms_version="1", terms=b"x", by=OPERATOR,
            )  # fmt: skip
            assert level(conn, of.tenant.id, NOW) == name
            made = writing.open_ticket(conn, of.tenant.id, "x", "x", "major", None, by=OPERATOR, now=NOW)
            assert made.standing == standing.opened(NOW, standing.ALLOWED[name]["major"])
    with pytest.raises(plans.BadPlan, match="none of standard, priority"):
        plans.parse_plan("x", 1, toml.format("gold"))
