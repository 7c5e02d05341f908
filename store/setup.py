"""Making a database fit for use: roles, migrations, and the proof that the service cannot bypass RLS.

Four roles, made when missing (a role that may create roles must be behind `admin_url`, or they exist):

    decroche_owner      owns schemas and tables, cannot log in; migrations and definer functions run as it
    decroche_operator   may see every tenant; taken on by the admin's login through `db.operator()`
    decroche_service    what the service may do; never more than one tenant's rows at a time
    decroche_portal     what the web may: less, and only the rows of the tenant whose session it shows (0700_portal.sql)
"""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from store.base.errors import BadInput
from store.base.secrets import secret
from store.base.settings import Settings, settings
from store.db import (
    OLDEST,
    OPERATOR,
    OWNER,
    PORTAL,
    SERVICE,
    Conn,
    Database,
    DatabaseUnavailable,
    DatabaseUnfit,
    NoOperator,
    connect,
)
from store.embedded import EmbeddedServer
from store.migrate import applied, apply, load, migrating, pending

DATABASE = "decroche"
OPERATOR_LOGIN = "decroche_operator_login"
"""Whom the operator's pool logs in as, where the database is the embedded one."""
_LOCK = 0x0DEC_0C4F  # processes that start at once take turns


def prepare(of: Settings, *, migrate: bool = True) -> tuple[str, str]:
    """(service DSN, operator DSN or "") of a database that is up, migrated and safe."""
    service, admin = _addresses(of)
    if migrate and admin:
        set_up_from(of)
    with connect(service) as conn:
        refuse_bypass(conn)
        waiting = pending(load(), applied(conn))
    if waiting:
        raise DatabaseUnfit(
            f"{len(waiting)} migrations are not applied, from {waiting[0].name} on",
            hint="decroche database migrate, with DECROCHE_DATABASE__ADMIN_URL set",
        )
    return service, admin if of.database.url else _operator_login(of, admin)


def _operator_login(of: Settings, admin: str) -> str:
    """The operator's DSN of the embedded database: a login that may become the operator and nothing more.

    The superuser's is for migrations and backups alone: `RESET ROLE`, slipped into a command, leads nowhere.
    """
    password = secret("postgres-operator", of=of)
    login, role = sql.Identifier(OPERATOR_LOGIN), sql.Identifier(OPERATOR)
    with connect(admin) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # until the connection closes
        _make_role(conn, OPERATOR_LOGIN)
        conn.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(login, sql.Literal(password)))
        conn.execute(sql.SQL("GRANT {} TO {}").format(role, login))
    return EmbeddedServer(of).dsn(OPERATOR_LOGIN, password, DATABASE)


def portal_dsn(of: Settings) -> str:
    """The web's DSN, of a database that `prepare` made ready: it may be less than the service's.

    Raises DatabaseUnfit when it could be the service, or see past row-level security; BadInput when none is set.
    """
    dsn = of.database.portal_url if of.database.url else portal_login(of, _addresses(of)[1])
    if not dsn:
        raise BadInput(
            "the portal has no access to the database of its own",
            hint="set DECROCHE_DATABASE__PORTAL_URL to a login that is a member of decroche_portal and of nothing more",
        )
    with connect(dsn) as conn:
        refuse_bypass(conn)
        if conn.execute("SELECT pg_has_role(current_user, %s, 'MEMBER') AS is", (SERVICE,)).fetchone() == {"is": True}:
            raise DatabaseUnfit(
                f"the portal's role {conn.info.user} may become {SERVICE}: the web would write what calls write",
                hint="DECROCHE_DATABASE__PORTAL_URL must name a member of decroche_portal and of nothing more",
            )
    return dsn


def portal_login(of: Settings, admin: str) -> str:
    """The DSN of the web's role in the embedded server, on the database of the DSN `admin`; its password is set."""
    password = secret("postgres-portal", of=of)
    with connect(admin) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # until the connection closes
        conn.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(PORTAL), sql.Literal(password)))
        return EmbeddedServer(of).dsn(PORTAL, password, conn.info.dbname)


def set_up_from(of: Settings) -> list[str]:
    """Roles and migrations for the settings' database, started if embedded; what was applied now."""
    with connect(admin_dsn_of(of)) as conn:
        return set_up(conn, service_user(of))


def admin_dsn_of(of: Settings) -> str:
    """The DSN that may migrate. Raises NoOperator when an own database has none."""
    admin = _addresses(of)[1]
    if not admin:
        raise NoOperator("no DSN that may migrate", hint="set DECROCHE_DATABASE__ADMIN_URL for this command")
    return admin


def service_dsn_of(of: Settings) -> str:
    """The service's DSN, of a database that runs already: nothing is started or made."""
    return of.database.url or EmbeddedServer(of).dsn(SERVICE, secret("postgres-service", of=of), DATABASE)


def running_database(of: Settings) -> Database:
    """The database of the settings as it runs: nothing is started, made or migrated. Raises DatabaseUnavailable."""
    operator = of.database.admin_url
    if not of.database.url:
        server = EmbeddedServer(of)
        if not server.status().running:
            raise DatabaseUnavailable("the embedded PostgreSQL does not run", hint="decroche up")
        operator = server.dsn(OPERATOR_LOGIN, secret("postgres-operator", of=of), DATABASE)
    return Database(service_dsn_of(of), operator, pool_max=1, wait_seconds=2)


def service_user(of: Settings) -> str:
    """The role the service logs in as."""
    return str(conninfo_to_dict(of.database.url).get("user") or SERVICE) if of.database.url else SERVICE


def _addresses(of: Settings) -> tuple[str, str]:
    if of.database.url:
        return of.database.url, of.database.admin_url
    server = EmbeddedServer(of)
    server.start()
    return embedded_database(server, DATABASE, of)


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
    with migrating(conn):
        make_roles(conn, service_user)
        return apply(conn)


def make_roles(conn: Conn, service_user: str) -> None:
    """The four roles and what they may do with this database. Raises DatabaseUnfit, also when not allowed to."""
    check_version(conn)
    try:
        for role in (OWNER, OPERATOR, SERVICE, PORTAL):
            _make_role(conn, role)
        for statement in _grants(conn.info.dbname, service_user):
            conn.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseUnfit(
            f"{conn.info.user} may not set the database up: {str(error).strip()}",
            hint="DECROCHE_DATABASE__ADMIN_URL must name the database's owner, with CREATEROLE",
        ) from error


def _grants(database: str, service_user: str) -> list[sql.Composed]:
    names = {"owner": OWNER, "operator": OPERATOR, "service": SERVICE, "portal": PORTAL, "db": database,
             "login": service_user}  # fmt: skip
    parts = {key: sql.Identifier(name) for key, name in names.items()}
    statements = [
        sql.SQL("GRANT {owner}, {operator} TO CURRENT_USER"),  # a member may SET ROLE
        sql.SQL("REVOKE ALL ON DATABASE {db} FROM PUBLIC"),
        sql.SQL("GRANT CREATE ON DATABASE {db} TO {owner}"),
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {db} TO {operator}, {service}"),
        sql.SQL("GRANT CONNECT ON DATABASE {db} TO {portal}"),
    ]
    if service_user != SERVICE:
        statements.append(sql.SQL("GRANT {service} TO {login}"))
    return [statement.format(**parts) for statement in statements]


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


_OWNED = """
SELECT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspowner = to_regrole('decroche_owner')::oid
   AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
 LIMIT 1
"""


def refuse_bypass(conn: Conn) -> None:
    """Raises DatabaseUnfit when the role of `conn` could see past row-level security."""
    check_version(conn)
    owned = conn.execute(_OWNED).fetchone()
    if owned is not None:
        raise DatabaseUnfit(
            f"the service's role {conn.info.user} owns {owned['name']}: it could switch row-level security off",
            hint=f"ALTER TABLE {owned['name']} OWNER TO {OWNER}",
        )
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


def open_database(of: Settings | None = None, *, migrate: bool = True) -> Database:
    """The database of the settings, ready to use: started if embedded, migrated, its roles checked.

    Raises EmbeddedFailed, DatabaseUnavailable, DatabaseUnfit, MigrationFailed.
    """
    of = of or settings()
    service, operator = prepare(of, migrate=migrate)
    return Database(service, operator, pool_max=of.database.pool_max)
