"""Calls: insert, get, find, witness."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from store import calls
from store.base.errors import BadInput, DecrocheError, NotFound
from store.base.ids import new_id
from store.calls import Action, Cdr, Turn
from store.db import Database

TURNS = [
    Turn("agent", "Bonjour, cabinet Molaire.", 0, 1500, heard_ms=1500, stages={"tts": 40}),
    Turn("caller", "Je voudrais un rendez-vous à 9 h.", 1900, 4200),
]
ACTIONS = [Action("book", {"day": "2026-11-24"}, {"ok": True}, 30_000)]


def another(cdr: Cdr, **changes: object) -> Cdr:
    return replace(cdr, **{"id": new_id(), **changes})  # type: ignore[arg-type]


def test_a_call_comes_back_with_its_turns_and_actions_as_it_was_stored(database: Database, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        assert calls.insert_cdr(conn, cdr, TURNS, ACTIONS)
    with database.tenant(cdr.tenant_id) as conn:
        assert calls.get(conn, cdr.id) == calls.CallRecord(cdr, TURNS, ACTIONS)


def test_storing_the_same_id_again_changes_nothing_and_says_so(database: Database, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr, TURNS)
    with database.tenant(cdr.tenant_id) as conn:
        assert not calls.insert_cdr(conn, replace(cdr, outcome="failed"), TURNS * 2, ACTIONS)
    with database.tenant(cdr.tenant_id) as conn:
        assert calls.get(conn, cdr.id) == calls.CallRecord(cdr, TURNS, [])


def test_a_call_whose_turns_cannot_be_stored_is_not_stored_at_all(database: Database, cdr: Cdr) -> None:
    backwards = Turn("agent", "?", 100, 50)
    with pytest.raises(Exception, match="turns_check"), database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr, [backwards])
    with database.tenant(cdr.tenant_id) as conn, pytest.raises(NotFound):
        calls.get(conn, cdr.id)


def test_a_stored_call_is_never_rewritten_by_the_service(database: Database, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
    with pytest.raises(Exception, match="permission denied"), database.tenant(cdr.tenant_id) as conn:
        conn.execute("UPDATE store.calls SET ended_at = ended_at + interval '1 hour'")


def test_a_time_without_a_zone_is_refused_by_name(database: Database, cdr: Cdr) -> None:
    naive = replace(cdr, answered_at=cdr.started_at.replace(tzinfo=None))
    with database.tenant(cdr.tenant_id) as conn, pytest.raises(BadInput, match="answered_at"):
        calls.insert_cdr(conn, naive)


def test_pages_are_newest_first_and_meet_without_gap_or_overlap(database: Database, cdr: Cdr) -> None:
    made = [another(cdr, started_at=cdr.started_at - timedelta(minutes=n // 2)) for n in range(7)]
    with database.tenant(cdr.tenant_id) as conn:
        for one in made:
            calls.insert_cdr(conn, one)
        pages, before = [], None
        while page := calls.find(conn, before=before, limit=3):
            pages.append([one.id for one in page])
            before = page[-1]
    wanted = [one.id for one in sorted(made, key=lambda c: (c.started_at, c.id), reverse=True)]
    assert pages == [wanted[:3], wanted[3:6], wanted[6:]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"direction": "outbound"}, 0),
        ({"direction": "inbound", "agent": "accueil"}, 1),
        ({"party": "+33612345678"}, 1),
        ({"party": "+33699999999"}, 0),
        ({"outcome": "missed"}, 0),
    ],
)
def test_a_filter_leaves_only_what_it_names(database: Database, cdr: Cdr, filters: dict[str, str], found: int) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
        assert len(calls.find(conn, **filters)) == found  # type: ignore[arg-type]


def test_a_period_begins_with_since_and_ends_before_until(database: Database, cdr: Cdr) -> None:
    later = cdr.started_at + timedelta(microseconds=1)
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
        assert [c.id for c in calls.find(conn, since=cdr.started_at, until=later)] == [cdr.id]
        assert calls.find(conn, until=cdr.started_at) == []


def test_asterisks_own_cdr_is_kept_beside_ours_and_the_first_one_stays(database: Database, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
        calls.witness(conn, cdr.id, {"billsec": "90"})
        calls.witness(conn, cdr.id, {"billsec": "91"})
        assert calls.get(conn, cdr.id).cdr.asterisk_cdr == {"billsec": "90"}


def test_asterisks_cdr_of_a_call_not_stored_is_an_error(database: Database, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn, pytest.raises(NotFound):
        calls.witness(conn, cdr.id, {})


def test_a_call_is_found_by_the_end_of_its_id(database: Database, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
        assert calls.by_end(conn, str(cdr.id)[-12:]) == cdr.id


@pytest.mark.parametrize(("end", "error"), [("ffffffffffff", NotFound), ("%", BadInput), ("12", BadInput)])
def test_what_ends_no_id_is_refused(database: Database, cdr: Cdr, end: str, error: type[DecrocheError]) -> None:
    with database.tenant(cdr.tenant_id) as conn, pytest.raises(error):
        calls.by_end(conn, end)


def test_an_end_that_several_calls_share_is_refused(database: Database, cdr: Cdr) -> None:
    twin = replace(cdr, id=UUID(int=cdr.id.int ^ (1 << 120)), asterisk_uniqueid="twin")
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
        calls.insert_cdr(conn, twin)
        with pytest.raises(BadInput, match="several"):
            calls.by_end(conn, str(cdr.id)[-12:])
