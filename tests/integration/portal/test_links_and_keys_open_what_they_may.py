"""One-use links, resets, compromised accounts, keys: on a real database, as the web's own role."""

from __future__ import annotations

from uuid import UUID

import pytest
from pyotp.totp import TOTP

from portal.door import NotSignedIn, Portal
from portal.people import codes, keys, managing, own
from store.base.errors import BadInput, NotFound
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.portal.conftest import later
from tests.integration.portal.site import CLAIRE, NOW, PASSWORD, People, sign_in


def test_a_link_chooses_a_password_once(database: Database, portal: Portal, dentist: Tenant) -> None:
    with database.operator() as conn:
        link = managing.add(conn, CLAIRE, dentist, ["lecteur"], by=OPERATOR, now=NOW).link
    with pytest.raises(BadInput):
        own.use_link(portal, link, "court", NOW)
    assert own.use_link(portal, link, PASSWORD, NOW) == CLAIRE
    assert sign_in(portal, PASSWORD).outcome == "in"
    with pytest.raises(NotFound):
        own.use_link(portal, link, PASSWORD, NOW)


def test_a_link_of_last_week_opens_nothing(database: Database, portal: Portal, dentist: Tenant) -> None:
    with database.operator() as conn:
        link = managing.add(conn, CLAIRE, dentist, ["lecteur"], by=OPERATOR, now=NOW).link
    with pytest.raises(NotFound):
        own.link(portal, link, later(days=7))


def test_a_reset_voids_password_second_step_and_sessions(
    database: Database, portal: Portal, people: People, dentist: Tenant
) -> None:
    password = people.add(CLAIRE, dentist, "titulaire")
    token, secret = sign_in(portal, password).token, codes.new_secret()
    with portal.entered(token, NOW) as seat:
        own.begin_second_step(seat, secret, TOTP(secret).at(NOW), NOW)
    with database.operator() as conn:
        link = managing.reset(conn, CLAIRE, by=OPERATOR, now=NOW).link
    assert sign_in(portal, password).outcome == "refused"
    with pytest.raises(NotSignedIn), portal.entered(token, NOW):
        pass
    own.use_link(portal, link, PASSWORD, NOW)
    assert sign_in(portal, PASSWORD).outcome == "in"


def test_another_password_ends_the_other_sessions(portal: Portal, people: People, dentist: Tenant) -> None:
    password = people.add(CLAIRE, dentist, "titulaire")
    here, there = sign_in(portal, password).token, sign_in(portal, password).token
    with pytest.raises(BadInput, match="actuel"):
        own.change_password(portal, here, "faux", PASSWORD, NOW)
    own.change_password(portal, here, password, PASSWORD, NOW)
    with pytest.raises(NotSignedIn), portal.entered(there, NOW):
        pass
    assert sign_in(portal, PASSWORD).outcome == "in"


def test_a_compromised_account_is_cut_whole_and_the_operator_told(
    database: Database, portal: Portal, people: People, dentist: Tenant, townhall: Tenant
) -> None:
    password = people.add(CLAIRE, dentist, "titulaire")
    here, there = sign_in(portal, password).token, sign_in(portal, password).token
    with database.operator() as conn:
        _, key = keys.add(conn, dentist, ["calls"], by=OPERATOR, now=NOW)
        _, other = keys.add(conn, townhall, ["calls"], by=OPERATOR, now=NOW)
    with portal.entered(here, NOW) as seat:
        assert own.compromised(seat, NOW) == own.Cut(sessions=2, keys=1)
    for token in (here, there):
        with pytest.raises(NotSignedIn), portal.entered(token, NOW):
            pass
    with pytest.raises(NotSignedIn), portal.unlocked(key, NOW):
        pass
    with portal.unlocked(other, NOW) as seat:
        assert seat.tenant == "mairie"
    assert sign_in(portal, password).outcome == "refused"
    with database.operator() as conn:
        told = conn.execute("SELECT kind, audience, body FROM billing.notices").fetchall()
        assert [(row["kind"], row["audience"]) for row in told] == [("account_compromised", "operator")]
        assert told[0]["body"]["what"] == CLAIRE


def test_a_key_opens_its_scopes_until_its_end(database: Database, portal: Portal, dentist: Tenant) -> None:
    with database.operator() as conn:
        key_id, key = keys.add(conn, dentist, ["calls"], days=30, by=OPERATOR, now=NOW)
    with portal.unlocked(key, NOW) as seat:
        assert (seat.tenant, seat.rights, str(seat.by)) == ("dentiste", {"calls"}, f"api:{key_id}")
        assert [row["slug"] for row in seat.conn.execute("SELECT slug FROM store.tenants")] == ["dentiste"]
    with pytest.raises(NotSignedIn), portal.unlocked(key, later(days=30)):
        pass
    with database.operator() as conn:
        assert keys.listed(conn)[0].used_at == NOW
        keys.end(conn, key_id, by=OPERATOR, now=NOW)
        with pytest.raises(NotFound):
            keys.end(conn, UUID(int=0), by=OPERATOR, now=NOW)
    with pytest.raises(NotSignedIn), portal.unlocked(key, NOW):
        pass
