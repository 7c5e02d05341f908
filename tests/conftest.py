"""Fixtures every folder's tests share: a private home, a private real PostgreSQL, a fresh database each test."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg import sql

from store.db import Database, connect
from store.embedded import EmbeddedServer
from store.settings import DatabaseSettings, Settings, settings
from store.setup import SERVICE, embedded_database, set_up

TEMPLATE = "decroche_template"


@pytest.fixture
def settings_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home folder for this test only, which settings() answers with."""
    home = tmp_path / "home"
    monkeypatch.setenv("DECROCHE_HOME", str(home))
    monkeypatch.delenv("DECROCHE_CONFIG", raising=False)
    settings.cache_clear()
    yield home
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[EmbeddedServer, Settings]]:
    """A real PostgreSQL, private to this run, holding a migrated template; stopped at the end."""
    of = Settings(home=tmp_path_factory.mktemp("pg"), database=DatabaseSettings(url="", admin_url="", pool_max=8))  # pyright: ignore[reportCallIssue]
    server = EmbeddedServer(of)
    server.start(durable=False)
    try:
        _, admin = embedded_database(server, TEMPLATE, of)
        with connect(admin) as conn:
            set_up(conn, SERVICE)
        yield server, of
    finally:
        server.stop()


@pytest.fixture
def database(postgres: tuple[EmbeddedServer, Settings]) -> Generator[Database]:
    """A migrated, empty database of this test's own, copied from the template (about 30 ms)."""
    server, of = postgres
    name = f"test_{uuid4().hex}"
    with connect(server.dsn()) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    service, admin = embedded_database(server, name, of)
    with connect(admin) as conn:
        set_up(conn, SERVICE)  # what a template does not carry: privileges on the database itself
    with Database(service, admin) as db:
        yield db
    with connect(server.dsn()) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
