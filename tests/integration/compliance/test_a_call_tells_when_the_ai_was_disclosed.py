"""`decroche calls show`: the second at which the person had heard that an AI spoke, or that they hung up before."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from ari_app.commands.calls import calls
from store.base.ids import new_id
from store.calls import Cdr, insert_cdr
from store.db import Database
from tests.integration.compliance.conftest import Run
from tests.integration.compliance.ledger_of_tests import MONDAY, PERSON, SHOWN, tenant

AI = "Je suis une intelligence artificielle."


def carried(database: Database, who: UUID, **changes: Any) -> UUID:
    facts: dict[str, Any] = {
        "id": new_id(), "tenant_id": who, "direction": "inbound", "caller": PERSON, "callee": SHOWN,
        "started_at": MONDAY, "answered_at": MONDAY, "ended_at": MONDAY + timedelta(seconds=1.5),
        "hangup_cause": 16, "hangup_side": "caller", "outcome": "answered",
    }  # fmt: skip
    cdr = Cdr(**facts | changes)
    with database.tenant(who) as conn:
        insert_cdr(conn, cdr)
    return cdr.id


def shown(call_id: UUID, *args: str) -> str:
    found = CliRunner().invoke(calls, ["show", str(call_id), *args])
    assert found.exit_code == 0, found.output
    return found.stdout


CASES: list[tuple[dict[str, Any], int | None, str]] = [
    ({"disclosure_text": AI, "disclosure_heard_ms": 1400}, 1400, "heard at 1.4 s"),
    ({"disclosure_text": AI}, None, "not heard: the caller hung up after 1.5 s"),
    ({}, None, "not heard: the caller hung up after 1.5 s"),  # before it had even begun
]


@pytest.mark.parametrize(("changes", "heard", "told"), CASES)
def test_the_instant_it_was_heard_or_that_it_was_not(
    database: Database, run: Run, changes: dict[str, Any], heard: int | None, told: str
) -> None:
    call_id = carried(database, tenant(database), **changes)
    disclosure = json.loads(shown(call_id, "--json"))["disclosure"]
    assert disclosure["heard_at_ms"] == heard
    assert told in shown(call_id)


def test_a_call_nobody_answered_has_none(database: Database, run: Run) -> None:
    call_id = carried(database, tenant(database), answered_at=None, direction="outbound", caller=SHOWN, callee=PERSON)
    assert json.loads(shown(call_id, "--json"))["disclosure"] is None
