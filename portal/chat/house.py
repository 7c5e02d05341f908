"""The conversations of all sites in one process: what a request asks for, done in transactions of the client's.

It carries: what is said is `talk.py`'s and the agent's, what is kept `conversations.py`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from agents.effects import Act
from agents.loading import loads
from agents.meaning.sense import Sense
from ari_app.desk import journal
from ari_app.desk.journal import Entry
from ari_app.desk.office import Office
from ari_app.desk.office_types import Answerable
from llm.base import Mind
from portal.chat import acting, conversations, talk, widgets
from portal.chat.bounds import MOST_LINES
from portal.chat.conversations import Conversation, NotYourTurn
from portal.chat.talk import Answer
from portal.chat.thinking import Thinker, mind_of
from portal.chat.widgets import Route
from portal.chat.wording import SAID, in_writing
from portal.people.tokens import new_token
from store import agents, messages, tenants
from store.base.errors import Unavailable
from store.base.ids import new_id
from store.base.settings import Settings
from store.db import Database

_SPARE = timedelta(seconds=45)
"""So much longer than its understanding a line may take: actions, a web hook, a database that is slow."""


class NobodyAnswers(Unavailable):
    """No agent answers there just now."""

    code = "nobody_answers"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a visitor is told: the agent's words, the number of their next line, whether the conversation is over."""

    said: str
    turn: int
    over: bool
    token: str = ""
    company: str = ""
    language: str = "fr"


class Chat:
    """One per process; thread safe. `db`: as the service's role, which sees one client at a time."""

    def __init__(
        self, db: Database, of: Settings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sense: Callable[[], Sense | None] = lambda: None, mind: Callable[[], Mind | None] | None = None,
    ) -> None:  # fmt: skip
        self._db, self._of, self.now = db, of.chat, now
        self._office = Office(db, of)
        self.thinker = Thinker(mind or (lambda: mind_of(of)), sense, of.chat.answers)
        self._idle = timedelta(minutes=of.chat.idle_minutes)
        self._most = timedelta(minutes=of.chat.most_minutes)
        self._agents: dict[tuple[UUID, str, int], Answerable] = {}

    def close(self) -> None:
        """End what thinks."""
        self.thinker.close()

    def route(self, key: str) -> Route | None:
        """Whose a key is; in a thread."""
        with self._db.service() as conn:
            return widgets.route(conn, key)

    # -- a conversation

    def begin(self, to: Route) -> Reply:
        """A conversation begins; in a thread. Raises NobodyAnswers, Crowded."""
        if to.version is None or to.tenant_status != "active":
            raise NobodyAnswers("no agent answers here just now", hint="leave a message")
        with self._db.tenant(to.tenant_id) as conn:
            who = self._who(to.tenant_id, to.agent, to.version)
            conversation_id, token = new_id(), new_token()
            first = talk.opening(who, conversation_id)
            conversations.begin(
                conn, to.tenant_id, to.widget_id, conversation_id, token, first.entry, self.now(),
                most=self._of.at_once, idle=self._idle,
            )  # fmt: skip
        return Reply(first.said, 0, False, token, who.agent.company.name, who.agent.language)

    def so_far(self, to: Route, token: str) -> tuple[list[dict[str, str]], int]:
        """(what was written, the number of the next line); in a thread. Raises Gone."""
        with self._db.tenant(to.tenant_id) as conn:
            found = conversations.held(conn, to.widget_id, token)
        return talk.lines(journal.read(found.entry)), found.turn

    def end(self, to: Route, token: str) -> None:
        """The visitor has done; in a thread. Raises Gone."""
        with self._db.tenant(to.tenant_id) as conn:
            found = conversations.held(conn, to.widget_id, token)
            conversations.finish(conn, found, journal.read(found.entry), "caller", self.now())

    async def say(self, to: Route, token: str, line: str, turn: int) -> Reply:
        """Answer a visitor's line. One that was answered already is answered alike. Raises Gone, NotYourTurn."""
        found = await asyncio.to_thread(self._claimed, to, token, line, turn)
        if isinstance(found, Reply):
            return found
        try:
            return await self.thinker.run(self._answered(found, line))
        except BaseException:
            await asyncio.to_thread(self._let_go, found)
            raise

    def _claimed(self, to: Route, token: str, line: str, turn: int) -> Conversation | Reply:
        """The conversation, ours to answer in; or the answer that was given."""
        now, longest = self.now(), timedelta(seconds=2 * self._of.answer_seconds) + _SPARE
        with self._db.tenant(to.tenant_id) as conn:
            found = conversations.held(conn, to.widget_id, token)
            entry = journal.read(found.entry)
            if turn == found.turn - 1 and _last_line(entry) == line:
                return Reply(talk.last_words(entry), found.turn, False)
            if found.turn >= MOST_LINES or now - found.began_at >= self._most:
                return self._too_long(found, entry)
            conversations.claim(conn, found, turn, now, longest)
        return found

    def _too_long(self, of: Conversation, entry: Entry) -> Reply:
        now = self.now()
        with self._db.tenant(of.tenant_id) as conn:
            language = self._who(of.tenant_id, entry.agent, entry.version).agent.language
            said = SAID[language]["over"]
            ended = talk.farewell(entry, said, of.at_ms(now))
            conversations.finish(conn, of, ended, "system", now, "max_duration")
        return Reply(said, of.turn, True)

    async def _answered(self, of: Conversation, line: str) -> Reply:
        """In the thread of what thinks."""
        entry, at_ms = journal.read(of.entry), of.at_ms(self.now())
        who = await asyncio.to_thread(self._who, of.tenant_id, entry.agent, entry.version)
        desk = acting.Desk(of.id, who, self._office, at_ms)

        async def perform(act: Act, told: Mapping[str, str]) -> Mapping[str, Any]:
            return await acting.perform(act, told, desk)

        async def work(mind: Mind | None, sense: Sense | None) -> Answer:
            return await talk.answer(
                who, of.id, entry, line, at_ms, perform, mind=mind, sense=sense, seconds=self._of.answer_seconds
            )

        made = await self.thinker.with_engines(work, self._of.answer_seconds)
        await asyncio.to_thread(self._keep, of, made)
        return Reply(made.said, of.turn + 1, made.over)

    def _keep(self, of: Conversation, made: Answer) -> None:
        now = self.now()
        with self._db.tenant(of.tenant_id) as conn:
            conversations.answered(conn, of, made.entry, now)
            if made.over:
                conversations.finish(conn, of, made.entry, "agent", now)

    def _let_go(self, of: Conversation) -> None:
        with self._db.tenant(of.tenant_id) as conn:
            conversations.let_go(conn, of)

    # -- a message, where nobody answers

    def leave(self, to: Route, text: str, name: str, contact: str) -> None:
        """A message for the people of the client, without a conversation; in a thread."""
        given = acting.message({"text": text, "name": name}, contact, SAID["fr"]["answer_at"])
        with self._db.tenant(to.tenant_id) as conn:
            messages.leave(
                conn, to.tenant_id, to.agent, given["text"], name=given["name"], phone=given.get("phone", "")
            )  # fmt: skip

    # -- who answers

    def _who(self, tenant_id: UUID, name: str, version: int) -> Answerable:
        """The agent in writing, as that version has it; read once."""
        key = (tenant_id, name, version)
        if key not in self._agents:
            with self._db.tenant(tenant_id) as conn:
                (tenant,) = tenants.listed(conn)  # row-level security: its own row is all it sees
                agent = loads(agents.get(conn, tenant_id, name, version).yaml, name).agent
            if agent.direction != "inbound":
                raise NobodyAnswers(f"{name} places calls: nobody writes to it")
            if len(self._agents) > 500:
                self._agents.clear()
            whole = Answerable(tenant_id, tenant.slug, "", agent, name, version, agent.time_zone)
            self._agents[key] = replace(whole, agent=in_writing(agent))
        return self._agents[key]


def _last_line(entry: Entry) -> str:
    return next((turn.text for turn in reversed(entry.notes.turns) if turn.who == "caller"), "")


@contextmanager
def open_chat(of: Settings, sense: Callable[[], Sense | None]) -> Generator[Chat]:
    """The chat on the settings' database, which is up and migrated."""
    from store.setup import service_dsn_of

    with Database(service_dsn_of(of), pool_max=of.database.pool_max, wait_seconds=5) as db:
        chat = Chat(db, of, sense=sense)
        try:
            yield chat
        finally:
            chat.close()


__all__ = ["Chat", "NobodyAnswers", "NotYourTurn", "Reply", "open_chat"]
