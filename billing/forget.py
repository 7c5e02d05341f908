"""What billing forgets when compliance asks: persons go; numbers, sums, days and hashes stay.

The rules of what may change, and when, stand in the database too (migration 0312): a wrong date here is refused there.
"""

from __future__ import annotations

from typing import LiteralString

from store import forget as kept
from store.forget import Sweep

# A CDR may be contested for a year after its bill; one that was never billed, a year after the call.
_OLD_CDRS: LiteralString = """
    FROM store.calls c
   WHERE (c.caller <> '' OR c.callee <> '' OR c.asterisk_cdr IS NOT NULL
          OR EXISTS (SELECT 1 FROM billing.charges b WHERE b.call_id = c.id AND b.far_party <> '')
          OR c.channel = 'chat' AND EXISTS (SELECT 1 FROM store.turns t WHERE t.call_id = c.id))
     AND c.ended_at < %(before)s
     AND NOT EXISTS (SELECT 1 FROM billing.current_charges b
                      WHERE b.call_id = c.id AND (b.status = 'unrated' OR b.amount_micros > 0)
                        AND NOT EXISTS (SELECT 1 FROM billing.invoice_charges x WHERE x.call_id = c.id))
     AND NOT EXISTS (SELECT 1 FROM billing.invoice_charges ic JOIN billing.invoices i ON i.id = ic.invoice_id
                      WHERE ic.call_id = c.id AND i.issued_on >= %(before)s::date)
"""


def cdrs(at: Sweep) -> int:
    """Who called whom, in calls that can be contested no more; their times and prices stay."""
    rows = at.conn.execute(f"SELECT c.id {_OLD_CDRS}", {"before": at.before}).fetchall()
    if not at.dry_run:
        ids = [row["id"] for row in rows]
        kept.calls(at.conn, ids)
        at.conn.execute(
            """UPDATE billing.charges SET reason = replace(reason, far_party, '…'), far_party = ''
                WHERE call_id = ANY (%s) AND far_party <> ''""",
            (ids,),
        )
    return len(rows)


def invoices(at: Sweep) -> int:
    """Invoices and credit notes, what was paid on them and moved on balances, what was contested, what Stripe was
    asked; in the end the unnamed rows still add up to the same sums."""
    old: LiteralString = "(SELECT i.id FROM billing.invoices i WHERE i.issued_on < %(before)s::date)"
    return (
        at.rows(
            "UPDATE billing.invoices SET document = billing.without_persons(document), issued_by = '—'",
            "billing.invoices",
            "issued_on < %(before)s::date AND forgotten_at IS NULL",
        )
        + at.rows(
            "UPDATE billing.payments SET reference = id::text, noted_by = '—'",
            "billing.payments",
            "received_on < %(before)s::date AND noted_by <> '—'",
        )
        + at.rows(
            "UPDATE billing.unknown_money SET reference = id::text, payer = '', noted_by = '—'",
            "billing.unknown_money",
            "received_on < %(before)s::date AND noted_by <> '—'",
        )
        + at.rows(
            """UPDATE billing.unknown_money_uses SET noted_by = '—',
                      document = CASE WHEN kind = 'assigned' THEN document ELSE id::text END""",
            "billing.unknown_money_uses",
            "used_on < %(before)s::date AND noted_by <> '—'",
        )
        + at.rows(
            """UPDATE billing.movements SET moved_by = '—',
                      reference = CASE WHEN kind = 'invoice' THEN reference ELSE id::text END""",
            "billing.movements",
            "moved_at < %(before)s AND moved_by <> '—'",
        )
        + at.rows(
            "UPDATE billing.disputes SET reason = '—', outcome = CASE WHEN outcome IS NOT NULL THEN '—' END",
            "billing.disputes",
            f"invoice_id IN {old} AND reason <> '—'",
        )
        + at.rows("DELETE FROM billing.stripe_attempts", "billing.stripe_attempts", f"invoice_id IN {old}")
        + at.rows("DELETE FROM billing.checkouts", "billing.checkouts", "asked_at < %(before)s")
        + at.rows("DELETE FROM billing.stripe_refunds", "billing.stripe_refunds", f"invoice_id IN {old}")
    )


def contracts(at: Sweep) -> int:
    """Who accepted a contract, and from where; the plan, the days and the hash of the terms stay."""
    return at.rows(
        "UPDATE billing.subscriptions s SET accepted_by = '—', accepted_from = '—'",
        "billing.subscriptions s",
        "accepted_by <> '—' AND billing.surely_ended(s) < %(before)s::date",
    )


def notices(at: Sweep) -> int:
    """What was told to clients; that it was told, and when, stays: it is told once."""
    return at.rows(
        "UPDATE billing.notices SET body = '{}', told_how = ''",
        "billing.notices",
        "created_at < %(before)s AND body <> '{}'",
    )


def blocks(at: Sweep) -> int:
    """Suspensions that were lifted."""
    return at.rows("DELETE FROM billing.blocks", "billing.blocks", "lifted_at < %(before)s")


def payment_events(at: Sweep) -> int:
    """What Stripe told of a payer; the event's id stays, so that it never counts twice."""
    return at.rows(
        "UPDATE billing.stripe_events SET payload = '{}', note = ''",
        "billing.stripe_events",
        "received_at < %(before)s AND payload <> '{}'",
    )


_GONE: LiteralString = """
    SELECT t.id FROM store.tenants t
      WHERE t.status = 'closed' AND t.created_at < %(before)s
        AND NOT EXISTS (SELECT 1 FROM store.calls c WHERE c.tenant_id = t.id AND c.ended_at >= %(before)s)
        AND NOT EXISTS (SELECT 1 FROM billing.invoices i WHERE i.tenant_id = t.id AND i.forgotten_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM billing.subscriptions s WHERE s.tenant_id = t.id AND s.accepted_by <> '—')
"""


def clients(at: Sweep) -> int:
    """Who a client was: last of all, when its invoices and contracts name nobody any more."""
    ids = [row["id"] for row in at.conn.execute(_GONE, {"before": at.before}).fetchall()]
    tables: tuple[LiteralString, ...] = ("billing.customers", "billing.controls", "billing.stripe_customers")
    gone = sum(at.rows(f"DELETE FROM {table}", table, "tenant_id = ANY (%(ids)s)", ids=ids) for table in tables)
    return gone + kept.clients(at, ids)
