"""Integrations: keys and web hooks on their page; who may, what is shown once, what the database refuses."""

from __future__ import annotations

import re
from uuid import UUID

import psycopg
import pytest

from portal.door import NotSignedIn, Portal
from portal.links.hooks import deliveries, endpoints, sending
from portal.links.hooks.deliveries import SEND
from portal.people import keys
from portal.people.roles import ROLES
from store import audit, jobs
from store.db import Database
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.portal.site import CLAIRE, NOW, Browser, Browsers, People, Practice

URL = "https://crm.cabinet.example/decroche?jeton=abc"


@pytest.fixture
def claire(browser: Browsers, people: People, practice: Practice) -> Browser:
    return browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))


def shown(text: str, mark: str) -> str:
    found = re.search(rf"{mark}[\w+/=-]+", text)
    assert found, text
    return found[0]


def test_a_key_is_made_shown_once_opens_and_is_ended(claire: Browser, portal: Portal, database: Database) -> None:
    answer = claire.post("/integrations/cles", "/integrations", nom="Compta", jours="30",
                         **{"droit-invoices": "oui", "droit-usage": "oui"})  # fmt: skip
    key = shown(answer.text, "dk_")
    with portal.unlocked(key, NOW) as seat:
        assert seat.rights == {"invoices", "usage"}
    page = claire.get("/integrations").text
    assert "Compta" in page
    assert key not in page
    with database.operator() as conn:
        made = next(one for one in keys.listed(conn) if one.name == "Compta")
        (entry, *_) = audit.find(conn, action="key.add")
    assert made.expires_at is not None
    assert (made.expires_at - NOW).days == 30
    assert entry.who == f"person:{CLAIRE}"
    claire.post(f"/integrations/cles/{made.id}/fin", "/integrations")
    with pytest.raises(NotSignedIn), portal.unlocked(key, NOW):
        pass


@pytest.mark.parametrize("days", ["0", "-1", "x", "²", "99999"])
def test_a_wrong_key_says_so_beside_the_field_and_keeps_what_was_typed(claire: Browser, days: str) -> None:
    answer = claire.post("/integrations/cles", "/integrations", nom="Compta", jours=days)
    assert answer.status_code == 422
    assert "Choisissez au moins un droit" in answer.text
    assert "Un nombre de jours" in answer.text
    assert 'value="Compta"' in answer.text


def test_a_web_hook_is_added_its_secret_shown_once_and_its_page_leads_on(claire: Browser, database: Database) -> None:
    answer = claire.post("/integrations/hooks", "/integrations", adresse=URL, usage="CRM",
                         **{"evenement-call.ended": "oui", "evenement-message.left": "oui"})  # fmt: skip
    secret = shown(answer.text, "whsec_")
    with database.operator() as conn:
        made = next(one for one in endpoints.listed(conn) if one.name == "CRM")
    assert (made.url, made.kinds) == (URL, ["call.ended", "message.left"])
    here = f"/integrations/hooks/{made.id}"
    assert secret not in claire.get(here).text
    done = claire.post(f"{here}/essai", here)
    assert done.headers["location"] == f"{here}?fait=essai"
    assert "en attente" in claire.get(here).text
    other = shown(claire.post(f"{here}/secret", here).text, "whsec_")
    assert other != secret
    assert "signe aussi" in claire.get(here).text
    assert claire.post(f"{here}/retirer", here).status_code == 422
    assert claire.post(f"{here}/retirer", here, certain="oui").status_code == 303
    assert claire.get(here).status_code == 404


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"adresse": "http://crm.example/"}, "Une adresse publique"),
        ({"adresse": "https://127.0.0.1:8443/"}, "Une adresse publique"),
        ({"adresse": "https://crm.example/", "usage": "x" * 61}, "Soixante"),
        ({"adresse": "https://crm.example/", "evenement-call.ended": ""}, "Choisissez au moins un événement"),
    ],
)
def test_a_wrong_web_hook_says_so_beside_the_field(claire: Browser, typed: dict[str, str], told: str) -> None:
    answer = claire.post("/integrations/hooks", "/integrations", **({"evenement-call.ended": "oui"} | typed))
    assert answer.status_code == 422
    assert told in answer.text
    assert f'value="{typed["adresse"]}"' in answer.text


def test_a_web_hook_is_changed_and_keeps_its_secret(claire: Browser, database: Database, practice: Practice) -> None:
    path = f"/integrations/hooks/{practice.ids['hook']}"
    page = claire.get(path).text
    (base,) = re.findall(r'name="base" value="(\w+)"', page)
    kept = {"base": base, "adresse": "https://crm.example.fr/v2", "usage": "CRM", "evenement-booking.made": "oui"}
    wrong = claire.post(f"{path}/changer", path, **kept | {"adresse": "http://10.0.0.1/"})
    assert (wrong.status_code, 'value="http://10.0.0.1/"' in wrong.text) == (422, True)
    assert claire.post(f"{path}/changer", path, base=base, adresse=kept["adresse"]).status_code == 422
    assert claire.post(f"{path}/changer", path, **kept).headers["location"] == f"{path}?fait=change"
    late = claire.post(f"{path}/changer", path, **kept | {"usage": "trop tard"})
    assert (late.status_code, "entre-temps" in late.text) == (422, True)
    with database.operator() as conn:
        now = endpoints.get(conn, UUID(practice.ids["hook"]))
    assert (now.url, list(now.kinds), now.name) == ("https://crm.example.fr/v2", ["booking.made"], "CRM")


def test_what_was_sent_is_played_again_from_the_page(
    claire: Browser, database: Database, practice: Practice, portal: Portal
) -> None:
    hook, delivery = practice.ids["hook"], practice.ids["delivery"]
    worker = Worker(database, sending.handlers(portal.settings))
    worker.drain()
    worker.close()
    page = claire.get(f"/integrations/hooks/{hook}").text
    assert "échoué" in page  # a name that nobody has
    done = claire.post(f"/integrations/envois/{delivery}/rejouer", f"/integrations/hooks/{hook}")
    assert done.headers["location"] == f"/integrations/hooks/{hook}?fait=rejoue"
    with database.operator() as conn:
        assert [job.about for job in jobs.listed(conn, kind=SEND)] == [delivery]
        endpoint = endpoints.get(conn, deliveries.get(conn, UUID(delivery)).endpoint_id)
        endpoints.disable(conn, endpoint, "away", by=OPERATOR, now=NOW)
    refused = claire.post(f"/integrations/envois/{delivery}/rejouer", "/compte")
    assert (refused.status_code, "réactivez-le" in refused.text) == (422, True)
    assert claire.post(f"/integrations/hooks/{hook}/rejouer", "/compte").status_code == 422
    assert "désactivé" in claire.get(f"/integrations/hooks/{hook}").text
    assert claire.post(f"/integrations/hooks/{hook}/reactiver", f"/integrations/hooks/{hook}").status_code == 303
    assert claire.post(f"/integrations/hooks/{hook}/reactiver", "/compte").status_code == 422


def test_a_responsable_has_web_hooks_and_no_keys(
    browser: Browsers, people: People, practice: Practice, database: Database
) -> None:
    marc = browser().sign_in(people.signed_in("marc@cabinet.fr", practice.tenant, "responsable"))
    page = marc.get("/integrations").text
    assert "Ajouter un web hook" in page
    assert "Créer une clé" not in page
    assert "CRM" not in page
    assert marc.post("/integrations/cles", "/integrations", **{"droit-calls": "oui"}).status_code == 403
    assert [role for role in ROLES if "hooks" in ROLES[role]] == ["titulaire", "responsable"]


def test_a_key_is_shown_to_who_proved_who_they_are_lately(
    browser: Browsers, people: People, practice: Practice, database: Database
) -> None:
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    with database.operator() as conn:
        conn.execute("UPDATE portal.sessions SET began_at = began_at - interval '11 minutes'")
    here = browser().sign_in(token)
    for path in ("/integrations/cles", "/integrations/hooks", f"/integrations/hooks/{practice.ids['hook']}/secret"):
        asked = here.post(path, "/integrations", **{"droit-calls": "oui", "evenement-call.ended": "oui"})
        assert "Confirmez que c'est vous" in asked.text, path
        assert not re.search("dk_|whsec_", asked.text)


def test_the_pages_are_in_english_too(claire: Browser, practice: Practice) -> None:
    for path in ("/integrations", f"/integrations/hooks/{practice.ids['hook']}"):
        text = claire.get(path, **{"accept-language": "en"}).text
        assert "Web hook" in text
        assert not re.search("Récepteur|Événement|Ajouter|Retirer|Envois|Clé", text), path


def test_the_web_reads_neither_keys_nor_what_they_are_the_hash_of(
    people: People, practice: Practice, portal: Portal
) -> None:
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    for forbidden in ("SELECT key FROM links.endpoint_keys", "SELECT key_hash FROM portal.api_keys"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.entered(token, NOW) as seat:
            seat.conn.execute(forbidden)


def test_the_database_asks_for_the_right_as_well(people: People, practice: Practice, portal: Portal) -> None:
    token = people.signed_in("lea@cabinet.fr", practice.tenant, "redacteur")
    with portal.entered(token, NOW) as seat:
        assert endpoints.listed(seat.conn) == []
        assert keys.listed(seat.conn) == []
        assert seat.conn.execute("DELETE FROM links.endpoints").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.entered(token, NOW) as seat:
        endpoints.add(
            seat.conn, seat.whose, "https://crm.example/", [], by=seat.by, now=NOW, of=portal.settings
        )  # fmt: skip
    with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.entered(token, NOW) as seat:
        seat.conn.execute(
            "INSERT INTO store.jobs (id, kind, about, most_tries) VALUES (gen_random_uuid(), 'hook.send', 'x', 1)"
        )
