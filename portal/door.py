"""The database as the web sees it: transactions of the role `decroche_portal`, opened by a session's token or a key.

    with portal.anteroom() as conn:             nobody's: signing in, one-use links
    with portal.entered(token, now) as seat:    a signed-in person's; seat.conn sees the rows of one client
    with portal.unlocked(key, now) as seat:     a client's system's

Each is one transaction. The tenant comes out of `portal.enter`, which looks at the session's row.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from portal.people.tokens import digest
from store.base.actor import Actor
from store.base.errors import NotFound, Refused
from store.base.settings import Settings
from store.db import Conn, pool_of, taken

if TYPE_CHECKING:
    from agents.meaning.sense import Sense


class NotSignedIn(Refused):
    """Nobody is signed in."""

    code = "not_signed_in"


class NotAllowed(Refused):
    """Your role does not open this."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class Seat:
    """Who acts in this transaction, for which client, and what they may do there.

    `tenant_id` None: a person who has chosen no client yet. `waiting`: the second step is still to come.
    """

    conn: Conn
    by: Actor
    tenant_id: UUID | None
    tenant: str
    tenant_name: str
    timezone: str
    rights: frozenset[str]
    session_id: UUID | None = None
    person_id: UUID | None = None
    email: str = ""
    name: str = ""
    roles: Sequence[str] = ()
    second_step: bool = False
    mfa_at: datetime | None = None
    waiting: bool = False

    @property
    def whose(self) -> UUID:
        """The client's id. Raises NotFound where none is chosen."""
        if self.tenant_id is None:
            raise NotFound("no client is chosen", code="no_tenant")
        return self.tenant_id

    def needs(self, right: str) -> None:
        """Raises NotAllowed unless this right is held."""
        if right not in self.rights:
            raise NotAllowed(f"the right {right!r} is needed", hint="ask the account's holder (titulaire)")


class Portal:
    """The web's pool, and where the files are. Threads share it.

    `sense`: gives the encoder by which agents are tried by text; None: by their rules alone.
    """

    def __init__(self, dsn: str, of: Settings) -> None:
        """`dsn`: of a login that is a member of decroche_portal alone (`store.setup.portal_dsn`)."""
        self.settings = of
        self.sense: Callable[[], Sense | None] = _sense
        self._pool = pool_of(dsn, of.database.pool_max, 5, "portal")

    @contextmanager
    def anteroom(self) -> Generator[Conn]:
        """A transaction of nobody: no tenant's row is seen."""
        with taken(self._pool) as conn, conn.transaction():
            yield conn

    @contextmanager
    def entered(self, token: str, now: datetime) -> Generator[Seat]:
        """A transaction of the person whose session's token this is. Raises NotSignedIn."""
        with self.anteroom() as conn:
            yield enter(conn, token, now)

    @contextmanager
    def unlocked(self, key: str, now: datetime) -> Generator[Seat]:
        """A transaction of the system whose key this is. Raises NotSignedIn."""
        with self.anteroom() as conn:
            row = conn.execute("SELECT * FROM portal.enter_key(%s, %s)", (digest(key), now)).fetchone()
            if row is None:
                raise NotSignedIn("the key is unknown, has ended, or is out of date", code="key_unknown")
            by = Actor("api", str(row["key_id"]), row["tenant_id"], "key")
            yield Seat(
                conn, by, row["tenant_id"], row["tenant"], row["tenant_name"], row["timezone"], frozenset(row["rights"])
            )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _sense() -> Sense | None:
    from agents.meaning.sense import sense_here

    return sense_here()


def enter(conn: Conn, token: str, now: datetime) -> Seat:
    """Opens the transaction of `conn` for the bearer of a session's token. Raises NotSignedIn."""
    row = conn.execute("SELECT * FROM portal.enter(%s, %s)", (digest(token), now)).fetchone()
    if row is None:
        raise NotSignedIn("no session, or one that has ended")
    by = Actor("person", row["email"], row["tenant_id"], " ".join(row["roles"] or ()))
    return Seat(
        conn, by, row["tenant_id"], row["tenant"] or "", row["tenant_name"] or "", row["timezone"] or "Europe/Paris",
        frozenset(row["rights"]), row["session_id"], row["person_id"], row["email"], row["name"],
        tuple(row["roles"] or ()), row["second_step"], row["mfa_at"], row["waiting"],
    )  # fmt: skip


@contextmanager
def open_portal(of: Settings) -> Generator[Portal]:
    """The portal on the settings' database, which is started and migrated where that is ours to do."""
    from store.setup import portal_dsn, prepare

    prepare(of)
    portal = Portal(portal_dsn(of), of)
    try:
        yield portal
    finally:
        portal.close()
