"""Backups: pg_dump's custom format, whole, taken while calls go on; and the way back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from store.base.errors import BadInput, Refused, Unavailable
from store.base.settings import Settings
from store.base.unprivileged import environment
from store.db import OWNER, connect
from store.embedded import EmbeddedFailed, binaries
from store.setup import admin_dsn_of, make_roles, service_user, set_up_from

_DUMPED = 4 << 20


class BackupFailed(Unavailable):
    """The backup could not be made or restored."""

    code = "backup_failed"


def backup(of: Settings, out: Path) -> Path:
    """Dump the database to `out` (mode 0600); the file is whole before it has its name. Raises BackupFailed."""
    draft = out.with_name(f".{out.name}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror}", hint="name a file in a folder you may write") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            # as the owner, whom the policies show every row; pg_dump would refuse tables it sees in part
            options = ["--format=custom", f"--role={OWNER}", "--enable-row-security", *_schemas(of)]
            _run(of, "pg_dump", *options, stdout=file.fileno())
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return out


def dumped(of: Settings, snapshot: str) -> Iterator[bytes]:
    """The database as it is in an exported snapshot, in pieces of 4 MiB of pg_dump's custom format. BackupFailed."""
    command, env = _command(of, "pg_dump")
    options = ["--format=custom", f"--role={OWNER}", "--enable-row-security", f"--snapshot={snapshot}", *_schemas(of)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [*command, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=env
        ) as running,
    ):
        try:
            assert running.stdout is not None
            while piece := running.stdout.read(_DUMPED):
                yield piece
        except BaseException:
            running.kill()
            raise
        if running.wait():
            said.seek(0)
            raise _failed("pg_dump", said.read())


def restore(of: Settings, file: Path) -> None:
    """Fill an empty database from `file`, all or nothing, and bring it up to date.

    Raises Refused when the database holds something already; BackupFailed.
    """
    admin = admin_dsn_of(of)
    with connect(admin) as conn:
        make_roles(conn, service_user(of))
        if conn.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'app'").fetchone():
            raise Refused(
                f"the database {conn.info.dbname} is not empty",
                hint="move home/postgres away (or make a new database), then restore into that",
            )
    with file.open("rb") as source:
        _run(of, "pg_restore", "--single-transaction", "--exit-on-error", stdin=source.fileno())
    set_up_from(of)


def _schemas(of: Settings) -> list[str]:
    """Our schemas, as pg_dump's options: a database may hold what is not ours."""
    with connect(admin_dsn_of(of)) as conn:
        found = conn.execute(
            "SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspowner = %s::regrole", (OWNER,)
        )
        return [f"--schema={row['name']}" for row in found]


def _run(of: Settings, program: str, *arguments: str, stdin: int | None = None, stdout: int | None = None) -> None:
    command, env = _command(of, program)
    done = subprocess.run(
        [*command, *arguments],
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        env=env,
    )
    if done.returncode:
        raise _failed(program, done.stderr)


def _command(of: Settings, program: str) -> tuple[list[str], dict[str, str]]:
    """How a program of PostgreSQL's reaches the settings' database, and its whole environment."""
    parts = conninfo_to_dict(admin_dsn_of(of))
    password = str(parts.pop("password", "") or "")
    address = make_conninfo(**parts)  # pyright: ignore[reportArgumentType]  (None values are allowed)
    # the environment, unlike the arguments, cannot be read by other users
    env = environment("PG", "HOME", **({"PGPASSWORD": password} if password else {}), LC_ALL="C")
    return [_find(program), f"--dbname={address}"], env


def _failed(program: str, said: bytes) -> BackupFailed:
    lines = said.decode(errors="replace").strip().splitlines()
    return BackupFailed(f"{program}: " + "; ".join(lines[:3]), hint="see decroche database status")


def _find(program: str) -> str:
    """The embedded server's program (the newest), else the machine's."""
    try:
        return str(binaries() / program)
    except EmbeddedFailed:
        found = shutil.which(program)
        if found is None:
            raise BackupFailed(f"{program} is not installed", hint="apt install postgresql-client") from None
        return found
