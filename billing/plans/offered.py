"""What is offered: plans by version, from text that names line and field of all that is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from billing.charges import tariffs
from billing.charges.lines import MICRO
from billing.rating.toml_table import Table, read_strictly
from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.db import Conn
from store.locks import Lock, take_turns
from store.tenants import check_slug

SUPPORT = ("standard", "priority")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is offered: a monthly price before tax (micro-euros), what it includes, options by name → price.

    `extra_*_micros`: a month of an agent or a number beyond those included; None: the plan names no price.
    `tariff`: the calls of whoever subscribes are rated by it (its bundle with it); '': left as they are. `support`: how
    soon its tickets are answered, one of SUPPORT.
    """

    name: str
    version: int
    title: str
    monthly_micros: int
    agents: int
    numbers: int
    tariff: str
    options: Mapping[str, int]
    extra_agent_micros: int | None = None
    extra_number_micros: int | None = None
    support: str = "standard"


class BadPlan(BadInput):
    """The plan is wrong."""

    code = "bad_plan"


def read_plan(path: Path) -> str:
    """The text of a plan's file, once it is a plan. Raises BadPlan naming file, line and field of all that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadPlan(f"{path}: {error}", hint="give a TOML file in UTF-8") from error
    parse_plan(str(path), 1, text)
    return text


def parse_plan(name: str, version: int, toml: str) -> Plan:
    """A plan from its text. Raises BadPlan naming line and field of all that is wrong."""
    return read_strictly(toml, name, lambda top: _plan(top, name, version), BadPlan)


def _plan(top: Table, name: str, version: int) -> Plan:
    options: dict[str, int] = {}
    for table in top.tables("option"):
        option, price = table.text("name", ""), _monthly(table, "monthly_price", required=True) or 0
        if not option:
            table.wrong("name", "missing")
        elif option in options:
            table.wrong("name", f"{option!r} is named twice")
        options[option] = price
        table.close()
    found = Plan(
        name,
        version,
        top.text("title", name),
        _monthly(top, "monthly_price", required=True) or 0,
        top.integer("agents", 1, 0, 10_000),
        top.integer("numbers", 1, 0, 10_000),
        top.text("tariff", ""),
        options,
        _monthly(top, "extra_agent"),
        _monthly(top, "extra_number"),
        top.text("support", "standard"),
    )
    if found.support not in SUPPORT:
        top.wrong("support", f"{found.support!r} is none of {', '.join(SUPPORT)}")
    top.close()
    return found


def _monthly(table: Table, key: str, *, required: bool = False) -> int | None:
    """A monthly price in micro-euros, of whole cents: it stands on invoices as it is."""
    price = table.price(key, required=required)
    if (price * 100).denominator != 1:
        table.wrong(key, "a monthly price has at most two decimals")
    return None if key not in table.data else int(price * MICRO)


def add_plan(conn: Conn, name: str, toml: str, by: Actor) -> Plan:
    """Store a text as the plan's next version (operator); the same text again is the version it was.

    Raises BadPlan, NotFound for a tariff that is not there.
    """
    check_slug("plan", name)
    plan = parse_plan(name, 1, toml)
    if plan.tariff:
        tariffs.get(conn, plan.tariff)
    sha256 = hashlib.sha256(toml.encode()).hexdigest()
    take_turns(conn, Lock.PLAN, name)
    known = conn.execute("SELECT version FROM billing.plans WHERE name = %s AND sha256 = %s", (name, sha256)).fetchone()
    row = (
        known
        or conn.execute(
            """INSERT INTO billing.plans (name, version, toml, sha256, added_by)
               SELECT %(name)s, coalesce(max(version), 0) + 1, %(toml)s, %(sha256)s, %(by)s
                 FROM billing.plans WHERE name = %(name)s RETURNING version""",
            {"name": name, "toml": toml, "sha256": sha256, "by": str(by)},
        ).fetchone()
    )
    assert row is not None
    if known is None:
        audit.note(conn, by, "plan.add", f"plan:{name}@{row['version']}", sha256=sha256)
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
