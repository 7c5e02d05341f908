"""When a softphone speaks: after silence, over the far end, or when patience ends."""

from __future__ import annotations

import struct

from ari_app.softphone.rtp import Sender, parse
from ari_app.softphone.script import Manners, Situation, Utterance, cue, over

MANNERS = Manners(quiet=700, patience=5000, farewell=2000)


def situation(now: float, voice: tuple[float, float] | None = None, spoke_until: float = 0, said: int = 0) -> Situation:
    """What is known at `now` when the far end last spoke from-to."""
    began, last = voice or (None, None)
    return Situation(now=now, voice_began=began, voice_last=last, spoke_until=spoke_until, said=said)


def test_it_does_not_speak_before_the_far_end_has() -> None:
    assert not cue(Utterance(), situation(3000), MANNERS)


def test_it_speaks_once_the_far_end_is_quiet() -> None:
    assert not cue(Utterance(), situation(1600, (100, 1000)), MANNERS)
    assert cue(Utterance(), situation(1700, (100, 1000)), MANNERS)


def test_it_waits_for_a_reply_to_what_it_said_last() -> None:
    assert not cue(Utterance(), situation(4000, (100, 1000), spoke_until=3000), MANNERS)


def test_it_goes_on_when_patience_ends() -> None:
    assert cue(Utterance(), situation(8000, (100, 1000), spoke_until=3000), MANNERS)


def test_it_interrupts_so_long_after_the_voice_began() -> None:
    barge = Utterance(when="barge_in", delay_ms=800)
    assert not cue(barge, situation(1700, (1000, 1690)), MANNERS)
    assert cue(barge, situation(1800, (1000, 1790)), MANNERS)


def test_it_does_not_interrupt_who_is_silent() -> None:
    assert not cue(Utterance(when="barge_in", delay_ms=100), situation(3000, (1000, 2000)), MANNERS)


def test_it_hangs_up_after_the_last_reply_and_a_silence() -> None:
    assert not over(situation(3900, (1000, 2000), said=1), MANNERS)
    assert over(situation(4000, (1000, 2000), said=1), MANNERS)


def test_a_pause_between_words_does_not_begin_a_new_stretch() -> None:
    at = Situation()
    assert at.hear(0, 20, voiced=True)
    assert not at.hear(200, 20, voiced=True)
    assert at.hear(900, 20, voiced=True)


def test_a_pressed_key_is_one_event_whose_end_is_said_three_times() -> None:
    ticks = Sender(7, 101).key("5")
    packets = [parse(data) for tick in ticks for data in tick]
    assert all(packet is not None and packet.payload_type == 101 and packet.payload[0] == 5 for packet in packets)
    assert len({packet.timestamp for packet in packets if packet}) == 1
    assert [packet.payload[1] >> 7 for packet in packets if packet] == [0, 0, 0, 0, 1, 1, 1]


def test_bytes_that_are_not_rtp_are_no_packet() -> None:
    assert parse(b"") is None
    assert parse(b"\x00" * 20) is None


def test_an_extended_header_is_not_taken_for_sound() -> None:
    data = struct.pack("!BBHII", 0x90, 8, 1, 2, 3) + b"\xbe\xde\x00\x01" + b"abcd" + b"sound"
    packet = parse(data)
    assert packet is not None
    assert packet.payload == b"sound"
