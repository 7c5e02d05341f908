"""What the ledgers know of a number: the SQL between the tables of compliance and the pure decision.

Every function works inside the transaction of a tenant's session; numbers are E.164 as `numbers.read` gives.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from compliance.law import numbers
from compliance.law.cases import Attempt, Bloctel, Consent, Slot
from compliance.law.engine import Switches
from store import locks
from store.db import Conn

TENANT_DEFAULT = Switches(ai_is_automate=True)
"""A tenant that has set nothing: the strict answer to every open question."""
_LONGEST = timedelta(days=60)
"""How far back an attempt that was no refusal can matter."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a number up to an instant."""

    history: tuple[Attempt, ...]
    consent: Consent | None
    opposed_at: datetime | None
    bloctel: Bloctel | None
    requested_at: datetime | None


NOTHING = Known((), None, None, None, None)


def gather(conn: Conn, number: str, at: datetime, goods: str = "", callers: tuple[str, ...] = ()) -> Known:
    """Everything the decision needs. `goods`: only consents and requests that name them, where given.

    `callers`: who calls, and on whose behalf: only consents given to each of them count (C. conso R223-1).
    """
    return Known(
        history=_history(conn, number, at),
        consent=_consent(conn, number, at, goods, callers),
        opposed_at=_opposed_at(conn, number, at),
        bloctel=_bloctel(conn, number, at),
        requested_at=_requested_at(conn, number, at, goods),
    )


def heard_of(conn: Conn, asked: Sequence[str]) -> set[str]:
    """Those of these numbers of which the ledgers know anything; of the others `gather` finds NOTHING."""
    rows = conn.execute(
        """SELECT number FROM compliance.attempts WHERE number = ANY (%(asked)s)
           UNION SELECT callee FROM store.calls WHERE direction = 'outbound' AND callee = ANY (%(asked)s)
           UNION SELECT number FROM compliance.consents WHERE number = ANY (%(asked)s)
           UNION SELECT number FROM compliance.requests WHERE number = ANY (%(asked)s)
           UNION SELECT number FROM compliance.bloctel_numbers WHERE number = ANY (%(asked)s)
           UNION SELECT number FROM compliance.opposed_among(%(asked)s, 'infinity')""",
        {"asked": list(asked)},
    )
    return {row["number"] for row in rows}


def _history(conn: Conn, number: str, at: datetime) -> tuple[Attempt, ...]:
    """Attempts allowed here, and calls carried before there was a ledger; a refusal counts for ever."""
    rows = conn.execute(
        """SELECT a.at, a.result FROM compliance.attempts a
            WHERE a.number = %(number)s AND a.at <= %(at)s AND (a.at > %(since)s OR a.result = 'refused')
           UNION ALL
           SELECT c.started_at, CASE WHEN c.answered_at IS NULL THEN 'no_answer' ELSE 'answered' END
             FROM store.calls c
            WHERE c.direction = 'outbound' AND c.callee = %(number)s AND c.leg_of IS NULL
              AND c.started_at <= %(at)s AND c.started_at > %(since)s
              AND NOT EXISTS (SELECT 1 FROM compliance.attempts a WHERE a.call_id = c.id)
            ORDER BY 1""",
        {"number": number, "at": at, "since": at - _LONGEST},
    )
    return tuple(Attempt(row["at"], row["result"]) for row in rows)


def _consent(conn: Conn, number: str, at: datetime, goods: str, callers: tuple[str, ...]) -> Consent | None:
    """The newest consent given before `at` to these goods and callers; what was agreed to last is what holds."""
    rows = conn.execute(
        """SELECT goods, professional, third_party, given_at, expires_at, withdrawn_at, agreed_from, agreed_to
             FROM compliance.consents
            WHERE number = %s AND given_at < %s ORDER BY given_at DESC, stored_at DESC""",
        (number, at),
    )
    row = next((row for row in rows if _about(row["goods"], goods) and _given_to(row, callers)), None)
    if row is None:
        return None
    slot = Slot(row["agreed_from"], row["agreed_to"]) if row["agreed_from"] else None
    return Consent(row["given_at"], row["expires_at"], row["withdrawn_at"], slot)


def _given_to(row: dict[str, Any], callers: tuple[str, ...]) -> bool:
    """Whether a consent names each of the callers, as its professional or among its third parties (`;` between)."""
    named = {_plain(name) for name in (row["professional"], *row["third_party"].split(";"))}
    return all(_plain(caller) in named for caller in callers)


def _about(named: str, goods: str) -> bool:
    """Whether a consent or a request that names these goods is about those; nothing asked, nothing compared."""
    return not goods or _plain(named) == _plain(goods)


def _plain(goods: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", goods).casefold().split())


def _opposed_at(conn: Conn, number: str, at: datetime) -> datetime | None:
    row = conn.execute("SELECT compliance.opposed_at(%s, %s) AS at", (number, at)).fetchone()
    return row["at"] if row else None


def _bloctel(conn: Conn, number: str, at: datetime) -> Bloctel | None:
    """The newest answer that has this number. Its age counts from the submission, the stricter reading."""
    row = conn.execute(
        """SELECT f.submitted_at, n.listed FROM compliance.bloctel_numbers n
             JOIN compliance.bloctel_files f ON f.id = n.file_id
            WHERE n.number = %s AND f.answered_at <= %s
            ORDER BY f.submitted_at DESC, n.listed DESC NULLS FIRST LIMIT 1""",
        (number, at),
    ).fetchone()
    return Bloctel(row["submitted_at"], row["listed"]) if row else None


def _requested_at(conn: Conn, number: str, at: datetime, goods: str) -> datetime | None:
    rows = conn.execute(
        """SELECT goods, requested_at FROM compliance.requests
            WHERE number = %s AND requested_at < %s ORDER BY requested_at DESC""",
        (number, at),
    )
    return next((row["requested_at"] for row in rows if _about(row["goods"], goods)), None)


def professional(conn: Conn) -> str:
    """The tenant's own name: who calls, where the agent does not say."""
    row = conn.execute("SELECT name FROM store.tenants WHERE id = app.tenant()").fetchone()
    return row["name"] if row else ""


def switches(conn: Conn, tenant_id: UUID) -> Switches:
    """The tenant's answers to the open questions."""
    row = conn.execute(
        """SELECT local_holidays, ai_is_automate, npv_exception, npv_new_overseas
             FROM compliance.switches WHERE tenant_id = %s""",
        (tenant_id,),
    ).fetchone()
    return Switches(**row) if row else TENANT_DEFAULT


def may_show(conn: Conn, caller_id: str | None, at: datetime) -> bool:
    """Whether the tenant may show this number: on its list with a proof not due for a check, or assigned
    to it by the operator. Showing none is for the decision to judge, not for this list."""
    if caller_id is None or numbers.masked(caller_id):
        return True
    number = numbers.read(caller_id)
    if number is None:
        return False
    listed = conn.execute(
        "SELECT revoked_at, recheck_by FROM compliance.caller_ids WHERE number = %s", (number.e164,)
    ).fetchone()
    if listed is not None:
        revoked: datetime | None = listed["revoked_at"]
        return at < listed["recheck_by"] and (revoked is None or at < revoked)
    own = conn.execute("SELECT 1 FROM store.numbers WHERE e164 = %s", (number.e164,)).fetchone()
    return own is not None


def take_turns(conn: Conn, tenant_id: UUID, number: str) -> None:
    """One decision about a number at a time, until the transaction ends: two cannot both be the fourth call."""
    locks.take_turns(conn, locks.Lock.NUMBER, f"{tenant_id}/{number}")


def add_attempt(conn: Conn, tenant_id: UUID, call_id: UUID, number: str, at: datetime) -> None:
    """A call will now be placed. Asking twice about one call is one attempt."""
    conn.execute(
        """INSERT INTO compliance.attempts (tenant_id, call_id, number, at) VALUES (%s, %s, %s, %s)
           ON CONFLICT (call_id) DO NOTHING""",
        (tenant_id, call_id, number, at),
    )


def result(conn: Conn, call_id: UUID, how: str) -> bool:
    """How an attempt ended; whether there is such an attempt. A refusal stays one."""
    found = conn.execute("UPDATE compliance.attempts SET result = %s WHERE call_id = %s", (how, call_id))
    return found.rowcount == 1


def last_rung(conn: Conn, number: str, since: datetime, besides: UUID | None = None) -> datetime | None:
    """When the tenant's agents last rang this number (E.164) after `since`, the call `besides` left out.

    A call that found the line busy, or that no trunk took, rang nobody; one in progress, or whose end nobody saw, did.
    """
    row = conn.execute(
        """SELECT max(a.at) AS at FROM compliance.attempts a
            WHERE a.number = %s AND a.at > %s AND a.call_id IS DISTINCT FROM %s
              AND NOT EXISTS (SELECT 1 FROM store.calls c WHERE c.id = a.call_id AND c.answered_at IS NULL
                                 AND c.outcome NOT IN ('no_answer', 'abandoned', 'refused', 'lost'))""",
        (number, since, besides),
    ).fetchone()
    return row["at"] if row else None


def withdraw_all(conn: Conn, number: str, at: datetime, how: str) -> int:
    """Withdraw every consent of a number that is not yet; how many there were."""
    done = conn.execute(
        """UPDATE compliance.consents SET withdrawn_at = %s, withdrawn_how = %s
            WHERE number = %s AND withdrawn_at IS NULL""",
        (at, how, number),
    )
    return done.rowcount
