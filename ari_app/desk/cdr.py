"""A finished call as the store's CDR, and its recording as a file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from agents.bounds import cleaned
from ari_app.desk.office_types import CallEnd
from ari_app.desk.record import Notes
from store import calls, opus, recordings
from store.base.settings import Settings
from store.db import Database

log = logging.getLogger(__name__)


def compose(end: CallEnd, recording: Path | None) -> tuple[calls.Cdr, list[calls.Turn], list[calls.Action]]:
    """The CDR with its turns and actions. Times are Asterisk's; an end that was not told is the last event."""
    life, notes = end.life, end.notes
    ended = life.ended_at or life.answered_at or life.started_at
    cdr = calls.Cdr(
        id=end.id,
        tenant_id=end.who.tenant_id,
        direction=end.parties.direction,
        caller=cleaned(end.parties.caller),
        callee=end.parties.callee,
        started_at=life.started_at,
        answered_at=life.answered_at,
        ended_at=ended,
        hangup_cause=life.cause or 16,
        hangup_side=life.side or life.asked_by or "system",
        outcome=notes.outcome or life.outcome(outbound=end.parties.outbound),
        number=end.who.number,
        agent=end.who.agent_name,
        agent_version=end.who.version,
        recording=str(recording) if recording else None,
        disclosure_text=cleaned(notes.disclosure.text) if notes.disclosure else None,
        disclosure_heard_ms=notes.disclosure.heard_at_ms if notes.disclosure else None,
        asterisk_uniqueid=end.leg,
        decision_id=end.decision_id,
        variables=clean(end.variables),
        slots=clean(notes.slots),
    )
    return cdr, turns_of(notes), actions_of(notes)


def turns_of(notes: Notes) -> list[calls.Turn]:
    """What was said, as the store has it."""
    return [
        calls.Turn(t.who, cleaned(t.text), t.from_ms, max(t.to_ms, t.from_ms), t.heard_ms if t.who == "agent" else None,
                   {**t.stages, **({"interrupted": True} if t.interrupted else {})})
        for t in notes.turns
    ]  # fmt: skip


def actions_of(notes: Notes) -> list[calls.Action]:
    """What was done, as the store has it."""
    return [calls.Action(a.name, clean(a.args), clean(a.result), a.at_ms) for a in notes.actions]


def clean(value: Any) -> Any:
    """Every text in `value` without what no database takes: engines, callers and those who order calls bring them."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, Mapping):
        return {cleaned(str(k)): clean(v) for k, v in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [clean(v) for v in cast("list[Any]", value)]
    return value


def save_recording(end: CallEnd, db: Database, settings: Settings) -> Path:
    """Both sides as Ogg Opus, marked as holding a synthetic voice (AI Act art. 50(2)), sealed under a key of its own.

    What must not be heard is silent before this. A sound that cannot be made smaller is kept as it is, as WAV.
    """
    from tts.marking import DECLARATION, Mark, marked

    assert end.recording is not None, "there is something to save"
    month = f"{end.life.started_at:%Y-%m}"
    voice = end.who.agent.voice or end.who.agent.language
    sound, kind = marked(end.recording.wav(), Mark("decroche", voice, channels=(2,))), "wav"
    try:
        sound, kind = opus.encoded(sound, DECLARATION), "opus"
    except opus.SoundUnfit:
        log.exception("the recording of %s is kept as WAV", end.id)
    path = settings.folder("recordings", end.who.tenant, month) / f"{end.id}.{kind}.sealed"
    return recordings.keep(db, settings, path, end.who.tenant_id, end.id, sound)
