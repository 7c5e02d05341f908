"""The demonstration's campaign: a client's file, the check, the calls with live counts, the report."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console

from ari_app.demo import seed
from ari_app.demo.crowd import CROWD, WHO, table
from ari_app.demo.far_ends import ringing, spoken
from ari_app.demo.play import DemoFailed
from ari_app.service import background
from asterisk_conf.phones import phones
from campaigns import campaigns, checking
from campaigns.contacts import importing
from campaigns.dialling import agreed, course, reporting
from compliance.ledgers import consents
from store.base.settings import Settings
from store.db import Database
from store.setup import open_database

NAME, LIST, AGENT = "prospection-demo", "entreprises", "prospecting.fr.yaml"
FEWEST_AT_ONCE, MOST_AT_ONCE = 3, 6
LONGEST_SECONDS = 170.0
"""From the launch. A busy machine gets no longer: what has not ended by then is told as it stands."""
PARIS = ZoneInfo("Europe/Paris")
_OUTCOMES = (
    "answered",
    "callback",
    "machine",
    "screening",
    "busy",
    "refused",
    "wrong_person",
    "no_answer",
    "unavailable",
)


class CampaignDemo:
    """One run. `out`: where the client's file and the facts go."""

    def __init__(self, settings: Settings, out: Path, console: Console) -> None:
        self.settings, self.out, self.console = settings, out, console
        self._began = time.monotonic()

    def run(self) -> dict[str, Any]:
        """Everything, in order; returns the facts. What the twelve say is made into speech while the service starts.

        Raises DemoFailed when the campaign pauses, and, once its report is told, when calls have not ended in time.
        """
        with ThreadPoolExecutor(1) as beside, open_database(self.settings) as db:
            tenant_id = seed.seed(db)
            self._step("twelve telephones and their voices, Asterisk, the service")
            said = beside.submit(lambda: asyncio.run(spoken()))
            check = self.prepare(db, tenant_id)
            self._checked(check)
            background.start(self.settings, demo=True, say=lambda _: None)
            with ringing(self.settings, said.result()):
                launched = self.launch(db, tenant_id)
                self.console.print(f"\nlaunched at {time.monotonic() - self._began:.0f} s: {at_once()} calls at once")
                ended = self.watch(db, tenant_id, launched["now"])
            facts = {"check": check, **self.facts(db, tenant_id), "ended": ended}
        facts["seconds"] = round(time.monotonic() - self._began, 1)
        self._told(facts)
        if not ended:
            raise DemoFailed("not every call ended in time: the machine is busy", hint="try again when it is quiet")
        return facts

    # -- its steps, each an operation that a command has too ----------------------------------------------

    def prepare(self, db: Database, tenant_id: UUID) -> dict[str, Any]:
        """The file taken in, the campaign written, approved by another person, and checked."""
        numbers = {phone.name: phone.number for phone in phones(self.settings, demo=True)}
        path = self.out / "clients.csv"
        path.write_text(table(numbers), encoding="utf-8")
        now, today = datetime.now(UTC), datetime.now(PARIS).date()
        with db.operator() as conn:
            seed.publish(conn, tenant_id, AGENT)
        with db.tenant(tenant_id) as conn:
            plan = importing.understand(path, {"societe": "Enseigne"})
            importing.bring(conn, tenant_id, LIST, plan, now, by=seed.BY)
            wanted = campaigns.Wanted(
                NAME, seed.agent_id(AGENT), (LIST,), "canvassing", today, today + timedelta(days=7),
                party="business", weekdays=(1, 2, 3, 4, 5, 6, 7), per_minute=60, at_once=at_once(),
            )  # fmt: skip
            for one in CROWD:
                if one.business:
                    consents.add(conn, tenant_id, consents.read(_agreed(numbers[one.phone], now), now), by=seed.BY)
            campaigns.add(conn, tenant_id, wanted, "Léa", by=seed.BY)
            campaigns.approve(conn, tenant_id, NAME, "Karim", by=seed.BY)
            return checking.check(conn, tenant_id, campaigns.get(conn, tenant_id, NAME), now).as_json()

    def launch(self, db: Database, tenant_id: UUID) -> Mapping[str, int]:
        """From now on the service calls."""
        with db.tenant(tenant_id) as conn:
            return course.launch(conn, tenant_id, NAME, datetime.now(UTC), by=seed.BY)

    def watch(
        self, db: Database, tenant_id: UUID, people: int, wait: Callable[[float], None] = time.sleep,
        seconds: float = LONGEST_SECONDS,
    ) -> bool:  # fmt: skip
        """Print the counts as they change, until each of so many people has been called; False: not in time, and no
        more calls begin. Raises DemoFailed where the campaign has paused itself."""
        last, deadline = "", time.monotonic() + seconds
        while time.monotonic() < deadline:
            with db.tenant(tenant_id) as conn:
                found = reporting.report(conn, tenant_id, NAME).as_json()
            line = counts(found)
            if line != last:
                self.console.print(f"  {time.monotonic() - self._began:4.0f} s  {line}", style="cyan")
                last = line
            if sum(found["calls"].values()) >= people:
                return True
            if found["state"] == "paused":
                raise DemoFailed(
                    f"the campaign paused: {found['paused_why']}", hint=f"see {self.settings.home / 'logs'}"
                )
            wait(0.5)
        with db.tenant(tenant_id) as conn:
            course.stop(conn, tenant_id, NAME, datetime.now(UTC), by=seed.BY)
        return False

    def facts(self, db: Database, tenant_id: UUID) -> dict[str, Any]:
        """The report, each person's end, and what was agreed on."""
        with db.tenant(tenant_id) as conn:
            report = reporting.report(conn, tenant_id, NAME).as_json()
            people = {line.e164: line.outcome for line in reporting.lines(conn, tenant_id, NAME)}
            slots = [{"e164": each.e164, "from_at": each.from_at} for each in agreed.listed(conn, tenant_id)]
        numbers = {phone.name: phone.number for phone in phones(self.settings, demo=True)}
        ends = {one.company: people.get(numbers[one.phone], "") for one in CROWD}
        return {"report": report, "people": ends, "callbacks": slots}

    # -- what is printed -----------------------------------------------------------------------------------

    def _step(self, what: str) -> None:
        self.console.print(f"  {what} …", style="dim")

    def _checked(self, check: Mapping[str, Any]) -> None:
        self.console.print(f"\ncheck: {check['now']} now, {check['later']} later, {check['never']} never", style="bold")
        for reason, people in check["reasons"].items():
            law = "; ".join(check["law"].get(reason, []))
            self.console.print(f"  {people} {reason}: {law}", style="magenta", soft_wrap=True)

    def _told(self, facts: Mapping[str, Any]) -> None:
        report = facts["report"]
        self.console.print("\nreport", style="bold")
        for one in CROWD:
            outcome = facts["people"][one.company]
            meant = "" if outcome == one.ends else f"  (meant to be {one.ends.replace('_', ' ')})"
            self.console.print(f"  {one.company:20} {WHO[one.kind]:20} {outcome.replace('_', ' ')}{meant}")
        for slot in facts["callbacks"]:
            self.console.print(f"  callback agreed on: {slot['e164']}, {slot['from_at'].astimezone(PARIS):%d/%m %H:%M}")
        self.console.print(
            f"  {report['minutes']} minutes, {report['cost']} EUR, {facts['seconds']} s in all", style="dim"
        )


def _agreed(number: str, now: datetime) -> dict[str, str]:
    """That this company has agreed to be called, as a row of a consents' file."""
    return {
        "number": number, "professional": "Imprimerie Vauban", "goods": "impression de documents", "how": "form",
        "wording": "J'accepte d'être appelé par l'imprimerie Vauban.", "evidence": "formulaire du site, ligne 12",
        "given_at": (now - timedelta(days=30)).isoformat(),
    }  # fmt: skip


def at_once() -> int:
    """How many telephones ring at once: as many as the machine's cores hold, within bounds."""
    return max(FEWEST_AT_ONCE, min(MOST_AT_ONCE, len(os.sched_getaffinity(0)) // 2))


def counts(report: Mapping[str, Any]) -> str:
    """One line of live counts: in hand, waiting, and how calls ended."""
    people, calls = report["people"], report["calls"]
    talking = people.get("admitted", 0)
    ended = " · ".join(f"{name.replace('_', ' ')} {calls[name]}" for name in _OUTCOMES if calls.get(name))
    return f"calling {talking}, waiting {people.get('waiting', 0)}" + (f" · {ended}" if ended else "")
