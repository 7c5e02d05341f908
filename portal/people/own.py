"""What a signed-in person does with their own account: password, second step, sessions, and "it is compromised"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from portal.door import Portal, Seat
from portal.people import codes, passwords
from portal.people.tokens import digest
from store.audit import note
from store.base.errors import BadInput, NotFound


@dataclass(frozen=True, slots=True)
class Session:
    """A session that goes on. `mine`: the one that asks; `browser`: as it names itself."""

    id: UUID
    mine: bool
    tenant: str | None
    began_at: datetime
    seen_at: datetime
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Place:
    """A client the person works for."""

    tenant_id: UUID
    slug: str
    name: str
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Cut:
    """What ended because an account was compromised."""

    sessions: int
    keys: int


def sessions(seat: Seat, now: datetime) -> list[Session]:
    """The person's sessions, the last used first."""
    with seat.conn.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute("SELECT * FROM portal.my_sessions(%s)", (now,)).fetchall()


def places(seat: Seat) -> list[Place]:
    """The clients the person works for, by name."""
    with seat.conn.cursor(row_factory=class_row(Place)) as cursor:
        return cursor.execute("SELECT * FROM portal.places()").fetchall()


def cut(seat: Seat, session_id: UUID | None, now: datetime) -> int:
    """End one of the person's sessions, or all but this one; how many. Raises NotFound for another's."""
    row = seat.conn.execute("SELECT portal.cut(%s, 'cut', %s) AS n", (session_id, now)).fetchone()
    done = row["n"] if row else 0
    if session_id is not None and not done:
        raise NotFound(f"no session {session_id}")
    note(seat.conn, seat.by, "session.cut", f"session:{session_id or 'others'}", seat.tenant_id, count=done)
    return done


def change_password(portal: Portal, token: str, old: str, new: str, now: datetime) -> None:
    """Another password, for who knows the present one; every other session ends. Raises BadInput."""
    with portal.entered(token, now) as seat:
        if seat.waiting:
            raise BadInput("Le deuxième facteur est attendu.")
        stored, email = _mine(seat, "password"), seat.email
    if not passwords.right(stored, old):
        raise BadInput("Le mot de passe actuel n'est pas celui-là.", code="password_wrong")
    fresh = passwords.hashed(passwords.chosen(new, email))
    with portal.entered(token, now) as seat:
        seat.conn.execute("SELECT portal.set_password(%s)", (fresh,))
        seat.conn.execute("SELECT portal.cut(NULL, 'password', %s)", (now,))
        note(seat.conn, seat.by, "person.password", f"person:{seat.person_id}", seat.tenant_id)


def _mine(seat: Seat, column: LiteralString) -> str | None:
    row = seat.conn.execute(f"SELECT {column} AS value FROM portal.myself()").fetchone()
    return row["value"] if row else None


def begin_second_step(seat: Seat, secret: str, code: str, now: datetime) -> list[str]:
    """Ask for codes of `secret` from now on, for who can give one; the recovery codes, told once. Raises BadInput."""
    if _mine(seat, "totp_secret"):
        raise BadInput("Le deuxième facteur est déjà en place : retirez-le d'abord.", code="second_step_set")
    step = codes.taken(secret, code, 0, now)
    if step is None:
        raise BadInput("Ce code n'est pas celui de maintenant : vérifiez l'heure du téléphone.", code="code_wrong")
    spare = codes.recovery()
    digests = [codes.recovery_digest(each) for each in spare]
    seat.conn.execute("SELECT portal.set_second_step(%s, %s, %s)", (secret, step, digests))
    note(seat.conn, seat.by, "person.second_step", f"person:{seat.person_id}", seat.tenant_id, on=True)
    return spare


def end_second_step(portal: Portal, token: str, password: str, now: datetime) -> None:
    """Ask for codes no more, for who knows the password. Raises BadInput."""
    with portal.entered(token, now) as seat:
        stored = _mine(seat, "password")
    if not passwords.right(stored, password):
        raise BadInput("Le mot de passe n'est pas celui-là.", code="password_wrong")
    with portal.entered(token, now) as seat:
        seat.conn.execute("SELECT portal.set_second_step(NULL, 0, '{}')")
        note(seat.conn, seat.by, "person.second_step", f"person:{seat.person_id}", seat.tenant_id, on=False)


def compromised(seat: Seat, now: datetime) -> Cut:
    """Contract, 4.5: every session and key ends at once, the password is void, and the operator is told."""
    note(seat.conn, seat.by, "person.compromised", f"person:{seat.person_id}", seat.tenant_id)
    row = seat.conn.execute("SELECT sessions, keys FROM portal.compromised(%s)", (now,)).fetchone()
    assert row is not None
    return Cut(row["sessions"], row["keys"])


@dataclass(frozen=True, slots=True)
class Link:
    """Whose one-use link it is, and what for: `invitation` or `reset`."""

    email: str
    name: str
    purpose: str


def link(portal: Portal, token: str, now: datetime) -> Link:
    """A one-use link that still opens something. Raises NotFound."""
    with portal.anteroom() as conn, conn.cursor(row_factory=class_row(Link)) as cursor:
        found = cursor.execute("SELECT * FROM portal.link(%s, %s)", (digest(token), now)).fetchone()
    if found is None:
        raise NotFound("the link was used, or is too old", hint="ask for another one", code="link_spent")
    return found


def use_link(portal: Portal, token: str, password: str, now: datetime) -> str:
    """Choose a password by a link, once; whose it is. Raises NotFound, BadInput."""
    email = link(portal, token, now).email
    fresh = passwords.hashed(passwords.chosen(password, email))
    with portal.anteroom() as conn:
        row = conn.execute("SELECT portal.use_link(%s, %s, %s) AS email", (digest(token), fresh, now)).fetchone()
    if row is None or row["email"] is None:
        raise NotFound("the link was used, or is too old", hint="ask for another one", code="link_spent")
    return row["email"]
