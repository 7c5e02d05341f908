"""`decroche privacy`: find, export, erase; the sweep of what was kept long enough; the register of requests."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from psycopg import sql

from compliance.commands.privacy import privacy
from compliance.ledgers.ledger import oppose
from compliance.people.policies import months_before
from store import messages
from store.base.ids import new_id
from store.base.settings import settings
from store.calls import Action, Cdr, Turn, insert_cdr
from store.db import Conn, Database
from tests.actors import OPERATOR
from tests.integration.compliance.conftest import Run
from tests.integration.compliance.ledger_of_tests import PERSON, SHOWN, consent, tenant

NOW = datetime.now(UTC)


def run_privacy(*args: object) -> Result:
    result = CliRunner().invoke(privacy, [str(arg) for arg in args])
    print(result.output)  # shown by pytest when a test fails
    return result


def rows(*args: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run_privacy(*args, "--json").stdout.splitlines()]


def spoken(e164: str, gap: str = " ") -> str:
    digits = f"0{e164[3:]}"
    return gap.join(digits[i : i + 2] for i in range(0, 10, 2))


def call(database: Database, who: UUID, *, days_ago: float = 1, caller: str = PERSON) -> tuple[UUID, Path]:
    """An inbound call of the person with its recording, words, a message left and an appointment past."""
    call_id, at = new_id(), NOW - timedelta(days=days_ago)
    recording = settings().folder("recordings", "cabinet") / f"{call_id}.wav"
    recording.write_bytes(b"RIFF voice")
    cdr = Cdr(
        id=call_id, tenant_id=who, direction="inbound", caller=caller, callee=SHOWN, started_at=at, answered_at=at,
        ended_at=at + timedelta(minutes=1), hangup_cause=16, hangup_side="caller", outcome="answered",
        recording=str(recording), variables={"phone": spoken(caller)},
    )  # fmt: skip
    with database.tenant(who) as conn:
        insert_cdr(conn, cdr, [Turn("caller", "Ici Madame Roux", 0, 900)], [Action("message", {"n": caller}, {}, 900)])
        messages.leave(
            conn, who, "accueil", f"Rappelez-moi au {spoken(caller, '.')}", name="Roux", phone=caller, call_id=call_id
        )
    return call_id, recording


def where_it_still_is(superuser: Conn, needle: str) -> list[str]:
    """Every table of the database with a row that holds `needle`, found apart from the code under test."""
    tables = superuser.execute(
        "SELECT schemaname AS s, tablename AS t FROM pg_tables WHERE schemaname !~ '^(pg|info)' ORDER BY 1, 2"
    ).fetchall()
    held: list[str] = []
    for row in tables:
        query = sql.SQL("SELECT 1 FROM {} t WHERE t::text LIKE %s LIMIT 1").format(sql.Identifier(row["s"], row["t"]))
        if superuser.execute(query, (f"%{needle}%",)).fetchone():
            held.append(f"{row['s']}.{row['t']}")
    return held


def test_find_looks_in_every_table_and_file_whatever_way_the_number_is_written(database: Database, run: Run) -> None:
    who = tenant(database)
    call(database, who)
    call(database, who, caller="+33699999999")
    found = {row["where"]: row["count"] for row in rows("find", "--tenant", "cabinet", "--phone", "06 12 34 56 78")}
    assert found == {"store.calls": 1, "store.turns": 1, "store.actions": 1, "store.messages": 1, "files": 1}


def test_find_sees_nothing_of_another_tenant(database: Database, run: Run) -> None:
    call(database, tenant(database))
    tenant(database, "agence", "+33162005678")
    assert rows("find", "--tenant", "agence", "--phone", PERSON) == []


def test_the_person_gets_their_data_and_their_recordings(database: Database, run: Run, tmp_path: Path) -> None:
    who = tenant(database)
    call_id, _ = call(database, who)
    out = tmp_path / "copy.zip"
    assert run_privacy("export", "--tenant", "cabinet", "--phone", PERSON, "--out", out).exit_code == 0
    with zipfile.ZipFile(out) as archive:
        data = json.loads(archive.read("data.json"))
        assert archive.read(f"files/{call_id}.wav") == b"RIFF voice"
    assert data["store.turns"][0]["text"] == "Ici Madame Roux"


def test_after_an_erasure_neither_number_nor_name_nor_voice_is_left(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    _, recording = call(database, who)
    assert where_it_still_is(superuser, "612345678")
    report = rows("erase", "--tenant", "cabinet", "--phone", PERSON)
    assert all(row["kept"] == 0 for row in report)
    for needle in ("612345678", "12 34 56 78", "12.34.56.78", "Roux"):
        assert where_it_still_is(superuser, needle) == []
    assert not recording.exists()
    assert rows("find", "--tenant", "cabinet", "--phone", PERSON) == []


def test_what_a_law_keeps_is_kept_and_named_with_it(database: Database, superuser: Conn, run: Run) -> None:
    who = tenant(database)
    consent(database, who)
    oppose(database, who, PERSON, "web", None, NOW, by=OPERATOR)
    report = {row["where"]: row for row in rows("erase", "--tenant", "cabinet", "--phone", PERSON)}
    assert (report["compliance.consents"]["kept"], report["compliance.oppositions"]["kept"]) == (1, 1)
    assert "R223-2" in report["compliance.consents"]["why"]
    assert where_it_still_is(superuser, "612345678") == ["compliance.consents", "compliance.oppositions"]


def test_a_call_whose_bill_may_be_contested_keeps_its_number_but_not_its_words(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    call_id, recording = call(database, who)
    superuser.execute(
        """INSERT INTO billing.charges (tenant_id, call_id, generation, kind, status, direction, far_party, month,
                                        answered_seconds, billed_seconds, bundle_seconds, charged_seconds,
                                        amount_micros, currency)
           VALUES (%s, %s, 1, 'charge', 'rated', 'inbound', %s, '2026-11-01', 60, 60, 0, 60, 100, 'EUR')""",
        (who, call_id, PERSON),
    )
    report = {row["where"]: row for row in rows("erase", "--tenant", "cabinet", "--phone", PERSON)}
    assert "L34-2" in report["store.calls"]["why"]
    assert where_it_still_is(superuser, "612345678") == ["billing.charges", "store.calls"]
    assert where_it_still_is(superuser, "Roux") == []
    assert not recording.exists()


def test_another_persons_data_survives_an_erasure(database: Database, run: Run) -> None:
    who = tenant(database)
    call(database, who)
    _, other = call(database, who, caller="+33699999999")
    run_privacy("erase", "--tenant", "cabinet", "--phone", PERSON)
    assert other.exists()
    found = {row["where"]: row["count"] for row in rows("find", "--tenant", "cabinet", "--phone", "0699999999")}
    assert (found["store.turns"], found["files"]) == (1, 1)


def test_the_number_said_in_somebody_elses_call_goes_and_their_voice_stays(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    call_id, other = call(database, who, caller="+33699999999")
    superuser.execute("UPDATE store.turns SET text = 'son numéro est 06-12-34-56-78' WHERE call_id = %s", (call_id,))
    report = {row["where"]: row for row in rows("erase", "--tenant", "cabinet", "--phone", PERSON)}
    assert (report["store.turns"]["erased"], report["store.turns"]["kept"]) == (1, 0)
    assert where_it_still_is(superuser, "12-34-56-78") == []
    assert other.exists()


def test_a_cdr_that_waits_in_the_spool_loses_its_words_and_its_voice(database: Database, run: Run) -> None:
    who = tenant(database)
    voice = settings().folder("recordings") / "waiting.wav"
    voice.write_bytes(b"RIFF voice")
    spooled = settings().folder("spool") / f"{new_id()}.json"
    cdr = {
        "tenant_id": str(who),
        "caller": PERSON,
        "callee": SHOWN,
        "answered_at": NOW.isoformat(),
        "recording": str(voice),
        "variables": {"a": "Roux"},
    }
    spooled.write_text(
        json.dumps({"cdr": cdr, "turns": [{"text": "Ici Madame Roux"}], "actions": []}), encoding="utf-8"
    )
    tenant(database, "agence", "+33162005678")
    assert rows("erase", "--tenant", "agence", "--phone", PERSON) == []
    [report] = rows("erase", "--tenant", "cabinet", "--phone", PERSON)
    assert (report["erased"], report["kept"]) == (1, 1)
    assert "L34-2" in report["why"]
    assert "Roux" not in spooled.read_text(encoding="utf-8")
    assert not voice.exists()


def test_a_damaged_file_in_the_spool_is_named_and_nothing_is_erased(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    _, recording = call(database, who)
    (settings().folder("spool") / "x.json").write_text("{", encoding="utf-8")
    found = run_privacy("erase", "--tenant", "cabinet", "--phone", PERSON)
    assert found.exit_code == 2
    assert "x.json" in found.output
    assert recording.exists()
    assert "store.turns" in where_it_still_is(superuser, "Roux")


def counts(*args: object) -> dict[str, int]:
    return {row["kind"]: row["count"] for row in rows("sweep", *args)}


def test_the_sweep_deletes_old_recordings_and_anonymises_old_calls(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    _, recent = call(database, who, days_ago=170)
    _, old = call(database, who, days_ago=190)
    _, ancient = call(database, who, days_ago=460)
    expected = {"recordings": 2, "cdrs": 1}
    assert expected.items() <= counts("--dry-run").items()
    assert ancient.exists()
    assert expected.items() <= counts().items()
    assert (recent.exists(), old.exists(), ancient.exists()) == (True, False, False)
    assert len(superuser.execute("SELECT 1 FROM store.calls WHERE caller = ''").fetchall()) == 1
    assert counts()["recordings"] == 0


def test_the_sweep_follows_the_tenants_instruction_on_transcripts(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    call(database, who, days_ago=40)
    call(database, who, days_ago=20)
    assert counts()["transcripts"] == 0
    assert run_privacy("keep", "--tenant", "cabinet", "--transcripts-days", 30).exit_code == 0
    assert counts()["transcripts"] == 1
    assert len(superuser.execute("SELECT 1 FROM store.turns").fetchall()) == 1


def test_the_sweep_deletes_consents_three_years_after_they_were_given(database: Database, run: Run) -> None:
    who = tenant(database)
    for years in (2, 4):
        given = NOW - timedelta(days=365 * years)
        consent(database, who, given=given, expires=given + timedelta(days=300))
    assert counts()["consents"] == 1


def test_the_log_names_people_by_a_pseudonym_only(database: Database, superuser: Conn, run: Run) -> None:
    tenant(database)
    run("opposition", "add", "--tenant", "cabinet", PERSON)
    run_privacy("find", "--tenant", "cabinet", "--phone", PERSON)
    assert where_it_still_is(superuser, PERSON) == ["compliance.oppositions"]
    logged = superuser.execute("SELECT DISTINCT subject FROM store.audit WHERE subject LIKE 'person:p%'").fetchall()
    assert len(logged) == 1


def test_a_request_is_due_after_twelve_working_days_and_is_closed_once(database: Database, run: Run) -> None:
    tenant(database)
    args = ("request", "add", "--tenant", "cabinet", "--kind", "access", "--person", "Mme Roux")
    [made] = rows(*args, "--received-at", "2026-12-18T09:00+01:00")
    assert made["due_on"] == "2027-01-04"
    close = ("request", "close", "--tenant", "cabinet", made["id"], "--outcome", "copy sent")
    assert run_privacy(*close).exit_code == 0
    assert run_privacy(*close).exit_code == 4
    assert [row["state"] for row in rows("request", "list", "--tenant", "cabinet")] == ["closed"]


def test_a_breach_is_written_down_with_what_was_affected_and_when_the_tenant_was_told(
    database: Database, run: Run
) -> None:
    tenant(database)
    args = ("breach", "add", "--tenant", "cabinet", "--what", "laptop stolen", "--data", "recordings",
            "--people", 12, "--measures", "keys revoked", "--happened-at")  # fmt: skip
    [made] = rows(*args, "2026-11-20T08:00+01:00")
    assert run_privacy(*args, "2126-11-20T08:00+01:00").exit_code == 2
    run_privacy("breach", "told", "--tenant", "cabinet", made["id"])
    [kept] = rows("breach", "list", "--tenant", "cabinet")
    assert (kept["people"], kept["data"]) == (12, "recordings")
    assert kept["tenant_told_at"] is not None


def test_the_registers_are_printed_with_the_retention_in_force_and_the_operators_lines(
    database: Database, run: Run
) -> None:
    first = rows("register", "processing")[0]
    assert first["kept"].startswith("recordings: 6 months, transcripts: as instructed, analyses: 12 months")
    own = settings().folder() / "registers.toml"
    own.write_text('[[subprocessor]]\nname = "OVH"\npurpose = "machines"\ncountry = "FR"\n', encoding="utf-8")
    assert [row["name"] for row in rows("register", "subprocessors")] == ["OVH"]
    own.write_text('[[subprocessor]]\nname = "OVH"\n', encoding="utf-8")
    assert "field purpose" in run_privacy("register", "subprocessors").output


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [("2026-08-31", 6, "2026-02-28"), ("2026-01-15", 12, "2025-01-15"), ("2027-03-31", 1, "2027-02-28")],
)
def test_months_are_counted_back_on_the_calendar(now: str, months: int, then: str) -> None:
    found = months_before(datetime.fromisoformat(f"{now}T12:00:00+00:00"), months)
    assert found.date().isoformat() == then
