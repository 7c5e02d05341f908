"""The same agent on the terminal: lines in, what it says and does out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import click

from agents.conversation import AgentConversation
from agents.definition import Agent
from agents.effects import Act, Effect, Facts, Plan, Say
from agents.meaning.sense import Sense
from llm.base import Mind
from store.base.console import to_json
from store.base.errors import BadInput
from store.base.parties import Parties

CALLER = "+33639980001"
"""The caller's number: one reserved for fiction (ARCEP)."""


async def chat(
    agent: Agent,
    mind: Mind | None,
    variables: Mapping[str, str],
    *,
    sense: Sense | None = None,
    clock: str | None = None,
    as_json: bool = False,
    why: bool = False,
) -> None:
    """Talk until the conversation is over or the input ends. Actions succeed unless `/will` said otherwise."""
    zone = ZoneInfo(agent.time_zone)
    try:
        now = datetime.fromisoformat(clock).replace(tzinfo=zone) if clock else datetime.now(zone)
    except ValueError as error:
        raise BadInput(f"--now {clock}: {error}", hint="write 2026-11-23T10:00") from error
    facts = Facts("chat", now, Parties.of(agent.direction, CALLER, "+33199000001"), variables)
    talk = AgentConversation(agent, mind, facts, sense=sense)
    _show(0, "", talk.opening(), "rules", None, talk, as_json=as_json)
    try:
        await _loop(talk, as_json=as_json, why=why)
    finally:
        await talk.release()
        if mind is not None:
            await mind.close()


async def _loop(talk: AgentConversation, *, as_json: bool, why: bool) -> None:
    turn, results = 0, dict[str, dict[str, Any]]()
    while not talk.over:
        await talk.prime()
        line = _read(as_json=as_json)
        if line is None or line == "/quit":
            return
        if line == "/state":
            click.echo(to_json({"step": talk.state.step, "values": talk.values}))
            continue
        if line.startswith("/will "):
            _, name, told = [*line.split(" ", 2), "{}"][:3]
            results[name] = _result(line, told)
            continue
        turn += 1
        plan = _event(talk, line)
        waiting = await _reply(talk, plan, turn, as_json=as_json)
        if why and not as_json:
            click.echo(f"  ({talk.why(plan)})")
        while waiting:
            turn += 1
            plan = talk.plan_acted(waiting, results.pop(waiting, {"outcome": "done"}))
            waiting = await _reply(talk, plan, turn, as_json=as_json)


async def _reply(talk: AgentConversation, plan: Plan, turn: int, *, as_json: bool) -> str:
    """Show a reply; returns the action whose result the conversation waits for."""
    began, first, effects = perf_counter(), None, list[Effect]()
    async for effect in plan.effects():
        first = perf_counter() - began if first is None else first
        effects.append(effect)
        if not as_json:
            click.echo(_line(effect))
    talk.commit(plan)
    if as_json:
        _show(turn, plan.heard, effects, plan.source, first, talk, as_json=True, meaning=plan.meaning)
    return talk.state.waiting if any(isinstance(e, Act) for e in effects) else ""


def _result(line: str, told: str) -> dict[str, Any]:
    try:
        return dict(json.loads(told))
    except (TypeError, ValueError) as error:
        raise BadInput(f"{line}: {error}", hint='write /will book {"outcome": "taken"}') from error


def _read(*, as_json: bool) -> str | None:
    if sys.stdin.isatty() and not as_json:
        click.echo("> ", nl=False)
    line = sys.stdin.readline()
    return line.strip() if line else None


def _event(talk: AgentConversation, line: str) -> Plan:
    command, _, rest = line.partition(" ")
    if command == "/silence":
        return talk.plan_silence(10)
    if command == "/keys":
        return talk.plan_digits(rest)
    return talk.plan(line)


def _line(effect: Effect) -> str:
    return f"  {effect.text}" if isinstance(effect, Say) else f"  [{effect.name} {to_json(dict(effect.args))}]"


def _show(
    turn: int, heard: str, effects: list[Effect], source: str, first: float | None, talk: AgentConversation,
    *, as_json: bool, meaning: str = "",
) -> None:  # fmt: skip
    if not as_json:
        for effect in effects:
            click.echo(_line(effect))
        return
    told: list[dict[str, Any]] = [
        {"say": e.text, "kind": e.kind, "ready": e.ready} if isinstance(e, Say) else {"act": e.name, "args": e.args}
        for e in effects
    ]
    seconds = None if first is None else round(first, 3)
    click.echo(to_json({
        "turn": turn, "heard": heard, "effects": told, "source": source, "meaning": meaning, "first_seconds": seconds,
        "slots": dict(talk.values), "over": talk.over,
    }))  # fmt: skip
