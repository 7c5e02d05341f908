"""A whole Décroche of the tests' own: started by its command, called with softphones, stopped at the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np

from ari_app.demo import seed
from ari_app.desk.calls_view import whole
from ari_app.service import background, control
from ari_app.softphone.g711 import Samples
from ari_app.softphone.measure import RATE
from ari_app.softphone.phone import Event, SoftPhone
from ari_app.softphone.report import CallReport, to_phone_rate
from ari_app.softphone.script import Manners, Script, Situation, Utterance
from asr.audio import resample
from asr.ears import open_ear
from asterisk_conf.phones import phones
from asterisk_conf.server import Asterisk
from store import bookings
from store import calls as kept
from store.base.errors import DecrocheError
from store.base.settings import Settings, settings
from store.db import Database
from store.embedded import EmbeddedServer
from store.setup import open_database
from store.tenants import tenant_id
from tests.asterisk_fixture import RTP_PORTS, free_port, free_rtp_range
from tts.base import SAMPLE_RATE
from tts.voices import close as close_voices
from tts.voices import voice

CLINIC = seed.DENTAL_FR
WAIT_SECONDS = 60.0
"""Nothing here is about speed: a loaded machine gets this long for what it should do in one second."""

Found = TypeVar("Found")


def eventually(what: str, look: Callable[[], Found | None], seconds: float = WAIT_SECONDS) -> Found:
    """What `look` finds, asked again until it finds something. Fails saying what never came."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"within {seconds:.0f} s: no {what}")


def _foreign(name: str) -> bool:
    """A setting of whoever runs the tests; where models and Asterisk lie is no setting of a house."""
    return name.startswith("DECROCHE_") and name != "DECROCHE_CACHE"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say when the agent's turn matches `asked`; `over`: said over the agent's next words."""

    asked: str
    text: str
    over: str = ""


BOOKING = (
    Answer(r"Que puis-je", "Je voudrais prendre un rendez-vous."),
    Answer(r"autre chose", "Non, c'est tout, merci, au revoir."),
    Answer(r"bien cela|récapitule", "Oui, c'est bien ça."),
    Answer(r"quel nom", "Je m'appelle Claire Martin."),
    Answer(r"quel jour|quelle heure", "Ce serait possible mardi à quatorze heures trente ?"),
)


@dataclass
class House:
    """One running service, its Asterisk and its database, in a home and on ports of their own."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict[str, str])
    _speech: dict[str, Samples] = field(default_factory=dict[str, Samples])

    def __post_init__(self) -> None:
        first = free_rtp_range()
        self.variables = {
            "DECROCHE_HOME": str(self.home),
            "DECROCHE_ASTERISK__SIP_PORT": str(free_port()),
            "DECROCHE_ASTERISK__HTTP_PORT": str(free_port()),
            "DECROCHE_ASTERISK__AMI_PORT": str(free_port()),
            "DECROCHE_ASTERISK__RTP_FIRST": str(first),
            "DECROCHE_ASTERISK__RTP_LAST": str(first + RTP_PORTS - 1),
            "DECROCHE_METRICS__PORT": str(free_port()),
            "DECROCHE_CALL__SILENCE_SECONDS": "30",
            "DECROCHE_CALL__RING_SECONDS": "8",
            "DECROCHE_TTS__VOICE_FR": "pico-fr-FR",  # the same voice on every machine: others depend on its speed
        }
        with self.environment():
            self.settings: Settings = settings()

    @contextlib.contextmanager
    def environment(self) -> Generator[None]:
        """This house's settings are the process's, for a while."""
        before = dict(os.environ)
        for name in [name for name in os.environ if _foreign(name)]:
            del os.environ[name]
        os.environ |= self.variables
        settings.cache_clear()
        try:
            yield
        finally:
            os.environ.clear()
            os.environ |= before
            settings.cache_clear()

    # -- its parts ---------------------------------------------------------------------------------------

    def command(self, *arguments: str, check: bool = True) -> str:
        """What `decroche …` prints."""
        plain = {name: value for name, value in os.environ.items() if not _foreign(name)}
        done = subprocess.run(
            [sys.executable, "-m", "ari_app.cli", *arguments],
            env=plain | self.variables, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"decroche {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done.stdout

    def up(self) -> None:
        """Start what does not run."""
        self.command("up", "--demo", "--calls-only")

    def stop(self) -> None:
        """Stop everything, by process id."""
        background.stop(self.settings, now=True, say=lambda _: None)

    def kill_service(self) -> None:
        """As a crash would."""
        pid = background.service_pid(self.settings)
        assert pid is not None
        os.kill(pid, 9)
        eventually("death of the service", lambda: background.service_pid(self.settings) is None)

    @property
    def postgres(self) -> EmbeddedServer:
        """The embedded database's server."""
        return EmbeddedServer(self.settings)

    @property
    def asterisk(self) -> Asterisk:
        """Its Asterisk."""
        return Asterisk(self.settings, demo=True)

    @property
    def tenant(self) -> UUID:
        """The demonstration's tenant."""
        with self.database() as db, db.operator() as conn:
            return tenant_id(conn, seed.TENANT)

    @contextlib.contextmanager
    def database(self) -> Generator[Database]:
        """A connection of the tests' own."""
        with open_database(self.settings) as db:
            yield db

    # -- people ------------------------------------------------------------------------------------------

    def say(self, text: str, language: str = "fr", **cue: Any) -> Utterance:
        """A sentence as a telephone carries it."""
        if text not in self._speech:
            with self.environment():
                slin = np.frombuffer(asyncio.run(_synthesised(text, language)), "<i2")
            phone = to_phone_rate(slin.astype(np.float64), SAMPLE_RATE)
            self._speech[text] = phone.clip(-32768, 32767).astype(np.int16)
        return Utterance(self._speech[text], note=text, **cue)

    def phone(
        self, name: str, *, on_event: Callable[[Event], None] | None = None, patience: float = 60_000,
        farewell: float = 4_000, echo_db: float | None = None,
    ) -> SoftPhone:  # fmt: skip
        """One of the demonstration's phones; `patience` and `farewell` in ms, see Manners."""
        manners = Manners(patience=patience, farewell=farewell, echo_db=echo_db)
        return SoftPhone.of(self.settings, name, on_event=on_event, manners=manners)

    def call(
        self, name: str, script: Script, number: str = CLINIC, *, max_seconds: float = 200, patience: float = 60_000,
        echo_db: float | None = None,
    ) -> CallReport:  # fmt: skip
        """A whole call from a phone."""
        with self.phone(name, patience=patience, echo_db=echo_db) as phone:
            return phone.call(number, script, max_seconds=max_seconds)

    def listening(self) -> list[Utterance]:
        """The script of somebody who says nothing and does not hang up."""
        return [self.say("Au revoir.", when="after_answer", delay_ms=600_000)]

    def talk(self, name: str, answers: Sequence[Answer]) -> Callable[[Situation], Utterance | None]:
        """A caller who answers what the agent asked; what it asks again is said again."""
        for text in (t for answer in answers for t in (answer.text, answer.over) if t):
            self.say(text)
        return _Talking(self, self.number(name), answers)

    def number(self, name: str) -> str:
        """A demonstration phone's number."""
        return next(phone.number for phone in phones(self.settings, demo=True) if phone.name == name)

    def understood(self, samples: Samples) -> str:
        """What an ear of the tests' own understands of what a phone heard (25 s at most)."""
        with self.environment():
            return asyncio.run(_transcribed(samples))

    def heard_the_secretary(self, samples: Samples) -> bool:
        """ "Bonjour, ici le secrétariat, je vous écoute": Whisper base mishears one of its words now and then."""
        heard = self.understood(samples).lower()
        found = sum(word in heard for word in ("bonjour", "ici", "secr", "je vous", "coute"))
        assert found >= 2, f"not the secretary's words: {heard}"
        return True

    # -- what is known of calls --------------------------------------------------------------------------

    def ask(self, do: str, seconds: float = 200, **fields: Any) -> dict[str, Any]:
        """Ask the running service."""
        return asyncio.run(control.ask(self.settings, do, seconds=seconds, **fields))

    def place(self, to: str, agent: str = "reminder.fr.yaml", **fields: Any) -> dict[str, Any]:
        """Order a call; returns when it is over, or refused."""
        return self.ask("place", tenant=seed.TENANT, agent=seed.agent_id(agent), to=to, **fields)

    def live(self, party: str) -> dict[str, Any] | None:
        """The call in progress with this number."""
        with contextlib.suppress(DecrocheError):
            return next((c for c in self.ask("status", 20)["calls"] if party in (c["caller"], c["callee"])), None)
        return None

    def await_turn(self, party: str, pattern: str, who: str = "agent") -> None:
        """Until the agent (or the caller) has begun to say this in the call in progress."""
        eventually(
            f"turn of the {who} like {pattern}",
            lambda: any(
                t["who"] == who and re.search(pattern, t["text"], re.IGNORECASE)
                for t in (self.live(party) or {"turns": []})["turns"]
            ),
        )

    def await_note(self, party: str, words: str) -> None:
        """Until this stands in what the call in progress leaves to another process, should its own be killed."""
        eventually(f"note of {words} in the call of {party}", lambda: self._noted(party, words))

    def _noted(self, party: str, words: str) -> bool:
        with self.database() as db, db.operator() as conn:
            rows = conn.execute(
                """SELECT 1 FROM store.live_notes n JOIN store.live_calls c ON c.call_id = n.call_id
                    WHERE %(party)s IN (c.caller, c.callee) AND position(%(words)s IN n.notes::text) > 0""",
                {"party": party, "words": words},
            ).fetchall()
        return bool(rows)

    def cdr(self, party: str, since: datetime) -> dict[str, Any]:
        """The call of this number that began after `since`, whole, once it is stored with its witness if any."""
        return eventually(f"CDR of {party}", lambda: next(iter(self.cdrs(party, since)), None))

    def cdrs(self, party: str, since: datetime) -> list[dict[str, Any]]:
        """The stored calls with this number since then, the latest first."""
        with self.database() as db, db.operator() as conn:
            found = [c for c in kept.find(conn, since=since, limit=50) if party in (c.caller, c.callee)]
            return [json.loads(json.dumps(whole(conn, kept.get(conn, c.id)), default=str)) for c in found]

    def clear_diary(self) -> None:
        """Cancel what other tests booked: every slot is free."""
        with self.database() as db, db.operator() as conn:
            for booking in bookings.find(conn):
                bookings.cancel(conn, booking.id)

    def booked(self, phone: str) -> list[Any]:
        """The appointments made for this number."""
        with self.database() as db, db.operator() as conn:
            return [b for b in bookings.find(conn) if b.phone == phone]


@dataclass
class _Talking:
    """A softphone's script that decides by what the agent asked, as the service itself tells."""

    house: House
    number: str
    answers: Sequence[Answer]
    _used: set[str] = field(default_factory=set[str])
    _seen: int = 0

    def __call__(self, situation: Situation) -> Utterance | None:
        """Asked each time the agent has fallen silent; nothing more to say when it asks nothing known."""
        deadline, gone = time.monotonic() + WAIT_SECONDS, 0
        while time.monotonic() < deadline and gone < 5:
            call = self.house.live(self.number)
            gone = gone + 1 if call is None else 0
            answer = self._fitting(call)
            if answer is not None:
                over = "" if answer.asked in self._used else answer.over
                self._used.add(answer.asked)
                then = self.house.say(over, when="barge_in", delay_ms=1000) if over else None
                said = self.house.say(answer.text)
                return Utterance(said.pcm, note=said.note, then=then)
            time.sleep(0.2)
        return None

    def _fitting(self, call: dict[str, Any] | None) -> Answer | None:
        turns: list[dict[str, Any]] = call["turns"] if call else []
        if not turns or turns[-1]["who"] != "agent":
            return None
        text = turns[-1]["text"]
        return next((a for a in self.answers if re.search(a.asked, text, re.IGNORECASE)), None)


async def _synthesised(text: str, language: str) -> bytes:
    try:
        return await voice(language).say(text)
    finally:
        await close_voices()


async def _transcribed(samples: Samples) -> str:
    ear = open_ear()
    try:
        wide = resample((samples / np.float32(32768)).astype(np.float32), RATE)
        return (await ear.transcribe(wide, language="fr")).text
    finally:
        await ear.close()


@contextlib.contextmanager
def together() -> Generator[Callable[..., Future[Any]]]:
    """People on the telephone at the same time: a function that starts one in a thread of its own."""
    with ThreadPoolExecutor(8) as pool:
        yield pool.submit


def talk(facts: dict[str, Any]) -> str:
    """A stored call's transcript, for a failure's message."""
    turns = (f"{t['from_ms'] / 1000:6.1f} s {t['who']}: {t['text']}" for t in facts["turns"])
    return "\n".join([f"{facts['outcome']}, hung up by {facts['hangup_side']}", *turns])


def now() -> datetime:
    """The moment, for `since`."""
    return datetime.now(UTC)


@contextlib.contextmanager
def running_house() -> Generator[House]:
    """A house that is up, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="decroche-calls-", ignore_cleanup_errors=True) as folder:
        house = House(Path(folder) / "home")
        try:
            house.up()
            yield house
        finally:
            house.stop()


@dataclass
class Signal:
    """A phone's events, awaited: `on_event` is this object."""

    _seen: set[str] = field(default_factory=set[str])
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, event: Event) -> None:
        with self._changed:
            self._seen.add(event.kind)
            self._changed.notify_all()

    def wait(self, kind: str) -> None:
        """Until an event of this kind has happened."""
        with self._changed:
            assert self._changed.wait_for(lambda: kind in self._seen, WAIT_SECONDS), f"no {kind}"
