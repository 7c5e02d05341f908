"""A call agreed on in a call: its evidence, its slot, and what becomes of it; before a person's no, nothing holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.dialling import agreed, queue
from campaigns.dialling.admission import Nothing, Passed, Rung
from compliance.ledgers import callbacks
from store import messages
from store.base.errors import BadInput
from store.base.ids import new_id
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.campaigns.campaigning import MEANS, MONDAY, SHOWN, admitted, equip, launched, listed, over

TO, TWO = "+33600000000", MONDAY.replace(hour=14, minute=0)
SLOT = (TWO, TWO + timedelta(hours=1))


def agree(
    database: Database, dentist: Tenant, slot: tuple[datetime, datetime] = SLOT, call: UUID | None = None
) -> UUID:
    with database.tenant(dentist.id) as conn:
        return agreed.agree(
            conn, dentist.id, TO, ("accueil", 1, SHOWN), slot, (call or new_id(), 42_000), MONDAY, by=OPERATOR,
            goods="soins dentaires",
        )  # fmt: skip


def kept(database: Database, dentist: Tenant) -> dict[str, Any]:
    with database.tenant(dentist.id) as conn:
        row = conn.execute("SELECT * FROM campaigns.callbacks").fetchone()
    assert row is not None
    return row


def told(database: Database, dentist: Tenant) -> list[str]:
    with database.tenant(dentist.id) as conn:
        return [each.text for each in messages.find(conn)]


@pytest.fixture
def practice(database: Database, dentist: Tenant) -> Tenant:
    with database.operator() as conn:
        equip(conn, dentist.id)
    return dentist


def test_it_rings_in_its_slot_and_not_before(database: Database, practice: Tenant) -> None:
    agree(database, practice)
    assert isinstance(agreed.admit(database, practice.id, MEANS, TWO - timedelta(seconds=1)), Nothing)
    rung = agreed.admit(database, practice.id, MEANS, TWO)
    assert isinstance(rung, Rung)
    assert (rung.person.e164, rung.person.purpose) == (TO, "callback")
    assert over(database, practice, rung.call_id, TO, TWO, "answered", talked=60) == "answered"
    assert kept(database, practice)["state"] == "kept"
    assert isinstance(agreed.admit(database, practice.id, MEANS, TWO), Nothing)


def test_it_is_listed_with_its_evidence(database: Database, practice: Tenant) -> None:
    call_id = new_id()
    agree(database, practice, call=call_id)
    with database.tenant(practice.id) as conn:
        (found,) = agreed.listed(conn, practice.id)
    assert (found.e164, found.state, found.evidence_call, found.from_at) == (TO, "agreed", call_id, TWO)


def test_its_request_names_the_call_and_the_moment(database: Database, practice: Tenant) -> None:
    call_id = new_id()
    agree(database, practice, call=call_id)
    with database.tenant(practice.id) as conn:
        (request,) = callbacks.of(conn, TO)
    assert request["evidence"] == f"call {call_id}, 42000 ms"
    row = kept(database, practice)
    assert (row["evidence_call"], row["evidence_ms"], row["request_id"]) == (call_id, 42_000, request["id"])


def test_a_busy_line_is_tried_again_while_the_slot_lasts(database: Database, practice: Tenant) -> None:
    agree(database, practice)
    tried: list[datetime] = []
    for minutes in range(61):
        now = TWO + timedelta(minutes=minutes)
        found = agreed.admit(database, practice.id, MEANS, now)
        if isinstance(found, Rung):
            tried.append(now)
            over(database, practice, found.call_id, TO, now, "busy")
    assert 2 <= len(tried) <= 3
    assert tried[-1] < SLOT[1]
    assert kept(database, practice)["state"] == "missed"
    assert len(told(database, practice)) == 1


def test_a_slot_that_passed_is_missed_told_and_never_rung(database: Database, practice: Tenant) -> None:
    agree(database, practice)
    assert isinstance(agreed.admit(database, practice.id, MEANS, SLOT[1]), Passed)
    assert kept(database, practice)["state"] == "missed"
    (text,) = told(database, practice)
    assert "14:00 - 15:00" in text


def test_the_call_in_which_it_was_agreed_is_no_reason_to_wait(database: Database, practice: Tenant) -> None:
    with database.tenant(practice.id) as conn:
        listed(conn, practice.id, 1)
        launched(conn, practice.id)
    rung = admitted(database, practice.id)
    assert isinstance(rung, Rung)
    agree(database, practice, call=rung.call_id)
    over(database, practice, rung.call_id, TO, MONDAY, "answered", talked=60, said=("callback",))
    row = kept(database, practice)
    assert (row["campaign"], row["postcode"]) == ("rappels-dec", "75011")
    assert isinstance(agreed.admit(database, practice.id, MEANS, TWO), Rung)


def test_who_says_no_afterwards_is_not_called_back(database: Database, practice: Tenant) -> None:
    agree(database, practice)
    with database.tenant(practice.id) as conn:
        assert queue.never_again(conn, practice.id, TO, "refused", MONDAY) == 1
    assert isinstance(agreed.admit(database, practice.id, MEANS, TWO), Nothing)
    assert kept(database, practice)["state"] == "cancelled"


@pytest.mark.parametrize(
    "slot",
    [
        (MONDAY - timedelta(hours=2), MONDAY - timedelta(hours=1)),
        (TWO, TWO),
        (MONDAY + timedelta(days=90), MONDAY + timedelta(days=91)),
    ],
    ids=["over", "empty", "too far"],
)
def test_a_slot_that_cannot_be_kept_is_refused(
    database: Database, practice: Tenant, slot: tuple[datetime, datetime]
) -> None:
    with pytest.raises(BadInput, match="slot:"):
        agree(database, practice, slot)
