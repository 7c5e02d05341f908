"""One private Asterisk: rendered, started as an ordinary process, awaited, asked, stopped.

Several live on one machine, each with its own home folder and ports. Nothing needs root.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from asterisk_conf.answers import number_after, number_before, published, resident_mb
from asterisk_conf.housing import furnish, keys_for, make_folders, open_the_way
from asterisk_conf.ports import check_ports
from asterisk_conf.program import Program, program, version
from asterisk_conf.render import Places, render
from asterisk_conf.signing import keep_vouched
from asterisk_conf.watching import AsteriskDown as AsteriskDown
from asterisk_conf.watching import watched
from store.base.errors import BadInput
from store.base.interrupts import uninterrupted
from store.base.settings import Settings, settings
from store.base.unprivileged import as_user, environment, identity, system_user

START_SECONDS = 60.0
STOP_SECONDS = 10.0

SOCKET_PATH_MAX = 100
"""A UNIX socket's path holds 107 bytes on Linux."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a running Asterisk says of itself. `uptime` in seconds, `memory_mb` resident."""

    pid: int
    version: str
    uptime: int
    modules: int
    channels: int
    calls_processed: int
    memory_mb: float


class Asterisk:
    """The Asterisk whose state is in `home/asterisk`. Its methods block: use `asyncio.to_thread`."""

    def __init__(self, config: Settings | None = None, *, demo: bool = False) -> None:
        """`demo` adds the demonstration's phones and its echo extension."""
        self.config = config or settings()
        self.demo = demo
        self.home = self.config.folder("asterisk")
        self.etc = self.home / "etc"
        self.log = self.home / "log" / "messages.log"
        self.console = self.home / "console.log"
        self.run_folder = _run_folder(self.home)
        self._child: subprocess.Popen[bytes] | None = None

    # -- life

    def start(self) -> None:
        """Render, start and wait until every module is loaded. Does nothing when it already runs.

        Raises NoAsterisk, PortTaken (naming port and owner), AsteriskDown (with the log's last errors).
        """
        if self.pid() is not None:
            return
        found = program(self.config)
        check_ports(self.config.asterisk)
        self.prepare(found)
        self._launch(found)

    def prepare(self, found: Program) -> None:
        """Write configuration, messages and folders, without starting anything."""
        user = system_user()
        self.config.folder("asterisk", "etc")
        make_folders(self.home, self.run_folder, user)
        places = Places(self.home, self.run_folder, found.modules, found.data)
        render(self.config, places, demo=self.demo)  # what is wrong is told by the names that the operator gave
        files = render(keys_for(self.config, self.etc, user), places, demo=self.demo)
        furnish(self.home, files, user)
        open_the_way(self.home, found, user)

    def stop(self, *, timeout: float = STOP_SECONDS) -> bool:
        """End it: SIGTERM, then after `timeout` seconds SIGKILL. False when it did not run."""
        pid = self.pid()
        if pid is None:
            self._reap(timeout)
            return False
        with watched(pid) as watch:
            for sign in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
                if watch.ended(timeout):
                    break
        self._reap(timeout)
        self._pid_file.unlink(missing_ok=True)
        return True

    def __enter__(self) -> Asterisk:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- questions

    def has_demo(self) -> bool:
        """Whether what was rendered last has the demonstration's phones."""
        written = self.etc / "extensions.conf"
        return written.exists() and "exten => *43,1," in written.read_text(encoding="utf-8")

    def pid(self) -> int | None:
        """Its process, if it runs and is ours (a process id that was given again does not count)."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.etc / "asterisk.conf") in command and state != "Z" else None

    def command(self, line: str, *, timeout: float = 20.0) -> str:
        """What Asterisk's console answers to `line`. Raises AsteriskDown."""
        if self.pid() is None:
            raise AsteriskDown("Asterisk does not run", hint="decroche asterisk up")
        found = program(self.config)
        done = subprocess.run(
            [*as_user(system_user()), *found.command, "-C", str(self.etc / "asterisk.conf"), "-rx", line],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd="/",
            env=environment(HOME="/nonexistent"),
        )
        if done.returncode:
            raise AsteriskDown(f"Asterisk did not answer {line!r}: {done.stderr.strip()[:200]}")
        return done.stdout

    def status(self) -> Status:
        """Version, uptime, modules, channels, memory. Raises AsteriskDown."""
        pid = self.pid()
        if pid is None:
            raise AsteriskDown("Asterisk does not run", hint="decroche asterisk up")
        uptime = self.command("core show uptime seconds")
        channels = self.command("core show channels count")
        return Status(
            pid,
            version(program(self.config)),
            number_after(uptime, "System uptime:"),
            number_before(self.command("module show"), "modules loaded"),
            number_before(channels, "active channel"),
            number_before(channels, "call"),
            resident_mb(pid),
        )

    def wait_idle(self, seconds: float, *, every: float = 15.0) -> bool:
        """Until no channel is in use, or it does not run; False after so long."""
        deadline = time.monotonic() + seconds
        while self.pid() is not None and number_before(self.command("core show channels count"), "active channel"):
            if time.monotonic() >= deadline:
                return False
            time.sleep(min(every, max(0.0, deadline - time.monotonic())))
        return True

    # -- the application's map of numbers, kept in Asterisk's own database

    def publish_numbers(self, fallbacks: Mapping[str, str]) -> None:
        """Tell the dialplan which E.164 numbers are agents', each with its fallback number ('' = none).

        Only what differs from what it knows is changed, new numbers first: no call meets a half-written map.
        """
        known = self.published_numbers()
        for number, fallback in fallbacks.items():
            if known.get(number) != fallback:
                self.publish_number(number, fallback)
        for number in known.keys() - fallbacks.keys():
            self.command(f"database del decroche/number {number}")
            self.command(f"database del decroche/fallback {number}")

    def published_numbers(self) -> dict[str, str]:
        """The numbers the dialplan knows, each with its fallback ('' = none)."""
        return published(self.command("database show decroche"))

    def publish_number(self, number: str, fallback: str = "") -> None:
        """Add or change one number. Raises BadInput when either is not E.164."""
        for value in (number, fallback) if fallback else (number,):
            if not (value.startswith("+") and value[1:].isascii() and value[1:].isdigit()):
                raise BadInput(f"{value!r} is not an E.164 number", hint="write it +33…")
        self.command(f"database put decroche/number {number} 1")
        self.command(f'database put decroche/fallback {number} "{fallback}"')

    def vouch_for(self, numbers: Iterable[str]) -> None:
        """Sign calls that leave showing one of these E.164 numbers, and no other (STIR/SHAKEN), from now on.

        Kept for the next start; told to Asterisk if it runs. Raises AsteriskDown, BadInput.
        """
        keep_vouched(self.config, numbers)
        if self.pid() is not None:
            self.prepare(program(self.config))
            self.command("module reload res_stir_shaken.so")

    # -- inside

    def _reap(self, timeout: float) -> None:
        """Take note of our own child's end, whoever ended it."""
        if self._child is not None:
            self._child.wait(timeout)
            self._child = None

    @property
    def _pid_file(self) -> Path:
        return self.run_folder / "asterisk.pid"

    def _launch(self, found: Program) -> None:
        self._pid_file.unlink(missing_ok=True)
        where = self.run_folder / "ready"
        where.unlink(missing_ok=True)
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready,
            self.console.open("ab") as console,
        ):
            before = os.umask(0)  # its folder is its user's alone
            try:
                ready.bind(str(where))
            finally:
                os.umask(before)
            try:
                with uninterrupted():
                    self._child = subprocess.Popen(
                        [*found.command, "-f", "-C", str(self.etc / "asterisk.conf")],
                        stdin=subprocess.DEVNULL,
                        stdout=console,
                        stderr=console,
                        cwd=self.home / "spool",
                        env=environment(HOME=str(self.home / "lib"), NOTIFY_SOCKET=str(where)),
                        start_new_session=True,
                        **identity(system_user()),
                    )
                self._await_ready(self._child, ready)
            except BaseException:
                if self._child is not None:
                    self._child.kill()
                    self._child.wait()
                    self._child = None
                raise
            finally:
                where.unlink(missing_ok=True)

    def _await_ready(self, child: subprocess.Popen[bytes], ready: socket.socket) -> None:
        """Asterisk says READY=1 (sd_notify) once it is fully booted; its death is noticed at once."""
        deadline = time.monotonic() + START_SECONDS
        with watched(child.pid) as watch:
            while (left := deadline - time.monotonic()) > 0:
                readable, _, _ = select.select([ready, watch.descriptor], [], [], left)
                if ready in readable and b"READY=1" in ready.recv(4096):
                    return
                if watch.descriptor in readable:
                    raise AsteriskDown(f"Asterisk ended while starting: {self.last_errors()}",
                                       hint=f"see {self.log}")  # fmt: skip
        raise AsteriskDown(f"Asterisk was not ready after {START_SECONDS:.0f} s", hint=f"see {self.log}")

    def last_errors(self) -> str:
        """The last error of its log, for a message."""
        lines: list[str] = []
        for path in (self.log, self.console):
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-200:]
        errors = [line for line in lines if "ERROR" in line]
        return (errors or lines or ["no log"])[-1].strip()


def _run_folder(home: Path) -> Path:
    """Where its socket lives: in its home, or beside the temporary files when that path is too long."""
    folder = home / "run"
    if len(os.fsencode(folder / "asterisk.ctl")) <= SOCKET_PATH_MAX:
        return folder
    mark = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"decroche-{home.stat().st_uid}-{mark}"
