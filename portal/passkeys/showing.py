"""A passkey shown: to come in without a password, as the second step, and to prove oneself before what binds.

An answer is returned, not raised, as in `people/signing.py`: what it wrote must stay. An attempt spends the challenge.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from portal.door import Portal, Seat, enter
from portal.passkeys import ceremony, kept
from portal.passkeys.ceremony import PasskeyRefused, Site
from portal.passkeys.kept import Purpose
from portal.people import throttle
from portal.people.signing import Answer, attempt, noted, renewed
from portal.people.tokens import digest, named, new_token
from store.base.ids import new_id
from store.db import Conn


def asked(conn: Conn, bearer: str, purpose: Purpose, site: Site | None, now: datetime) -> str:
    """What the browser of a session is asked, as JSON; "" where the person has no passkey for this site."""
    held = [one.credential for one in kept.listed(conn) if site is not None and one.site == site.id]
    return ceremony.to_show(site, kept.draw(conn, bearer, purpose, now), held) if site and held else ""


def asked_at_the_door(portal: Portal, bearer: str, site: Site, address: str, now: datetime) -> str | Answer:
    """What a visitor's browser is asked, as JSON: any passkey of the site; or how long to wait."""
    with portal.anteroom() as conn:
        left = attempt(conn, [_from(address)], now)
        if left:
            return Answer("slowed", wait=left)
        return ceremony.to_show(site, kept.draw(conn, bearer, "sign_in", now))


def sign_in(portal: Portal, bearer: str, site: Site, answer: str, address: str, browser: str, now: datetime) -> Answer:
    """A new session for whose passkey was shown: it is both steps in one. `bearer`: the visit's token."""
    who = _whose(portal, bearer, "sign_in", site, answer, now)
    if who is None:
        return Answer("refused")
    token = new_token()
    with portal.anteroom() as conn:
        conn.execute("SELECT portal.succeeded(%s)", ([_from(address)[0]],))
        conn.execute(
            "SELECT portal.begin_by_passkey(%s, %s, %s, %s, %s, %s)",
            (new_id(), digest(token), who, now, address, browser),
        )
        noted(enter(conn, token, now), "session.begin")
    return Answer("in", token)


def second_step(portal: Portal, token: str, site: Site, answer: str, now: datetime) -> Answer:
    """A passkey instead of a code, for a session that waits for it; its token changes."""

    def on(seat: Seat) -> str:
        fresh = renewed(seat.conn, None, step_done=True, now=now)
        noted(enter(seat.conn, fresh, now), "session.begin")
        return fresh

    return _in_session(portal, token, "second_step", site, answer, now, on)


def prove(portal: Portal, token: str, site: Site, answer: str, now: datetime) -> Answer:
    """A passkey instead of a password or a code, in a session that goes on."""

    def on(seat: Seat) -> str:
        seat.conn.execute("SELECT portal.prove(%s)", (now,))
        return token

    return _in_session(portal, token, "prove", site, answer, now, on)


def _in_session(
    portal: Portal, token: str, purpose: Purpose, site: Site, answer: str, now: datetime, on: Callable[[Seat], str]
) -> Answer:
    kind = "second step" if purpose == "second_step" else "proof"
    with portal.entered(token, now) as seat:
        name, who = (named(kind, str(seat.person_id)), throttle.FREE_OF_A_PERSON), seat.person_id
        left = attempt(seat.conn, [name], now)
        if left:
            return Answer("slowed", wait=left)
    if _whose(portal, token, purpose, site, answer, now, only=who) is None:
        return Answer("refused")
    with portal.entered(token, now) as seat:
        seat.conn.execute("SELECT portal.succeeded(%s)", ([name[0]],))
        return Answer("in", on(seat))


def _whose(
    portal: Portal, bearer: str, purpose: Purpose, site: Site, answer: str, now: datetime, *, only: UUID | None = None
) -> UUID | None:
    """Who showed their passkey; None: nobody did. `only`: of this person; without, the device must say of whom."""
    challenge = kept.take(portal, bearer, purpose, now)
    if challenge is None:
        return None
    try:
        credential, handle = ceremony.claimed(answer)
        with portal.anteroom() as conn:
            row = conn.execute("SELECT * FROM portal.passkey(%s, %s)", (credential, site.id)).fetchone()
            if row is None or (only is not None and row["person_id"] != only):
                return None
            if (handle or only is None) and handle != row["person_id"].bytes:
                return None
            count = ceremony.shown(site, challenge, answer, bytes(row["public_key"]), row["sign_count"])
            counted = conn.execute(
                "SELECT portal.passkey_shown(%s, %s, %s, %s) AS done", (row["id"], row["sign_count"], count, now)
            ).fetchone()
    except PasskeyRefused:
        return None
    return row["person_id"] if counted and counted["done"] else None


def _from(address: str) -> tuple[bytes, int]:
    return named("passkey from", address), throttle.FREE_OF_AN_ADDRESS
