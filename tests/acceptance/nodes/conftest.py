"""Two nodes that share one PostgreSQL behind Kamailio, all on loopback addresses; SIPp is the carrier before it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from store import calls as kept
from store import live
from store.calls import Cdr
from store.db import Database
from store.embedded import EmbeddedServer
from store.setup import DATABASE, open_database, service_dsn_of
from store.trunks import rows
from store.trunks.checking import Trunk
from tests.acceptance.calls.house import CLINIC, eventually
from tests.acceptance.faults.conftest import ScriptedHouse
from tests.actors import OPERATOR
from tests.asterisk_fixture import free_port

SCENARIOS = Path(__file__).parent / "scenarios"
FIRST, SECOND, FRONT, CARRIER, STRANGER = (f"127.0.0.{at}" for at in (21, 22, 24, 25, 26))
SECONDS = 80
"""A scenario that takes longer has failed: nothing here is about speed."""


class NodeHouse(ScriptedHouse):
    """One node: its own Asterisk, service and address; the database is the first one's."""

    def join(self, first: ScriptedHouse) -> None:
        """Use the first one's database, and what must be the same on every node."""
        of = first.settings
        self.variables |= {
            "DECROCHE_DATABASE__URL": service_dsn_of(of),
            "DECROCHE_DATABASE__ADMIN_URL": EmbeddedServer(of).dsn(database=DATABASE),
        }
        shutil.copytree(of.folder("secrets"), self.home / "secrets")
        self.read()

    def read(self) -> None:
        """The settings as the variables are now."""
        with self.environment():
            from store.base.settings import settings

            self.settings = settings()

    def go_on(self) -> None:
        """Start what does not run."""
        if self.asterisk.pid() is None:
            self.command("asterisk", "up", "--demo")
        if self.child.poll() is not None:
            self.start()

    def die(self) -> None:
        """As a machine would: no word to anybody."""
        pid = self.asterisk.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self.kill_service()

    def hang_up(self) -> None:
        """End every call of the trunk's here."""
        lines = self.asterisk.command("core show channels concise").splitlines()
        for name in (line.split("!")[0] for line in lines if line.startswith("PJSIP/trunk")):
            self.asterisk.command(f"channel request hangup {name}")


@dataclass
class Nodes:
    """Both nodes, and the way of the carrier's calls to them."""

    first: NodeHouse
    second: NodeHouse
    port: int
    db: Database
    _sink: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # where the sound of every call goes
        self._sink.bind((CARRIER, 0))

    @contextmanager
    def calls(self, many: int, prefix: str, scenario: str = "held", *, cut: bool = False) -> Generator[None]:
        """So many calls from PREFIX1, PREFIX2, …, all of which have gone as the scenario says after the body.

        `cut`: they are broken off then, however they go.
        """
        with tempfile.TemporaryDirectory(prefix="sipp-") as folder:
            running = subprocess.Popen(
                ["sipp", f"{FRONT}:{self.port}", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", CARRIER,
                 "-p", str(free_port()), "-s", CLINIC, "-m", str(many), "-r", "5", "-d", "500", "-nostdin",
                 "-timeout", f"{SECONDS}s", "-timeout_error", "-trace_err",
                 "-key", "prefix", prefix, "-key", "mport", str(self._sink.getsockname()[1])],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                yield
                said = 0 if cut else running.wait(SECONDS)
            finally:
                running.kill()
                running.wait(10)
            errors = "".join(file.read_text(errors="replace") for file in Path(folder).glob("*errors.log"))
        assert said == 0, f"{scenario}: SIPp ended with {said}\n{errors[-3000:]}"

    def carried(self, *, answered: bool = True) -> dict[str, int]:
        """Node → calls in progress there, those that were answered alone if so."""
        with self.db.operator() as conn:
            found = conn.execute(
                """SELECT node, count(*) AS n FROM store.live_calls
                    WHERE leg_of IS NULL AND (answered_at IS NOT NULL OR NOT %s) GROUP BY node""",
                (answered,),
            ).fetchall()
        return {row["node"]: row["n"] for row in found}

    def cdrs(self, prefix: str, since: datetime) -> list[Cdr]:
        """Those of the calls from PREFIX…, by their callers."""
        with self.db.operator() as conn:
            found = kept.find(conn, since=since, limit=100)
        return sorted((cdr for cdr in found if cdr.caller.startswith(prefix)), key=lambda cdr: cdr.caller)

    def trunk_of(self, call_id: UUID) -> str:
        """The trunk that a call came by, once that is stored."""
        with self.db.operator() as conn:
            row = conn.execute("SELECT trunk FROM store.trunk_calls WHERE call_id = %s", (call_id,)).fetchone()
        return row["trunk"] if row else ""

    def callers(self, node: str) -> list[str]:
        """Who is in a call there."""
        with self.db.operator() as conn:
            return [call.caller for call in live.listed(conn) if call.node == node]

    def await_carried(self, **wanted: int) -> None:
        """Until each node carries so many answered calls."""
        eventually(f"calls as {wanted}", lambda: self.carried() == wanted)

    def takes_calls(self) -> dict[str, bool]:
        """What each node said of itself last."""
        with self.db.service() as conn:
            return {row["node"]: row["ready"] for row in conn.execute("SELECT node, ready FROM store.nodes").fetchall()}

    def close(self) -> None:
        self._sink.close()


def _node(folder: Path, name: str, address: str) -> NodeHouse:
    house = NodeHouse(folder / name)
    house.variables |= {
        "DECROCHE_NODE": name, "DECROCHE_ASTERISK__BIND": address, "DECROCHE_ASTERISK__PROXIES": json.dumps([FRONT]),
        "DECROCHE_CALL__WHEN_FULL": "503", "DECROCHE_CALL__SILENCE_SECONDS": "120",
    }  # fmt: skip
    house.read()
    return house


@contextmanager
def _kamailio(first: NodeHouse, folder: Path) -> Generator[None]:
    """Debian's Kamailio with the files that the first node's command writes."""
    found = shutil.which("kamailio", path="/usr/sbin:/usr/bin")
    assert found, "no Kamailio: scripts/setup"
    first.command("kamailio", "render", "--out", str(folder / "kamailio"))
    log = folder / "kamailio.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [found, "-f", str(folder / "kamailio" / "kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "4",
             "-Y", str(folder), "-P", str(folder / "kamailio.pid")],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)
        if os.environ.get("KEEP_LOG"):
            Path(os.environ["KEEP_LOG"] + ".kamailio").write_bytes(log.read_bytes())


@pytest.fixture(scope="package")
def running() -> Generator[Nodes]:
    """The two nodes of this folder."""
    with tempfile.TemporaryDirectory(prefix="decroche-nodes-", ignore_cleanup_errors=True) as name, ExitStack() as all_:
        folder, port = Path(name), free_port()
        first, second = _node(folder, "a", FIRST), _node(folder, "b", SECOND)
        at = {house.settings.node: f"{house.settings.asterisk.bind}:{house.settings.asterisk.sip_port}"
              for house in (first, second)}  # fmt: skip
        first.variables |= {
            "DECROCHE_KAMAILIO__BIND": FRONT, "DECROCHE_KAMAILIO__PORT": str(port),
            "DECROCHE_KAMAILIO__NODES": json.dumps([f"{node}={address}" for node, address in at.items()]),
        }  # fmt: skip
        all_.callback(first.stop)
        first.up()
        with first.environment(), first.database() as db, db.operator() as conn:
            carrier = Trunk("ovh", CARRIER, options_seconds=0)
            rows.add(conn, carrier, of=first.settings, by=OPERATOR)
        second.join(first)
        all_.callback(second.stop)
        second.command("asterisk", "up", "--demo")
        second.engines()
        second.start()
        for house in (first, second):  # told first, and asked then: its files are being written while it is told
            eventually("the trunk's row", lambda house=house: "ovh" in house.ask("status", 5)["trunks"])
            eventually("the trunk", lambda house=house: "trunk.ovh" in house.asterisk.command("pjsip show endpoints"))
        all_.enter_context(_kamailio(first, folder))
        nodes = Nodes(first, second, port, all_.enter_context(open_database(first.settings)))
        all_.callback(nodes.close)
        eventually("Kamailio's answer", lambda: answer(nodes.port, CARRIER, "OPTIONS", 1.0).startswith("SIP/2.0 200"))
        yield nodes


@pytest.fixture
def nodes(running: Nodes) -> Nodes:
    """Both nodes, up, and nobody on the line."""
    for house in (running.first, running.second):
        house.go_on()
    eventually("nodes that take calls", lambda: all(running.takes_calls().get(name) for name in "ab"))
    running.await_carried()
    return running


def answer(port: int, source: str, method: str, seconds: float, *, to: str = FRONT, headers: str = "") -> str:
    """What a SIP request from this address is answered with first, "trying" apart; '' where nothing comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((source, 0))
        peer.settimeout(seconds)
        here = f"{source}:{peer.getsockname()[1]}"
        peer.sendto(
            (
                f"{method} sip:{CLINIC}@{to}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{here}\r\n"
                f"From: <sip:+33639980199@{source}>;tag=x\r\nTo: <sip:{CLINIC}@{to}>\r\nCall-ID: {here}\r\n"
                f"CSeq: 1 {method}\r\nContact: <sip:x@{here}>\r\nMax-Forwards: 70\r\n{headers}Content-Length: 0\r\n\r\n"
            ).encode(),
            (to, port),
        )
        try:
            said = peer.recv(4096).decode()
            return peer.recv(4096).decode() if said.startswith("SIP/2.0 100") else said
        except TimeoutError:
            return ""
