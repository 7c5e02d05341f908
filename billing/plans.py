"""Plans by version, subscriptions with the proof that their terms were accepted, and what a month owes for them."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal, cast
from uuid import UUID

from psycopg.rows import class_row

from billing.invoice import Line, cents
from billing.ledger import MICRO, spell
from billing.subscription import Calendar, Facts, PriceChange, add_months, calendar
from billing.tariff import as_price
from store.db import Conn
from store.errors import BadInput, NotFound
from store.ids import new_id
from store.tenants import check_slug

_KEYS = {"title", "monthly_price", "agents", "numbers", "tariff", "option"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is offered: a monthly price before tax (micro-euros), what it includes, options by name → price."""

    name: str
    version: int
    title: str
    monthly_micros: int
    agents: int
    numbers: int
    tariff: str
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A tenant's subscription. `accepted_*` and `terms_*` are the proof of acceptance."""

    tenant_id: UUID
    id: UUID
    plan: str
    plan_version: int
    options: Sequence[str]
    starts_on: date
    accepted_by: str
    accepted_at: datetime
    accepted_from: str
    terms_version: str
    terms_sha256: str


def parse_plan(name: str, version: int, toml: str) -> Plan:
    """A plan from its text. Raises BadInput naming the field that is wrong."""
    try:
        data = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"plan {name}: not TOML: {error}") from error
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise BadInput(f"plan {name}: {unknown[0]}: unknown key", hint=f"known: {', '.join(sorted(_KEYS))}")
    options = cast("list[dict[str, Any]]", data.get("option", []))
    return Plan(
        name,
        version,
        str(data.get("title", name)),
        _micros(name, "monthly_price", data.get("monthly_price")),
        _count(name, "agents", data.get("agents", 1)),
        _count(name, "numbers", data.get("numbers", 1)),
        str(data.get("tariff", "")),
        {str(o.get("name")): _micros(name, "option.monthly_price", o.get("monthly_price")) for o in options},
    )


def add_plan(conn: Conn, name: str, toml: str, by: str) -> Plan:
    """Store a text as the plan's next version (operator); the same text again is the version it was."""
    check_slug("plan", name)
    parse_plan(name, 1, toml)
    sha256 = hashlib.sha256(toml.encode()).hexdigest()
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 3))", (name,))
    row = (
        conn.execute("SELECT version FROM billing.plans WHERE name = %s AND sha256 = %s", (name, sha256)).fetchone()
        or conn.execute(
            """INSERT INTO billing.plans (name, version, toml, sha256, added_by)
               SELECT %(name)s, coalesce(max(version), 0) + 1, %(toml)s, %(sha256)s, %(by)s
                 FROM billing.plans WHERE name = %(name)s RETURNING version""",
            {"name": name, "toml": toml, "sha256": sha256, "by": by},
        ).fetchone()
    )
    assert row is not None
    return parse_plan(name, row["version"], toml)


def get_plan(conn: Conn, name: str, version: int | None = None) -> Plan:
    """A version of a plan, or the latest. Raises NotFound."""
    row = conn.execute(
        """SELECT version, toml FROM billing.plans
            WHERE name = %s AND (%s::integer IS NULL OR version = %s) ORDER BY version DESC LIMIT 1""",
        (name, version, version),
    ).fetchone()
    if row is None:
        raise NotFound(f"no plan {name}", hint="decroche billing plan list")
    return parse_plan(name, row["version"], row["toml"])


def list_plans(conn: Conn) -> list[Plan]:
    """Every version of every plan."""
    rows = conn.execute("SELECT name, version, toml FROM billing.plans ORDER BY name, version").fetchall()
    return [parse_plan(row["name"], row["version"], row["toml"]) for row in rows]


_COLUMNS = """tenant_id, id, plan, plan_version, options, starts_on, accepted_by, accepted_at, accepted_from,
              terms_version, terms_sha256"""


def subscribe(
    conn: Conn,
    tenant_id: UUID,
    plan: Plan,
    starts_on: date,
    *,
    accepted_by: str,
    accepted_at: datetime,
    accepted_from: str,
    terms_version: str,
    terms: bytes,
    options: Sequence[str] = (),
) -> Subscription:
    """A subscription whose terms (their bytes are hashed) a named person accepted. Raises BadInput."""
    for option in options:
        if option not in plan.options:
            raise BadInput(f"option {option!r} is not in plan {plan.name}", hint=f"known: {', '.join(plan.options)}")
    if not accepted_by.strip() or not accepted_from.strip() or not terms_version.strip():
        raise BadInput("who accepted which version of the terms, and from where?", hint="all three are needed")
    with conn.cursor(row_factory=class_row(Subscription)) as cursor:
        row = cursor.execute(
            f"""INSERT INTO billing.subscriptions ({_COLUMNS})
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}""",
            (
                tenant_id, new_id(), plan.name, plan.version, list(options), starts_on, accepted_by, accepted_at,
                accepted_from, terms_version, hashlib.sha256(terms).hexdigest(),
            ),
        ).fetchone()  # fmt: skip
    assert row is not None
    return row


def note(
    conn: Conn,
    of: Subscription,
    kind: Literal["notice", "withdrawal", "price_change", "leave"],
    happened_on: date,
    by: str,
    *,
    effective_on: date | None = None,
    price_micros: int | None = None,
) -> None:
    """Something happened to a subscription: its calendar follows from it."""
    conn.execute(
        """INSERT INTO billing.subscription_events
               (tenant_id, id, subscription_id, kind, happened_on, effective_on, price_micros, noted_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (of.tenant_id, new_id(), of.id, kind, happened_on, effective_on, price_micros, by),
    )


def subscriptions(conn: Conn, tenant_id: UUID) -> list[Subscription]:
    """The tenant's subscriptions, in the order they began."""
    with conn.cursor(row_factory=class_row(Subscription)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM billing.subscriptions WHERE tenant_id = %s ORDER BY starts_on, id", (tenant_id,)
        ).fetchall()


def calendar_of(conn: Conn, of: Subscription, until: date) -> Calendar:
    """The subscription's calendar by what is known today."""
    plan = get_plan(conn, of.plan, of.plan_version)
    events = conn.execute(
        """SELECT kind, happened_on, effective_on, price_micros FROM billing.subscription_events
            WHERE subscription_id = %s ORDER BY happened_on, noted_at""",
        (of.id,),
    ).fetchall()
    first = {kind: next((e["happened_on"] for e in events if e["kind"] == kind), None) for kind in
             ("notice", "withdrawal", "leave")}  # fmt: skip
    changes = [
        PriceChange(e["happened_on"], e["effective_on"], e["price_micros"])
        for e in events
        if e["kind"] == "price_change"
    ]
    price = plan.monthly_micros + sum(plan.options[option] for option in of.options)
    return calendar(
        Facts(of.starts_on, price, first["notice"], first["withdrawal"], first["leave"], tuple(changes)), until
    )


def subscription_lines(conn: Conn, tenant_id: UUID, month: date) -> list[Line]:
    """One line for each period of a subscription that begins in the calendar month: due whole."""
    lines: list[Line] = []
    end = add_months(month, 1)
    for of in subscriptions(conn, tenant_id):
        found = calendar_of(conn, of, end)
        title = get_plan(conn, of.plan, of.plan_version).title
        for period in found.periods:
            if not month <= period.begins < end:
                continue
            due = period.price_micros - found.refund_micros
            name = f"Abonnement {title}, du {period.begins:%d/%m/%Y} au {period.ends:%d/%m/%Y}"
            extra = "rétractation : part exécutée" if found.refund_micros else ""
            whole = cents(Fraction(due, MICRO // 100))
            price = spell(whole * 10_000).removesuffix("00")
            lines.append(Line(name, "1", "MON", price, whole, extra, "subscription", str(of.id)))
    return lines


def _micros(plan: str, field: str, value: object) -> int:
    price = as_price(value)
    if isinstance(price, str):
        raise BadInput(f"plan {plan}: {field}: {price}", hint='write it as "49.00"')
    return int(price * MICRO)


def _count(plan: str, field: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise BadInput(f"plan {plan}: {field}: must be a whole number of 0 or more")
