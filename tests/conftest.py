"""Fixtures every folder's tests share: a private home, a private real PostgreSQL, an empty database each test.

`database` is one database for the whole run, put back to its state after migration before each test: a
few milliseconds. `own_database` is a copy of a test's own, for tests that change tables, roles or
migrations: a few hundred.
"""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
from psycopg import sql

from store.base.settings import Settings, settings
from store.db import Conn, Database, connect
from store.embedded import EmbeddedServer
from store.setup import SERVICE, embedded_database, set_up

# A loaded machine is slow, not wrong.
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a script's background job ignores Ctrl-C; its children would
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.asterisk_fixture"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged is told to another process as UTF-8: a lone surrogate, which some tests send, is escaped."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


TEMPLATE, SHARED = "decroche_template", "decroche_tests"

# Triggers and foreign keys are off for the superuser who resets: rows go whatever protects them.
# Rows that migrations put in come back; so do identity columns to where they began.
_RESET = """
CREATE SCHEMA testing;
CREATE TABLE testing.tables (name text PRIMARY KEY, seed text, columns text);

DO $$
DECLARE t record; n integer := 0; filled boolean;
BEGIN
    FOR t IN SELECT c.oid, format('%I.%I', s.nspname, c.relname) AS name
               FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'p') AND c.relowner = 'decroche_owner'::regrole LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', t.name) INTO filled;
        n := n + 1;
        INSERT INTO testing.tables
        SELECT t.name, CASE WHEN filled THEN format('testing.seed_%s', n) END,
               (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                 WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
        IF filled THEN EXECUTE format('CREATE TABLE testing.seed_%s AS TABLE %s', n, t.name); END IF;
    END LOOP;
END $$;

CREATE FUNCTION testing.reset() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t record; s record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR t IN SELECT * FROM testing.tables LOOP
        EXECUTE format('DELETE FROM %s', t.name);
        IF t.seed IS NOT NULL THEN
            EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s',
                           t.name, t.columns, t.columns, t.seed);
        END IF;
    END LOOP;
    FOR s IN SELECT schemaname, sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I.%I RESTART', s.schemaname, s.sequencename);
    END LOOP;
END $$;
"""


@dataclass
class Postgres:
    """The run's server: its settings, and the DSNs of the shared database."""

    server: EmbeddedServer
    settings: Settings
    service: str
    admin: str

    def copy(self) -> tuple[str, str, str]:
        """(name, service DSN, admin DSN) of a new copy of the migrated template."""
        name = f"test_{uuid4().hex}"
        with connect(self.server.dsn()) as conn:
            conn.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
            )
        return name, *self.open(name)

    def open(self, name: str) -> tuple[str, str]:
        """(service DSN, admin DSN) of a database that is then migrated."""
        service, admin = embedded_database(self.server, name, self.settings)
        with connect(admin) as conn:
            set_up(conn, SERVICE)  # for a copy: the privileges on the database, which a template does not carry
        return service, admin

    def drop(self, name: str) -> None:
        with connect(self.server.dsn()) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _folder() -> Generator[Path]:
    """Not pytest's tmp_path: each pytest that starts closes the folder above it to other users, and
    PostgreSQL is another user where root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="decroche-test-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def new_folder() -> Generator[Path]:
    """A new folder with a short path, in which a server may run."""
    with _folder() as folder:
        yield folder


@pytest.fixture
def settings_home(new_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home folder for this test only, which settings() answers with; no database but the embedded one."""
    home = new_folder / "home"
    monkeypatch.setenv("DECROCHE_HOME", str(home))
    for name in ("DECROCHE_CONFIG", "DECROCHE_DATABASE__URL", "DECROCHE_DATABASE__ADMIN_URL"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield home
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Generator[Postgres]:
    """A real PostgreSQL, private to this run; stopped at the end."""
    with _folder() as folder:
        of = Settings(home=folder)
        server = EmbeddedServer(of)
        server.start(durable=False)
        try:
            running = Postgres(server, of, "", "")
            running.open(TEMPLATE)
            running.service, running.admin = running.open(SHARED)
            with connect(running.admin) as conn:
                conn.execute(_RESET)
            yield running
        finally:
            server.stop()


@pytest.fixture(scope="session")
def superuser(postgres: Postgres) -> Generator[Conn]:
    """A superuser's connection to the shared database: what an intruder or a careless DBA could do."""
    with connect(postgres.admin) as conn:
        yield conn


@pytest.fixture
def database(postgres: Postgres, superuser: Conn) -> Generator[Database]:
    """A migrated, empty database; whatever the test leaves in it is gone before the next."""
    superuser.execute("SELECT testing.reset()")
    with Database(postgres.service, postgres.admin) as db:
        yield db


@pytest.fixture
def own_database(postgres: Postgres) -> Generator[Database]:
    """A migrated, empty database of this test's own, which it may damage."""
    name, service, admin = postgres.copy()
    with Database(service, admin) as db:
        yield db
    postgres.drop(name)
