"""`decroche privacy sweep`, kind by kind, on a real PostgreSQL: what is due goes, what is not stays."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from billing.charges.ledger import record_call
from compliance.ledgers import callbacks
from compliance.ledgers.ledger import ask, record_attempt
from compliance.people import rights
from compliance.people.retention import sweep
from store.base.ids import new_id
from store.base.settings import settings
from store.calls import Action, Cdr
from store.db import Conn, Database
from tests.actors import OPERATOR
from tests.integration.compliance.conftest import Run
from tests.integration.compliance.ledger_of_tests import MONDAY, PERSON, SHOWN, consent, request, tenant
from tests.integration.compliance.test_a_person_has_rights_over_their_data import run_privacy, where_it_still_is

NOW = datetime.now(UTC)
YEAR = timedelta(days=366)


def swept(database: Database, now: datetime = NOW, *, dry_run: bool = False) -> dict[str, int]:
    with database.operator() as conn:
        return {
            row["kind"]: row["count"] for row in sweep(conn, now, settings().folder(), dry_run=dry_run, by=OPERATOR)
        }


def called(database: Database, who: UUID, at: datetime, *, actions: list[Action] | None = None) -> UUID:
    """A call that could not be rated (there is no tariff), or was not answered."""
    cdr = Cdr(
        id=new_id(), tenant_id=who, direction="outbound", caller=SHOWN, callee=PERSON, started_at=at,
        ended_at=at + timedelta(minutes=1), hangup_cause=19, hangup_side="system", outcome="no_answer",
        variables={"nom": "Roux"},
    )  # fmt: skip
    with database.tenant(who) as conn:
        record_call(conn, cdr, (), actions or [])
    return cdr.id


def test_what_was_understood_of_a_call_goes_a_year_after_it(
    database: Database, superuser: Conn, settings_home: object
) -> None:
    who = tenant(database)
    said = [Action("message", {"name": "Roux"}, {"outcome": "done"}, 900)]
    called(database, who, NOW - YEAR, actions=said)
    called(database, who, NOW - timedelta(days=364), actions=said)
    assert swept(database, dry_run=True)["analyses"] == 2  # the call's values, its action
    assert swept(database)["analyses"] == 2
    left = superuser.execute("SELECT count(*) AS n FROM store.calls WHERE variables <> '{}'").fetchone()
    assert left is not None
    assert left["n"] == 1
    assert len(superuser.execute("SELECT 1 FROM store.actions").fetchall()) == 1


def test_a_charge_forgets_whom_it_was_about_with_its_call_and_keeps_its_price(
    database: Database, superuser: Conn, settings_home: object
) -> None:
    who = tenant(database)
    call_id = called(database, who, NOW - YEAR - timedelta(days=93))
    assert "billing.charges" in where_it_still_is(superuser, PERSON)
    assert swept(database)["cdrs"] == 1
    assert where_it_still_is(superuser, PERSON[1:]) == []
    row = superuser.execute(
        "SELECT status, amount_micros FROM billing.charges WHERE call_id = %s", (call_id,)
    ).fetchone()
    assert row == {"status": "unanswered", "amount_micros": 0}
    assert swept(database)["cdrs"] == 0


@pytest.mark.parametrize("change", ["far_party = '+33600000000'", "far_party = '', reason = 'gift'"])
def test_nothing_else_of_a_charge_can_be_changed_even_by_the_operator(
    database: Database, settings_home: object, change: Any
) -> None:
    called(database, tenant(database), NOW - YEAR)
    with database.operator() as conn, pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        conn.execute(f"UPDATE billing.charges SET {change}")


def test_attempts_go_after_a_year_and_refusals_stay(database: Database, settings_home: object) -> None:
    who = tenant(database)
    consent(database, who)
    for result in ("no_answer", "refused"):
        call_id = new_id()
        assert ask(database, who, request(call_id=call_id), MONDAY).allowed
        record_attempt(database, who, call_id, result)
    assert swept(database, MONDAY + timedelta(days=300))["attempts"] == 0
    assert swept(database, MONDAY + YEAR)["attempts"] == 1
    assert swept(database, MONDAY + 9 * YEAR)["attempts"] == 0


def test_requests_to_be_called_back_and_answered_rights_go_in_their_time(
    database: Database, settings_home: object
) -> None:
    who = tenant(database)
    with database.tenant(who) as conn:
        callbacks.add(conn, who, PERSON, NOW, "form 12", NOW, by=OPERATOR)
        closed = rights.register(conn, who, "access", "Mme Roux", NOW, by=OPERATOR)
        rights.register(conn, who, "access", "M. Lenoir", NOW, by=OPERATOR)
        rights.close(conn, who, closed["id"], "copy sent", NOW, by=OPERATOR)
    then = swept(database, NOW + 4 * YEAR)
    assert (then["callbacks"], then["rights_requests"]) == (1, 0)
    assert swept(database, NOW + 6 * YEAR)["rights_requests"] == 1  # the open one stays


def test_log_files_go_a_year_after_they_were_last_written_to(database: Database, settings_home: object) -> None:
    old, new = (settings().folder("logs") / name for name in ("decroche.log.9", "decroche.log"))
    for path, age in ((old, 400), (new, 1)):
        path.write_text("a line\n", encoding="utf-8")
        then = (NOW - timedelta(days=age)).timestamp()
        os.utime(path, (then, then))
    assert swept(database, dry_run=True)["logs"] == 1
    assert swept(database)["logs"] == 1
    assert (old.exists(), new.exists()) == (False, True)


def decided(database: Database, who: UUID, *years_ago: float) -> list[UUID]:
    made: list[UUID] = []
    for years in years_ago:
        at = NOW - timedelta(days=365.3 * years)
        made.append(ask(database, who, request(), at).id)
    return made


def left_in(superuser: Conn) -> list[UUID]:
    return [row["id"] for row in superuser.execute("SELECT id FROM compliance.decisions ORDER BY seq").fetchall()]


def intact(run: Run) -> bool:
    found = run("verify", "--json")
    [row] = [json.loads(line) for line in found.stdout.splitlines()]
    assert (found.exit_code == 0) == row["intact"]
    return row["intact"]


def test_decisions_of_over_five_years_go_and_the_chain_is_still_verified(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    made = decided(database, who, 7, 6, 3, 1)
    assert swept(database, dry_run=True)["decisions"] == 2
    assert left_in(superuser) == made
    run_privacy("sweep")
    assert left_in(superuser) == made[2:]
    assert intact(run)
    decided(database, who, 0)
    assert intact(run)
    assert swept(database)["decisions"] == 0


def test_when_all_decisions_have_gone_the_next_one_follows_the_last(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    decided(database, who, 7, 6)
    run_privacy("sweep")
    assert left_in(superuser) == []
    assert intact(run)
    decided(database, who, 0)
    assert intact(run)


def test_a_young_decision_cannot_be_deleted_through_the_door_made_for_old_ones(
    database: Database, superuser: Conn, settings_home: object
) -> None:
    who = tenant(database)
    made = decided(database, who, 4, 1)
    with database.operator() as conn:
        row = conn.execute("SELECT * FROM compliance.forget_decisions(%s, %s, false)", (who, NOW)).fetchone()
    assert row is not None
    assert row["forgotten"] == 0
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        superuser.execute("DELETE FROM compliance.decisions")
    assert left_in(superuser) == made


def test_old_rows_removed_behind_the_sweeps_back_are_betrayed(database: Database, superuser: Conn, run: Run) -> None:
    who = tenant(database)
    decided(database, who, 7, 1)
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(
        "INSERT INTO compliance.decision_starts SELECT tenant_id, seq, hash FROM compliance.decisions WHERE seq = 1"
    )
    superuser.execute("DELETE FROM compliance.decisions WHERE seq = 1")
    superuser.execute("SET session_replication_role = DEFAULT")
    assert not intact(run)


def test_the_service_may_not_forget_decisions(database: Database, settings_home: object) -> None:
    who = tenant(database)
    with database.tenant(who) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("SELECT compliance.forget_decisions(%s, now(), true)", (who,))


def left_behind(database: Database, who: UUID, days_ago: float) -> None:
    """A message, and an appointment of an hour that ended then."""
    then = NOW - timedelta(days=days_ago)
    with database.operator() as conn:
        conn.execute("INSERT INTO store.agents VALUES (%s, 'accueil') ON CONFLICT DO NOTHING", (who,))
        conn.execute(
            """INSERT INTO store.messages (tenant_id, id, agent, text, created_at)
               VALUES (%s, %s, 'accueil', 'rappelez-moi', %s)""",
            (who, new_id(), then),
        )
        conn.execute(
            """INSERT INTO store.bookings (tenant_id, id, agent, name, starts_at, ends_at)
               VALUES (%s, %s, 'accueil', 'Mme Roux', %s, %s)""",
            (who, new_id(), then - timedelta(hours=1), then),
        )


def test_messages_and_appointments_go_after_a_year(database: Database, settings_home: object) -> None:
    who = tenant(database)
    for days_ago in (367, 360, -30):  # an appointment still to come is no past one
        left_behind(database, who, days_ago)
    then = swept(database)
    assert (then["messages"], then["appointments"]) == (1, 1)


def test_a_tenants_instruction_about_messages_and_appointments_comes_before_the_policy(
    database: Database, run: Run
) -> None:
    who, other = tenant(database), tenant(database, "autre", "+33162001299")
    for whose in (who, other):
        left_behind(database, whose, 20)
        left_behind(database, whose, 400)
    run_privacy("keep", "--tenant", "cabinet", "--messages-days", 10, "--appointments-days", 1000)
    then = swept(database)
    assert (then["messages"], then["appointments"]) == (2 + 1, 1)
    run_privacy("keep", "--tenant", "cabinet")  # back to the policy
    assert swept(database)["appointments"] == 1
