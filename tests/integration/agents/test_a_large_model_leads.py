"""A model behind a real HTTP server chooses the moves, the scenario checks and records them; the model is scripted."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.conversation import AgentConversation
from agents.effects import Act, Facts, Say
from agents.loading import EXAMPLES, load
from llm.base import Mind
from llm.minds import leads, mind
from store.base.parties import Parties
from store.base.settings import Settings

Moves = dict[str, dict[str, Any]]

MOVES: Moves = {
    "mon fils a une dent qui bouge": {"move": "question", "fact": "emergency"},
    "ça me va le jeudi vers deux heures de l'après-midi": {
        "move": "answer", "slots": {"besoin": "rendez_vous", "jour": "2026-11-26", "heure": "14:00"},
    },
    "au nom de Claire Martin": {"move": "answer", "slots": {"nom": "Claire Martin"}},
    "oui parfait": {"move": "answer", "agrees": "yes"},
    "je veux disparaître de vos papiers": {"move": "opt_out"},
    "mettons la semaine des quatre jeudis": {"move": "answer", "slots": {"jour": "2026-13-45", "nom": "Jean Dupont"}},
    "il fait beau": "no json at all",  # type: ignore[dict-item]
}  # fmt: skip


class _Scripted(BaseHTTPRequestHandler):
    """What a server says to the last words of the chat, as one server-sent event."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = body["messages"][-1]["content"].rpartition("The caller now says: ")[2]
        move = MOVES.get(said, {"move": "unclear"})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        piece = {"choices": [{"delta": {"content": move if isinstance(move, str) else json.dumps(move)}}]}
        end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
        self.wfile.write(f"data: {json.dumps(piece)}\n\ndata: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Scripted)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/v1"
    http.shutdown()
    http.server_close()


@pytest.fixture
async def leading(server: str) -> AsyncIterator[Mind]:
    opened = mind(Settings.model_validate({"llm": {"engine": "openai", "base_url": server}}))
    yield opened
    await opened.close()


class Caller:
    def __init__(self, leading: Mind) -> None:
        agent = load(EXAMPLES / "dental.fr.yaml").agent
        now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
        self.talk = AgentConversation(
            agent, leading, Facts("c", now, Parties.of("inbound", "+33612345678", "+33478000000"))
        )
        self.talk.opening()

    async def says(self, text: str) -> str:
        plan = self.talk.plan(text)
        effects = [effect async for effect in plan.effects()]
        self.talk.commit(plan)
        self.acts = [effect.name for effect in effects if isinstance(effect, Act)]
        return " ".join(effect.text for effect in effects if isinstance(effect, Say))


async def test_a_booking_is_led_from_the_question_to_the_end(leading: Mind) -> None:
    caller = Caller(leading)
    assert "le jour même" in await caller.says("mon fils a une dent qui bouge")
    assert "quel nom" in await caller.says("ça me va le jeudi vers deux heures de l'après-midi")
    assert "Claire Martin, jeudi 26 novembre à 14 heures" in await caller.says("au nom de Claire Martin")
    await caller.says("oui parfait")
    assert caller.acts == ["book"]


async def test_nobody_is_opted_out_on_its_word_alone(leading: Mind) -> None:
    caller = Caller(leading)
    said = await caller.says("je veux disparaître de vos papiers")
    assert caller.acts == []
    assert said.endswith("?")


async def test_a_value_that_can_be_none_is_not_recorded(leading: Mind) -> None:
    caller = Caller(leading)
    await caller.says("mettons la semaine des quatre jeudis")
    assert caller.talk.values == {}


async def test_an_answer_that_is_no_move_costs_a_question_and_never_the_call(leading: Mind) -> None:
    assert (await Caller(leading).says("il fait beau")).endswith("?")


@pytest.mark.parametrize(
    ("told", "leading"),
    [
        ({"engine": "openai"}, True),
        ({"engine": "openai", "leads": "never"}, False),
        ({"model": "qwen3-8b"}, True),
        ({"model": "qwen2.5-coder-1.5b"}, False),
        ({"model": "qwen2.5-coder-1.5b", "leads": "always"}, True),
    ],
)
def test_who_leads_is_a_setting(told: dict[str, str], leading: bool) -> None:
    assert leads(Settings.model_validate({"llm": told})) is leading
