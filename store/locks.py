"""The advisory locks of the house, by name: who waits for whom, until the transaction ends.

PostgreSQL knows a lock by one number; each is the hash of what it is about, seeded by which lock it is, so that the
turn about an invoice is never mistaken for the turn about a telephone number.
"""

from __future__ import annotations

from enum import IntEnum

from store.db import Conn


class Lock(IntEnum):
    """What is taken turns about. Numbers are never used again: a lock is held across versions during an upgrade."""

    TARIFF = 2
    """A tariff's name: its versions are numbered one after the other."""
    PLAN = 3
    """A plan's name, likewise."""
    INVOICE = 4
    """An invoice's number: what is paid, credited, refunded and noted on it."""
    NUMBER = 5
    """A client's telephone number: decisions and attempts about it."""
    CHAT = 6
    """A client: how many conversations in writing it has at once."""
    DIARY = 20251122
    """An agent's diary: taken by a trigger of store.bookings (migration 0102), never from here."""


def take_turns(conn: Conn, lock: Lock, about: str) -> None:
    """Wait until nobody else holds this lock about the same thing; held until the transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", (about, int(lock)))
