"""Making a database fit for use: roles, migrations, and the proof that the service cannot bypass RLS.

Three roles, made when missing (a role that may create roles must be behind `admin_url`, or they exist):

    decroche_owner      owns schemas and tables, cannot log in; migrations and definer functions run as it
    decroche_operator   may see every tenant; taken on by the admin's login through `db.operator()`
    decroche_service    what the service may do; never more than one tenant's rows at a time
"""

from __future__ import annotations

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from store.db import OLDEST, OPERATOR, OWNER, SERVICE, Conn, DatabaseUnfit, connect
from store.embedded import EmbeddedServer
from store.migrate import apply
from store.secrets import secret
from store.settings import Settings

DATABASE = "decroche"
_LOCK = 0x0DEC_0C4F  # processes that start at once take turns


def prepare(of: Settings, *, migrate: bool = True) -> tuple[str, str]:
    """(service DSN, operator DSN or "") of a database that is up, migrated and safe."""
    if of.database.url:
        service, admin = of.database.url, of.database.admin_url
    else:
        server = EmbeddedServer(of)
        server.start()
        service, admin = embedded_database(server, DATABASE, of)
    if migrate and admin:
        with connect(admin) as conn:
            set_up(conn, str(conninfo_to_dict(service).get("user") or SERVICE))
    with connect(service) as conn:
        refuse_bypass(conn)
    return service, admin


def embedded_database(server: EmbeddedServer, name: str, of: Settings) -> tuple[str, str]:
    """(service DSN, admin DSN) of the database `name` in the embedded server, made when missing."""
    password = secret("postgres-service", of=of)
    with connect(server.dsn()) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # until the connection closes
        _make_role(conn, SERVICE)
        conn.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(SERVICE), sql.Literal(password)))
        if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.dsn(SERVICE, password, name), server.dsn(database=name)


def set_up(conn: Conn, service_user: str) -> list[str]:
    """Check the version, make the roles, apply the migrations; the names of those applied now."""
    check_version(conn)
    for role in (OWNER, OPERATOR, SERVICE):
        _make_role(conn, role)
    database = sql.Identifier(conn.info.dbname)
    owner, operator, service = (sql.Identifier(role) for role in (OWNER, OPERATOR, SERVICE))
    for statement in (
        # as a member, the admin may SET ROLE to them
        sql.SQL("GRANT {}, {} TO CURRENT_USER").format(owner, operator),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, owner),
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}, {}").format(database, operator, service),
    ):
        conn.execute(statement)
    if service_user != SERVICE:
        conn.execute(sql.SQL("GRANT {} TO {}").format(service, sql.Identifier(service_user)))
    return apply(conn)


def check_version(conn: Conn) -> None:
    """Raises DatabaseUnfit for a PostgreSQL too old."""
    if conn.info.server_version < OLDEST * 10_000:
        raise DatabaseUnfit(
            f"PostgreSQL {conn.info.server_version // 10_000} is too old, {OLDEST} or later is needed",
            hint="upgrade it, or leave DECROCHE_DATABASE__URL empty to use the embedded one",
        )


# A role passes when neither it nor any role it may become is a superuser, may bypass RLS, or is one to which
# the policies show every tenant (the owner and the operator).
_BYPASS = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls
  FROM pg_roles r
 WHERE (r.rolsuper OR r.rolbypassrls OR r.rolname IN ('decroche_owner', 'decroche_operator'))
   AND pg_has_role(current_user, r.oid, 'MEMBER')
 ORDER BY r.rolname = current_user DESC, r.rolname
"""


def refuse_bypass(conn: Conn) -> None:
    """Raises DatabaseUnfit when the role of `conn` could see past row-level security."""
    check_version(conn)
    row = conn.execute(_BYPASS).fetchone()
    if row is None:
        return
    why = "is a superuser" if row["rolsuper"] else "may bypass RLS" if row["rolbypassrls"] else "sees every tenant"
    user = conn.info.user
    who = f"the service's role {user}" + ("" if row["rolname"] == user else f" may become {row['rolname']}, which")
    raise DatabaseUnfit(
        f"{who} {why}: row-level security would not hold",
        hint="DECROCHE_DATABASE__URL must name a role with NOSUPERUSER NOBYPASSRLS that owns none of our tables",
    )


def service_dsn(admin: str, user: str, password: str) -> str:
    """The DSN of `user` in the database of `admin`."""
    return make_conninfo(admin, user=user, password=password)


def _make_role(conn: Conn, name: str) -> None:
    """CREATE ROLE IF NOT EXISTS, also when two processes try at once (roles belong to the whole server)."""
    conn.execute(
        sql.SQL("""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {text}) THEN
                    CREATE ROLE {name} NOLOGIN NOSUPERUSER NOBYPASSRLS;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$""").format(text=sql.Literal(name), name=sql.Identifier(name))
    )
