"""The ledgers through their commands: imports with a report for each row, withdrawal, the person's copy."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from compliance.ledgers.ledger import ask
from compliance.ledgers.screening import screen
from store.db import Conn, Database
from tests.integration.compliance.conftest import Run
from tests.integration.compliance.ledger_of_tests import MONDAY, PERSON, consent, no_automate, request, tenant

HEADER = "Téléphone;Professionnel;Objet;Moyen;Texte;Preuve;Donné le"
GOOD = "06 12 34 56 78;Cabinet;soins;form;J'accepte d'être appelé;formulaire.pdf;{day}"
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def consents_file(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "consents.csv"
    path.write_text("\n".join([HEADER, *lines]), encoding=encoding)
    return path


def good(**changes: str) -> str:
    return GOOD.format(day=f"{YESTERDAY:%d/%m/%Y %H:%M}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_of_excel_is_read_in_any_of_its_encodings(
    database: Database, run: Run, tmp_path: Path, encoding: str
) -> None:
    tenant(database)
    found = run(
        "consent", "import", "--tenant", "cabinet", consents_file(tmp_path, good(), encoding=encoding), "--json"
    )
    assert (found.exit_code, rows(found.output)) == (0, [{"taken": 1, "known": 0, "bad": 0}])
    [kept] = rows(run("consent", "show", "--tenant", "cabinet", "0612345678", "--json").output)
    assert kept["wording"] == "J'accepte d'être appelé"
    assert kept["number"] == PERSON


def test_bad_rows_are_told_by_line_and_field_and_good_ones_are_kept(
    database: Database, run: Run, tmp_path: Path
) -> None:
    tenant(database)
    path = consents_file(
        tmp_path, good().replace("06 12 34 56 78", "12"), good(), good().replace(";form;", ";email;"),
        good().replace(f"{YESTERDAY:%d/%m/%Y %H:%M}", "31/02/2026"), good().replace(";soins;", ";;"),
    )  # fmt: skip
    found = run("consent", "import", "--tenant", "cabinet", path, "--json")
    assert found.exit_code == 3
    bad = [row["error"] for row in rows(found.output) if "error" in row]
    assert [(each["line"], each["field"]) for each in bad] == [(2, "number"), (4, "how"), (5, "given_at"), (6, "goods")]
    assert {"taken": 1, "known": 0, "bad": 4} in rows(found.output)


def test_a_quotation_mark_nobody_closed_costs_its_row_only(database: Database, run: Run, tmp_path: Path) -> None:
    tenant(database)
    broken = good().replace("Cabinet", '"Cabinet')
    others = [good().replace("06 12 34 56 78", f"06000000{n:02d}") for n in range(70)]
    path = consents_file(tmp_path, broken, *others[:3], broken, *others[3:])
    found = run("consent", "import", "--tenant", "cabinet", path, "--json")
    assert found.exit_code == 3
    bad = [row["error"] for row in rows(found.output) if "error" in row]
    assert {"taken": 70, "known": 0, "bad": 2} in rows(found.output)
    assert [(each["line"], each["field"]) for each in bad] == [(2, "row"), (6, "row")]


def test_a_quoted_field_may_go_over_lines_and_lines_are_still_counted(
    database: Database, run: Run, tmp_path: Path
) -> None:
    tenant(database)
    two = good().replace("J'accepte d'être appelé", '"J\'accepte\nd\'être ""appelé"""')
    found = run("consent", "import", "--tenant", "cabinet", consents_file(tmp_path, two, "12;"), "--json")
    assert [row["error"]["line"] for row in rows(found.output) if "error" in row] == [4]
    [kept] = rows(run("consent", "show", "--tenant", "cabinet", "0612345678", "--json").output)
    assert kept["wording"] == "J'accepte\nd'être \"appelé\""


def test_excels_line_that_names_the_separator_is_understood(database: Database, run: Run, tmp_path: Path) -> None:
    tenant(database)
    path = tmp_path / "list.csv"
    path.write_text("sep=;\nTéléphone;Date\n0612345678;01/09/2026\n12;\n", encoding="utf-8")
    found = run("opposition", "import", "--tenant", "cabinet", path, "--json")
    assert {"taken": 1, "known": 0, "bad": 1} in rows(found.output)
    assert [row["error"]["line"] for row in rows(found.output) if "error" in row] == [4]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-09-01T09:00:00+25:00", "is no date"),
        ("2026-09-01T09:00:00+15:00", "no place on Earth"),
        ("0001-01-01T00:00:00+01:00", "out of range"),
        ("29/02/2026 10:00", "is no date"),
        ("01/09/2026 25:00", "is no date"),
        ("2126-09-01", "has not come yet"),
    ],
)
def test_an_impossible_date_or_offset_is_named(
    database: Database, run: Run, tmp_path: Path, day: str, told: str
) -> None:
    tenant(database)
    line = good().replace(f"{YESTERDAY:%d/%m/%Y %H:%M}", day)
    found = run("consent", "import", "--tenant", "cabinet", consents_file(tmp_path, line, good()), "--json")
    [error] = [row["error"] for row in rows(found.output) if "error" in row]
    assert (error["line"], error["field"]) == (2, "given_at")
    assert told in error["message"]
    assert {"taken": 1, "known": 0, "bad": 1} in rows(found.output)


def test_two_columns_for_one_thing_are_refused(database: Database, run: Run, tmp_path: Path) -> None:
    tenant(database)
    path = tmp_path / "list.csv"
    path.write_text("Téléphone;Phone\n0612345678;0612345679\n", encoding="utf-8")
    found = run("opposition", "import", "--tenant", "cabinet", path)
    assert found.exit_code == 2
    assert "two columns say number" in found.output


def test_the_same_file_twice_adds_nothing(database: Database, run: Run, tmp_path: Path) -> None:
    tenant(database)
    path = consents_file(tmp_path, good())
    run("consent", "import", "--tenant", "cabinet", path)
    assert rows(run("consent", "import", "--tenant", "cabinet", path, "--json").output)[0]["known"] == 1


@pytest.mark.parametrize("text", ["", HEADER, "a;b\n1;2"])
def test_a_file_that_is_no_list_of_consents_is_refused(database: Database, run: Run, tmp_path: Path, text: str) -> None:
    tenant(database)
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    assert run("consent", "import", "--tenant", "cabinet", path).exit_code == 2


def test_a_consent_of_more_than_a_year_is_refused(database: Database, run: Run) -> None:
    tenant(database)
    args = ("--number", PERSON, "--professional", "C", "--goods", "g", "--how", "paper", "--wording", "w",
            "--evidence", "e", "--given-at", "2026-01-01T00:00+01:00")  # fmt: skip
    found = run("consent", "add", "--tenant", "cabinet", *args, "--expires-at", "2027-01-01T00:00:01+01:00")
    assert found.exit_code == 2
    assert run("consent", "add", "--tenant", "cabinet", *args, "--json").exit_code == 0


def test_the_hash_of_an_evidence_that_is_a_file_is_that_of_its_content(
    database: Database, run: Run, tmp_path: Path
) -> None:
    tenant(database)
    evidence = tmp_path / "form.pdf"
    evidence.write_bytes(b"signed")
    args = ("--number", PERSON, "--professional", "C", "--goods", "g", "--how", "paper", "--wording", "w",
            "--evidence", str(evidence), "--given-at", "2026-01-01T00:00+01:00")  # fmt: skip
    assert run("consent", "add", "--tenant", "cabinet", *args, "--json").exit_code == 0
    [kept] = rows(run("consent", "show", "--tenant", "cabinet", PERSON, "--json").output)
    assert kept["evidence_hash"] == hashlib.sha256(b"signed").hexdigest()


def test_a_row_that_names_a_file_of_ours_does_not_tell_what_is_in_it(
    database: Database, run: Run, tmp_path: Path
) -> None:
    tenant(database)
    secret = tmp_path / "trunk"
    secret.write_bytes(b"hunter2")
    run(
        "consent",
        "import",
        "--tenant",
        "cabinet",
        consents_file(tmp_path, good().replace("formulaire.pdf", str(secret))),
    )
    [kept] = rows(run("consent", "show", "--tenant", "cabinet", PERSON, "--json").output)
    assert kept["evidence_hash"] == hashlib.sha256(str(secret).encode()).hexdigest()


def test_withdrawing_is_one_command_and_stops_the_next_call(database: Database, run: Run) -> None:
    who = tenant(database)
    consent(database, who)
    assert ask(database, who, request(), MONDAY).allowed
    assert run("consent", "revoke", "--tenant", "cabinet", "0612345678").exit_code == 0
    now = datetime.now(UTC)
    assert "consent_withdrawn" in ask(database, who, request(), max(now, MONDAY)).reasons


def test_a_consent_is_never_changed_and_withdrawn_once(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    with pytest.raises(psycopg.errors.IntegrityError), database.operator() as conn:
        conn.execute("UPDATE compliance.consents SET wording = 'other'")
    with database.tenant(who) as conn:
        conn.execute("UPDATE compliance.consents SET withdrawn_at = now(), withdrawn_how = 'call'")
    with pytest.raises(psycopg.errors.IntegrityError), database.tenant(who) as conn:
        conn.execute("UPDATE compliance.consents SET withdrawn_at = NULL, withdrawn_how = NULL")


def test_the_person_gets_a_free_copy_with_the_wording_and_the_evidence(
    database: Database, run: Run, tmp_path: Path
) -> None:
    tenant(database)
    run("consent", "import", "--tenant", "cabinet", consents_file(tmp_path, good()))
    out = tmp_path / "copy.csv"
    assert run("consent", "export", "--tenant", "cabinet", PERSON, "--out", out).exit_code == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        [copy] = csv.DictReader(file, delimiter=";")
    assert (copy["wording"], copy["evidence"]) == ("J'accepte d'être appelé", "formulaire.pdf")


def test_an_imported_opposition_stops_calls_and_withdraws_the_consent(
    database: Database, run: Run, tmp_path: Path
) -> None:
    who = tenant(database)
    consent(database, who)
    path = tmp_path / "list.csv"
    path.write_text("numero,date\n612345678,01/11/2026\nhello,\n", encoding="utf-8")
    found = run("opposition", "import", "--tenant", "cabinet", path, "--json")
    assert found.exit_code == 3
    assert rows(found.output)[0]["error"]["line"] == 3
    assert ask(database, who, request(), MONDAY).reasons == ("consent_withdrawn", "no_consent", "opposed")


def test_an_opposition_for_all_tenants_is_added_by_the_operator(database: Database, run: Run) -> None:
    who = tenant(database)
    consent(database, who)
    assert run("opposition", "add", "--all-tenants", PERSON).exit_code == 0
    assert run("opposition", "add", PERSON).exit_code == 2
    assert "opposed" in ask(database, who, request(), max(datetime.now(UTC), MONDAY)).reasons


def test_a_list_is_screened_against_own_and_operator_wide_oppositions(database: Database, run: Run) -> None:
    who, other = tenant(database), tenant(database, "agence", "+33162005678")
    run("opposition", "add", "--tenant", "cabinet", "0611111111")
    run("opposition", "add", "--all-tenants", "0622222222")
    run("opposition", "add", "--tenant", "agence", "0633333333")
    written = ["0611111111", "0622222222", "0633333333", "nobody", "0644444444"]
    now = datetime.now(UTC) + timedelta(minutes=1)
    found = {number: at is not None for number, at in screen(database, who, written, now)}
    assert found == {"+33611111111": True, "+33622222222": True, "+33633333333": False, "+33644444444": False}
    assert dict(screen(database, other, ["0633333333"], now))["+33633333333"] is not None


def test_one_bad_row_among_many_thousands_is_found_and_the_others_are_taken(
    database: Database, run: Run, tmp_path: Path
) -> None:
    tenant(database)
    path = tmp_path / "list.csv"
    lines = ["telephone"] + [f"06{n:08d}" for n in range(30_000)]
    lines[20_001] = "bad"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = run("opposition", "import", "--tenant", "cabinet", path, "--json")
    assert found.exit_code == 3
    assert rows(found.output)[0]["error"] == {
        "line": 20_002,
        "field": "number",
        "message": "'bad' is not a telephone number",
    }
    assert rows(found.output)[1]["taken"] == 29_999


def test_a_person_who_asked_may_be_called_back_and_nobody_else(database: Database, run: Run) -> None:
    who = tenant(database)
    back = {"purpose": "callback", "place": False}
    assert ask(database, who, request(**back), MONDAY).reasons == ("no_request",)
    added = run("callback", "add", "--tenant", "cabinet", "0612345678", "--evidence", "form 1", "--requested-at",
                "2026-11-20T09:00+01:00")  # fmt: skip
    assert added.exit_code == 0
    assert ask(database, who, request(**back), MONDAY).allowed
    assert ask(database, who, request(**back, sector="renewable_energy"), MONDAY + timedelta(days=28)).reasons == (
        "banned_sector",
    )
    assert len(rows(run("callback", "show", "--tenant", "cabinet", PERSON, "--json").output)) == 1


@pytest.mark.parametrize(
    "args", [("--evidence", " "), ("--evidence", "form", "--requested-at", "2126-01-01")], ids=["no proof", "to come"]
)
def test_a_request_without_proof_or_not_yet_made_is_refused(
    database: Database, run: Run, args: tuple[str, ...]
) -> None:
    tenant(database)
    assert run("callback", "add", "--tenant", "cabinet", PERSON, *args).exit_code == 2


JULY = datetime(2026, 7, 20, 9, tzinfo=UTC)


def bloctel(run: Run, tmp_path: Path, answer: str) -> Any:
    contacts, out = tmp_path / "contacts.csv", tmp_path / "bloctel.csv"
    contacts.write_text("telephone\n06 12 34 56 78\n0692123456\n0612345678\n+442071838750\n", encoding="utf-8")
    sent = run("bloctel", "export", "--tenant", "cabinet", contacts, "--out", out, "--at", JULY.isoformat())
    assert sent.exit_code == 3  # the British number is told as a bad row
    assert out.read_text(encoding="utf-8") == "Telephone;Identifiant\n0612345678;1\n0692123456;2\n"
    path = tmp_path / "answer.csv"
    path.write_text(answer, encoding="utf-8")
    return run("bloctel", "import", "--tenant", "cabinet", path, "--at", JULY.isoformat())


def test_a_whole_answer_of_bloctel_clears_and_lists(database: Database, run: Run, tmp_path: Path) -> None:
    who = tenant(database)
    no_automate(database, who)
    answer = "Telephone;Identifiant;Statut\n0612345678;1;OK\n0692123456;2;KO\n"
    assert bloctel(run, tmp_path, answer).exit_code == 0
    then = JULY + timedelta(hours=1)
    assert ask(database, who, request(at=then), MONDAY).allowed
    listed = request(to="+262692123456", postcode="97400", at=then)
    assert ask(database, who, listed, MONDAY).reasons == ("bloctel_listed",)
    assert ask(database, who, request(at=JULY + timedelta(days=21)), MONDAY).allowed
    assert ask(database, who, request(to="0698765432", at=then), MONDAY).reasons == ("bloctel_unchecked",)


@pytest.mark.parametrize(
    "answer",
    [
        "Telephone;Identifiant;Statut\n0612345678;1;OK\n",
        "Telephone;Identifiant;Statut\n0612345678;1;OK\n0692123456;3;OK\n",
        "Telephone;Identifiant;Statut\n0612345678;1;OK\n0612345678;1;OK\n",
        "Telephone;Identifiant\n0612345678;1\n0692123456;2\n",
    ],
)
def test_a_partial_or_foreign_answer_clears_nobody(database: Database, run: Run, tmp_path: Path, answer: str) -> None:
    who = tenant(database)
    no_automate(database, who)
    assert bloctel(run, tmp_path, answer).exit_code == 2
    then = JULY + timedelta(hours=1)
    assert ask(database, who, request(at=then), MONDAY).reasons == ("bloctel_unchecked",)


@pytest.mark.parametrize("text", ["", "\n\n", "telephone\n"], ids=["nothing", "blank lines", "a header"])
@pytest.mark.parametrize(
    "command",
    [("consent", "import"), ("opposition", "import"), ("bloctel", "export")],
    ids=" ".join,
)
def test_an_empty_file_is_an_error_and_nothing_is_written(
    database: Database, superuser: Conn, run: Run, tmp_path: Path, command: tuple[str, str], text: str
) -> None:
    tenant(database)
    path, out = tmp_path / "empty.csv", tmp_path / "out.csv"
    path.write_text(text, encoding="utf-8")
    more = ("--out", out) if command[0] == "bloctel" else ()
    found = run(*command, "--tenant", "cabinet", path, *more)
    assert found.exit_code == 2
    assert path.name in found.output
    assert not out.exists()
    assert superuser.execute("SELECT 1 FROM compliance.bloctel_files").fetchall() == []
