"""A softphone: registers, calls, answers, follows a script and reports what it was like."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from ari_app.softphone.media import MediaLoop
from ari_app.softphone.messages import Dialog
from ari_app.softphone.report import CallReport, fill
from ari_app.softphone.script import Manners, Script
from ari_app.softphone.signalling import Line
from asterisk_conf.phones import phones
from store.base.errors import DecrocheError, NotFound
from store.base.settings import Settings


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a call, told at once. `at_ms`: since the answer (0 before it).

    `kind`: ringing, answered, refused, voice_began, voice_ended, speaking, spoke, key, hung_up.
    """

    kind: str
    at_ms: float
    detail: str = ""


class NoCall(DecrocheError):
    """No call came in time."""

    code = "no_call"


class SoftPhone:
    """A telephone on its own port. Its methods block: use threads, or `asyncio.to_thread`.

    `on_event` is called from the phone's threads and must return at once.
    """

    def __init__(
        self,
        server: str,
        user: str,
        password: str,
        *,
        port: int = 5060,
        bind: str = "127.0.0.1",
        on_event: Callable[[Event], None] | None = None,
        manners: Manners | None = None,
    ) -> None:
        self._line = Line(server, port, user, password, bind)
        self._line.on_call = self._rung
        self._on_event: Callable[[Event], None] = on_event or _ignore
        self._manners = manners or Manners()
        self._ringing: SimpleQueue[Dialog] = SimpleQueue()
        self.bind = bind
        self._placed: Dialog | None = None
        self._taken: Dialog | None = None

    @classmethod
    def of(
        cls,
        config: Settings,
        name: str,
        *,
        bind: str = "127.0.0.1",
        on_event: Callable[[Event], None] | None = None,
        manners: Manners | None = None,
    ) -> SoftPhone:
        """The phone called `name` of this machine's own Asterisk (the settings' or the demonstration's)."""
        known = {phone.name: phone for phone in phones(config, demo=True)}
        if name not in known:
            raise NotFound(f"no phone {name}", hint=f"known: {', '.join(known)}")
        return cls(
            config.asterisk.bind,
            name,
            known[name].password(config),
            port=config.asterisk.sip_port,
            bind=bind,
            on_event=on_event,
            manners=manners,
        )

    def __enter__(self) -> SoftPhone:
        self._line.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def call(self, number: str, script: Script = (), *, max_seconds: float = 300) -> CallReport:
        """Dial `number`, follow the script, hang up at its end or after `max_seconds`. Raises SipSilent."""
        talk = _Talk(self, number, script)
        dialled = time.monotonic()
        try:
            dialog = self._placed = self._line.invite(number, talk.media.port, talk.changed)
            talk.wait(dialog, max_seconds)
        except BaseException:
            talk.media.close()
            raise
        return talk.report_of(dialog, dialled)

    def wait_for_call(
        self,
        script: Script = (),
        *,
        timeout: float = 60,
        ring_ms: float = 0,
        decline: str = "",
        max_seconds: float = 300,
    ) -> CallReport:
        """Wait for a call, let it ring, answer it and follow the script. Raises NoCall.

        `decline`: a SIP status to turn it down with, such as `486 Busy Here` or `603 Decline`.
        """
        try:
            dialog = self._ringing.get(timeout=timeout)
        except Empty as error:
            raise NoCall(f"no call within {timeout:g} s") from error
        talk, rung = _Talk(self, dialog.number, script), time.monotonic()
        dialog.changed = talk.changed
        self._taken = dialog
        try:
            if decline:
                self._line.refuse(dialog, decline)
            elif not dialog.over.wait(ring_ms / 1000):
                self._line.answer(dialog, talk.media.port)
                talk.changed("answered", dialog)
                talk.wait(dialog, max_seconds)
        except BaseException:
            talk.media.close()
            raise
        return talk.report_of(dialog, rung)

    def _rung(self, dialog: Dialog) -> None:
        self._on_event(Event("ringing", 0, dialog.number))
        self._ringing.put(dialog)

    def tell(self, kind: str, at_ms: float, detail: str = "") -> None:
        """Pass an event on."""
        self._on_event(Event(kind, at_ms, detail))

    def hang_up(self, dialog: Dialog) -> None:
        """End a call."""
        self._line.hang_up(dialog)

    def leave(self) -> None:
        """Hang up the latest call, whatever its script would still say; from another thread than the call's."""
        for dialog in (self._placed, self._taken):
            if dialog is not None:
                self.hang_up(dialog)

    def hold(self, *, held: bool) -> None:
        """Put the far end of the call that we placed on hold, or take it back."""
        if self._placed is not None:
            self._line.hold(self._placed, held=held)

    def media(self, script: Script, finished: threading.Event) -> MediaLoop:
        """Sound for one call; `finished` is set when its script is over."""
        return MediaLoop(self.bind, script, self._manners, self.tell, finished)


def _ignore(event: Event) -> None:
    """Nobody listens."""


class _Talk:
    """One call from dialling to report: what the signalling tells is turned into sound and events."""

    def __init__(self, phone: SoftPhone, number: str, script: Script) -> None:
        self.phone = phone
        self._wake = threading.Event()
        self.media = phone.media(script, self._wake)
        self.report = CallReport(number)
        self._answered_at: float | None = None
        self._ended_at: float | None = None

    def changed(self, what: str, dialog: Dialog) -> None:
        """Told by the signalling thread."""
        if what in {"early", "answered"} and dialog.media is not None:
            self.media.connect(dialog.media.address, dialog.media.port, dialog.media.events)
        if what == "answered":
            self._answered_at = time.monotonic()
            self.media.answered()
        if what == "over":
            self._ended_at = time.monotonic()
        kind = {"early": "ringing", "over": "hung_up"}.get(what, what)
        if kind != "trying":
            by = dialog.ended_by if what == "over" else str(dialog.status)
            self.phone.tell(kind, self.media.now_ms() if self._answered_at else 0.0, by)
        if what == "over":
            self._wake.set()

    def wait(self, dialog: Dialog, max_seconds: float) -> None:
        """Until the far end hangs up, the script is over, or time is."""
        self._wake.wait(max_seconds)
        if not dialog.over.is_set():
            self.phone.hang_up(dialog)

    def report_of(self, dialog: Dialog, began: float) -> CallReport:
        """Everything measured, the port freed."""
        self.media.close()
        report = self.report
        report.status, report.reason, report.ended_by = dialog.status, dialog.reason, dialog.ended_by
        if self._answered_at is not None:
            report.answered_ms = (self._answered_at - began) * 1000
            report.duration_ms = ((self._ended_at or time.monotonic()) - self._answered_at) * 1000
        report.sent_late_ms, report.lost = self.media.latest_ms, self.media.lost
        fill(
            report,
            self.media.heard,
            self.media.sent,
            [(said.utterance, said.frames) for said in self.media.said],
        )
        return report
