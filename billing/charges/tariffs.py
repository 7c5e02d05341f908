"""Tariffs in the store: versions that are added and never edited, and which tenant has which from when."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from psycopg.rows import class_row

from billing.rating.tariff import BadTariff, Tariff, parse_tariff
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.db import Conn
from store.locks import Lock, take_turns
from store.tenants import check_slug

MICRO_DECIMALS = 6
"""The store keeps micro-euros: a stored tariff's amounts have at most this many decimals."""


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """One version. `added_at` is UTC."""

    name: str
    version: int
    toml: str
    sha256: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class InForce:
    """The version that rates a tenant's calls at an instant."""

    name: str
    version: int
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class Assignment:
    """From `from_at` (UTC) on, a tenant's calls are rated by this version."""

    tenant_id: UUID
    tariff: str
    version: int
    from_at: datetime
    assigned_by: str
    assigned_at: datetime


_COLUMNS = "name, version, toml, sha256, added_by, added_at"


def add_version(conn: Conn, name: str, toml: str, by: Actor) -> TariffVersion:
    """Store a text as the next version of `name` (operator); the same text again is the version it was.

    Raises BadTariff for a text that cannot rate, BadInput for a name.
    """
    check_slug("tariff", name)
    tariff = parse_tariff(toml, name)
    if tariff.decimals > MICRO_DECIMALS:
        raise BadTariff(f"{name}: decimals: {tariff.decimals}; stored amounts have at most {MICRO_DECIMALS}")
    sha256 = hashlib.sha256(toml.encode()).hexdigest()
    with conn.cursor(row_factory=class_row(TariffVersion)) as cursor:
        # adding is rare; two who add to one name take turns
        take_turns(conn, Lock.TARIFF, name)
        known = cursor.execute(
            f"SELECT {_COLUMNS} FROM billing.tariffs WHERE name = %s AND sha256 = %s", (name, sha256)
        ).fetchone()
        row = (
            known
            or cursor.execute(
                f"""INSERT INTO billing.tariffs (name, version, toml, sha256, added_by)
                SELECT %(name)s, coalesce(max(version), 0) + 1, %(toml)s, %(sha256)s, %(by)s
                  FROM billing.tariffs WHERE name = %(name)s
                RETURNING {_COLUMNS}""",
                {"name": name, "toml": toml, "sha256": sha256, "by": str(by)},
            ).fetchone()
        )
    assert row is not None
    if known is None:
        note(conn, by, "tariff.add", f"tariff:{name}@{row.version}", sha256=sha256)
    return row


def get(conn: Conn, name: str, version: int | None = None) -> TariffVersion:
    """A version, or the latest (operator). Raises NotFound."""
    with conn.cursor(row_factory=class_row(TariffVersion)) as cursor:
        row = cursor.execute(
            f"""SELECT {_COLUMNS} FROM billing.tariffs
                 WHERE name = %s AND (%s::integer IS NULL OR version = %s) ORDER BY version DESC LIMIT 1""",
            (name, version, version),
        ).fetchone()
    if row is None:
        what = name if version is None else f"{name} version {version}"
        raise NotFound(f"no tariff {what}", hint="decroche billing tariff list")
    return row


def named(conn: Conn, text: str) -> InForce:
    """The version that NAME or NAME@VERSION means, ready to rate by. Raises BadInput, NotFound."""
    name, _, version = text.partition("@")
    if version and not version.isdigit():
        raise BadInput(f"--tariff: {text!r} is not NAME or NAME@VERSION", hint="decroche billing tariff list")
    found = get(conn, name, int(version) if version else None)
    return InForce(found.name, found.version, parsed(found.toml))


def listed(conn: Conn) -> list[TariffVersion]:
    """Every version (operator)."""
    with conn.cursor(row_factory=class_row(TariffVersion)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM billing.tariffs ORDER BY name, version").fetchall()


def assign(conn: Conn, tenant_id: UUID, name: str, version: int, from_at: datetime, by: Actor) -> Assignment:
    """Rate the tenant's calls answered from `from_at` (aware) on by this version (operator).

    Raises NotFound, and BadInput for a tariff in another currency than the tenant's account.
    """
    currency = parsed(get(conn, name, version).toml).currency
    account = conn.execute(
        """INSERT INTO billing.accounts (tenant_id, currency) VALUES (%s, %s)
           ON CONFLICT (tenant_id) DO UPDATE SET mode = billing.accounts.mode RETURNING currency""",
        (tenant_id, currency),
    ).fetchone()
    if account is not None and account["currency"] != currency:
        raise BadInput(
            f"tariff {name} is in {currency}, the tenant's account in {account['currency']}",
            hint="assign a tariff in the account's currency",
        )
    with conn.cursor(row_factory=class_row(Assignment)) as cursor:
        row = cursor.execute(
            """INSERT INTO billing.tariff_assignments (tenant_id, tariff, version, from_at, assigned_by)
               VALUES (%s, %s, %s, %s, %s)
               RETURNING tenant_id, tariff, version, from_at, assigned_by, assigned_at""",
            (tenant_id, name, version, from_at, str(by)),
        ).fetchone()
    assert row is not None
    note(conn, by, "tariff.assign", f"tariff:{name}@{version}", tenant_id, from_at=from_at.isoformat())
    return row


def in_force(conn: Conn, at: datetime) -> InForce | None:
    """The version that rates a call answered `at` of the session's tenant; None when none is assigned."""
    row = conn.execute("SELECT name, version, toml FROM billing.tariff_at(%s)", (at,)).fetchone()
    return None if row is None else InForce(row["name"], row["version"], parsed(row["toml"]))


@dataclass(frozen=True, slots=True)
class Timetable:
    """All of one tenant's assignments, the latest first, for rating many calls."""

    entries: Sequence[tuple[datetime, InForce]]

    def at(self, at: datetime) -> InForce | None:
        """As `in_force`."""
        return next((force for from_at, force in self.entries if from_at <= at), None)


def timetable(conn: Conn, tenant_id: UUID) -> Timetable:
    """The tenant's timetable (operator)."""
    rows = conn.execute(
        """SELECT a.from_at, t.name, t.version, t.toml
             FROM billing.tariff_assignments a JOIN billing.tariffs t ON t.name = a.tariff AND t.version = a.version
            WHERE a.tenant_id = %s ORDER BY a.from_at DESC, a.seq DESC""",
        (tenant_id,),
    ).fetchall()
    return Timetable([(row["from_at"], InForce(row["name"], row["version"], parsed(row["toml"]))) for row in rows])


def assigned(conn: Conn) -> Timetable:
    """The timetable of the session's tenant, as the service may read it."""
    rows = conn.execute(
        "SELECT DISTINCT from_at FROM billing.tariff_assignments WHERE tenant_id = app.tenant() ORDER BY from_at DESC"
    ).fetchall()
    return Timetable([(row["from_at"], force) for row in rows if (force := in_force(conn, row["from_at"]))])


@lru_cache(maxsize=128)
def parsed(toml: str) -> Tariff:
    """A stored text read again; the same object each time, so that it is compiled once."""
    return parse_tariff(toml, stored=True)
