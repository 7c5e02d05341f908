"""`decroche trunk` and `decroche number import` as a person types them: rows, audit, secrets, quality."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ari_app.commands.numbers import number
from ari_app.doctor import trunks as doctor_trunks
from asterisk_conf.applying import State
from asterisk_conf.render import Places, render
from asterisk_conf.trunk_cli import trunk
from asterisk_conf.trunks import kept_trunks
from store import audit, numbers, tenants
from store.base.settings import settings
from store.calls import Cdr, insert_cdr
from store.db import Database
from store.tenants import Tenant
from store.trunks.checking import Trunk
from store.trunks.legs import TrunkCall, note_calls, of_call, qualities
from tests.actors import OPERATOR
from tests.conftest import Postgres

Run = Callable[..., Result]
PLACES = Places(Path("/h"), Path("/r"), Path("/m"), Path("/d"))
SECRET = "s3;cret-of-ovh"


@pytest.fixture
def run(postgres: Postgres, database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against the run's database."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", postgres.service)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", postgres.admin)
    settings.cache_clear()

    def call(group: click.Command, *arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(group, arguments, input=given)

    return call


def rows(result: Result, status: int = 0) -> list[dict[str, Any]]:
    assert result.exit_code == status, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def add(run: Run, *more: str) -> Result:
    return run(trunk, "add", "ovh", "--host", "sip.example.fr:5080", "--user", "acme", "--password-file", "-", "--json",
               *more, given=SECRET + "\n")  # fmt: skip


def test_a_trunk_is_kept_told_and_listed_and_its_password_is_nowhere_but_in_its_file(
    run: Run, database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECROCHE_ASTERISK__TRUNK", "192.0.2.1")
    settings.cache_clear()
    (made,) = rows(add(run, "--register", "--channels", "30", "--shows", "+33162", "--priority", "2"))
    assert (made["name"], made["address"], made["registers"], made["expiry"]) == (
        "ovh",
        "sip.example.fr:5080",
        True,
        1800,
    )
    listed = rows(run(trunk, "list", "--json"))
    assert [row["name"] for row in listed] == ["trunk", "ovh"]  # the settings' own first
    assert (settings_home / "secrets" / "trunk-ovh").stat().st_mode & 0o777 == 0o600
    files = render(settings(), PLACES)
    assert f"password={SECRET.replace(';', chr(92) + ';')}" in files["pjsip.conf"]
    assert "expiration=1800" in files["pjsip.conf"]
    assert "[trunk.ovh](media)" in files["pjsip.conf"]
    kept = settings_home / "asterisk" / "trunks.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    with database.operator() as conn:
        (act,) = audit.find(conn, action="trunk.add")
        row = conn.execute("SELECT to_json(t)::text AS text FROM store.trunks t").fetchone()
    assert row is not None
    assert act.subject == "trunk:ovh"
    for text in (kept.read_text(), row["text"], json.dumps(dict(act.detail)), repr(made)):
        assert "s3" not in text


def test_a_removed_trunk_leaves_no_password_behind(run: Run, database: Database, settings_home: Path) -> None:
    add(run)
    rows(run(trunk, "remove", "ovh", "--json"))
    assert not (settings_home / "secrets" / "trunk-ovh").exists()
    assert kept_trunks(settings()) == []
    assert rows(run(trunk, "list", "--json")) == []
    with database.operator() as conn:
        assert [entry.action for entry in audit.find(conn)] == ["trunk.remove", "trunk.add"]
    assert run(trunk, "remove", "ovh").exit_code == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "ovh", "--host", "sip.example.fr", "--register"], "--register needs an account"),
        (["add", "ovh", "--host", "sip.example.fr", "--transport", "tls"], "no TLS port"),
        (["add", "trunk", "--host", "sip.example.fr"], "cannot be a trunk's name"),
        (["add", "ovh", "--host", "sip.example.fr", "--match", "127.0.0.2"], "any user of this machine"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(run: Run, arguments: list[str], says: str) -> None:
    result = run(trunk, *arguments)
    assert result.exit_code == 2
    assert says in result.output
    assert rows(run(trunk, "list", "--json")) == []
    assert kept_trunks(settings()) == []


def test_two_trunks_have_two_names(run: Run) -> None:
    add(run)
    assert "there is a trunk ovh already" in add(run).output


def test_answer_ratio_and_mean_duration_are_of_the_calls_that_were_asked(
    run: Run, database: Database, cdr: Cdr
) -> None:
    add(run)
    began = datetime.now(UTC) - timedelta(hours=1)

    def part(outcome: str, seconds: int = 0, direction: Any = "outbound", trunk: str = "ovh") -> TrunkCall:
        answered = began if outcome == "answered" else None
        return TrunkCall(trunk, direction, began, answered, began + timedelta(seconds=seconds), outcome, 16)

    parts = [part("answered", 60), part("answered", 120), part("busy"), part("unavailable"), part("full"),
             part("not_shown"), part("answered", 999, "inbound"), part("answered", 10, trunk="sfr")]  # fmt: skip
    with database.tenant(cdr.tenant_id) as conn:
        insert_cdr(conn, cdr)
        note_calls(conn, cdr.tenant_id, cdr.id, parts)
        note_calls(conn, cdr.tenant_id, cdr.id, parts[:1])  # told twice, kept once
        assert of_call(conn, cdr.id) == parts
    with database.operator() as conn:
        found = qualities(conn, began - timedelta(minutes=1))["ovh"]
    assert (found.tried, found.answered, found.failed, found.inbound) == (4, 2, 1, 1)
    assert (found.answer_ratio, found.mean_seconds) == (0.5, 90.0)
    (row,) = rows(run(trunk, "list", "--json"))
    assert (row["answer_ratio"], row["mean_seconds"], row["calls"]) == (0.5, 90.0, 4)
    assert "50%" in run(trunk, "list").output
    assert "0.5" in run(trunk, "show", "ovh").output


def test_one_client_sees_no_other_ones_trunk_calls(database: Database, cdr: Cdr, townhall: Tenant) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        insert_cdr(conn, cdr)
        note_calls(conn, cdr.tenant_id, cdr.id,
                   [TrunkCall("ovh", "inbound", cdr.started_at, None, cdr.ended_at, "busy", 17)])  # fmt: skip
    with database.tenant(townhall.id) as conn:
        assert of_call(conn, cdr.id) == []


# -- numbers by the thousand

FILE = """number;last;tenant;agent;fallback;npv;ported_on
0162001000;0162001999;dentiste;accueil;;oui;
="+33162002000";;dentiste;;0478000001;;01/12/2099
0162003000;0162002000;;;;;
bonjour;;;;;;
0162004000;;personne;;;;
0162005000;;dentiste;absent;;;
0162006000;;;;;peut-être;
0162007000;;;;;;31/02/2026
0162008000;;mairie;;;;
"""


def test_a_file_of_numbers_is_taken_in_row_by_row(
    run: Run, database: Database, dentist: Tenant, townhall: Tenant, tmp_path: Path
) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text(FILE, encoding="utf-8-sig")
    with database.operator() as conn:
        numbers.add(conn, "0162008000", by=OPERATOR)
        numbers.assign(conn, "0162008000", dentist.id, by=OPERATOR)
    told = rows(run(number, "import", str(path), "--json"), status=3)
    assert [(row["line"], row["state"], row["added"]) for row in told[:2]] == [
        (2, "imported", 1000),
        (3, "imported", 1),
    ]
    why = {row["line"]: row["why"] for row in told if row["state"] == "bad"}
    assert set(why) == {4, 5, 6, 7, 8, 9, 10}
    for line, words in ((4, "after"), (5, "bonjour"), (6, "no tenant personne"), (7, "no agent absent"),
                        (8, "neither yes nor no"), (9, "no day"), (10, "another tenant")):  # fmt: skip
        assert words in why[line], why[line]
    with database.operator() as conn:
        kept = {n.e164: n for n in numbers.listed(conn, dentist.id)}
        assert tenants.get(conn, "mairie").id not in {n.tenant_id for n in numbers.listed(conn)}
    assert len(kept) == 1002
    assert (kept["+33162001999"].agent, kept["+33162001999"].verified_npv) == ("accueil", True)
    assert kept["+33162002000"].ported_on == date(2099, 12, 1)
    again = rows(run(number, "import", str(path), "--json"), status=3)
    assert [(row["added"], row["changed"]) for row in again[:2]] == [(0, 1000), (0, 1)]


def test_thousands_of_rows_are_in_within_seconds(run: Run, database: Database, dentist: Tenant, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("numero,client\n" + "".join(f"+3316201{n:04},dentiste\n" for n in range(3000)), encoding="utf-8")
    result = run(number, "import", str(path))
    assert result.exit_code == 0, result.output
    assert "3000 numbers of 3000 rows are in; 0 rows were bad" in result.output
    with database.operator() as conn:
        assert len(numbers.listed(conn, dentist.id)) == 3000


def test_a_file_without_numbers_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a;b\n1;2\n")
    result = run(number, "import", str(path))
    assert (result.exit_code, "names no column `number`" in result.output) == (2, True)


# -- the doctor


@pytest.mark.parametrize(
    ("state", "registers", "told"),
    [
        (State("ovh", True, 3.2), False, "ok"),
        (State("ovh", False), False, "fail"),
        (State("ovh", True, 3.2, "Registered", 1700), True, "ok"),
        (State("ovh", True, 3.2, "Rejected"), True, "fail"),
        (State("ovh"), True, "fail"),
    ],
)
def test_the_doctor_tells_a_trunk_that_is_lost(state: State, registers: bool, told: str) -> None:
    of = Trunk("ovh", "sip.example.fr", username="acme", registers=registers)
    assert doctor_trunks.judged(of, state).state == told


@pytest.mark.parametrize(
    ("ours", "far", "warned"),
    [("192.168.1.7", "1.1.1.1", True), ("192.168.1.7", "10.0.0.1", False), ("8.8.8.8", "1.1.1.1", False),
     ("192.168.1.7", "", False)],
)  # fmt: skip
def test_the_doctor_warns_of_a_private_address_offered_to_a_trunk(ours: str, far: str, warned: bool) -> None:
    assert doctor_trunks.offers_private(ours, far) == warned
