"""A diary under a secret address: read by whoever has it, one diary only, and no more once the address ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from portal.door import Portal
from portal.links import feeds
from portal.web.app import make_app
from store import agents, bookings
from store.base.errors import NotFound
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.portal.site import NOW, SITE

AGENT = "accueil"


def made(database: Database, tenant: Tenant, name: str) -> str:
    """The address of a diary with one appointment of that name."""
    with database.operator(tenant.id) as conn:
        agents.import_version(conn, tenant.id, AGENT, "id: accueil", by=OPERATOR)
        bookings.book(conn, tenant.id, AGENT, name, NOW, NOW + timedelta(hours=1), phone="+33612345678")
        return feeds.address(feeds.begin(conn, tenant.id, AGENT, NOW, by=OPERATOR))


@pytest.fixture
def calendar(portal: Portal) -> TestClient:
    return TestClient(make_app(portal, lambda: NOW), base_url=SITE, raise_server_exceptions=False)


def test_it_is_read_without_a_session_and_holds_its_own_diary_only(
    database: Database, dentist: Tenant, townhall: Tenant, calendar: TestClient
) -> None:
    made(database, townhall, "Paul Roux")
    found = calendar.get(made(database, dentist, "Claire Martin"))
    assert found.status_code == 200
    assert found.headers["content-type"].startswith("text/calendar")
    assert "Claire Martin" in found.text
    assert "Paul Roux" not in found.text


def test_a_reader_that_has_it_is_told_so(database: Database, dentist: Tenant, calendar: TestClient) -> None:
    at = made(database, dentist, "Claire Martin")
    tag = calendar.get(at).headers["etag"]
    assert calendar.get(at, headers={"if-none-match": tag}).status_code == 304
    with database.operator(dentist.id) as conn:
        bookings.cancel(conn, bookings.find(conn)[0].id)
    again = calendar.get(at, headers={"if-none-match": tag})
    assert (again.status_code, "STATUS:CANCELLED" in again.text) == (200, True)


def test_another_address_opens_nothing_and_a_new_one_ends_the_old(
    database: Database, dentist: Tenant, calendar: TestClient
) -> None:
    old = made(database, dentist, "Claire Martin")
    with database.operator(dentist.id) as conn:
        new = feeds.address(feeds.begin(conn, dentist.id, AGENT, NOW, by=OPERATOR))
    assert [calendar.get(at).status_code for at in (old, new, "/agenda/x.ics")] == [404, 200, 404]
    with database.operator(dentist.id) as conn:
        feeds.end(conn, dentist.id, AGENT, NOW, by=OPERATOR)
        with pytest.raises(NotFound):
            feeds.end(conn, dentist.id, AGENT, NOW, by=OPERATOR)
    assert calendar.get(new).status_code == 404


def test_an_agent_must_be_there(database: Database, dentist: Tenant) -> None:
    with database.operator(dentist.id) as conn, pytest.raises(NotFound, match="no agent"):
        feeds.begin(conn, dentist.id, "nobody", NOW, by=OPERATOR)
