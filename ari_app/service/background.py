"""Everything in the background: database, Asterisk, service, portal and worker, started in order and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ari_app.service import around, control
from ari_app.service.handing_over import hand, whom
from ari_app.service.processes import Background
from asterisk_conf.server import Asterisk
from store.base.errors import Unavailable, reason
from store.base.settings import Settings
from store.embedded import EmbeddedServer
from store.setup import open_database

START_SECONDS = 120.0
JOB_SECONDS = 60.0
"""How long the worker is given for the job in hand; another takes one that is cut."""
LEAVE_SECONDS = 15.0


class ServiceFailed(Unavailable):
    """A part did not start."""

    code = "service_failed"


def service(settings: Settings) -> Background:
    """The process that holds the calls."""
    return Background(settings, "service", "serve")


def portal(settings: Settings) -> Background:
    """The process of the clients' pages and API."""
    return Background(settings, "portal", "portal")


def worker(settings: Settings) -> Background:
    """The process that does jobs."""
    return Background(settings, "worker", "work")


def pid_file(settings: Settings) -> Path:
    """Where the service in the background says which process it is."""
    return service(settings).pid_file


def service_pid(settings: Settings) -> int | None:
    """The service's process, if it runs and is ours."""
    return service(settings).pid()


def start(settings: Settings, *, demo: bool, say: Callable[[str], None], beside: bool = False) -> None:
    """Start what does not run yet; returns when calls are answered. Raises naming the part that failed.

    `beside`: the portal and the worker too, once calls are answered.
    """
    user = whom(settings, say)
    if beside:
        _check_door(settings)
    say("database")
    open_database(settings).close()
    say("Asterisk")
    Asterisk(settings, demo=demo).start()
    if user is not None:
        hand(settings, user)  # what was made meanwhile
    child: subprocess.Popen[bytes] | None = None
    if service_pid(settings) is None:
        say("service: loading the models (about 10 s)")
        child = service(settings).launch(user, ["--demo"] if demo else [])
    _run(lambda: _await_ready(settings, child))
    if beside:
        say("portal and worker")
        _start_beside(settings, user)


def _run(what: Callable[[], Any]) -> None:
    # A Ctrl-C while the loop is half made would leave it open, and Python would say so on the terminal: it waits.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with asyncio.Runner() as runner:
            runner.get_loop()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            runner.run(what())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _await_ready(settings: Settings, child: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(Unavailable):
            if (await control.ask(settings, "status", seconds=5))["ready"]:
                return
        # a process that was just started may not show its command line yet: its own handle is asked
        if child.poll() is not None if child is not None else service_pid(settings) is None:
            break
        await asyncio.sleep(0.1)
    log = settings.folder("logs") / "decroche.log"
    raise ServiceFailed(f"the service did not get ready: {last_error(log)}", hint=f"see {log}; decroche doctor")


def last_error(log: Path) -> str:
    """The last error that a part told in its log, or else the fault that ended it, which is kept beside it."""
    for file in (log, log.with_name("faults.log")):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
        if why := next((line for line in reversed(lines) if "error" in line.lower()), ""):
            return why[:300]
    return "no reason in its log"


# -- beside the calls


def _door(settings: Settings) -> tuple[str, int]:
    host, _, port = settings.portal.bind.rpartition(":")
    return host.strip("[]"), int(port)


def _check_door(settings: Settings) -> None:
    """Raises Unavailable where something else listens at the portal's address."""
    if portal(settings).pid() is not None:
        return
    host, port = _door(settings)
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise Unavailable(
            f"portal.bind {settings.portal.bind} cannot be listened on: {reason(error)}",
            hint="set portal.bind (DECROCHE_PORTAL__BIND), or start without it: decroche up --calls-only",
            code="port_taken",
        ) from error


def _start_beside(settings: Settings, user: pwd.struct_passwd | None) -> None:
    children = {
        part.name: (part, part.launch(user)) for part in (portal(settings), worker(settings)) if part.pid() is None
    }
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for part, child in children.values():
            if child.poll() is not None:
                raise ServiceFailed(f"the {part.name} ended: {last_error(part.log)}", hint=f"see {part.log}")
        with contextlib.suppress(OSError), socket.create_connection(_door(settings), timeout=5):
            return
        time.sleep(0.1)
    log = portal(settings).log
    raise ServiceFailed(f"the portal did not get ready: {last_error(log)}", hint=f"see {log}")


def stop(settings: Settings, *, now: bool, say: Callable[[str], None]) -> list[str]:
    """Stop all of it. `now`: calls in progress are cut. Returns what was stopped."""
    sign = signal.SIGKILL if now else signal.SIGTERM
    stopped: list[str] = []
    if service_pid(settings) is not None:
        say("service" if now else "service: calls in progress end first")
    for part, seconds in ((service(settings), settings.call.max_seconds + 60), (portal(settings), LEAVE_SECONDS),
                          (worker(settings), JOB_SECONDS)):  # fmt: skip
        if part.stop(sign, seconds):
            stopped.append(part.name)
    if Asterisk(settings).stop():
        stopped.append("asterisk")
    if not settings.database.url and EmbeddedServer(settings).stop():
        stopped.append("database")
    return stopped


def state(settings: Settings) -> dict[str, Any]:
    """What runs, as the service and Asterisk themselves say."""
    asterisk = Asterisk(settings)
    found: dict[str, Any] = {"service": "down", "asterisk": "down", "calls": []}
    if asterisk.pid() is not None:
        status = asterisk.status()
        found["asterisk"] = f"{status.version}, up {status.uptime} s, {status.channels} channels"
    with contextlib.suppress(Unavailable):
        told = asyncio.run(control.ask(settings, "status", seconds=5))
        found |= {**told, "service": "up" if told["ready"] else "starting"}
        found["linked"] = told["asterisk"]
        found["asterisk"] = f"{asterisk.status().version}" if asterisk.pid() else "operator's"
    found |= around.told(settings)
    found["portal"] = f"up, http://{settings.portal.bind}" if portal(settings).pid() else "down"
    found["worker"] = "up" if worker(settings).pid() else "down"
    return found
