"""Row-level security: what a forgotten WHERE, a wrong id, a SET ROLE can and cannot reach."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from store import calls, numbers, tenants
from store.base.errors import NotFound
from store.calls import Cdr
from store.db import Conn, Database, DatabaseUnfit, NoOperator, connect
from store.setup import refuse_bypass
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.conftest import Postgres

# The tables of the database that are no tenant's. Adding one here needs a reason; the migration gives it too.
SHARED = {"app.migrations", "app.shared_tables", "store.audit_head", "store.nodes", "store.trunks"}


def test_every_table_is_a_tenants_under_forced_rls_or_is_on_the_list_with_a_reason(superuser: Conn) -> None:
    loose = superuser.execute("SELECT * FROM app.loose_tables()").fetchall()
    assert loose == []


def test_every_table_with_a_tenant_id_forces_rls_and_the_store_shares_only_five(superuser: Conn) -> None:
    rows = superuser.execute(
        """SELECT format('%s.%s', n.nspname, c.relname) AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
                  EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') AS owned
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND c.relowner = 'decroche_owner'::regrole"""
    ).fetchall()
    assert [row["name"] for row in rows if row["owned"] and not row["forced"]] == []
    ours = {row["name"] for row in rows if not row["forced"] and row["name"].startswith(("app.", "store."))}
    assert ours == SHARED


def test_a_select_without_where_returns_one_tenants_rows(
    database: Database, dentist: Tenant, townhall: Tenant, cdr: Cdr
) -> None:
    with database.tenant(dentist.id) as conn:
        calls.insert_cdr(conn, cdr)
    with database.tenant(townhall.id) as conn:
        assert conn.execute("SELECT * FROM store.calls").fetchall() == []
        assert [t.slug for t in tenants.listed(conn)] == ["mairie"]


def test_another_tenants_call_is_not_found_even_by_its_id(database: Database, townhall: Tenant, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
    with database.tenant(townhall.id) as conn, pytest.raises(NotFound):
        calls.get(conn, cdr.id)


def test_a_row_cannot_be_written_in_another_tenants_name(database: Database, townhall: Tenant, cdr: Cdr) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.tenant(townhall.id) as conn:
        calls.insert_cdr(conn, cdr)


def test_an_update_without_where_changes_one_tenants_rows(database: Database, townhall: Tenant, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
    with database.tenant(townhall.id) as conn:
        assert conn.execute("UPDATE store.calls SET asterisk_cdr = '{}'").rowcount == 0


def test_a_session_of_no_tenant_sees_no_row(database: Database, cdr: Cdr) -> None:
    with database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, cdr)
    with database.service() as conn:
        assert conn.execute("SELECT * FROM store.calls").fetchall() == []
        assert tenants.listed(conn) == []


@pytest.mark.parametrize("role", ["decroche_owner", "decroche_operator", "postgres"])
def test_the_service_cannot_become_a_role_that_sees_more(database: Database, role: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.service() as conn:
        conn.execute(f"SET ROLE {role}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE store.calls DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE store.calls NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON store.calls",
        "CREATE POLICY mine ON store.calls USING (true)",
        "ALTER ROLE decroche_service BYPASSRLS",
        "TRUNCATE store.calls",
    ],
)
def test_the_service_cannot_undo_the_protection(database: Database, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.service() as conn:
        conn.execute(statement)  # type: ignore[arg-type]


def test_switching_row_security_off_makes_the_query_fail_rather_than_leak(database: Database, dentist: Tenant) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.tenant(dentist.id) as conn:  # noqa: PT012
        conn.execute("SET LOCAL row_security = off")
        conn.execute("SELECT * FROM store.calls")


def test_a_commit_in_the_middle_is_refused_so_that_the_tenant_is_never_lost_unseen(
    database: Database, dentist: Tenant
) -> None:
    with pytest.raises(psycopg.ProgrammingError), database.tenant(dentist.id) as conn:
        conn.commit()


def test_a_connection_goes_back_to_the_pool_knowing_no_tenant(postgres: Postgres, dentist: Tenant) -> None:
    with Database(postgres.service, pool_max=1) as one:
        with one.tenant(dentist.id) as conn:
            conn.execute("SELECT set_config('app.tenant', %s, false)", (str(dentist.id),))  # a careless SET
        with one.service() as conn:
            assert conn.execute("SELECT app.tenant() AS t").fetchone() == {"t": None}


def test_an_exception_rolls_the_whole_transaction_back(database: Database, cdr: Cdr) -> None:
    with pytest.raises(ZeroDivisionError), database.tenant(cdr.tenant_id) as conn:  # noqa: PT012
        calls.insert_cdr(conn, cdr)
        raise ZeroDivisionError
    with database.tenant(cdr.tenant_id) as conn, pytest.raises(NotFound):
        calls.get(conn, cdr.id)


def test_threads_of_different_tenants_never_see_each_others_rows(
    database: Database, dentist: Tenant, townhall: Tenant
) -> None:
    start = threading.Barrier(2)

    def look(tenant: Tenant) -> set[str]:
        start.wait(10)
        seen: set[str] = set()
        for _ in range(50):
            with database.tenant(tenant.id) as conn:
                seen |= {t.slug for t in tenants.listed(conn)}
        return seen

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(look, [dentist, townhall])) == [{"dentiste"}, {"mairie"}]


def test_the_service_learns_who_answers_a_number_without_seeing_any_tenants_rows(
    database: Database, dentist: Tenant
) -> None:
    with database.operator() as conn:
        numbers.add(conn, "+33162001234", fallback="+33145678901", by=OPERATOR)
        numbers.assign(conn, "+33162001234", dentist.id, agent="accueil", by=OPERATOR)
    with database.service() as conn:
        assert conn.execute("SELECT * FROM store.numbers").fetchall() == []
        assert numbers.route(conn, "+33162001234") == numbers.Route(
            "+33162001234", dentist.id, "active", "accueil", None, "+33145678901"
        )


def test_the_operator_sees_every_tenant(database: Database, dentist: Tenant, townhall: Tenant) -> None:
    with database.operator() as conn:
        assert {t.slug for t in tenants.listed(conn)} == {dentist.slug, townhall.slug}


def test_without_an_admin_dsn_operator_work_is_refused_with_what_to_set(postgres: Postgres) -> None:
    with (
        Database(postgres.service) as db,
        pytest.raises(NoOperator, match="admin role"),
        db.operator(),
    ):
        pass


def test_a_superuser_is_refused_as_the_services_role(superuser: Conn) -> None:
    with pytest.raises(DatabaseUnfit, match="superuser"):
        refuse_bypass(superuser)


@pytest.mark.parametrize(
    ("grant", "why"),
    [
        ("ALTER ROLE {role} BYPASSRLS", "may bypass RLS"),
        ("GRANT decroche_owner TO {role}", "sees every tenant"),
        ("GRANT decroche_operator TO {role}", "sees every tenant"),
    ],
)
def test_a_role_that_could_see_past_rls_is_refused(postgres: Postgres, superuser: Conn, grant: str, why: str) -> None:
    role = "careless"
    superuser.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE decroche_service")  # type: ignore[arg-type]
    try:
        superuser.execute(grant.format(role=role))  # type: ignore[arg-type]
        dsn = postgres.server.dsn(role, "x", superuser.info.dbname)
        with connect(dsn) as conn, pytest.raises(DatabaseUnfit, match=why):
            refuse_bypass(conn)
    finally:
        superuser.execute(f"DROP ROLE {role}")  # type: ignore[arg-type]


def test_the_services_own_role_passes(postgres: Postgres) -> None:
    with connect(postgres.service) as conn:
        refuse_bypass(conn)


def test_a_service_role_that_owns_a_table_is_refused(own_database: Database) -> None:
    with connect(own_database.operator_dsn) as admin:
        admin.execute("ALTER TABLE store.messages OWNER TO decroche_service")
    with connect(own_database.service_dsn) as conn, pytest.raises(DatabaseUnfit, match=r"owns store\.messages"):
        refuse_bypass(conn)


def test_any_session_may_ask_a_tenants_id_by_its_slug(database: Database, dentist: Tenant) -> None:
    with database.service() as conn:
        assert tenants.tenant_id(conn, "dentiste") == dentist.id
        with pytest.raises(NotFound, match="nobody"):
            tenants.tenant_id(conn, "nobody")
