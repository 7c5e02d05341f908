"""A notice told, by its job: one channel after the other, each once, the others again later.

A notice nobody has an address for stays to be read (`decroche billing notices`); after a week it is not sent any more,
so that an address given later is not flooded. The e-mail of an invoice or a credit note carries its Factur-X file, that
of a debit note its PDF.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from billing.office.outbox import SEND, Post, Undelivered, channels, ways_of
from store.base.errors import BadInput, Unavailable
from store.db import Conn, Database
from store.jobs import Held
from store.work import Worker

TELL = "billing.tell"
"""The job of telling one notice; whoever writes a notice writes it too (a trigger of `billing.notices`)."""
MOST_TRIES = 20
"""Some three days; the trigger's own figure."""


SENT_FOR_DAYS = 7


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
        if notice is None or notice["created_at"] < now - timedelta(days=SENT_FOR_DAYS):
            return 0
        ways = ways_of(channels(conn, notice, post), post)
        if ways.keys() & {"email"} and notice["kind"] in _WITH_FILE and "email" not in notice["told"]:
            notice = _with_file(conn, notice)
    if not ways:
        held.later(now + timedelta(days=1))
        return 0
    wrong = _tell(held, notice, ways, post)
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


def _tell(held: Held, notice: Mapping[str, Any], ways: Mapping[str, str], post: Post) -> list[str]:
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
            conn.execute("UPDATE billing.notices SET told = told || %s::text WHERE id = %s", (way, notice["id"]))
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
