"""Everything in the background: database, Asterisk and service started in order, awaited, and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ari_app.service import control
from asterisk_conf.server import Asterisk
from store.base.errors import Unavailable
from store.base.interrupts import uninterrupted
from store.base.settings import Settings
from store.base.unprivileged import environment
from store.db import open_database
from store.embedded import EmbeddedServer

START_SECONDS = 120.0


class ServiceFailed(Unavailable):
    """The service did not start."""

    code = "service_failed"


def pid_file(settings: Settings) -> Path:
    """Where the service in the background says which process it is."""
    return settings.folder("run") / "service.pid"


def service_pid(settings: Settings) -> int | None:
    """The service's process, if it runs and is ours (a process id given again does not count)."""
    try:
        pid = int(pid_file(settings).read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    return pid if b"serve" in command and state != "Z" else None


def start(settings: Settings, *, demo: bool, say: Callable[[str], None]) -> None:
    """Start what does not run yet; returns when calls are answered. Raises naming the part that failed."""
    say("database")
    open_database(settings).close()
    say("Asterisk")
    Asterisk(settings, demo=demo).start()
    child: subprocess.Popen[bytes] | None = None
    if service_pid(settings) is None:
        say("service: loading the models (about 10 s)")
        child = _launch(settings, demo=demo)
    # A Ctrl-C while the loop is half made would leave it open, and Python would say so on the terminal: it waits.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with asyncio.Runner() as runner:
            runner.get_loop()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            runner.run(_await_ready(settings, child))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _launch(settings: Settings, *, demo: bool) -> subprocess.Popen[bytes]:
    log = settings.folder("logs") / "service.log"
    with log.open("ab") as output, uninterrupted():
        os.chmod(log, 0o600)
        child = subprocess.Popen(
            [sys.executable, "-m", "ari_app.cli", "serve", *(["--demo"] if demo else [])],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=Path(__file__).parent.parent,
            start_new_session=True,
            env=environment(*SERVICE_NEEDS, settings.llm.api_key_env),
        )
        pid_file(settings).write_text(str(child.pid))
    return child


SERVICE_NEEDS = (
    "DECROCHE_", "PG", "HOME", "XDG_", "PYTHON", "VIRTUAL_ENV", "LC_", "LD_LIBRARY_PATH", "CUDA_", "NVIDIA_", "OMP_",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_",
)  # fmt: skip
"""What of our environment the service is given: its settings, its database, its libraries, its way out."""


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
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    told = next((line for line in reversed(lines) if "error" in line.lower()), "no reason in its log")
    raise ServiceFailed(f"the service did not get ready: {told[:300]}", hint=f"see {log}; decroche doctor")


def stop(settings: Settings, *, now: bool, say: Callable[[str], None]) -> list[str]:
    """Stop service, Asterisk and embedded database. `now`: calls in progress are cut. Returns what was stopped."""
    stopped: list[str] = []
    pid = service_pid(settings)
    if pid is not None:
        say("service" if now else "service: calls in progress end first")
        _stop_process(pid, signal.SIGKILL if now else signal.SIGTERM, settings.call.max_seconds + 60)
        pid_file(settings).unlink(missing_ok=True)
        stopped.append("service")
    if Asterisk(settings).stop():
        stopped.append("asterisk")
    if not settings.database.url and EmbeddedServer(settings).stop():
        stopped.append("database")
    return stopped


def _stop_process(pid: int, sign: signal.Signals, seconds: float) -> None:
    import select

    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        os.kill(pid, sign)
        if not select.select([descriptor], [], [], seconds)[0]:
            os.kill(pid, signal.SIGKILL)
            select.select([descriptor], [], [], 10)
    finally:
        os.close(descriptor)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


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
    return found
