"""`decroche asterisk`: the private Asterisk, and files for one the operator already runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from store.base.console import NOT_NEGATIVE, HouseGroup, emit, err, json_option, progress
from store.base.settings import settings

IDLE_SECONDS = 86_400.0
"""How long an upgrade waits for a moment without calls."""


@click.group(cls=HouseGroup)
def asterisk() -> None:
    """The Asterisk that carries the calls.

    \b
    Example: decroche asterisk up
    """


@asterisk.command()
@click.option("--demo", is_flag=True, help="With the demonstration's phones.")
def up(demo: bool) -> None:
    """Start the private Asterisk; done when it is ready. Does nothing when it already runs.

    \b
    Example: decroche asterisk up --demo
    """
    from asterisk_conf.server import Asterisk

    server = Asterisk(demo=demo)
    running = server.pid() is not None
    with progress(what="starting Asterisk (2 s)"):
        server.start()
    status = server.status()
    err.print(f"Asterisk {status.version} {'was already running' if running else 'is ready'}, pid {status.pid}")


@asterisk.command()
@click.option(
    "--timeout", type=NOT_NEGATIVE, default=10.0, show_default=True, help="Seconds to wait before it is killed."
)
def down(timeout: float) -> None:
    """Stop the private Asterisk, and its calls with it.

    \b
    Example: decroche asterisk down
    """
    from asterisk_conf.server import Asterisk

    err.print("stopped" if Asterisk().stop(timeout=timeout) else "it was not running")


@asterisk.command()
@json_option
def status(as_json: bool) -> None:
    """Version, uptime (s), modules, channels, memory (MB). Exit status 5 when it does not run.

    \b
    Example: decroche asterisk status --json
    """
    from asterisk_conf.server import Asterisk

    row = asdict(Asterisk().status())
    emit([row], list(row), as_json=as_json)


@asterisk.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to fill.")
@click.option("--demo", is_flag=True, help="With the demonstration's phones.")
@json_option
def render(out: Path, demo: bool, as_json: bool) -> None:
    """Write the files an operator includes in an Asterisk they already run, and a README.

    \b
    Example: decroche asterisk render --out /etc/asterisk/decroche
    """
    from asterisk_conf.handover import handover

    files = handover(settings(), out, demo=demo)
    emit([{"file": path} for path in files], ["file"], as_json=as_json)


@asterisk.command()
def install() -> None:
    """Fetch Asterisk into the cache folder (about 35 s, 350 MB). Does nothing when it is there.

    \b
    Example: decroche asterisk install
    """
    from asterisk_conf.install import TAKES_SECONDS
    from asterisk_conf.install import install as fetch

    with progress(what=f"fetching Asterisk (about {TAKES_SECONDS} s)") as bar:
        version = fetch(settings().cache, lambda step: bar.update(bar.task_ids[0], description=f"Asterisk: {step}"))
    err.print(f"Asterisk {version} is in {settings().cache / 'asterisk-root'}")


@asterisk.command()
@click.option("--now", is_flag=True, help="Restart Asterisk at once, cutting its calls.")
@click.option("--no-start", is_flag=True, help="Restart nothing: wait for a moment without calls, a day at most.")
def upgrade(now: bool, no_start: bool) -> None:
    """Fetch the newest Asterisk, beside the one that runs; restart it when no call is in progress.

    With --no-start whoever keeps Asterisk running restarts it: systemd, by the timer of `decroche service render`.
    Exit status: 3 when calls never stopped.

    \b
    Example: decroche asterisk upgrade
    """
    from asterisk_conf.install import TAKES_SECONDS, fetch
    from asterisk_conf.server import Asterisk

    with progress(what=f"fetching Asterisk (about {TAKES_SECONDS} s)") as bar:
        version = fetch(settings().cache, lambda step: bar.update(bar.task_ids[0], description=f"Asterisk: {step}"))
    err.print(f"Asterisk {version} is in {settings().cache / 'asterisk-root'}")
    server = Asterisk()
    if server.pid() is None:
        return
    if no_start:
        if not server.wait_idle(IDLE_SECONDS):
            err.print("calls were in progress all the time: the old one runs on")
            click.get_current_context().exit(3)
        return
    if not now and (calls := server.status().channels):
        err.print(f"{calls} channels are in use: the old one runs on (decroche asterisk upgrade again, or --now)")
        return
    server.demo = server.has_demo()
    server.stop()
    server.start()
    err.print(f"Asterisk {server.status().version} is ready, pid {server.pid()}")


if __name__ == "__main__":
    asterisk()
