"""Members invited, changed and ended by their own client; letters; proof of oneself; the journal of it all."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pyotp.totp import TOTP

from portal.door import Portal
from portal.people import codes, letters, managing, own, signing, team
from portal.people.team import LastHolder
from store import audit, jobs
from store.base.errors import NotFound, Refused
from store.base.settings import BillingSettings, Settings
from store.db import Database
from store.jobs import Held
from tests.actors import OPERATOR
from tests.integration.portal.conftest import later
from tests.integration.portal.site import CLAIRE, NOW, Browser, Browsers, People, Practice, sign_in
from tests.mailbox import Mailbox, serving

LEA = "lea@cabinet.fr"


def letter(database: Database) -> Held:
    """The letter that waits, taken by a worker."""
    held = jobs.take(database, [letters.KIND], "test", timedelta(minutes=1))
    assert held is not None
    return held


@pytest.fixture
def post(new_folder: Path) -> Generator[Post]:
    """Sends letters to a mail server on loopback."""
    with serving() as box:
        yield Post(box, Settings(home=new_folder, billing=BillingSettings(smtp=box.where)))


@dataclass
class Post:
    """Letters as they arrive."""

    box: Mailbox
    settings: Settings

    def sent(self, held: Held) -> tuple[str, str]:
        """(address, one-use link's path) of a letter, sent now."""
        letters.send(held, self.settings, NOW)
        message = self.box.letters[-1]
        payload = message.get_payload(decode=True)
        assert isinstance(payload, bytes)
        found = re.search(r"/invitation/[\w-]+", payload.decode())
        return message["To"], found[0] if found else ""


def test_somebody_is_invited_chooses_a_password_and_reads(
    browser: Browsers, people: People, practice: Practice, database: Database, portal: Portal,
    post: Post,
) -> None:  # fmt: skip
    here = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    done = here.post("/equipe", email="Lea@Cabinet.fr ", nom="Léa Petit", **{"role-lecteur": "oui"})
    assert done.headers["location"] == "/equipe?fait=invitation"
    assert "invitation envoyée" in here.get("/equipe").text
    to, path = post.sent(letter(database))
    assert to == LEA
    there = browser()
    there.post(path, mot_de_passe="une phrase à elle", encore="une phrase à elle")
    assert there.post("/connexion", email=LEA, mot_de_passe="une phrase à elle").status_code == 303
    assert there.get("/appels").status_code == 200
    assert there.get("/equipe").status_code == 403


def test_a_wrong_invitation_says_so_beside_the_field_and_keeps_what_was_typed(
    browser: Browsers, people: People, practice: Practice
) -> None:
    here = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    answer = here.post("/equipe", email="pas une adresse", nom="Léa", **{"role-comptable": "oui"})
    assert answer.status_code == 422
    assert 'value="pas une adresse"' in answer.text
    assert re.search(r'name="role-comptable" value="oui" checked', answer.text)
    assert "pas une adresse électronique" in answer.text
    assert "au moins un rôle" in here.post("/equipe", email=LEA).text


def test_who_works_for_another_client_too_is_told_and_keeps_their_password(
    people: People, practice: Practice, other: Practice, database: Database, portal: Portal,
    post: Post,
) -> None:  # fmt: skip
    password = people.add(LEA, other.tenant, "lecteur")
    with portal.entered(people.signed_in(CLAIRE, practice.tenant, "titulaire"), NOW) as seat:
        team.invite(seat.conn, seat.whose, LEA, ["comptable"], by=seat.by, now=NOW)
        assert [one.email for one in team.listed(seat.conn, seat.whose, NOW)] == [CLAIRE, LEA]
    to, path = post.sent(letter(database))
    assert (to, path) == (LEA, "")
    with portal.entered(sign_in(portal, password, email=LEA).token, NOW) as seat:
        assert {place.slug for place in own.places(seat)} == {"dentiste", "mairie"}


def test_roles_and_the_end_of_an_access_hold_at_once_and_a_holder_stays(
    browser: Browsers, people: People, practice: Practice
) -> None:
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    lea = browser().sign_in(people.signed_in(LEA, practice.tenant, "lecteur"))
    who, me = people.id_of(LEA), people.id_of(CLAIRE)
    assert lea.get("/factures").status_code == 403
    claire.post(f"/equipe/{who}/roles", f"/equipe/{who}", **{"role-comptable": "oui"})
    assert (lea.get("/factures").status_code, lea.get("/appels").status_code) == (200, 403)
    assert "Cochez la case" in claire.post(f"/equipe/{who}/fin", f"/equipe/{who}").text
    assert claire.post(f"/equipe/{who}/fin", f"/equipe/{who}", certain="oui").status_code == 303
    assert lea.get("/factures").headers["location"].startswith("/connexion")
    for path, typed in ((f"/equipe/{me}/roles", {"role-lecteur": "oui"}), (f"/equipe/{me}/fin", {"certain": "oui"})):
        answer = claire.post(path, f"/equipe/{me}", **typed)
        assert (answer.status_code, "garde toujours un titulaire" in answer.text) == (422, True)


def test_the_operator_and_a_client_come_by_the_same_operations(
    database: Database, people: People, practice: Practice, other: Practice, portal: Portal
) -> None:
    people.add(LEA, practice.tenant, "titulaire")
    with database.operator() as conn:
        who = team.by_email(conn, practice.tenant.id, LEA, NOW).person_id
        assert team.change_roles(conn, practice.tenant.id, who, ["Rédacteur"], by=OPERATOR) == ["redacteur"]
        assert team.end(conn, practice.tenant.id, who, by=OPERATOR, now=NOW) == 0  # the operator may leave it so
        with pytest.raises(NotFound):
            team.end(conn, practice.tenant.id, who, by=OPERATOR, now=NOW)
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    with portal.entered(token, NOW) as seat, pytest.raises(LastHolder):
        team.end(seat.conn, seat.whose, UUID(people.id_of(CLAIRE)), by=seat.by, now=NOW)


def test_somebody_the_operator_ended_is_not_let_in_by_a_client(
    database: Database, people: People, practice: Practice, portal: Portal
) -> None:
    people.add(LEA, practice.tenant, "lecteur")
    with database.operator() as conn:
        managing.end(conn, LEA, None, by=OPERATOR, now=NOW)
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    with portal.entered(token, NOW) as seat, pytest.raises(Refused, match="ended by the operator"):
        team.invite(seat.conn, seat.whose, LEA, ["lecteur"], by=seat.by, now=NOW)


# -- proof of oneself


def proving(here: Browser, text: str, **typed: str) -> dict[str, str]:
    """What the page that asks for a proof would send: all that was typed, and the proof."""
    found = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', text))
    found.pop("jeton", None)
    return found | typed


def test_what_binds_asks_who_one_is_again_and_keeps_what_was_typed(
    browser: Browsers, people: People, practice: Practice
) -> None:
    password = people.add(CLAIRE, practice.tenant, "titulaire")
    token = sign_in(people.portal, password, now=NOW - timedelta(minutes=11)).token
    here = browser().sign_in(token)
    asked = here.post("/equipe", email=LEA, nom="Léa", **{"role-lecteur": "oui"})
    assert "Confirmez que c'est vous" in asked.text
    assert LEA not in here.get("/equipe").text
    wrong = here.post("/equipe", **proving(here, asked.text, preuve="deviné"))
    assert (wrong.status_code, "deviné" in wrong.text) == (422, False)
    done = here.post("/equipe", **proving(here, wrong.text, preuve=password))
    assert done.headers["location"] == "/equipe?fait=invitation"
    assert LEA in here.get("/equipe").text
    assert here.get("/journal.csv").headers["content-type"].startswith("text/csv")  # ten minutes hold


def test_what_reveals_asks_too_and_then_leads_on(browser: Browsers, people: People, practice: Practice) -> None:
    password = people.add(CLAIRE, practice.tenant, "titulaire")
    here = browser().sign_in(sign_in(people.portal, password, now=NOW - timedelta(minutes=11)).token)
    asked = here.get("/journal.csv")
    assert "Confirmez" in asked.text
    assert here.post("/confirmer", "/equipe", vers="//evil.test", preuve=password).headers["location"] == "/"
    assert (
        here.post("/confirmer", "/equipe", vers="/journal.csv", preuve=password).headers["location"] == "/journal.csv"
    )
    assert here.get("/journal.csv").text.startswith("\ufeffseq;")


def test_where_there_is_a_second_step_a_password_proves_nothing(
    people: People, practice: Practice, portal: Portal
) -> None:
    password, secret, long_ago = people.add(CLAIRE, practice.tenant, "titulaire"), codes.new_secret(), later(hours=-1)
    token = sign_in(portal, password, now=long_ago).token
    with portal.entered(token, long_ago) as seat:
        own.begin_second_step(seat, secret, TOTP(secret).at(long_ago), long_ago)
    with portal.entered(token, NOW) as seat:
        assert not signing.is_sure(seat, NOW)
    assert signing.prove(portal, token, password, NOW).outcome == "refused"
    assert signing.prove(portal, token, TOTP(secret).at(NOW), NOW).outcome == "in"
    with portal.entered(token, NOW) as seat:
        assert signing.is_sure(seat, NOW)
        assert not signing.is_sure(seat, NOW + signing.SURE_FOR)


def test_a_proof_is_not_guessed(people: People, practice: Practice, portal: Portal) -> None:
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    outcomes = [signing.prove(portal, token, f"essai {n}", NOW).outcome for n in range(6)]
    assert outcomes == [*["refused"] * 5, "slowed"]


# -- a forgotten password


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_serves_once(
    browser: Browsers, people: People, practice: Practice, database: Database, portal: Portal,
    post: Post,
) -> None:  # fmt: skip
    old = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    here = browser()
    known = here.post("/mot-de-passe-oublie", email=CLAIRE)
    unknown = here.post("/mot-de-passe-oublie", email="nobody@cabinet.fr")
    assert known.text.replace(CLAIRE, "X") == unknown.text.replace("nobody@cabinet.fr", "X")
    held = letter(database)
    assert jobs.take(database, [letters.KIND], "test", timedelta(minutes=1)) is None  # none for nobody
    to, path = post.sent(held)
    assert to == CLAIRE
    assert here.post(path, mot_de_passe="une autre phrase à moi", encore="une autre phrase à moi").status_code == 303
    assert here.get(path).status_code == 404
    assert browser().sign_in(old).get("/appels").status_code == 303
    assert here.post("/connexion", email=CLAIRE, mot_de_passe="une autre phrase à moi").status_code == 303


def test_letters_are_asked_for_a_few_times_only(browser: Browsers) -> None:
    here = browser()
    statuses = [here.post("/mot-de-passe-oublie", email=CLAIRE).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert here.post("/mot-de-passe-oublie", email="rien").status_code == 422


def test_a_link_of_a_forgotten_password_is_old_after_two_hours(
    people: People, practice: Practice, database: Database, portal: Portal, post: Post
) -> None:
    people.add(CLAIRE, practice.tenant, "titulaire")
    signing.forgotten(portal, CLAIRE, "192.0.2.1", NOW)
    _, path = post.sent(letter(database))
    token = path.removeprefix("/invitation/")
    assert own.link(portal, token, later(hours=1)).purpose == "reset"
    with pytest.raises(NotFound):
        own.link(portal, token, later(hours=2))


# -- the journal


def test_the_journal_tells_who_did_what_and_is_the_clients_own(
    browser: Browsers, people: People, practice: Practice, other: Practice, database: Database
) -> None:
    here = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    here.post("/equipe", email=LEA, **{"role-lecteur": "oui"})
    here.get(f"/appels/{practice.call}/audio")
    text = here.get("/journal").text
    for told in ("vous", "a invité", "a écouté un appel", f"/appels/{practice.call}", "votre opérateur"):
        assert told in text, told
    assert str(other.call) not in text
    listened = here.get("/journal?quoi=appels").text
    assert "a écouté un appel" in listened
    assert "a invité" not in listened
    assert here.get("/journal?quoi=rien&avant=zzz").status_code == 200
    with database.operator() as conn:
        head, faults = audit.verify(conn)
    assert not faults
    assert head.hash.hex()[:16] in here.get("/journal").text
