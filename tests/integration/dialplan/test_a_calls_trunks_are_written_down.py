"""What the trunks did for a call, told by a real Asterisk and stored beside the call: one CDR, each trunk named."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ari_app.desk.calls_view import whole
from ari_app.desk.trunks import TrunkKeeper, TrunkParts
from ari_app.switch.asterisk.events import arrival, tried
from ari_app.switch.asterisk.switch import AsteriskSwitch
from ari_app.switch.base import Tried
from store import calls, tenants
from store.base.ids import new_id
from store.base.settings import settings
from store.db import Database
from store.trunks import rows
from store.trunks.checking import Trunk
from tests.actors import OPERATOR
from tests.integration.call.conftest import until
from tests.integration.dialplan.conftest import CALLED, OURS, Build


async def test_a_call_that_failed_over_names_both_trunks_and_is_one_call(build: Build, database: Database) -> None:
    house = await build({}, {})
    house.first.invited = 503
    parts, told = TrunkParts(), dict[str, list[Tried]]()

    def hear(call: str, part: Tried) -> None:
        parts.tried(call, part)
        told.setdefault(call, []).append(part)

    switch = AsteriskSwitch(house.server.config, lambda _: None, lambda _call, _cdr: None, hear)
    running = asyncio.create_task(switch.run())
    await switch.reached()
    call_id = new_id()
    try:
        await house.dial(call=str(call_id))
        await until("answer", lambda: bool(house.second.up))
        await asyncio.to_thread(house.server.command, "core show channels")
        house.second.hang_up(next(iter(house.second.up)), house.at)
        await until("2 trunks", lambda: len(told.get(str(call_id), [])) == 2)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    now = datetime.now(UTC)
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet", by=OPERATOR).id
    cdr = calls.Cdr(
        id=call_id, tenant_id=tenant, direction="outbound", caller=OURS, callee=CALLED, started_at=now, ended_at=now,
        hangup_cause=16, hangup_side="caller", outcome="answered",
    )  # fmt: skip
    with database.tenant(tenant) as conn:
        calls.insert_cdr(conn, cdr)
        parts.store(conn, tenant, call_id)
        facts = whole(conn, calls.get(conn, call_id))
    assert facts["trunk"] == "sfr"
    assert [(p["trunk"], p["outcome"], p["cause"]) for p in facts["trunks"]] == [
        ("ovh", "congestion", 34), ("sfr", "answered", 16),
    ]  # fmt: skip
    assert facts["trunks"][1]["answered_at"]


async def test_the_switch_is_told_the_rows_and_a_call_in_names_its_trunk(
    build: Build, database: Database, settings_home: Path
) -> None:
    house = await build({}, {})
    house_config = house.server.config
    with database.operator() as conn:
        rows.add(conn, Trunk("free", house.first.address, house.first.port, options_seconds=0), of=settings(),
                 by=OPERATOR)  # fmt: skip
    switch = AsteriskSwitch(house_config, lambda _: None, lambda _call, _cdr: None, demo=True)
    await TrunkKeeper(database, switch).keep()
    shown = await asyncio.to_thread(house.server.command, "pjsip show endpoints")
    assert "trunk.free" in shown
    assert "trunk.ovh" not in shown
    house.first.call(house.at, OURS, CALLED)
    await until("arrival", lambda: not house.line.arrivals.empty())
    came = arrival(house.line.arrivals.get_nowait())
    assert came is not None
    assert (came.why, came.trunk) == ("inbound", "free")


@pytest.mark.parametrize("event", [{}, {"Trunk": "x", "Since": "y", "Until": "1"}, {"Trunk": "x", "Since": "1"}])
def test_an_event_that_is_not_as_the_dialplans_is_an_error_that_is_caught(event: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        tried(event)
