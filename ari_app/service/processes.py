"""A process of ours in the background: started, found again by its file, stopped."""

from __future__ import annotations

import contextlib
import os
import pwd
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from store.base.interrupts import uninterrupted
from store.base.settings import Settings
from store.base.unprivileged import as_its_folder, environment, identity

NEEDS = (
    "DECROCHE_", "PG", "XDG_", "PYTHON", "VIRTUAL_ENV", "LC_", "LD_LIBRARY_PATH", "CUDA_", "NVIDIA_", "OMP_",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_",
)  # fmt: skip
"""What of our environment a process is given: its settings, its database, its libraries, its way out."""


@dataclass(frozen=True, slots=True)
class Background:
    """One part of what `decroche up` starts: its name, and the command that it is."""

    settings: Settings
    name: str
    command: str

    @property
    def pid_file(self) -> Path:
        """Where it is written which process it is."""
        return self.settings.folder("run") / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        """What it prints; its own log, which it rotates, is another file."""
        return self.settings.folder("logs") / f"{self.name}.out"

    def pid(self) -> int | None:
        """Its process, if it runs and is ours (a process id given again does not count)."""
        try:
            pid = int(self.pid_file.read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return None
        return pid if self.command.encode() in words and state != "Z" else None

    def launch(self, user: pwd.struct_passwd | None, arguments: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start it, as `user` where root hands it over, with nothing of ours but what it needs."""
        home = {"HOME": str(self.settings.home)} if user else {"HOME": os.environ.get("HOME", "/")}
        places = {"DECROCHE_HOME": str(self.settings.home), "DECROCHE_CACHE": str(self.settings.cache)}
        opened = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(opened, "ab") as output, uninterrupted():
            as_its_folder(output.fileno(), self.log)
            child = subprocess.Popen(
                [sys.executable, "-m", "ari_app.cli", self.command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/" if user else Path(__file__).parent.parent,
                start_new_session=True,
                env=environment(*NEEDS, self.settings.llm.api_key_env, **home, **places),
                **identity(user),
            )
            self.pid_file.write_text(str(child.pid))  # root's: who runs as another names no process for root to end
        return child

    def stop(self, sign: signal.Signals, seconds: float) -> bool:
        """End it by a signal, and after so long by SIGKILL. False when it did not run."""
        pid = self.pid()
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            _end(pid, sign, seconds)
        self.pid_file.unlink(missing_ok=True)
        return True


def _end(pid: int, sign: signal.Signals, seconds: float) -> None:
    descriptor = os.pidfd_open(pid)
    try:
        os.kill(pid, sign)
        if not select.select([descriptor], [], [], seconds)[0]:
            os.kill(pid, signal.SIGKILL)
            select.select([descriptor], [], [], 10)
    finally:
        os.close(descriptor)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
