"""Signing in: password, then the second step; guesses are counted in PostgreSQL before they are looked at.

An answer is returned, not raised: what it wrote (the count of failures) must stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from portal.door import NotSignedIn, Portal, Seat, enter
from portal.people import codes, passwords, throttle
from portal.people.addresses import address as address_of
from portal.people.tokens import digest, named, new_token
from store.audit import note
from store.base.ids import new_id
from store.db import Conn

Outcome = Literal["in", "second_step", "refused", "slowed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `token`: the new session's; `wait`: how long until the next attempt is looked at."""

    outcome: Outcome
    token: str = ""
    wait: timedelta = timedelta(0)


def sign_in(portal: Portal, email: str, password: str, address: str, browser: str, now: datetime) -> Answer:
    """A new session for who knows the password; the same refusal, as late, for whoever does not exist."""
    email = email.strip().lower()[:320]
    names = [
        (named("email", email), throttle.FREE_OF_A_PERSON),
        (named("address", address), throttle.FREE_OF_AN_ADDRESS),
    ]
    with portal.anteroom() as conn:
        left = attempt(conn, names, now)
        if left:
            return Answer("slowed", wait=left)
        row = conn.execute(
            "SELECT person_id, password, portal.has_second_step(person_id) AS second_step FROM portal.known(%s)",
            (email,),
        ).fetchone()
    if not passwords.right(row["password"] if row else None, password) or row is None:
        return Answer("refused")
    token, due = new_token(), row["second_step"]
    with portal.anteroom() as conn:
        conn.execute("SELECT portal.succeeded(%s)", ([names[0][0]],))
        conn.execute(
            "SELECT portal.begin(%s, %s, %s, %s, %s, %s, %s)",
            (new_id(), digest(token), row["person_id"], due, now, address, browser),
        )
        if not due:
            noted(enter(conn, token, now), "session.begin")
    return Answer("second_step" if due else "in", token)


def second_step(portal: Portal, token: str, code: str, now: datetime) -> Answer:
    """A code of the telephone, or one of the recovery codes, for a session that waits for it; its token changes."""
    with portal.entered(token, now) as seat:
        name = [(named("second step", str(seat.person_id)), throttle.FREE_OF_A_PERSON)]
        left = attempt(seat.conn, name, now)
        if left:
            return Answer("slowed", wait=left)
        if not _code_holds(seat.conn, code, now):
            return Answer("refused")
        seat.conn.execute("SELECT portal.succeeded(%s)", ([name[0][0]],))
        fresh = renewed(seat.conn, None, step_done=True, now=now)
        noted(enter(seat.conn, fresh, now), "session.begin")
        return Answer("in", fresh)


SURE_FOR = timedelta(minutes=10)
"""How long a proof of oneself holds, for what binds or reveals."""


def is_sure(seat: Seat, now: datetime) -> bool:
    """Whether who holds this session proved it lately: by a code where there is a second step, else by password."""
    row = seat.conn.execute("SELECT portal.sure_at() AS at").fetchone()
    return row is not None and row["at"] is not None and now - row["at"] < SURE_FOR


def prove(portal: Portal, token: str, given: str, now: datetime) -> Answer:
    """The password, or a code where there is a second step, given again in a session that goes on."""
    with portal.entered(token, now) as seat:
        name = [(named("proof", str(seat.person_id)), throttle.FREE_OF_A_PERSON)]
        left = attempt(seat.conn, name, now)
        if left:
            return Answer("slowed", wait=left)
        me = seat.conn.execute("SELECT password FROM portal.myself()").fetchone()
        coded = seat.second_step
        if coded and not _code_holds(seat.conn, given, now):
            return Answer("refused")
    if not coded and not passwords.right(me["password"] if me else None, given):
        return Answer("refused")
    with portal.entered(token, now) as seat:
        seat.conn.execute("SELECT portal.succeeded(%s)", ([name[0][0]],))
        seat.conn.execute("SELECT portal.prove(%s)", (now,))
    return Answer("in", token)


def forgotten(portal: Portal, email: str, address: str, now: datetime) -> timedelta:
    """A letter goes to whoever has that address, if anybody; what is left to wait, where it was asked too often.

    Nothing tells whether somebody has it. Raises BadInput for what is no address.
    """
    plain = address_of(email)
    names = [
        (named("forgotten", plain), throttle.FREE_LETTERS),
        (named("forgotten from", address), throttle.FREE_OF_AN_ADDRESS),
    ]
    with portal.anteroom() as conn:
        left = attempt(conn, names, now)
        if not left:
            conn.execute("SELECT portal.forgotten(%s)", (plain,))
    return left


def choose(portal: Portal, token: str, tenant_id: UUID, now: datetime) -> str:
    """The session goes over to another client of the person's; its new token. Raises NotSignedIn if none of theirs."""
    with portal.entered(token, now) as seat:
        fresh = renewed(seat.conn, tenant_id, step_done=False, now=now)
        noted(enter(seat.conn, fresh, now), "session.choose")
        return fresh


def sign_out(portal: Portal, token: str, now: datetime) -> None:
    """End this session."""
    with portal.entered(token, now) as seat:
        seat.conn.execute("SELECT portal.cut(%s, 'signed out', %s)", (seat.session_id, now))
        if not seat.waiting:
            noted(seat, "session.end")


def attempt(conn: Conn, names: Sequence[tuple[bytes, int]], now: datetime) -> timedelta:
    """Count an attempt as failed until it has succeeded; or what is left to wait, and it is not counted."""
    keys = [key for key, _ in names]
    rows = conn.execute("SELECT key, failures, last_at FROM portal.failures(%s) WHERE failures > 0", (keys,)).fetchall()
    known = {bytes(row["key"]): throttle.Failures(row["failures"], row["last_at"]) for row in rows}
    left = max((throttle.wait(known.get(key, throttle.Failures(0)), free, now) for key, free in names))
    if not left:
        conn.execute("SELECT portal.failed(%s, %s)", (keys, now))
    return left


def _code_holds(conn: Conn, code: str, now: datetime) -> bool:
    me = conn.execute("SELECT totp_secret, totp_step FROM portal.myself()").fetchone()
    secret = me["totp_secret"] if me else None
    step = codes.taken(secret, code, me["totp_step"], now) if me and secret else None
    if step is not None:
        row = conn.execute("SELECT portal.take_step(%s) AS done", (step,)).fetchone()
    else:
        row = conn.execute("SELECT portal.take_recovery(%s, %s) AS done", (codes.recovery_digest(code), now)).fetchone()
    return bool(row and row["done"])


def renewed(conn: Conn, tenant_id: UUID | None, *, step_done: bool, now: datetime) -> str:
    """Another token for the session of this transaction. Raises NotSignedIn where it does not go on."""
    token = new_token()
    row = conn.execute(
        "SELECT portal.renew(%s, %s, %s, %s) AS done", (digest(token), tenant_id, step_done, now)
    ).fetchone()
    if row is None or not row["done"]:
        raise NotSignedIn("the session does not go on", hint="sign in again")
    return token


def noted(seat: Seat, action: str) -> None:
    """The log has what was done to this session."""
    note(seat.conn, seat.by, action, f"session:{seat.session_id}", seat.tenant_id)
