"""A campaign that calls half of its people with another version of its agent, and tells how sure the difference is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from campaigns import campaigns
from campaigns.dialling import course
from campaigns.dialling.admission import Rung
from campaigns.dialling.reporting import report
from store import agents
from store.base.errors import Refused
from store.db import Conn, Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.campaigns.campaigning import AGENT, MONDAY, NAME, admitted, equip, listed, over


def second_version(conn: Conn, tenant: Tenant, *, published: bool = True) -> None:
    """Version 2 of the agent, which wants to be told a name too."""
    text = AGENT.replace("name: Camille", "name: Camille deux").replace("scenario:", "variables: [prenom]\nscenario:")
    agents.import_version(conn, tenant.id, "accueil", text, by=OPERATOR)
    if published:
        agents.mark_tested(conn, tenant.id, "accueil", 2, "Léa", by=OPERATOR)
        agents.publish(conn, tenant.id, "accueil", 2, "Karim", by=OPERATOR)


def wanted(versus: int, **more: Any) -> campaigns.Wanted:
    return campaigns.Wanted(
        NAME, "accueil", ("rappels",), "contract", date(2026, 11, 23), date(2026, 12, 20), versus=versus,
        per_minute=1000, at_once=1000, **more,
    )  # fmt: skip


def test_half_are_called_with_each_version_and_the_report_compares_them(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        equip(conn, dentist.id)
        second_version(conn, dentist)
    with database.tenant(dentist.id) as conn:
        listed(conn, dentist.id, 24)
        conn.execute("""UPDATE campaigns.contacts SET fields = '{"prenom": "Claire"}'""")
        campaigns.add(conn, dentist.id, wanted(1), "Léa", by=OPERATOR)
        campaigns.approve(conn, dentist.id, NAME, "Karim", by=OPERATOR)
        course.launch(conn, dentist.id, NAME, MONDAY, by=OPERATOR)
    with_version: dict[int, int] = {1: 0, 2: 0}
    for _ in range(24):
        rung = admitted(database, dentist.id)
        assert isinstance(rung, Rung)
        version = rung.person.agent_version
        assert rung.person.agent.name == ("Camille" if version == 1 else "Camille deux")
        with_version[version] += 1
        over(database, dentist, rung.call_id, rung.person.e164, MONDAY, "answered", talked=30,
             said=("book",) if version == 2 else ())  # fmt: skip
    assert min(with_version.values()) >= 4
    with database.tenant(dentist.id) as conn:
        found = report(conn, dentist.id, NAME).as_json()
    one, two = found["versions"]
    assert {arm["version"]: arm["reached"] for arm in (one, two)} == with_version
    assert (one["won"], two["won"]) == (0, with_version[2])
    assert one["low"] == 0 < one["high"] < two["low"] < two["high"] == 1
    assert found["difference"]["shown"]
    assert found["difference"]["versions"] == [1, 2]


def test_who_lacks_what_either_version_says_is_not_called(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        equip(conn, dentist.id)
        second_version(conn, dentist)
    with database.tenant(dentist.id) as conn:
        called = listed(conn, dentist.id, 3)
        conn.execute("""UPDATE campaigns.contacts SET fields = '{"prenom": "A"}' WHERE e164 = %s""", (called[0],))
        campaigns.add(conn, dentist.id, wanted(1), "Léa", by=OPERATOR)
        campaigns.approve(conn, dentist.id, NAME, "Karim", by=OPERATOR)
        course.launch(conn, dentist.id, NAME, MONDAY, by=OPERATOR)
        assert report(conn, dentist.id, NAME).outcomes == {"lacks": 2}


def test_only_a_version_that_was_live_is_compared(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        equip(conn, dentist.id)
        second_version(conn, dentist, published=False)
    with database.tenant(dentist.id) as conn:
        listed(conn, dentist.id, 1)
        for versus in (1, 2):  # the live one itself; one that nobody approved
            with pytest.raises(Refused, match="no version to compare"):
                campaigns.add(conn, dentist.id, wanted(versus), "Léa", by=OPERATOR)


def test_a_campaign_of_one_version_compares_nothing(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        equip(conn, dentist.id)
    with database.tenant(dentist.id) as conn:
        listed(conn, dentist.id, 1)
        campaigns.add(conn, dentist.id, wanted(0), "Léa", by=OPERATOR)
        assert report(conn, dentist.id, NAME).as_json()["difference"] is None
