# pyright: basic
"""SIP for the softphone: pyVoIP 1.6.8 writes and reads the messages; their order and timing is ours.

What pyVoIP does alone and we do not let it: Call-IDs that repeat from run to run, a receiver that
polls and starts a second late, ACKs with a made-up tag, final answers it does not know (busy,
declined, forbidden), no early media.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import time
from collections.abc import Callable
from queue import Empty, Queue
from typing import Any
from uuid import uuid4

from ari_app.softphone.messages import (
    MEDIA,
    Dialog,
    Messages,
    PayloadType,
    SIPMessage,
    SIPMessageType,
    TransmitType,
    Writer,
    media_of,
)
from store.base.errors import BadInput, Refused, Unavailable

T1 = 0.5
"""Seconds before an unanswered request is sent again, doubling (RFC 3261, 17.1)."""
GIVE_UP = 8.0
"""Seconds after which a server that has not answered is said not to."""


class SipSilent(Unavailable):
    """The SIP server does not answer."""

    code = "sip_silent"


class SipRefused(Refused):
    """The SIP server refused the registration."""

    code = "sip_refused"
    retryable = False


class Line:
    """A registered SIP line on its own UDP port, with one thread that listens."""

    def __init__(self, server: str, port: int, user: str, password: str, bind: str) -> None:
        """`on_call` may be set to be told of incoming calls, in the listening thread."""
        try:
            self._to = (socket.gethostbyname(server), port)
        except OSError as error:
            raise BadInput(f"SIP server {server}: {error.strerror}", hint="--server HOST[:PORT]") from error
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((bind, 0))
        except OSError as error:
            self._socket.close()
            raise BadInput(
                f"our own address {bind}: {error.strerror}", hint="--bind with one of ip -br address"
            ) from error
        self._wake, self._woken = socket.socketpair()
        here, my_port = self._socket.getsockname()
        self._make = Messages(server, port, user, password, phone=None, myIP=here, myPort=my_port)  # type: ignore[arg-type]
        self._write = Writer(self._make, here)
        self._dialogs: dict[str, Dialog] = {}
        self._answers: Queue[Any] = Queue()
        self._thread = threading.Thread(target=self._listen, name=f"sip {user}", daemon=True)
        self.user = user
        self.bind = here
        self.on_call: Callable[[Dialog], None] | None = None

    # -- registration

    def open(self) -> None:
        """Listen and register. Raises SipSilent, SipRefused."""
        self._thread.start()
        self._register()

    def close(self) -> None:
        """Hang up what goes on, unregister and stop listening."""
        for dialog in list(self._dialogs.values()):
            if dialog.request is not None:
                self.hang_up(dialog)
        with contextlib.suppress(SipSilent, SipRefused, OSError):
            self._register(leaving=True)
        self._wake.send(b".")
        self._thread.join(5)
        for each in (self._socket, self._wake, self._woken):
            each.close()

    def _register(self, *, leaving: bool = False) -> None:
        answer = self._ask(self._make.gen_first_response(deregister=leaving))
        if int(answer.status) == 401:
            answer = self._ask(self._make.gen_register(answer, deregister=leaving))
        if int(answer.status) != 200:
            raise SipRefused(
                f"{self._to[0]}:{self._to[1]} refused to register {self.user}: "
                f"{int(answer.status)} {answer.status.phrase}",
                hint="check the user and the password",
            )

    def _ask(self, request: str) -> Any:
        """The final response to a request outside calls; asked again while none comes."""
        wanted = re.search(r"CSeq: (\d+)", request)
        wait, deadline = T1, time.monotonic() + GIVE_UP
        while time.monotonic() < deadline:
            self._send(request)
            with contextlib.suppress(Empty):
                until = time.monotonic() + wait
                while True:
                    answer = self._answers.get(timeout=max(0.001, until - time.monotonic()))
                    if wanted and answer.headers["CSeq"]["check"] == wanted[1] and int(answer.status) >= 200:
                        return answer
            wait = min(2 * wait, max(T1, deadline - time.monotonic()))
        raise SipSilent(f"no answer from {self._to[0]}:{self._to[1]}", hint="is Asterisk up? decroche asterisk status")

    # -- calls

    def invite(self, number: str, rtp_port: int, changed: Callable[[str, Dialog], None]) -> Dialog:
        """Call `number`. `changed(what, dialog)` is told: trying, ringing, early, answered, refused, over."""
        dialog = Dialog(self._make.gen_call_id(), changed, number=number, rtp_port=rtp_port)
        self._dialogs[dialog.call_id] = dialog
        self._send_invite(dialog)
        wait, deadline = T1, time.monotonic() + GIVE_UP
        while not dialog.heard_of.wait(wait) and time.monotonic() < deadline:
            self._send(dialog.answer_text)
            wait = min(2 * wait, max(T1, deadline - time.monotonic()))
        if not dialog.heard_of.is_set():
            raise SipSilent(f"no answer from {self._to[0]}:{self._to[1]} to the call")
        return dialog

    def answer(self, dialog: Dialog, rtp_port: int) -> None:
        """Pick up an incoming call."""
        dialog.rtp_port = rtp_port
        media = {rtp_port: {8: PayloadType.PCMA, (dialog.media.events if dialog.media else 101): PayloadType.EVENT}}
        dialog.answer_text = self._make.gen_answer(dialog.request, "1", media, TransmitType.SENDRECV)
        dialog.status = 200
        self._send(dialog.answer_text)

    def refuse(self, dialog: Dialog, status: str = "486 Busy Here") -> None:
        """Turn an incoming call down."""
        self._send(self._make.gen_busy(dialog.request).replace("486 Busy Here", status, 1))
        self._end(dialog, "us")

    def hang_up(self, dialog: Dialog) -> None:
        """End a call, whatever its state."""
        if dialog.over.is_set():
            return
        if dialog.incoming and dialog.status < 200:
            self.refuse(dialog, "480 Temporarily Unavailable")
            return
        self._send(self._write.bye(dialog) if dialog.status >= 200 else self._write.cancel(dialog))
        self._end(dialog, "us")

    def hold(self, dialog: Dialog, *, held: bool) -> None:
        """Put the far end on hold, or take it back: a call that we placed and that was answered."""
        if not dialog.incoming and dialog.status == 200 and not dialog.over.is_set():
            dialog.offered = self._write.renew(dialog, held=held)
            self._send(dialog.offered)

    # -- listening

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([self._socket, self._woken], [], [])
            if self._woken in ready:
                return
            try:
                data = self._socket.recv(65535)
                if data.startswith(b"OPTIONS"):
                    continue
                message = SIPMessage(data)
            except (OSError, ValueError, KeyError, IndexError):
                continue
            except Exception:  # noqa: BLE001, S112  pyVoIP's parser raises bare exceptions at what it does not know
                continue
            self._take(message)

    def _take(self, message: Any) -> None:
        dialog = self._dialogs.get(message.headers["Call-ID"])
        if message.type == SIPMessageType.RESPONSE:
            if message.headers["CSeq"]["method"] == "REGISTER":
                self._answers.put(message)
            elif dialog is not None and message.headers["CSeq"]["method"] == "INVITE":
                self._progress(dialog, message)
        elif message.method == "INVITE":
            self._invited(dialog, message)
        elif message.method == "BYE":
            self._send(self._make.gen_ok(message))
            if dialog is not None:
                self._end(dialog, "them")
        elif message.method == "CANCEL":
            self._send(self._make.gen_ok(message))
            if dialog is not None:
                gone = self._make.gen_busy(dialog.request)
                self._send(gone.replace("486 Busy Here", "487 Request Terminated", 1))
                self._end(dialog, "them")

    def _progress(self, dialog: Dialog, message: Any) -> None:
        status = int(message.status)
        dialog.heard_of.set()
        if status == 401 and not dialog.authorised:
            self._send(self._write.ack(dialog, message))
            dialog.authorised = True
            self._send_invite(dialog, message)
            return
        if dialog.status >= 200 and status >= 400 and dialog.offered:
            self._send(self._write.ack(dialog, message))
            if status == 401:
                self._prove(dialog, message)
            return
        if dialog.status >= 200:  # said again because our ACK was lost, or the answer to a new offer of ours
            self._send(self._write.ack(dialog, message))
            return
        if dialog.over.is_set():
            if status >= 200:
                self._send(self._write.ack(dialog, message))
                if status < 300:
                    self._adopt(dialog, message)
                    self._send(self._write.bye(dialog))
            return
        dialog.reason = message.status.phrase
        media = media_of(message.raw)
        if media is not None:
            dialog.media = media
        if status >= 300:
            dialog.status = status
            self._send(self._write.ack(dialog, message))
            dialog.changed("refused", dialog)
            self._end(dialog, "them")
        elif status >= 200:
            self._adopt(dialog, message)
            self._send(self._write.ack(dialog, message))
            dialog.status = status
            dialog.changed("answered", dialog)
        else:
            dialog.status = status
            what = "early" if media else {100: "trying"}.get(status, "ringing")
            dialog.changed(what, dialog)

    def _invited(self, dialog: Dialog | None, message: Any) -> None:
        if dialog is not None:  # said again, or a new offer in the same call: the same answer serves
            if dialog.answer_text and message.headers["CSeq"] == dialog.request.headers["CSeq"]:
                self._send(dialog.answer_text)
            elif dialog.answer_text:
                dialog.request = message
                self.answer(dialog, dialog.rtp_port)
            return
        call = Dialog(message.headers["Call-ID"], lambda *_: None, request=message, incoming=True)
        call.media = media_of(message.raw)
        call.number = message.headers["From"]["number"] or ""
        call.status = 180
        ringing = self._make.gen_ringing(message)
        if self.on_call is None:
            self._send(self._make.gen_busy(message))
            return
        self._dialogs[call.call_id] = call
        self._send(ringing)
        self.on_call(call)

    # -- messages

    def _send(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendto(text.encode(), self._to)

    def _prove(self, dialog: Dialog, challenge: Any) -> None:
        """The server wants the password for the new offer too: once more, with it."""
        dialog.sequence += 1
        again = re.sub(r"CSeq: \d+", f"CSeq: {dialog.sequence}", dialog.offered, count=1)
        dialog.offered = ""
        self._send(self._write.proven(again, challenge))

    def _send_invite(self, dialog: Dialog, challenge: Any = None) -> None:
        dialog.branch = f"z9hG4bK{uuid4().hex}"
        tag = self._make.tagLibrary.get(dialog.call_id)
        text = self._make.gen_invite(
            dialog.number,
            "1",
            {dialog.rtp_port: MEDIA},  # type: ignore[dict-item]
            TransmitType.SENDRECV,
            dialog.branch,
            dialog.call_id,
        )
        if tag:  # the same caller, though pyVoIP made a new tag
            text = text.replace(f";tag={self._make.tagLibrary[dialog.call_id]}", f";tag={tag}", 1)
            self._make.tagLibrary[dialog.call_id] = tag
        if challenge is not None:
            text = self._write.proven(text, challenge)
        dialog.answer_text = text
        dialog.request = SIPMessage(text.encode())
        self._send(text)

    def _adopt(self, dialog: Dialog, message: Any) -> None:
        """From the answer: whom to talk to from now on."""
        dialog.request.headers["To"]["tag"] = message.headers["To"]["tag"]
        dialog.request.headers["Contact"] = message.headers["Contact"]

    def _end(self, dialog: Dialog, by: str) -> None:
        if not dialog.over.is_set():
            dialog.ended_by = by
            dialog.over.set()
            dialog.changed("over", dialog)
