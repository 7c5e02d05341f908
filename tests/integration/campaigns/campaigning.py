"""A client with an agent, a list and a campaign of the tests' own; and a child that dies at a step of an admission.

Run as a module it is that child: it admits one person, and kills itself as a crash would at the step it is told.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns import campaigns
from campaigns.dialling import course
from campaigns.dialling.admission import Admission, admit
from campaigns.dialling.ending import ended
from campaigns.dialling.permission import Means
from store import agents, numbers
from store.base.ids import new_id
from store.calls import Cdr
from store.db import Conn, Database
from store.tenants import Tenant
from tests.actors import OPERATOR

NAME, SHOWN = "rappels-dec", "+33162001234"
MONDAY = datetime(2026, 11, 30, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
NODE = "node-1"
MEANS = Means(NODE, timedelta(minutes=20), timedelta(hours=24), lambda call_id: f"{call_id}-out")
STEPS = ("campaign", "pace", "claim", "blocks", "money", "law", "state", "committed")
AGENT = """id: accueil
name: Camille
language: fr
purpose: contract
goods: soins dentaires
company: {name: Cabinet Molaire}
greeting: "Bonjour, {company}, à l'appareil."
disclosure: "Je suis un agent vocal, une intelligence artificielle."
scenario: {start: z, steps: [{id: z, end: true}]}
"""


def equip(conn: Conn, tenant_id: UUID, agent: str = AGENT) -> None:
    """A live agent, and the number that it shows."""
    agents.import_version(conn, tenant_id, "accueil", agent, by=OPERATOR)
    agents.mark_tested(conn, tenant_id, "accueil", 1, "Léa", by=OPERATOR)
    agents.publish(conn, tenant_id, "accueil", 1, "Karim", by=OPERATOR)
    numbers.add(conn, SHOWN, by=OPERATOR)
    numbers.assign(conn, SHOWN, tenant_id, agent="accueil", by=OPERATOR)


def listed(conn: Conn, tenant_id: UUID, people: int, name: str = "rappels", first: int = 0) -> list[str]:
    """A list of so many people of Paris; their numbers."""
    conn.execute("INSERT INTO campaigns.lists (tenant_id, name) VALUES (%s, %s)", (tenant_id, name))
    called = [f"+336{first + n:08d}" for n in range(people)]
    for e164 in called:
        row = conn.execute(
            """INSERT INTO campaigns.contacts (tenant_id, id, e164, postcode) VALUES (%s, %s, %s, '75011')
               ON CONFLICT (tenant_id, e164) DO UPDATE SET postcode = excluded.postcode RETURNING id""",
            (tenant_id, new_id(), e164),
        ).fetchone()
        assert row is not None
        conn.execute("INSERT INTO campaigns.list_members VALUES (%s, %s, %s)", (tenant_id, name, row["id"]))
    return called


def launched(
    conn: Conn, tenant_id: UUID, name: str = NAME, of: str = "rappels", now: datetime = MONDAY, **more: object
) -> None:
    """An approved campaign of that list, running."""
    wanted = campaigns.Wanted(
        name, "accueil", (of,), "contract", date(2026, 11, 23), date(2026, 12, 20),
        **{"per_minute": 1000, "at_once": 1000, **more},  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    campaigns.add(conn, tenant_id, wanted, "Léa", by=OPERATOR)
    campaigns.approve(conn, tenant_id, name, "Karim", by=OPERATOR)
    course.launch(conn, tenant_id, name, now, by=OPERATOR)


def admitted(
    db: Database, tenant_id: UUID, now: datetime = MONDAY, name: str = NAME, step: Callable[[str], None] | None = None
) -> Admission:
    """The next admission of that campaign."""
    if step is None:
        return admit(db, tenant_id, name, MEANS, now, room=1000)
    return admit(db, tenant_id, name, MEANS, now, room=1000, step=step)


def over(
    db: Database, tenant: Tenant, call_id: UUID, to: str, at: datetime, outcome: str = "no_answer", *,
    talked: float = 0, said: tuple[str, ...] = (), side: str = "agent",
) -> str | None:  # fmt: skip
    """The call ended so, `talked` seconds after it was answered: CDR and try in one transaction."""
    from billing.charges.ledger import record_call
    from store import live

    answered = at if talked else None
    end = at + timedelta(seconds=talked or 20)
    record = Cdr(
        call_id, tenant.id, "outbound", SHOWN, to, at, end, 16, side, outcome, answered,  # pyright: ignore[reportArgumentType]
        agent="accueil", agent_version=1,
    )  # fmt: skip
    with db.tenant(tenant.id) as conn:
        charge = record_call(conn, record)
        live.end(conn, call_id)
        return ended(conn, record, said, charge.amount_micros or 0, end)


def _die(at: str) -> Callable[[str], None]:
    def told(step: str) -> None:
        if step == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return told


if __name__ == "__main__":
    tenant, step_to_die_at = sys.argv[1:3]
    with Database(os.environ["DECROCHE_DATABASE__URL"], os.environ["DECROCHE_DATABASE__ADMIN_URL"]) as mine:
        print(admitted(mine, UUID(tenant), step=_die(step_to_die_at)))  # reached by a step that does not exist
