"""The database as the house sees it: transactions that already know whose they are.

    with db.tenant(tenant_id) as conn:  rows of one tenant, as the service's role
    with db.service() as conn:          no tenant's rows; SECURITY DEFINER functions such as app.route
    with db.operator() as conn:         every tenant's rows, as the role decroche_operator

Each is one transaction: committed at the end, rolled back by an exception. `app.tenant` is set inside the
transaction only, so a connection goes back to the pool knowing nothing. Threads may share a Database;
asyncio code calls it through `asyncio.to_thread`.

What row-level security is for: a forgotten WHERE, a wrong join, an id of another tenant leak and change
nothing. What it is not for: SQL written by an attacker running as the service's role could set
`app.tenant` itself; against that, all values are bound parameters and nothing builds SQL from input.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from store.base.errors import BadInput, Refused, Unavailable

Conn = psycopg.Connection[DictRow]
"""A connection inside a transaction; rows are dicts by column name."""

Row = TypeVar("Row")

OLDEST = 15
"""The oldest PostgreSQL we run on: MERGE, and `security_invoker` views."""

SERVICE, OPERATOR, OWNER, PORTAL = "decroche_service", "decroche_operator", "decroche_owner", "decroche_portal"


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached."""

    code = "database_unavailable"


class DatabaseUnfit(BadInput):
    """The database cannot serve us as it is set up."""

    code = "database_unfit"


class NoOperator(Refused):
    """This process has no operator's access to the database."""

    code = "database_no_operator"


class Database:
    """Pools of connections: one for the service's role, and one for the operator's where there is a DSN."""

    def __init__(self, service: str, operator: str = "", *, pool_max: int = 8, wait_seconds: float = 10) -> None:
        """`service`: DSN of a role that cannot bypass RLS; `operator`: of one that may be `decroche_operator`.

        `wait_seconds`: how long a transaction waits for a connection before DatabaseUnavailable.
        """
        self.service_dsn = service
        self.operator_dsn = operator
        self._service = pool_of(service, pool_max, wait_seconds, "service")
        self._operator = pool_of(operator, pool_max, wait_seconds, "operator", role=OPERATOR) if operator else None

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Generator[Conn]:
        """A transaction that sees and writes the rows of one tenant."""
        with _transaction(self._service, str(tenant_id)) as conn:
            yield conn

    @contextmanager
    def service(self) -> Generator[Conn]:
        """A transaction of no tenant: no tenant's row is visible, only what definer functions tell."""
        with _transaction(self._service, "") as conn:
            yield conn

    @contextmanager
    def operator(self, tenant_id: UUID | None = None) -> Generator[Conn]:
        """A transaction over all tenants, for the operator's own work. Raises NoOperator.

        `tenant_id` sets `app.tenant` beside, for functions that read it; it hides nothing here.
        """
        if self._operator is None:
            raise NoOperator(
                "operator-wide work needs the database's admin role",
                hint="set DECROCHE_DATABASE__ADMIN_URL for this command",
            )
        with _transaction(self._operator, str(tenant_id or "")) as conn:
            yield conn

    def close(self) -> None:
        """Close every connection; threads that wait for one get an error."""
        self._service.close()
        if self._operator is not None:
            self._operator.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def turned_to(conn: Conn, tenant_id: UUID) -> Generator[None]:
    """An operator's transaction writes as one of this tenant while the body runs: its events and jobs are the tenant's.

    One that is of that tenant already stays as it is. Raises Refused in another tenant's: none turns to another.
    """
    row = conn.execute(
        "SELECT current_setting('app.tenant', true) AS tenant, current_user = %s AS operator", (OPERATOR,)
    ).fetchone()
    assert row is not None
    before, asked = row["tenant"] or "", str(tenant_id)
    if before != asked and not row["operator"]:
        raise Refused("this transaction is of another tenant", hint="db.operator()")
    conn.execute("SELECT set_config('app.tenant', %s, true)", (asked,))
    yield
    conn.execute("SELECT set_config('app.tenant', %s, true)", (before,))


class _OnlyTried(Exception):
    """Takes a transaction back."""


@contextmanager
def tried(db: Database, tenant_id: UUID, dry_run: bool) -> Generator[Conn]:
    """An operator's transaction of a tenant, taken back at its end where it is a dry run."""
    with suppress(_OnlyTried), db.operator(tenant_id) as conn:
        yield conn
        if dry_run:
            raise _OnlyTried


@contextmanager
def _transaction(pool: ConnectionPool[Conn], tenant: str) -> Generator[Conn]:
    with taken(pool) as conn, conn.transaction():
        conn.execute("SELECT set_config('app.tenant', %s, true)", (tenant,))
        yield conn


@contextmanager
def taken(pool: ConnectionPool[Conn]) -> Generator[Conn]:
    """One connection of the pool, opened at first use; outside any transaction. Raises DatabaseUnavailable."""
    try:
        pool.open()
        conn = pool.getconn()
    except (PoolTimeout, psycopg.OperationalError) as error:
        raise unreachable(str(pool.conninfo), error) from error
    try:
        yield conn
    except psycopg.OperationalError as error:
        if conn.closed:  # the server went away meanwhile; its own reason is not lost
            raise unreachable(str(pool.conninfo), error) from error
        raise
    finally:
        pool.putconn(conn)


def pool_of(dsn: str, size: int, wait_seconds: float, name: str, *, role: str = "") -> ConnectionPool[Conn]:
    """A pool that connects at first use; `name` tells the server whose it is; `role`: what connections become."""
    options = "-c timezone=UTC -c idle_in_transaction_session_timeout=120s"
    kwargs: dict[str, Any] = {"row_factory": dict_row, "connect_timeout": 5, "application_name": f"decroche {name}"}
    given = str(conninfo_to_dict(dsn).get("options") or "")
    kwargs["options"] = f"{given} {options}" + (f" -c role={role}" if role else "")
    return ConnectionPool[Conn](
        dsn,
        kwargs=kwargs,
        min_size=0,
        max_size=size,
        open=False,
        timeout=wait_seconds,
        reconnect_timeout=wait_seconds,
        check=ConnectionPool[Conn].check_connection,
        name=f"decroche-{name}",
    )


def connect(dsn: str) -> Conn:
    """A connection of one's own (autocommit), outside the pools. Raises DatabaseUnavailable."""
    try:
        return Conn.connect(dsn, autocommit=True, row_factory=dict_row, connect_timeout=5, options="-c timezone=UTC")
    except psycopg.OperationalError as error:
        raise unreachable(dsn, error) from error
    except psycopg.ProgrammingError:
        # libpq quotes what it cannot read, the password with it
        raise BadInput(
            "the database DSN cannot be read",
            hint="DECROCHE_DATABASE__URL (and __ADMIN_URL): postgresql://user@host/db",
        ) from None


def unreachable(dsn: str, error: Exception) -> DatabaseUnavailable:
    """The error to raise when `dsn` does not answer; says where, never with which password."""
    return DatabaseUnavailable(
        f"no database at {safe_dsn(dsn)}: {str(error).strip()}",
        hint="decroche database status; is PostgreSQL running, and DECROCHE_DATABASE__URL right?",
    )


def safe_dsn(dsn: str) -> str:
    """`dsn` without its password."""
    parts = conninfo_to_dict(dsn)
    parts.pop("password", None)
    return make_conninfo(**parts)  # pyright: ignore[reportArgumentType]  (None values are allowed)


def pages(cursor: psycopg.ServerCursor[Row], size: int = 10_000) -> Iterator[list[Row]]:
    """The rows of a server-side cursor, so many at once; the next ones are fetched while some are used."""
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(cursor.fetchmany, size)
        while page := ahead.result():
            ahead = pool.submit(cursor.fetchmany, size)
            yield page
