# pyright: basic
"""What the softphone's SIP messages say, and what is read of those that come: the fence around pyVoIP 1.6.8."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it imports audioop, which we do not use
    import pyVoIP.VoIP  # noqa: F401  first: its own imports go round in a circle
    from pyVoIP.RTP import PayloadType, TransmitType
    from pyVoIP.SIP import SIPClient, SIPMessage, SIPMessageType

__all__ = [
    "MEDIA", "Dialog", "Media", "Messages", "PayloadType", "SIPMessage", "SIPMessageType", "TransmitType", "Writer",
    "media_of",
]  # fmt: skip

MEDIA = {8: PayloadType.PCMA, 101: PayloadType.EVENT}


@dataclass(frozen=True, slots=True)
class Media:
    """Where the far end wants RTP, and the payload type of its key presses."""

    address: str
    port: int
    events: int = 101


@dataclass(slots=True)
class Dialog:
    """One call's signalling. `status`: the latest response (SIP); `over` is set when it has ended."""

    call_id: str
    changed: Callable[[str, Dialog], None]
    request: Any = None
    status: int = 0
    reason: str = ""
    media: Media | None = None
    number: str = ""
    rtp_port: int = 0
    branch: str = ""
    authorised: bool = False
    sequence: int = 0
    """Of our last offer inside the call."""
    offered: str = ""
    """That offer, while the far end may still want it proven."""
    incoming: bool = False
    ended_by: str = ""
    answer_text: str = ""
    heard_of: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


class Messages(SIPClient):
    """pyVoIP's message writer, with Call-IDs that never repeat."""

    def gen_call_id(self) -> str:
        return f"{uuid4().hex}@{self.myIP}"


class Writer:
    """The requests inside a call, on the line at `bind`."""

    def __init__(self, make: Messages, bind: str) -> None:
        self.make, self.bind = make, bind

    def ack(self, dialog: Dialog, message: Any) -> str:
        """For a 2xx its own transaction to the contact; for others the INVITE's (RFC 3261, 13.2.2.4, 17.1.1.3)."""
        mine = int(message.status) < 300
        target = uri_of(message.headers.get("Contact", "")) if mine else ""
        return self._in_dialog(
            "ACK",
            target or f"sip:{dialog.number}@{self.make.server}",
            message.headers["From"],
            message.headers["To"],
            dialog.call_id,
            message.headers["CSeq"]["check"],
            branch=None if mine else dialog.branch,
        )

    def cancel(self, dialog: Dialog) -> str:
        headers = dialog.request.headers
        to = {**headers["To"], "tag": ""}
        target = f"sip:{dialog.number}@{self.make.server}"
        sequence = headers["CSeq"]["check"]
        return self._in_dialog("CANCEL", target, headers["From"], to, dialog.call_id, sequence, dialog.branch)

    def bye(self, dialog: Dialog) -> str:
        headers = dialog.request.headers
        us, them = headers["From"], headers["To"]
        sequence = max(dialog.sequence, int(headers["CSeq"]["check"])) + 1
        if dialog.incoming:
            us = {**headers["To"], "tag": self.make.tagLibrary[dialog.call_id]}
            them, sequence = headers["From"], 1
        return self._in_dialog("BYE", uri_of(headers["Contact"]), us, them, dialog.call_id, str(sequence))

    def _in_dialog(
        self,
        method: str,
        target: str,
        us: Any,
        them: Any,
        call_id: str,
        sequence: str,
        branch: str | None = None,
    ) -> str:
        to = f"{them['raw']};tag={them['tag']}" if them["tag"] else them["raw"]
        return (
            f"{method} {target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.bind}:{self.make.myPort};branch={branch or f'z9hG4bK{uuid4().hex}'}\r\n"
            f"Max-Forwards: 70\r\n"
            f"From: {us['raw']};tag={us['tag']}\r\nTo: {to}\r\n"
            f"Call-ID: {call_id}\r\nCSeq: {sequence} {method}\r\nContent-Length: 0\r\n\r\n"
        )

    def renew(self, dialog: Dialog, *, held: bool) -> str:
        """A new offer inside a call (re-INVITE): `held`, we send but listen no more (RFC 3264, 8.4)."""
        headers = dialog.request.headers
        dialog.sequence = max(dialog.sequence, int(headers["CSeq"]["check"])) + 1
        sends = TransmitType.SENDONLY if held else TransmitType.SENDRECV
        tag = self.make.tagLibrary[dialog.call_id]
        offer = self.make.gen_invite(
            dialog.number,
            "1",
            {dialog.rtp_port: MEDIA},  # type: ignore[dict-item]
            sends,
            f"z9hG4bK{uuid4().hex}",
            dialog.call_id,  # type: ignore[dict-item]
        )
        self.make.tagLibrary[dialog.call_id] = tag  # the same caller, though pyVoIP made a new tag
        body = offer.partition("\r\n\r\n")[2].replace("o=pyVoIP 1 3 ", f"o=pyVoIP 1 {3 + dialog.sequence} ", 1)
        text = self._in_dialog(
            "INVITE", uri_of(headers["Contact"]), headers["From"], headers["To"], dialog.call_id, str(dialog.sequence)
        )
        ours = (
            f"Contact: <sip:{self.make.username}@{self.bind}:{self.make.myPort}>\r\nContent-Type: application/sdp\r\n"
        )
        return text.replace("Content-Length: 0\r\n\r\n", f"{ours}Content-Length: {len(body)}\r\n\r\n{body}")

    def proven(self, request: str, challenge: Any) -> str:
        """The request again, with the password's proof that `challenge` (401) asks for, and the next sequence."""
        proof = self.make.gen_authorization(challenge).decode()
        known = challenge.authentication
        header = (
            f'\r\nAuthorization: Digest username="{self.make.username}",realm="{known["realm"]}",'
            f'nonce="{known["nonce"]}",uri="sip:{self.make.server};transport=UDP",response="{proof}",algorithm=MD5\r\nContent-Length'
        )
        return request.replace("\r\nContent-Length", header, 1)


def uri_of(contact: str) -> str:
    found = re.search(r"<?(sips?:[^>;\s]+)", contact)
    return found[1] if found else ""


def media_of(raw: bytes) -> Media | None:
    """What the session description in a message says, if it has one (RFC 4566)."""
    text = raw.decode(errors="replace").partition("\r\n\r\n")[2]
    address = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
    audio = re.search(r"^m=audio (\d+)", text, re.MULTILINE)
    events = re.search(r"^a=rtpmap:(\d+) telephone-event", text, re.MULTILINE)
    if not address or not audio:
        return None
    return Media(address[1], int(audio[1]), int(events[1]) if events else 101)
