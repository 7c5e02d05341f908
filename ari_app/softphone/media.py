"""One call's sound: a thread that sends a packet every 20 ms, takes those that come, and follows a script."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from random import SystemRandom

import numpy as np

from ari_app.softphone import rtp
from ari_app.softphone.g711 import SILENCE, Samples, decode, encode
from ari_app.softphone.measure import RATE, Frame, loud, place
from ari_app.softphone.script import Manners, Script, Situation, Utterance, cue, over

TICK_MS = 20.0
_SO_TIMESTAMPNS = 35
"""Linux: the kernel says when a packet arrived, so that a busy machine does not blur the figures."""
_QUIET = bytes([SILENCE]) * rtp.FRAME

Tell = Callable[[str, float, str], None]
"""(what, ms since the answer, detail): voice_began, voice_ended, speaking, spoke, key."""


class Said:
    """An utterance and the frames it went out in."""

    def __init__(self, utterance: Utterance) -> None:
        self.utterance = utterance
        self.frames: list[Frame] = []


class MediaLoop:
    """Sound in both directions on an even UDP port of `bind`. Times are ms since `answered()`.

    `finished` is set when the script is over and the call may be hung up.
    """

    def __init__(self, bind: str, script: Script, manners: Manners, tell: Tell, finished: threading.Event) -> None:
        self._socket = _even_port(bind)
        self.port: int = self._socket.getsockname()[1]
        self._script = script
        self._manners = manners
        self._tell = tell
        self._far: tuple[str, int] | None = None
        self._sender = rtp.Sender(SystemRandom().getrandbits(32))
        self._zero_ns = 0
        self._answered = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"rtp {self.port}", daemon=True)
        self._situation = Situation(heard=self._heard_so_far)
        self._choices: SimpleQueue[Utterance | None] = SimpleQueue()
        self._next = 0
        self._asking = False
        self._upcoming: Utterance | None = None
        self._done = False
        self._audio: list[bytes] = []
        self._keys: list[list[bytes]] = []
        self._was_speaking = False
        self._echoes: deque[Frame] = deque()
        self.heard: list[Frame] = []
        self.sent: list[Frame] = []
        self.said: list[Said] = []
        self._finished = finished
        self.latest_ms = 0.0
        """How late the latest packet left: the quality of this telephone's own clock."""
        self.lost = 0
        self._sequence: int | None = None

    def connect(self, address: str, port: int, events: int) -> None:
        """Where to send, known from the session description."""
        self._far = (address, port)
        self._sender = rtp.Sender(SystemRandom().getrandbits(32), events)
        if not self._thread.is_alive() and not self._stop.is_set():
            self._zero_ns = time.monotonic_ns()
            self._thread.start()

    def answered(self) -> None:
        """The far end picked up: time zero, and the script begins. Sound before it has negative times."""
        now = time.monotonic_ns()
        shift = (now - self._zero_ns) / 1e6
        self._zero_ns = now
        self.heard = [Frame(frame.at_ms - shift, frame.samples) for frame in self.heard]
        self.sent = [Frame(frame.at_ms - shift, frame.samples) for frame in self.sent]
        self._situation.voice_began = self._situation.voice_last = None
        self._answered.set()

    def close(self) -> None:
        """Stop and free the port."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self._socket.close()

    def now_ms(self) -> float:
        """Since the answer."""
        return (time.monotonic_ns() - self._zero_ns) / 1e6

    # -- the loop

    def _run(self) -> None:
        due = time.monotonic_ns()
        while not self._stop.is_set():
            late = (time.monotonic_ns() - due) / 1e6
            if late >= 0:
                self.latest_ms = max(self.latest_ms, late)
                self._send_one()
                due += int(TICK_MS * 1e6)
                continue
            ready, _, _ = select.select([self._socket], [], [], -late / 1000)
            if ready:
                self._receive()

    def _send_one(self) -> None:
        assert self._far is not None
        self._direct()
        packets = self._keys.pop(0) if self._keys else None
        codes = b""
        if packets is None:
            codes = self._audio.pop(0) if self._audio else _QUIET
            packets = [self._sender.audio(self._with_echo(codes))]
        at = self.now_ms() - TICK_MS
        for packet in packets:
            with contextlib.suppress(OSError):  # the far end's port may just have closed
                self._socket.sendto(packet, self._far)
        if codes and codes is not _QUIET:
            frame = Frame(at, decode(codes))
            self.sent.append(frame)
            self.said[-1].frames.append(frame)
            if not self._audio and not self._keys:
                self._spoke()
        elif not codes and not self._keys and not self._audio:
            self._spoke()

    def _with_echo(self, codes: bytes) -> bytes:
        """The frame with what came from the loudspeaker a moment ago, as this telephone's microphone hears it."""
        if self._manners.echo_db is None:
            return codes
        due, back = self.now_ms() - self._manners.echo_ms, np.zeros(0, np.int16)
        while self._echoes and self._echoes[0].at_ms <= due:
            back = self._echoes.popleft().samples
        if not len(back):
            return codes
        gain = 10 ** (self._manners.echo_db / 20)
        mixed = decode(codes).astype(np.float32) + np.resize(back, rtp.FRAME) * np.float32(gain)
        return encode(np.clip(mixed, -32768, 32767).astype(np.int16))

    def _receive(self) -> None:
        data, ancillary, _, _ = self._socket.recvmsg(2048, 64)
        packet = rtp.parse(data)
        if packet is None:
            return
        if self._sequence is not None:
            self.lost += max(0, ((packet.sequence - self._sequence - 1 + 0x8000) & 0xFFFF) - 0x8000)
        self._sequence = packet.sequence
        if packet.payload_type != rtp.ALAW or not packet.payload:
            return
        now_ns = time.monotonic_ns()
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
                seconds, nanos = struct.unpack("qq", value[:16])
                now_ns -= max(0, time.time_ns() - (seconds * 1_000_000_000 + nanos))
        at = (now_ns - self._zero_ns) / 1e6
        samples = decode(packet.payload)
        self.heard.append(Frame(at, samples))
        if self._manners.echo_db is not None:
            self._echoes.append(self.heard[-1])
        self._situation.now = at
        began = self._situation.hear(at, len(samples) * 1000 / RATE, voiced=loud(samples))
        if began and self._answered.is_set():
            self._tell("voice_began", at, "")

    # -- the script

    def _direct(self) -> None:
        """Give the next utterance its cue."""
        at = self._situation
        at.now = self.now_ms()
        if not at.speaking and self._was_speaking:
            self._tell("voice_ended", at.voice_last or at.now, "")
        self._was_speaking = at.speaking
        if not self._answered.is_set() or self._audio or self._keys:
            return
        if self._upcoming is None and not self._done:
            self._choose()
        if self._upcoming is not None and cue(self._upcoming, at, self._manners):
            self._speak(self._upcoming)
            self._upcoming = self._upcoming.then
        elif self._done and self._upcoming is None and over(at, self._manners):
            self._finished.set()

    def _choose(self) -> None:
        if not callable(self._script):
            if self._next < len(self._script):
                self._upcoming = self._script[self._next]
                self._next += 1
            else:
                self._done = True
            return
        if self._asking:
            with contextlib.suppress(Empty):
                self._upcoming = self._choices.get_nowait()
                self._asking = False
                self._done = self._upcoming is None
            return
        at = self._situation
        if (at.replied and at.quiet_ms() >= self._manners.quiet) or at.quiet_ms() >= self._manners.patience:
            self._asking = True
            threading.Thread(target=self._decide, name="softphone decides", daemon=True).start()

    def _decide(self) -> None:
        assert callable(self._script)
        choice = None
        try:
            choice = self._script(self._situation)
        finally:
            self._choices.put(choice)

    def _speak(self, utterance: Utterance) -> None:
        self.said.append(Said(utterance))
        self._situation.said += 1
        codes = encode(_whole_frames(utterance.pcm))
        self._audio = [codes[i : i + rtp.FRAME] for i in range(0, len(codes), rtp.FRAME)]
        for digit in utterance.digits:
            self._keys += self._sender.key(digit)
            self._tell("key", self._situation.now, digit)
        if self._audio:
            self._tell("speaking", self._situation.now, utterance.note)

    def _spoke(self) -> None:
        self._situation.spoke_until = self.now_ms()
        self._tell("spoke", self._situation.spoke_until, self.said[-1].utterance.note)

    def _heard_so_far(self) -> Samples:
        """On the call's own clock: what was not sent is silence."""
        return place([frame for frame in list(self.heard) if frame.at_ms >= 0], self.now_ms() / 1000)


def _whole_frames(pcm: Samples) -> Samples:
    return np.pad(pcm, (0, -len(pcm) % rtp.FRAME)).astype(np.int16)


def _even_port(bind: str) -> socket.socket:
    """A socket on a free even port, as RTP wants (RFC 3550, 11)."""
    odd: list[socket.socket] = []
    try:
        while True:
            tried = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            tried.bind((bind, 0))
            if tried.getsockname()[1] % 2 == 0:
                tried.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
                return tried
            odd.append(tried)
    finally:
        for each in odd:
            each.close()
