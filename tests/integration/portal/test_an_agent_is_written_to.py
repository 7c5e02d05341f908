"""An agent written to from a client's site: a whole conversation over HTTP, and what of it is kept; who is refused."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from httpx2 import Response
from starlette.testclient import TestClient

from ari_app.cli import decroche
from ari_app.desk.calls_view import transcript, whole
from billing.charges import rerate
from billing.forget import cdrs
from compliance.people import privacy
from portal.chat import jobs, widgets
from portal.chat.bounds import LONGEST_LINE, MOST_BYTES, PACES
from portal.chat.house import Chat
from portal.chat.widgets import Widget
from portal.door import Portal
from portal.web.app import make_app
from store import audit, calls, events, leaving, messages, tenants
from store.base.errors import BadInput, NotFound
from store.base.ids import new_id
from store.base.settings import ChatSettings, Settings, settings
from store.db import Database
from store.forget import Sweep
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.portal.site import AGENT, CLAIRE, NOW, SITE, Browsers, People, Practice, answering
from tests.scripted_engines import NoMind

SITE_OF_CLIENT = "https://www.cabinet.fr"


class Clock:
    """What time it is for the chat."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Visitor:
    """A page of the client's, under a widget's key."""

    client: TestClient
    key: str
    token: str = ""
    turn: int = 0
    origin: str = SITE_OF_CLIENT
    last: dict[str, Any] = field(default_factory=dict[str, Any])

    def ask(self, path: str, sent: Any = None, **headers: str) -> Response:
        given = {"origin": self.origin, **({"authorization": f"Bearer {self.token}"} if self.token else {}), **headers}
        method = "GET" if sent is None else "POST"
        return self.client.request(method, f"/chat/v1/{self.key}/{path}", json=sent, headers=given)

    def begins(self) -> str:
        answer = self.ask("conversations", {})
        assert answer.status_code == 200, answer.text
        self.last = answer.json()
        self.token, self.turn = self.last["token"], 0
        return str(self.last["said"])

    def writes(self, text: str) -> str:
        answer = self.ask("lines", {"text": text, "turn": self.turn})
        assert answer.status_code == 200, answer.text
        self.last = answer.json()
        self.turn = self.last["turn"]
        return str(self.last["said"])


def furnished(database: Database, slug: str, name: str) -> Practice:
    """A client whose agent answers, and nothing else."""
    with database.operator() as conn:
        tenant = tenants.add(conn, slug, name, by=OPERATOR)
        answering(conn, tenant.id)
    return Practice(tenant, new_id())


@pytest.fixture
def practice(database: Database) -> Practice:
    return furnished(database, "dentiste", "Cabinet Molaire")


@pytest.fixture
def other(database: Database) -> Practice:
    return furnished(database, "mairie", "Mairie de Saint-Paul")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ours(new_folder: Path) -> Settings:
    return Settings(home=new_folder, chat=ChatSettings(at_once=3))


@pytest.fixture
def chat(database: Database, ours: Settings, clock: Clock) -> Generator[Chat]:
    made = Chat(database, ours, now=clock, mind=NoMind)
    yield made
    made.close()


@pytest.fixture
def client(portal: Portal, chat: Chat) -> Generator[TestClient]:
    with TestClient(make_app(portal, lambda: NOW, chat=chat), base_url=SITE) as made:
        yield made


def widget(database: Database, of: Practice, *sites: str) -> Widget:
    with database.operator(of.tenant.id) as conn:
        return widgets.add(conn, of.tenant.id, AGENT, sites or [SITE_OF_CLIENT], by=OPERATOR, now=NOW)


@pytest.fixture
def visitor(client: TestClient, database: Database, practice: Practice) -> Visitor:
    return Visitor(client, widget(database, practice).key)


def found(database: Database, of: Practice) -> list[calls.Cdr]:
    with database.tenant(of.tenant.id) as conn:
        return calls.find(conn, channel="chat")


def test_a_whole_conversation_is_held_and_kept_as_a_call_is(
    visitor: Visitor, database: Database, practice: Practice, clock: Clock
) -> None:
    assert "intelligence artificielle" in visitor.begins()
    assert "12 rue du Parc" in visitor.writes("Vous êtes où ?")
    visitor.writes("Je voudrais parler à quelqu'un")
    visitor.writes("=1+1 <script>alert(1)</script> rappelez-moi")
    for said in ("Claire Martin", "06 39 98 00 01"):
        if not visitor.last["over"]:
            visitor.writes(said)
    assert found(database, practice) == [], "it goes on"
    clock.now += timedelta(minutes=2)
    assert not visitor.last["over"]
    visitor.writes("Au revoir")
    assert visitor.last["over"]

    (kept,) = found(database, practice)
    assert (kept.channel, kept.outcome, kept.hangup_side, kept.agent) == ("chat", "answered", "agent", AGENT)
    assert (kept.caller, kept.callee, kept.recording) == ("", "", None)
    assert kept.disclosure_heard_ms == 0
    with database.tenant(practice.tenant.id) as conn:
        record = calls.get(conn, kept.id)
        assert next(turn.text for turn in record.turns if turn.who == "caller") == "Vous êtes où ?"
        told = "\n".join(transcript(whole(conn, record)))
        assert "conversation in writing" in told
        assert "12 rue du Parc" in told
        (left,) = messages.find(conn)
        assert (left.name, left.phone, left.call_id) == ("Claire Martin", "+33639980001", kept.id)
        assert "message" in [action.name for action in record.actions]
    with database.operator(practice.tenant.id) as conn:
        assert str(kept.id) in [event.subject for event in events.after(conn) if event.kind == "call.ended"]
        assert conn.execute("SELECT 1 FROM chat.conversations").fetchone() is None
        assert conn.execute("SELECT 1 FROM billing.charges WHERE call_id = %s", (kept.id,)).fetchone() is None
        assert rerate.rerate(conn, practice.tenant.id, NOW - timedelta(days=1)).added == [], "it has no price"
    assert visitor.ask("lines", {"text": "Bonjour", "turn": visitor.turn}).status_code == 401


def test_a_person_who_wrote_their_number_is_erased_with_the_conversation(
    visitor: Visitor, database: Database, practice: Practice, new_folder: Path
) -> None:
    for end in (True, False):
        visitor.token = ""
        visitor.begins()
        visitor.writes("Bonjour, mon numéro est le 06 39 98 00 77, vous êtes où ?")
        if end:
            assert visitor.ask("end", {}).json() == {"over": True}
    (kept,) = found(database, practice)
    with database.operator(practice.tenant.id) as conn:
        privacy.erase(conn, practice.tenant.id, "+33639980077", new_folder, NOW, by=OPERATOR)
        assert calls.get(conn, kept.id).turns == []
        assert conn.execute("SELECT 1 FROM chat.conversations").fetchone() is None


def test_what_is_idle_is_over_and_what_is_empty_is_not_kept(
    visitor: Visitor, database: Database, practice: Practice, clock: Clock, ours: Settings
) -> None:
    """And what was kept goes with time, as who called whom does."""
    visitor.begins()
    empty, visitor.token = visitor.token, ""
    visitor.begins()
    visitor.writes("Vous êtes où ?")
    worker = Worker(database, jobs.handlers(ours, now=clock), now=clock)
    assert worker.step() is False
    clock.now += timedelta(minutes=16)
    while worker.step():
        pass
    (kept,) = found(database, practice)
    assert (kept.hangup_side, kept.ended_at - kept.started_at) == ("system", timedelta(minutes=15))
    for token in (empty, visitor.token):
        visitor.token = token
        assert visitor.ask("conversation").status_code == 401
    with database.operator() as conn:
        assert cdrs(Sweep(conn, ours.home, clock.now, kept.ended_at, dry_run=False)) == 0
        assert cdrs(Sweep(conn, ours.home, clock.now, clock.now, dry_run=False)) == 1
        assert calls.get(conn, kept.id).turns == []


def test_a_page_that_is_opened_again_goes_on_and_a_line_sent_twice_is_answered_once(
    visitor: Visitor, database: Database, practice: Practice
) -> None:
    visitor.begins()
    said = visitor.writes("Vous êtes où ?")
    again = visitor.ask("lines", {"text": "Vous êtes où ?", "turn": 0})
    assert (again.status_code, again.json()) == (200, {"said": said, "turn": 1, "over": False})
    assert visitor.ask("lines", {"text": "Autre chose", "turn": 0}).json()["code"] == "not_your_turn"
    told = visitor.ask("conversation").json()
    assert [line["who"] for line in told["lines"]] == ["agent", "visitor", "agent"]
    assert told["turn"] == 1


@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", "https://www.cabinet.fr.evil.example", SITE])
def test_another_site_is_refused_and_can_read_nothing(visitor: Visitor, origin: str) -> None:
    visitor.begins()
    visitor.origin = origin
    for answer in (
        visitor.ask("conversations", {}), visitor.ask("lines", {"text": "a", "turn": 0}), visitor.ask("conversation"),
        visitor.ask("messages", {"text": "a", "contact": "b"}),
        visitor.client.options(f"/chat/v1/{visitor.key}/lines", headers={"origin": origin}),
    ):  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
        assert "access-control-allow-origin" not in answer.headers


def test_another_clients_key_opens_neither_its_conversations_nor_from_this_site(
    visitor: Visitor, client: TestClient, database: Database, other: Practice
) -> None:
    visitor.begins()
    theirs = Visitor(client, widget(database, other, "https://www.mairie.fr").key, visitor.token)
    assert theirs.ask("conversation").status_code == 403, "this site is not theirs"
    theirs.origin = "https://www.mairie.fr"
    assert theirs.ask("conversation").status_code == 401, "this conversation is not theirs"
    assert theirs.ask("lines", {"text": "a", "turn": 0}).status_code == 401
    assert theirs.ask("end", {}).status_code == 401
    same_client = Visitor(client, "cw_" + "a" * 22, visitor.token)
    assert same_client.ask("conversation").json()["code"] == "origin_refused"


def test_the_browser_is_told_what_it_may_and_no_cookie_is_set(visitor: Visitor) -> None:
    asked = {"origin": SITE_OF_CLIENT, "access-control-request-method": "POST"}
    answer = visitor.client.options(f"/chat/v1/{visitor.key}/lines", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SITE_OF_CLIENT
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    begun = visitor.ask("conversations", {})
    assert "set-cookie" not in begun.headers
    assert begun.headers["cache-control"] == "no-store"
    script = visitor.client.get("/chat/v1/widget.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert not any(word in script.text for word in ("innerHTML", "eval(", "document.cookie", "insertAdjacentHTML"))
    assert visitor.client.get("/connexion").headers["cross-origin-resource-policy"] == "same-origin"


def test_what_is_no_line_is_refused(visitor: Visitor) -> None:
    visitor.begins()
    for sent in ({"text": "a" * (LONGEST_LINE + 1), "turn": 0}, {"text": "", "turn": 0}, ["a"], {"text": "a"}):
        assert visitor.ask("lines", sent).status_code == 422
    headers = {"origin": SITE_OF_CLIENT, "authorization": f"Bearer {visitor.token}"}
    path = f"/chat/v1/{visitor.key}/lines"
    plain = "application/json"
    for body, kind in (
        (b"{", plain), (b"[" * 5000, plain), (b'"' + b"a" * MOST_BYTES + b'"', plain),
        (b"text=a", "application/x-www-form-urlencoded"), (b'{"text": "a", "turn": 0}', "text/plain"),
    ):  # fmt: skip
        answer = visitor.client.post(path, content=body, headers={**headers, "content-type": kind})
        assert answer.status_code == 422, body[:20]


def test_who_begins_too_often_waits_and_so_does_who_writes_too_fast(visitor: Visitor) -> None:
    answers = [visitor.ask("lines", {"text": "a", "turn": 0}) for _ in range(int(PACES["line"].size) + 1)]
    assert {answer.status_code for answer in answers} == {401}, "no conversation is named"
    visitor.begins()
    answers = [visitor.ask("lines", {"text": "a", "turn": 9}) for _ in range(int(PACES["line"].size) + 1)]
    assert [answer.status_code for answer in answers[:-1]] == [409] * (len(answers) - 1)
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "30")
    assert answers[-1].headers["access-control-allow-origin"] == SITE_OF_CLIENT, "the page may read why"


def test_beyond_so_many_at_once_a_message_is_left(visitor: Visitor, database: Database, practice: Practice) -> None:
    for _ in range(3):
        visitor.token = ""
        visitor.begins()
    full = visitor.ask("conversations", {})
    assert (full.status_code, full.json()["code"]) == (503, "chat_full")
    left = visitor.ask("messages", {"text": "Rappelez-moi", "name": "Claire", "contact": "claire@exemple.fr"})
    assert left.json() == {"left": True}
    with database.tenant(practice.tenant.id) as conn:
        assert [each.text for each in messages.find(conn)] == ["Rappelez-moi — Répondre à : claire@exemple.fr"]


def test_an_agent_that_is_not_live_and_a_widget_that_ended_answer_nobody(
    visitor: Visitor, database: Database, practice: Practice
) -> None:
    with database.operator(practice.tenant.id) as conn:
        conn.execute("UPDATE store.agent_versions SET status = 'retired' WHERE status = 'live'")
    assert visitor.ask("conversations", {}).json()["code"] == "nobody_answers"
    with database.operator(practice.tenant.id) as conn:
        (one,) = widgets.listed(conn, practice.tenant.id)
        widgets.end(conn, one.id, by=OPERATOR, now=NOW)
    assert visitor.ask("conversations", {}).json()["code"] == "origin_refused"


def test_a_client_that_leaves_takes_its_widgets_and_conversations(
    visitor: Visitor, database: Database, practice: Practice
) -> None:
    from portal import forget

    visitor.begins()
    with database.operator(practice.tenant.id) as conn:
        assert {"chat.widgets", "chat.conversations"} <= set(leaving.counted(conn, practice.tenant.id))
        forget.client(conn, practice.tenant.id)
        assert not {"chat.widgets", "chat.conversations"} & set(leaving.counted(conn, practice.tenant.id))


def test_the_page_adds_a_site_and_takes_it_away(
    browser: Browsers, people: People, practice: Practice, database: Database
) -> None:
    here = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    page = f"/agents/{AGENT}/ecrit"
    wrong = here.post(page, sites="https://*.cabinet.fr")
    assert (wrong.status_code, "ni étoile" in wrong.text, "https://*.cabinet.fr" in wrong.text) == (422, True, True)
    assert here.post(page, sites="https://www.cabinet.fr\nhttps://cabinet.fr").status_code == 303
    with database.operator() as conn:
        (one,) = widgets.listed(conn, practice.tenant.id)
        entries = [entry.action for entry in audit.find(conn, tenant_id=practice.tenant.id)]
    assert one.origins == ["https://www.cabinet.fr", "https://cabinet.fr"]
    assert "chat.add" in entries
    assert one.key in here.get(page).text
    reader = browser().sign_in(people.signed_in("lea@cabinet.fr", practice.tenant, "redacteur"))
    assert one.key in reader.get(page).text
    assert reader.post(f"{page}/{one.id}/fin", page).status_code == 403
    assert here.post(f"{page}/{one.id}/fin", page).status_code == 303
    with database.operator() as conn:
        assert widgets.listed(conn, practice.tenant.id)[0].ended_at is not None


def test_an_agent_of_another_client_is_none(database: Database, practice: Practice) -> None:
    with database.operator(practice.tenant.id) as conn:
        with pytest.raises(NotFound):
            widgets.add(conn, practice.tenant.id, "ailleurs", [SITE_OF_CLIENT], by=OPERATOR, now=NOW)
        with pytest.raises(BadInput):
            widgets.add(conn, practice.tenant.id, AGENT, [], by=OPERATOR, now=NOW)


class Typing:
    """`decroche … --json`: what it prints, line by line; `told`: what the last said beside."""

    told = ""

    def __call__(self, *words: str) -> list[dict[str, Any]]:
        done = CliRunner().invoke(decroche, [*words, "--json"])
        assert done.exit_code == 0, done.output
        self.told = done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def run(database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Runs `decroche … --json` on the test's database; what it prints, line by line."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()

    return Typing()


def test_the_commands_add_list_and_end_and_calls_tell_channels_apart(
    run: Typing, client: TestClient, practice: Practice
) -> None:
    (made,) = run("chat", "add", "--tenant", "dentiste", "--agent", AGENT, "--origin", SITE_OF_CLIENT)
    assert "chat.serve" in run.told, "nobody answers there yet"
    assert (made["origins"], made["state"]) == ([SITE_OF_CLIENT], "open")
    assert f'data-key="{made["key"]}"' in made["tag"]
    visitor = Visitor(client, made["key"])
    visitor.begins()
    visitor.writes("Vous êtes où ?")
    visitor.ask("end", {})
    (listed,) = run("calls", "list", "--channel", "chat")
    assert (listed["channel"], listed["agent"], listed["price"]) == ("chat", AGENT, None)
    assert run("calls", "list", "--channel", "voice") == []
    (shown,) = run("calls", "show", listed["id"])
    assert [turn["who"] for turn in shown["turns"]] == ["agent", "caller", "agent"]
    (ended,) = run("chat", "end", made["id"])
    assert ended["state"] == "ended"
    assert [one["state"] for one in run("chat", "list", "--tenant", "dentiste")] == ["ended"]
    assert visitor.ask("conversations", {}).status_code == 403
