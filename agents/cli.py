"""`decroche agent …`: check, import, test, publish, and talk to agents on the terminal."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agents.cli_evaluate import evaluate
from agents.cli_learn import learn, missed
from agents.cli_try import chat, find, test, version_option
from store.base.console import HouseGroup, emit, err, json_option, to_json
from store.base.errors import BadInput

if TYPE_CHECKING:
    from store.agents import AgentVersion

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
_by = click.option("--by", required=True, help="The person who answers for it.")


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
@version_option
@json_option
def show(name: str, tenant: str, version: int | None, as_json: bool) -> None:
    """Show one version of agent NAME: who tested and approved it, and its text.

    \b
    Example: decroche agent show cabinet-du-parc --tenant dentiste
    """
    from store.cli import operator_session

    with operator_session() as conn:
        found = find(conn, tenant, name, version)
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
@_tenant
@version_option
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
        made = go_live(conn, find(conn, tenant, name, version), person=by, by=typing_now(), reason=reason)
    _emit([_row(made, tenant)], as_json=as_json)
    if speech:
        _make_ready(made)


def _row(version: AgentVersion, tenant: str) -> dict[str, Any]:
    row = asdict(version)
    return {"tenant": tenant, **{k: row[k] for k in (*_COLUMNS[1:], "sha256")}}


agent.add_command(test)
agent.add_command(chat)
agent.add_command(evaluate)
agent.add_command(missed)
agent.add_command(learn)


if __name__ == "__main__":
    agent()
