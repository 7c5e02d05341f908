"""A client's team: who is in it, who is invited, in which roles, and who has left. The page's and the command's.

The functions of `0740_team.sql` let the operator act for any client, and a person for their own with the right `team`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from portal.people.addresses import address
from portal.people.roles import ROLES, role_named
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn


class LastHolder(Refused):
    """Nobody would hold the account any more."""

    code = "last_holder"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works for the client, or did. `invited`: has not chosen a password yet; `sessions`: open there."""

    person_id: UUID
    email: str
    name: str
    roles: Sequence[str]
    second_step: bool
    invited: bool
    since: datetime
    ended_at: datetime | None
    seen_at: datetime | None
    sessions: int


def listed(conn: Conn, tenant_id: UUID, now: datetime) -> list[Member]:
    """The team, those who left last."""
    with conn.cursor(row_factory=class_row(Member)) as cursor:
        return cursor.execute("SELECT * FROM portal.team(%s, %s)", (tenant_id, now)).fetchall()


def get(conn: Conn, tenant_id: UUID, person_id: UUID, now: datetime) -> Member:
    """One of them. Raises NotFound."""
    found = next((one for one in listed(conn, tenant_id, now) if one.person_id == person_id), None)
    if found is None:
        raise NotFound(f"nobody of this client is {person_id}", hint="decroche person list")
    return found


def by_email(conn: Conn, tenant_id: UUID, email: str, now: datetime) -> Member:
    """One of them, by address. Raises NotFound."""
    plain = address(email)
    found = next((one for one in listed(conn, tenant_id, now) if one.email == plain), None)
    if found is None:
        raise NotFound(f"{email} does not work for this client", hint="decroche person list --tenant T")
    return found


def invite(
    conn: Conn, tenant_id: UUID, email: str, roles: Sequence[str], *, name: str = "", by: Actor, now: datetime
) -> UUID:
    """Somebody works for the client from now on, and is told by a letter with a one-use link; who.

    The same whether the address was known or not. Raises BadInput naming the field; Refused for an ended person.
    """
    plain, held = address(email), client_roles(roles)
    row = conn.execute(
        "SELECT portal.take_in(%s, %s, %s, %s, %s, %s, %s) AS id",
        (tenant_id, new_id(), plain, name.strip()[:120], held, str(by), now),
    ).fetchone()
    if row is None or row["id"] is None:
        raise Refused("this person was ended by the operator", hint="decroche person add lets them in again",
                      code="person_ended")  # fmt: skip
    person_id: UUID = row["id"]
    conn.execute("SELECT portal.ask_letter(%s, %s)", (tenant_id, person_id))
    note(conn, by, "person.invite", f"person:{person_id}", tenant_id, roles=held)
    return person_id


def invite_again(conn: Conn, tenant_id: UUID, person_id: UUID, *, by: Actor, now: datetime) -> None:
    """The letter once more, with a new link. Raises NotFound; Refused for somebody who has come in."""
    if not get(conn, tenant_id, person_id, now).invited:
        raise Refused("this person has chosen a password already", code="invitation_used")
    conn.execute("SELECT portal.ask_letter(%s, %s)", (tenant_id, person_id))
    note(conn, by, "person.invite", f"person:{person_id}", tenant_id, again=True)


def change_roles(conn: Conn, tenant_id: UUID, person_id: UUID, roles: Sequence[str], *, by: Actor) -> list[str]:
    """Other roles from now on; they hold at the person's next click. Raises BadInput, NotFound, LastHolder."""
    held = client_roles(roles)
    with _holder_kept():
        row = conn.execute("SELECT portal.set_roles(%s, %s, %s) AS done", (tenant_id, person_id, held)).fetchone()
    if row is None or not row["done"]:
        raise NotFound(f"nobody of this client is {person_id}", hint="decroche person list")
    note(conn, by, "person.roles", f"person:{person_id}", tenant_id, roles=held)
    return held


def end(conn: Conn, tenant_id: UUID, person_id: UUID, *, by: Actor, now: datetime) -> int:
    """Somebody works for the client no more; how many sessions were cut. Raises NotFound, LastHolder."""
    with _holder_kept():
        row = conn.execute("SELECT portal.take_out(%s, %s, %s) AS cut", (tenant_id, person_id, now)).fetchone()
    if row is None or row["cut"] is None:
        raise NotFound(f"nobody of this client is {person_id}", hint="decroche person list")
    note(conn, by, "person.end", f"person:{person_id}", tenant_id, sessions=row["cut"])
    return row["cut"]


def client_roles(roles: Sequence[str]) -> list[str]:
    """Roles somebody may have in a client, in order, each once. Raises BadInput."""
    held = sorted({role_named(role) for role in roles})
    if not held or any(role not in ROLES for role in held):
        raise BadInput("--role: a client's roles, one at least", hint=f"of {', '.join(ROLES)}", code="role_missing")
    return held


@contextmanager
def _holder_kept() -> Generator[None]:
    try:
        yield
    except psycopg.errors.CheckViolation as error:
        raise LastHolder(hint="name another titulaire first") from error
