"""The embedded server's whole life, as whoever runs the tests, and as an ordinary user."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from store import tenants
from store.base.settings import DatabaseSettings, Settings, settings
from store.db import Database, DatabaseUnavailable, DatabaseUnfit, connect
from store.embedded import EmbeddedFailed, EmbeddedServer
from store.setup import open_database
from tests.actors import OPERATOR

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pristine() -> Generator[Path]:
    """A home folder whose server has been made, and stopped: initdb is slow, a copy is not."""
    with tempfile.TemporaryDirectory(prefix="decroche-test-") as folder:
        made = EmbeddedServer(Settings(home=Path(folder)))
        made.start(durable=False)
        made.stop()
        yield Path(folder)


@pytest.fixture
def bare(settings_home: Path) -> Generator[EmbeddedServer]:
    """A server under this test's home, never started yet; stopped afterwards."""
    made = EmbeddedServer(settings())
    yield made
    made.stop()


@pytest.fixture
def server(pristine: Path, settings_home: Path) -> Generator[EmbeddedServer]:
    """A server under this test's home, made and not running; stopped afterwards."""
    subprocess.run(["cp", "-a", str(pristine), str(settings_home)], check=True)
    made = EmbeddedServer(settings())
    yield made
    made.stop()


def test_a_database_opened_twice_keeps_what_was_written(server: EmbeddedServer) -> None:
    with open_database() as db, db.operator() as conn:
        tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)
    server.stop()
    with open_database() as db, db.operator() as conn:
        assert [t.slug for t in tenants.listed(conn)] == ["dentiste"]


def test_starting_and_stopping_twice_is_the_same_as_once(server: EmbeddedServer) -> None:
    first = server.start(durable=False)
    assert server.start(durable=False) == first
    server.stop()
    server.stop()
    assert not server.status().running


def test_a_wrong_password_is_refused_even_on_the_socket(server: EmbeddedServer) -> None:
    server.start(durable=False)
    with pytest.raises(DatabaseUnavailable, match="password authentication failed"):
        connect(server.dsn(password="guess"))


def test_it_listens_on_no_port(server: EmbeddedServer) -> None:
    server.start(durable=False)
    with connect(server.dsn()) as conn:
        assert conn.execute("SHOW listen_addresses").fetchone() == {"listen_addresses": ""}


def test_nobody_else_may_enter_its_folder(server: EmbeddedServer) -> None:
    server.start(durable=False)
    assert server.data.stat().st_mode & 0o077 == 0


def test_a_path_too_long_for_a_socket_is_no_obstacle(new_folder: Path) -> None:
    deep = new_folder / ("long-" * 12) / ("name-" * 12)
    made = EmbeddedServer(Settings(home=deep))
    made.start(durable=False)
    try:
        with connect(made.dsn()) as conn:
            assert conn.info.status == psycopg.pq.ConnStatus.OK
    finally:
        made.stop()


def test_a_start_that_was_killed_leaves_a_lock_file_that_is_no_obstacle(server: EmbeddedServer) -> None:
    server.start(durable=False)
    server.stop()
    (server.data / "postmaster.pid").write_text("999999999\n")
    assert server.start(durable=False).running


@pytest.mark.parametrize(("damage", "says"), [("17", "PostgreSQL 17"), (None, "holds no database")])
def test_a_folder_of_another_version_or_of_something_else_is_refused(
    bare: EmbeddedServer, damage: str | None, says: str
) -> None:
    bare.data.mkdir(parents=True)
    (bare.data / ("PG_VERSION" if damage else "notes.txt")).write_text(damage or "mine")
    with pytest.raises(EmbeddedFailed, match=says):
        bare.start(durable=False)


def test_a_damaged_folder_is_refused_with_the_servers_own_words(server: EmbeddedServer) -> None:
    server.start(durable=False)
    server.stop()
    (server.data / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedFailed, match="pg_control"):
        server.start(durable=False)


def test_a_server_that_goes_away_is_said_to_and_its_return_is_noticed(server: EmbeddedServer) -> None:
    with open_database() as opened:
        dsn = opened.service_dsn
    with Database(dsn, wait_seconds=1) as db:
        with pytest.raises(DatabaseUnavailable), db.service() as conn:  # noqa: PT012
            server.stop()
            conn.execute("SELECT 1")
        with pytest.raises(DatabaseUnavailable), db.service():
            pass
        server.start(durable=False)
        with db.service() as conn:
            assert conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_an_own_database_that_does_not_answer_is_named_without_its_password(settings_home: Path) -> None:
    url = "postgresql://me:hush@127.0.0.1:1/none"
    of = Settings(home=settings_home, database=DatabaseSettings(url=url))
    with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1") as caught:
        open_database(of)
    assert "hush" not in str(caught.value) + caught.value.hint


def test_a_superusers_dsn_is_refused_for_the_service(server: EmbeddedServer) -> None:
    with open_database():
        admin = server.dsn(database="decroche")
    of = Settings(home=settings().home, database=DatabaseSettings(url=admin, admin_url=admin))
    with pytest.raises(DatabaseUnfit, match="superuser"):
        open_database(of)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; others are one already")
def test_an_ordinary_user_can_run_it_too(new_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    new_folder.chmod(0o755)
    home = new_folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    script = (
        "from store.embedded import EmbeddedServer as E; from store.base.settings import settings;"
        "e = E(settings()); print(e.start(durable=False).running); e.stop(); print(e.status().running)"
    )
    libraries = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    done = subprocess.run(
        [python_for_others(), "-c", script],
        cwd=ROOT, env={"DECROCHE_HOME": str(home), "HOME": str(home), "PYTHONPATH": ":".join(libraries)},
        user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["True", "False"], done.stderr


def python_for_others() -> str:
    """This Python, or the system's of the same version, if other users may run it."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, f"/usr/bin/python{wanted}"):
        folders = Path(path).resolve().parents
        if Path(path).exists() and all(folder.stat().st_mode & 0o001 for folder in folders):
            return path
    pytest.skip("every Python of this version is in a folder closed to other users")
