"""The book of contacts: who stands in which list; shown, and taken out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from compliance.ledgers.pseudonym import person
from store.audit import note
from store.base.actor import Actor
from store.base.errors import NotFound
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a tenant's; `fields`: what an agent may say of them; times are UTC."""

    id: UUID
    e164: str
    name: str
    company: str
    postcode: str
    party: str
    fields: dict[str, Any]
    lists: list[str]
    added_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class List:
    """A list and how many people stand in it."""

    name: str
    contacts: int
    made_at: datetime


_CONTACT = """
SELECT c.id, c.e164, c.name, c.company, c.postcode, c.party, c.fields, c.added_at, c.seen_at,
       ARRAY(SELECT m.list FROM campaigns.list_members m
              WHERE m.tenant_id = c.tenant_id AND m.contact_id = c.id ORDER BY 1) AS lists
  FROM campaigns.contacts c
"""


def lists(conn: Conn, tenant_id: UUID) -> list[List]:
    """A tenant's lists, by name."""
    with conn.cursor(row_factory=class_row(List)) as cursor:
        return cursor.execute(
            """SELECT l.name, l.made_at, count(m.contact_id) AS contacts
                 FROM campaigns.lists l
                 LEFT JOIN campaigns.list_members m ON (m.tenant_id, m.list) = (l.tenant_id, l.name)
                WHERE l.tenant_id = %s GROUP BY l.tenant_id, l.name ORDER BY 1""",
            (tenant_id,),
        ).fetchall()


def in_list(conn: Conn, tenant_id: UUID, name: str, *, after: str = "", limit: int = 1000) -> list[Contact]:
    """People of a list by number; the next page comes `after` the last one's. Raises NotFound."""
    known = conn.execute(
        "SELECT 1 FROM campaigns.lists WHERE tenant_id = %s AND name = %s", (tenant_id, name)
    ).fetchone()
    if known is None:
        raise NotFound(f"no list {name}", hint="decroche contact list")
    with conn.cursor(row_factory=class_row(Contact)) as cursor:
        return cursor.execute(
            f"""{_CONTACT} WHERE c.tenant_id = %(tenant)s AND c.e164 > %(after)s
                  AND EXISTS (SELECT 1 FROM campaigns.list_members m
                               WHERE m.tenant_id = c.tenant_id AND m.list = %(list)s AND m.contact_id = c.id)
                ORDER BY c.e164 LIMIT %(limit)s""",
            {"tenant": tenant_id, "list": name, "after": after, "limit": limit},
        ).fetchall()


def get(conn: Conn, tenant_id: UUID, e164: str) -> Contact:
    """The person with that number. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Contact)) as cursor:
        found = cursor.execute(f"{_CONTACT} WHERE c.tenant_id = %s AND c.e164 = %s", (tenant_id, e164)).fetchone()
    if found is None:
        raise NotFound(f"no contact {e164}", hint="decroche contact list --list NAME")
    return found


def remove(conn: Conn, tenant_id: UUID, e164: str, *, by: Actor, only_from: str = "") -> Contact:
    """Take a person out of the list `only_from`, or out of the book; as they were. Raises NotFound.

    An opposition or a consent of theirs is compliance's and stays.
    """
    found = get(conn, tenant_id, e164)
    if only_from and only_from not in found.lists:
        raise NotFound(f"{e164} does not stand in list {only_from}", hint="decroche contact show NUMBER")
    if only_from:
        conn.execute(
            "DELETE FROM campaigns.list_members WHERE tenant_id = %s AND list = %s AND contact_id = %s",
            (tenant_id, only_from, found.id),
        )
    else:
        conn.execute("DELETE FROM campaigns.contacts WHERE tenant_id = %s AND id = %s", (tenant_id, found.id))
    note(conn, by, "contact.remove", person(e164), tenant_id, list=only_from or None)
    return found
