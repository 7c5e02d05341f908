"""`decroche up`, `down`, `status`, `serve`."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any

import click

from ari_app.service import background
from store.base.console import INTERRUPTED, Amount, emit, err, json_option, out, to_json
from store.base.settings import settings


def _say(what: str) -> None:
    err.print(f"  {what} …", style="dim")


@click.command()
@click.option("--demo", is_flag=True, help="With the demonstration's tenant, numbers, agents and phones.")
@click.option("--calls-only", is_flag=True, help="Neither the portal nor the worker.")
def up(demo: bool, calls_only: bool) -> None:
    """Start database, Asterisk, service, portal and worker in the background; returns when calls are answered.

    \b
    Example:
      decroche up --demo
    """
    of = settings()
    if demo:
        from ari_app.demo.seed import seed
        from store.setup import open_database

        with open_database(of) as db:
            seed(db)
    try:
        background.start(of, demo=demo, say=_say, beside=not calls_only)
    except KeyboardInterrupt:
        err.print("what was started runs on: decroche down stops it")
        raise
    out.print("décroche is up: calls are answered")
    if not calls_only:
        out.print(f"portal:  http://{of.portal.bind}")
    if demo:
        from ari_app.demo.seed import DENTAL_EN, DENTAL_FR, ESTATE_FR

        out.print(f"numbers: {DENTAL_FR} dental practice (fr), {DENTAL_EN} (en), {ESTATE_FR} estate agent (fr)")
        out.print("try:     decroche tts say --text 'Bonjour, quels sont vos horaires ?' --out question.wav")
        out.print(f"         decroche softphone call {DENTAL_FR} --play question.wav --record answer.wav")


@click.command()
@click.option("--now", is_flag=True, help="Cut the calls in progress.")
def down(now: bool) -> None:
    """Stop service, portal, worker, Asterisk and embedded database; calls and the job in hand end first.

    \b
    Example:
      decroche down
    """
    stopped = background.stop(settings(), now=now, say=_say)
    out.print(f"stopped: {', '.join(stopped) or 'nothing was running'}")


@click.command()
@click.option("--watch", is_flag=True, help="Look again and again, until Ctrl-C; with --json a line each time.")
@click.option(
    "--every", type=Amount(min=0.2), default=2.0, show_default=True, help="Seconds between two looks of --watch."
)
@json_option
def status(watch: bool, every: float, as_json: bool) -> None:
    """What runs, and the calls in progress, those of other nodes too. Exit status 5 when the service here is down.

    \b
    Example:
      decroche status --watch
    """
    while watch:
        found = background.state(settings())
        if not as_json:
            click.clear()
        _tell(found, as_json)
        time.sleep(every)
    found = background.state(settings())
    _tell(found, as_json)
    if found["service"] == "down":
        raise SystemExit(5)


def _tell(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(to_json(found))
    else:
        for part in ("service", "portal", "worker", "asterisk", "mind", "ear", "spooled"):
            if part in found:
                out.print(f"{part:9} {found[part]}")
        for name, up in found.get("trunks", {}).items():
            out.print(f"{'trunk':9} {name}: {'up' if up else 'lost'}")
        if "room" in found:
            out.print(f"{'calls':9} {len(found['calls'])} of {found['room'] or 'any number'}")
        for node in found.get("nodes", ()):
            room = node["room"] or "any number"
            out.print(f"{'node':9} {node['node']}: {node['state']}, {node['calls']} of {room} calls", markup=False)
        emit(found["calls"], ["id", "direction", "caller", "callee", "agent"], as_json=False, empty="no calls")
        if found.get("elsewhere"):
            emit(found["elsewhere"], ["node", "id", "direction", "caller", "callee"], as_json=False)


@click.command()
@click.option("--demo", is_flag=True, help="The demonstration's phones are known to the dialplan.")
def serve(demo: bool) -> None:
    """Run the service in the foreground: answers and places calls until interrupted. Asterisk must run.

    \b
    Example:
      decroche asterisk up && decroche serve
    """
    from store.base.logs import set_up_logs

    set_up_logs(settings())
    if asyncio.run(_serve(demo)) == signal.SIGINT:
        raise SystemExit(INTERRUPTED)


async def _serve(demo: bool) -> int | None:
    """Serve until told to stop, by a signal (returned) or at the door. Told twice, calls in progress are cut."""
    from ari_app.service.service import Service

    service = Service(settings(), demo=demo)
    running = asyncio.ensure_future(service.run())
    told: list[int] = []

    def tell(number: int) -> None:
        told.append(number)
        # nobody is being talked to, or nobody wishes to wait
        if len(told) > 1 or not (service.ready.is_set() or service.calls):
            running.cancel()
        else:
            err.print("stopping: calls in progress end first (Ctrl-C again cuts them)")
        service.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, tell, number)
    try:
        await running
    except asyncio.CancelledError:
        if not told:  # interrupted before our own handlers stood: asyncio.run raises KeyboardInterrupt
            raise
    return told[0] if told else None
