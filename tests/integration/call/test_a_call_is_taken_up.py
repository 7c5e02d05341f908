"""A call that another process held is gone on with: no second answer, one CDR from its true answer, one price."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.conversation import AgentConversation
from agents.effects import Facts
from ari_app.call import resuming
from ari_app.call.orphans import Orphan
from ari_app.demo import seed
from ari_app.desk.coming import Coming
from ari_app.desk.journal import Entry
from ari_app.desk.lost import Lost
from ari_app.desk.record import Disclosure, Notes, SpokenTurn
from ari_app.service.noting import Noter
from ari_app.service.sweeping import Sweep
from ari_app.switch.base import Stray
from asr.base import Ear
from billing.charges.accounts import account, move, set_mode
from store import calls, journal, live
from store.base.ids import new_id
from store.base.parties import Parties
from store.base.settings import Settings
from store.db import Database
from store.journal import Left, Past
from tests.actors import OPERATOR
from tests.integration.call.conftest import until
from tests.integration.call.test_a_whole_call_on_a_scripted_switch import CALLER, GOODBYE, Exchange, asked, exchange
from tests.scripted_engines import openers_of, silence, tone

__all__ = ["exchange"]

LEG = "leg-7"
PARTIES = Parties("inbound", ours=seed.DENTAL_FR, far=CALLER)


async def dead(exchange: Exchange, **changes: Any) -> Left:
    """A call answered 40 s ago and known till 30 s ago, whose process is dead; a client who pays beforehand."""
    office, at = exchange.house.office, datetime.now(UTC) - timedelta(seconds=40)
    who = await office.routing.who_answers(seed.DENTAL_FR)
    assert who is not None
    with office.db.operator() as conn:
        set_mode(conn, who.tenant_id, "prepaid")
    with office.db.operator(who.tenant_id) as conn:
        move(conn, who.tenant_id, "top_up", 10_000_000, "VIR 1", OPERATOR)
    call_id = new_id()
    await exchange.house.till.open(who.tenant_id, call_id, PARTIES)
    await office.lease(who, call_id, LEG, PARTIES, at)
    talk = AgentConversation(who.agent, None, Facts(str(call_id), who.now(), PARTIES))
    talk.opening()
    notes = Notes([SpokenTurn("agent", "Bonjour.", 0, 900, 900)], disclosure=Disclosure("Je suis une IA.", 900))
    entry = Entry(who.agent_name, who.version, who.number, notes, talk=talk.kept())
    told = json.loads(json.dumps(replace(entry, **changes).as_json()))
    with office.db.tenant(who.tenant_id) as conn:
        assert journal.note(conn, (who.tenant_id, call_id), at, told)
        conn.execute("UPDATE store.live_calls SET renewed_at = now() - interval '30 s'")
    left = lost(exchange).of(LEG)
    assert left is not None
    return left


def lost(exchange: Exchange) -> Lost:
    return Lost(exchange.house.office, exchange.switch.remembered)


def stray(left: Left) -> Stray:
    return Stray(LEG, "inbound", CALLER, seed.DENTAL_FR, left.call.since, True)


async def test_it_goes_on_and_its_price_is_of_all_of_it(exchange: Exchange, database: Database) -> None:
    left = await dead(exchange)
    found = await resuming.found(exchange.house, stray(left), left)
    assert found is not None
    state, kept = found
    running = asyncio.create_task(resuming.go_on(exchange.house, state, kept))
    line = await exchange.switch.lines.get()
    await until("word on the line", lambda: "coupés un instant" in state.notes.turns[-1].text and bool(line.played))
    await until("end of it", lambda: bool(state.notes.turns[-1].heard_ms))
    exchange.ear.text = GOODBYE
    await line.say(tone(1.0) + silence(1.0))
    await running
    with database.operator() as conn:
        kept_call = calls.get(conn, left.call.call_id)
        balance = account(conn, left.call.tenant_id)
        charge = conn.execute("SELECT answered_seconds, amount_micros FROM billing.current_charges").fetchone()
        assert live.listed(conn) == []
    assert charge is not None
    assert "answer" not in asked(exchange.switch), "it was answered before"
    assert (kept_call.cdr.answered_at, kept_call.cdr.outcome) == (left.answered_at, "answered")
    assert [action.name for action in kept_call.actions] == ["resumed", "hangup"]
    assert kept_call.turns[0].text == "Bonjour."
    assert kept_call.turns[1].from_ms >= 40_000, "the call's clock went on"
    assert charge["answered_seconds"] >= 40
    assert balance.reserved_micros == 0
    assert balance.balance_micros == 10_000_000 - charge["amount_micros"]


async def test_before_there_is_an_ear_one_sentence_is_said_and_what_was_answered_is_heard_later(
    exchange: Exchange,
) -> None:
    left = await dead(exchange)
    known, opened = openers_of(exchange.house.parts), threading.Event()

    def ear(settings: Settings) -> Ear:
        assert opened.wait(30)
        return exchange.ear

    coming = Coming(exchange.house.settings, replace(known, ear=ear))
    exchange.house.parts = coming.parts
    loading = asyncio.create_task(coming.load())
    found = await resuming.found(exchange.house, stray(left), left)
    assert found is not None
    state, kept = found
    turns = state.notes.turns
    running = asyncio.create_task(resuming.go_on(exchange.house, state, kept))
    line = await exchange.switch.lines.get()
    await until("word on the line", lambda: "coupés un instant" in turns[-1].text and bool(turns[-1].heard_ms))
    exchange.ear.text = GOODBYE
    await line.say(tone(1.0) + silence(1.0))
    await until("word to wait", lambda: turns[-1].text == "Un instant, s'il vous plaît.")
    opened.set()
    await line.say(silence(1.0))
    await running
    await loading
    assert GOODBYE in [turn.text for turn in turns]
    assert state.notes.actions[-1].name == "hangup"
    assert all("souci" not in turn.text for turn in turns), "nothing broke"


@pytest.mark.parametrize("changes", [{"talk": {}}, {"agent": ""}])
async def test_one_of_which_too_little_is_known_is_not(exchange: Exchange, changes: dict[str, Any]) -> None:
    left = await dead(exchange, **changes)
    assert await resuming.found(exchange.house, stray(left), left) is None


async def test_one_whose_conversation_is_another_versions_goes_to_the_fallback(
    exchange: Exchange, database: Database
) -> None:
    left = await dead(exchange, talk={"state": {"step": "gone", "mood": "fine"}, "history": []})
    ran = list[str]()

    async def go_on(state: Any, run: Any) -> None:
        ran.append("tried")
        await run()

    sweep = Sweep(exchange.house, lost(exchange), set, go_on)
    async with asyncio.TaskGroup() as group:
        exchange.switch.script = lambda switch, leg: switch.hang_up(leg)
        sweep.attend(group, Orphan(stray(left), left))
    assert ran == ["tried"]
    assert ("give_back", LEG, "away", seed.DENTAL_FR, seed.SECRETARY) in exchange.switch.done
    with database.operator() as conn:
        assert calls.get(conn, left.call.call_id).cdr.outcome == "lost"


async def test_what_nobody_goes_on_with_is_closed_once_with_its_legs(exchange: Exchange, database: Database) -> None:
    left = await dead(exchange)
    leg_id, since = new_id(), left.call.since
    leg = live.LiveCall(
        left.call.tenant_id, leg_id, "x-out", left.call.node, "outbound", since + timedelta(seconds=5),
        since + timedelta(hours=1), callee=seed.SECRETARY, leg_of=left.call.call_id, leg="transfer",
    )  # fmt: skip
    with database.tenant(left.call.tenant_id) as conn:
        live.begin(conn, leg)
        journal.answered(conn, leg_id, since + timedelta(seconds=10))
    end = since + timedelta(seconds=35)
    assert lost(exchange).close(left, Past(since, left.answered_at, end))
    with database.operator() as conn:
        assert live.listed(conn) == []
        cdr, (own,) = calls.get(conn, left.call.call_id).cdr, calls.legs(conn, left.call.call_id)
    assert (cdr.outcome, cdr.ended_at, cdr.agent) == ("lost", end, "cabinet-du-parc")
    assert (own.outcome, own.answered_at, own.ended_at) == ("answered", since + timedelta(seconds=10), end)


async def test_while_calls_go_on_they_are_written_down_and_their_leases_renewed(
    exchange: Exchange, database: Database
) -> None:
    call = await exchange.inbound()
    await exchange.house.office.lease(
        call.state.who, call.state.id, call.state.leg, PARTIES, call.state.life.started_at
    )  # fmt: skip
    keeper = Noter(exchange.house, {str(call.state.id): call.state})
    line = await call.answered()
    await keeper.look()
    with database.operator() as conn:
        conn.execute("UPDATE store.live_calls SET renewed_at = now() - interval '1 hour'")
    await call.say(line, "Je voudrais un rendez-vous.")
    await keeper.look()
    left = lost(exchange).of(call.state.leg)
    assert left is not None
    assert datetime.now(UTC) - left.renewed_at < timedelta(minutes=1)
    assert [turn["text"] for turn in left.notes["notes"]["turns"]][1] == "Je voudrais un rendez-vous."
    assert left.answered_at == call.state.life.answered_at
    exchange.switch.hang_up(call.state.leg)
    await call.over()
    assert lost(exchange).of(call.state.leg) is None
