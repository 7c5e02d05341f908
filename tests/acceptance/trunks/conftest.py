"""A house with two trunks, whose carriers are SIPp: each scenario is a file of `scenarios/`, written by us."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from store.trunks import rows
from store.trunks.checking import Trunk
from tests.acceptance.calls.house import CLINIC, eventually
from tests.acceptance.faults.conftest import ScriptedHouse
from tests.actors import OPERATOR
from tests.asterisk_fixture import free_port

SCENARIOS = Path(__file__).parent / "scenarios"
FIRST, SECOND = "127.0.0.5", "127.0.0.6"
CALLER = "+33639980123"
SECONDS = 60
"""A scenario that takes longer has failed: nothing here is about speed."""


@dataclass
class Telephone:
    """The carrier's end of the audio: a socket that hears, and presses keys (RFC 4733) to whoever it hears."""

    address: str
    _socket: socket.socket = field(init=False)
    _packets: int = 0
    _keys: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 0))
        self._socket.settimeout(SECONDS)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def hear(self) -> tuple[str, int]:
        """Where the next packet of sound comes from."""
        _, address = self._socket.recvfrom(4096)
        return address

    def press(self, key: str) -> None:
        """One key for 160 ms: an event that is reported as it lasts, and its end three times."""
        to, code = self.hear(), "0123456789*#".index(key)
        self._keys += 1
        stamp = (8000 * self._keys).to_bytes(4, "big")
        lasting = [(160 * n, 0) for n in range(1, 8)]
        for at, (duration, end) in enumerate([*lasting, *[(1280, 0x80)] * 3]):
            self._packets += 1
            head = bytes([0x80, (0 if at else 0x80) | 101]) + self._packets.to_bytes(2, "big") + stamp + b"dcrv"
            self._socket.sendto(head + bytes([code, end | 10]) + duration.to_bytes(2, "big"), to)
            time.sleep(0.02)  # as a telephone does

    def close(self) -> None:
        self._socket.close()


@dataclass
class Carrier:
    """One trunk's far side. A scenario runs to its end, or fails with what SIPp says of it."""

    house: ScriptedHouse
    address: str
    port: int

    @contextmanager
    def plays(self, scenario: str, **told: Any) -> Generator[subprocess.Popen[bytes]]:
        """A scenario that goes on while the body runs, and has succeeded after it. See `call` for what it is told."""
        telephone = told.pop("telephone", None)
        rang = Telephone(self.address) if telephone is None else telephone
        with tempfile.TemporaryDirectory(prefix="sipp-") as folder:
            running = self._start(scenario, Path(folder), rang.port, **told)
            try:
                yield running
                said = running.wait(SECONDS)
            finally:
                running.kill()
                running.wait(10)
                if telephone is None:
                    rang.close()
            errors = "".join(file.read_text(errors="replace") for file in Path(folder).glob("*errors.log"))
        assert said == 0, f"{scenario}: SIPp ended with {said}\n{errors[-3000:]}"

    def _start(
        self, scenario: str, folder: Path, media: int, *, hold_ms: int = 500, port: int = 0, many: int = 1,
        lost: int = 0, **keys: str
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        told = {"from": f"<sip:{CALLER}@{self.address}>", "mport": str(media), **keys}
        return subprocess.Popen(
            ["sipp", f"127.0.0.1:{self.house.settings.asterisk.sip_port}", "-sf", str(SCENARIOS / f"{scenario}.xml"),
             "-i", self.address, "-p", str(port or self.port), "-s", CLINIC, "-m", str(many), "-l", "1",
             "-d", str(hold_ms), "-nostdin", *(("-lost", str(lost)) if lost else ()),
             "-timeout", f"{SECONDS}s", "-timeout_error", "-trace_err",
             *(part for name, value in told.items() for part in ("-key", name, value))],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def call(self, scenario: str, **told: Any) -> None:
        """Play a call in to its end. `hold_ms`: how long its pauses are; `from`, `large`: headers' values; `many`:
        one after the other; `lost`: percent of the messages, both ways, that never arrive."""
        with self.plays(scenario, port=free_port(), **told):  # whatever is sent again meets nobody later
            pass


@dataclass
class Trunks:
    """The house and both carriers; calls leave by the first before the second."""

    house: ScriptedHouse
    first: Carrier
    second: Carrier


@pytest.fixture(scope="package")
def trunks() -> Generator[Trunks]:
    """The one house of this folder."""
    with tempfile.TemporaryDirectory(prefix="decroche-trunks-", ignore_cleanup_errors=True) as folder:
        house = ScriptedHouse(Path(folder) / "home")
        carriers = [Carrier(house, address, free_port()) for address in (FIRST, SECOND)]
        try:
            house.up()
            with house.environment(), house.database() as db, db.operator() as conn:
                for name, priority, carrier in zip(("ovh", "sfr"), (1, 2), carriers, strict=True):
                    account = "acme" if name == "ovh" else ""
                    trunk = Trunk(name, carrier.address, carrier.port, username=account, priority=priority,
                                  options_seconds=0)  # fmt: skip
                    rows.add(conn, trunk, password="s3;cret" if account else "", of=house.settings, by=OPERATOR)
            eventually("the trunks", lambda: {"ovh", "sfr"} <= house.ask("status", 5)["trunks"].keys())
            eventually("their endpoints", lambda: "trunk.sfr" in house.asterisk.command("pjsip show endpoints"))
            yield Trunks(house, *carriers)
        finally:
            house.stop()
