"""Endpoints: where a client's systems listen, which events they want, under which keys they are signed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from psycopg.rows import class_row

from portal.links.hooks import signing
from portal.links.hooks.kinds import wanted
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.base.outward import checked
from store.base.sealed import new_key, unwrap, wrap
from store.base.secrets import read_secret, secret
from store.base.settings import Settings
from store.db import Conn

SECRET = "hooks-key"  # noqa: S105 - its name
MOST = 10
"""Endpoints of a client."""
BOTH = timedelta(days=1)
"""How long messages are signed under the key before too, after it was replaced."""
_LONGEST, _LONGEST_NAME = 2000, 60
_COLUMNS = """e.id, e.tenant_id, e.name, e.url, e.kinds, e.made_by, e.made_at, e.took_at, e.faults, e.rests_until,
              e.disabled_at, e.disabled_why,
              (SELECT max(k.ends_at) FROM links.endpoint_keys k WHERE k.endpoint_id = e.id) AS both_until"""


class ChangedMeanwhile(Refused):
    """Somebody else changed it meanwhile."""

    code = "changed_meanwhile"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint. `faults`: failed tries in a row; `both_until`: until when the key before signs too."""

    id: UUID
    tenant_id: UUID
    name: str
    url: str
    kinds: Sequence[str]
    made_by: str
    made_at: datetime
    took_at: datetime | None
    faults: int
    rests_until: datetime | None
    disabled_at: datetime | None
    disabled_why: str
    both_until: datetime | None


def add(
    conn: Conn, tenant_id: UUID, url: str, kinds: Iterable[str], *, name: str = "", by: Actor, now: datetime,
    of: Settings,
) -> tuple[Endpoint, str]:  # fmt: skip
    """(endpoint, secret): a new one, whose secret is told once. No `kinds`: all there are.

    Raises BadInput naming what is wrong; Refused where the client has too many.
    """
    events, url, name = wanted(kinds), _url(url, of), _name(name)
    if len(listed(conn, tenant_id)) >= MOST:
        raise Refused(f"there are {MOST} endpoints already", hint="remove one that is not used", code="hooks_many")
    endpoint_id = new_id()
    conn.execute(
        """INSERT INTO links.endpoints (tenant_id, id, name, url, kinds, made_by, made_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (tenant_id, endpoint_id, name, url, events, str(by), now),
    )
    told = _begin_key(conn, tenant_id, endpoint_id, now, of)
    note(conn, by, "hook.add", _subject(endpoint_id), tenant_id, events=events)
    return get(conn, endpoint_id), told


def change(
    conn: Conn, endpoint_id: UUID, *, url: str | None = None, kinds: Iterable[str] | None = None,
    name: str | None = None, upon: str = "", by: Actor, of: Settings,
) -> Endpoint:  # fmt: skip
    """Another address, other events or another name; None: as it is. Its secret stays, and so does what was sent; what
    waits goes to the new address, at once where that is another. `upon`: the `revision` that was read, "" for any.

    Raises NotFound; BadInput naming what is wrong; ChangedMeanwhile.
    """
    conn.execute("SELECT 1 FROM links.endpoints WHERE id = %s FOR UPDATE", (endpoint_id,))  # two at once take turns
    found = get(conn, endpoint_id)
    if upon and upon != revision(found):
        raise ChangedMeanwhile("it was changed since it was read", hint="read it again, and make the change again")
    to = (
        found.url if url is None else _url(url, of),
        list(found.kinds) if kinds is None else wanted(kinds),
        found.name if name is None else _name(name),
    )
    changed = [part for part, old, new in zip(("url", "events", "name"), _parts(found), to, strict=True) if old != new]
    if not changed:
        return found
    conn.execute("UPDATE links.endpoints SET url = %s, kinds = %s, name = %s WHERE id = %s", (*to, endpoint_id))
    if "url" in changed:
        conn.execute("UPDATE links.endpoints SET faults = 0, rests_until = NULL WHERE id = %s", (endpoint_id,))
    note(conn, by, "hook.set", _subject(endpoint_id), found.tenant_id, changed=changed, events=to[1],
         host=str(urlsplit(to[0]).hostname))  # fmt: skip
    return get(conn, endpoint_id)


def revision(of: Endpoint) -> str:
    """What tells one state of what may be changed from another."""
    return hashlib.sha256(json.dumps(_parts(of)).encode()).hexdigest()[:32]


def _parts(of: Endpoint) -> tuple[str, list[str], str]:
    return of.url, list(of.kinds), of.name


def _name(text: str) -> str:
    name = text.strip()
    if len(name) > _LONGEST_NAME or re.search(r"[\x00-\x1f\x7f]", name):
        raise BadInput(f"name: {name[:70]!r}", hint=f"{_LONGEST_NAME} characters at most", code="name_wrong")
    return name


def _url(text: str, of: Settings) -> str:
    url = text.strip()
    if len(url) > _LONGEST or re.search(r"[\x00-\x20\x7f]", url):
        raise BadInput("url: holds blanks, or is too long", hint="write https://host/path", code="outward_refused")
    checked(url, of.outward.allowed)
    return url


def listed(conn: Conn, tenant_id: UUID | None = None) -> list[Endpoint]:
    """Endpoints that `conn` may see, of one client where it is named; the oldest first."""
    with conn.cursor(row_factory=class_row(Endpoint)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM links.endpoints e WHERE %(tenant)s::uuid IS NULL OR e.tenant_id = %(tenant)s
                 ORDER BY e.tenant_id, e.made_at, e.id""",
            {"tenant": tenant_id},
        ).fetchall()


def get(conn: Conn, endpoint_id: UUID) -> Endpoint:
    """One of them. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Endpoint)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM links.endpoints e WHERE e.id = %s", (endpoint_id,)).fetchone()
    if found is None:
        raise NotFound(f"no endpoint {endpoint_id}", hint="decroche hook list")
    return found


def rotate(conn: Conn, endpoint_id: UUID, *, by: Actor, now: datetime, of: Settings) -> tuple[Endpoint, str]:
    """(endpoint, secret): another key, told once; the one before signs beside it for a day. Raises NotFound."""
    found = get(conn, endpoint_id)
    conn.execute("DELETE FROM links.endpoint_keys WHERE endpoint_id = %s AND ends_at IS NOT NULL", (endpoint_id,))
    conn.execute(
        "UPDATE links.endpoint_keys SET ends_at = %s WHERE endpoint_id = %s AND ends_at IS NULL",
        (now + BOTH, endpoint_id),
    )
    told = _begin_key(conn, found.tenant_id, endpoint_id, now, of)
    note(conn, by, "hook.rotate", _subject(endpoint_id), found.tenant_id)
    return get(conn, endpoint_id), told


def enable(conn: Conn, endpoint_id: UUID, *, by: Actor) -> Endpoint:
    """Messages go to it again, from the next event on. Raises NotFound; Refused for one that is not disabled."""
    found = get(conn, endpoint_id)
    if found.disabled_at is None:
        raise Refused(f"endpoint {endpoint_id} is not disabled", code="hook_enabled")
    conn.execute(
        """UPDATE links.endpoints SET disabled_at = NULL, disabled_why = '', faults = 0, rests_until = NULL
            WHERE id = %s""",
        (endpoint_id,),
    )
    note(conn, by, "hook.enable", _subject(endpoint_id), found.tenant_id)
    return get(conn, endpoint_id)


def remove(conn: Conn, endpoint_id: UUID, *, by: Actor) -> Endpoint:
    """Take it away with its keys and its log; nothing more is sent. Raises NotFound."""
    gone = get(conn, endpoint_id)
    conn.execute("DELETE FROM links.endpoints WHERE id = %s", (endpoint_id,))
    note(conn, by, "hook.remove", _subject(endpoint_id), gone.tenant_id)
    return gone


def keys_of(conn: Conn, endpoint_id: UUID, now: datetime, of: Settings) -> list[bytes]:
    """The keys under which a message is signed now, the present one first. Raises SealBroken, SecretMissing."""
    rows = conn.execute(
        """SELECT key FROM links.endpoint_keys WHERE endpoint_id = %s AND (ends_at IS NULL OR ends_at > %s)
            ORDER BY ends_at IS NULL DESC, made_at DESC""",
        (endpoint_id, now),
    ).fetchall()
    outer = _operators(of, make=False)
    return [unwrap(outer, row["key"], endpoint_id.bytes) for row in rows]


def _begin_key(conn: Conn, tenant_id: UUID, endpoint_id: UUID, now: datetime, of: Settings) -> str:
    key = new_key()
    conn.execute(
        "INSERT INTO links.endpoint_keys (tenant_id, endpoint_id, key, made_at) VALUES (%s, %s, %s, %s)",
        (tenant_id, endpoint_id, wrap(_operators(of), key, endpoint_id.bytes), now),
    )
    return signing.spoken(key)


def _operators(of: Settings, *, make: bool = True) -> bytes:
    """The operator's key: of the secret's 256 bits. A missing one is made for a new key, never to read one."""
    return hashlib.sha256((secret if make else read_secret)(SECRET, of=of).encode()).digest()


def _subject(endpoint_id: UUID) -> str:
    return f"hook:{endpoint_id}"


# -- what the worker notes


def took(conn: Conn, endpoint_id: UUID, now: datetime) -> None:
    """It took a message."""
    conn.execute(
        "UPDATE links.endpoints SET took_at = %s, faults = 0, rests_until = NULL WHERE id = %s", (now, endpoint_id)
    )


def failed(conn: Conn, endpoint_id: UUID, rests_until: datetime) -> None:
    """It did not take one: it is left alone for a while."""
    conn.execute(
        "UPDATE links.endpoints SET faults = faults + 1, rests_until = %s WHERE id = %s", (rests_until, endpoint_id)
    )


def disable(conn: Conn, found: Endpoint, why: str, *, by: Actor, now: datetime) -> bool:
    """Nothing more is sent to it until somebody enables it; whether it was enabled."""
    done = conn.execute(
        "UPDATE links.endpoints SET disabled_at = %s, disabled_why = %s WHERE id = %s AND disabled_at IS NULL",
        (now, why, found.id),
    )
    if done.rowcount:
        note(conn, by, "hook.disable", _subject(found.id), found.tenant_id, why=why)
    return bool(done.rowcount)
