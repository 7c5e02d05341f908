"""M2: whoever has a phone's password has no more than the phone's client may have: limits, a price, a trace."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from ari_app.call.phonecalls import carry
from ari_app.desk.house import House
from ari_app.desk.office import Office
from ari_app.desk.till import Till
from ari_app.softphone.phone import SoftPhone
from ari_app.softphone.report import CallReport
from ari_app.switch.asterisk.events import arrival
from ari_app.switch.asterisk.switch import AsteriskSwitch
from asterisk_conf.phones import phones
from asterisk_conf.server import Asterisk
from billing.charges import controls, tariffs
from dialplan.contexts import extensions
from dialplan.ways import Way
from store import calls, tenants
from store.base.errors import BadInput
from store.db import Database
from tests.actors import OPERATOR
from tests.asterisk_fixture import asterisk_settings, free_port
from tests.integration.dialplan.test_calls_by_an_operators_trunk import CALLED, Pair, side, two
from tests.shaken_certificate import make_certificate

TARIFF = '[[rate]]\nprefix = "+33"\nprice_per_minute = "0.60"\n'
CLIENTS, HOUSES = "desk=+33162005678@acme", "porch=+33162005679"


@dataclass
class Client:
    """A client with a phone, behind an operator; `house` is what carries the phone's calls."""

    pair: Pair
    database: Database
    tenant: UUID
    house: House

    async def dial(self, name: str, number: str, seconds: float = 8.0) -> CallReport:
        """Whoever has the phone's password dials."""

        def dialled() -> CallReport:
            with SoftPhone.of(self.pair.house.config, name) as phone:
                return phone.call(number, max_seconds=seconds)

        return await asyncio.to_thread(dialled)

    async def carried(self) -> None:
        """What the service does with the next call that a phone places."""
        came = arrival(await self.pair.house.arrival())
        assert came is not None
        await carry(self.house, came)


@pytest.fixture
async def office(new_folder: Path, database: Database) -> AsyncGenerator[Client]:
    with database.operator() as conn:
        tenant = tenants.add(conn, "acme", "Acme", by=OPERATOR).id
        version = tariffs.add_version(conn, "standard", TARIFF, OPERATOR)
        tariffs.assign(conn, tenant, "standard", version.version, datetime(2026, 1, 1, tzinfo=UTC), OPERATOR)
    async with AsyncExitStack() as stack:
        operator, ours = two(new_folder, phones=[CLIENTS, HOUSES])
        pair = Pair(await side(stack, operator), await side(stack, ours))
        till, desk = Till(database, timedelta(minutes=17)), Office(database, ours)
        switch = AsteriskSwitch(ours, lambda _: None, desk.witnessed)
        switch.link = pair.house.line.link
        house = House(ours, switch, cast("Any", None), desk, till)
        yield Client(pair, database, tenant, house)


async def test_a_clients_phone_leaves_a_cdr_that_is_charged(office: Client) -> None:
    carried = asyncio.create_task(office.carried())
    dialled = asyncio.create_task(office.dial("desk", CALLED, 1.5))
    await office.pair.operator.line.link.answer((await office.pair.operator.arrival()).channel_id)
    assert (await dialled).answered
    await carried
    with office.database.tenant(office.tenant) as conn:
        (cdr,) = calls.find(conn)
        charge = conn.execute("SELECT status, amount_micros FROM billing.current_charges").fetchone()
        live = conn.execute("SELECT 1 FROM store.live_calls").fetchone()
    assert (cdr.direction, cdr.caller, cdr.callee, cdr.outcome) == ("outbound", "+33162005678", CALLED, "answered")
    assert charge is not None
    assert charge["amount_micros"] > 0
    assert live is None


async def test_a_blocked_clients_phone_reaches_nobody(office: Client) -> None:
    with office.database.operator() as conn:
        controls.block(conn, office.tenant, "fraud", "a password was out", by=OPERATOR)
    carried = asyncio.create_task(office.carried())
    assert not (await office.dial("desk", CALLED)).answered
    await carried
    assert office.pair.operator.line.arrivals.empty()


async def test_without_the_application_a_clients_phone_dials_nobody(office: Client) -> None:
    running = office.pair.house.config.asterisk.app
    shown = Asterisk(office.pair.house.config).command("dialplan show decroche-leaving")
    assert re.search(r"Stasis\(\$\{DECROCHE_APP\},phone.*\n.*FAILED.*decroche-sorry", shown), running


@pytest.mark.parametrize("name", ["desk", "porch"])
async def test_a_dear_island_is_blocked(office: Client, name: str) -> None:
    assert not (await office.dial(name, "+681721234")).answered
    assert office.pair.operator.line.arrivals.empty()
    assert office.pair.house.line.arrivals.empty()


async def test_a_phone_has_two_calls_at_once_and_no_third(office: Client) -> None:
    first = [asyncio.create_task(office.dial("porch", CALLED, 6)) for _ in range(1)]
    one = await office.pair.operator.arrival()
    await office.pair.operator.line.link.answer(one.channel_id)
    first.append(asyncio.create_task(office.dial("porch", CALLED, 6)))
    await office.pair.operator.line.link.answer((await office.pair.operator.arrival()).channel_id)
    assert not (await office.dial("porch", CALLED)).answered
    assert all(report.answered for report in await asyncio.gather(*first))
    assert office.pair.operator.line.arrivals.empty()


def test_a_phones_call_ends_by_itself() -> None:
    text = (
        extensions(app="x", ways=[Way("trunk", "trunk")], longest_call=77)
        .partition("[decroche-leaving]")[2]
        .partition("\n[")[0]
    )
    assert "Set(TIMEOUT(absolute)=77)" in text


@pytest.mark.parametrize("entry", ["desk=+33162005678@", "desk=+33162005678@No Such", "desk@acme"])
def test_a_client_that_is_none_is_refused(tmp_path: Path, entry: str) -> None:
    with pytest.raises(BadInput):
        phones(asterisk_settings(tmp_path, phones=[entry]))


def test_phones_speak_tls_and_encrypt_where_a_certificate_is_set(new_folder: Path) -> None:
    made = make_certificate(new_folder)
    port = free_port()
    config = asterisk_settings(
        new_folder / "house", phones=[HOUSES], tls_port=port, tls_certificate=str(made.pem), tls_key=str(made.key)
    )
    with Asterisk(config) as server:
        certificate = ssl.get_server_certificate(("127.0.0.1", port))
        assert certificate.strip() == made.pem.read_text().strip()
        assert re.search(r"media_encryption\s*:\s*sdes", server.command("pjsip show endpoint porch"))
