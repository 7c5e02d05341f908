"""The demonstration's tenant: numbers, agents, tariff. Doing it again changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from agents import loading
from agents.loading import loads
from billing.charges import tariffs
from compliance.people import declarations
from store import agents, numbers, tenants
from store.base.actor import service
from store.base.errors import BadInput, NotFound
from store.db import Conn, Database

TENANT = "demo"
DENTAL_FR, DENTAL_EN, ESTATE_FR = "+33162001234", "+33162001235", "+33162001236"
"""From 0162, a range of verified polyvalent numbers (CPCE L44): an automated call may show them."""
SECRETARY, PATIENT = "+33199000001", "+33639980100"
"""Phones of the demonstration, in ranges ARCEP keeps for fiction."""

BY = service("demo")
EXAMPLES = loading.EXAMPLES
ANSWERS = {DENTAL_FR: "dental.fr.yaml", DENTAL_EN: "dental.en.yaml", ESTATE_FR: "estate.fr.yaml"}
CALLS = ("reminder.fr.yaml", "reminder.en.yaml")

TARIFF = """\
currency = "EUR"
timezone = "Europe/Paris"
decimals = 4

[[rate]]
direction = "inbound"
prefix = ""
price_per_minute = "0.09"

[[rate]]
direction = "outbound"
prefix = "+33"
price_per_minute = "0.12"
connection_fee = "0.02"
"""


def seed(db: Database) -> UUID:
    """Make what is missing; returns the tenant's id."""
    with db.operator() as conn:
        tenant_id = _tenant(conn)
        if declarations.held(conn, tenant_id).declared is None:
            declarations.declare(conn, tenant_id, sensitive=False, reference="démonstration : des personnes inventées",
                                 by=BY, now=datetime.now(UTC))  # fmt: skip
        for number, file in ANSWERS.items():
            agent = _agent(conn, tenant_id, file)
            _number(conn, tenant_id, number, agent)
        for file in CALLS:
            _agent(conn, tenant_id, file)
        version = tariffs.add_version(conn, "demo", TARIFF, BY)
        if not _rated(conn, tenant_id):
            tariffs.assign(conn, tenant_id, "demo", version.version, datetime(2026, 1, 1, tzinfo=UTC), BY)
    return tenant_id


def agent_id(file: str) -> str:
    """The id of an example agent."""
    return loads((EXAMPLES / file).read_text(encoding="utf-8"), file).agent.id


def publish(conn: Conn, tenant_id: UUID, file: str) -> str:
    """An example agent of the demonstration's tenant, live; its id."""
    return _agent(conn, tenant_id, file)


def _tenant(conn: Conn) -> UUID:
    try:
        return tenants.get(conn, TENANT).id
    except NotFound:
        return tenants.add(conn, TENANT, "Démonstration", by=BY).id


def _agent(conn: Conn, tenant_id: UUID, file: str) -> str:
    text = (EXAMPLES / file).read_text(encoding="utf-8")
    name = loads(text, file).agent.id
    live = agents.live(conn, tenant_id, name) if _known(conn, tenant_id, name) else None
    if live is None or live.yaml != text:
        version = agents.import_version(conn, tenant_id, name, text, by=BY).version
        agents.mark_tested(conn, tenant_id, name, version, "démonstration", by=BY)
        agents.publish(conn, tenant_id, name, version, "démonstration", by=BY, reason="un agent livré avec la maison")
    return name


def _known(conn: Conn, tenant_id: UUID, name: str) -> bool:
    return any(version.agent == name for version in agents.listed(conn, tenant_id))


def _number(conn: Conn, tenant_id: UUID, number: str, agent: str) -> None:
    try:
        numbers.add(conn, number, verified_npv=True, by=BY)
    except BadInput as error:
        if "already" not in str(error):
            raise
    numbers.assign(conn, number, tenant_id, agent=agent, fallback=SECRETARY, by=BY)


def _rated(conn: Conn, tenant_id: UUID) -> bool:
    row = conn.execute("SELECT 1 FROM billing.tariff_assignments WHERE tenant_id = %s", (tenant_id,)).fetchone()
    return row is not None
