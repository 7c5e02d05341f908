"""`decroche agent test` and `decroche agent chat`: its conversations held, and one by hand, on the terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from store.base.console import emit, err, json_option
from store.base.errors import Refused

if TYPE_CHECKING:
    from agents.definition import Agent
    from agents.loading import Loaded
    from agents.meaning.sense import Sense
    from agents.trial import TrialResult
    from llm.base import Mind
    from store.agents import AgentVersion
    from store.db import Conn

tenant_option = click.option("--tenant", help="The client, when NAME is a stored agent and not a file.")
version_option = click.option("--version", type=click.IntRange(min=1), help="Which version; the newest if not said.")
_rules = click.option("--rules-only", is_flag=True, help="Without the language model.")


@click.command()
@click.argument("name")
@tenant_option
@version_option
@click.option("--by", default="", help="Who tests: recorded with a stored agent when all passes.")
@_rules
@json_option
def test(name: str, tenant: str | None, version: int | None, by: str, rules_only: bool, as_json: bool) -> None:
    """Hold the scripted conversations written in the file under `tests:`; NAME is a file or a stored agent.

    \b
    Example: decroche agent test cabinet-du-parc --tenant dentiste --by "Claire Martin"
    """
    from agents.loading import load, loads

    if tenant is None:
        _report(asyncio.run(_tries(load(Path(name)), rules_only)), as_json=as_json)
        return
    from agents.versions import tested
    from store.base.actor import typing_now
    from store.cli import operator_session

    with operator_session() as conn:
        found = find(conn, tenant, name, version)
    results = asyncio.run(_tries(loads(found.yaml, name), rules_only))
    _report(results, as_json=as_json)
    if by:
        with operator_session() as conn:
            tested(conn, found, person=by, by=typing_now())
        err.print(f"version {found.version} of {name}: tested by {by}")


@click.command()
@click.argument("name")
@tenant_option
@version_option
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A variable of an outbound call.")
@click.option("--now", "clock", help="The clock the call is held at, ISO 8601; the real one if not said.")
@_rules
@click.option("--why", is_flag=True, help="Also show what each sentence was taken to mean, and how surely.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines: {turn, effects, source, meaning, seconds, …}.")
def chat(
    name: str, tenant: str | None, version: int | None, variables: tuple[str, ...], clock: str | None,
    rules_only: bool, why: bool, as_json: bool,
) -> None:  # fmt: skip
    """Talk to agent NAME (a file or a stored agent) on the terminal; it shows what it says and does.

    A line is what the caller says. `/silence` and `/keys 12` are events; `/will book {"outcome": "taken"}`
    sets how the next booking ends; `/state` shows the slots, `/quit` leaves.

    \b
    Example: echo "Je voudrais un rendez-vous jeudi à 14 h" | decroche agent chat dental.fr.yaml --json
    """
    from agents.loading import load, loads
    from store.cli import operator_session

    if tenant is None:
        loaded = load(Path(name))
    else:
        with operator_session() as conn:
            loaded = loads(find(conn, tenant, name, version).yaml, name)
    given = dict(pair.split("=", 1) for pair in variables if "=" in pair)
    asyncio.run(_talk(loaded.agent, rules_only, given, clock, as_json=as_json, why=why))


async def _talk(
    agent: Agent, rules_only: bool, given: dict[str, str], clock: str | None, *, as_json: bool, why: bool
) -> None:
    from agents.chat import chat

    mind, sense = (None, None) if rules_only else (_mind(), _sense())
    await chat(agent, mind, given, sense=sense, clock=clock, as_json=as_json, why=why)


async def _tries(loaded: Loaded, rules_only: bool) -> list[TrialResult]:
    from agents.versions import held

    mind = None if rules_only else _mind()
    try:
        return await held(loaded, mind, None if rules_only else _sense())
    finally:
        if mind is not None:
            await mind.close()


def _report(results: list[TrialResult], *, as_json: bool) -> None:
    rows = [
        {
            "name": r.name,
            "failures": r.failures if as_json else "\n".join(r.failures),
            "transcript": r.transcript,
            "passed": r.passed,
        }
        for r in results
    ]
    emit(rows, ["name", "passed", "failures"], as_json=as_json)
    failed = sum(not r.passed for r in results)
    if failed:
        raise Refused(f"{failed} of {len(results)} conversations did not go as written", code="agent_test_failed",
                      hint="change the agent or the test; --json shows the transcripts")  # fmt: skip


def _mind() -> Mind:
    from llm.minds import mind

    return mind()


def _sense() -> Sense | None:
    from agents.meaning.sense import sense_here

    return sense_here()


def find(conn: Conn, tenant: str, name: str, version: int | None) -> AgentVersion:
    """A client's agent of that name. Raises NotFound."""
    from store import agents, tenants

    return agents.get(conn, tenants.tenant_id(conn, tenant), name, version)
