"""Numbers stored before there was one plan: found by doctor, mended by a command, history left and named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from ari_app.commands.numbers import number
from ari_app.doctor import checks as doctor_checks
from compliance.ledgers import misread as ledgers
from compliance.ledgers import oppositions
from store import audit, misread, numbers
from store.base.settings import settings
from store.db import Conn, Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.conftest import Postgres

WRONG, RIGHT = "+33692123456", "+262692123456"
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)


def stored(conn: Conn, tenant: Tenant) -> None:
    """Rows as the first landing left them."""
    conn.execute("INSERT INTO store.numbers (e164, fallback) VALUES (%s, '+33269612345')", (WRONG,))
    conn.execute("INSERT INTO store.numbers (e164) VALUES ('+33639980123')")  # kept for fiction: it is the mainland's
    oppositions.add(conn, tenant.id, [oppositions.Opposition(WRONG, NOW, "call")])


def test_what_may_be_rewritten_is_and_the_person_who_opposed_is_not_called(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        stored(conn, dentist)
        done = [*misread.mend(conn, by=OPERATOR), *ledgers.mend(conn, by=OPERATOR)]
        assert {(one.column, one.stored, one.right, one.mend) for one in done} == {
            ("e164", WRONG, RIGHT, "mended"),
            ("fallback", "+33269612345", "+262269612345", "mended"),
            ("number", WRONG, RIGHT, "added"),
        }
        kept = {(n.e164, n.fallback) for n in numbers.listed(conn)}
        assert kept == {(RIGHT, "+262269612345"), ("+33639980123", None)}
        assert {entry.action for entry in audit.find(conn)} >= {"number.mend", "opposition.mend"}
    with database.tenant(dentist.id) as conn:
        assert [row["opposed_at"] for row in oppositions.of(conn, RIGHT)] == [NOW]
        assert oppositions.of(conn, WRONG)  # what was said is never unsaid


def test_mending_again_finds_nothing(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        stored(conn, dentist)
        misread.mend(conn, by=OPERATOR)
        ledgers.mend(conn, by=OPERATOR)
        assert [*misread.found(conn), *ledgers.found(conn)] == []


def test_a_number_whose_right_form_is_there_already_is_left_and_named(database: Database) -> None:
    with database.operator() as conn:
        conn.execute("INSERT INTO store.numbers (e164) VALUES (%s), (%s)", (WRONG, RIGHT))
        (one,) = misread.mend(conn, by=OPERATOR)
        assert (one.mend, RIGHT in one.why) == ("left", True)


def test_the_command_says_what_it_would_do_and_doctor_what_to_type(
    postgres: Postgres, database: Database, dentist: Tenant, settings_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.operator() as conn:
        stored(conn, dentist)
    monkeypatch.setenv("DECROCHE_DATABASE__URL", postgres.service)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", postgres.admin)
    settings.cache_clear()
    finding = doctor_checks.numbers()
    assert (finding.state, finding.hint) == ("warn", "decroche number mend")
    dry = CliRunner().invoke(number, ["mend", "--dry-run", "--json"])
    assert dry.exit_code == 0
    assert [json.loads(line)["right"] for line in dry.stdout.splitlines()] == [RIGHT, "+262269612345", RIGHT]
    assert CliRunner().invoke(number, ["mend"]).exit_code == 0
    assert doctor_checks.numbers().state == "ok"
