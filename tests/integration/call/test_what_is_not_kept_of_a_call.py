"""A card's number said in a call is neither written down while it lasts, nor in its transcript, nor in its sound."""

from __future__ import annotations

import io
import json
import wave

import numpy as np

from ari_app.desk.record import SpokenTurn
from ari_app.service.noting import Noter
from ari_app.service.told import status
from store import recordings
from store.base.settings import settings
from store.db import Database
from store.opus import decoded
from tests.integration.call.conftest import until
from tests.integration.call.test_a_whole_call_on_a_scripted_switch import GOODBYE, Exchange, exchange
from tests.scripted_engines import RATE

__all__ = ["exchange"]

AUDIBLE = 60
"""Of 32,768: −55 dB."""
CARD = "4242 4242 4242 4242"


def asked(turn: SpokenTurn) -> bool:
    return turn.who == "agent" and turn.text.endswith("?") and turn.to_ms > turn.from_ms


async def test_a_cards_number_is_nowhere(exchange: Exchange, database: Database) -> None:
    call = await exchange.inbound()
    line = await call.answered()
    await exchange.house.office.lease(
        call.state.who, call.state.id, call.state.leg, call.state.parties, call.state.life.started_at
    )  # fmt: skip
    await call.say(line, f"Ma carte, c'est la {CARD}.")
    await Noter(exchange.house, {str(call.state.id): call.state}).look()
    with database.operator() as conn:
        (noted,) = [row["notes"] for row in conn.execute("SELECT notes FROM store.live_notes").fetchall()]
    told = status(exchange.house, [call.state], {}, ready=True)
    for kept in (json.dumps(noted), json.dumps(told)):
        assert "****4242" in kept
        assert CARD not in kept
    await call.say(line, "Je voudrais un rendez-vous.")
    await until("it is asked for something else, and hears it", lambda: asked(call.state.notes.turns[-1]))
    await call.say(line, GOODBYE)
    record = await call.over()
    said = [turn for turn in record.turns if turn.who == "caller"]
    assert [turn.text for turn in said] == ["Ma carte, c'est la ****4242.", "Je voudrais un rendez-vous.", GOODBYE]
    with database.operator() as conn:
        sound = b"".join(recordings.open_sound(conn, record.cdr.id, settings()).whole())
    with wave.open(io.BytesIO(decoded(sound))) as file:
        caller = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)[:, 0]
    number, _, goodbye = (caller[turn.from_ms * 16 : turn.to_ms * 16] for turn in said)
    assert np.abs(number[RATE // 50 : -RATE // 50]).max() < AUDIBLE
    assert np.abs(goodbye).max() > 10 * AUDIBLE
