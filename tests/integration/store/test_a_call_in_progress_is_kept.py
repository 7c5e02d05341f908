"""What a call in progress knows is written over, read back whole, another tenant's to nobody, and gone with its end."""

from __future__ import annotations

from datetime import timedelta

from store import journal, live, tenants
from store.base.ids import new_id
from store.db import Database
from store.live import LiveCall
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.store.conftest import START

HOUR = timedelta(hours=1)


def begun(database: Database, dentist: Tenant, **changes: object) -> LiveCall:
    values = {"channel": "leg-1", "node": "n1", "direction": "inbound", "since": START, "lease_until": START + HOUR}
    call = LiveCall(dentist.id, new_id(), **(values | changes))  # type: ignore[arg-type]
    with database.tenant(dentist.id) as conn:
        live.begin(conn, call)
    return call


def test_the_last_that_was_written_is_what_is_left(database: Database, dentist: Tenant) -> None:
    call = begun(database, dentist)
    with database.tenant(dentist.id) as conn:
        assert journal.note(conn, (dentist.id, call.call_id), None, {"a": 1})
        assert journal.note(conn, (dentist.id, call.call_id), START, {"a": 2})
    with database.operator() as conn:
        (left,) = journal.left(conn)
        assert journal.of_channel(conn, "leg-1") == left
        assert journal.of_channel(conn, "leg-2") is None
    assert (left.call, left.answered_at, left.notes) == (call, START, {"a": 2})


def test_a_call_that_is_over_keeps_nothing(database: Database, dentist: Tenant) -> None:
    call = begun(database, dentist)
    with database.tenant(dentist.id) as conn:
        journal.note(conn, (dentist.id, call.call_id), START, {"a": 1})
        live.end(conn, call.call_id)
        assert not journal.note(conn, (dentist.id, call.call_id), START, {"a": 2})
        assert conn.execute("SELECT 1 FROM store.live_notes").fetchone() is None


def test_it_is_another_tenants_to_nobody(database: Database, dentist: Tenant) -> None:
    call = begun(database, dentist)
    with database.tenant(dentist.id) as conn:
        journal.note(conn, (dentist.id, call.call_id), START, {"a": 1})
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    with database.tenant(other.id) as conn:
        assert journal.left(conn) == []
        assert conn.execute("SELECT 1 FROM store.live_notes").fetchone() is None
        assert not journal.note(conn, (other.id, call.call_id), None, {"a": 2})


def test_a_call_comes_before_its_legs_and_a_sign_of_life_is_its_legs_too(database: Database, dentist: Tenant) -> None:
    call = begun(database, dentist, since=START + HOUR)
    leg = begun(database, dentist, direction="outbound", leg_of=call.call_id, leg="transfer")
    with database.tenant(dentist.id) as conn:
        conn.execute("UPDATE store.live_calls SET renewed_at = now() - interval '1 day'")
        assert live.renew(conn, call.call_id, START)
        assert [left.call.call_id for left in journal.left(conn)] == [call.call_id, leg.call_id]
        row = conn.execute("SELECT min(now() - renewed_at) = max(now() - renewed_at) AS alike FROM store.live_calls")
        assert row.fetchone() == {"alike": True}


def test_a_process_that_gives_no_sign_of_life_is_found_though_its_lease_goes_on(
    database: Database, dentist: Tenant
) -> None:
    quiet, _ = begun(database, dentist), begun(database, dentist)
    with database.operator() as conn:
        conn.execute("UPDATE store.live_calls SET lease_until = now() + interval '1 hour'")
        conn.execute(
            "UPDATE store.live_calls SET renewed_at = now() - interval '61 s' WHERE call_id = %s", (quiet.call_id,)
        )
        now = conn.execute("SELECT now() AS now").fetchone()
    assert now is not None
    with database.service() as conn:
        assert [call.call_id for call in live.expired(conn, now["now"])] == [quiet.call_id]
