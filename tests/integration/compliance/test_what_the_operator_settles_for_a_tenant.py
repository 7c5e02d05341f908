"""Switches, and the list of numbers a tenant may show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.ledgers.ledger import ask
from store.db import Database
from tests.integration.compliance.conftest import Run
from tests.integration.compliance.ledger_of_tests import MONDAY, SHOWN, consent, request, tenant

NPV = "+33162009999"


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def states(run: Run) -> dict[str, str]:
    return {
        row["number"]: row["state"] for row in rows(run("caller-id", "list", "--tenant", "cabinet", "--json").output)
    }


def test_a_switch_is_kept_and_used_by_the_next_decision(database: Database, run: Run) -> None:
    who = tenant(database)
    assert ask(database, who, request(party="business"), MONDAY).reasons == ("no_consent",)
    assert run("switch", "--tenant", "cabinet", "ai_is_automate=off").exit_code == 0
    assert ask(database, who, request(party="business"), MONDAY).allowed
    shown = {row["switch"]: row["on"] for row in rows(run("switch", "--tenant", "cabinet", "--json").output)}
    assert shown == {
        "local_holidays": True,
        "ai_is_automate": False,
        "npv_exception": False,
        "npv_new_overseas": False,
    }


@pytest.mark.parametrize("change", ["unknown=on", "ai_is_automate", "ai_is_automate=maybe"])
def test_an_unknown_switch_is_refused(database: Database, run: Run, change: str) -> None:
    tenant(database)
    assert run("switch", "--tenant", "cabinet", change).exit_code == 2


def test_a_number_with_a_proof_may_be_shown_until_the_proof_is_due(
    database: Database, run: Run, tmp_path: Path
) -> None:
    who = tenant(database)
    proof = tmp_path / "contract.pdf"
    proof.write_bytes(b"assigned")
    call, now = {"caller_id": NPV, "place": False, "purpose": "service"}, datetime.now(UTC)
    assert ask(database, who, request(**call), now).reasons == ("caller_id_unassigned",)
    due = (now + timedelta(days=10)).isoformat()
    allowed = run("caller-id", "allow", "--tenant", "cabinet", NPV, "--proof", proof, "--recheck-by", due)
    assert allowed.exit_code == 0
    assert ask(database, who, request(**call), now + timedelta(minutes=1)).allowed
    assert ask(database, who, request(**call), now + timedelta(days=11)).reasons == ("caller_id_unassigned",)
    assert states(run) == {NPV: "ok", SHOWN: "ok"}


def test_a_revoked_number_is_not_shown_though_the_operator_assigned_it(database: Database, run: Run) -> None:
    who = tenant(database)
    consent(database, who)
    run("caller-id", "allow", "--tenant", "cabinet", SHOWN, "--proof", "contract 12")
    assert run("caller-id", "revoke", "--tenant", "cabinet", SHOWN).exit_code == 0
    later = max(datetime.now(UTC), MONDAY)
    assert "caller_id_unassigned" in ask(database, who, request(place=False), later).reasons
    assert states(run) == {SHOWN: "revoked"}


@pytest.mark.parametrize("number", ["0899123456", "3615", "hello"])
def test_a_number_nobody_may_show_is_not_put_on_the_list(database: Database, run: Run, number: str) -> None:
    tenant(database)
    assert run("caller-id", "allow", "--tenant", "cabinet", number, "--proof", "p").exit_code == 2
