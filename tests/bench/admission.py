"""How many calls a second a campaign admits in PostgreSQL: the whole transaction, on a new durable server.

scripts/bench admission [--people 2000] [--diallers 2] [--in-hand 20]. One JSON object: {"people","diallers","in_hand",
"admissions_per_second","admit_p50_ms","admit_p95_ms","end_p50_ms","seconds"}. Calls end as they go, with their CDR and
charge, so that no more than so many are in hand of each dialler; admissions alone are what is counted per second.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import quantiles

from billing.charges import controls, tariffs
from campaigns.dialling.admission import Rung
from store import tenants
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.bench.rating_stored import database
from tests.integration.campaigns.campaigning import MONDAY, admitted, equip, launched, listed, over

TARIFF = """currency = "EUR"
timezone = "Europe/Paris"
decimals = 4
[[rate]]
direction = "outbound"
prefix = "+33"
price_per_minute = "0.12"
"""
TICK, TICKS = timedelta(seconds=0.1), count()
"""A tenth of a second of the campaign's clock goes by from one to the next: its pace is never what is waited for."""
Times = tuple[list[float], list[float]]


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--diallers", type=int, default=2)
    parser.add_argument("--in-hand", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="decroche-bench-") as folder, database(Path(folder)) as db:
        print(json.dumps(_measured(db, given.people, given.diallers, given.in_hand)))


def _measured(db: Database, people: int, diallers: int, in_hand: int) -> dict[str, float]:
    tenant = _prepared(db, people)
    began = time.perf_counter()
    with ThreadPoolExecutor(diallers) as pool:
        times = list(pool.map(lambda _: _dialler(db, tenant, in_hand), range(diallers)))
    seconds = time.perf_counter() - began
    admits, ends = ([each for one in times for each in one[which]] for which in (0, 1))
    assert len(admits) == people, f"{len(admits)} of {people} people were admitted"
    spent = sum(admits) / diallers
    return {
        "people": people, "diallers": diallers, "in_hand": in_hand, "admissions_per_second": round(people / spent, 1),
        "admit_p50_ms": _ms(admits, 50), "admit_p95_ms": _ms(admits, 95), "end_p50_ms": _ms(ends, 50),
        "seconds": round(seconds, 1),
    }  # fmt: skip


def _ms(times: list[float], percent: int) -> float:
    return round(quantiles(times, n=100)[percent - 1] * 1000, 1)


def _prepared(db: Database, people: int) -> Tenant:
    """A prepaid client, its campaign running."""
    with db.operator() as conn:
        tenant = tenants.add(conn, "bench", "Bench", by=OPERATOR)
        equip(conn, tenant.id)
        tariffs.add_version(conn, "t", TARIFF, OPERATOR)
        tariffs.assign(conn, tenant.id, "t", 1, datetime(2026, 1, 1, tzinfo=UTC), OPERATOR)
        conn.execute(
            "UPDATE billing.accounts SET mode = 'prepaid', balance_micros = 10000000000 WHERE tenant_id = %s",
            (tenant.id,),
        )
        none = {"calls_a_minute": 0, "calls_at_once": 0, "spend_an_hour_micros": 0}
        controls.set_limits(conn, tenant.id, by=OPERATOR, **none)
    with db.tenant(tenant.id) as conn:
        listed(conn, tenant.id, people)
        launched(conn, tenant.id)
        conn.execute("ANALYZE campaigns.targets")
    return tenant


def _dialler(db: Database, tenant: Tenant, in_hand: int) -> Times:
    """Admit until nobody is left; the oldest call ends whenever so many are in hand."""
    admits, ends, going = list[float](), list[float](), deque[tuple[Rung, datetime]]()
    while True:
        began = time.perf_counter()
        found = admitted(db, tenant.id, at := MONDAY + next(TICKS) * TICK)
        if not isinstance(found, Rung):
            break
        admits.append(time.perf_counter() - began)
        going.append((found, at))
        if len(going) >= in_hand:
            ends.append(_ended(db, tenant, *going.popleft()))
    ends += [_ended(db, tenant, *each) for each in going]
    return admits, ends


def _ended(db: Database, tenant: Tenant, call: Rung, at: datetime) -> float:
    began = time.perf_counter()
    over(db, tenant, call.call_id, call.person.e164, at, "answered", talked=45)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
