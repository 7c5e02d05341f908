"""`decroche agent …`: check, import, test, publish, and talk to agents on the terminal."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agents.cli_evaluate import evaluate
from agents.cli_learn import learn, missed
from store.base.console import HouseGroup, emit, err, json_option, to_json
from store.base.errors import BadInput, Refused

if TYPE_CHECKING:
    from agents.definition import Agent
    from agents.loading import Loaded
    from agents.meaning.sense import Sense
    from agents.trial import TrialResult
    from llm.base import Mind
    from store.agents import AgentVersion
    from store.db import Conn

_COLUMNS = [
    "tenant",
    "agent",
    "version",
    "status",
    "tested_by",
    "tested_at",
    "approved_by",
    "approved_at",
    "approval_reason",
]
_LISTED = ["tenant", "agent", "version", "status", "tested", "approved"]
_tenant = click.option("--tenant", required=True, help="The client whose agent it is.")
_version = click.option("--version", type=click.IntRange(min=1), help="Which version; the newest if not said.")
_by = click.option("--by", required=True, help="The person who answers for it.")
_rules = click.option("--rules-only", is_flag=True, help="Without the language model.")


@click.group(cls=HouseGroup)
def agent() -> None:
    """Agents: what answers and places the calls.

    \b
    Example: decroche agent check dental.fr.yaml && decroche agent chat dental.fr.yaml
    """


@agent.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check agent FILES: every error with its line and what to do.

    With the sentence encoder here it also warns of two facts that a caller cannot tell apart, and of facts that none
    of the file's own tests asks for.

    \b
    Example: decroche agent check agents/*.yaml
    """
    from agents.loading import AgentFileError, load
    from agents.meaning.reach import reach_problems
    from agents.meaning.sense import sense_here

    sense = sense_here()
    bad, rows = 0, list[dict[str, Any]]()
    for path in files:
        try:
            loaded = load(path)
            found = loaded.warnings + tuple(reach_problems(loaded, sense) if sense and loaded.agent.facts else ())
        except AgentFileError as error:
            bad, found = bad + 1, tuple(error.problems)
        rows += [{"file": str(path), **asdict(p)} for p in found]
        if not found:
            rows.append({"file": str(path), "line": None, "where": "", "what": "good", "hint": "", "severity": "ok"})
    emit(rows, ["file", "line", "where", "what", "hint"], as_json=as_json)
    if bad:
        raise BadInput(f"{bad} of {len(files)} file(s) cannot be used", hint="mend the lines named above")


@agent.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_tenant
@json_option
def import_(file: Path, tenant: str, as_json: bool) -> None:
    """Store FILE as the agent's next version, a draft.

    \b
    Example: decroche agent import dental.fr.yaml --tenant dentiste
    """
    from agents.loading import load
    from agents.versions import import_text
    from store.base.actor import typing_now
    from store.cli import operator_session

    loaded = load(file)
    with operator_session() as conn:
        made = import_text(conn, tenant, loaded, by=typing_now())
    _emit([_row(made, tenant)], as_json=as_json)


@agent.command("list")
@click.option("--tenant", help="Only this client's.")
@json_option
def list_(tenant: str | None, as_json: bool) -> None:
    """List agents and their versions.

    \b
    Example: decroche agent list --tenant dentiste
    """
    from store import agents, tenants
    from store.cli import operator_session

    with operator_session() as conn:
        names = {t.id: t.slug for t in tenants.listed(conn)}
        chosen = tenants.tenant_id(conn, tenant) if tenant else None
        rows = [_row(v, names[v.tenant_id]) for v in agents.listed(conn, chosen)]
    _emit(rows, as_json=as_json)


def _emit(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Versions: whole as JSON, a line each as a table."""
    if as_json:
        emit(rows, _COLUMNS, as_json=True)
        return
    lines = [row | {"tested": _act(row, "tested"), "approved": _act(row, "approved")} for row in rows]
    emit(lines, _LISTED, as_json=False, empty="no agent yet: decroche agent import FILE --tenant T")


def _act(row: dict[str, Any], act: str) -> str:
    """Who and on what day, in one column: the list fits a line."""
    at = row[f"{act}_at"]
    return f"{row[f'{act}_by']}, {at:%Y-%m-%d}" if at else ""


@agent.command()
@click.argument("name")
@_tenant
@_version
@json_option
def show(name: str, tenant: str, version: int | None, as_json: bool) -> None:
    """Show one version of agent NAME: who tested and approved it, and its text.

    \b
    Example: decroche agent show cabinet-du-parc --tenant dentiste
    """
    from store.cli import operator_session

    with operator_session() as conn:
        found = _find(conn, tenant, name, version)
    row = {**_row(found, tenant), "sha256": found.sha256, "yaml": found.yaml}
    if as_json:
        click.echo(to_json(row))
        return
    _emit([row], as_json=False)
    click.echo(f"\n{found.yaml}")


def _make_ready(made: AgentVersion) -> None:
    """Speak its fixed sentences into the cache. It is live already: what fails here, the service does later."""
    from agents.loading import loads
    from agents.ready import ready_phrases
    from agents.readying import make_ready
    from store.base.console import progress
    from store.base.errors import DecrocheError
    from tts.voices import voice

    agent = loads(made.yaml, made.agent).agent
    try:
        with progress(len(ready_phrases(agent)), what="speech") as bar:
            asyncio.run(make_ready(agent, voice(agent.language, agent.voice), lambda: bar.advance(bar.task_ids[0])))
    except DecrocheError as error:
        err.print(f"no speech was made ahead: {error}; the service makes it before the first call")


@agent.command()
@click.argument("name")
@click.option("--tenant", help="The client, when NAME is a stored agent and not a file.")
@_version
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
        found = _find(conn, tenant, name, version)
    results = asyncio.run(_tries(loads(found.yaml, name), rules_only))
    _report(results, as_json=as_json)
    if by:
        with operator_session() as conn:
            tested(conn, found, person=by, by=typing_now())
        err.print(f"version {found.version} of {name}: tested by {by}")


@agent.command()
@click.argument("name")
@_tenant
@_version
@_by
@click.option("--reason", default="", help="Why the person who tested it approves it too; kept.")
@click.option("--speech/--no-speech", default=True, help="Make its fixed sentences into speech at once (default).")
@json_option
def publish(
    name: str, tenant: str, version: int | None, by: str, reason: str, speech: bool, as_json: bool
) -> None:  # fmt: skip
    """Approve a tested version of agent NAME: it answers calls from now on.

    Another person than its tester approves it, or the same with a written reason (contract, 4.1).

    \b
    Example: decroche agent publish cabinet-du-parc --tenant dentiste --by "Claire Martin"
    """
    from agents.versions import publish as go_live
    from store.base.actor import typing_now
    from store.cli import operator_session

    with operator_session() as conn:
        made = go_live(conn, _find(conn, tenant, name, version), person=by, by=typing_now(), reason=reason)
    _emit([_row(made, tenant)], as_json=as_json)
    if speech:
        _make_ready(made)


@agent.command()
@click.argument("name")
@click.option("--tenant", help="The client, when NAME is a stored agent and not a file.")
@_version
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
            loaded = loads(_find(conn, tenant, name, version).yaml, name)
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


def _find(conn: Conn, tenant: str, name: str, version: int | None) -> AgentVersion:
    from store import agents, tenants

    return agents.get(conn, tenants.tenant_id(conn, tenant), name, version)


def _row(version: AgentVersion, tenant: str) -> dict[str, Any]:
    row = asdict(version)
    return {"tenant": tenant, **{k: row[k] for k in (*_COLUMNS[1:], "sha256")}}


agent.add_command(evaluate)
agent.add_command(missed)
agent.add_command(learn)


if __name__ == "__main__":
    agent()
