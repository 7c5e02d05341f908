"""Bloctel's exchange of a list of 100,000 numbers: what is sent, kept and taken in is the list itself, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from compliance.ledgers import bloctel
from compliance.ledgers.ledger import ask
from store.db import Conn, Database
from tests.actors import OPERATOR
from tests.integration.compliance.ledger_of_tests import MONDAY, PERSON, no_automate, request, tenant

COUNT = 100_000
JULY = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def test_a_hundred_thousand_numbers_are_sent_kept_and_answered_each_with_its_own(
    database: Database, superuser: Conn, tmp_path: Path
) -> None:
    who = tenant(database)
    numbers = [f"06{n:08d}" for n in range(10_000_000, 10_000_000 + COUNT)]
    contacts, sent, answered = (tmp_path / name for name in ("contacts.csv", "sent.csv", "answered.csv"))
    contacts.write_text("telephone\n" + "\n".join([*numbers, numbers[0], "douze"]), encoding="utf-8")
    with database.tenant(who) as conn:
        submission, report = bloctel.submit(conn, who, contacts, sent, JULY, by=OPERATOR)
    assert (report.taken, len(report.bad)) == (COUNT, 1)
    rows = [f"{number};{place}" for place, number in enumerate(numbers, 1)]
    assert sent.read_text(encoding="utf-8").splitlines() == ["Telephone;Identifiant", *rows]

    verdicts = ["OK" if place % 3 else "KO" for place in range(1, COUNT + 1)]
    lines = [f"{row};{verdict}" for row, verdict in zip(rows, verdicts, strict=True)]
    answered.write_text("Telephone;Identifiant;Statut\n" + "\n".join(reversed(lines)), encoding="utf-8")
    with database.tenant(who) as conn:
        found = bloctel.answer(conn, who, answered, None, JULY, by=OPERATOR)
    assert found == {"file": submission, "clear": COUNT - COUNT // 3, "listed": COUNT // 3}

    kept = superuser.execute(
        "SELECT tenant_id, identifier, number, listed FROM compliance.bloctel_numbers ORDER BY identifier"
    ).fetchall()
    assert {row["tenant_id"] for row in kept} == {who}
    assert [(row["identifier"], row["number"], row["listed"]) for row in kept] == [
        (place, f"+33{number[1:]}", verdict == "KO")
        for place, (number, verdict) in enumerate(zip(numbers, verdicts, strict=True), 1)
    ]


def test_two_lists_in_one_transaction_are_kept_apart(database: Database, superuser: Conn, tmp_path: Path) -> None:
    who = tenant(database)
    contacts = tmp_path / "contacts.csv"
    with database.tenant(who) as conn:
        for number in ("0612345678", "0698765432"):
            contacts.write_text(f"telephone\n{number}\n", encoding="utf-8")
            bloctel.submit(conn, who, contacts, tmp_path / "sent.csv", JULY, by=OPERATOR)
    kept = superuser.execute("SELECT file_id, number FROM compliance.bloctel_numbers").fetchall()
    assert len({row["file_id"] for row in kept}) == 2
    assert {row["number"] for row in kept} == {"+33612345678", "+33698765432"}


@pytest.mark.parametrize(("days", "reasons"), [(29, ()), (31, ("bloctel_unchecked",))])
def test_an_answer_clears_for_thirty_days_from_its_submission(
    database: Database, tmp_path: Path, days: int, reasons: tuple[str, ...]
) -> None:
    who = tenant(database)
    contacts, answered = tmp_path / "contacts.csv", tmp_path / "answered.csv"
    contacts.write_text(f"telephone\n{PERSON}\n", encoding="utf-8")
    answered.write_text(f"Telephone;Identifiant;Statut\n0{PERSON[3:]};1;OK\n", encoding="utf-8")
    then = datetime(2026, 7, 31, 9, tzinfo=UTC)
    with database.tenant(who) as conn:
        no_automate(database, who)
        bloctel.submit(conn, who, contacts, tmp_path / "sent.csv", then - timedelta(days=days), by=OPERATOR)
        bloctel.answer(conn, who, answered, None, then - timedelta(days=1), by=OPERATOR)
    assert ask(database, who, request(at=then), MONDAY).reasons == reasons
