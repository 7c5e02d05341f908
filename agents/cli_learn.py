"""`decroche agent missed` and `agent learn`: what real callers asked in vain, and the file taught to answer it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store.base.console import emit, err, json_option
from store.base.errors import BadInput

if TYPE_CHECKING:
    from agents.definition import Agent
    from store.missed import Missed

_COLUMNS = ["times", "said", "taken_as", "nearest", "sure", "last"]


@click.command()
@click.argument("name")
@click.option("--tenant", required=True, help="The client whose agent NAME is.")
@click.option("--since", help="Calls from that time on, ISO 8601; all of them if not said.")
@json_option
def missed(name: str, tenant: str, since: str | None, as_json: bool) -> None:
    """What callers of agent NAME asked that it did not understand or did not know, alike grouped together.

    `nearest` is the fact that the sentence is likest to, and how surely: with `agent learn` it becomes a wording of
    that fact, or a fact of its own. JSON: a line a group, with every sentence and the calls they are from.

    \b
    Example: decroche agent missed cabinet-du-parc --tenant dentiste --since 2026-11-01
    """
    from agents.loading import loads
    from agents.meaning.sense import open_sense
    from store import agents, tenants
    from store.cli import operator_session
    from store.missed import missed_by

    start = _time(since) if since else None
    with operator_session() as conn:
        tenant_id = tenants.tenant_id(conn, tenant)
        agent = loads(agents.get(conn, tenant_id, name, None).yaml, name).agent
        found = missed_by(conn, tenant_id=tenant_id, agent=name, since=start)
    sense = open_sense() if found else None
    rows = [] if sense is None else _rows(agent, found, sense)
    emit(rows, _COLUMNS, as_json=as_json, empty="nothing was missed")


def _rows(agent: Agent, found: list[Missed], sense: Any) -> list[dict[str, Any]]:
    from agents.meaning.grouping import grouped, texts

    sentences = [each.text for each in found]
    rows: list[dict[str, Any]] = []
    for group in grouped(sense.vectors(sentences)):
        newest = found[group[0]]
        near = next(m for m in sense.reading(agent, newest.text).whole if m.kind in ("fact", "none"))
        rows.append({
            "times": len(group), "said": newest.text, "taken_as": newest.meaning, "nearest": near.name or "none",
            "sure": round(near.sure, 2), "last": newest.at, "all": texts(sentences, group),
            "calls": list(dict.fromkeys(str(found[at].call_id) for at in group)),
        })  # fmt: skip
    return rows


def _time(said: str) -> datetime:
    from zoneinfo import ZoneInfo

    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise BadInput(f"--since {said}: {error}", hint="write 2026-11-01 or 2026-11-01T10:00") from error
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo("Europe/Paris"))


@click.command()
@click.argument("name")
@click.option("--tenant", help="The client, when NAME is a stored agent and not a file.")
@click.option("--fact", required=True, help="The fact that answers: one of the file's, or a new one with --say.")
@click.option("--asked", required=True, help="The sentence, as callers say it.")
@click.option("--say", "told", default="", help="What is answered, word for word: makes a new fact.")
@json_option
def learn(name: str, tenant: str | None, fact: str, asked: str, told: str, as_json: bool) -> None:
    """Teach agent NAME (a file or a stored agent) that a sentence asks for a fact; the test of it is added too.

    A stored agent gets a new draft, to be tested and published as any other; a file is written in place. Comments,
    order and style of the file are kept.

    \b
    Example: decroche agent learn cabinet-du-parc --tenant dentiste --fact parking --asked "je me mets où"
             decroche agent learn dental.yaml --fact wifi --asked "vous avez internet" --say "Oui."
    """
    from agents.learning import with_fact, with_wording
    from agents.loading import loads
    from agents.versions import import_text
    from store import agents, tenants
    from store.base.actor import typing_now
    from store.cli import operator_session

    def learnt(text: str) -> str:
        return with_fact(text, fact, asked, told) if told else with_wording(text, fact, asked)

    if tenant is None:
        path = Path(name)
        try:
            path.write_text(learnt(path.read_text(encoding="utf-8")), encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{path}: {error}", hint="name an agent's file, or a stored agent with --tenant") from error
        emit([{"agent": name, "fact": fact, "version": ""}], ["agent", "fact"], as_json=as_json)
        return
    with operator_session() as conn:
        now = agents.get(conn, tenants.tenant_id(conn, tenant), name, None)
        made = import_text(conn, tenant, loads(learnt(now.yaml), name), by=typing_now())
    emit([{"agent": name, "fact": fact, "version": made.version}], ["agent", "fact", "version"], as_json=as_json)
    if not as_json:
        err.print(f"draft {made.version}: decroche agent test {name} --tenant {tenant} --by NAME", markup=False)
