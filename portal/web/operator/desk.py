"""What a page of the operator's is given, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from store.base.actor import Actor
from store.db import Conn

OPERATOR, ADMIN = "operator", "admin"
"""Instead of a right: pages for all of the operator's people, and for those who may change things."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The operator's transaction, who acts in it, and in which role (`admin` or `support`)."""

    conn: Conn
    by: Actor
    role: str
