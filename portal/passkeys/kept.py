"""A person's own passkeys: listed, added, taken away. In their session, by the functions of `0845_passkeys.sql`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from portal.door import NotSignedIn, Portal, Seat
from portal.passkeys import ceremony
from portal.passkeys.ceremony import PasskeyRefused, Site
from portal.people import codes
from portal.people.tokens import digest
from store.audit import note
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn

Purpose = Literal["make", "sign_in", "second_step", "prove"]
LONGEST_NAME = 60
SPENT = "Cette demande a déjà servi, ou date de plus de cinq minutes : recommencez."
NOT_SHOWN = "La clé n'a pas été reconnue : recommencez."


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey. `site`: the host it is bound to; `used_at`: when it was last shown."""

    id: UUID
    site: str
    credential: bytes
    name: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Means:
    """What a person proves themselves with beside a password. `totp`: one-time codes."""

    totp: bool
    passkeys: int


def listed(conn: Conn) -> list[Passkey]:
    """Those of the bearer of this session, the oldest first."""
    with conn.cursor(row_factory=class_row(Passkey)) as cursor:
        return cursor.execute("SELECT * FROM portal.my_passkeys()").fetchall()


def means(conn: Conn) -> Means:
    """What the bearer of this session has."""
    row = conn.execute("SELECT totp_secret IS NOT NULL AS totp FROM portal.myself()").fetchone()
    return Means(bool(row and row["totp"]), len(listed(conn)))


def draw(conn: Conn, bearer: str, purpose: Purpose, now: datetime) -> bytes:
    """A challenge for the browser of who bears a session's or a visit's token: signed once, within five minutes."""
    drawn = secrets.token_bytes(32)
    conn.execute("SELECT portal.draw_challenge(%s, %s, %s, %s)", (digest(bearer), purpose, drawn, now))
    return drawn


def take(portal: Portal, bearer: str, purpose: Purpose, now: datetime) -> bytes | None:
    """The challenge drawn for them, once: in a transaction of its own, so that it is spent whatever comes of it."""
    with portal.anteroom() as conn:
        row = conn.execute(
            "SELECT portal.take_challenge(%s, %s, %s) AS challenge", (digest(bearer), purpose, now)
        ).fetchone()
    return bytes(row["challenge"]) if row and row["challenge"] is not None else None


def to_make(seat: Seat, token: str, site: Site, now: datetime) -> str:
    """What the browser is asked for a new one, as JSON."""
    assert seat.person_id is not None
    held = [one.credential for one in listed(seat.conn) if one.site == site.id]
    return ceremony.to_make(site, seat.person_id, seat.email, seat.name, draw(seat.conn, token, "make", now), held)


def add(portal: Portal, token: str, site: Site, answer: str, name: str, now: datetime) -> list[str]:
    """Another passkey; the spare codes, told once, where it is the first thing beside the password. A letter tells.

    Raises BadInput; Refused where there are too many.
    """
    challenge = take(portal, token, "make", now)
    if challenge is None:
        raise BadInput(SPENT, code="challenge_spent")
    try:
        made = ceremony.made(site, challenge, answer)
    except PasskeyRefused as error:
        raise BadInput(NOT_SHOWN, code=error.code) from error
    called = named(name)
    spare, key_id = codes.recovery(), new_id()
    digests = [codes.recovery_digest(each) for each in spare]
    with portal.entered(token, now) as seat:
        row = seat.conn.execute(
            "SELECT portal.add_passkey(%s, %s, %s, %s, %s, %s, %s, %s) AS done",
            (key_id, site.id, made.credential, made.public_key, made.sign_count, called, digests, now),
        ).fetchone()
        done = row["done"] if row else "nobody"
        if done == "nobody":
            raise NotSignedIn("no session, or one that waits")
        if done == "known":
            raise BadInput("Cette clé est déjà enregistrée.", code="passkey_known")
        if done == "many":
            raise Refused("Dix clés au plus : retirez-en une d'abord.", code="passkeys_many")
        note(seat.conn, seat.by, "person.passkey_add", f"person:{seat.person_id}", seat.tenant_id, name=called)
    return spare if done == "first" else []


def named(text: str) -> str:
    """What a passkey is called. Raises BadInput."""
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput("Donnez un nom à la clé, de soixante caractères au plus.", code="name_wrong")
    return name


def remove(seat: Seat, key_id: UUID) -> str:
    """One of theirs opens nothing any more; how it was called. A letter tells. Raises NotFound."""
    row = seat.conn.execute("SELECT portal.remove_passkey(%s) AS name", (key_id,)).fetchone()
    if row is None or row["name"] is None:
        raise NotFound(f"no passkey {key_id}")
    note(seat.conn, seat.by, "person.passkey_remove", f"person:{seat.person_id}", seat.tenant_id, name=row["name"])
    return row["name"]
