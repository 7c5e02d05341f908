"""Numbers, agents' versions, bookings, messages, leases: each rule, met and broken."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from store import agents, bookings, live, messages, numbers, tenants
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.bookings import Booking, SlotTaken
from store.db import Database
from store.live import LiveCall
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.store.conftest import START

NUMBER = "+33162001234"
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("slug", "name", "country", "timezone", "field"),
    [
        ("Bad Slug", "X", "FR", "Europe/Paris", "slug"),
        ("ok", " ", "FR", "Europe/Paris", "name"),
        ("ok", "X", "France", "Europe/Paris", "country"),
        ("ok", "X", "FR", "Paris", "timezone"),
        ("dentiste", "X", "FR", "Europe/Paris", "slug"),
    ],
)
def test_a_bad_tenant_is_refused_by_the_field_that_is_wrong(
    database: Database, dentist: Tenant, slug: str, name: str, country: str, timezone: str, field: str
) -> None:
    with database.operator() as conn, pytest.raises(BadInput, match=f"^{field}:"):
        tenants.add(conn, slug, name, country=country, timezone=timezone, by=OPERATOR)


def test_the_service_cannot_make_a_tenant_or_take_a_number(database: Database, dentist: Tenant) -> None:
    for statement in ("UPDATE store.tenants SET status = 'active'", "UPDATE store.numbers SET tenant_id = NULL"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.tenant(dentist.id) as conn:
            conn.execute(statement)  # type: ignore[arg-type]


def test_a_number_added_twice_is_refused_in_any_spelling(database: Database) -> None:
    with database.operator() as conn:
        numbers.add(conn, "01 62 00 12 34", by=OPERATOR)
        with pytest.raises(BadInput, match="already"):
            numbers.add(conn, NUMBER, by=OPERATOR)


def test_a_number_of_another_tenant_is_not_given_away(database: Database, dentist: Tenant, townhall: Tenant) -> None:
    with database.operator() as conn:
        numbers.add(conn, NUMBER, by=OPERATOR)
        numbers.assign(conn, NUMBER, dentist.id, by=OPERATOR)
        with pytest.raises(Refused, match="another tenant"):
            numbers.assign(conn, NUMBER, townhall.id, by=OPERATOR)


def test_a_released_number_can_be_given_to_the_next(database: Database, dentist: Tenant, townhall: Tenant) -> None:
    with database.operator() as conn:
        numbers.add(conn, NUMBER, by=OPERATOR)
        numbers.assign(conn, NUMBER, dentist.id, agent="accueil", by=OPERATOR)
        numbers.release(conn, NUMBER, by=OPERATOR)
        assert numbers.route(conn, NUMBER) is None
        assert numbers.assign(conn, NUMBER, townhall.id, by=OPERATOR).agent is None


def test_a_number_reaches_only_an_agent_of_its_own_tenant(
    database: Database, dentist: Tenant, townhall: Tenant
) -> None:
    with database.operator() as conn:
        numbers.add(conn, NUMBER, by=OPERATOR)
        with pytest.raises(NotFound, match="agent accueil"):
            numbers.assign(conn, NUMBER, townhall.id, agent="accueil", by=OPERATOR)


def test_the_same_text_imported_again_is_the_same_version(database: Database, dentist: Tenant) -> None:
    with database.tenant(dentist.id) as conn:
        first = agents.import_version(conn, dentist.id, "accueil", "name: accueil", by=OPERATOR)
        second = agents.import_version(conn, dentist.id, "accueil", "name: accueil\n", by=OPERATOR)
    assert (first.version, second.version) == (1, 2)


def test_a_version_nobody_tested_cannot_go_live(database: Database, dentist: Tenant) -> None:
    with database.tenant(dentist.id) as conn, pytest.raises(Refused, match="draft"):
        agents.publish(conn, dentist.id, "accueil", 1, "ada", by=OPERATOR)


def test_publishing_a_version_retires_the_one_before_and_routes_calls_to_it(
    database: Database, dentist: Tenant
) -> None:
    with database.operator() as conn:
        numbers.add(conn, NUMBER, by=OPERATOR)
        numbers.assign(conn, NUMBER, dentist.id, agent="accueil", by=OPERATOR)
    with database.tenant(dentist.id) as conn:
        agents.import_version(conn, dentist.id, "accueil", "name: two", by=OPERATOR)
        for version in (1, 2):
            agents.mark_tested(conn, dentist.id, "accueil", version, "bob", by=OPERATOR)
            agents.publish(conn, dentist.id, "accueil", version, "ada", by=OPERATOR)
        assert [(v.version, v.status) for v in agents.listed(conn)] == [(2, "live"), (1, "retired")]
        route = numbers.route(conn, NUMBER)
    assert route is not None
    assert route.version == 2


def test_the_text_of_a_version_is_never_edited_even_by_the_operator(database: Database, dentist: Tenant) -> None:
    with (
        pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="never edited"),
        database.operator() as conn,
    ):
        conn.execute("UPDATE store.agent_versions SET yaml = 'name: evil'")


def book(database: Database, tenant: Tenant, offset: timedelta, agent: str = "accueil") -> Booking:
    with database.tenant(tenant.id) as conn:
        start = START + offset
        return bookings.book(conn, tenant.id, agent, "Mme Martin", start, start + HOUR)


@pytest.mark.parametrize("offset", [timedelta(0), HOUR / 2, -HOUR / 2])
def test_a_slot_that_overlaps_another_is_refused(database: Database, dentist: Tenant, offset: timedelta) -> None:
    book(database, dentist, timedelta(0))
    with pytest.raises(SlotTaken):
        book(database, dentist, offset)


def test_slots_that_touch_are_both_kept(database: Database, dentist: Tenant) -> None:
    book(database, dentist, timedelta(0))
    book(database, dentist, HOUR)
    with database.tenant(dentist.id) as conn:
        assert len(bookings.find(conn)) == 2


def test_a_cancelled_slot_is_free_again(database: Database, dentist: Tenant) -> None:
    made = book(database, dentist, timedelta(0))
    with database.tenant(dentist.id) as conn:
        bookings.cancel(conn, made.id)
    book(database, dentist, timedelta(0))


def test_of_two_who_want_the_same_slot_at_once_one_gets_it(database: Database, dentist: Tenant) -> None:
    start = threading.Barrier(4)

    def want(_: int) -> bool:
        start.wait(10)
        try:
            book(database, dentist, timedelta(0))
        except SlotTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(want, range(4))) == 1


def test_a_booking_with_an_unknown_agent_is_not_made(database: Database, dentist: Tenant) -> None:
    with pytest.raises(NotFound, match="nobody"):
        book(database, dentist, timedelta(0), agent="nobody")


def test_a_message_that_says_nothing_is_refused(database: Database, dentist: Tenant) -> None:
    with database.tenant(dentist.id) as conn, pytest.raises(BadInput, match="text"):
        messages.leave(conn, dentist.id, "accueil", "  ")


def test_a_message_left_is_read_by_its_tenant_only(database: Database, dentist: Tenant, townhall: Tenant) -> None:
    with database.tenant(dentist.id) as conn:
        left = messages.leave(conn, dentist.id, "accueil", "Rappelez-moi.", name="Paul", phone="+33612345678")
        assert messages.find(conn) == [left]
    with database.tenant(townhall.id) as conn:
        assert messages.find(conn) == []


def test_a_lease_that_ran_out_is_found_by_the_sweeper_and_a_renewed_one_is_not(
    database: Database, dentist: Tenant
) -> None:
    ids = [new_id(), new_id()]
    with database.tenant(dentist.id) as conn:
        for call_id in ids:
            live.begin(conn, LiveCall(dentist.id, call_id, "c", "n1", "inbound", START, START + HOUR))
        assert live.renew(conn, ids[1], START + 3 * HOUR)
    with database.service() as conn:
        assert [call.call_id for call in live.expired(conn, START + 2 * HOUR)] == ids[:1]


def test_a_lease_says_who_talks(database: Database, dentist: Tenant) -> None:
    lease = LiveCall(dentist.id, new_id(), "c", "n1", "inbound", START, START + HOUR, "+33612345678", "+33162001234")
    with database.tenant(dentist.id) as conn:
        live.begin(conn, lease)
        assert live.listed(conn) == [lease]


def test_a_call_ends_once(database: Database, dentist: Tenant) -> None:
    call_id = new_id()
    with database.tenant(dentist.id) as conn:
        live.begin(conn, LiveCall(dentist.id, call_id, "c", "n1", "inbound", START, START + HOUR))
        assert [live.end(conn, call_id), live.end(conn, call_id)] == [True, False]
        assert not live.renew(conn, call_id, START + HOUR)
