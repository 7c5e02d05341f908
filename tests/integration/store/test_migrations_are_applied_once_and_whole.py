"""The runner against a real database of its own."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg import sql

from store.db import Conn, Database, connect
from store.migrate import Migration, MigrationFailed, applied, apply, load
from store.setup import SERVICE, set_up
from tests.conftest import Postgres


@pytest.fixture
def own(own_database: Database) -> Generator[Conn]:
    """A superuser's connection to a database of this test's own."""
    with connect(own_database.operator_dsn) as conn:
        yield conn


def exists(conn: Conn, table: str) -> bool:
    return conn.execute("SELECT to_regclass(%s) AS t", (table,)).fetchone() != {"t": None}


def test_migrating_again_applies_nothing(own: Conn) -> None:
    assert set_up(own, SERVICE) == []


def test_a_file_that_fails_half_way_leaves_nothing_and_says_which(own: Conn) -> None:
    bad = Migration("9901_bad", "CREATE TABLE store.half (id int); SELECT nonsense")
    with pytest.raises(MigrationFailed, match="9901_bad"):
        apply(own, [*load(), bad])
    assert not exists(own, "store.half")
    assert "9901_bad" not in applied(own)


def test_a_table_that_is_neither_a_tenants_nor_shared_is_refused(own: Conn) -> None:
    loose = Migration("9901_loose", "CREATE TABLE store.loose (tenant_id uuid)")
    with pytest.raises(MigrationFailed, match=r"store\.loose"):
        apply(own, [*load(), loose])
    assert not exists(own, "store.loose")


def test_one_line_makes_a_table_a_tenants(own: Conn, own_database: Database) -> None:
    text = "CREATE TABLE store.more (tenant_id uuid NOT NULL); SELECT app.tenant_table('store.more', 'SELECT')"
    assert apply(own, [*load(), Migration("9901_more", text)]) == ["9901_more"]
    own.execute("INSERT INTO store.more VALUES (gen_random_uuid())")
    with own_database.service() as conn:
        assert conn.execute("SELECT * FROM store.more").fetchall() == []
    with own_database.operator() as conn:
        assert len(conn.execute("SELECT * FROM store.more").fetchall()) == 1


def test_two_processes_that_migrate_at_once_apply_each_file_once(postgres: Postgres) -> None:
    with connect(postgres.server.dsn()) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier("race")))

    def migrate(_: int) -> list[str]:
        with connect(postgres.server.dsn(database="race")) as conn:
            return set_up(conn, SERVICE)

    with ThreadPoolExecutor(3) as pool:
        names = sorted(name for names in pool.map(migrate, range(3)) for name in names)
    postgres.drop("race")
    assert names == [migration.name for migration in load()]


def test_an_owner_who_is_no_superuser_can_set_a_database_up(postgres: Postgres) -> None:
    with connect(postgres.server.dsn()) as conn:
        # what a database provider gives: the database, and the right to make roles
        conn.execute("CREATE ROLE landlord LOGIN PASSWORD 'x' CREATEROLE")
        conn.execute("GRANT decroche_owner, decroche_operator, decroche_service TO landlord WITH ADMIN OPTION")
        conn.execute("CREATE DATABASE rented OWNER landlord")
    try:
        with connect(postgres.server.dsn("landlord", "x", "rented")) as conn:
            assert set_up(conn, SERVICE) == [migration.name for migration in load()]
        with (
            Database(
                postgres.server.dsn("landlord", "x", "rented"), postgres.server.dsn("landlord", "x", "rented")
            ) as db,
            db.operator() as conn,
        ):
            assert conn.execute("SELECT current_user AS u").fetchone() == {"u": "decroche_operator"}
    finally:
        postgres.drop("rented")
        with connect(postgres.server.dsn()) as conn:
            conn.execute("DROP OWNED BY landlord")
            conn.execute("DROP ROLE landlord")
