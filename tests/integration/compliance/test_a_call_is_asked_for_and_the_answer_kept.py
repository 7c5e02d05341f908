"""`ledger.ask`, `oppose` and `record_attempt` on a real PostgreSQL."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from compliance.law.cases import from_json
from compliance.law.engine import decide
from compliance.ledgers.ledger import ask, oppose, record_attempt
from store.base.errors import BadInput, NotFound, Unavailable
from store.base.ids import new_id
from store.db import Database
from tests.actors import OPERATOR
from tests.integration.compliance.ledger_of_tests import (
    MONDAY,
    PERSON,
    SHOWN,
    SUNDAY,
    consent,
    request,
    tenant,
)


def records(database: Database, tenant_id: UUID) -> list[dict[str, Any]]:
    with database.tenant(tenant_id) as conn:
        rows = conn.execute("SELECT record FROM compliance.decisions ORDER BY seq").fetchall()
    return [json.loads(row["record"]) for row in rows]


def test_a_lawful_call_is_allowed_and_the_yes_is_stored(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    found = ask(database, who, request(), MONDAY)
    assert found.allowed
    [record] = records(database, who)
    assert (record["id"], record["allowed"], record["number"]) == (str(found.id), True, PERSON)


def test_a_no_is_stored_too_with_the_rules_that_gave_it(database: Database) -> None:
    who = tenant(database)
    found = ask(database, who, request(), SUNDAY)
    assert found.reasons == ("no_consent", "weekend")
    assert "L223-1" in found.explanation["fr"]
    [record] = records(database, who)
    assert record["refused_by"] == ["C15@always", "C1@2026-08-11", "W1@2026-08-11"]
    assert "Sunday" not in record


def test_a_stored_case_decided_again_gives_the_stored_answer(database: Database) -> None:
    who = tenant(database)
    ask(database, who, request(), SUNDAY)
    [record] = records(database, who)
    assert list(decide(from_json(record["case"])).reasons) == record["reasons"]


def test_a_call_may_be_judged_at_another_instant_without_counting_as_an_attempt(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    for _ in range(5):
        assert ask(database, who, request(at=SUNDAY), MONDAY).reasons == ("weekend",)
        assert ask(database, who, request(at=MONDAY), SUNDAY).allowed


def test_the_fifth_call_in_thirty_days_is_refused(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    for minute in range(4):
        assert ask(database, who, request(), MONDAY + timedelta(minutes=minute)).allowed
    assert ask(database, who, request(), MONDAY + timedelta(minutes=9)).reasons == ("frequency_cap",)


def test_two_asked_at_the_same_time_cannot_both_be_the_fourth_call(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    for minute in range(3):
        ask(database, who, request(), MONDAY + timedelta(minutes=minute))
    with ThreadPoolExecutor(6) as pool:
        times = [MONDAY + timedelta(minutes=10, seconds=second) for second in range(6)]
        found = list(pool.map(lambda at: ask(database, who, request(), at).allowed, sorted(times)))
    assert found.count(True) == 1


def test_a_call_carried_outside_the_ledger_counts_too(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    with database.tenant(who) as conn:
        for day in range(1, 5):
            at = MONDAY - timedelta(days=day)
            conn.execute(
                """INSERT INTO store.calls (tenant_id, id, direction, caller, callee, started_at, ended_at,
                                            hangup_cause, hangup_side, outcome)
                   VALUES (%s, %s, 'outbound', %s, %s, %s, %s, 16, 'caller', 'no_answer')""",
                (who, new_id(), SHOWN, PERSON, at, at),
            )
    assert ask(database, who, request(), MONDAY).reasons == ("frequency_cap",)


def test_who_said_no_during_a_call_is_not_called_from_that_instant(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    call = new_id()
    assert ask(database, who, request(call_id=call), MONDAY).allowed
    oppose(database, who, "06 12 34 56 78", "call", call, MONDAY, by=OPERATOR)
    found = ask(database, who, request(), MONDAY)
    assert found.reasons == ("consent_withdrawn", "no_consent", "opposed")


def test_a_consent_newer_than_the_opposition_lifts_it(database: Database) -> None:
    who = tenant(database)
    oppose(database, who, PERSON, "web", None, MONDAY - timedelta(days=40), by=OPERATOR)
    consent(database, who)
    assert ask(database, who, request(), MONDAY).allowed


def test_an_opposition_to_one_tenant_does_not_bind_another(database: Database) -> None:
    one, other = tenant(database), tenant(database, "agence", "+33162005678")
    oppose(database, one, PERSON, "web", None, MONDAY, by=OPERATOR)
    consent(database, other, professional="Agence")
    assert ask(database, other, request(caller_id="+33162005678"), MONDAY).allowed


def test_an_operator_wide_opposition_binds_every_tenant(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    with database.operator() as conn:
        conn.execute(
            "INSERT INTO compliance.oppositions (id, number, opposed_at, how) VALUES (%s, %s, %s, 'letter')",
            (new_id(), PERSON, MONDAY - timedelta(days=1)),
        )
    assert ask(database, who, request(), MONDAY).reasons == ("opposed",)


def test_a_hidden_caller_cannot_be_put_on_the_opposition_list(database: Database) -> None:
    with pytest.raises(BadInput):
        oppose(database, tenant(database), "", "call", None, MONDAY, by=OPERATOR)


def test_a_number_the_tenant_was_not_given_is_not_shown(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    tenant(database, "agence", "+33162005678")
    found = ask(database, who, request(caller_id="+33162005678"), MONDAY)
    assert found.reasons == ("caller_id_unassigned",)
    assert found.law == ("ARCEP 2025-2215, CPCE L44 IV, C. conso L221-17 al. 2",)


def test_an_agent_is_held_to_be_an_automate_unless_the_tenant_says_otherwise(database: Database) -> None:
    who = tenant(database)
    assert ask(database, who, request(party="business"), MONDAY).reasons == ("no_consent",)
    with database.operator() as conn:
        conn.execute(
            "INSERT INTO compliance.switches (tenant_id, ai_is_automate, changed_by) VALUES (%s, false, 'me')", (who,)
        )
    assert ask(database, who, request(party="business"), MONDAY).allowed


def test_the_result_of_an_attempt_is_written_and_a_refusal_stays(database: Database) -> None:
    who = tenant(database)
    consent(database, who)
    call = new_id()
    ask(database, who, request(call_id=call), MONDAY)
    record_attempt(database, who, call, "refused")
    record_attempt(database, who, call, "answered")
    assert ask(database, who, request(), MONDAY + timedelta(minutes=1)).reasons == ("opposed",)
    with pytest.raises(NotFound):
        record_attempt(database, who, new_id(), "answered")


def test_without_a_database_there_is_no_answer_and_so_no_call() -> None:
    with (
        Database("host=127.0.0.1 port=1 user=x dbname=x connect_timeout=1") as gone,
        pytest.raises(Unavailable),
    ):
        ask(gone, new_id(), request(), MONDAY)


def test_an_unknown_purpose_is_an_error_and_not_an_answer(database: Database) -> None:
    with pytest.raises(BadInput, match="purpose"):
        ask(database, tenant(database), request(purpose="marketing"), MONDAY)


@pytest.mark.parametrize("table", ["decisions", "oppositions"])
def test_nobody_may_change_or_remove_a_row(database: Database, table: str) -> None:
    who = tenant(database)
    ask(database, who, request(), MONDAY)
    oppose(database, who, PERSON, "web", None, MONDAY, by=OPERATOR)
    import psycopg

    for session in (database.tenant(who), database.operator()):
        with pytest.raises(psycopg.Error), session as conn:
            conn.execute(f"DELETE FROM compliance.{table}")  # type: ignore[arg-type]
