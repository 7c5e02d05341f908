"""The demonstration in a browser: an account for each role over the demonstration's calls, served until Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime

from agents.loading import EXAMPLES
from portal.people import managing
from portal.people.roles import ROLES, SPOKEN
from portal.support import maintenance, writing
from portal.web.commands import listening, serve_clients
from store import agents, messages, tenants
from store.base.actor import Actor, service
from store.base.settings import Settings
from store.db import Conn
from store.setup import open_database
from store.tenants import Tenant

BY = service("demo")
Say = Callable[[str], None]


def serve(of: Settings, tenant: str, say: Say) -> None:
    """Add people, a message and a version that waits; tell address, accounts and passwords; serve until Ctrl-C."""
    with open_database(of) as db, db.operator() as conn:
        found = tenants.get(conn, tenant)
        accounts = furnish(conn, found, datetime.now(UTC))
    port = free_port()
    say("")
    say(f"The clients' site: http://127.0.0.1:{port} — Ctrl-C ends it, and all of it is taken away")
    for role, email, password in accounts:
        say(f"  {role:<14} {email:<28} {password}")
    bind = f"127.0.0.1:{port}"
    with listening("127.0.0.1", port) as opened:
        serve_clients(of, bind, opened)


def furnish(conn: Conn, tenant: Tenant, now: datetime) -> list[tuple[str, str, str]]:
    """What a first look finds beside the calls: (role, e-mail, first password) of each account."""
    accounts: list[tuple[str, str, str]] = []
    for role in ROLES:
        added = managing.add(
            conn, f"{role}@demo.example", tenant, [role], name=SPOKEN[role].capitalize(), by=BY, now=now
        )
        accounts.append((SPOKEN[role], added.email, added.password))
    _waiting_version(conn, tenant)
    messages.leave(conn, tenant.id, "cabinet-du-parc", "Pouvez-vous me rappeler pour un devis de couronne ?",
                   name="M. Petit", phone="+33639980042")  # fmt: skip
    _support(conn, tenant, now)
    return accounts


def _support(conn: Conn, tenant: Tenant, now: datetime) -> None:
    """A ticket that was answered, and works that are announced."""
    holder = Actor("person", "titulaire@demo.example", tenant.id, "titulaire")
    made = writing.open_ticket(
        conn, tenant.id, "Changer le message d'accueil", "Où change-t-on la phrase que l'agent dit en décrochant ?",
        "question", None, by=holder, now=now,
    )  # fmt: skip
    writing.answer(conn, made.number, "Dans Agents, Modifier, champ « Accueil ».", by=BY, now=now)
    (slot,) = maintenance.proposed(conn, 1, now, 1)
    what = ("Mise à jour d'Asterisk : vos appels iront au numéro de secours.",
            "Asterisk is brought up to date: your calls go to the fallback number.")  # fmt: skip
    maintenance.add(conn, slot.begins_at, slot.ends_at, *what, by=BY, now=now)


def _waiting_version(conn: Conn, tenant: Tenant) -> None:
    """A change that one person tried, and another may publish."""
    text = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
    changed = text.replace("wed: 9:00-12:30", "wed: 9:00-13:00")
    tester = Actor("person", "redacteur@demo.example", tenant.id, "redacteur")
    made = agents.import_version(conn, tenant.id, "cabinet-du-parc", changed, by=tester)
    if made.status == "draft":
        agents.mark_tested(conn, tenant.id, made.agent, made.version, tester.name, by=tester)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
