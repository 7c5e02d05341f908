"""En direct: the words of a call as the service writes them down; each look is noted once; then the call's own page."""

from __future__ import annotations

from uuid import UUID

from ari_app.desk.journal import Entry
from ari_app.desk.record import Notes, SpokenTurn
from store import audit, journal, live
from store.db import Database
from tests.integration.portal.site import CLAIRE, Browsers, People, Practice


def says(database: Database, of: Practice, *turns: SpokenTurn) -> None:
    call_id = UUID(of.ids["live"])
    with database.tenant(of.tenant.id) as conn:
        assert journal.note(conn, (of.tenant.id, call_id), None, Entry("accueil", 1, "", Notes([*turns])).as_json())


def test_words_appear_as_they_are_written_and_each_look_is_noted_once(
    browser: Browsers, people: People, practice: Practice, database: Database
) -> None:
    path = f"/en-direct/{practice.ids['live']}"
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    marc = browser().sign_in(people.signed_in("marc@cabinet.fr", practice.tenant, "responsable"))
    listed = claire.get("/en-direct").text
    assert path in listed
    assert "numéro masqué" in listed
    assert 'href="/en-direct"' in claire.get("/accueil").text
    says(database, practice, SpokenTurn("caller", "Je voudrais <b>annuler</b>", 900, 2000, 0))
    assert "&lt;b&gt;annuler" in claire.get(path).text
    says(
        database,
        practice,
        SpokenTurn("caller", "Je voudrais annuler", 900, 2000, 0),
        SpokenTurn("agent", "Bien sûr.", 2200, 3000, 0),
    )
    for _ in range(3):
        assert "Bien sûr." in claire.get(path).text
    assert "Bien sûr." in marc.get(path).text
    with database.operator() as conn:
        looks = [one.who for one in audit.find(conn, tenant_id=practice.tenant.id, action="call.watch")]
    assert sorted(looks) == [f"person:{CLAIRE}", "person:marc@cabinet.fr"]
    assert "a suivi un appel en direct" in claire.get("/journal").text


def test_a_call_that_is_over_leads_to_its_own_page_and_leaves_no_trace_of_looks(
    browser: Browsers, people: People, practice: Practice, other: Practice, database: Database
) -> None:
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    assert claire.get(f"/en-direct/{practice.call}").headers["location"] == f"/appels/{practice.call}"
    assert claire.get(f"/en-direct/{other.call}").status_code == 404
    assert claire.get(f"/en-direct/{practice.ids['live']}").status_code == 200
    with database.tenant(practice.tenant.id) as conn:
        assert live.end(conn, UUID(practice.ids["live"]))
    assert claire.get(f"/en-direct/{practice.ids['live']}").status_code == 404
    with database.operator() as conn:
        assert conn.execute("SELECT 1 FROM portal.looks").fetchone() is None
