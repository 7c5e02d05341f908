"""`decroche tenant|number|audit|database` as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from store import cli
from store.base.settings import settings
from store.db import Conn, Database
from tests.conftest import Postgres

Run = Callable[..., Result]


@pytest.fixture
def run(postgres: Postgres, database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against the run's database."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", postgres.service)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", postgres.admin)
    settings.cache_clear()

    def call(group: click.Command, *arguments: str) -> Result:
        return CliRunner().invoke(group, arguments)

    return call


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_tenant_added_is_listed_and_the_act_is_in_the_log(run: Run) -> None:
    rows(run(cli.tenant, "add", "dentiste", "--name", "Cabinet Molaire", "--json"))
    assert [row["slug"] for row in rows(run(cli.tenant, "list", "--json"))] == ["dentiste"]
    (act,) = rows(run(cli.audit, "list", "--json"))
    assert (act["action"], act["subject"], act["tenant"]) == ("tenant.add", "tenant:dentiste", "dentiste")


def test_a_number_goes_from_stock_to_tenant_and_back(run: Run) -> None:
    run(cli.tenant, "add", "dentiste", "--name", "Cabinet Molaire")
    run(cli.number, "add", "01 62 00 12 34", "--npv")
    run(cli.number, "assign", "+33162001234", "--tenant", "dentiste")
    (row,) = rows(run(cli.number, "list", "--tenant", "dentiste", "--json"))
    assert (row["e164"], row["tenant"], row["verified_npv"]) == ("+33162001234", "dentiste", True)
    run(cli.number, "release", "+33162001234")
    assert rows(run(cli.number, "list", "--tenant", "dentiste", "--json")) == []


def test_a_tenant_is_shown_with_its_numbers(run: Run) -> None:
    run(cli.tenant, "add", "dentiste", "--name", "Cabinet Molaire")
    run(cli.number, "add", "0162001234")
    run(cli.number, "assign", "0162001234", "--tenant", "dentiste")
    (row,) = rows(run(cli.tenant, "show", "dentiste", "--json"))
    assert [number["e164"] for number in row["numbers"]] == ["+33162001234"]


@pytest.mark.parametrize(
    ("group", "arguments", "status", "says"),
    [
        (cli.tenant, ["show", "nobody"], 4, "no tenant nobody"),
        (cli.tenant, ["add", "X!", "--name", "x"], 2, "slug"),
        (cli.number, ["add", "allo"], 2, "'allo' is not a phone number"),
        (cli.number, ["assign", "+33162001234", "--tenant", "nobody"], 4, "no tenant nobody"),
    ],
)
def test_a_mistake_is_one_message_with_its_exit_status(
    run: Run, group: click.Command, arguments: list[str], status: int, says: str
) -> None:
    result = run(group, *arguments)
    assert result.exit_code == status
    assert says in result.output
    assert "Traceback" not in result.output


def test_a_refused_command_leaves_no_act_in_the_log(run: Run) -> None:
    run(cli.tenant, "add", "dentiste", "--name", "x", "--timezone", "Paris")
    assert rows(run(cli.audit, "list", "--json")) == []


def test_an_intact_log_is_verified_and_its_end_noted(run: Run, settings_home: Path) -> None:
    run(cli.tenant, "add", "dentiste", "--name", "x")
    (facts,) = rows(run(cli.audit, "verify", "--json"))
    assert (facts["intact"], facts["entries"]) == (True, 1)
    assert facts["end"]["hash"] in (settings_home / "audit-anchors.jsonl").read_text()


def test_a_tampered_log_is_told_with_exit_status_1(run: Run, superuser: Conn) -> None:
    run(cli.tenant, "add", "dentiste", "--name", "x")
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute("UPDATE store.audit SET record = replace(record, 'dentiste', 'dentists')")
    result = run(cli.audit, "verify", "--json")
    assert result.exit_code == 1
    assert [fault["kind"] for fault in json.loads(result.stdout)["faults"]] == ["changed"]


def test_the_tail_of_the_log_is_oldest_first(run: Run) -> None:
    for slug in ("a", "b", "c"):
        run(cli.tenant, "add", slug, "--name", slug)
    acts = rows(run(cli.audit, "tail", "--lines", "2", "--json"))
    assert [act["subject"] for act in acts] == ["tenant:b", "tenant:c"]


def test_the_status_of_a_good_database_names_no_problem_and_no_password(run: Run, postgres: Postgres) -> None:
    result = run(cli.database, "status", "--json")
    (facts,) = rows(result)
    assert (facts["problem"], facts["migrations_pending"]) == (None, 0)
    assert "password" not in result.output


def test_migrating_a_migrated_database_applies_nothing(run: Run) -> None:
    assert rows(run(cli.database, "migrate", "--json")) == []


def test_what_was_backed_up_comes_back_and_only_into_an_empty_database(
    run: Run, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = tmp_path / "d.dump"
    rows(run(cli.tenant, "add", "dentiste", "--name", "Cabinet Molaire", "--json"))
    rows(run(cli.database, "backup", "--out", str(dump), "--json"))
    assert dump.stat().st_mode & 0o777 == 0o600
    assert run(cli.database, "restore", str(dump)).exit_code == 1  # not empty

    with_name = "restored"
    from store.setup import embedded_database

    service, admin = embedded_database(postgres.server, with_name, postgres.settings)
    monkeypatch.setenv("DECROCHE_DATABASE__URL", service)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", admin)
    settings.cache_clear()
    rows(run(cli.database, "restore", str(dump), "--json"))
    assert [row["slug"] for row in rows(run(cli.tenant, "list", "--json"))] == ["dentiste"]
    (facts,) = rows(run(cli.audit, "verify", "--json"))
    postgres.drop(with_name)
    assert facts["intact"]


def commands(group: click.Group) -> list[tuple[str, click.Command]]:
    return [(f"{group.name} {name}", command) for name, command in group.commands.items()]


@pytest.mark.parametrize(
    ("name", "command"),
    [pair for group in (cli.tenant, cli.number, cli.audit, cli.database) for pair in commands(group)],
)
def test_every_command_prints_data_as_json_too_and_shows_an_example(name: str, command: click.Command) -> None:
    assert any("--json" in option.opts for option in command.params)
    assert f"Example: decroche {name}" in (command.help or "")
