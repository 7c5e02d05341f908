"""People, sessions, second step and clients on a real database, as the web's own role."""

from __future__ import annotations

from datetime import timedelta
from typing import LiteralString, cast
from uuid import uuid4

import psycopg
import pytest
from pyotp.totp import TOTP

from portal.door import NotSignedIn, Portal
from portal.people import codes, keys, managing, own, signing
from portal.people.roles import ROLES
from store import audit
from store.base.errors import NotFound
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.portal.conftest import later
from tests.integration.portal.site import CLAIRE, NOW, People, sign_in


def test_the_rights_of_roles_are_the_same_here_and_in_the_database(database: Database) -> None:
    with database.operator() as conn:
        rows = conn.execute("SELECT role, array_agg(allowed) AS held FROM portal.role_rights GROUP BY role").fetchall()
    assert {row["role"]: frozenset(row["held"]) for row in rows} == ROLES


def test_who_knows_the_password_is_let_in_and_sees_their_client_only(
    portal: Portal, people: People, dentist: Tenant, townhall: Tenant
) -> None:
    token = people.signed_in(CLAIRE, dentist, "titulaire")
    with portal.entered(token, NOW) as seat:
        assert (seat.tenant, seat.email, seat.roles) == ("dentiste", CLAIRE, ("titulaire",))
        assert seat.rights == ROLES["titulaire"]
        assert [row["slug"] for row in seat.conn.execute("SELECT slug FROM store.tenants")] == ["dentiste"]


def test_a_setting_does_not_decide_whose_rows_are_seen(
    portal: Portal, people: People, dentist: Tenant, townhall: Tenant
) -> None:
    token = people.signed_in(CLAIRE, dentist, "titulaire")
    with portal.entered(token, NOW) as seat:
        seat.conn.execute("SELECT set_config('app.tenant', %s, true)", (str(townhall.id),))
        assert [row["slug"] for row in seat.conn.execute("SELECT slug FROM store.tenants")] == ["dentiste"]
    with portal.anteroom() as conn:
        conn.execute("SELECT set_config('app.tenant', %s, true)", (str(townhall.id),))
        assert conn.execute("SELECT slug FROM store.tenants").fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM portal.people", "SELECT * FROM portal.sessions", "SELECT * FROM portal.members",
        "SELECT * FROM portal.api_keys", "SELECT * FROM portal.seat()", "DELETE FROM store.calls",
        "UPDATE store.tenants SET name = 'x'", "INSERT INTO billing.accounts (tenant_id) VALUES (gen_random_uuid())",
        "SELECT * FROM billing.tariffs", "SELECT * FROM compliance.attempts", "SET ROLE decroche_service",
        "SELECT store.tenant_of('mairie')",
    ],
)  # fmt: skip
def test_the_webs_role_may_do_less_than_the_services(portal: Portal, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.anteroom() as conn:
        conn.execute(cast(LiteralString, statement))


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(
    portal: Portal, people: People, dentist: Tenant
) -> None:
    people.add(CLAIRE, dentist, "lecteur")
    assert sign_in(portal, "un autre mot de passe") == sign_in(portal, "un autre", email="nobody@cabinet.fr")


def test_after_five_wrong_guesses_even_the_right_one_waits_and_then_enters(
    portal: Portal, people: People, dentist: Tenant
) -> None:
    password = people.add(CLAIRE, dentist, "lecteur")
    for _ in range(5):
        assert sign_in(portal, "deviné").outcome == "refused"
    slowed = sign_in(portal, password)
    assert slowed.outcome == "slowed"
    assert sign_in(portal, password, now=NOW + slowed.wait).outcome == "in"
    assert sign_in(portal, password, now=NOW + slowed.wait).outcome == "in"  # what failed before is forgiven


def test_an_unknown_person_is_slowed_down_as_a_known_one_is(portal: Portal) -> None:
    answers = [sign_in(portal, "deviné", email="nobody@cabinet.fr").outcome for _ in range(6)]
    assert answers == [*["refused"] * 5, "slowed"]


def test_a_session_ends_after_eight_idle_hours_and_after_seven_days(
    portal: Portal, people: People, dentist: Tenant
) -> None:
    token = people.signed_in(CLAIRE, dentist, "lecteur")
    for hour in range(7, 7 * 24, 7):
        with portal.entered(token, later(hours=hour)):
            pass
    with pytest.raises(NotSignedIn), portal.entered(token, later(days=7)):
        pass
    other = people.signed_in("lea@cabinet.fr", dentist, "lecteur")
    with pytest.raises(NotSignedIn), portal.entered(other, later(hours=8)):
        pass


def test_who_is_ended_is_out_at_once(database: Database, portal: Portal, people: People, dentist: Tenant) -> None:
    token = people.signed_in(CLAIRE, dentist, "lecteur")
    with database.operator() as conn:
        assert managing.end(conn, CLAIRE, dentist, by=OPERATOR, now=NOW) == 1
    with pytest.raises(NotSignedIn), portal.entered(token, NOW):
        pass


def test_with_a_second_step_the_password_alone_opens_nothing(portal: Portal, people: People, dentist: Tenant) -> None:
    password = people.add(CLAIRE, dentist, "titulaire")
    secret = codes.new_secret()
    code = TOTP(secret).at(NOW)
    with portal.entered(sign_in(portal, password).token, NOW) as seat:
        spare = own.begin_second_step(seat, secret, code, NOW)
    waiting = sign_in(portal, password)
    assert waiting.outcome == "second_step"
    with portal.entered(waiting.token, NOW) as seat:
        assert (seat.waiting, seat.tenant_id, seat.rights) == (True, None, frozenset())
        assert own.places(seat) == []
        assert seat.conn.execute("SELECT * FROM store.tenants").fetchall() == []
    assert signing.second_step(portal, waiting.token, code, NOW).outcome == "refused"  # it was taken to set it up
    soon = NOW + timedelta(seconds=60)
    done = signing.second_step(portal, waiting.token, TOTP(secret).at(soon), soon)
    assert done.outcome == "in"
    with pytest.raises(NotSignedIn), portal.entered(waiting.token, soon):
        pass
    with portal.entered(done.token, soon) as seat:
        assert (seat.mfa_at, seat.tenant) == (soon, "dentiste")
    again = sign_in(portal, password, now=soon)
    assert signing.second_step(portal, again.token, spare[0], soon).outcome == "in"
    once_more = sign_in(portal, password, now=soon)
    assert signing.second_step(portal, once_more.token, spare[0], soon).outcome == "refused"


def test_codes_are_guessed_slowly_too(portal: Portal, people: People, dentist: Tenant) -> None:
    password = people.add(CLAIRE, dentist, "titulaire")
    secret = codes.new_secret()
    with portal.entered(sign_in(portal, password).token, NOW) as seat:
        own.begin_second_step(seat, secret, TOTP(secret).at(NOW), NOW)
    waiting = sign_in(portal, password)
    answers = [signing.second_step(portal, waiting.token, "000000", NOW).outcome for _ in range(6)]
    assert answers == [*["refused"] * 5, "slowed"]


def test_a_person_of_two_clients_chooses_and_the_token_changes(
    portal: Portal, people: People, dentist: Tenant, townhall: Tenant
) -> None:
    password = people.add(CLAIRE, dentist, "comptable")
    people.add(CLAIRE, townhall, "lecteur")
    token = sign_in(portal, password).token
    with portal.entered(token, NOW) as seat:
        assert seat.tenant_id is None
        assert [place.slug for place in own.places(seat)] == ["dentiste", "mairie"]
    fresh = signing.choose(portal, token, townhall.id, NOW)
    with portal.entered(fresh, NOW) as seat:
        assert (seat.tenant, seat.roles) == ("mairie", ("lecteur",))
    with pytest.raises(NotSignedIn), portal.entered(token, NOW):
        pass


def test_nobody_chooses_a_client_they_do_not_work_for(
    portal: Portal, people: People, dentist: Tenant, townhall: Tenant
) -> None:
    token = people.signed_in(CLAIRE, dentist, "titulaire")
    for other in (townhall.id, uuid4()):
        with pytest.raises(NotSignedIn):
            signing.choose(portal, token, other, NOW)


def test_sessions_are_listed_and_cut_and_anothers_cannot_be(portal: Portal, people: People, dentist: Tenant) -> None:
    password = people.add(CLAIRE, dentist, "titulaire")
    here, there = sign_in(portal, password).token, sign_in(portal, password).token
    others = people.signed_in("lea@cabinet.fr", dentist, "lecteur")
    with portal.entered(others, NOW) as seat:
        (hers,) = own.sessions(seat, NOW)
    with portal.entered(here, NOW) as seat:
        listed = own.sessions(seat, NOW)
        assert [session.mine for session in listed].count(True) == 1
        with pytest.raises(NotFound):
            own.cut(seat, hers.id, NOW)
    with portal.entered(here, NOW) as seat:
        assert own.cut(seat, None, NOW) == 1
    with pytest.raises(NotSignedIn), portal.entered(there, NOW):
        pass
    with portal.entered(others, NOW), portal.entered(here, NOW):
        pass


def test_neither_password_nor_token_nor_key_is_stored(
    database: Database, portal: Portal, people: People, dentist: Tenant
) -> None:
    password = people.add(CLAIRE, dentist, "titulaire")
    token = sign_in(portal, password).token
    with database.operator() as conn:
        _, key = keys.add(conn, dentist, ["calls"], by=OPERATOR, now=NOW)
        for table in ("people", "sessions", "links", "api_keys", "throttles"):
            rows = conn.execute(f"SELECT t::text AS t FROM portal.{table} t").fetchall()
            held = " ".join(row["t"] for row in rows)
            assert not [secret for secret in (password, token, key) if secret in held]


def test_each_act_leaves_its_entry(database: Database, portal: Portal, people: People, dentist: Tenant) -> None:
    token = people.signed_in(CLAIRE, dentist, "titulaire")
    signing.sign_out(portal, token, NOW)
    with database.operator() as conn:
        acts = [(entry.who, entry.action) for entry in audit.find(conn)]
    who = f"person:{CLAIRE}"
    assert acts[:3] == [(who, "session.end"), (who, "session.begin"), ("cli:test", "person.add")]


def test_the_web_writes_no_act_of_another_client(
    portal: Portal, people: People, dentist: Tenant, townhall: Tenant
) -> None:
    token = people.signed_in(CLAIRE, dentist, "titulaire")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.entered(token, NOW) as seat:
        audit.note(seat.conn, seat.by, "x", "x", townhall.id)
