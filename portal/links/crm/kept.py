"""A client's CRM as it is kept: its map, its address, its secret; and the log of what was written there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from portal.links.crm.asking import Crm
from portal.links.crm.reading import loads
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.base.outward import checked
from store.base.secrets import SecretMissing, forget_secret, read_secret, write_secret
from store.base.settings import Settings
from store.db import Conn

State = Literal["waiting", "written", "cancelled", "skipped", "failed"]
STATES: tuple[State, ...] = ("waiting", "written", "cancelled", "skipped", "failed")
_COLUMNS = "tenant_id, map, url, settings, set_by, set_at"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """A client's CRM. `map`: YAML; `settings`: over the map's own."""

    tenant_id: UUID
    map: str
    url: str
    settings: Mapping[str, str]
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one call or appointment there. `contact`, `entry`: the CRM's ids; `at`: of the last change."""

    tenant_id: UUID
    what: Literal["call", "booking"]
    about: UUID
    state: State
    tries: int
    contact: str
    entry: str
    why: str
    made_at: datetime
    at: datetime


def put(
    conn: Conn, tenant_id: UUID, text: str, *, url: str = "", settings: Mapping[str, str], secret: str, by: Actor,
    now: datetime, of: Settings,
) -> Kept:  # fmt: skip
    """This is the client's CRM from now on (operator). `url`: empty, the map's; `secret`: empty, the one that is there.

    Raises CrmMapError, and BadInput naming what is wrong.
    """
    the_map = loads(text)
    where = url or the_map.url
    if not where:
        raise BadInput("url: the map names no address", hint="--url https://crm.example.fr")
    checked(where, of.outward.allowed)
    if unknown := sorted(set(settings) - set(the_map.settings)):
        known = ", ".join(the_map.settings) or "none"
        raise BadInput(f"setting {unknown[0][:40]!r} is none of the map's", hint=f"it has: {known}")
    if secret:
        if "\n" in secret or len(secret) > 4096:
            raise BadInput("secret: it is one line of 4096 characters at most", hint="the API key alone")
        forget_secret(secret_name(tenant_id), of=of)
        write_secret(secret_name(tenant_id), secret, of=of)
    conn.execute(
        """INSERT INTO links.crm (tenant_id, map, url, settings, set_by, set_at)
           VALUES (%(tenant)s, %(map)s, %(url)s, %(settings)s, %(by)s, %(now)s)
           ON CONFLICT (tenant_id) DO UPDATE SET map = excluded.map, url = excluded.url, settings = excluded.settings,
              set_by = excluded.set_by, set_at = excluded.set_at""",
        {"tenant": tenant_id, "map": text, "url": where, "settings": Jsonb(dict(settings)), "by": str(by), "now": now},
    )
    note(conn, by, "crm.set", f"tenant:{tenant_id}", tenant_id, crm=the_map.name)
    return get(conn, tenant_id)


def get(conn: Conn, tenant_id: UUID) -> Kept:
    """The client's CRM. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Kept)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM links.crm WHERE tenant_id = %s", (tenant_id,)).fetchone()
    if found is None:
        raise NotFound("this client has no CRM", hint="decroche crm set")
    return found


def remove(conn: Conn, tenant_id: UUID, *, by: Actor, of: Settings) -> None:
    """Nothing is asked of it nor written there any more; its secret goes (operator). Raises NotFound."""
    get(conn, tenant_id)
    conn.execute("DELETE FROM links.crm WHERE tenant_id = %s", (tenant_id,))
    forget_secret(secret_name(tenant_id), of=of)
    note(conn, by, "crm.remove", f"tenant:{tenant_id}", tenant_id)


def opened(kept: Kept, of: Settings) -> Crm:
    """Ready to be asked. Raises CrmMapError where this version reads the map no more."""
    return Crm(loads(kept.map), kept.url, _read(kept.tenant_id, of), kept.settings, tuple(of.outward.allowed))


def has_secret(tenant_id: UUID, of: Settings) -> bool:
    """Whether a secret is kept for it."""
    return bool(_read(tenant_id, of))


def _read(tenant_id: UUID, of: Settings) -> str:
    try:
        return read_secret(secret_name(tenant_id), of=of)
    except SecretMissing:
        return ""


def secret_name(tenant_id: UUID) -> str:
    """What its secret is called on the disk."""
    return f"crm-{tenant_id}"


# -- the log


def entries(
    conn: Conn, tenant_id: UUID | None = None, *, state: State | None = None, limit: int = 50
) -> list[Entry]:  # fmt: skip
    """What was to be written, as far as `conn` may see, the latest first."""
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(
            """SELECT tenant_id, what, about, state, tries, contact, entry, why, made_at, at FROM links.crm_entries
                WHERE (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
                  AND (%(state)s::text IS NULL OR state = %(state)s)
                ORDER BY at DESC, about LIMIT %(limit)s""",
            {"tenant": tenant_id, "state": state, "limit": limit},
        ).fetchall()


def became(
    conn: Conn, what: str, about: UUID, state: State, now: datetime, *, contact: object = "", entry: object = "",
    why: str = "",
) -> None:  # fmt: skip
    """This became of it, at one more try."""
    conn.execute(
        """UPDATE links.crm_entries SET state = %(state)s, tries = tries + 1, at = %(now)s, why = %(why)s,
                  contact = coalesce(nullif(%(contact)s, ''), contact), entry = coalesce(nullif(%(entry)s, ''), entry)
            WHERE what = %(what)s AND about = %(about)s""",
        {"state": state, "now": now, "why": why[:_LONGEST], "contact": str(contact)[:100], "entry": str(entry)[:100],
         "what": what, "about": about},
    )  # fmt: skip
