"""A house with a real Asterisk and PostgreSQL, whose service starts in a second: its engines follow a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ari_app.demo.seed import seed
from ari_app.service import background
from ari_app.softphone.script import Situation, Utterance
from store.base.errors import DecrocheError
from store.setup import open_database
from tests.acceptance.calls.house import House, eventually

ROOT = Path(__file__).parents[3]
WAIT = 90.0


@dataclass
class Caller:
    """A caller's script, told by the test what to do next; they hang up when it is over."""

    orders: list[Utterance | None] = field(default_factory=list[Utterance | None])
    _more: threading.Condition = field(default_factory=threading.Condition)

    def say(self, seconds: float = 1.0) -> None:
        """Make a noise that the ear takes for what the script says."""
        rng = np.random.default_rng(len(self.orders))
        noise = (rng.uniform(-0.4, 0.4, int(8000 * seconds)) * 32767).astype(np.int16)
        self._order(Utterance(noise))

    def hang_up(self) -> None:
        """Say nothing more."""
        self._order(None)

    def _order(self, what: Utterance | None) -> None:
        with self._more:
            self.orders.append(what)
            self._more.notify_all()

    def __call__(self, situation: Situation) -> Utterance | None:
        with self._more:
            self._more.wait_for(lambda: bool(self.orders), WAIT)
            return self.orders.pop(0) if self.orders else None


class ScriptedHouse(House):
    """Its service is killed and started again as often as a test likes."""

    def up(self) -> None:
        """Start what does not run; returns once calls are answered."""
        with self.environment():
            with open_database(self.settings) as db:
                seed(db)
            self.command("asterisk", "up", "--demo")
        self.engines()
        self.start()

    def start(self) -> None:
        """Start the service, and wait until it is ready."""
        self.begin()

        def ready() -> bool:
            assert self.child.poll() is None, self.log()[-3000:]
            with suppress(DecrocheError):
                return bool(self.ask("status", 5)["ready"])
            return False

        eventually("service", ready)

    def begin(self) -> None:
        """Start the service."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("DECROCHE_")}
        cache = {name: value for name, value in os.environ.items() if name == "DECROCHE_CACHE"}
        log = self.settings.folder("logs") / "service.log"
        with log.open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.acceptance.faults.scripted_serve"],
                env=plain | cache | self.variables, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        background.pid_file(self.settings).write_text(str(child.pid))
        self.child = child

    def kill_service(self) -> None:
        """As a crash would."""
        self.child.kill()
        self.child.wait(30)

    def stop(self) -> None:
        """Stop everything; the child is waited for."""
        if os.environ.get("KEEP_LOG"):
            Path(os.environ["KEEP_LOG"]).write_text(self.log(), encoding="utf-8")
        self.child.kill()
        self.child.wait(30)
        super().stop()

    def engines(self, **script: Any) -> None:
        """What the ear hears (`text`), and how engines fail (`ear`, `voice`: fails, hangs, garbage)."""
        path = self.home / "engines.json"
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps({"text": "Je voudrais prendre un rendez-vous."} | script), encoding="utf-8")
        draft.replace(path)

    def log(self) -> str:
        """What the service has logged."""
        return (self.settings.folder("logs") / "decroche.log").read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="package")
def running() -> Generator[ScriptedHouse]:
    """The one house of this folder."""
    with tempfile.TemporaryDirectory(prefix="decroche-faults-", ignore_cleanup_errors=True) as folder:
        house = ScriptedHouse(Path(folder) / "home")
        house.variables["DECROCHE_CALL__SILENCE_SECONDS"] = "12"
        with house.environment():
            from store.base.settings import settings

            house.settings = settings()
        try:
            house.up()
            yield house
        finally:
            house.stop()


@pytest.fixture
def house(running: ScriptedHouse) -> ScriptedHouse:
    """The house, up, with engines that are well."""
    running.engines()
    if running.child.poll() is not None:
        running.start()
    return running
