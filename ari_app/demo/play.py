"""Plays the demonstration: a service of its own in a private home, two calls, one refusal, the facts."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console

from ari_app.demo import seed
from ari_app.demo.caller import INBOUND, OUTBOUND, Caller
from ari_app.demo.show import Live
from ari_app.desk.calls_view import whole
from ari_app.desk.timeline import draw
from ari_app.service import background, control
from ari_app.softphone.phone import SoftPhone
from ari_app.softphone.report import CallReport
from asr.ears import open_ear
from store import bookings
from store import calls as kept
from store.base.errors import DecrocheError
from store.base.settings import Settings
from store.db import Database
from store.setup import open_database
from tts.voices import voice

NUMBER = {"fr": seed.DENTAL_FR, "en": seed.DENTAL_EN}
REMINDER = {"fr": "reminder.fr.yaml", "en": "reminder.en.yaml"}
TIME_VARIABLE = {"fr": "heure", "en": "at"}
PARIS = ZoneInfo("Europe/Paris")


class DemoFailed(DecrocheError):
    """The demonstration did not go as it should."""

    code = "demo_failed"


class Demo:
    """One run. `out`: where recordings and pictures go."""

    def __init__(self, settings: Settings, language: str, out: Path, console: Console) -> None:
        self.settings, self.language, self.out, self.console = settings, language, out, console
        self._began = time.monotonic()
        self.facts: dict[str, Any] = {"language": language}

    def run(self) -> dict[str, Any]:
        """Everything, in order; returns the facts."""
        self.out.mkdir(parents=True, exist_ok=True)
        with open_database(self.settings) as db:
            seed.seed(db)
            background.start(self.settings, demo=True, say=self._step)
            self._step("the caller: its voice and its ear")
            inbound, outbound = asyncio.run(self._callers())
            self.facts["talking_after_seconds"] = round(time.monotonic() - self._began, 1)
            self.facts["inbound"] = self._inbound(db, inbound)
            self.facts["booking"] = self._booking(db)
            self.facts["outbound"] = self._outbound(db, outbound)
            self.facts["refused"] = self._unlawful()
        return self.facts

    def _step(self, what: str) -> None:
        self.console.print(f"  {what} …", style="dim")

    async def _callers(self) -> tuple[Caller, Caller]:
        ear, speech = open_ear(), voice(self.language)
        inbound = await Caller(INBOUND[self.language], self.language, ear, speech).ready()
        outbound = await Caller(OUTBOUND[self.language], self.language, ear, speech).ready()
        return inbound, outbound

    # -- the calls ---------------------------------------------------------------------------------------

    def _inbound(self, db: Database, caller: Caller) -> dict[str, Any]:
        number = NUMBER[self.language]
        self.console.print(f"\ninbound: a patient dials {number}", style="bold")
        with SoftPhone.of(self.settings, "caller1") as phone, self._live("inbound"):
            report = phone.call(number, caller, max_seconds=240)
        return self._told(db, report, "inbound", caller)

    def _outbound(self, db: Database, callee: Caller) -> dict[str, Any]:
        booked: Mapping[str, Any] = self.facts["booking"] or {}
        starts = datetime.fromisoformat(booked["starts_at"]) if booked else datetime.now(PARIS) + timedelta(days=1)
        variables = {
            "patient": booked.get("name", "Claire Martin"),
            "date": f"{starts.astimezone(PARIS):%Y-%m-%d}",
            TIME_VARIABLE[self.language]: f"{starts.astimezone(PARIS):%H:%M}",
        }
        self.console.print(f"\noutbound: the agent reminds {seed.PATIENT} of the appointment", style="bold")
        reports: list[CallReport] = []
        with SoftPhone.of(self.settings, "patient") as phone, self._live("outbound"):
            answering = threading.Thread(
                target=lambda: reports.append(phone.wait_for_call(callee, ring_ms=600)), daemon=True
            )
            answering.start()
            answer = asyncio.run(self._place(variables=variables, wait=False))
            self.console.print(f"  compliance: {answer['decision']['explanation'][self.language]}", style="magenta")
            answering.join(120)
        if not reports:
            raise DemoFailed("the patient's phone did not ring", hint=f"see {self.settings.home / 'logs'}")
        return self._told(db, reports[0], "outbound", callee, UUID(answer["call"]))

    def _unlawful(self) -> dict[str, Any]:
        """A sales call on a Sunday to someone who never agreed: refused before anything rings."""
        sunday = datetime.now(PARIS) + timedelta(days=(6 - datetime.now(PARIS).weekday()) % 7 or 7)
        at = sunday.replace(hour=15, minute=0, second=0, microsecond=0)
        self.console.print(f"\noutbound: a sales call on {at:%A %d %B at %H:%M}, no consent", style="bold")
        answer = asyncio.run(self._place(purpose="canvassing", at=at.isoformat(), check_only=True))
        decision = answer["decision"]
        if decision["allowed"]:
            raise DemoFailed("compliance allowed a sales call on a Sunday without consent")
        return {**decision, "explanation": decision["explanation"][self.language], "at": at.isoformat()}

    async def _place(self, **fields: Any) -> dict[str, Any]:
        agent = seed.agent_id(REMINDER[self.language])
        return await control.ask(
            self.settings, "place", seconds=240, tenant=seed.TENANT, agent=agent, to=seed.PATIENT, **fields
        )

    # -- what is left ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _live(self, direction: str) -> Any:
        """Print the turns of this call as they are said, from what the service itself tells."""
        live, over = Live(self.console), threading.Event()

        def watch() -> None:
            while not over.wait(0.25):
                with contextlib.suppress(DecrocheError):
                    for call in asyncio.run(control.ask(self.settings, "status", seconds=5))["calls"]:
                        if call["direction"] == direction:  # the one before may still be written down
                            live.update(call)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            self._shown = live

    def _told(
        self, db: Database, report: CallReport, name: str, caller: Caller, call_id: UUID | None = None
    ) -> dict[str, Any]:
        """The stored call with what the phone measured; its recording and its picture written."""
        if not report.answered:
            raise DemoFailed(f"the {name} call was not answered: SIP {report.status} {report.reason}")
        facts = self._stored(db, name, call_id)
        self._shown.update(facts, final=True)
        facts["phone"] = {**report.facts(), "understood": caller.heard}
        files = {"phone": self.out / f"{name}-{self.language}-at-the-phone.wav"}
        report.record_stereo(files["phone"])
        if facts["recording"]:
            files["recording"] = self.out / f"{name}-{self.language}.wav"
            shutil.copyfile(facts["recording"], files["recording"])
        files["timeline"] = self.out / f"{name}-{self.language}.svg"
        files["timeline"].write_text(draw(facts), encoding="utf-8")
        facts["files"] = {key: str(path) for key, path in files.items()}
        return facts

    def _stored(self, db: Database, direction: str, call_id: UUID | None) -> dict[str, Any]:
        """The CDR is written within a second or two of the hangup; a busy machine gets a minute."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with db.operator() as conn:
                found = kept.find(conn, direction=direction, limit=1)
                if found and (call_id is None or found[0].id == call_id):
                    return whole(conn, kept.get(conn, found[0].id))
            time.sleep(0.1)
        raise DemoFailed("the call left no CDR", hint=f"see {self.settings.home / 'logs'}")

    def _booking(self, db: Database) -> Mapping[str, Any] | None:
        with db.operator() as conn:
            found = bookings.find(conn)
        if not found:
            return None
        booking = found[-1]
        return {
            "id": str(booking.id), "name": booking.name, "phone": booking.phone,
            "starts_at": booking.starts_at.astimezone(PARIS).isoformat(), "call": str(booking.call_id),
            "agent": booking.agent, "status": booking.status,
        }  # fmt: skip
