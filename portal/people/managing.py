"""People as the operator manages them: added, listed, ended, let in again. In the operator's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from portal.people import passwords, team
from portal.people.addresses import address
from portal.people.roles import OPERATOR_ROLES, role_named
from portal.people.tokens import LINK_DAYS, digest, new_token
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.base.ids import new_id
from store.db import Conn
from store.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Added:
    """A person in a client. `link` and `password` are told once, and only for somebody new or let in again."""

    id: UUID
    email: str
    roles: Sequence[str]
    link: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A person and one client they work for; `tenant` None: the operator's own, or nobody's any more."""

    email: str
    name: str
    tenant: str | None
    roles: Sequence[str]
    second_step: bool
    sessions: int
    since: datetime | None
    ended_at: datetime | None


def add(
    conn: Conn, email: str, tenant: Tenant | None, roles: Sequence[str], *, name: str = "", by: Actor, now: datetime
) -> Added:
    """A person, who works for a client in these roles from now on. Raises BadInput naming what is wrong."""
    email, held = address(email), sorted({role_named(role) for role in roles})
    mine = [role for role in held if role in OPERATOR_ROLES]
    if not held or (mine and (tenant or len(held) > 1)) or (not mine and not tenant):
        raise BadInput("--role: a client's role needs --tenant; admin and support, the operator's own, take none",
                       hint="decroche person add claire@cabinet.fr --tenant dentiste --role titulaire")  # fmt: skip
    known = conn.execute("SELECT id, ended_at FROM portal.people WHERE email = %s", (email,)).fetchone()
    link, password, person_id = "", "", known["id"] if known else new_id()
    if known is None or known["ended_at"] is not None:
        password = passwords.first()
        conn.execute(
            """INSERT INTO portal.people (id, email, name, password) VALUES (%(id)s, %(email)s, %(name)s, %(hash)s)
               ON CONFLICT (email) DO UPDATE SET password = excluded.password, ended_at = NULL, totp_secret = NULL""",
            {"id": person_id, "email": email, "name": name.strip(), "hash": passwords.hashed(password)},
        )
        _forget_passkeys(conn, person_id)
        link = _link(conn, person_id, "invitation", by, now)
    if mine:
        conn.execute("UPDATE portal.people SET operator_role = %s WHERE id = %s", (mine[0], person_id))
    elif tenant:
        conn.execute(
            """INSERT INTO portal.members (tenant_id, person_id, roles, invited_by, since) VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (tenant_id, person_id) DO UPDATE SET roles = excluded.roles, ended_at = NULL,
                   invited_by = excluded.invited_by""",
            (tenant.id, person_id, held, str(by), now),
        )
    note(conn, by, "person.add", f"person:{person_id}", tenant and tenant.id, roles=held)
    return Added(person_id, email, held, link, password)


def listed(conn: Conn, tenant_id: UUID | None = None) -> list[Person]:
    """People and the clients they work for, by address; one client's, or all."""
    with conn.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(
            """SELECT p.email, p.name, t.slug AS tenant, portal.has_second_step(p.id) AS second_step, m.since,
                      coalesce(m.roles, array_remove(ARRAY[p.operator_role], NULL)) AS roles,
                      coalesce(p.ended_at, m.ended_at) AS ended_at,
                      (SELECT count(*) FROM portal.sessions s WHERE s.person_id = p.id AND s.ended_at IS NULL
                          AND now() < s.expires_at AND now() < s.seen_at + interval '8 hours')::integer AS sessions
                 FROM portal.people p
                 LEFT JOIN portal.members m ON m.person_id = p.id
                 LEFT JOIN store.tenants t ON t.id = m.tenant_id
                WHERE %(tenant)s::uuid IS NULL OR m.tenant_id = %(tenant)s
                ORDER BY p.email, t.slug""",
            {"tenant": tenant_id},
        ).fetchall()


def end(conn: Conn, email: str, tenant: Tenant | None, *, by: Actor, now: datetime) -> int:
    """End a person's work for a client, or altogether; how many sessions were cut. Raises NotFound."""
    if tenant:
        return team.end(conn, tenant.id, team.by_email(conn, tenant.id, email, now).person_id, by=by, now=now)
    person_id = _id(conn, email)
    conn.execute("UPDATE portal.people SET ended_at = %s, password = NULL WHERE id = %s", (now, person_id))
    conn.execute("UPDATE portal.members SET ended_at = %s WHERE person_id = %s AND ended_at IS NULL", (now, person_id))
    _forget_passkeys(conn, person_id)
    cut = _cut(conn, person_id, "ended", now)
    note(conn, by, "person.end", f"person:{person_id}", None, sessions=cut)
    return cut


def reset(conn: Conn, email: str, *, by: Actor, now: datetime) -> Added:
    """Let somebody in again who lost password or telephone: both and passkeys go, all sessions end, a link is made."""
    person_id = _id(conn, email)
    conn.execute(
        "UPDATE portal.people SET password = NULL, totp_secret = NULL, compromised_at = NULL WHERE id = %s",
        (person_id,),
    )
    conn.execute("DELETE FROM portal.recovery_codes WHERE person_id = %s", (person_id,))
    _forget_passkeys(conn, person_id)
    conn.execute("UPDATE portal.links SET used_at = %s WHERE person_id = %s AND used_at IS NULL", (now, person_id))
    _cut(conn, person_id, "reset", now)
    link = _link(conn, person_id, "reset", by, now)
    note(conn, by, "person.reset", f"person:{person_id}")
    return Added(person_id, address(email), (), link)


def _forget_passkeys(conn: Conn, person_id: UUID) -> None:
    conn.execute("DELETE FROM portal.passkeys WHERE person_id = %s", (person_id,))


def _id(conn: Conn, email: str) -> UUID:
    row = conn.execute("SELECT id FROM portal.people WHERE email = %s", (address(email),)).fetchone()
    if row is None:
        raise NotFound(f"nobody is known as {email}", hint="decroche person list")
    return row["id"]


def _link(conn: Conn, person_id: UUID, purpose: str, by: Actor, now: datetime) -> str:
    token = new_token()
    conn.execute(
        """INSERT INTO portal.links (token_hash, person_id, purpose, made_by, made_at, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (digest(token), person_id, purpose, str(by), now, now + timedelta(days=LINK_DAYS)),
    )
    return token


def _cut(conn: Conn, person_id: UUID, why: str, now: datetime) -> int:
    return conn.execute(
        "UPDATE portal.sessions SET ended_at = %s, ended_why = %s WHERE person_id = %s AND ended_at IS NULL",
        (now, why, person_id),
    ).rowcount
