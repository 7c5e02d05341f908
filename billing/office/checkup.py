"""Is billing fit to run? Each thing looked at is a finding with what to type; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Literal

from billing.charges.controls import TELL
from billing.documents.cii import money
from billing.invoices.invoicing import seller
from billing.invoices.late import NoLegalRate, known_until, rate_on, what_to_type
from billing.invoices.legal import known_rates
from billing.invoices.month import all_late
from billing.invoices.suspense import waiting
from billing.keys import key
from store import tenants
from store.base.errors import DecrocheError
from store.base.findings import Finding, fail, ok, told, warn
from store.base.settings import Settings
from store.db import Conn

RATE_AHEAD = timedelta(days=45)
"""So long before the known legal rates end, the next half-year is asked for."""


def examine(conn: Conn, of: Settings, today: date) -> list[Finding]:
    """Every finding (operator)."""
    looks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _seller(conn),
        lambda: _legal_rates(conn, today),
        lambda: _counted(conn, "customers", _no_customer, "have no billing address: {names}",
                         "decroche billing customer set TENANT …"),
        lambda: _counted(conn, "tariffs", _no_tariff, "have numbers and no tariff: {names}",
                         "decroche billing tariff assign NAME --tenant TENANT"),
        lambda: _counted(conn, "unrated calls", _unrated, "have calls without a price: {names}",
                         "add the rate, assign the tariff; decroche billing rerate --from …"),
        lambda: _counted(conn, "invoices", _not_invoiced, "have calls of a past month on no invoice: {names}",
                         "decroche billing invoice run --period YYYY-MM"),
        lambda: _counted(conn, "late calls", _late_calls, "have calls that came after their month's invoice: {names}",
                         "the next month's invoice has them: decroche billing invoice run --period YYYY-MM"),
        lambda: _counted(conn, "notices", _untold, "have notices that cannot be told: {names}",
                         "decroche jobs list says why", state="fail"),
        lambda: _counted(conn, "addresses", _unreachable, "are late and cannot be told: {names}",
                         "decroche billing customer set TENANT --email …; a letter: notices --told", state="fail"),
        lambda: _counted(conn, "disputes", _old_disputes, "wait for a decision for over 30 days: {names}",
                         "decroche billing disputes"),
        lambda: _counted(conn, "Stripe", _open_attempts, "have payments Stripe has not settled for 14 days: {names}",
                         "decroche billing collect NUMBER"),
        lambda: _counted(conn, "unknown payers", _unknown, "transfers are nobody's: {names}",
                         "decroche billing unknown list; then assign, or return"),
        lambda: _numbers(conn),
        lambda: _stripe(of),
        lambda: _rounds(conn),
    ]  # fmt: skip
    found: list[Finding] = []
    for look in looks:
        try:
            found += look()
        except DecrocheError as error:
            found.append(told(error.code, error))
    return found


def _seller(conn: Conn) -> Iterator[Finding]:
    party, _ = seller(conn)
    yield ok("seller", f"{party.name}, SIREN {party.siren}")


def _legal_rates(conn: Conn, today: date) -> Iterator[Finding]:
    last = known_until(known_rates(conn))
    first_unknown = last + timedelta(days=1)
    detail = f"known to {last}"
    if today > last:
        yield fail("legal rate", f"{detail}: late interest counts no further", what_to_type(first_unknown))
    elif today + RATE_AHEAD > last:
        yield warn("legal rate", f"{detail}, and not after", what_to_type(first_unknown))
    else:
        yield ok("legal rate", detail)
    if conn.execute("SELECT 1 FROM billing.customers WHERE (party ->> 'public')::boolean LIMIT 1").fetchone():
        try:
            rate_on(today, known_rates(conn), "ecb")
        except NoLegalRate as error:
            yield warn("ECB rate", "public bodies that are late from now on owe by a rate nobody entered", error.hint)
        else:
            yield ok("ECB rate", "known")


def _counted(
    conn: Conn, part: str, query: Callable[[Conn], list[str]], what: str, hint: str,
    state: Literal["warn", "fail"] = "warn",
) -> Iterator[Finding]:  # fmt: skip
    names = query(conn)
    if not names:
        yield ok(part, "nothing to do")
        return
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    yield Finding(part, state, f"{len(names)} {what.format(names=shown)}", hint)


def _no_customer(conn: Conn) -> list[str]:
    rows = conn.execute(
        """SELECT t.slug FROM store.tenants t
            WHERE t.status <> 'closed'
              AND (EXISTS (SELECT 1 FROM billing.subscriptions s WHERE s.tenant_id = t.id)
                   OR EXISTS (SELECT 1 FROM billing.tariff_assignments a WHERE a.tenant_id = t.id))
              AND NOT EXISTS (SELECT 1 FROM billing.customers c WHERE c.tenant_id = t.id) ORDER BY 1"""
    ).fetchall()
    return [row["slug"] for row in rows]


def _no_tariff(conn: Conn) -> list[str]:
    rows = conn.execute(
        """SELECT DISTINCT t.slug FROM store.tenants t JOIN store.numbers n ON n.tenant_id = t.id
            WHERE NOT EXISTS (SELECT 1 FROM billing.tariff_assignments a WHERE a.tenant_id = t.id) ORDER BY 1"""
    ).fetchall()
    return [row["slug"] for row in rows]


def _unrated(conn: Conn) -> list[str]:
    rows = conn.execute(
        """SELECT t.slug, sum(u.unrated_calls) AS calls FROM billing.usage u JOIN store.tenants t ON t.id = u.tenant_id
            WHERE u.unrated_calls > 0 GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    return [f"{row['slug']} ({row['calls']})" for row in rows]


def _not_invoiced(conn: Conn) -> list[str]:
    rows = conn.execute(
        """SELECT t.slug, to_char(u.month, 'YYYY-MM') AS month
             FROM billing.usage u JOIN store.tenants t ON t.id = u.tenant_id
            WHERE u.mode = 'postpaid' AND u.amount_micros > 0 AND u.month < date_trunc('month', now())
              AND NOT EXISTS (SELECT 1 FROM billing.live_invoices i
                               WHERE i.tenant_id = u.tenant_id AND i.period = u.month AND i.purpose = 'month')
            ORDER BY 2, 1"""
    ).fetchall()
    return [f"{row['slug']} {row['month']}" for row in rows]


def _unreachable(conn: Conn) -> list[str]:
    """Clients with a reminder or a formal notice that was never told, and no way to tell it (C. civ. 1344)."""
    rows = conn.execute(
        """SELECT DISTINCT t.slug FROM billing.notices n JOIN store.tenants t ON t.id = n.tenant_id
             LEFT JOIN billing.controls l ON l.tenant_id = t.id LEFT JOIN billing.customers c ON c.tenant_id = t.id
            WHERE n.taken_on IS NOT NULL AND n.told_on IS NULL
              AND EXISTS (SELECT 1 FROM store.jobs j WHERE j.kind = %s AND j.about = n.id::text)
              AND coalesce(l.limits ->> 'email', '') = '' AND coalesce(l.limits ->> 'webhook', '') = ''
              AND coalesce(c.party ->> 'email', '') = '' ORDER BY 1""",
        (TELL,),
    ).fetchall()
    return [row["slug"] for row in rows]


def _late_calls(conn: Conn) -> list[str]:
    names = tenants.slugs(conn)
    return [f"{names[tenant_id]} {month:%Y-%m}" for tenant_id, month in all_late(conn)]


def _untold(conn: Conn) -> list[str]:
    rows = conn.execute(
        """SELECT t.slug, count(*) AS notices FROM store.jobs j JOIN store.tenants t ON t.id = j.tenant_id
            WHERE j.kind = %s AND (j.tries > 2 OR j.state = 'dead') GROUP BY 1 ORDER BY 1""",
        (TELL,),
    ).fetchall()
    return [f"{row['slug']} ({row['notices']})" for row in rows]


def _unknown(conn: Conn) -> list[str]:
    return [f"{one.reference} ({money(one.left_cents)})" for one in waiting(conn)]


def _old_disputes(conn: Conn) -> list[str]:
    rows = conn.execute(
        """SELECT DISTINCT i.number FROM billing.disputes d JOIN billing.invoices i ON i.id = d.invoice_id
            WHERE d.closed_on IS NULL AND d.received_on < current_date - 30 ORDER BY 1"""
    ).fetchall()
    return [row["number"] for row in rows]


def _open_attempts(conn: Conn) -> list[str]:
    rows = conn.execute(
        """SELECT i.number FROM billing.stripe_attempts a JOIN billing.invoices i ON i.id = a.invoice_id
            WHERE a.state IN ('asked', 'processing', 'requires_action') AND a.asked_at < now() - interval '14 days'
            ORDER BY 1"""
    ).fetchall()
    return [row["number"] for row in rows]


def _numbers(conn: Conn) -> Iterator[Finding]:
    rows = conn.execute(
        """SELECT n.year, n.last, count(i.id) AS issued FROM billing.invoice_numbers n
             LEFT JOIN billing.invoices i ON i.year = n.year GROUP BY n.year, n.last ORDER BY n.year"""
    ).fetchall()
    gaps = [str(row["year"]) for row in rows if row["issued"] != row["last"]]
    if gaps:
        yield fail("invoice numbers", f"the series of {', '.join(gaps)} is broken", "restore a backup")
    else:
        issued = sum(row["issued"] for row in rows)
        yield ok("invoice numbers", f"{issued} issued, unbroken")


def _stripe(of: Settings) -> Iterator[Finding]:
    if not key("stripe-key", of):
        yield ok("Stripe key", "none: nothing is collected through Stripe")
    elif not key("stripe-webhook", of):
        hint = "write the endpoint's signing secret to secrets/stripe-webhook of the home (mode 0600)"
        yield warn("Stripe key", "no web hook secret: debits are known when asked for only", hint)
    else:
        yield ok("Stripe key", f"web hook on {of.billing.webhook_bind}:{of.billing.webhook_port}")


def _rounds(conn: Conn) -> Iterator[Finding]:
    row = conn.execute(
        """SELECT min(due_at) < now() - interval '1 day' AS late,
                  to_char(min(due_at) AT TIME ZONE 'Europe/Paris', 'YYYY-MM-DD HH24:MI') AS at
             FROM store.jobs WHERE kind = 'billing.dunning' AND state <> 'dead'"""
    ).fetchone()
    hint = "decroche work does them; or decroche billing rounds, from cron"
    if row is None or row["at"] is None:
        yield warn("rounds", "never done: nobody is reminded", hint)
    elif row["late"]:
        yield fail("rounds", f"the day's work waits since {row['at']}", hint)
    else:
        yield ok("rounds", f"the day's work is done, and waits for {row['at']}")
