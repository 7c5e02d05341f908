"""A client's data is deleted after the end of its access; what stays, until when and why, is told.

What goes is what each folder's own `forget` takes; what stays is counted afterwards, in every table there is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from billing.invoices.leaving import close_ended
from billing.plans import plans
from billing.plans.subscription import PARIS, add_months
from compliance.people.again import MARGIN
from compliance.people.policies import lasting, policies
from compliance.people.retention import asked
from store import audit, leaving, tenants
from store.backups import erasures
from store.backups.erasures import Erasure
from store.base.actor import Actor
from store.base.errors import Refused
from store.base.secrets import forget_secret
from store.base.settings import Settings
from store.base.stamped import key_name
from store.db import Conn
from store.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a table that stay: until `until` at the latest (None: no term is set), and why."""

    table: str
    count: int
    until: date | None
    why: str


@dataclass(frozen=True, slots=True)
class Files:
    """What of a client's lies on the disk: recordings, and by their names the secrets of its systems."""

    sounds: tuple[Path, ...]
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deletion. `gone`: table → rows that went. `left`: files, which go last. `exported_at`: when all was handed
    over."""

    tenant: Tenant
    at: datetime
    by: str
    access_ended: str
    exported_at: datetime | None
    left: Files
    gone: dict[str, int]
    kept: tuple[Kept, ...]


def delete(conn: Conn, of: Settings, tenant: Tenant, now: datetime, *, by: Actor, unexported: bool = False) -> Deleted:
    """Delete what may go (operator's session): rows and keys; the ledger of erasures says so first. Files are `let_go`
    of once that is committed: they open with no key any more.

    Raises Refused before the end of access, while calls go on, and where nothing was handed over, unless `unexported`.
    """
    leaving.refuse_busy(conn, tenant.id, of.home)
    ended = _access_ended(conn, tenant, now.astimezone(PARIS).date(), by)
    exported = next(iter(audit.find(conn, tenant_id=tenant.id, action="tenant.export", limit=1)), None)
    if exported is None and not unexported:
        raise Refused(
            f"nothing was handed over to {tenant.slug} yet (contract, 7.3)",
            hint=f"decroche tenant leave {tenant.slug} --out FILE; or --unexported, where it wants nothing",
        )
    erasures.note(of.home, Erasure(now, "client", tenant.id))
    before = leaving.counted(conn, tenant.id)
    files = forget(conn, of, tenant.id, tenant.slug)
    after = leaving.counted(conn, tenant.id)
    left = {table: count - after.get(table, 0) for table, count in before.items()}
    done = Deleted(
        tenant, now, str(by), ended, exported.at if exported else None, files,
        {table: count for table, count in left.items() if count > 0},
        tuple(_kept(table, count, now.astimezone(PARIS).date()) for table, count in sorted(after.items())),
    )  # fmt: skip
    told = {"rows": sum(done.gone.values()), "files": len(files.sounds) + len(files.secrets)}
    audit.note(conn, by, "tenant.delete", f"tenant:{tenant.slug}", tenant.id, **told)
    return done


def forget(conn: Conn, of: Settings, tenant_id: UUID, slug: str) -> Files:
    """Take away the rows of a client's that may go; its files, which are to be let go of then."""
    sounds = leaving.recordings(conn, tenant_id)
    leaving.forget(conn, tenant_id)
    asked("campaigns", "client")(conn, tenant_id)
    passwords = asked("portal", "client")(conn, tenant_id)
    folder = of.home / "recordings" / slug
    found = {path for path in sounds if path.is_file()} | {path for path in folder.rglob("*") if path.is_file()}
    return Files(tuple(sorted(found)), (*passwords, key_name(tenant_id)))


def let_go(left: Files, of: Settings) -> None:
    """Remove sound files with the folders that are empty then, and secrets."""
    for name in left.secrets:
        forget_secret(name, of=of)
    for path in left.sounds:
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()


def forget_again(conn: Conn, of: Settings, ledger: list[Erasure], since: datetime) -> int:
    """Delete again, in what was restored, the clients that were deleted after `since`; how many."""
    known = tenants.slugs(conn)
    whom = {each.tenant for each in ledger if each.kind == "client" and each.tenant and each.at >= since - MARGIN}
    for tenant in sorted(whom & known.keys()):
        let_go(forget(conn, of, tenant, known[tenant]), of)
    return len(whom & known.keys())


def _access_ended(conn: Conn, tenant: Tenant, today: date, by: Actor) -> str:
    """Why the client has no access any more; it is closed where that had not been done. Raises Refused."""
    if tenant.status == "closed" or close_ended(conn, tenant, today):
        return "closed"
    found = plans.subscriptions(conn, tenant.id)
    if not found:
        tenants.close(conn, tenant.id, by=by)
        return "no subscription"
    last = [plans.calendar_of(conn, each, today).last_access_on for each in found]
    day = "has no end" if None in last else f"goes on until {max(day for day in last if day)}"
    raise Refused(
        f"the access of {tenant.slug} {day} (contract, 7.3)",
        hint="notice: decroche billing subscription --notice; deletion is for after the last day of access",
    )


def _kept(table: str, count: int, today: date) -> Kept:
    months = [policy.months for policy in policies() if table in policy.tables and policy.months is not None]
    return Kept(table, count, add_months(today, max(months)) if months else None, _why(table))


def _why(table: str) -> str:
    """The reference of the longest policy that names the table, else why it lasts."""
    found = sorted((p for p in policies() if table in p.tables), key=lambda p: p.months or 0)
    if found:
        return found[-1].reference
    return next((each.why for each in lasting() if each.table == table), "")
