"""Passkeys on a real database: made, shown to come in, as the second step, as a proof; forged ones refused; cut."""

from __future__ import annotations

import html
import re
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from portal.door import NotSignedIn, Portal
from portal.passkeys import kept, letters, showing
from portal.passkeys.ceremony import Site
from portal.people import managing, own, signing
from portal.web.visit import SESSION
from store import audit, jobs
from store.base.settings import Settings
from store.db import Database
from store.setup import portal_login
from store.work import Worker
from tests.actors import OPERATOR
from tests.authenticator import Device
from tests.conftest import Postgres
from tests.integration.portal.conftest import browsing, later
from tests.integration.portal.site import CLAIRE, NOW, SITE, Browser, Browsers, People, Practice, sign_in
from tests.mailbox import serving

HERE = Site("decroche.test", SITE)
LEA = "lea@cabinet.fr"


@pytest.fixture
def portal(postgres: Postgres, database: Database, new_folder: Path) -> Generator[Portal]:
    """The web's door, at the address that the tests' browsers visit."""
    of = Settings(home=new_folder, portal={"url": SITE})  # pyright: ignore[reportCallIssue, reportArgumentType]
    made = Portal(portal_login(postgres.settings, postgres.admin), of)
    made.sense = lambda: None
    yield made
    made.close()


def asked(page: str) -> str:
    """What a page asks the browser for."""
    found = re.search(r'data-asked="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def holder(portal: Portal, token: str, name: str = "Téléphone") -> tuple[Device, list[str]]:
    """A device that holds a new passkey of who bears the token, and the spare codes."""
    device = Device(SITE)
    with portal.entered(token, NOW) as seat:
        wanted = kept.to_make(seat, token, HERE, NOW)
    return device, kept.add(portal, token, HERE, device.make(wanted), name, NOW)


def at_the_door(portal: Portal, device: Device, bearer: str = "visit") -> signing.Answer:
    wanted = showing.asked_at_the_door(portal, bearer, HERE, "192.0.2.1", NOW)
    assert isinstance(wanted, str)
    return showing.sign_in(portal, bearer, HERE, device.show(wanted), "192.0.2.1", "test", NOW)


def test_one_is_made_on_the_account_and_lets_in_without_a_password(
    browser: Browsers, people: People, practice: Practice, database: Database
) -> None:
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    device = Device(SITE)
    page = claire.get("/compte/cles/nouvelle")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    unnamed = claire.post("/compte/cles", "/compte", nom=" ", cle=device.make(asked(page.text)))
    assert (unnamed.status_code, 'id="faute-nom"' in unnamed.text) == (422, True)
    done = claire.post("/compte/cles", "/compte", nom="Téléphone", cle=device.make(asked(unnamed.text)))
    assert len(re.findall(r"\w{4}-\w{4}-\w{4}", done.text)) == 10
    account = claire.get("/compte").text
    assert "Téléphone" in account
    assert "jamais" in account
    other = browser()
    assert "Se connecter avec une clé" in other.get("/connexion").text
    drawn = other.post("/connexion/cle", "/connexion", suite="/appels")
    shown = device.show(asked(drawn.text))
    came = other.post("/connexion/cle/montree", "/connexion", suite="/appels", cle=shown)
    assert came.headers["location"] == "/appels"
    assert other.get("/appels").status_code == 200
    assert other.get("/equipe").status_code == 200
    with database.operator() as conn:
        acts = [(entry.who, entry.action) for entry in audit.find(conn, limit=4)]
        told = [job.about.partition("/")[0] for job in jobs.listed(conn) if job.kind == letters.KIND]
    assert (f"person:{CLAIRE}", "person.passkey_add") in acts
    assert (f"person:{CLAIRE}", "session.begin") in acts
    assert told == ["added"]


def test_an_answer_opens_once_and_only_for_the_browser_it_was_drawn_for(
    browser: Browsers, people: People, portal: Portal, practice: Practice
) -> None:
    device, _ = holder(portal, people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    here, thief = browser(), browser()
    shown = device.show(asked(here.post("/connexion/cle", "/connexion").text))
    stolen = thief.post("/connexion/cle/montree", "/connexion", cle=shown)
    assert (stolen.status_code, "reconnue" in stolen.text) == (422, True)
    assert here.post("/connexion/cle/montree", "/connexion", cle=shown).headers["location"] == "/"
    left = here.client.cookies.get(SESSION)
    assert left
    here.client.cookies.delete(SESSION)
    assert here.post("/connexion/cle/montree", "/connexion", cle=shown).status_code == 422


def test_a_challenge_holds_five_minutes_and_is_spent_by_a_failure(
    people: People, portal: Portal, practice: Practice
) -> None:
    device, _ = holder(portal, people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    wanted = showing.asked_at_the_door(portal, "visit", HERE, "192.0.2.1", NOW)
    assert isinstance(wanted, str)
    late = later(minutes=5)
    assert showing.sign_in(portal, "visit", HERE, device.show(wanted), "a", "b", late).outcome == "refused"
    wanted = showing.asked_at_the_door(portal, "visit", HERE, "192.0.2.1", NOW)
    assert isinstance(wanted, str)
    assert showing.sign_in(portal, "visit", HERE, "{}", "a", "b", NOW).outcome == "refused"
    assert showing.sign_in(portal, "visit", HERE, device.show(wanted), "a", "b", NOW).outcome == "refused"


def test_another_origin_a_copy_and_an_unknown_key_are_refused(
    people: People, portal: Portal, practice: Practice
) -> None:
    device, _ = holder(portal, people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    assert at_the_door(portal, replace(device, origin="https://decroche.test.autre.fr")).outcome == "refused"
    assert at_the_door(portal, replace(device, verified=False)).outcome == "refused"
    assert at_the_door(portal, replace(device, handle=b"somebody else")).outcome == "refused"
    assert at_the_door(portal, replace(device, handle=b"")).outcome == "refused"
    assert at_the_door(portal, Device(SITE, handle=device.handle)).outcome == "refused"
    copy = replace(device)
    assert at_the_door(portal, device).outcome == "in"
    assert at_the_door(portal, copy).outcome == "refused"  # it counts on from where the first was


def test_at_the_door_too_many_wait(people: People, portal: Portal, practice: Practice) -> None:
    for _ in range(30):
        assert isinstance(showing.asked_at_the_door(portal, "visit", HERE, "192.0.2.1", NOW), str)
    waits = showing.asked_at_the_door(portal, "visit", HERE, "192.0.2.1", NOW)
    assert isinstance(waits, signing.Answer)
    assert waits.wait > timedelta(0)


def test_with_a_passkey_the_password_alone_opens_nothing_and_anothers_key_neither(
    people: People, portal: Portal, practice: Practice
) -> None:
    password = people.add(CLAIRE, practice.tenant, "titulaire")
    device, spare = holder(portal, sign_in(portal, password).token)
    others, _ = holder(portal, people.signed_in(LEA, practice.tenant, "lecteur"))
    waiting = sign_in(portal, password)
    assert waiting.outcome == "second_step"

    def step(with_: Device) -> signing.Answer:
        with portal.entered(waiting.token, NOW) as seat:
            assert seat.tenant_id is None
            wanted = showing.asked(seat.conn, waiting.token, "second_step", HERE, NOW)
        return showing.second_step(portal, waiting.token, HERE, with_.show(wanted), NOW)

    assert step(others).outcome == "refused"
    done = step(device)
    assert done.outcome == "in"
    with portal.entered(done.token, NOW) as seat:
        assert (seat.mfa_at, seat.tenant) == (NOW, "dentiste")
    with pytest.raises(NotSignedIn), portal.entered(waiting.token, NOW):
        pass
    again = sign_in(portal, password)
    assert signing.second_step(portal, again.token, spare[0], NOW).outcome == "in"


def test_a_waiting_session_adds_and_takes_away_nothing(people: People, portal: Portal, practice: Practice) -> None:
    password = people.add(CLAIRE, practice.tenant, "titulaire")
    holder(portal, sign_in(portal, password).token)
    waiting = sign_in(portal, password).token
    with pytest.raises(NotSignedIn):
        holder(portal, waiting)
    with portal.entered(waiting, NOW) as seat:
        (mine,) = kept.listed(seat.conn)
        row = seat.conn.execute("SELECT portal.remove_passkey(%s) AS name", (mine.id,)).fetchone()
        assert row is not None
        assert row["name"] is None


def test_a_passkey_proves_who_one_is_before_what_binds(people: People, portal: Portal, practice: Practice) -> None:
    password = people.add(CLAIRE, practice.tenant, "titulaire")
    device, _ = holder(portal, sign_in(portal, password).token)
    token = at_the_door(portal, device).token
    with browsing(portal, later(minutes=11)) as browsers:
        claire = browsers().sign_in(token)
        page = claire.get("/compte/cles/nouvelle")
        assert "Confirmez que c'est vous" in html.unescape(page.text)
        typed = {"vers": "/compte/cles/nouvelle"}
        wrong = Device(SITE, credential=device.credential, handle=device.handle, count=50)
        refused = claire.post("/confirmer", "/compte", preuve_cle=wrong.show(asked(page.text)), **typed)
        assert (refused.status_code, 'id="faute-preuve"' in refused.text) == (422, True)
        passed = claire.post("/confirmer", "/compte", preuve_cle=device.show(asked(refused.text)), **typed)
        assert passed.headers["location"] == "/compte/cles/nouvelle"
        assert claire.get("/compte/cles/nouvelle").text.count("data-passkey") == 1


def test_one_is_taken_away_by_its_person_only_and_the_spare_codes_with_the_last(
    browser: Browsers, people: People, portal: Portal, practice: Practice, database: Database
) -> None:
    password = people.add(CLAIRE, practice.tenant, "titulaire")
    token = sign_in(portal, password).token
    device, spare = holder(portal, token)
    token = at_the_door(portal, device).token
    _, none = holder(portal, token, "Ordinateur")
    assert (len(spare), none) == (10, [])
    with portal.entered(token, NOW) as seat:
        one, two = kept.listed(seat.conn)
    lea = browser().sign_in(people.signed_in(LEA, practice.tenant, "titulaire"))
    assert lea.post(f"/compte/cles/{one.id}/retirer", "/compte").status_code == 404
    claire = browser().sign_in(token)
    assert claire.post(f"/compte/cles/{one.id}/retirer", "/compte").headers["location"] == "/compte?fait=cle-retiree"
    assert at_the_door(portal, device).outcome == "refused"
    assert sign_in(portal, password).outcome == "second_step"
    assert claire.post(f"/compte/cles/{two.id}/retirer", "/compte").status_code == 303
    assert sign_in(portal, password).outcome == "in"
    with database.operator() as conn:
        left = conn.execute("SELECT count(*) AS n FROM portal.recovery_codes").fetchone()
        told = sorted(job.about.partition("/")[0] for job in jobs.listed(conn) if job.kind == letters.KIND)
    assert left == {"n": 0}
    assert told == ["added", "added", "removed", "removed"]


@pytest.mark.parametrize("how", ["compromised", "reset", "ended"])
def test_a_cut_account_is_opened_by_no_passkey(
    how: str, people: People, portal: Portal, practice: Practice, database: Database
) -> None:
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    device, _ = holder(portal, token)
    assert at_the_door(portal, device).outcome == "in"
    if how == "compromised":
        with portal.entered(token, NOW) as seat:
            own.compromised(seat, NOW)
    with database.operator() as conn:
        if how == "reset":
            managing.reset(conn, CLAIRE, by=OPERATOR, now=NOW)
        if how == "ended":
            managing.end(conn, CLAIRE, None, by=OPERATOR, now=NOW)
        assert conn.execute("SELECT count(*) AS n FROM portal.passkeys").fetchone() == {"n": 0}
    assert at_the_door(portal, device).outcome == "refused"


def test_the_worker_writes_to_whose_passkey_it_is(
    people: People, portal: Portal, practice: Practice, database: Database, new_folder: Path
) -> None:
    holder(portal, people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    with serving() as box:
        of = Settings(home=new_folder, billing={"smtp": box.where})  # pyright: ignore[reportCallIssue, reportArgumentType]
        worker = Worker(database, letters.handlers(of))
        worker.drain()
        worker.close()
    (letter,) = box.letters
    assert letter["To"] == CLAIRE
    assert "clé d'accès" in letter.get_payload(decode=True).decode()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


@pytest.mark.parametrize("table", ["passkeys", "challenges"])
def test_the_webs_role_reads_keys_by_functions_only(portal: Portal, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.anteroom() as conn:
        conn.execute(f"SELECT * FROM portal.{table}")  # pyright: ignore[reportArgumentType, reportCallIssue]


def test_where_the_site_is_an_address_no_passkey_is_offered(portal: Portal, people: People, practice: Practice) -> None:
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    portal.settings.portal.url = "http://127.0.0.1:8096"
    with browsing(portal, NOW) as browsers:
        claire: Browser = browsers().sign_in(token)
        assert "cles/nouvelle" not in claire.get("/compte").text
        assert claire.get("/compte/cles/nouvelle").headers["location"] == "/compte"
        assert claire.post("/compte/cles", "/compte", nom="x", cle="{}").status_code == 404
        assert "clé d'accès" not in html.unescape(browsers().get("/connexion").text)
