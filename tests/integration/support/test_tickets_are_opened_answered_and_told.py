"""Tickets on the two sites, by the API and by mail: who sees what, what the clock does, who is told."""

from __future__ import annotations

from datetime import timedelta
from email.header import decode_header, make_header
from email.message import Message

import psycopg
import pytest

from portal.door import Portal
from portal.people.roles import ROLES
from portal.support import jobs, tickets, writing
from portal.support.tickets import About, Ticket
from store import audit, events
from store.base.actor import Actor, service
from store.base.errors import BadInput, NotFound, Refused
from store.base.settings import Settings
from store.db import Database
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.portal.conftest import later
from tests.integration.portal.site import CLAIRE, NOW, Browsers, People, Practice, system
from tests.integration.portal.test_the_operators_own_site import ANNE, of_the_operator
from tests.mailbox import Mailbox

NOTE = "Ce client se trompe souvent de bouton."


def holder(of: Practice) -> Actor:
    return Actor("person", CLAIRE, of.tenant.id, "titulaire")


def opened(database: Database, of: Practice, about: About | None = None, severity: str = "major") -> Ticket:
    with database.operator() as conn:
        return writing.open_ticket(conn, of.tenant.id, "Un souci", "Voici.", severity, about, by=holder(of), now=NOW)


def fetched(database: Database, number: int) -> Ticket:
    with database.operator() as conn:
        return tickets.get(conn, number)


def worked_off(database: Database, of: Settings) -> None:
    """Do the jobs that wait."""
    worker = Worker(database, jobs.handlers(of))
    try:
        worker.drain()
    finally:
        worker.close()


def subject_of(letter: Message) -> str:
    return str(make_header(decode_header(str(letter["Subject"]))))


def text_of(letter: Message) -> str:
    return letter.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_a_client_asks_the_operator_asks_back_and_answers(
    browser: Browsers, desk: Browsers, people: People, practice: Practice, database: Database, ours: Settings,
    mailbox: Mailbox,
) -> None:  # fmt: skip
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    page = claire.get(f"/appels/{practice.call}").text
    assert f"/support/nouveau?appel={practice.call}" in page
    assert f"/support/nouveau?facture={practice.invoice}" in claire.get(f"/factures/{practice.invoice}").text
    address = f"/support/nouveau?appel={practice.call}"
    assert str(practice.call) in claire.get(address).text
    done = claire.post("/support/nouveau", address, appel=str(practice.call), sujet="Coupé <b>net</b>",
                       texte="À 42 s.\nPlus rien.", gravite="major")  # fmt: skip
    path = done.headers["location"].partition("?")[0]
    number = int(path.rpartition("/")[2])
    text = claire.get(path).text
    assert "Coupé &lt;b&gt;net" in text
    assert f'href="/appels/{practice.call}"' in text
    worked_off(database, ours)
    told = next(letter for letter in mailbox.letters if f"nouveau ticket {number} (" in subject_of(letter))
    assert (told["To"], "Plus rien." in text_of(told)) == ("support@operateur.fr", True)

    anne = desk().sign_in(of_the_operator(people, ANNE, "support"))
    inside = f"/tickets/{number}"
    assert "Coupé &lt;b&gt;net" in anne.get("/tickets").text
    assert anne.post(f"{inside}/note", inside, note=NOTE).status_code == 303
    assert fetched(database, number).state == "open"
    assert anne.post(f"{inside}/repondre", inside, texte="Quel téléphone ?", attend="oui").status_code == 303
    assert NOTE in anne.get(inside).text
    waits = fetched(database, number)
    assert (waits.state, waits.answer_due) == ("waiting", None)
    worked_off(database, ours)
    told = mailbox.letters[-1]
    assert (told["To"], f"/support/{number}" in text_of(told)) == (CLAIRE, True)
    assert not any(NOTE in text_of(letter) for letter in mailbox.letters)

    text = claire.get(path).text
    assert "Quel téléphone ?" in text
    assert "Votre opérateur" in text
    assert NOTE not in text
    assert ANNE not in text
    assert claire.post(f"{path}/repondre", path, texte="Le fixe.").headers["location"] == f"{path}?fait=repondu"
    assert fetched(database, number).state == "open"
    assert anne.post(f"{inside}/repondre", inside, texte="C'est réparé.").status_code == 303
    assert fetched(database, number).state == "answered"
    assert claire.post(f"{path}/clore", path).headers["location"] == f"{path}?fait=clos"
    assert claire.post(f"{path}/repondre", path, texte="Encore !").status_code == 303
    assert fetched(database, number).state == "open"

    journal = claire.get("/journal").text
    for said in ("a ouvert un ticket", "a écrit dans un ticket", "a clos un ticket", "a lu un ticket"):
        assert said in journal
    with database.operator() as conn:
        assert [e.tenant_id for e in audit.find(conn, action="ticket.note")] == [None]
        kinds = [one.kind for one in events.after(conn) if one.subject == str(number)]
    assert kinds == ["ticket.opened", *["ticket.answered"] * 3, "ticket.closed", "ticket.answered"]


def test_a_form_that_is_wrong_says_where_and_keeps_what_was_typed(
    browser: Browsers, people: People, practice: Practice
) -> None:
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    page = "/support/nouveau"
    wrong = claire.post(page, sujet=" ", texte="gardé", gravite="minor")
    assert (wrong.status_code, "Un sujet, de 1 à" in wrong.text, "gardé" in wrong.text) == (422, True, True)
    assert "Choisissez ce qui" in claire.post(page, sujet="x", texte="x", gravite="worst").text
    assert "Écrivez ce qui" in claire.post(page, sujet="x", texte=" ", gravite="minor").text
    for name, text in (("appel", "x"), ("facture", "F-0"), ("numero", "+33199999999")):
        assert "dans votre dossier" in claire.post(page, sujet="x", texte="x", gravite="minor", **{name: text}).text
    number = practice.ids["ticket"]
    assert claire.post(f"/support/{number}/repondre", f"/support/{number}", texte="").status_code == 422
    for nothing in ("0", "x", "99999999999999999999", "1e3"):
        assert claire.get(f"/support/{nothing}").status_code == 404


def test_nothing_of_another_client_can_be_named(
    browser: Browsers, people: People, practice: Practice, other: Practice
) -> None:
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    for name, what in (("appel", str(other.call)), ("facture", other.invoice)):
        answer = claire.post("/support/nouveau", sujet="x", texte="x", gravite="minor", **{name: what})
        assert (answer.status_code, "dans votre dossier" in answer.text) == (422, True)


SEEN = {
    "titulaire": {"call", "invoice", "nothing"}, "responsable": {"call", "invoice", "nothing"},
    "redacteur": {"call", "nothing"}, "lecteur": {"call", "nothing"}, "comptable": {"invoice", "nothing"},
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_the_tickets_that_its_other_rights_let_it_see(
    browser: Browsers, people: People, practice: Practice, database: Database, role: str
) -> None:
    made = {
        "call": opened(database, practice, About("call", str(practice.call))),
        "invoice": opened(database, practice, About("invoice", practice.invoice)),
        "nothing": opened(database, practice),
    }  # fmt: skip
    here = browser().sign_in(people.signed_in(f"{role}@cabinet.fr", practice.tenant, role))
    found = {name for name, one in made.items() if here.get(f"/support/{one.number}").status_code == 200}
    assert found == SEEN[role]
    text = here.get("/support").text
    assert {name for name, one in made.items() if f'"/support/{one.number}"' in text} == SEEN[role]
    for name, field, what in (("call", "appel", str(practice.call)), ("invoice", "facture", practice.invoice)):
        asked = here.post("/support/nouveau", sujet="x", texte="x", gravite="minor", **{field: what})
        assert asked.status_code == (303 if name in SEEN[role] else 403)
        hidden = here.post(f"/support/{made[name].number}/repondre", "/compte", texte="x")
        assert hidden.status_code == (303 if name in SEEN[role] else 404)


def test_the_webs_role_cannot_read_a_note_nor_write_one_nor_anothers_ticket(
    people: People, portal: Portal, practice: Practice, other: Practice, database: Database
) -> None:
    mine, theirs = opened(database, practice), opened(database, other)
    with database.operator() as conn:
        writing.remark(conn, mine.number, NOTE, by=OPERATOR, now=NOW)
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    with portal.entered(token, NOW) as seat:
        assert [one.text for one in tickets.posts(seat.conn, mine)] == ["Voici."]
        assert tickets.posts(seat.conn, theirs) == []
        with pytest.raises(NotFound):
            tickets.get(seat.conn, theirs.number)
    put = """INSERT INTO support.posts (tenant_id, id, ticket_id, side, internal, author, text, at)
             VALUES (%s, gen_random_uuid(), %s, %s, %s, 'x', 'x', now())"""
    for values in (
        (mine.tenant_id, mine.id, "operator", False), (mine.tenant_id, mine.id, "operator", True),
        (theirs.tenant_id, theirs.id, "client", False),
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.entered(token, NOW) as seat:
            seat.conn.execute(put, values)  # pyright: ignore[reportArgumentType, reportCallIssue]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.entered(token, NOW) as seat:
        seat.conn.execute("UPDATE support.tickets SET state = 'answered', answer_due = NULL")


def test_a_client_writes_no_note(database: Database, practice: Practice) -> None:
    with database.operator() as conn, pytest.raises(Refused):
        writing.remark(conn, int(practice.ids["ticket"]), NOTE, by=holder(practice), now=NOW)


def test_late_ones_are_listed_the_longest_first(
    desk: Browsers, people: People, practice: Practice, database: Database
) -> None:
    grave = opened(database, practice, severity="blocking")
    mild = opened(database, practice, severity="question")
    assert grave.answer_due == NOW + timedelta(hours=4)
    with database.operator() as conn:
        assert [one.number for one in tickets.due(conn)][:1] == [grave.number]
        late = [one.number for one in tickets.due(conn, before=NOW + timedelta(hours=5))]
        assert (grave.number in late, mild.number in late) == (True, False)
        assert tickets.due(conn, before=NOW) == []
    text = desk().sign_in(of_the_operator(people, ANNE, "support")).get("/tickets").text
    assert text.index(f"/tickets/{grave.number}") < text.index(f"/tickets/{mild.number}")


def test_nobody_is_told_who_may_not_see_it_any_more(
    people: People, practice: Practice, database: Database, ours: Settings, mailbox: Mailbox
) -> None:
    people.add(CLAIRE, practice.tenant, "redacteur")
    people.add("lea@cabinet.fr", practice.tenant, "titulaire")
    about_call, about_bill = opened(database, practice), opened(database, practice, About("invoice", practice.invoice))
    with database.operator() as conn:
        for one in (about_call, about_bill):
            writing.answer(conn, one.number, "Fait.", by=service("desk"), now=later(minutes=5))
    worked_off(database, ours)
    to = {(letter["To"], str(one.number)) for one in (about_call, about_bill) for letter in mailbox.letters
          if f", ticket {one.number} :" in subject_of(letter)}  # fmt: skip
    assert to == {(CLAIRE, str(about_call.number)), ("lea@cabinet.fr", str(about_bill.number))}


def test_an_answer_that_says_nothing_is_refused(database: Database, practice: Practice) -> None:
    for wrong in ("", "  ", "x" * 10_001, "a\0b"):
        with database.operator() as conn, pytest.raises(BadInput):
            writing.answer(conn, int(practice.ids["ticket"]), wrong, by=OPERATOR, now=NOW)


def test_a_system_opens_reads_and_answers_once(
    browser: Browsers, database: Database, practice: Practice, other: Practice
) -> None:
    crm = system(browser, database, practice, "tickets", "calls")
    about = {"kind": "call", "id": str(practice.call)}
    asked = {"subject": "Perdu", "text": "Un appel.", "severity": "major", "about": about}
    first = crm.post("/tickets", asked, idempotency_key="a1")
    assert first.status_code == 201, first.text
    number = first.json()["number"]
    again = crm.post("/tickets", asked, idempotency_key="a1")
    assert (again.status_code, again.json()) == (201, first.json())
    other_words = crm.post("/tickets", asked | {"text": "Autre."}, idempotency_key="a1")
    assert (other_words.status_code, other_words.json()["code"]) == (409, "idempotency_key_reused")
    with database.operator() as conn:
        writing.answer(conn, number, "Oui ?", by=OPERATOR, now=NOW, waits=True)
        writing.remark(conn, number, NOTE, by=OPERATOR, now=NOW)
    assert crm.get(f"/tickets/{number}").json()["state"] == "waiting"
    for _ in range(2):
        done = crm.post(f"/tickets/{number}/posts", {"text": "Voilà."}, idempotency_key="a2")
        assert done.status_code == 201
    whole = crm.get(f"/tickets/{number}").json()
    assert [post["text"] for post in whole["posts"]] == ["Un appel.", "Oui ?", "Voilà."]
    assert whole["posts"][1]["author"] == ""
    page = crm.get("/tickets?limit=1").json()
    assert page["data"][0]["number"] == number
    assert crm.get(f"/tickets?cursor={page['next']}").json()["data"][0]["number"] < number
    theirs = f"/tickets/{other.ids['ticket']}"
    assert crm.get(theirs).status_code == 404
    assert crm.post(f"{theirs}/posts", {"text": "x"}).status_code == 404
    foreign = asked | {"about": {"kind": "call", "id": str(other.call)}}
    assert crm.post("/tickets", foreign).status_code == 404


def test_a_key_without_the_scope_opens_nothing(browser: Browsers, database: Database, practice: Practice) -> None:
    calls = system(browser, database, practice, "calls")
    assert calls.get("/tickets").status_code == 403
    assert calls.post("/tickets", {"subject": "x", "text": "x"}).status_code == 403
    alone = system(browser, database, practice, "tickets")
    about = {"about": {"kind": "call", "id": str(practice.call)}}
    assert alone.post("/tickets", {"subject": "x", "text": "x", **about}).status_code == 403
    assert alone.get(f"/tickets/{practice.ids['ticket']}").status_code == 404  # it is about a call
    assert alone.get("/tickets").json()["data"] == []
    for wrong in (
        {}, {"subject": "x"}, {"subject": " ", "text": "x"}, {"subject": "x", "text": "x", "state": "closed"},
        {"subject": "x", "text": "x\0"}, {"subject": "x", "text": "x", "about": {"kind": "person", "id": "1"}},
    ):  # fmt: skip
        assert alone.post("/tickets", wrong).status_code == 422, wrong


def test_a_client_fills_nobodys_mailbox(practice: Practice, database: Database) -> None:
    """Each message is a mail to the operator: no more than so many are taken within an hour, from all of a client's."""
    made = opened(database, practice)
    with database.operator() as conn:
        for number in range(writing.MOST_AN_HOUR - 1):
            writing.answer(conn, made.number, str(number), by=holder(practice), now=NOW)
        with pytest.raises(Refused) as caught:
            writing.answer(conn, made.number, "encore", by=holder(practice), now=NOW)
        assert caught.value.code == "tickets_many"
        writing.answer(conn, made.number, "Nous regardons.", by=OPERATOR, now=NOW)
        writing.answer(conn, made.number, "Merci.", by=holder(practice), now=NOW + timedelta(minutes=61))
