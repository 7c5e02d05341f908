"""A notice told, by its job: one channel after the other, each once, the others again later; or by hand.

A notice nobody has an address for stays to be read (`decroche billing notices`); after a week it is not sent any more,
so that an address given later is not flooded. A step of dunning is, with the sums of the day, until it is told: what
follows counts from that day, which is kept. The e-mail of an invoice or a credit note carries its Factur-X file, that
of a debit note its PDF. What was told by hand (a registered letter, a bailiff) has its effect from that day.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from billing.charges.controls import TELL
from billing.invoices.series import not_ahead
from billing.office.outbox import SEND, Post, Undelivered, channels, ways_of
from billing.rating.tariff import PARIS
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused, Unavailable
from store.db import Conn, Database
from store.jobs import Held
from store.work import Worker

SENT_FOR_DAYS = 7

_SAYS_ENOUGH = ("email", "webhook")
"""Ways that carry the whole text: an SMS has the title only, and tells nobody what is owed."""

_WITH_FILE = ("invoice", "credit_note", "debit_note")
"""Notices whose e-mail carries the document they tell of."""


def tell_one(held: Held, post: Post, now: datetime) -> int:
    """Tell the notice of a job by each way it was not told by yet; 1 when it is told, 0 where nobody has an address.

    Each way is noted as soon as it is told, so that a process that dies tells few twice. Raises Undelivered.
    """
    with held.db.operator() as conn:
        notice = conn.execute(
            """SELECT n.*, t.slug FROM billing.notices n JOIN store.tenants t ON t.id = n.tenant_id
                WHERE n.id = %s AND n.sent_at IS NULL""",
            (_id(held.job.about),),
        ).fetchone()
        if notice is None:
            return 0
        if notice["taken_on"] is None and notice["created_at"] < now - timedelta(days=SENT_FOR_DAYS):
            return 0
        ways = ways_of(channels(conn, notice, post), post)
        if ways.keys() & {"email"} and notice["kind"] in _WITH_FILE and "email" not in notice["told"]:
            notice = _with_file(conn, notice)
    if not ways:
        held.later(now + timedelta(days=1))
        return 0
    wrong = _tell(held, notice, ways, post, now.astimezone(PARIS).date())
    if wrong:
        raise Undelivered("; ".join(wrong))
    with held.last(operator=True) as conn:
        conn.execute("UPDATE billing.notices SET sent_at = now() WHERE id = %s", (notice["id"],))
    return 1


def _id(about: str) -> UUID:
    try:
        return UUID(about)
    except ValueError as error:
        raise BadInput(f"{about!r} is no notice's id") from error


def _tell(held: Held, notice: Mapping[str, Any], ways: Mapping[str, str], post: Post, today: date) -> list[str]:
    """Tell one notice by each way it was not told by yet; what was wrong with the others."""
    wrong: list[str] = []
    for way, address in ways.items():
        if way in notice["told"]:
            continue
        try:
            SEND[way](notice, address, post)
        except Undelivered as error:
            wrong.append(str(error))
            continue
        with held.db.operator() as conn:
            conn.execute(
                """UPDATE billing.notices SET told = told || %(way)s::text,
                          told_on = CASE WHEN %(enough)s THEN coalesce(told_on, %(today)s) ELSE told_on END
                    WHERE id = %(id)s""",
                {"way": way, "enough": way in _SAYS_ENOUGH, "today": today, "id": notice["id"]},
            )
    return wrong


def deliver(db: Database, post: Post, most: int = 100) -> tuple[int, int]:
    """Tell up to so many waiting notices (operator): (told, failed)."""
    told = 0

    def tell(held: Held) -> None:
        nonlocal told
        told += tell_one(held, post, datetime.now(UTC))

    with closing(Worker(db, {TELL: tell})) as worker:
        worker.drain(most)
        return told, worker.failures


def _with_file(conn: Conn, notice: Mapping[str, Any]) -> Mapping[str, Any]:
    """The notice with the file it tells of, or with why there is none."""
    from billing.documents.render import pages_apart, pdf_apart
    from billing.invoices import debit, invoicing

    number = notice["about"]
    try:
        if notice["kind"] == "debit_note":
            return {**notice, "file": pages_apart("debit_note.html", debit.page(conn, debit.get(conn, number)))}
        return {**notice, "file": pdf_apart(invoicing.get(conn, number).invoice())}
    except Unavailable as error:
        return {**notice, "no_file": str(error)}


def told_by_hand(conn: Conn, notice_id: UUID, on: date, how: str, *, by: Actor, today: date) -> DictRow:
    """A notice reached its reader on a day, by a letter that `how` names (operator); the notice.

    It is not sent by other ways any more. Raises NotFound, BadInput, Refused when it was told already.
    """
    if not how.strip():
        raise BadInput("--how: it is empty", hint='how it was told, such as "LRAR 1A 234 567 8901 2"')
    not_ahead(on, today)
    row = conn.execute(
        """SELECT n.tenant_id, n.told_on, coalesce(n.taken_on, (n.created_at AT TIME ZONE 'Europe/Paris')::date) AS day
             FROM billing.notices n WHERE n.id = %s FOR UPDATE""",
        (notice_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"no notice {notice_id}", hint="decroche billing notices --json has their ids")
    if row["told_on"] is not None:
        raise Refused(f"the notice was told on {row['told_on']} already", hint="decroche billing notices")
    if on < row["day"]:
        raise BadInput(f"--on: the notice is of {row['day']}, after {on}", hint="the day it was received")
    found = conn.execute(
        """UPDATE billing.notices SET told_on = %s, told_how = %s, told = told || '{hand}', sent_at = now()
            WHERE id = %s RETURNING id, tenant_id, kind, about, told_on, told_how""",
        (on, how.strip(), notice_id),
    ).fetchone()
    assert found is not None
    note(conn, by, "notice.told", f"notice:{notice_id}", row["tenant_id"], on=on.isoformat())
    return found
