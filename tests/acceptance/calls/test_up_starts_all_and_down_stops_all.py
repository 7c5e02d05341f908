"""`decroche up` starts the portal and the worker beside the calls; `down` stops them; root's are nobody who is root."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import urllib.request
from collections.abc import Generator
from pathlib import Path

import pytest

from ari_app.service import background
from ari_app.service.processes import Background
from tests.acceptance.calls.house import House, eventually
from tests.asterisk_fixture import free_port


@pytest.fixture(scope="module")
def house() -> Generator[House]:
    with tempfile.TemporaryDirectory(prefix="decroche-calls-", ignore_cleanup_errors=True) as folder:
        house = House(Path(folder) / "home")
        house.variables["DECROCHE_PORTAL__BIND"] = f"127.0.0.1:{free_port()}"
        try:
            house.command("up", "--demo")
            yield house
        finally:
            house.stop()


def parts(house: House) -> list[Background]:
    of = house.settings
    return [background.service(of), background.portal(of), background.worker(of)]


def status(house: House) -> dict[str, object]:
    return json.loads(house.command("status", "--json"))


def test_portal_and_worker_run_and_the_pages_answer(house: House) -> None:
    told = status(house)
    address = house.variables["DECROCHE_PORTAL__BIND"]
    assert (told["service"], told["portal"], told["worker"]) == ("up", f"up, http://{address}", "up")
    with urllib.request.urlopen(f"http://{address}/", timeout=60) as page:
        assert page.status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="others are themselves")
def test_none_of_roots_processes_is_roots(house: House) -> None:
    owners = {part.name: Path(f"/proc/{part.pid()}").stat().st_uid for part in parts(house)}
    assert 0 not in owners.values(), owners


def test_what_died_is_started_again_and_the_rest_is_left_alone(house: House) -> None:
    before = [part.pid() for part in parts(house)]
    worker = parts(house)[2]
    assert before[2] is not None
    os.kill(before[2], signal.SIGKILL)
    eventually("death of the worker", lambda: worker.pid() is None)
    assert status(house)["worker"] == "down"
    house.command("up", "--demo")
    after = [part.pid() for part in parts(house)]
    assert after[:2] == before[:2]
    assert after[2] not in (None, before[2])


def test_down_stops_them(house: House) -> None:
    pids = [part.pid() for part in parts(house)]
    assert None not in pids
    assert "service, portal, worker" in house.command("down")
    assert [runs(pid) for pid in pids] == [False, False, False]


def runs(pid: int | None) -> bool:
    """It has not ended; one that nobody has buried yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
